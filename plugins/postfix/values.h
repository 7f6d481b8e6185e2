/*
 * values.h - a route in Postfix's own words (lsrd-postfix(7), TABLES).
 *
 * Pure. Values are made from typed data alone, and this is the last check
 * before they reach the MTA: a next hop that is ourselves, loopback or
 * unspecified is left out; a remote route without any next hop left is a
 * hold. No value is empty or holds anything but printable ASCII.
 */

#ifndef POSTFIX_VALUES_H
#define POSTFIX_VALUES_H

#include <stdbool.h>

#include "base/buf.h"
#include "plugins/plugin.h"

enum values_table {
	VALUES_TRANSPORT, /* transport_maps: every pattern but `*` */
	VALUES_DEFAULT,   /* the key `*` alone */
	VALUES_DOMAINS,   /* relay_domains: domains with relay = yes */
	VALUES_TABLES
};

/* "transport", "default", "domains": the file without its suffix. */
const char *values_name(enum values_table table);

/* True if a key of this pattern may stand in the table at all. */
bool values_fits(enum values_table table, const char *pattern);

/*
 * Appends the value of the route's pattern in `table` to `out`, without a
 * NUL, and returns true; false, and nothing appended, when the table has no
 * such key.
 */
bool values_put(struct buf *out, enum values_table table,
    const struct route *route, const struct plugin_setup *setup);

/* True for the name of a service of master.cf. */
bool values_is_service(const char *name);

#endif
