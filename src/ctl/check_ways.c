/*
 * check_ways.c - the part of `check` that finds the services of master.cf
 * which carry mail by other entries than ours: by `deliver` of lsrd.conf, and
 * by the site's own transport maps to a server of the organization. What such
 * a one is refused for want of a right route must wait, too.
 *
 * On a transport that `deliver` names, or that leads to own servers, it is the
 * whole filter. `smtp` and `relay` carry the site's other mail as well, where
 * a wrong name bounces as ever: there the filter is asked for own servers
 * alone.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/mem.h"
#include "ctl/chain.h"

#define FILTER "smtp_delivery_status_filter"
#define OWN_REFUSED "lsrd_own_refused"
#define OWN_MAX 1000

struct ways {
	const struct postfix *p;
	struct words own;  /* the servers, by name and by address */
	struct words seen; /* services and parameters that are done */
};

/* --- which servers are ours ---------------------------------------------------- */

static bool
has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->list.n; i++)
		if (strcasecmp(words->list.v[i], word) == 0)
			return true;
	return false;
}

static void
check_ways_add_own(struct ways *w, const char *host)
{
	if (*host != '\0' && w->own.list.n < OWN_MAX &&
	    !has_word(&w->own, host))
		vec_push(&w->own.list, mem_str(host));
}

static void
add_address(struct ways *w, const struct addr *addr)
{
	char text[ADDR_TEXT];

	if (addr->family != 0)
		check_ways_add_own(w, addr_ip_text(addr, text));
}

/* `[host]:port` or `host:port`, less all but the host. */
static void
hop_host(const char *hop, char *out, size_t room)
{
	struct addr addr;

	if (*hop == '[')
		snprintf(
		    out, room, "%.*s", (int)strcspn(hop + 1, "]"), hop + 1);
	else
		snprintf(out, room, "%.*s", (int)strcspn(hop, ":"), hop);
	if (strncasecmp(out, "IPv6:", 5) == 0)
		memmove(out, out + 5, strlen(out + 5) + 1);
	if (addr_read(&addr, out))
		addr_ip_text(&addr, out);
}

/* Next hops of our table: what bridgeheads say of themselves. */
static void
add_published(struct ways *w, const char *lines)
{
	const char *transport = w->p->conf->transport;
	char *copy = mem_str(lines), *rest = copy, *line;
	size_t n = strlen(transport);

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *tab = strchr(line, '\t'), host[ADDR_TEXT + 256];
		struct words hops = { { 0 } };

		if (tab == NULL || strncmp(tab + 1, transport, n) != 0 ||
		    tab[1 + n] != ':')
			continue;
		words_split(&hops, tab + n + 2);
		for (size_t i = 0; i < hops.list.n; i++) {
			hop_host(hops.list.v[i], host, sizeof(host));
			check_ways_add_own(w, host);
		}
		words_done(&hops);
	}
	mem_free(copy);
}

static void
check_ways_find_own(struct ways *w, const char *lines)
{
	const struct setup *setup = &w->p->conf->setup;

	for (size_t i = 0; i < setup->nconnectors; i++)
		for (size_t k = 0; k < setup->connectors[i].nbridgeheads; k++) {
			const struct setup_bridgehead *b =
			    &setup->connectors[i].bridgeheads[k];

			check_ways_add_own(w, b->name);
			for (size_t n = 0; n < b->nsmtp; n++)
				add_address(w, &b->smtp[n]);
		}
	for (size_t i = 0; i < setup->npeers; i++) {
		check_ways_add_own(w, setup->peers[i].name);
		for (size_t k = 0; k < setup->peers[i].naddrs; k++)
			add_address(w, &setup->peers[i].addrs[k]);
	}
	add_published(w, lines);
}

static bool
leads_to_own(const struct ways *w, const char *nexthop)
{
	struct words hops = { { 0 } };
	char host[ADDR_TEXT + 256];
	bool own = false;

	words_split(&hops, nexthop);
	for (size_t i = 0; i < hops.list.n && !own; i++) {
		hop_host(hops.list.v[i], host, sizeof(host));
		own = has_word(&w->own, host);
	}
	words_done(&hops);
	return own;
}

/* --- what a service wants ------------------------------------------------------- */

static bool
is_common(const char *name)
{
	return strcmp(name, "smtp") == 0 || strcmp(name, "relay") == 0;
}

/*
 * What Postfix's client says of an own server, by its name or its address, and
 * nothing else, is asked of our filter.
 */
