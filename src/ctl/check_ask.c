/*
 * check_ask.c - the part of `check` that asks what this Postfix would do with
 * each pattern, and compares it with what our table says: as root its own
 * resolver, else the maps that stand before ours.
 */

#include "ctl/check_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/chain.h"
#include "ctl/resolve.h"
#include "ctl/undo.h"

/* A question takes 0.1 ms; a list that can be read. */
#define PATTERNS_MAX 5000
#define NAMED_MAX 20

#define NOBODY "lsrd-check"
#define ELSEWHERE NOBODY "@" NOBODY ".invalid"

/* What turns recipients into others before any of our tables is asked. */
static const char *const rewriters[] = { "virtual_alias_maps",
	"recipient_canonical_maps", "canonical_maps" };
#define REWRITERS (sizeof(rewriters) / sizeof(rewriters[0]))

struct ask {
	const struct postfix *p;
	struct resolve *resolve; /* NULL: not root, or it does not answer */
	struct chain transports, relays, rewrites[REWRITERS];
	unsigned named;
};

static char *
table_name(const struct postfix *p, const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "lmdb:%s/%s", p->conf->table_directory, name);
	return buf_string(&b);
}

/* A recipient that meets the pattern, and no other of the same domain. */
static void
sample(const char *pattern, char *out, size_t room)
{
	if (strchr(pattern, '@') != NULL)
		snprintf(out, room, "%s", pattern);
	else
		snprintf(out, room, "%s@%s%s", NOBODY,
		    *pattern == '.' ? NOBODY : "", pattern);
}

/* More than so many say nothing new. */
static bool
may_name(struct ask *a)
{
	if (a->named++ == NAMED_MAX)
		check_find(a->p->list,
		    CHECK_ABOUT(CHECK_WARNING, "postfix", NULL),
		    "and more patterns that Postfix does not do as we say");
	return a->named <= NAMED_MAX;
}

static const char *
class_word(enum resolve_class kind)
{
	static const char *const words[] = { [RESOLVE_NONE] = "no class",
		[RESOLVE_LOCAL] = "mydestination",
		[RESOLVE_ALIAS] = "virtual_alias_domains",
		[RESOLVE_VIRTUAL] = "virtual_mailbox_domains",
		[RESOLVE_RELAY] = "relay_domains",
		[RESOLVE_DEFAULT] = "no class of its own" };

	return words[kind];
}

/* Which of the site's own maps answers for the address before ours, or what
 * class it is in. */
static void
who_overrides(const struct ask *a, const char *address, const char *ours,
    const struct resolve_answer *answer, struct buf *out)
{
	struct words keys = { { 0 } };
	const char *table = NULL;
	char *value;

	chain_keys(&keys, address);
	value = chain_find_any(&a->transports, &keys, &table);
	if (value == NULL)
		value = chain_find_joined(&a->transports, &keys, &table);
	if (table != NULL && (value == NULL || strcmp(value, ours) != 0))
		buf_printf(out, "%s in transport_maps says %s", table,
		    value == NULL ? "nothing" : value);
	else
		buf_printf(out, "it is in %s", class_word(answer->kind));
	mem_free(value);
	words_done(&keys);
}

/* --- what our table says ------------------------------------------------------ */

static void
tell_other(struct ask *a, const char *pattern, const char *value,
    const struct resolve_answer *answer)
{
	char address[600];
	struct buf b = { 0 };
	char *who;

	if (!may_name(a))
		return;
	sample(pattern, address, sizeof(address));
	who_overrides(a, address, value, answer, &b);
	who = buf_string(&b);
	check_find(a->p->list,
	    CHECK_ABOUT(CHECK_WARNING, "overridden",
		"if that is not meant: take it out there"),
	    "%s: our table says %s, Postfix would do %s:%s: %s", pattern, value,
	    answer->transport, answer->nexthop, who);
	mem_free(who);
}

static void
check_ask_compare(struct ask *a, const char *pattern, const char *value)
{
	struct resolve_answer answer;
	char address[600], is[2200];

	sample(pattern, address, sizeof(address));
	if (!resolve_ask(a->resolve, "", address, &answer))
		return;
	snprintf(is, sizeof(is), "%s:%s", answer.transport, answer.nexthop);
	if (answer.failed)
		check_find(a->p->list,
		    CHECK_ABOUT(
			CHECK_CRITICAL, "postfix", "its log names the table"),
		    "%s: Postfix cannot look it up", pattern);
	else if (strcmp(value, is) != 0)
		tell_other(a, pattern, value, &answer);
}

