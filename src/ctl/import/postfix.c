#include "ctl/import/postfix.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/import/maps.h"
#include "ctl/import/postfix_source.h"
#include "ctl/import/regexp.h"
#include "ctl/import/run.h"
#include "ctl/postconf.h"

/* clang-format off */
const struct verb_option import_postfix_options[] = {
	MAPS_OPTIONS,
	{ "ssh", "PROGRAM", "what reaches a HOST; ssh" },
	IMPORT_OPTIONS,
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct patterns {
	VEC(char *) list;
};

/* One server as it is read. */
struct postfix_server {
	struct maps *maps;
	const struct postfix_source *source;
	struct postfix_table table;
	struct patterns relays;
	size_t number;    /* in the import */
	bool relay;       /* a list is read of what is relayed, not delivered */
	bool everything;  /* transport_maps has `*` */
	const char *kind; /* of a sender-dependent map: its parameter */
};

static void
patterns_done(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->list.n; i++)
		mem_free(patterns->list.v[i]);
	vec_done(&patterns->list);
}

/* FILE:LINE of an entry. The caller's. */
static char *
place_of(const struct postfix_server *s, unsigned line)
{
	struct buf b = { 0 };

	buf_text(&b, s->table.where != NULL ? s->table.where : s->source->file);
	if (line > 0)
		buf_printf(&b, ":%u", line);
	return buf_string(&b);
}

static char *
place_in_main(const struct postfix_server *s, const char *name)
{
	unsigned line = maincf_line_of(&s->source->cf, name);
	struct buf b = { 0 };

	buf_text(&b, s->source->file);
	if (line > 0)
		buf_printf(&b, ":%u", line);
	buf_printf(&b, " (%s)", name);
	return buf_string(&b);
}

static bool
is_loopback_name(const char *name)
{
	return strcmp(name, "localhost") == 0 ||
	       strncmp(name, "localhost.", 10) == 0 ||
	       strcmp(name, "localdomain") == 0;
}

static void
domain_take(struct postfix_server *s, const char *where, const char *name)
{
	char *is = import_pattern(name);

	if (is_loopback_name(name)) {
		mem_free(is);
		return;
	}
	if (is == NULL || strchr(is, '@') != NULL) {
		import_note(s->maps->im, where,
		    "an address space is user@dom, dom, .dom or *",
		    "\"%.200s\" is no domain, and left out", name);
	} else if (s->relay) {
		vec_push(&s->relays.list, mem_str(is));
	} else {
		maps_claim(s->maps, s->number, where, is, true);
	}
	mem_free(is);
}

/* A key of a table in a list of domains; values do not count. In a map of
 * addresses those are no domains. */
static void
on_domain(void *ctx, const struct table_entry *entry)
{
	struct postfix_server *s = ctx;
	struct regexp_spaces spaces = { 0 };
	char *where = place_of(s, entry->line);

	if (!entry->regexp && !entry->odd) {
		if (strchr(entry->key, '@') == NULL &&
		    strchr(entry->key, '.') != NULL)
			domain_take(s, where, entry->key);
	} else if (entry->odd || !regexp_spaces(&spaces, entry->key)) {
		import_note(s->maps->im, where,
		    "name its domains, one a line, in a hash table",
		    "%.200s cannot be said in address spaces", entry->key);
	}
	for (size_t i = 0; i < spaces.list.n; i++)
		domain_take(s, where, spaces.list.v[i]);
	regexp_done(&spaces);
	mem_free(where);
}

/* /PATH: a domain a line. */
static void
domains_file(struct postfix_server *s, const char *path)
{
	char *text = postfix_source_file(s->source, path);

	s->table.each = on_domain;
	s->table.ctx = s;
	s->table.where = NULL;
	if (text != NULL)
		import_table_text(text, on_domain, s);
	mem_free(text);
}

