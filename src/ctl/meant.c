#include "ctl/meant.h"

#include <string.h>

#include "base/mem.h"
#include "base/near.h"
#include "ctl/complain.h"

/* Those that only read: a beginning stands for them. What is not listed has to
 * be written out. */
static const char *const reading[] = { "status", "peers", "links", "routes",
	"db", "explain", "trace", "simulate", "check", "export json",
	"export netjson", "export dot", "export graphml", "events", "watch",
	"top", "transit", "overrides", "config dump", "config diff",
	"keys show", "keys list", "report", "ports", "help" };

static bool
is_reading(const struct verb *v)
{
	for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++)
		if (strcmp(v->name, reading[i]) == 0)
			return true;
	return false;
}

static size_t
first_word(const char *name)
{
	return strcspn(name, " ");
}

static const char *
second_word(const char *name)
{
	const char *space = strchr(name, ' ');

	return space == NULL ? NULL : space + 1;
}

static bool
meant_is_first(const struct verb *v, const char *word)
{
	return strlen(word) == first_word(v->name) &&
	       strncmp(v->name, word, strlen(word)) == 0;
}

const struct verb *
meant_exact(char **words, size_t *n)
{
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		const char *second = second_word(v->name);

		if (words[0] == NULL || !meant_is_first(v, words[0]))
			continue;
		*n = second == NULL ? 1 : 2;
		if (second == NULL ||
		    (words[1] != NULL && strcmp(words[1], second) == 0))
			return v;
	}
	return NULL;
}

static bool
is_beginning(const char *of, size_t most, const char *word)
{
	size_t n = strlen(word);

	return n > 0 && n <= most && strncmp(of, word, n) == 0;
}

/* May they mean it? Where the first word is one, it is not the beginning of
 * another: `keys` is not `keys-of`. */
static bool
may_mean(const struct verb *v, char **words, bool whole)
{
	const char *second = second_word(v->name);

	if (whole ? !meant_is_first(v, words[0])
		  : !is_beginning(v->name, first_word(v->name), words[0]))
		return false;
	return second == NULL || words[1] == NULL || *words[1] == '-' ||
	       is_beginning(second, strlen(second), words[1]);
}

const struct verb *
meant_verb(char **words, size_t *n, struct buf *several)
{
	const struct verb *found = meant_exact(words, n);
	size_t count = 0;
	bool whole = false;

	if (found != NULL || words[0] == NULL)
		return found;
	for (const struct verb *v = verbs; v->name != NULL; v++)
		whole = whole || meant_is_first(v, words[0]);
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (!may_mean(v, words, whole))
			continue;
		found = v;
		buf_printf(several, "%s%s", count++ > 0 ? ", " : "", v->name);
	}
	/* of a verb of two words the second may be none that was forgotten */
	if (count != 1 || (second_word(found->name) != NULL &&
			      (words[1] == NULL || *words[1] == '-')))
		return NULL;
	*n = second_word(found->name) != NULL ? 2 : 1;
	return found;
}

/* The first word is that of verbs of two; false: it is not, or is alone. */
static bool
not_a_second(char **words)
{
	struct buf all = { 0 };
	struct near near;
	bool known;

	if (words[1] == NULL || *words[1] == '-')
		return false;
	near_init(&near, words[1]);
	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (second_word(v->name) != NULL &&
		    meant_is_first(v, words[0])) {
			near_offer(&near, second_word(v->name));
			buf_printf(
			    &all, "%s%s", all.n > 0 ? ", " : "", v->name);
		}
	known = all.n > 0;
	if (known && near.best != NULL)
		call_usage("no verb `%s %s`; did you mean %s %s?", words[0],
		    words[1], words[0], near.best);
	else if (known)
		call_usage("no verb `%s %s`; it may be: %.*s", words[0],
		    words[1], (int)all.n, (const char *)all.p);
	buf_done(&all);
	return known;
}

static void
not_a_verb(char **words)
{
	struct buf two = { 0 };
	struct near near;
	char *written;

	if (not_a_second(words))
		return;
	buf_text(&two, words[0]);
	if (words[1] != NULL && *words[1] != '-')
		buf_printf(&two, " %s", words[1]);
	written = buf_string(&two);
	near_init(&near, words[0]);
	for (const struct verb *v = verbs; v->name != NULL; v++)
		near_offer(&near, v->name);
	if (near.best == NULL) {
		near_init(&near, written);
		for (const struct verb *v = verbs; v->name != NULL; v++)
			if (second_word(v->name) != NULL)
				near_offer(&near, v->name);
	}
	if (near.best != NULL)
		call_usage(
		    "no verb `%s`; did you mean %s?", words[0], near.best);
	else
		call_usage("no verb `%s`; try `lsrctl help`", words[0]);
	mem_free(written);
}

const struct verb *
meant_to_run(char **words, size_t *n)
{
	struct buf several = { 0 };
	const struct verb *exact = meant_exact(words, n);
	const struct verb *v =
	    exact != NULL ? exact : meant_verb(words, n, &several);

	if (v == NULL && several.n > 0) {
		complain_code("ambiguous-verb");
		call_usage("no verb `%s`; it may be: %.*s", words[0],
		    (int)several.n, (const char *)several.p);
	} else if (v == NULL) {
		complain_code("unknown-verb");
		not_a_verb(words);
	} else if (exact == NULL && !is_reading(v)) {
		complain_code("unknown-verb");
		call_usage("`%s` may be %s, which has to be written "
			   "out",
		    words[0], v->name);
		v = NULL;
	}
	buf_done(&several);
	return v;
}

/* Rows that begin so, into the list. */
static size_t
options_begin(const struct verb_option *o, const char *name, struct buf *list)
{
	size_t count = 0;

	for (; o != NULL && o->name != NULL; o++)
		if (is_beginning(o->name, strlen(o->name), name)) {
			buf_printf(
			    list, "%s--%s", list->n > 0 ? ", " : "", o->name);
			count++;
		}
	return count;
}

static void
options_near(const struct verb_option *o, struct near *near)
{
	for (; o != NULL && o->name != NULL; o++)
		near_offer(near, o->name);
}

int
meant_no_option(const struct verb *verb, const char *written)
{
	const struct verb_option *own = verb == NULL ? NULL : verb->options;
	const char *of = verb == NULL ? "" : verb->name;
	const char *colon = verb == NULL ? "" : ": ";
	char *name = mem_str(written + strspn(written, "-"));
	struct buf list = { 0 };
	struct near near;
	size_t count;

	name[strcspn(name, "=")] = '\0';
	complain_code("unknown-option");
	count = options_begin(own, name, &list) +
	        options_begin(verbs_global, name, &list);
	near_init(&near, name);
	options_near(own, &near);
	options_near(verbs_global, &near);
	if (count == 1)
		call_usage("%s%s%.*s takes no value", of, colon, (int)list.n,
		    (const char *)list.p);
	else if (count > 1)
		call_usage("%s%sambiguous option --%s; it may be: %.*s", of,
		    colon, name, (int)list.n, (const char *)list.p);
	else if (near.best != NULL)
		call_usage("%s%sunrecognized option --%s; did you mean --%s?",
		    of, colon, name, near.best);
	else
		call_usage(
		    "%s%sunrecognized option --%s; try `lsrctl help%s%s`", of,
		    colon, name, verb == NULL ? "" : " ", of);
	buf_done(&list);
	mem_free(name);
	return CALL_USAGE;
}