static char *
common_filter(const struct ways *w)
{
	struct buf b = { 0 };

	buf_text(&b, "pipemap:{regexp:{{/^(5[^ ]+ (TLS is required, but "
		     "(was not offered by )?)?host (");
	for (size_t i = 0; i < w->own.list.n; i++) {
		const char *host = w->own.list.v[i];
		struct addr addr;

		buf_text(&b, i == 0 ? "" : "|");
		buf_text(&b, addr_read(&addr, host) ? "[^ ]+[[]" : "");
		for (; *host != '\0'; host++)
			buf_printf(&b, *host == '.' ? "[.]" : "%c", *host);
		buf_text(
		    &b, addr_read(&addr, w->own.list.v[i]) ? "\\]" : "[[]");
	}
	buf_text(&b, ").*)/ $$1}}, " POSTCONF_ROUTE_REFUSED "}");
	return buf_string(&b);
}

/* An option with another value is the administrator's decision. */
static void
want_option(const struct ways *w, const char *name, const char *option,
    const char *value)
{
	char text[192];

	snprintf(text, sizeof(text), "%s/unix/%s", name, option);
	if (postconf_option(w->p, text) == NULL)
		postconf_want_option(w->p, CHECK_WARNING, text, value);
}

/* What stands in master.cf may have no blanks, so it names a parameter of ours;
 * that is made anew when the servers are others. */
static void
want_common(struct ways *w, const char *name)
{
	char option[192], *filter;
	const char *is;

	snprintf(option, sizeof(option), "%s/unix/" FILTER, name);
	is = postconf_option(w->p, option);
	if (is != NULL && strcmp(is, "$" OWN_REFUSED) != 0)
		return; /* the site's own is its business */
	filter = common_filter(w);
	is = postconf_set(w->p, OWN_REFUSED);
	if (!has_word(&w->seen, OWN_REFUSED) &&
	    (is == NULL || strcmp(is, filter) != 0))
		postconf_want(w->p, CHECK_WARNING, OWN_REFUSED, filter,
		    "an own server that does not relay makes bounces of what "
		    "smtp or relay brings it");
	vec_push(&w->seen.list, mem_str(OWN_REFUSED));
	want_option(w, name, FILTER, "$" OWN_REFUSED);
	mem_free(filter);
}

static void
check_ways_service(struct ways *w, const char *name)
{
	char service[160], program[32] = "";
	const char *line;

	snprintf(service, sizeof(service), "%s/unix", name);
	line = postconf_service(w->p, service);
	if (line == NULL || has_word(&w->seen, name) ||
	    strcmp(name, w->p->conf->transport) == 0)
		return;
	vec_push(&w->seen.list, mem_str(name));
	postconf_field(line, 7, program, sizeof(program));
	if (strcmp(program, "smtp") != 0)
		return;
	/* one by main.cf may be what names ours among others */
	if (*postconf_full(w->p, FILTER) != '\0') {
		if (!is_common(name))
			want_option(w, name, "syslog_name", "postfix/lsrd");
		return;
	}
	if (is_common(name)) {
		want_common(w, name);
		return;
	}
	want_option(w, name, FILTER, POSTCONF_ROUTE_REFUSED);
	want_option(w, name, "syslog_name", "postfix/lsrd");
}

/* `transport:nexthop`; by no transport's name the class of the domain says
 * which. */
static void
check_way(struct ways *w, const char *way, bool ours)
{
	char name[128];
	size_t n = strcspn(way, ":");

	snprintf(name, sizeof(name), "%.*s", (int)n, way);
	if (way[n] == ':' && leads_to_own(w, way + n + 1)) {
		check_ways_service(w, *name == '\0' ? "relay" : name);
		if (*name == '\0')
			check_ways_service(w, "smtp");
	} else if (ours && !is_common(name)) {
		check_ways_service(w, name);
	}
}

/* Each value of a table of the site's: all of them where it can be listed, else
 * those that it has for our patterns. */
static void
check_ways_table(struct ways *w, const struct chain *c, size_t i)
{
	struct postfix_run run = { "postmap", "-s", c->tables.list.v[i], NULL,
		NULL };
	char *lines = strchr(c->tables.list.v[i], ':') == NULL
	                  ? NULL
	                  : postfix_run(w->p, &run);
	char *rest, *line;

	if (lines == NULL)
		lines = mem_str(c->answers.list.v[i]);
	rest = lines;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *tab = strchr(line, '\t');

		if (tab != NULL)
			check_way(w, tab + 1, false);
	}
	mem_free(lines);
}

void
check_ways(
    const struct postfix *p, const char *lines, const struct chain *transports)
{
	const struct setup *setup = &p->conf->setup;
	struct ways w = { .p = p };

	if (p->services.text == NULL)
		return;
	check_ways_find_own(&w, lines);
	for (size_t i = 0; i < setup->nspaces; i++)
		if (setup->spaces[i].way != NULL)
			check_way(&w, setup->spaces[i].way, true);
	for (size_t i = 0; i < transports->answers.list.n; i++)
		check_ways_table(&w, transports, i);
	words_done(&w.own);
	words_done(&w.seen);
}