/* Without root: what a word makes of our table and of others together. */
static void
compare_joined(struct ask *a, const char *pattern, const char *value)
{
	struct words keys = { { 0 } };
	const char *table = NULL;
	char address[600], *is;

	sample(pattern, address, sizeof(address));
	chain_keys(&keys, address);
	is = chain_find_joined(&a->transports, &keys, &table);
	if (table != NULL && (is == NULL || strcmp(is, value) != 0) &&
	    may_name(a))
		check_find(a->p->list,
		    CHECK_ABOUT(CHECK_WARNING, "overridden",
			"our table is to be a word of its own there"),
		    "%s: our table says %s, %s in transport_maps says %s",
		    pattern, value, table, is == NULL ? "nothing" : is);
	mem_free(is);
	words_done(&keys);
}

/* Without root: a map of the site's that answers at a key before ours. */
static void
compare_maps(struct ask *a, const char *pattern, const char *value)
{
	struct words keys = { { 0 } };
	const char *table = NULL;
	char address[600], *other = NULL;

	sample(pattern, address, sizeof(address));
	chain_keys(&keys, address);
	for (size_t i = 0; i < keys.list.n && other == NULL; i++) {
		bool ours = strcmp(keys.list.v[i], pattern) == 0;

		other = (ours ? chain_find_before : chain_find)(
		    &a->transports, keys.list.v[i], &table);
		if (ours)
			break;
	}
	if (other != NULL && may_name(a))
		check_find(a->p->list,
		    CHECK_ABOUT(CHECK_WARNING, "overridden",
			"if that is not meant: take it out there"),
		    "%s: our table says %s, %s in transport_maps says %s",
		    pattern, value, table, other);
	else if (other == NULL)
		compare_joined(a, pattern, value);
	mem_free(other);
	words_done(&keys);
}

/* A domain whose recipients are rewritten before any of that is asked. */
static void
check_rewritten(struct ask *a, const char *pattern)
{
	const char *table = NULL;
	char key[600], *value;

	snprintf(key, sizeof(key), "@%s", pattern);
	for (size_t i = 0; i < REWRITERS; i++) {
		value = chain_find(&a->rewrites[i], key, &table);
		if (value != NULL && may_name(a))
			check_find(a->p->list,
			    CHECK_ABOUT(CHECK_WARNING, "overridden",
				"if that is not meant: take it out there"),
			    "%s: %s in %s turns all its recipients into %s",
			    pattern, table, rewriters[i], value);
		mem_free(value);
	}
}

static void
compare_all(struct ask *a, char *lines)
{
	unsigned n = 0;
	char *line;

	while ((line = strsep(&lines, "\n")) != NULL) {
		char *tab = strchr(line, '\t');

		if (tab == NULL || tab[1] == ':' || n++ >= PATTERNS_MAX)
			continue;
		*tab = '\0';
		if (a->resolve != NULL)
			check_ask_compare(a, line, tab + 1);
		else
			compare_maps(a, line, tab + 1);
		check_rewritten(a, line);
	}
}

/* --- what is delivered here --------------------------------------------------- */

/* Whether main.cf names the domain, or a parent of it, without us. */
static bool
site_relays(const struct ask *a, const char *domain)
{
	struct words keys = { { 0 } };
	bool parents = postconf_word(
	    postconf_full(a->p, "parent_domain_matches_subdomains"),
	    "relay_domains");
	char *value;

	vec_push(&keys.list, mem_str(domain));
	for (const char *dot = strchr(domain, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.'))
		vec_push(&keys.list, mem_str(parents ? dot + 1 : dot));
	value = chain_find_any(&a->relays, &keys, NULL);
	words_done(&keys);
	mem_free(value);
	return value != NULL;
}

/* What the class itself says is a bounce: default_transport = error:TEXT. One
 * in transport_maps is meant. */
static bool
is_bounced(const struct ask *a, const struct resolve_answer *answer)
{
	const char *is = postconf_full(a->p, answer->kind == RESOLVE_RELAY
						 ? "relay_transport"
						 : "default_transport");

	return strcmp(answer->transport, "error") == 0 &&
	       strncmp(is, "error:", 6) == 0 &&
	       strcmp(is + 6, answer->nexthop) == 0;
}

/*
 * Postfix would look for another host that takes the domain's mail: for one
 * that is ours alone it comes back to itself, and bounces.
 */
static bool
is_lost(const struct ask *a, const char *domain,
    const struct resolve_answer *answer)
{
	if (strcmp(answer->nexthop, domain) != 0 && !is_bounced(a, answer))
		return false;
	return answer->kind == RESOLVE_DEFAULT ||
	       (answer->kind == RESOLVE_RELAY && !site_relays(a, domain));
}

static void
check_here(struct ask *a, const char *pattern)
{
	struct resolve_answer answer;
	char address[600];

	sample(pattern, address, sizeof(address));
	if (!resolve_ask(a->resolve, "", address, &answer) || answer.failed)
		return;
	if (is_lost(a, strrchr(address, '@') + 1, &answer) && may_name(a))
		check_find(a->p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "here",
			"name it in mydestination or virtual_mailbox_domains, "
			"or where it is delivered in transport_maps"),
		    "%s is delivered here by lsrd.conf, and Postfix would %s: "
		    "it is in %s",
		    pattern,
		    is_bounced(a, &answer) ? "bounce it"
					   : "look for another host",
		    class_word(answer.kind));
	else if (strcmp(answer.transport, a->p->conf->transport) == 0 &&
		 may_name(a))
		check_find(a->p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "here", "lsrctl routes"),
		    "%s is delivered here by lsrd.conf, and Postfix would send "
		    "it to %s",
		    pattern, answer.nexthop);
}

