/*
 * backlog.h - what waits in the MTA's queue, told apart by next hop.
 *
 *     backlog_table(table)   whose next hop is which, and since when
 *     backlog_add(...)       each message and recipient of a listing
 *     backlog_next(report)   so much waits for each next hop
 *
 * A recipient belongs to the first next hop of its route. It waits for that
 * hop since it came, or since the route leads there: so mail that was steered
 * away from a slow hop does not make the next one look slow.
 */

#ifndef CORE_BACKLOG_H
#define CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/vec.h"
#include "core/report.h"
#include "core/rib.h"

/* Where a pattern's mail goes. */
struct backlog_way {
	char *pattern;
	struct addr hop; /* family 0: to no next hop */
	uint64_t since;  /* seconds since 1970 */
};

struct backlog_hop {
	struct addr addr;
	bool used; /* by a route of the table in force */
	uint64_t waiting, late;
};

/* Begin with { 0 }. */
struct backlog {
	VEC(struct backlog_way) ways; /* by pattern */
	VEC(struct backlog_hop)
	hops;        /* those of earlier tables until they were
					 reported as empty */
	size_t next; /* of hops, to be reported */
};

/* A new table is in force; `now`: seconds since 1970. */
void backlog_table(
    struct backlog *backlog, const struct rib *rib, uint64_t now);

/* A listing begins: nothing waits. */
void backlog_begin(struct backlog *backlog);

/* A recipient (lower case) of a message that came then (0: not known) waits;
 * `late_s`: for how long is too long. */
void backlog_add(struct backlog *backlog, const char *recipient, uint64_t came,
    uint64_t now, uint64_t late_s);

/* The listing is whole: gives a report of each next hop; false: no more. */
bool backlog_next(struct backlog *backlog, struct report *out);

void backlog_done(struct backlog *backlog);

#endif
