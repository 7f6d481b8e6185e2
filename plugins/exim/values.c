#include "plugins/exim/values.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/way.h"

#define LIST_BEGINS "\"<;"
#define LIST_ENDS "\" byname"

/* An item of a list in route_data; without a port it is the transport's. */
static void
put_host(
    struct buf *out, const char *name, const struct addr *addr, uint16_t port)
{
	char ip[ADDR_TEXT];

	if (*name == '\0')
		buf_printf(out, " [%s]", addr_ip_text(addr, ip));
	else
		buf_printf(out, " %s", name);
	if (port != 0)
		buf_printf(out, ":%u", port);
}

static void
exim_put_hold(struct buf *out, const char *reason)
{
	buf_text(out, "hold ");
	rows_reason(out, reason);
}

/* The next hops that have this transport; false when there is none. */
static bool
exim_put_list(struct buf *out, const struct route *route,
    const struct plugin_setup *setup, const char *by)
{
	const char *between = "";

	buf_text(out, " " LIST_BEGINS);
	for (size_t i = 0; i < route->nhops && i < LIMIT_NEXT_HOPS; i++) {
		const struct route_hop *hop = &route->hop[i];

		if (!rows_hop_by(route, i, setup, by))
			continue;
		buf_text(out, between);
		put_host(out, setup->by_name ? hop->name : "", &hop->addr,
		    hop->addr.port);
		between = ";";
	}
	buf_text(out, LIST_ENDS);
	return *between != '\0';
}

/* The host that the transport is given by its own name. */
static void
exim_put_one(struct buf *out, const struct way *way)
{
	buf_text(out, " " LIST_BEGINS);
	put_host(out, way->host, &way->addr, way->port);
	buf_text(out, LIST_ENDS);
}

/* False when no next hop is left, or Exim has no such transport. */
static bool
exim_put_hops(struct buf *out, const struct route *route,
    const struct plugin_setup *setup)
{
	const char *by = rows_by(route, setup);
	char whole[WAY_BY_MAX + 2];
	struct way way;

	if (by == NULL) {
		buf_text(out, "route");
		return exim_put_list(out, route, setup, NULL);
	}
	if (way_by(by) != RC_OK)
		return false;
	snprintf(whole, sizeof(whole), "%s%s", by,
	    strchr(by, ':') == NULL ? ":" : "");
	if (way_read(&way, whole) != RC_OK || !way_is_driver(way.transport))
		return false;
	buf_printf(out, "by %s", way.transport);
	if (*way.host == '\0' && way.addr.family == 0)
		return exim_put_list(out, route, setup, by);
	exim_put_one(out, &way);
	return true;
}

/* False: Exim has no such transport, or no such host. */
static bool
put_way(struct buf *out, const char *text)
{
	struct way way;

	if (text == NULL || way_read(&way, text) != RC_OK ||
	    !way_is_driver(way.transport))
		return false;
	buf_printf(out, "via %s", way.transport);
	if (*way.host == '\0' && way.addr.family == 0)
		return true;
	exim_put_one(out, &way);
	return true;
}

static void
exim_put_route(struct buf *out, const struct route *route,
    const struct plugin_setup *setup)
{
	size_t start = out->n;

	switch (route->kind) {
	case ROUTE_REMOTE:
		if (exim_put_hops(out, route, setup))
			return;
		out->n = start;
		exim_put_hold(out, "no usable next hop");
		return;
	case ROUTE_HERE:
		buf_text(out, "here");
		return;
	case ROUTE_WAY:
		if (!put_way(out, route->way))
			exim_put_hold(out, "the way out is none of Exim");
		return;
	case ROUTE_HOLD:
		break;
	}
	exim_put_hold(out, route->reason == NULL ? "" : route->reason);
}

bool
exim_values_put(struct buf *out, enum rows_table table,
    const struct route *route, const struct plugin_setup *setup)
{
	if (!rows_has(table, route))
		return false;
	if (table == ROWS_DOMAINS)
		buf_text(out, "1");
	else
		exim_put_route(out, route, setup);
	return true;
}

/* One host of a list, as put_host() has it. */
static bool
exim_is_host(const char *text, size_t n)
{
	const char *colon = *text == '[' ? text : memchr(text, ':', n);
	size_t name = colon == NULL ? n : (size_t)(colon - text);
	struct buf whole = { 0 }, again = { 0 };
	struct way way;
	char *all;
	bool is;

	buf_printf(&whole, *text == '[' ? "x:%.*s%.*s" : "x:[%.*s]%.*s",
	    (int)name, text, (int)(n - name), text + name);
	all = buf_string(&whole);
	is = way_read(&way, all) == RC_OK;
	mem_free(all);
	if (is) {
		put_host(&again, way.host, &way.addr, way.port);
		is = again.n == n + 1 && memcmp(again.p + 1, text, n) == 0;
	}
	buf_done(&again);
	return is;
}

/* A list with its quotes, of at most `most` hosts. */
static bool
exim_is_list(const char *text, size_t most)
{
	const char *end;

	if (strncmp(text, LIST_BEGINS, strlen(LIST_BEGINS)) != 0)
		return false;
	text += strlen(LIST_BEGINS);
	end = strchr(text, '"');
	if (end == NULL || strcmp(end, LIST_ENDS) != 0)
		return false;
	for (; most > 0; most--) {
		size_t n = strcspn(text, ";\"");

		if (*text != ' ' || !exim_is_host(text + 1, n - 1))
			return false;
		text += n;
		if (text == end)
			return true;
		text++;
	}
	return false;
}

static bool
exim_is_route(const char *text)
{
	return exim_is_list(text, LIMIT_NEXT_HOPS);
}

/* A transport, and behind it a list of at most `most` hosts, which it may do
 * without if so. */
static bool
exim_is_handed(const char *text, size_t most, bool without)
{
	char name[STR_WORD_MAX + 1];
	size_t n = strcspn(text, " ");

	if (n >= sizeof(name))
		return false;
	memcpy(name, text, n);
	name[n] = '\0';
	return way_is_driver(name) &&
	       (text[n] == '\0' ? without : exim_is_list(text + n + 1, most));
}

static bool
exim_is_via(const char *text)
{
	return exim_is_handed(text, 1, true);
}

static bool
exim_is_by(const char *text)
{
	return exim_is_handed(text, LIMIT_NEXT_HOPS, false);
}

bool
exim_values_are(enum rows_table table, const char *text)
{
	static const struct {
		const char *word;
		bool (*is)(const char *rest);
	} forms[] = { { "route ", exim_is_route }, { "hold ", rows_is_reason },
		{ "via ", exim_is_via }, { "by ", exim_is_by } };

	if (strlen(text) > EXIM_VALUE_MAX)
		return false;
	if (table == ROWS_DOMAINS)
		return strcmp(text, "1") == 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = strlen(forms[i].word);

		if (strncmp(text, forms[i].word, n) == 0)
			return forms[i].is(text + n);
	}
	return table == ROWS_TRANSPORT && strcmp(text, "here") == 0;
}
