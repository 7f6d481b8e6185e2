/*
 * refusal.h - next hops that refuse to relay for a pattern.
 *
 *           two RCPTs of our own within an hour, or three
 *           recipients within ten minutes, are refused
 *      used -----------------------------------------> left out
 *           <-----------------------------------------
 *           a recipient, or a RCPT of our own, is accepted,
 *           or the time is over: then on trial, and one is enough
 *
 * A refusal to relay is about this host, the pattern and that address, and
 * makes no bounce (conf/postfix/route-refused.regexp): the message waits. While
 * a hop is left out the route goes by its other hops and alternates; where it
 * has none it is a hold.
 *
 * Three recipients, because who sends chooses the recipient, and a hop may
 * refuse one name of a wide pattern and relay for the next: a delivery in
 * between begins the row anew. The time is ten minutes at first, three times
 * longer for each time that it comes again, two hours at most (damp.h): mail
 * that is tried in vain waits a little longer, no more, so there is no need
 * for a person who takes it back. A restart keeps what is left of it, or the
 * first mail after one would go to the hop that refuses and wait again.
 */

#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/vec.h"
#include "core/view/damp.h"
#include "core/view/rib.h"

#define REFUSAL_RECIPIENTS 3
#define REFUSAL_PROBES 2
#define REFUSAL_ROW_MS 600000u
#define REFUSAL_ASKED_MS 3600000u /* RCPTs of our own are no row beyond */

struct refusal {
	char *pattern;
	struct addr hop;
	char *name;                        /* of the server there */
	uint64_t seen[REFUSAL_RECIPIENTS]; /* recipients of the row */
	size_t nseen;
	uint32_t probes;   /* in a row */
	struct mono asked; /* the last of them */
	struct mono first, last;
	bool off;   /* left out until: */
	bool trial; /* it was: one refusal is enough */
	struct mono until;
	struct damp damp;
};

/* Begins as all zero. */
struct refusals {
	VEC(struct refusal) list; /* by pattern, then hop */
};

/* What is told: all is lent for the call. */
struct refusal_told {
	const char *pattern, *name;
	struct addr hop;
	uint64_t recipient; /* a digest of it; 0: a RCPT of our own */
	struct mono now;
};

/* It was refused. The entry if the hop is left out from now on, or NULL. */
const struct refusal *refusal_add(
    struct refusals *refusals, const struct refusal_told *told);

/* It was accepted. The entry if the hop was left out until now, or NULL. */
const struct refusal *refusal_end(
    struct refusals *refusals, const struct refusal_told *told);

/* One whose time is over by now, and who is on trial from now on; NULL: there
 * is none. What is old is forgotten. */
const struct refusal *refusal_over(struct refusals *refusals, struct mono now);

/* When the next one is over, or MONO_NEVER. */
struct mono refusal_due(const struct refusals *refusals);

/* Whether the hop is left out for the pattern. */
bool refusal_is_off(const struct refusals *refusals, const char *pattern,
    const struct addr *hop);

/* Takes the hops that are left out from a route, which becomes a hold where
 * nothing else is left. */
void refusal_apply(const struct refusals *refusals, struct route *route);

/* Appends those that are left out, with the end of that: what a restart does
 * not forget. What else is known of them it does. */
void refusal_encode(const struct refusals *refusals, struct mono now,
    uint64_t wall, struct buf *out);

/* Reads them: whose end has not come by this calendar, and the most that a
 * calendar can have them wait is the time of a first one. RC_OK, or why what
 * follows is none; what was read before stays. */
int refusal_decode(
    struct refusals *refusals, struct cur *in, struct mono now, uint64_t wall);

/* A digest of a recipient, never 0. */
uint64_t refusal_digest(const char *recipient);

void refusal_done(struct refusals *refusals);

#endif
