/*
 * rows.h - what the tables of every MTA have in common: which keys stand in
 * which of them, which next hops may be named, and what a reason may be made
 * of. The MTA's own syntax is the export's.
 *
 * Pure. What is made here is made from typed data alone, and this is the last
 * check before it reaches the MTA.
 */

#ifndef TABLE_ROWS_H
#define TABLE_ROWS_H

#include <stdbool.h>

#include "base/buf.h"
#include "plugins/plugin.h"

enum rows_table {
	ROWS_TRANSPORT, /* every pattern but `*` */
	ROWS_DEFAULT,   /* the key `*` alone */
	ROWS_DOMAINS,   /* domains with relay = yes */
	ROWS_TABLES
};

/* "transport", "default", "domains": a file without its suffix; NULL ends. */
extern const char *const rows_names[];

/* True if a key of this pattern may stand in the table at all. */
bool rows_fit(enum rows_table table, const char *pattern);

/* True if the table has a key for this route. */
bool rows_has(enum rows_table table, const struct route *route);

/*
 * True if this next hop of the route may be named: it is an address that can be
 * sent to, not our own, not one that the route had before, and has a name
 * where names are published.
 */
bool rows_hop(
    const struct route *route, size_t hop, const struct plugin_setup *setup);

/*
 * The transport of a remote route: that of its first next hop that may be
 * named, NULL for that of all routes. An MTA takes one for a list: a hop of
 * another one is none of it.
 */
const char *rows_by(
    const struct route *route, const struct plugin_setup *setup);

/* rows_hop(), and it is of that transport. */
bool rows_hop_by(const struct route *route, size_t hop,
    const struct plugin_setup *setup, const char *by);

/*
 * Appends the reason of a hold: 200 octets of plain text at most, which does
 * not begin with a digit: an MTA would take that for a status code. What is not
 * plain becomes a question mark; without any it is "no path now".
 */
void rows_reason(struct buf *out, const char *reason);

/* True if rows_reason() could have written all of it. */
bool rows_is_reason(const char *text);

#endif
