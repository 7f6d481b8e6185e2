/*
 * origin.h - what we say of ourselves, when, and under which sequence.
 *
 * Each look compares what we would say with what the database holds of us.
 * Where they differ we say it anew, above what is there: so a change of our
 * own, an old LSA of ours heard back, and somebody else speaking as us are
 * one case (RFC 2328 13.4). Token buckets delay, they never drop.
 */

#ifndef CORE_ORIGIN_H
#define CORE_ORIGIN_H

#include <stdint.h>

struct engine;
struct lsa;
struct lsdb;

void origin_start(struct engine *e);
void origin_tick(struct engine *e);
/* One of our own LSAs was heard: newer than what we last said. */
void origin_heard(struct engine *e, const struct lsa *lsa);
/* One was heard whose epoch leaps: it was refused, and somebody has our key. */
void origin_breach(struct engine *e, const struct lsa *lsa);
void origin_saved(struct engine *e, uint32_t number);
void origin_done(struct engine *e);

/* What we would say under the setup in force, into another database. */
void origin_draft(struct engine *e, struct lsdb *db);

#endif
