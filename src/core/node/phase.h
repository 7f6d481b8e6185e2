/*
 * phase.h - how far a start has come, and what this server says of itself.
 *
 *           restored            who was with us       published,
 *                               is back, or 10 s      or late
 *     BOOT ---------> RETURNING ---------> PUBLISHING ---------> RUNNING
 *
 * BOOT        takes a setup and what was saved, and does nothing
 * RETURNING   has sessions and probes, says nothing and computes nothing
 * PUBLISHING  computes: its first table is on its way
 * RUNNING     says what it is, which is in its LSAs once others may act by it
 *
 * Nothing leads back. (lsrd-protocol(7) 7)
 */

#ifndef CORE_PHASE_H
#define CORE_PHASE_H

#include <stdbool.h>

#include "core/lsa/lsa.h"

struct buf;
struct engine;
struct setup_drain;

enum phase { PHASE_BOOT, PHASE_RETURNING, PHASE_PUBLISHING, PHASE_RUNNING };

/* What was saved is here: BOOT is over. */
void phase_restored(struct engine *e);
/* Goes on to the next one when this one is over. */
void phase_tick(struct engine *e);

/* A session is FULL, or there is none. */
bool phase_any_full(const struct engine *e);
/* Every adjacency of our last server LSA is FULL again; else the names of
 * those that are not, the first of them, in *missing (or NULL). */
bool phase_all_back(struct engine *e, struct buf *missing);

/* Why we give no transit: drained, or the table is frozen and is not what it
 * would be; NULL: nobody wants that. */
const struct setup_drain *phase_drain(const struct engine *e);
/* What our server LSA says of us. */
enum lsa_state phase_state(const struct engine *e);
/* The same to lsrctl, which also sees us return. */
const char *phase_state_word(const struct engine *e);

#endif
