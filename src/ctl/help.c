#include "ctl/help.h"

#include <string.h>

#include "base/near.h"
#include "cfg/schema.h"
#include "ctl/complain.h"
#include "ctl/meant.h"

static void
option_line(FILE *to, const struct verb_option *o)
{
	int n = fprintf(to, "  --%s%s%s", o->name, o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "");

	fprintf(to, "%*s%s\n", n < 26 ? 26 - n : 1, "", o->help);
}

int
help_all(FILE *to)
{
	fputs(
	    "usage: lsrctl [OPTION]... VERB [OPTION]... [OPERAND]...\n\n", to);
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		int n = fprintf(to, "  %s%s%s", v->name,
		    v->operands != NULL ? " " : "",
		    v->operands != NULL ? v->operands : "");

		fprintf(to, "%*s%s\n", n < 26 ? 26 - n : 1, "", v->help);
	}
	fputs("\nbefore or after the verb:\n", to);
	for (const struct verb_option *o = verbs_global; o->name != NULL; o++)
		option_line(to, o);
	fputs("\n`lsrctl help VERB` names the options of a verb; "
	      "lsrctl(1) tells all.\n",
	    to);
	return CALL_OK;
}

int
help_verb(const struct verb *v)
{
	printf("usage: lsrctl %s%s%s%s\n\n%s\n", v->name,
	    v->options != NULL ? " [OPTION]..." : "",
	    v->operands != NULL ? " " : "",
	    v->operands != NULL ? v->operands : "", v->help);
	if (v->live == NULL)
		puts("Works on a topology document: --topology FILE.");
	else if (v->plan == help_run)
		puts("Needs neither the daemon nor a document.");
	else if (v->plan != NULL)
		puts("Works on the daemon, or on a topology document.");
	if (v->options != NULL)
		putchar('\n');
	for (const struct verb_option *o = v->options;
	     o != NULL && o->name != NULL; o++)
		option_line(stdout, o);
	return CALL_OK;
}

int
help_version(void)
{
	puts("lsrctl (" PACKAGE_NAME ") " PACKAGE_VERSION);
	return CALL_OK;
}

static int
help_words(const struct verb *of)
{
	if (of == NULL) {
		for (const struct verb *v = verbs; v->name != NULL; v++)
			puts(v->name);
		return CALL_OK;
	}
	for (const struct verb_option *o = of->options;
	     o != NULL && o->name != NULL; o++)
		printf("--%s\n", o->name);
	for (const struct verb_option *o = verbs_global; o->name != NULL; o++)
		printf("--%s\n", o->name);
	return CALL_OK;
}

static void
option_tell(const struct schema *option)
{
	bool inside = option->section[0] != '\0';
	struct buf form = { 0 };

	schema_describe(&form, option);
	buf_u8(&form, 0);
	printf("%s%s%s: %s\n", option->name, inside ? ", of a " : "",
	    option->section, option->help);
	printf("  takes    %s\n", (const char *)form.p);
	printf("  default  %s\n",
	    option->fallback != NULL ? option->fallback : "none");
	printf("  changes  %s\n", option->when == SCHEMA_RELOAD
				      ? "with a reload"
				      : "when lsrd is started anew");
	buf_done(&form);
}

/* An option of lsrd.conf, wherever one of that name may stand. */
static bool
help_option(const char *name)
{
	bool any = false;

	for (const struct schema *s = schema_options; s->name != NULL; s++) {
		if (strcmp(s->name, name) != 0)
			continue;
		if (any)
			putchar('\n');
		option_tell(s);
		any = true;
	}
	return any;
}

/* What every verb ends with, and those that have statuses of their own. */
static int
help_exits(void)
{
	const char *of = NULL;

	puts("every verb but those below:");
	for (const struct complain_exit *e = complain_exits; e->code != NULL;
	     e++) {
		if (e->verb != of)
			printf("%s:\n", e->verb);
		of = e->verb;
		printf("  %d  %-10s %s\n", e->status, e->code, e->help);
	}
	return CALL_OK;
}

/* What is neither: the verbs or the option that was probably meant. */
static int
help_unknown(const char *word, const struct buf *several)
{
	struct near near;

	if (several->n > 0)
		return call_usage("`%s` may be: %.*s", word, (int)several->n,
		    (const char *)several->p);
	near_init(&near, word);
	for (const struct verb *v = verbs; v->name != NULL; v++)
		near_offer(&near, v->name);
	if (near.best == NULL)
		near.best = schema_nearest("", word);
	return call_usage("no verb and no option `%s`%s%s; try `lsrctl help`",
	    word, near.best == NULL ? "" : "; did you mean ",
	    near.best == NULL ? "" : near.best);
}

/* All of a verb, or of an option of lsrd.conf; a beginning of a verb will do. */
static int
help_of(char **words)
{
	struct buf several = { 0 };
	size_t n = 0;
	const struct verb *v = meant_exact(words, &n);
	int status;

	if (v == NULL && words[1] == NULL && help_option(words[0]))
		return CALL_OK;
	if (v == NULL)
		v = meant_verb(words, &n, &several);
	if (v != NULL && words[n] == NULL)
		status = help_verb(v);
	else
		status = help_unknown(words[0], &several);
	buf_done(&several);
	return status;
}

int
help_run(const struct call *call)
{
	char **words = call->operands;
	const struct verb *v = NULL;
	size_t n = 0;

	if (words[0] == NULL)
		return help_all(stdout);
	if (strcmp(words[0], "exit-status") == 0)
		return help_exits();
	if (strcmp(words[0], "words") != 0)
		return help_of(words);
	if (*++words != NULL)
		v = meant_exact(words, &n);
	if (*words != NULL && (v == NULL || words[n] != NULL))
		return help_unknown(words[0], &(struct buf){ 0 });
	return help_words(v);
}
