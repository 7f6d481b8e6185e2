#include "plugins/postfix/values.h"

#include <string.h>

#include "base/str.h"

#define VALUE_MAX 2000
#define REASON_MAX 200

const char *
values_name(enum values_table table)
{
	static const char *const names[VALUES_TABLES] = {
		[VALUES_TRANSPORT] = "transport",
		[VALUES_DEFAULT] = "default",
		[VALUES_DOMAINS] = "domains",
	};

	return names[table];
}

bool
values_fits(enum values_table table, const char *pattern)
{
	bool any = strcmp(pattern, "*") == 0;

	if (!str_is_pattern(pattern))
		return false;
	switch (table) {
	case VALUES_TRANSPORT:
		return !any;
	case VALUES_DEFAULT:
		return any;
	case VALUES_DOMAINS:
		/* Postfix asks by domain: a user's key would open nothing,
		 * and must not open his whole domain. */
		return !any && strchr(pattern, '@') == NULL;
	case VALUES_TABLES:
		break;
	}
	return false;
}

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

/*
 * What of a reason is not plain becomes a question mark, and a text that
 * begins like a status code gets a word before it: pipe(8) would take it.
 */
static void
put_hold(struct buf *out, const char *reason, const struct plugin_setup *setup)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    " .,:;@_+=()<>*/-";

	buf_printf(out, "%s:", setup->hold);
	reason += strspn(reason, " ");
	if (*reason == '\0')
		reason = "no path now";
	if (*reason >= '0' && *reason <= '9')
		buf_text(out, "no path: ");
	for (size_t i = 0; reason[i] != '\0' && i < REASON_MAX; i++) {
		bool ok = strchr(plain, reason[i]) != NULL;

		buf_u8(out, ok ? (uint8_t)reason[i] : '?');
	}
}

static bool
is_own(const struct addr *a, const struct plugin_setup *setup)
{
	bool ip = false, port = false;

	/* With another port it is another server behind one address. */
	for (size_t i = 0; i < setup->nown; i++) {
		ip |= addr_same_ip(a, &setup->own[i]);
		port |= a->port == setup->own[i].port;
	}
	return ip && port;
}

static bool
is_repeated(const struct route *route, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (addr_equal(&route->hop[i].addr, &route->hop[at].addr))
			return true;
	return false;
}

/* `transport:[literal]:port, ...`; false when no next hop is left. */
static bool
put_hops(struct buf *out, const struct route *route,
    const struct plugin_setup *setup)
{
	const char *between = ":";
	bool any = false;

	buf_text(out, setup->transport);
	for (size_t i = 0; i < route->nhops && i < LIMIT_NEXT_HOPS; i++) {
		const struct route_hop *hop = &route->hop[i];
		char ip[ADDR_TEXT];

		if (!addr_is_hop(&hop->addr, setup->lab) ||
		    is_own(&hop->addr, setup) || is_repeated(route, i))
			continue;
		if (setup->by_name && !str_is_host(hop->name))
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
values_put(struct buf *out, enum values_table table, const struct route *route,
    const struct plugin_setup *setup)
{
	if (!values_fits(table, route->pattern))
		return false;
	if (table == VALUES_DOMAINS) {
		if (!route->relay || route->own)
			return false;
		buf_text(out, "relay");
		return true;
	}
	if (table == VALUES_TRANSPORT && route->bare)
		return false;
	/* `:` is an error in the table `default`: no key says the same. */
	if (table == VALUES_DEFAULT && route->kind == ROUTE_HERE)
		return false;
	put_route(out, route, setup);
	return true;
}
