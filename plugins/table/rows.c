#include "plugins/table/rows.h"

#include <string.h>

#include "base/str.h"

#define REASON_MAX 200

const char *const rows_names[] = {
	[ROWS_TRANSPORT] = "transport",
	[ROWS_DEFAULT] = "default",
	[ROWS_DOMAINS] = "domains",
	NULL,
};

bool
rows_fit(enum rows_table table, const char *pattern)
{
	bool any = strcmp(pattern, "*") == 0;

	if (!str_is_pattern(pattern))
		return false;
	switch (table) {
	case ROWS_TRANSPORT:
		return !any;
	case ROWS_DEFAULT:
		return any;
	case ROWS_DOMAINS:
		/* An MTA asks by domain: a user's key would open nothing, and
		 * must not open his whole domain. */
		return !any && strchr(pattern, '@') == NULL;
	case ROWS_TABLES:
		break;
	}
	return false;
}

bool
rows_has(enum rows_table table, const struct route *route)
{
	if (!rows_fit(table, route->pattern))
		return false;
	if (table == ROWS_DOMAINS)
		return route->relay && !route->own;
	if (table == ROWS_TRANSPORT)
		return !route->bare;
	/* `*` that is here: no key says the same. */
	return route->kind != ROUTE_HERE;
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

bool
rows_hop(const struct route *route, size_t at, const struct plugin_setup *setup)
{
	const struct route_hop *hop = &route->hop[at];

	return addr_is_hop(&hop->addr, setup->lab) &&
	       !is_own(&hop->addr, setup) && !is_repeated(route, at) &&
	       (!setup->by_name || str_is_host(hop->name));
}

const char *
rows_by(const struct route *route, const struct plugin_setup *setup)
{
	for (size_t i = 0; i < route->nhops && i < LIMIT_NEXT_HOPS; i++)
		if (rows_hop(route, i, setup))
			return route->hop[i].by;
	return NULL;
}

bool
rows_hop_by(const struct route *route, size_t at,
    const struct plugin_setup *setup, const char *by)
{
	const char *is = route->hop[at].by;

	return rows_hop(route, at, setup) &&
	       (by == NULL || is == NULL ? by == is : strcmp(by, is) == 0);
}

static bool
rows_is_plain(char c)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    " .,:;@_+=()<>*/-";

	return c != '\0' && strchr(plain, c) != NULL;
}

static bool
rows_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void
rows_reason(struct buf *out, const char *reason)
{
	reason += strspn(reason, " ");
	if (*reason == '\0')
		reason = "no path now";
	if (rows_is_digit(*reason))
		buf_text(out, "no path: ");
	for (size_t i = 0; reason[i] != '\0' && i < REASON_MAX; i++)
		buf_u8(out, rows_is_plain(reason[i]) ? (uint8_t)reason[i]
						     : (uint8_t)'?');
}

bool
rows_is_reason(const char *text)
{
	size_t n = 0;

	if (*text == '\0' || *text == ' ' || rows_is_digit(*text))
		return false;
	while (rows_is_plain(text[n]) || text[n] == '?')
		n++;
	return text[n] == '\0' && n <= REASON_MAX + sizeof("no path: ") - 1;
}
