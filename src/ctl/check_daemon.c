/*
 * check_daemon.c - the part of `check` that compares what the daemon knows with
 * what Postfix says: where its queue is, and whether it lets the servers
 * through that send here.
 */

#include "ctl/check_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/client.h"

#define NAMED_MAX 20
#define FILES_DEEP 4 /* files that files name */

static const char *
check_daemon_text(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

/* --- who may send on by this one --------------------------------------------- */

struct guests {
	const struct postfix *p;
	char *table;         /* servers.cidr, as postmap names it */
	const char *pattern; /* that is refused to others */
	struct words networks, restrictions;
	unsigned named;
	bool unasked; /* what may let one through, said once */
};

/* What a table says of a key. */
enum says { SAYS_NOTHING, SAYS_NO, SAYS_YES, SAYS_UNASKED };

/* True if the first `bits` of both are the same. */
static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	return memcmp(a, b, bits / 8) == 0 &&
	       (rest == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

/* `192.0.2.0/24`, `[2001:db8::]/32`, or an address; false for what is no
 * network. */
static bool
check_daemon_net_read(const char *word, struct addr *net, unsigned *bits)
{
	size_t n = strcspn(word, "/");
	char ip[ADDR_TEXT], *end;

	if (*word == '[')
		snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(word + 1, "]"),
		    word + 1);
	else
		snprintf(ip, sizeof(ip), "%.*s", (int)n, word);
	memset(net, 0, sizeof(*net));
	if (inet_pton(AF_INET, ip, net->ip) == 1)
		net->family = 4;
	else if (inet_pton(AF_INET6, ip, net->ip) == 1)
		net->family = 6;
	else
		return false;
	*bits = net->family == 4 ? 32 : 128;
	if (word[n] == '\0')
		return true;
	n = strtoul(word + n + 1, &end, 10);
	if (*end != '\0' || n > *bits)
		return false;
	*bits = (unsigned)n;
	return true;
}

static enum says
ask_table(const struct postfix *p, const char *table, const char *key)
{
	struct postfix_run run = { "postmap", "-q", "-", NULL, table };
	struct buf keys = { 0 };
	enum says says = SAYS_UNASKED;
	const char *is;
	char *line;

	buf_printf(&keys, "%s\n", key);
	run.input = &keys;
	line = postfix_run(p, &run);
	buf_done(&keys);
	if (line == NULL)
		return SAYS_UNASKED;
	is = strchr(line, '\t');
	if (is == NULL)
		says = SAYS_NOTHING;
	else
		says = strncasecmp(is + 1, "reject", 6) == 0 ||
		               strncasecmp(is + 1, "defer", 5) == 0
		           ? SAYS_NO
		           : SAYS_YES;
	mem_free(line);
	return says;
}

/* By ours, or a table of the site's. */
static enum says
ask_restrictions(const struct guests *g, const char *ip)
{
	enum says says = ask_table(g->p, g->table, ip), one;

	for (size_t i = 1; i < g->restrictions.list.n && says != SAYS_YES;
	     i++) {
		if (strcmp(g->restrictions.list.v[i - 1],
			"check_client_access") != 0)
			continue;
		one = ask_table(g->p, g->restrictions.list.v[i], ip);
		if (one == SAYS_YES || one == SAYS_UNASKED)
			says = one;
	}
	return says;
}

/* What a word of mynetworks says of an address. */
static enum says
ask_network(const struct guests *g, const char *word, const struct addr *addr)
{
	char ip[ADDR_TEXT];
	struct addr net;
	enum says says;
	unsigned bits;

	if (check_daemon_net_read(word, &net, &bits))
		return net.family == addr->family &&
		               same_bits(net.ip, addr->ip, bits)
		           ? SAYS_YES
		           : SAYS_NOTHING;
	if (*word == '/')
		return SAYS_UNASKED; /* a file that could not be read */
	if (strchr(word, ':') == NULL)
		return SAYS_NOTHING; /* a host's name is no address */
	says = ask_table(g->p, word, addr_ip_text(addr, ip));
	return says == SAYS_NO ? SAYS_YES : says; /* the key is what counts */
}

/* As permit_mynetworks reads it: the first word that meets the address. */
static enum says
ask_networks(const struct guests *g, const struct addr *addr)
{
	for (size_t i = 0; i < g->networks.list.n; i++) {
		const char *word = g->networks.list.v[i];
		bool no = *word == '!';
		enum says says = ask_network(g, word + no, addr);

		if (says == SAYS_YES)
			return no ? SAYS_NO : SAYS_YES;
		if (says == SAYS_UNASKED)
			return says;
	}
	return SAYS_NOTHING;
}

static void networks_add(
    struct words *out, const char *list, bool no, unsigned depth);

/* A file's lines are a list like it; what follows # is a comment. */
static bool
file_add(struct words *out, const char *path, bool no, unsigned depth)
{
	FILE *f = depth == 0 ? NULL : fopen(path, "re");
	char line[4096];

	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		char *text = line + strspn(line, " \t");

		if (*text != '#')
			networks_add(out, text, no, depth - 1);
	}
	fclose(f);
	return true;
}

