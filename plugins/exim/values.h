/*
 * values.h - a route in words that Exim's routers take apart (conf/exim):
 * a word, a space, the rest.
 *
 *     route "<; [198.51.100.5]:25; [2001:db8:2::6]:25" byname
 *     hold no path to paris, connector london-paris down since 12:00:03Z
 *     here
 *     via TRANSPORT
 *     via TRANSPORT "<; gw.example.net:587" byname
 *     1                                             (in `domains` alone)
 *
 * What follows `route` and TRANSPORT is route_data of a manualroute router as
 * it is: a list in the order to try, equal-cost next hops first. With next-hop
 * = name the hosts are names. `here` falls through to the site's own routers; it
 * stands only where a less specific key of ours would meet the address. What
 * follows `hold` is for people; it never begins with a digit, for Exim takes
 * that for a status code.
 *
 * A value is one line of at most EXIM_VALUE_MAX octets, of letters, digits,
 * spaces and `.,:;@_+=()<>*?/[]-`: nothing that Exim expands, or a shell. `"`
 * stands around the list alone. It is made from typed data alone.
 *
 * Pure. This is the last check before the MTA: a next hop that is ourselves,
 * loopback or unspecified is left out; a remote route without any next hop
 * left is a hold.
 */

#ifndef EXIM_VALUES_H
#define EXIM_VALUES_H

#include <stdbool.h>

#include "base/buf.h"
#include "plugins/plugin.h"

#define EXIM_VALUE_MAX 2000

enum exim_table {
	EXIM_TRANSPORT, /* every pattern but `*` */
	EXIM_DEFAULT,   /* the key `*` alone */
	EXIM_DOMAINS,   /* domains with relay = yes */
	EXIM_TABLES
};

/* "transport", "default", "domains": the file without its suffix .cdb. */
const char *exim_values_name(enum exim_table table);

/*
 * True if a key of this pattern may stand in the table at all. Keys are in
 * lower case and without a NUL at their end: `user@domain`, `domain`,
 * `.domain`, in both spellings of the domain where there are two; `*` in
 * `default`.
 */
bool exim_values_fits(enum exim_table table, const char *pattern);

/*
 * Appends the value of the route's pattern in `table` to `out`, without a
 * NUL, and returns true; false, and nothing appended, when the table has no
 * such key.
 */
bool exim_values_put(struct buf *out, enum exim_table table,
    const struct route *route, const struct plugin_setup *setup);

/* True if the text is a value that exim_values_put() could have made. */
bool exim_values_are(enum exim_table table, const char *text);

#endif
