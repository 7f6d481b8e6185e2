/*
 * leaving.h - names leave the tables last: a key that vanishes is a bounce.
 * (lsrd(8), KEYS THAT LEAVE)
 *
 *     a claim stands ----------------------> route or hold
 *     all claims are gone (core/view/fate.h) ---> hold with its end, for one hour
 *         one was our own `deliver = here` -> here, for one hour, then gone
 *         the hour is over ----------------> hold, no more in `domains`, while
 *                                            mail of before waits; then gone
 *     the key of one was revoked ----------> hold, until `forget`
 *     its server has another key since ----> as published for half a minute,
 *                                            then as if it were gone
 *     nothing is known of a claim ---------> as published, less the next
 *                                            hops our probes find down; and
 *                                            of what another server made less
 *                                            those we may not send to
 *
 * The hour begins when this server first knows. Its end stands in the route
 * and is with it on disk before the MTA sees it, so that a restart neither
 * prolongs nor shortens it. While we run it is a moment of our own, which no
 * clock moves; where the calendar was set, the end is said anew. After a start
 * the calendar tells what is left, at most an hour, and mail that waits keeps
 * its hold for an hour at least, whatever the calendar says.
 */

#ifndef CORE_LEAVING_H
#define CORE_LEAVING_H

#include "core/view/facts.h"
#include "core/view/rib.h"
#include "core/view/view.h"

/*
 * `fresh` has the routes of all patterns that are claimed, sorted. Adds
 * those of `old` that stay, sorted, and brings `pending` up to date.
 */
struct leaving_routes {
	VEC(struct route) v;
};

void leaving_merge(const struct facts *facts, const struct view_input *in,
    const struct rib *old, struct view_pending *pending,
    struct leaving_routes *fresh);

/* The next hop of a route of before is one of ours: a table from another server's
 * disk may name ourselves, and whom that server alone leads mail to. */
bool leaving_is_hop(const struct facts *facts, const struct setup *setup,
    const struct route *old, const char *name);

#endif
