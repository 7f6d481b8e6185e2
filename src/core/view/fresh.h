/*
 * fresh.h - patterns that are new to our table wait a moment as holds.
 *
 * A new claim is flooded to everybody at once, but each server publishes it
 * in its own time: who is first would send mail to a next hop that does not
 * know the pattern yet and refuses it for good. So a pattern that was not in
 * the table before is a hold for a moment; it is accepted, waits in the
 * queue, and is tried again when the route follows.
 */

#ifndef CORE_FRESH_H
#define CORE_FRESH_H

#include "base/mono.h"
#include "base/vec.h"
#include "core/view/rib.h"

#define FRESH_MS 1000

struct fresh_pattern {
	char *pattern;
	struct mono until;
};

/* Begins as all zero. */
struct fresh {
	VEC(struct fresh_pattern) list; /* sorted */
};

/*
 * Makes holds of the remote routes of `rib` whose patterns `old` lacks, or
 * lacked until a moment ago. A first table (`old` is NULL) is left alone.
 * Returns when to look again, or MONO_NEVER.
 */
struct mono fresh_hold(struct fresh *fresh, const struct rib *old,
    struct rib *rib, struct mono now);

struct fresh fresh_copy(const struct fresh *from);
void fresh_done(struct fresh *fresh);

#endif
