/*
 * ring.h - a network in which limits cost what they can: for the test and the
 * bench of what one message, or one server, makes the milter compute.
 *
 * Servers s000000.x on stand in a ring of adjacencies, a routing group and an
 * address space d000000.x each. Their connectors lead on to four times the
 * number, so that everybody is a few hops away; every third connector of every
 * third server takes RING_SIZE octets. Self is the first, with RING_NEAR
 * connectors.
 */

#ifndef T_CORE_RING_H
#define T_CORE_RING_H

#include "t/core/world.h"

#define RING_NEAR 20
#define RING_SIZE 1000000
#define RING_CONNECTORS 480 /* of 2 kB: all that an origin may say */

/* Begins the world with a ring of so many. */
void ring_world(struct world *w, int servers);

/* One server more, a neighbour of ours: so many connectors with as many
 * bridgeheads as they may have, that ask who sends and when. */
void ring_insider(struct world *w, int servers, int connectors);

#endif
