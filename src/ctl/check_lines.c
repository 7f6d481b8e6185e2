/*
 * check_lines.c - the part of `check` that looks for the lines of main.cf by
 * which Postfix asks our tables. What a site has stays; ours joins it.
 */

#include "ctl/postconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

#define HOPS_LEAST 100
#define LIFETIME_LEAST_S (5 * 86400)

/* What a site's sender-dependent relay is as a sender-dependent transport:
 * the table of `*` would win over it. */
#define RELAYS ", regexp:{{/^DUNNO$$/ DUNNO}, {/(.*)/ %s:$$1}}}"

/* `parameter` is to ask `table`, before what is there. */
static void
check_map(const struct postfix *p, const char *parameter, const char *name)
{
	const char *full = postconf_full(p, parameter);
	/* a default that comes to nothing is not worth a word */
	const char *raw = *full == '\0' ? "" : postconf_raw(p, parameter);
	struct buf b = { 0 };
	char *table, *line, *text;

	buf_printf(&b, "lmdb:%s/%s", p->conf->table_directory, name);
	table = buf_string(&b);
	if (!postconf_word(full, table)) {
		buf_printf(&b, "%s%s%s", table, *raw == '\0' ? "" : ", ", raw);
		line = buf_string(&b);
		buf_printf(&b, "%s does not ask %s", parameter, table);
		text = buf_string(&b);
		postconf_want(p, CHECK_CRITICAL, parameter, line, text);
		mem_free(line);
		mem_free(text);
	}
	mem_free(table);
}

/* The transport that the default class has without our table. */
static void
default_transport(const struct postfix *p, char *out, size_t room)
{
	const char *is = postconf_full(p, "default_transport");

	snprintf(out, room, "%.*s", (int)strcspn(is, ":"), is);
}

/* Adds the word, in the form that main.cf has it. */
static void
add(struct buf *line, const char *word)
{
	buf_printf(line, "%s%s", line->n > 0 ? ", " : "", word);
}

/* True where a word of `list` begins a pipemap with this table. */
static bool
has_pipe(const char *list, const char *table)
{
	struct buf b = { 0 };
	char *begin;
	bool has;

	buf_printf(&b, "pipemap:{%s,", table);
	begin = buf_string(&b);
	has = strstr(list, begin) != NULL;
	mem_free(begin);
	return has;
}

static void
add_relays(const struct postfix *p, struct buf *line, const char *list)
{
	struct words relays = { { 0 } };
	char transport[64];

	default_transport(p, transport, sizeof(transport));
	words_split(
	    &relays, postconf_raw(p, "sender_dependent_relayhost_maps"));
	for (size_t i = 0; i < relays.list.n; i++) {
		if (has_pipe(list, relays.list.v[i]))
			continue;
		buf_printf(line, "%spipemap:{%s" RELAYS,
		    line->n > 0 ? ", " : "", relays.list.v[i], transport);
	}
	words_done(&relays);
}

/*
 * A sender's own smart host comes before the table of `*`: the site's words
 * in their order, its relays by sender, ours.
 */
static void
check_default(const struct postfix *p)
{
	static const char name[] = "sender_dependent_default_transport_maps";
	const char *raw = postconf_raw(p, name);
	struct words words = { { 0 } };
	struct buf line = { 0 }, ours = { 0 };
	bool last = false, has = false;
	char *own, *want;
	size_t before;

	buf_printf(&ours, "pipemap:{static:*, lmdb:%s/default}",
	    p->conf->table_directory);
	own = buf_string(&ours);
	words_split(&words, raw);
	for (size_t i = 0; i < words.list.n; i++) {
		last = strstr(words.list.v[i], "/default}") != NULL &&
		       undo_is_ours(p->undo, words.list.v[i]);
		has = has || last;
		if (!last)
			add(&line, words.list.v[i]);
	}
	before = line.n;
	add_relays(p, &line, raw);
	if (!last || line.n > before) {
		add(&line, own);
		want = buf_string(&line);
		postconf_want(p, CHECK_CRITICAL, name, want,
		    has ? "a sender's own relay stands behind the table of *"
			: "sender_dependent_default_transport_maps does not "
			  "ask the table of *");
		mem_free(want);
	}
	buf_done(&line);
	words_done(&words);
	mem_free(own);
}

static void
check_hops(const struct postfix *p)
{
	if (atoi(postconf_full(p, "hopcount_limit")) < HOPS_LEAST)
		postconf_want(p, CHECK_CRITICAL, "hopcount_limit", "100",
		    "hopcount_limit is low: a short loop would bounce");
}

/* `5d`, `90m`, `3600`; a number without a unit has the parameter's. */
long
postconf_seconds(const char *value, char unit)
{
	char *end;
	long n = strtol(value, &end, 10);

	switch (*end == '\0' ? unit : *end) {
	case 'w':
		return n * 7 * 86400;
	case 'd':
		return n * 86400;
	case 'h':
		return n * 3600;
	case 'm':
		return n * 60;
	default:
		return n;
	}
}

/* A hold ends as a bounce then. */
static void
check_lifetime(const struct postfix *p)
{
	static const char name[] = "maximal_queue_lifetime";

	if (postconf_seconds(postconf_full(p, name), 'd') < LIFETIME_LEAST_S)
		postconf_want(p, CHECK_WARNING, name, "5d",
		    "maximal_queue_lifetime is below five days: a site that is "
		    "away for longer has its mail bounced");
}

static void
check_types(const struct postfix *p)
{
	if (!postconf_has_type(p, "lmdb"))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "postfix",
			"apt-get install postfix-lmdb"),
		    "Postfix cannot read LMDB tables");
}

void
check_lines(const struct postfix *p)
{
	check_types(p);
	check_map(p, "transport_maps", "transport");
	check_default(p);
	check_map(p, "relay_domains", "domains");
	check_hops(p);
	check_lifetime(p);
}
