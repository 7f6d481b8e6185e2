/*
 * check_senders.c - the part of `check` that keeps senders' own ways before
 * the table of `*`.
 *
 * Postfix asks all maps for the whole address of a sender before it asks any
 * for `@domain`, and our table answers at once. So the site's entries for a
 * domain are asked by patterns for the whole address, before ours. Patterns
 * may not put a part of the address into their answer here (measured:
 * "substitution is not allowed"), so each entry has one of its own. What
 * sender_dependent_relayhost_maps says would lose to our table altogether: it
 * is there once more as a transport. check compares them again each time.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

#define RELAYS "sender_dependent_relayhost_maps"

/* By this, our words are known from a site's own patterns (undo.c). */
#define MARK "{/^lsrd-check$$/ DUNNO}"

/* main.cf is no place for more. */
#define ENTRIES_MAX 500

/* One table's patterns. */
struct patterns {
	const struct postfix *p;
	struct buf users, domains;
	const char *transport; /* of a relay; NULL: the key is asked again */
	size_t n;
};

static void
put_escaped(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr(".+*?()[]{}^|$\\/", text[i]) != NULL)
			buf_u8(out, '\\');
		buf_u8(out, (uint8_t)text[i]);
		if (text[i] == '$')
			buf_u8(out, '$');
	}
}

static void
put_answer(
    struct patterns *to, struct buf *out, const char *key, const char *value)
{
	if (to->transport == NULL)
		buf_printf(out, "$$/ %s}", key);
	else if (strcmp(value, "DUNNO") == 0)
		buf_text(out, "$$/ DUNNO}");
	else
		buf_printf(out, "$$/ %s:%s}", to->transport, value);
}

static void
check_senders_take(struct patterns *to, const char *key, const char *value)
{
	const char *delimiter = postconf_full(to->p, "recipient_delimiter");
	const char *at = strrchr(key, '@');
	struct buf *out = at == key ? &to->domains : &to->users;

	if (at == NULL || to->n++ >= ENTRIES_MAX)
		return;
	if (at != key && to->transport == NULL && *delimiter == '\0')
		return; /* the table itself answers for it */
	buf_text(out, ", {/^");
	if (at == key)
		buf_text(out, ".*");
	put_escaped(out, key, (size_t)(at - key));
	if (at != key && *delimiter != '\0')
		buf_printf(out, "([%s][^@]*)?", delimiter);
	put_escaped(out, at, strlen(at));
	put_answer(to, out, key, value);
}

/* False when the table cannot be listed. */
static bool
check_senders_list(struct patterns *to, const char *table)
{
	struct postfix_run run = { "postmap", "-s", table, NULL, NULL };
	char *lines = postfix_run(to->p, &run), *rest = lines, *line;

	if (lines == NULL)
		return false;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *tab = strchr(line, '\t');

		if (tab != NULL) {
			*tab = '\0';
			check_senders_take(to, line, tab + 1);
		}
	}
	mem_free(lines);
	return to->n <= ENTRIES_MAX;
}

static void
check_senders_tell_unlisted(
    const struct postfix *p, const char *table, const char *in)
{
	check_find(p->list,
	    CHECK_ABOUT(CHECK_WARNING, "postfix",
		"sendmail -bv -f SENDER somebody@elsewhere.example tells; see "
		"lsrd-postfix(7), WHAT TO SET"),
	    "%s in %s cannot be listed here: where another server claims *, "
	    "what it says of a sender's domain may not count",
	    table, in);
}

/* regexp:{MARK, users, domains}, alone or before the table itself. */
static void
check_senders_add(struct buf *line, struct patterns *from, const char *table)
{
	if (from->users.n + from->domains.n > 0) {
		buf_printf(line, "%s%sregexp:{" MARK, line->n > 0 ? ", " : "",
		    table == NULL ? "" : "pipemap:{");
		buf_bytes(line, from->users.p, from->users.n);
		buf_bytes(line, from->domains.p, from->domains.n);
		buf_text(line, "}");
		if (table != NULL)
			buf_printf(line, ", %s}", table);
	}
	buf_done(&from->users);
	buf_done(&from->domains);
}

static bool
is_pattern(const char *table)
{
	return strncmp(table, "regexp:", 7) == 0 ||
	       strncmp(table, "pcre:", 5) == 0;
}

static void
add_relays(const struct postfix *p, struct buf *line)
{
	const char *is = postconf_full(p, "default_transport");
	struct words relays = { { 0 } };
	char transport[64];

	snprintf(
	    transport, sizeof(transport), "%.*s", (int)strcspn(is, ":"), is);
	words_split(&relays, postconf_full(p, RELAYS));
	for (size_t i = 0; i < relays.list.n; i++) {
		struct patterns found = { .p = p, .transport = transport };

		if (!check_senders_list(&found, relays.list.v[i]))
			check_senders_tell_unlisted(
			    p, relays.list.v[i], RELAYS);
		check_senders_add(line, &found, NULL);
	}
	words_done(&relays);
}

static bool
check_senders_is_in(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->list.n; i++)
		if (strcmp(words->list.v[i], word) == 0)
			return true;
	return false;
}

/* The smart hosts that one table names, each once. */
static void
relays_of(const struct postfix *p, const char *table, struct words *out)
{
	struct postfix_run run = { "postmap", "-s", table, NULL, NULL };
	char *lines = postfix_run(p, &run), *rest = lines, *line;

	while (lines != NULL && (line = strsep(&rest, "\n")) != NULL) {
		char *tab = strchr(line, '\t');

		if (tab != NULL && strcmp(tab + 1, "DUNNO") != 0 &&
		    !check_senders_is_in(out, tab + 1) &&
		    out->list.n < ENTRIES_MAX)
			vec_push(&out->list, mem_str(tab + 1));
	}
	mem_free(lines);
}

void
senders_relays(const struct postfix *p, struct words *out)
{
	struct words tables = { { 0 } };

	words_split(&tables, postconf_full(p, RELAYS));
	for (size_t i = 0; i < tables.list.n; i++)
		relays_of(p, tables.list.v[i], out);
	words_done(&tables);
}

void
senders_add(const struct postfix *p, struct buf *line, const struct words *maps)
{
	for (size_t i = 0; i < maps->list.n; i++) {
		struct patterns found = { .p = p };

		if (!is_pattern(maps->list.v[i]) &&
		    !check_senders_list(&found, maps->list.v[i]))
			check_senders_tell_unlisted(p, maps->list.v[i],
			    "sender_dependent_default_transport_maps");
		check_senders_add(line, &found, maps->list.v[i]);
	}
	add_relays(p, line);
}