/* The words of a list as mynetworks has it, those of its files in place of
 * their names; `no`: all of them the other way round. */
static void
networks_add(struct words *out, const char *list, bool no, unsigned depth)
{
	struct words words = { { 0 } };

	words_split(&words, list);
	for (size_t i = 0; i < words.list.n; i++) {
		const char *word = words.list.v[i];
		bool not = *word == '!' ? !no : no;
		struct buf b = { 0 };

		word += *word == '!';
		if (*word == '/' && file_add(out, word, not, depth))
			continue;
		buf_printf(&b, "%s%s", not ? "!" : "", word);
		vec_push(&out->list, buf_string(&b));
	}
	words_done(&words);
}

/* Whether this address may send on by us; what cannot be asked may. */
static bool
is_let(struct guests *g, const struct addr *addr)
{
	bool by_networks = false;
	char ip[ADDR_TEXT];
	enum says says = ask_restrictions(g, addr_ip_text(addr, ip));

	for (size_t i = 0; i < g->restrictions.list.n; i++)
		by_networks |=
		    strcmp(g->restrictions.list.v[i], "permit_mynetworks") == 0;
	if (says != SAYS_YES && by_networks) {
		enum says one = ask_networks(g, addr);

		says = one == SAYS_YES || says != SAYS_UNASKED ? one : says;
	}
	if (says == SAYS_UNASKED && !g->unasked)
		check_find(g->p->list, CHECK_ABOUT(CHECK_NOTE, "servers", NULL),
		    "not asked%s: whether mynetworks, or a table of "
		    "check_client_access, lets through who sends here",
		    geteuid() == 0 ? "" : ": needs root");
	g->unasked |= says == SAYS_UNASKED;
	return says == SAYS_YES || says == SAYS_UNASKED;
}

static void
tell_guest(struct guests *g, const char *server, const char *ip)
{
	bool v6 = strchr(ip, ':') != NULL;
	struct buf b = { 0 };
	char *advice;

	if (++g->named > NAMED_MAX)
		return;
	buf_printf(&b,
	    "in lsrd.conf: address = { \"%s%s%s:691\" } in the section of peer "
	    "\"%s\"; then lsrctl reload",
	    v6 ? "[" : "", ip, v6 ? "]" : "", server);
	advice = buf_string(&b);
	check_find(g->p->list, CHECK_ABOUT(CHECK_WARNING, "servers", advice),
	    "%s sends by this server, and its address %s is not let through: "
	    "its mail for %s is refused here",
	    server, ip, g->pattern);
	mem_free(advice);
}

static bool
has_text(const json_t *array, const char *want)
{
	const json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
	{
		const char *s = json_string_value(one);

		if (s != NULL && strcmp(s, want) == 0)
			return true;
	}
	return false;
}