/* A list of domains, files and tables. */
static void
list_take(struct postfix_server *s, const char *name)
{
	char *value = maincf_full(&s->source->cf, name);
	char *where = place_in_main(s, name);
	struct words words = { 0 };

	words_split(&words, value);
	for (size_t i = 0; i < words.list.n; i++) {
		char *word = words.list.v[i];

		s->table = (struct postfix_table){ on_domain, s, NULL };
		if (*word == '!')
			import_note(s->maps->im, where,
			    "write the list without exceptions",
			    "%.200s: an exception cannot be said", word);
		else if (*word == '/')
			domains_file(s, word);
		else if (strchr(word, ':') != NULL)
			postfix_source_table(s->source, word, &s->table);
		else {
			str_lower(word);
			domain_take(s, where, word);
		}
	}
	s->table = (struct postfix_table){ NULL, NULL, NULL };
	words_done(&words);
	mem_free(where);
	mem_free(value);
}

static bool
is_relayed(const struct postfix_server *s, const char *pattern)
{
	for (size_t i = 0; i < s->relays.list.n; i++)
		if (str_covers(s->relays.list.v[i], pattern))
			return true;
	return false;
}

/* Transports that deliver on the host itself. */
static bool
is_local_transport(const char *name, size_t n)
{
	static const char *const names[] = { "local", "virtual" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && strncmp(names[i], name, n) == 0)
			return true;
	return false;
}

static bool
is_no_way(const char *name, size_t n)
{
	static const char *const names[] = { "error", "discard", "retry",
		"lsrd", "lsrd-hold" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && strncmp(names[i], name, n) == 0)
			return true;
	return false;
}

/* The hosts of a next hop, `A, B`: the first one's length. */
static size_t
hops_take(struct maps_route *route, const char *hops)
{
	size_t first = strcspn(hops, ", ");

	for (const char *p = hops; *p != '\0';) {
		size_t n = strcspn(p, ", ");

		if (n > 0)
			(void)maps_route_host(route, p, n);
		p += n;
		p += strspn(p, ", ");
	}
	return first;
}

/* TRANSPORT:NEXTHOP of a value; either may be empty. */
struct hop {
	const char *transport, *nexthop;
	size_t n; /* of the transport */
};

static struct hop
hop_of(const char *value)
{
	struct hop hop = { value, "", strcspn(value, ":") };

	/* [2001:db8::1]:25 has no transport before it. */
	if (*value == '[') {
		hop.n = 0;
		hop.nexthop = value;
	} else if (value[hop.n] == ':') {
		hop.nexthop = value + hop.n + 1;
	}
	return hop;
}

/* A way as lsrd.conf has it; a list of hosts is its first one. */
static char *
way_text(const struct hop *hop, const char *otherwise, size_t first)
{
	struct buf b = { 0 };

	if (hop->n == 0)
		buf_text(&b, otherwise);
	else
		buf_bytes(&b, hop->transport, hop->n);
	buf_text(&b, ":");
	buf_bytes(&b, hop->nexthop, first);
	return buf_string(&b);
}

static void
route_take(struct postfix_server *s, const char *where, const char *pattern,
    const char *value)
{
	struct hop hop = hop_of(value);
	struct maps_route *route;
	size_t first;

	if (hop.n == 0 && *hop.nexthop == '\0') {
		maps_claim(s->maps, s->number, where, pattern, true);
		return;
	}
	if (is_no_way(hop.transport, hop.n)) {
		import_note(s->maps->im, where,
		    "leave it in a table that stands before lsrd's",
		    "%s:%.200s: lsrd has no such route", pattern, value);
		return;
	}
	if (is_local_transport(hop.transport, hop.n)) {
		maps_claim(s->maps, s->number, where, pattern, true);
		return;
	}
	route = maps_route(s->maps, s->number, where, pattern, NULL);
	first = hops_take(route, hop.nexthop);
	route->way = way_text(&hop, "smtp", first);
	route->relay = is_relayed(s, pattern);
	if (hop.nexthop[first] != '\0' && route->hosts.n < 2)
		import_note(s->maps->im, where,
		    "name the others in a transport of their own",
		    "of the next hops of %s the first is taken: %.200s",
		    pattern, hop.nexthop);
}