/* By the route for *, which ends where the name leads: here again. */
static bool
is_sent_on(const struct ask *a, const struct resolve_answer *answer)
{
	return answer->kind == RESOLVE_DEFAULT &&
	       strcmp(answer->transport, a->p->conf->transport) == 0 &&
	       *postconf_full(a->p, "relayhost") == '\0';
}

/* Mail to this very host: cron's, and every report that cannot be delivered. */
static void
check_own_name(struct ask *a)
{
	const char *name = postconf_full(a->p, "myhostname");
	const char *raw = postconf_raw(a->p, "mydestination");
	struct resolve_answer answer;
	char address[400];
	struct buf b = { 0 };
	char *line;

	snprintf(address, sizeof(address), "root@%s", name);
	if (!resolve_ask(a->resolve, "", address, &answer) ||
	    (!is_lost(a, name, &answer) && !is_sent_on(a, &answer)))
		return;
	buf_printf(&b, "%s%s$myhostname", raw, *raw == '\0' ? "" : ", ");
	line = buf_string(&b);
	postconf_want(a->p, CHECK_CRITICAL, "mydestination", line,
	    "$myhostname is in no class of Postfix: mail to this host itself "
	    "comes back to it, and bounces");
	mem_free(line);
}

static void
check_all_here(struct ask *a)
{
	const struct setup *setup = &a->p->conf->setup;

	for (size_t i = 0; i < setup->nspaces && i < PATTERNS_MAX; i++)
		if (setup->spaces[i].way == NULL &&
		    strcmp(setup->spaces[i].pattern, "*") != 0)
			check_here(a, setup->spaces[i].pattern);
	check_own_name(a);
}

/* --- senders' own ways ---------------------------------------------------------- */

static void
check_sender(
    struct ask *a, const char *parameter, const char *key, const char *value)
{
	bool whole = strcmp(parameter, "sender_dependent_relayhost_maps") != 0;
	struct resolve_answer answer;
	char sender[600], is[2200];

	snprintf(
	    sender, sizeof(sender), "%s%s", *key == '@' ? NOBODY : "", key);
	if (strchr(sender, '@') == NULL || strcmp(value, "DUNNO") == 0 ||
	    !resolve_ask(a->resolve, sender, ELSEWHERE, &answer))
		return;
	snprintf(is, sizeof(is), "%s:%s", answer.transport, answer.nexthop);
	if (strcmp(whole ? is : answer.nexthop, value) == 0 ||
	    strncmp(is, a->p->conf->transport, strlen(a->p->conf->transport)) !=
		0 ||
	    !may_name(a))
		return;
	check_find(a->p->list, CHECK_ABOUT(CHECK_CRITICAL, "overridden", NULL),
	    "mail of %s: %s says %s, and Postfix would do %s: the table of * "
	    "stands before it",
	    key, parameter, value, is);
}

static void
check_senders(struct ask *a, const char *parameter)
{
	struct words tables = { { 0 } };

	words_split(&tables, postconf_full(a->p, parameter));
	for (size_t i = 0; i < tables.list.n; i++) {
		struct postfix_run run = { "postmap", "-s", tables.list.v[i],
			NULL, NULL };
		char *lines, *rest, *line;

		if (undo_is_ours(a->p->undo, tables.list.v[i]))
			continue;
		lines = rest = postfix_run(a->p, &run);
		while ((line = strsep(&rest, "\n")) != NULL) {
			char *tab = strchr(line, '\t');

			if (tab == NULL)
				continue;
			*tab = '\0';
			check_sender(a, parameter, line, tab + 1);
		}
		mem_free(lines);
	}
	words_done(&tables);
}

