/*
 * values.h - a route in words that Exim's routers take apart (conf/exim):
 * a word, a space, the rest.
 *
 *     route "<; [198.51.100.5]:25; [2001:db8:2::6]:25" byname
 *     by TRANSPORT "<; [198.51.100.5]:25" byname
 *     hold no path to paris, connector london-paris down since 12:00:03Z
 *     here
 *     via TRANSPORT
 *     via TRANSPORT "<; gw.example.net:587" byname
 *     1                                             (in `domains` alone)
 *
 * By `route` the transport is `lsrd`. What follows it and TRANSPORT is route_data of a manualroute router as
 * it is: a list in the order to try, equal-cost next hops first. With next-hop
 * = name the hosts are names. `here` falls through to the site's own routers; it
 * stands only where a less specific key of ours would meet the address. What
 * follows `hold` is for people.
 *
 * A value is one line of at most EXIM_VALUE_MAX octets, of letters, digits,
 * spaces and `.,:;@_+=()<>*?/[]-`: nothing that Exim expands, or a shell. `"`
 * stands around the list alone.
 *
 * Keys are in lower case and without a NUL at their end: `user@domain`,
 * `domain`, `.domain`, in both spellings of the domain where there are two; `*`
 * in `default`.
 *
 * Each table has one key more, EXIM_MARK, which is no address and no domain: its
 * value is the version of all this. Exim takes a file of zeros for a table
 * without keys, and would bounce by it; one without this key is none of ours.
 *
 * Pure. Values are made from typed data alone (plugins/table/rows.h); a remote
 * route without any next hop left is a hold, and so is a way out that no
 * transport of Exim can be.
 */

#ifndef EXIM_VALUES_H
#define EXIM_VALUES_H

#include <stdbool.h>

#include "base/buf.h"
#include "plugins/plugin.h"
#include "plugins/table/rows.h"

#define EXIM_VALUE_MAX 2000
#define EXIM_MARK "@lsrd"
#define EXIM_VERSION "1"

/*
 * Appends the value of the route's pattern in `table` to `out`, without a
 * NUL, and returns true; false, and nothing appended, when the table has no
 * such key.
 */
bool exim_values_put(struct buf *out, enum rows_table table,
    const struct route *route, const struct plugin_setup *setup);

/* True if the table may have this value: what exim_values_put() could not have
 * made is of another version, or of somebody else. */
bool exim_values_are(enum rows_table table, const char *text);

#endif
