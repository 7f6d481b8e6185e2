/*
 * keep.h - names leave the tables last: a key that vanishes is a bounce.
 * (DESIGN section 4)
 *
 *     claim stands -------------------------> route or hold
 *     last claim purged or out of sight ----> hold, for one hour, then gone
 *     neither claim nor purge in the database -> as published, less the next
 *                                             hops our probes find down
 *
 * A claim that stood when the last table was built and is gone now went by
 * an act: a purge, a forgotten server, a revoked key. The database loses
 * nothing in another way while we run; a table read back from a file does
 * not say what stood, so after a loss of the database the third line holds.
 */

#ifndef CORE_KEEP_H
#define CORE_KEEP_H

#include "core/facts.h"
#include "core/rib.h"
#include "core/view.h"

/*
 * `fresh` has the routes of all patterns that are claimed, sorted. Adds
 * those of `old` that stay, sorted, and brings `pending` up to date.
 */
struct keep_routes {
	VEC(struct route) v;
};

void keep_merge(const struct facts *facts, const struct view_input *in,
    const struct rib *old, struct view_pending *pending,
    struct keep_routes *fresh);

#endif
