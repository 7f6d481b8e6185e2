/*
 * fate.h - what became of the claims by which a key was published.
 *
 * A route carries the claims it was made of (core/view/rib.h). Of each that is no
 * more in the database something there tells why, or nothing does:
 *
 *     purged, or forgotten ---------------------------> gone
 *     its server's certificate covers it no more -----> gone
 *     it is of a scope that we are not in ------------> gone, for us
 *     its key was revoked ----------------------------> revoked,
 *         and its server speaks with another key -----> gone
 *     its server speaks with another key since, and
 *         is not starting ----------------------------> renewed: gone, unless
 *                                                       what it says of it is
 *                                                       still on its way
 *     our own, and no more configured ----------------> gone
 *     anything else ----------------------------------> unknown
 *
 * What tells it must be newer than the claim: a database that is older than
 * the table, as after a disk was put back, says nothing about it.
 */

#ifndef CORE_FATE_H
#define CORE_FATE_H

#include "core/lsa/listed.h"
#include "core/view/rib.h"
#include "core/view/view.h"

enum fate { FATE_UNKNOWN, FATE_REVOKED, FATE_RENEWED, FATE_GONE };

/* One that asks, of routes in the order of their patterns. */
struct fates {
	const struct view_input *in; /* lent */
	struct listed_words words;
};

struct fates fates_begin(const struct view_input *in);
void fates_done(struct fates *fates);

/*
 * That of a published route whose pattern nobody visible claims: revoked when
 * any of its claims is, and *who then names the server, lent from the route;
 * gone when all of them are, renewed when some are that, and the others gone;
 * else unknown.
 */
enum fate fate_of(
    struct fates *fates, const struct route *route, const char **who);

/* The authority's word about one of its claims is known, a revocation or a
 * forget: it is not by the others that it is held as revoked. */
bool fate_is_told(const struct view_input *in, const struct route *route);

#endif
