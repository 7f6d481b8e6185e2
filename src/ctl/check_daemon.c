/*
 * check_daemon.c - the part of `check` that compares what the daemon knows with
 * what Postfix says: where its queue is, and whether it lets the servers
 * through that send here.
 */

#include "ctl/postconf.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ctl/client.h"

#define NAMED_MAX 20

static const char *
text(const json_t *line, const char *key)
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
};

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
net_read(const char *word, struct addr *net, unsigned *bits)
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

static bool
in_table(const struct postfix *p, const char *table, const char *key)
{
	struct postfix_run run = { "postmap", "-q", key, NULL, table };
	char *value = postfix_run(p, &run);
	bool is = value != NULL && *value != '\0' &&
	          strncasecmp(value, "reject", 6) != 0 &&
	          strncasecmp(value, "defer", 5) != 0;

	mem_free(value);
	return is;
}

/* By ours, or a table of the site's. */
static bool
in_restrictions(const struct guests *g, const char *ip)
{
	for (size_t i = 1; i < g->restrictions.list.n; i++)
		if (strcmp(g->restrictions.list.v[i - 1],
			"check_client_access") == 0 &&
		    in_table(g->p, g->restrictions.list.v[i], ip))
			return true;
	return in_table(g->p, g->table, ip);
}

/* As permit_mynetworks reads it: the first word that meets the address. What
 * is in a file is not looked at, and lets everybody through. */
static bool
in_networks(const struct guests *g, const struct addr *addr)
{
	char ip[ADDR_TEXT];

	addr_ip_text(addr, ip);
	for (size_t i = 0; i < g->networks.list.n; i++) {
		const char *word = g->networks.list.v[i];
		bool no = *word == '!';
		struct addr net;
		unsigned bits;

		word += no;
		if (net_read(word, &net, &bits)) {
			if (net.family == addr->family &&
			    same_bits(net.ip, addr->ip, bits))
				return !no;
		} else if (*word == '/' || in_table(g->p, word, ip)) {
			return !no;
		}
	}
	return false;
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
on_lsa(void *ctx, const json_t *line)
{
	struct guests *g = ctx;
	const char *own = g->p->conf->setup.server;
	const json_t *body = json_object_get(line, "body"), *one;
	size_t i;

	if (strcmp(text(line, "type"), "server") != 0 ||
	    strcmp(text(line, "origin"), own) == 0 ||
	    !has_text(json_object_get(body, "neighbours"), own))
		return;
	json_array_foreach(json_object_get(body, "smtp"), i, one)
	{
		const char *s = json_string_value(one);
		char ip[ADDR_TEXT];
		struct addr addr;

		if (s == NULL || !addr_read(&addr, s))
			continue;
		addr_ip_text(&addr, ip);
		if (!in_restrictions(g, ip) && !in_networks(g, &addr))
			tell_guest(g, text(line, "origin"), ip);
	}
}

/* Postfix takes mail for these from everybody, whatever we say. */
static bool
is_open(const struct postfix *p, const char *pattern)
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
				 in_table(p, word, pattern));
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
		    !is_open(p, setup->spaces[i].pattern))
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
	words_split(&g.networks, postconf_full(p, "mynetworks"));
	words_split(&g.restrictions,
	    *is == '\0' ? postconf_full(p, "smtpd_recipient_restrictions")
			: is);
	if (client_read(call, "db", &answer) == CALL_OK)
		client_each(&answer, on_lsa, &g);
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
on_status(void *ctx, const json_t *line)
{
	const struct postfix *p = ctx;
	const char *reads = text(line, "queue_directory");
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
		client_each(
		    &answer, on_status, (void *)(uintptr_t)(const void *)p);
		check_guests(p, call);
	}
	buf_done(&answer);
}
