#include "ctl/help.h"

#include <string.h>

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
	else if (v->plan == v->live)
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

int
help_run(const struct call *call)
{
	char **words = call->operands;
	bool bare = words[0] != NULL && strcmp(words[0], "words") == 0;
	const struct verb *v = NULL;
	size_t n;

	words += bare;
	if (words[0] != NULL) {
		v = verbs_find(words, &n);
		if (v == NULL || words[n] != NULL)
			return call_usage(
			    "no verb `%s`; try `lsrctl help`", words[0]);
	}
	if (bare)
		return help_words(v);
	return v != NULL ? help_verb(v) : help_all(stdout);
}
