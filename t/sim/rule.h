/*
 * rule.h - what must hold after every step of every engine (HACKING, "What
 * the simulator shows").
 *
 *   - no table names its own server, nor a next hop that is no neighbour of
 *     its own mail service, nor holds without a reason;
 *   - what the milter's table has besides its routes goes before them, and
 *     never to an older version of it;
 *   - a key leaves a table only as a hold, and so the last one;
 *   - what stands in a database was signed by its origin or the authority;
 *   - in a database no sequence goes down while lsrd runs, what was purged
 *     needs something newer to come back, and what was forgotten stays so;
 *   - where the world is played so, a view that follows changes is that of
 *     everything read anew: after each step that did more than to send and to
 *     ask, and each 16th; with more than 20 servers or large databases after
 *     each 50th;
 *   - who cannot ask, for want of descriptors, finds nobody down by it.
 */

#ifndef T_SIM_RULE_H
#define T_SIM_RULE_H

#include "t/sim/world.h"

void rule_init(struct world *world);
void rule_done(struct world *world);

/* Two hosts say that they are it, and their certificates differ: what one may
 * claim is dropped as soon as the other speaks, purges too. */
bool rule_two_faced(const struct world *world, const char *origin);

/* These octets were signed with the node's key, or the authority's. */
void rule_signed(struct world *world, const uint8_t *p, size_t n);

/* All that is in its database is judged. */
void rule_database(struct world *world, struct node *node);

/* A step of this node's engine is over. */
void rule_step(struct world *world, struct node *node);

/* What it wants in the milter's table besides the routes. */
void rule_annex(
    struct world *world, struct node *node, const struct effect *fx);

/* It wants this published; it is about to replace node->table. */
void rule_routes(
    struct world *world, struct node *node, const struct mta_table *table);
void rule_table(
    struct world *world, struct node *node, const struct mta_table *next);

/* It says this. */
void rule_blame(
    struct world *world, struct node *node, const struct event *event);

/* Its session with this one is FULL. */
void rule_met(struct world *world, const struct node *node, const char *peer);

/* Its lsrd has ended: what it remembered may be gone. */
void rule_ended(struct node *node);

/*
 * Whom a server announces on in silence knows all that it knows, unless it is
 * of version 1, or another life than that of the session; but not what its origin
 * said too often, and which was to be heard later.
 */
void rule_followed(struct world *world);

#endif