/* A server with an adjacency to us has us as a next hop. */
static void
on_check_daemon_lsa(void *ctx, const json_t *line)
{
	struct guests *g = ctx;
	const char *own = g->p->conf->setup.server;
	const json_t *body = json_object_get(line, "body"), *one;
	size_t i;

	if (strcmp(check_daemon_text(line, "type"), "server") != 0 ||
	    strcmp(check_daemon_text(line, "origin"), own) == 0 ||
	    !has_text(json_object_get(body, "neighbours"), own))
		return;
	json_array_foreach(json_object_get(body, "smtp"), i, one)
	{
		const char *s = json_string_value(one);
		char ip[ADDR_TEXT];
		struct addr addr;

		if (s == NULL || !addr_read(&addr, s))
			continue;
		if (!is_let(g, &addr))
			tell_guest(g, check_daemon_text(line, "origin"),
			    addr_ip_text(&addr, ip));
	}
}

/* Postfix takes mail for these from everybody, whatever we say. */
static bool
check_daemon_is_open(const struct postfix *p, const char *pattern)
{
	static const char *const classes[] = { "mydestination", "relay_domains",
		"virtual_alias_domains", "virtual_mailbox_domains" };
	bool is = false;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct words words = { { 0 } };

		words_split(&words, postconf_full(p, classes[i]));
		for (size_t k = 0; k < words.list.n && !is; k++) {
			const char *word = words.list.v[k];

			is = strcmp(word, pattern) == 0 ||
			     (strchr(word, ':') != NULL &&
				 ask_table(p, word, pattern) >= SAYS_NO);
		}
		words_done(&words);
	}
	return is;
}

/* Mail for this is refused to those who may not relay: the first, or NULL. */
static const char *
closed_claim(const struct postfix *p)
{
	const struct setup *setup = &p->conf->setup;

	for (size_t i = 0; i < setup->nspaces; i++)
		if (!setup->spaces[i].relay &&
		    !check_daemon_is_open(p, setup->spaces[i].pattern))
			return setup->spaces[i].pattern;
	return NULL;
}

static void
check_guests(const struct postfix *p, const struct call *call)
{
	const char *is = postconf_full(p, "smtpd_relay_restrictions");
	struct guests g = { .p = p, .pattern = closed_claim(p) };
	struct buf answer = { 0 }, b = { 0 };

	if (g.pattern == NULL)
		return;
	buf_printf(&b, "cidr:%s/" SETUP_SERVERS, p->conf->table_directory);
	g.table = buf_string(&b);
	networks_add(
	    &g.networks, postconf_full(p, "mynetworks"), false, FILES_DEEP);
	words_split(&g.restrictions,
	    *is == '\0' ? postconf_full(p, "smtpd_recipient_restrictions")
			: is);
	if (client_db(call, "type=server", &answer) == CALL_OK)
		client_each(&answer, on_check_daemon_lsa, &g);
	if (g.named > NAMED_MAX)
		check_find(p->list, CHECK_ABOUT(CHECK_WARNING, "servers", NULL),
		    "and %u more addresses of servers", g.named - NAMED_MAX);
	words_done(&g.networks);
	words_done(&g.restrictions);
	buf_done(&answer);
	mem_free(g.table);
}

/* --- where the queue is --------------------------------------------------------- */

static void
on_check_daemon_status(void *ctx, const json_t *line)
{
	const struct postfix *p = ctx;
	const char *reads = check_daemon_text(line, "queue_directory");
	const char *is = postconf_full(p, "queue_directory");

	if (*reads == '\0' || strcmp(reads, is) == 0)
		return;
	check_find(p->list,
	    CHECK_ABOUT(CHECK_WARNING, "queue",
		"if it stays so for a minute: systemctl restart lsrd, and see "
		"its postfix-directory and what the unit lets it read"),
	    "lsrd looks for Postfix's queue in %s, and Postfix has it in %s: "
	    "what waits there is neither counted nor tried again",
	    reads, is);
}

void
check_daemon(const struct postfix *p, const struct call *call)
{
	struct buf answer = { 0 };

	if (client_read(call, "status", &answer) == CALL_OK) {
		client_each(&answer, on_check_daemon_status,
		    (void *)(uintptr_t)(const void *)p);
		check_guests(p, call);
	}
	buf_done(&answer);
}
