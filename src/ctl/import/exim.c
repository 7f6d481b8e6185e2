#include "ctl/import/exim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "ctl/import/exim_conf.h"
#include "ctl/import/maps.h"
#include "ctl/import/regexp.h"
#include "ctl/import/run.h"
#include "ctl/paths.h"
#include "sys/file.h"

#define FILE_MOST (64u << 20)
#define LISTS_DEEP 8

/* clang-format off */
const struct verb_option import_exim_options[] = {
	MAPS_OPTIONS,
	IMPORT_OPTIONS,
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct exim_patterns {
	VEC(char *) list;
};

struct exim_server {
	struct maps *maps;
	const char *file;
	struct exim_conf conf;
	const char *name; /* primary_hostname */
	size_t number;
	unsigned depth;             /* of named lists */
	char *where;                /* FILE:LINE of what is read */
	struct exim_patterns *into; /* what a list of domains means */
	struct exim_patterns relays;
	const char *transport;     /* of the router at hand */
	bool equal;                /* its hosts are taken in any order */
	struct exim_patterns only; /* its domains; none: all */
};

static void
exim_patterns_done(struct exim_patterns *patterns)
{
	for (size_t i = 0; i < patterns->list.n; i++)
		mem_free(patterns->list.v[i]);
	vec_done(&patterns->list);
}

static void
exim_place(struct exim_server *s, unsigned line)
{
	struct buf b = { 0 };

	mem_free(s->where);
	buf_printf(&b, "%s:%u", s->file, line);
	s->where = buf_string(&b);
}

static void
exim_unsaid(struct exim_server *s, const char *item)
{
	import_note(s->maps->im, s->where,
	    "name its domains one by one; or leave the router before lsrd's",
	    "%.200s cannot be said in address spaces", item);
}

/* A regular expression on the domain alone: with the @ before it the same on
 * addresses. */
static void
exim_regexp(struct exim_server *s, char *item)
{
	struct regexp_spaces spaces = { 0 };
	struct buf b = { 0 };
	char *text;

	if (strncmp(item, "\\N", 2) == 0)
		item += 2;
	item[strlen(item) > 2 && strcmp(item + strlen(item) - 2, "\\N") == 0
		 ? strlen(item) - 2
		 : strlen(item)] = '\0';
	buf_text(&b, "@");
	buf_text(&b, *item == '^' ? item + 1 : item);
	text = buf_string(&b);
	if (*item != '^' || strchr(text + 1, '@') != NULL ||
	    !regexp_spaces(&spaces, text))
		exim_unsaid(s, item);
	for (size_t i = 0; i < spaces.list.n; i++)
		vec_push(&s->into->list, mem_str(spaces.list.v[i]));
	regexp_done(&spaces);
	mem_free(text);
}

/* Beside the configuration first: it may be a copy. */
static char *
exim_load(const struct exim_server *s, const char *path)
{
	const char *base = strrchr(path, '/');
	const char *slash = strrchr(s->file, '/');
	char *folder = slash == NULL
	                   ? mem_str(".")
	                   : mem_dup(s->file, (size_t)(slash - s->file));
	char *beside = paths_join(folder, base == NULL ? path : base + 1);
	struct buf text = { 0 };
	int rc = file_load(beside, FILE_MOST, &text);

	if (rc != RC_OK)
		rc = file_load(path, FILE_MOST, &text);
	mem_free(beside);
	mem_free(folder);
	if (rc == RC_OK)
		return buf_string(&text);
	buf_done(&text);
	return NULL;
}

typedef void lsearch_each(struct exim_server *s, char *key, char *value);

/* KEY: VALUE, as lsearch reads a file. */
static void
lsearch_read(struct exim_server *s, const char *path, lsearch_each *each)
{
	char *text = exim_load(s, path), *rest = text, *line;
	char *whole = s->where;
	unsigned number = 0;

	if (text == NULL) {
		import_note(s->maps->im, s->where,
		    "bring the file beside the configuration",
		    "%.200s cannot be read", path);
		return;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t n = strcspn(line, ": \t\r");
		char *value = line + n + strspn(line + n, ": \t");
		struct buf b = { 0 };

		number++;
		if (*line == '#' || n == 0)
			continue;
		line[n] = '\0';
		buf_printf(&b, "%s:%u", path, number);
		s->where = buf_string(&b);
		value[strcspn(value, "\r")] = '\0';
		each(s, line, value);
		mem_free(s->where);
	}
	s->where = whole;
	mem_free(text);
}

static void exim_domains(struct exim_server *s, const char *text);

static void
lsearch_key(struct exim_server *s, char *key, char *value)
{
	char *is = import_pattern(key);

	(void)value;
	if (is == NULL)
		exim_unsaid(s, key);
	else
		vec_push(&s->into->list, is);
}

static void
exim_named(struct exim_server *s, const char *name)
{
	struct buf b = { 0 };
	const char *list;
	char *key;

	buf_printf(&b, "domainlist %s", name);
	key = buf_string(&b);
	list = exim_conf_option(&s->conf, key);
	if (list == NULL || s->depth >= LISTS_DEEP) {
		exim_unsaid(s, key);
	} else {
		s->depth++;
		exim_domains(s, list);
		s->depth--;
	}
	mem_free(key);
}

static void
on_domain_item(void *ctx, char *item)
{
	struct exim_server *s = ctx;
	const char *file = strstr(item, "lsearch;");
	char *is;

	if (*item == '!') {
		/* All but what is local is what the others are for. */
		if (strstr(item, "+local_domains") == NULL)
			exim_unsaid(s, item);
	} else if (*item == '+') {
		exim_named(s, item + 1);
	} else if (strcmp(item, "@") == 0) {
		vec_push(&s->into->list, mem_str(s->name));
	} else if (*item == '^' || strncmp(item, "\\N^", 3) == 0) {
		exim_regexp(s, item);
	} else if (file != NULL && strchr(item, '$') == NULL) {
		lsearch_read(s, file + 8, lsearch_key);
	} else if (strcmp(item, "localhost") != 0 &&
		   strncmp(item, "localhost.", 10) != 0) {
		is = import_pattern(item);
		if (is == NULL || strchr(is, '@') != NULL) {
			exim_unsaid(s, item);
			mem_free(is);
		} else {
			vec_push(&s->into->list, is);
		}
	}
}

/* What a list of domains means, to s->into. */
static void
exim_domains(struct exim_server *s, const char *text)
{
	exim_conf_list(text, ':', on_domain_item, s);
}

static void
domains_to(struct exim_server *s, const char *text, struct exim_patterns *into)
{
	s->into = into;
	exim_domains(s, text);
}

static bool
is_exim_relayed(const struct exim_server *s, const char *pattern)
{
	for (size_t i = 0; i < s->relays.list.n; i++)
		if (str_covers(s->relays.list.v[i], pattern))
			return true;
	return false;
}

/* HOST, HOST::PORT of a list in which the colon was doubled. */
struct exim_hosts {
	struct maps_route *route;
	char *first; /* [HOST]:PORT */
	bool bad;
};

static void
on_host_item(void *ctx, char *item)
{
	struct exim_hosts *h = ctx;
	struct buf b = { 0 };
	size_t n;

	if (strcmp(item, "+") == 0)
		return;
	if (strncmp(item, "MX:", 3) == 0)
		item += 3;
	item[strcspn(item, "/")] = '\0';
	if (*item == '\0' || strchr(item, '$') != NULL ||
	    !maps_route_host(h->route, item, strlen(item))) {
		h->bad = true;
		return;
	}
	if (h->first != NULL)
		return;
	n = *item == '[' ? strcspn(item, "]") + 1 : strcspn(item, ":");
	if (*item == '[')
		buf_bytes(&b, item, n);
	else
		buf_printf(&b, "[%.*s]", (int)n, item);
	buf_text(&b, item + (n < strlen(item) ? n : strlen(item)));
	h->first = buf_string(&b);
}

/* PATTERN is sent to these hosts: `a : b::26`. */
static void
hosts_route(struct exim_server *s, const char *pattern, const char *hosts)
{
	struct maps_route *route =
	    maps_route(s->maps, s->number, s->where, pattern, NULL);
	struct exim_hosts h = { .route = route };
	struct buf way = { 0 };

	exim_conf_list(hosts, ':', on_host_item, &h);
	route->equal = s->equal;
	route->relay = is_exim_relayed(s, pattern);
	if (h.bad || h.first == NULL)
		import_note(s->maps->im, s->where, "name the hosts, without $",
		    "%s: next hops %.200s cannot be said", pattern, hosts);
	buf_printf(&way, "%s:%s",
	    s->transport == NULL ? "remote_smtp" : s->transport,
	    h.first == NULL ? "" : h.first);
	route->way = buf_string(&way);
	mem_free(h.first);
}

/* `*` of a router that has domains of its own is those. */
static void
pattern_route(struct exim_server *s, const char *pattern, const char *hosts)
{
	if (strcmp(pattern, "*") != 0 || s->only.list.n == 0) {
		hosts_route(s, pattern, hosts);
		return;
	}
	for (size_t i = 0; i < s->only.list.n; i++)
		hosts_route(s, s->only.list.v[i], hosts);
}

/* PATTERN HOSTS OPTIONS of a route_list. */
static void
on_route_item(void *ctx, char *item)
{
	struct exim_server *s = ctx;
	struct exim_patterns patterns = { 0 };
	bool equal = s->equal;
	char *pattern = exim_conf_word(&item), *hosts = exim_conf_word(&item);
	char *word;

	while ((word = exim_conf_word(&item)) != NULL) {
		if (strcmp(word, "randomize") == 0)
			s->equal = true;
		if (strcmp(word, "no_randomize") == 0)
			s->equal = false;
	}
	if (pattern != NULL)
		domains_to(s, pattern, &patterns);
	for (size_t i = 0; i < patterns.list.n; i++)
		pattern_route(
		    s, patterns.list.v[i], hosts == NULL ? "" : hosts);
	exim_patterns_done(&patterns);
	s->equal = equal;
}

static void
lsearch_route(struct exim_server *s, char *key, char *value)
{
	char *is = strcmp(key, "*") == 0 ? mem_str("*") : import_pattern(key);
	char *hosts = exim_conf_word(&value);

	if (is == NULL)
		exim_unsaid(s, key);
	else
		pattern_route(s, is, hosts == NULL ? "" : hosts);
	mem_free(is);
}

/* ${lookup{$domain}...lsearch{FILE}...}; NULL: something else. The caller's. */
static char *
lookup_file(const char *data)
{
	const char *type = strstr(data, "lsearch"), *open, *shut;

	if (strncmp(data, "${lookup{$domain}", 17) != 0 || type == NULL)
		return NULL;
	open = strchr(type, '{');
	shut = open == NULL ? NULL : strchr(open, '}');
	if (shut == NULL || memchr(open, '$', (size_t)(shut - open)) != NULL)
		return NULL;
	return mem_dup(open + 1, (size_t)(shut - open) - 1);
}

static void
data_route(struct exim_server *s, const char *data)
{
	char *file = lookup_file(data), *copy, *rest, *hosts;

	if (file != NULL) {
		lsearch_read(s, file, lsearch_route);
	} else if (strchr(data, '$') != NULL) {
		exim_unsaid(s, data);
	} else {
		copy = rest = mem_str(data);
		hosts = exim_conf_word(&rest);
		pattern_route(s, "*", hosts == NULL ? "" : hosts);
		mem_free(copy);
	}
	mem_free(file);
}

/* What narrows a router by more than its domains. */
static bool
is_narrow(struct exim_server *s, const struct exim_router *router)
{
	static const char *const names[] = { "condition", "senders",
		"local_parts", "local_part_suffix", "local_part_prefix",
		"require_files", NULL };

	for (size_t i = 0; names[i] != NULL; i++) {
		const struct exim_option *o =
		    exim_router_option(router, names[i]);

		if (o == NULL)
			continue;
		exim_place(s, o->line);
		import_note(s->maps->im, s->where,
		    "leave this router before lsrd's",
		    "router %s: %s cannot be said", router->name, names[i]);
		return true;
	}
	return false;
}

static void
router_routes(struct exim_server *s, const struct exim_router *router)
{
	const struct exim_option *list =
	    exim_router_option(router, "route_list");
	const struct exim_option *data =
	    exim_router_option(router, "route_data");
	const struct exim_option *transport =
	    exim_router_option(router, "transport");

	s->transport = transport == NULL ? NULL : transport->value;
	s->equal = exim_router_option(router, "hosts_randomize") != NULL;
	if (list != NULL) {
		exim_place(s, list->line);
		exim_conf_list(list->value, ';', on_route_item, s);
	} else if (data != NULL) {
		exim_place(s, data->line);
		data_route(s, data->value);
	}
}

/* By DNS: this server finds the way of these itself. */
static void
router_claims(struct exim_server *s)
{
	if (s->only.list.n == 0)
		maps_claim(s->maps, s->number, s->where, "*", false);
	for (size_t i = 0; i < s->only.list.n; i++)
		maps_claim(s->maps, s->number, s->where, s->only.list.v[i],
		    is_exim_relayed(s, s->only.list.v[i]));
}

static void
router_take(struct exim_server *s, const struct exim_router *router)
{
	const struct exim_option *driver = exim_router_option(router, "driver");
	const struct exim_option *domains =
	    exim_router_option(router, "domains");
	bool manual =
	    driver != NULL && strcmp(driver->value, "manualroute") == 0;
	bool dns = driver != NULL && strcmp(driver->value, "dnslookup") == 0;

	if ((!manual && !dns) || is_narrow(s, router))
		return;
	exim_place(s, router->line);
	if (domains != NULL) {
		exim_place(s, domains->line);
		domains_to(s, domains->value, &s->only);
	}
	if (manual)
		router_routes(s, router);
	else
		router_claims(s);
	exim_patterns_done(&s->only);
}

static void
list_claims(struct exim_server *s, const char *name, bool local)
{
	struct exim_patterns found = { 0 };
	const char *list = exim_conf_option(&s->conf, name);

	exim_place(s, 1);
	if (list != NULL)
		domains_to(s, list, local ? &found : &s->relays);
	for (size_t i = 0; i < found.list.n; i++)
		maps_claim(s->maps, s->number, s->where, found.list.v[i], true);
	exim_patterns_done(&found);
}

static void
exim_server_take(struct exim_server *s)
{
	for (size_t i = 0; i < s->conf.undecided.n; i++) {
		exim_place(s, s->conf.undecided.v[i]);
		import_note(s->maps->im, s->where,
		    "import what `exim -bP config` prints",
		    "what is included, or under a condition, is not decided "
		    "here");
	}
	list_claims(s, "domainlist local_domains", true);
	list_claims(s, "domainlist relay_to_domains", false);
	for (size_t i = 0; i < s->conf.routers.n; i++)
		router_take(s, &s->conf.routers.v[i]);
}

static int
exim_file(struct maps *maps, const char *operand)
{
	struct exim_server s = { .maps = maps, .file = operand };
	const char *is = strchr(operand, '=');
	char *name = NULL;
	struct buf text = { 0 };
	char *whole;

	if (is != NULL && is > operand) {
		name = mem_dup(operand, (size_t)(is - operand));
		str_lower(name);
		s.file = is + 1;
	}
	if (file_load(s.file, FILE_MOST, &text) != RC_OK) {
		mem_free(name);
		return call_usage("%s: %s", s.file, strerror(errno));
	}
	whole = buf_string(&text);
	exim_conf_read(&s.conf, whole);
	mem_free(whole);
	s.name =
	    name != NULL ? name : exim_conf_option(&s.conf, "primary_hostname");
	if (s.name == NULL)
		import_note(maps->im, s.file,
		    "say it before the path: mx1.example.org=PATH",
		    "primary_hostname does not stand there");
	else
		s.number = maps_server(maps, s.file, s.name);
	if (s.name != NULL && s.number != SIZE_MAX) {
		maps->im->servers.v[s.number].mta = "exim";
		exim_server_take(&s);
	}
	exim_patterns_done(&s.relays);
	exim_conf_done(&s.conf);
	mem_free(s.where);
	mem_free(name);
	return CALL_OK;
}

static int
exim_source(const struct call *call, const struct import_hosts *hosts,
    struct import *im)
{
	return maps_read(call, hosts, im, exim_file);
}

int
import_exim(const struct call *call)
{
	return import_run(call, exim_source);
}
