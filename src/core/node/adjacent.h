/*
 * adjacent.h - adjacencies: announced, announced on in silence, withdrawn.
 *
 *                 FULL                       session lost
 *     (nothing) ---------> announced ------------------------+
 *                             ^  |                           v
 *                        FULL |  | mail service down      silent
 *                             |  v                           |
 *                          withdrawn <-----------------------+
 *                                    mail service down, or a change
 *                                    that the silent one cannot follow
 *
 * FULL with a server that has begun another life and says nothing in it yet is no
 * end of these: it is silent.
 *
 * The death of a daemon is not the death of the mail beside it: no timer
 * ends the silence. (lsrd-protocol(7) 8, ADJACENCIES)
 */

#ifndef CORE_ADJACENT_H
#define CORE_ADJACENT_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct nbr;
struct session;

/* Its HELLO has come. Who names an epoch before the one that is known of it has lost
 * its own, and takes one above that once it hears of it. */
void adjacent_hello(const struct engine *e, struct session *s, uint32_t begins);
/* Its session is FULL; a keep-alive is missing; it has no session any more. One life
 * is one epoch above what both know then: HELLO may have gone bad in memory. */
void adjacent_full(struct engine *e, struct nbr *nbr);
void adjacent_missed(struct engine *e, struct nbr *nbr);
void adjacent_lost(struct engine *e, struct nbr *nbr);
/* It has a session whose place another one takes, and may not know of every change
 * so far: whoever is heard in that other one may be another life. */
bool adjacent_owes(const struct engine *e, const struct nbr *nbr);
/* Withdraws whose mail service is down, and who cannot follow a change. */
void adjacent_tick(struct engine *e);
/* What is known of it is not of the life before the one that we talk with. */
bool adjacent_has_begun(const struct engine *e, const struct nbr *nbr);
/* It is in our server LSA. */
bool adjacent_announced(const struct nbr *nbr);

#endif
