/*
 * fresh.h - patterns that are new to our table wait a moment as holds.
 *
 * A new claim is flooded to everybody at once, but each server publishes it
 * in its own time: who is first would send mail to a next hop that does not
 * know the pattern yet and refuses it for good. So a pattern that was not in
 * the table before is a hold for a moment; it is accepted, waits in the
 * queue, and is tried again when the route follows.
 *
 *     hold --FRESH_MS--> hops that claim it themselves, if they are the way:
 *       |                they had it in their tables when they said so
 *       +--fresh_transit_ms()--> all of them
 *
 * Who cannot publish is known as `starting` by then, and who had fallen silent as
 * that: neither is a way any more.
 *
 * So does one that was of our routing group's scope alone, and leads out of it.
 *
 * What a server finds at its beginning is new to it, and old to its peers if they
 * have lived for so long: that goes after FRESH_MS by all of them, or with the very
 * first table at once. If they have begun with it, it is as new to them. And so is
 * what its server has said after other words of its, and not long ago. How long is
 * told by a server's own words, one beside the other, never by its clock beside ours.
 */

#ifndef CORE_FRESH_H
#define CORE_FRESH_H

#include "base/mono.h"
#include "base/vec.h"
#include "core/lsa/lsdb.h"
#include "core/view/rib.h"

#define FRESH_MS 1000
/* 10 s until a table is an alarm (compute.c), 5 s until the word of it may be said
 * (lsrd-protocol(7) 7), and as long as it takes to come here and be followed. */
#define FRESH_TRANSIT_MS 16000
#define FRESH_SAID_MS 6000 /* until what differs is said, and everywhere */
#define FRESH_BEGIN_MS 20000

struct fresh_pattern {
	char *pattern;
	struct mono since;
	struct mono direct; /* from then on by hops that claim it */
	bool begin; /* of the very first table, or soon after, and no news */
};

/* Begins as all zero. */
struct fresh {
	bool begun;                     /* a table was made in this life */
	VEC(struct fresh_pattern) list; /* sorted */
	struct mono begin_until;        /* after the very first table; 0: there
	                                   was none */
};

struct fresh_look {
	const struct lsdb *db;
	const struct rib *old; /* NULL: there was none */
	const char *group;     /* our routing group */
	struct mono now;
	uint64_t transit_ms; /* fresh_transit_ms() */
};

/* So long a server may lack what is new, and none tells; who is silent is away
 * after its dead time. */
static inline uint64_t
fresh_transit_ms(uint64_t dead_ms)
{
	uint64_t silent = dead_ms + FRESH_SAID_MS;

	return silent > FRESH_TRANSIT_MS ? silent : FRESH_TRANSIT_MS;
}

/*
 * Makes holds of the remote routes of `rib` whose patterns the old table lacks,
 * or lacked until a moment ago. Returns when to look again, or MONO_NEVER.
 */
struct mono fresh_hold(
    struct fresh *fresh, const struct fresh_look *look, struct rib *rib);

struct fresh fresh_copy(const struct fresh *from);
void fresh_done(struct fresh *fresh);

#endif