static void
on_transport_key(struct postfix_server *s, const char *where, const char *key,
    const char *value)
{
	char *pattern = import_pattern(key);

	if (pattern == NULL) {
		import_note(s->maps->im, where,
		    "an address space is user@dom, dom, .dom or *",
		    "\"%.200s\" is no address space, and left out", key);
		return;
	}
	s->everything = s->everything || strcmp(pattern, "*") == 0;
	route_take(s, where, pattern, value);
	mem_free(pattern);
}

static void
on_transport(void *ctx, const struct table_entry *entry)
{
	struct postfix_server *s = ctx;
	struct regexp_spaces spaces = { 0 };
	char *where = place_of(s, entry->line);
	bool good = !entry->odd;

	if (good && entry->regexp)
		good = strchr(entry->value, '$') == NULL &&
		       regexp_spaces(&spaces, entry->key);
	if (!good)
		import_note(s->maps->im, where,
		    "name its domains, one a line, in a hash table; or leave "
		    "it in a table that stands before lsrd's",
		    "%.200s cannot be said in address spaces", entry->key);
	else if (!entry->regexp)
		on_transport_key(s, where, entry->key, entry->value);
	if (spaces.loose)
		import_note(s->maps->im, where, "write \\. for a dot",
		    "a bare dot of %.200s is taken for one", entry->key);
	for (size_t i = 0; i < spaces.list.n; i++)
		on_transport_key(s, where, spaces.list.v[i], entry->value);
	regexp_done(&spaces);
	mem_free(where);
}

/* A key of these maps is an address or @domain. */
static void
on_sender(void *ctx, const struct table_entry *entry)
{
	struct postfix_server *s = ctx;
	bool relayhost = strstr(s->kind, "relayhost") != NULL;
	struct hop hop = relayhost ? (struct hop){ "", entry->value, 0 }
	                           : hop_of(entry->value);
	char *where = place_of(s, entry->line);
	struct maps_route *route;

	if (entry->odd || entry->regexp) {
		import_note(s->maps->im, where,
		    "leave it in main.cf, before lsrd's",
		    "senders %.200s have a next hop of their own", entry->key);
	} else {
		route = maps_route(s->maps, s->number, where, "*", NULL);
		(void)hops_take(route, hop.nexthop);
		route->sender = mem_str(entry->key);
	}
	mem_free(where);
}

/* The tables of a parameter, one after the other. */
static void
tables_take(struct postfix_server *s, const char *name, import_table_each *each)
{
	char *value = maincf_full(&s->source->cf, name);
	struct words words = { 0 };

	words_split(&words, value);
	for (size_t i = 0; i < words.list.n; i++) {
		s->table = (struct postfix_table){ each, s, NULL };
		postfix_source_table(s->source, words.list.v[i], &s->table);
	}
	s->table = (struct postfix_table){ NULL, NULL, NULL };
	words_done(&words);
	mem_free(value);
}

/* What is relayed and no table says where to: this server finds the way. */
static void
relays_claim(struct postfix_server *s)
{
	char *where = place_in_main(s, "relay_domains");
	char *parents =
	    maincf_full(&s->source->cf, "parent_domain_matches_subdomains");
	bool below = postconf_word(parents, "relay_domains");

	for (size_t i = 0; i < s->relays.list.n; i++) {
		const char *one = s->relays.list.v[i];
		struct buf b = { 0 };
		char *sub;
		bool routed = false;

		for (size_t k = 0; k < s->maps->routes.n; k++)
			routed =
			    routed ||
			    (s->maps->routes.v[k].server == s->number &&
				strcmp(s->maps->routes.v[k].pattern, one) == 0);
		if (!routed)
			maps_claim(s->maps, s->number, where, one, true);
		buf_printf(&b, ".%s", one);
		sub = buf_string(&b);
		if (below && !routed && str_is_pattern(sub))
			maps_claim(s->maps, s->number, where, sub, true);
		mem_free(sub);
	}
	mem_free(parents);
	mem_free(where);
}

