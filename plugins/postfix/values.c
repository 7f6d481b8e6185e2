#include "plugins/postfix/values.h"

#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/way.h"

#define VALUE_MAX 2000

bool
values_is_service(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > STR_WORD_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool letter = (name[i] >= 'a' && name[i] <= 'z') ||
		              (name[i] >= 'A' && name[i] <= 'Z') ||
		              (name[i] >= '0' && name[i] <= '9');

		if (!letter && strchr("-_.", name[i]) == NULL)
			return false;
	}
	return true;
}

static bool
values_is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

/* A way out is our own administrator's word: `transport:` or more. */
static bool
is_way(const char *way)
{
	const char *colon = way == NULL ? NULL : strchr(way, ':');

	if (colon == NULL || colon == way || strlen(way) > VALUE_MAX)
		return false;
	return values_is_printable(way) &&
	       strcspn(way, " \t") > (size_t)(colon - way);
}

static void
put_hold(struct buf *out, const char *reason, const struct plugin_setup *setup)
{
	buf_printf(out, "%s:", setup->hold);
	rows_reason(out, reason);
}

/* `transport:[literal]:port, ...`; false when no next hop is left, or none that
 * may be written. What a transport is given by its own name takes the place of
 * the list. */
static bool
put_hops(struct buf *out, const struct route *route,
    const struct plugin_setup *setup)
{
	const char *by = rows_by(route, setup), *between = ":";
	bool any = false;

	if (by != NULL && way_by(by) != RC_OK)
		return false;
	buf_text(out, by == NULL ? setup->transport : by);
	if (by != NULL && strchr(by, ':') != NULL)
		return true;
	for (size_t i = 0; i < route->nhops && i < LIMIT_NEXT_HOPS; i++) {
		const struct route_hop *hop = &route->hop[i];
		char ip[ADDR_TEXT];

		if (!rows_hop_by(route, i, setup, by))
			continue;
		addr_ip_text(&hop->addr, ip);
		buf_printf(out, "%s[%s]:%u", between,
		    setup->by_name ? hop->name : ip, hop->addr.port);
		between = ", ";
		any = true;
	}
	return any;
}

static void
put_route(struct buf *out, const struct route *route,
    const struct plugin_setup *setup)
{
	size_t start = out->n;

	switch (route->kind) {
	case ROUTE_REMOTE:
		if (put_hops(out, route, setup))
			return;
		out->n = start;
		put_hold(out, "no usable next hop", setup);
		return;
	case ROUTE_HERE:
		buf_text(out, ":");
		return;
	case ROUTE_WAY:
		if (is_way(route->way))
			buf_text(out, route->way);
		else
			put_hold(out, "the way out is malformed", setup);
		return;
	case ROUTE_HOLD:
		break;
	}
	put_hold(out, route->reason == NULL ? "" : route->reason, setup);
}

bool
values_put(struct buf *out, enum rows_table table, const struct route *route,
    const struct plugin_setup *setup)
{
	if (!rows_has(table, route))
		return false;
	if (table == ROWS_DOMAINS)
		buf_text(out, "relay");
	else
		put_route(out, route, setup);
	return true;
}
