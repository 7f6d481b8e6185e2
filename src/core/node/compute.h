/*
 * compute.h - when the table is computed, published, and acted on.
 *
 * The first run at once, then ever later while changes keep coming
 * (RFC 8405 5). Computing is never in the step in which news came: that step's
 * effects, which pass the news on, are carried out first.
 */

#ifndef CORE_COMPUTE_H
#define CORE_COMPUTE_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct lsdb;
struct view;

/* Now; `always`: at a start, when nothing may have moved. */
void compute_now(struct engine *e, bool always);
/* An alarm, if what was sent has been on its way for too long. */
void compute_late(struct engine *e);
void compute_tick(struct engine *e);
/* What we see by this database, our own probes and what certificates allow;
 * one at a time. */
struct view *compute_view(struct engine *e, const struct lsdb *db);
/* What we see now: of what has changed since the last look is read, the rest
 * stays. Lent until the next look, or the database changes. */
const struct view *compute_look(struct engine *e);
/* For tests: what is seen by following changes is what reading everything
 * would see. */
bool compute_follows(struct engine *e);
/* Another setup: what was seen by the one before is void. */
void compute_setup(struct engine *e);
void compute_published(struct engine *e, uint64_t generation, bool made);
/* So much mail of before waits for a key whose hour is over. */
void compute_waits(struct engine *e, const char *pattern, uint64_t n);
void compute_done(struct engine *e);

#endif
