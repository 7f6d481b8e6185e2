/*
 * origin.h - what we say of ourselves, and when; its numbers: epoch.h.
 *
 * Each look compares what we would say with what the database holds of us.
 * Where they differ we say it anew, above what is there: so a change of our
 * own, an old LSA of ours heard back, and somebody else speaking as us are
 * one case (RFC 2328 13.4). Token buckets delay, they never drop.
 */

#ifndef CORE_ORIGIN_H
#define CORE_ORIGIN_H

struct engine;
struct lsdb;

void origin_tick(struct engine *e);
void origin_done(struct engine *e);

/* What we would say under the setup in force, into another database. */
void origin_draft(struct engine *e, struct lsdb *db);

#endif
