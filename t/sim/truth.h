/*
 * truth.h - what must hold once the world has been quiet for long enough,
 * judged by the world as it is and not by what anybody believes of it.
 *
 *   - servers that can reach each other have the same database;
 *   - following next hops never comes back and ends where the mail belongs;
 *   - every metric is that of a plain Floyd-Warshall over the world.
 *
 * The last one is asked only where the world alone decides: when no two
 * hosts are up whose session is missing while mail would pass (there the
 * past counts: an adjacency is announced on).
 */

#ifndef T_SIM_TRUTH_H
#define T_SIM_TRUTH_H

#include "t/sim/world.h"

/* Fails the world when something does not hold. */
void truth_check(struct world *world);

/* Whether all holds now: if not, the world does not fail. */
bool truth_holds(struct world *world);

/*
 * Follows the tables from a host as its MTA would: the first next hop that
 * answers. True if the mail for this pattern is delivered; else `where` is
 * who keeps it.
 */
bool truth_flows(struct world *world, struct node *from, const char *pattern,
    struct node **where);

#endif