/* --- all of it ------------------------------------------------------------------- */

static void
check_ask_want(struct ask *a, const char *pattern)
{
	struct words keys = { { 0 } };
	char address[600];

	sample(pattern, address, sizeof(address));
	chain_keys(&keys, address);
	for (size_t i = 0; i < keys.list.n; i++)
		chain_want(&a->transports, keys.list.v[i]);
	for (size_t i = 1; i < keys.list.n; i++) {
		chain_want(&a->relays, keys.list.v[i]);
		if (keys.list.v[i][0] == '.')
			chain_want(&a->relays, keys.list.v[i] + 1);
	}
	snprintf(address, sizeof(address), "@%s", pattern);
	for (size_t i = 0; i < REWRITERS; i++)
		chain_want(&a->rewrites[i], address);
	words_done(&keys);
}

static void
chains_ask(struct ask *a, const char *lines)
{
	const struct setup *setup = &a->p->conf->setup;
	char *copy = mem_str(lines), *rest = copy, *line;
	unsigned n = 0;

	chain_open(&a->transports, a->p, "transport_maps");
	chain_open(&a->relays, a->p, "relay_domains");
	for (size_t i = 0; i < REWRITERS; i++)
		chain_open(&a->rewrites[i], a->p, rewriters[i]);
	while ((line = strsep(&rest, "\n")) != NULL && n++ < PATTERNS_MAX) {
		line[strcspn(line, "\t")] = '\0';
		if (*line != '\0')
			check_ask_want(a, line);
	}
	for (size_t i = 0; i < setup->nspaces && i < PATTERNS_MAX; i++)
		check_ask_want(a, setup->spaces[i].pattern);
	check_ask_want(a, postconf_full(a->p, "myhostname"));
	chain_ask(&a->transports);
	chain_ask(&a->relays);
	for (size_t i = 0; i < REWRITERS; i++)
		chain_ask(&a->rewrites[i]);
	mem_free(copy);
}

static void
tell_unasked(const struct ask *a)
{
	const struct chain *chains[] = { &a->transports, &a->rewrites[0],
		&a->rewrites[1], &a->rewrites[2] };

	if (a->resolve == NULL && geteuid() != 0)
		check_find(a->p->list, CHECK_ABOUT(CHECK_NOTE, "postfix", NULL),
		    "not asked: needs root: what Postfix would do with each "
		    "pattern, with what is delivered here, and with senders");
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		for (size_t k = 0; k < chains[i]->unasked.list.n; k++)
			check_find(a->p->list,
			    CHECK_ABOUT(CHECK_NOTE, "postfix", NULL),
			    "not asked%s: %s in %s",
			    geteuid() == 0 ? "" : ": needs root",
			    chains[i]->unasked.list.v[k], chains[i]->parameter);
}

static void
resolver_open(struct ask *a)
{
	const char *queue = postconf_full(a->p, "queue_directory");

	if (geteuid() != 0)
		return;
	a->resolve = resolve_open(queue);
	if (a->resolve == NULL)
		check_find(a->p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "postfix", "postfix start"),
		    "Postfix does not run: %s/private/rewrite: %s", queue,
		    strerror(errno));
}

void
check_ask(const struct postfix *p)
{
	char *name = table_name(p, "transport");
	struct postfix_run run = { "postmap", "-s", name, NULL, NULL };
	struct ask a = { .p = p };
	char *lines = postfix_run(p, &run);

	if (lines == NULL)
		lines = mem_str("");
	chains_ask(&a, lines);
	check_next_hops(p, lines);
	check_ways(p, lines, &a.transports);
	resolver_open(&a);
	if (a.resolve != NULL) {
		check_all_here(&a);
		check_senders(&a, "sender_dependent_default_transport_maps");
		check_senders(&a, "sender_dependent_relayhost_maps");
	}
	compare_all(&a, lines);
	if (a.resolve != NULL && resolve_lost(a.resolve))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "postfix", "its log says why"),
		    "Postfix does not resolve addresses: trivial-rewrite(8) "
		    "gives no answer");
	tell_unasked(&a);
	resolve_close(a.resolve);
	chain_close(&a.transports);
	chain_close(&a.relays);
	for (size_t i = 0; i < REWRITERS; i++)
		chain_close(&a.rewrites[i]);
	mem_free(lines);
	mem_free(name);
}