/* Where all else goes. */
static void
rest_claim(struct postfix_server *s)
{
	char *relayhost = maincf_full(&s->source->cf, "relayhost");
	char *transport = maincf_full(&s->source->cf, "default_transport");
	char *where = place_in_main(
	    s, *relayhost != '\0' ? "relayhost" : "default_transport");
	struct maps_route *route;

	if (s->everything) {
		/* transport_maps says it */
	} else if (strchr(transport, ':') != NULL) {
		route_take(s, where, "*", transport);
	} else if (is_no_way(transport, strlen(transport))) {
		import_note(s->maps->im, where, NULL,
		    "default_transport is %.200s: this server delivers no "
		    "mail of others",
		    transport);
	} else if (*relayhost == '\0') {
		maps_claim(s->maps, s->number, where, "*", false);
	} else {
		const struct hop hop = { transport, relayhost,
			strlen(transport) };

		route = maps_route(s->maps, s->number, where, "*", NULL);
		route->way =
		    way_text(&hop, "smtp", hops_take(route, relayhost));
	}
	mem_free(where);
	mem_free(relayhost);
	mem_free(transport);
}

/* A second host for what failed: a dearer step to it, if it is one of ours. */
static void
fallback_take(struct postfix_server *s)
{
	char *value = maincf_full(&s->source->cf, "smtp_fallback_relay");
	char *where = place_in_main(s, "smtp_fallback_relay");

	if (*value != '\0')
		import_note(s->maps->im, where,
		    "a second server that claims * takes over by itself",
		    "smtp_fallback_relay = %.200s is no route", value);
	mem_free(where);
	mem_free(value);
}

/* Its own addresses, where main.cf names them. */
static void
interfaces_take(struct postfix_server *s)
{
	char *value = maincf_full(&s->source->cf, "inet_interfaces");
	struct import_server *server = &s->maps->im->servers.v[s->number];
	struct words words = { 0 };

	words_split(&words, value);
	for (size_t i = 0; i < words.list.n; i++) {
		char *word = words.list.v[i];
		struct addr addr;
		size_t n = strlen(word);

		if (n > 2 && *word == '[' && word[n - 1] == ']') {
			word[n - 1] = '\0';
			word++;
		}
		if (!addr_read(&addr, word) || addr.port != 0)
			continue;
		addr.port = 25;
		if (!addr_is_hop(&addr, false))
			continue;
		import_server_reach(server, &addr, false);
		addr.port = 691;
		import_server_reach(server, &addr, true);
	}
	words_done(&words);
	mem_free(value);
}

static void
postfix_server_take(struct postfix_server *s)
{
	static const char *const senders[] = {
		"sender_dependent_relayhost_maps",
		"sender_dependent_default_transport_maps"
	};

	interfaces_take(s);
	list_take(s, "mydestination");
	list_take(s, "virtual_mailbox_domains");
	list_take(s, "virtual_alias_domains");
	s->relay = true;
	list_take(s, "relay_domains");
	s->relay = false;
	tables_take(s, "transport_maps", on_transport);
	relays_claim(s);
	rest_claim(s);
	fallback_take(s);
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		s->kind = senders[i];
		tables_take(s, senders[i], on_sender);
	}
}

static int
source_take(struct maps *maps, const char *operand)
{
	struct postfix_source source;
	struct postfix_server server = { .maps = maps, .source = &source };
	int status =
	    postfix_source_open(maps->call, maps->im, operand, &source);
	char *name = NULL;

	if (status == CALL_OK) {
		name = source.name != NULL
		           ? mem_str(source.name)
		           : maincf_full(&source.cf, "myhostname");
		if (*name == '\0')
			import_note(maps->im, source.file,
			    "say it before the path: mx1.example.org=PATH",
			    "myhostname does not stand there");
		else
			server.number = maps_server(maps, source.file, name);
		if (*name != '\0' && server.number != SIZE_MAX)
			postfix_server_take(&server);
	}
	mem_free(name);
	patterns_done(&server.relays);
	postfix_source_close(&source);
	return status;
}

static int
postfix_read(const struct call *call, const struct import_hosts *hosts,
    struct import *im)
{
	return maps_read(call, hosts, im, source_take);
}

int
import_postfix(const struct call *call)
{
	return import_run(call, postfix_read);
}
