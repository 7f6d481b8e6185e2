/*
 * check_lines.c - the part of `check` that looks for the lines of main.cf by
 * which Postfix asks our tables. What a site has stays; ours joins it.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"
#include "ctl/value.h"

#define HOPS_LEAST 100
#define LIFETIME_LEAST_S (5 * 86400)

/* By itself, within another map, or by proxymap(8). */
static bool
asks(const char *value, const char *table)
{
	char *proxied;
	struct buf b = { 0 };
	bool does;

	buf_printf(&b, "proxy:%s", table);
	proxied = buf_string(&b);
	does = postconf_word(value, table) || postconf_word(value, proxied);
	mem_free(proxied);
	return does;
}

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
	if (!asks(full, table)) {
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

/* Adds the word, in the form that main.cf has it. */
static void
check_lines_add(struct buf *line, const char *word)
{
	buf_printf(line, "%s%s", line->n > 0 ? ", " : "", word);
}

/*
 * A sender's own smart host comes before the table of `*`: the site's maps in
 * their order, what check_senders.c has to add for them, ours.
 */
static void
check_default(const struct postfix *p)
{
	static const char name[] = "sender_dependent_default_transport_maps";
	struct words words = { { 0 } }, own = { { 0 } };
	struct buf line = { 0 }, old = { 0 };
	bool has = false;
	char *want, *is;

	words_split(&words, postconf_raw(p, name));
	for (size_t i = 0; i < words.list.n; i++) {
		bool ours = undo_is_ours(p->undo, words.list.v[i]);

		has = has || ours;
		check_lines_add(&old, words.list.v[i]);
		if (ours)
			continue;
		check_lines_add(&line, words.list.v[i]);
		vec_push(&own.list, mem_str(words.list.v[i]));
	}
	senders_add(p, &line, &own);
	buf_printf(&line, "%spipemap:{static:*, lmdb:%s/default}",
	    line.n > 0 ? ", " : "", p->conf->table_directory);
	want = buf_string(&line);
	is = buf_string(&old);
	if (strcmp(want, is) != 0)
		postconf_want(p, CHECK_CRITICAL, name, want,
		    has ? "a sender's own relay is hidden by the table of *"
			: "sender_dependent_default_transport_maps does not "
			  "ask the table of *");
	mem_free(is);
	mem_free(want);
	words_done(&words);
	words_done(&own);
}

static void
check_hops(const struct postfix *p)
{
	if (atoi(postconf_full(p, "hopcount_limit")) < HOPS_LEAST)
		postconf_want(p, CHECK_CRITICAL, "hopcount_limit", "100",
		    "hopcount_limit is low: a short loop would bounce");
}

/* A hold ends as a bounce then. */
static void
check_lifetime(const struct postfix *p)
{
	static const char name[] = "maximal_queue_lifetime";

	if (value_seconds(postconf_full(p, name), 'd') < LIFETIME_LEAST_S)
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
