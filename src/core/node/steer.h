/*
 * steer.h - when the table is computed, published, and acted on.
 *
 * The first run at once, then ever later while changes keep coming
 * (RFC 8405 5). Computing is never in the step in which news came: that step's
 * effects, which pass the news on, are carried out first.
 */

#ifndef CORE_STEER_H
#define CORE_STEER_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct lsdb;
struct view;

/* Now; `always`: at a start, when nothing may have moved. */
void steer_compute(struct engine *e, bool always);
/* An alarm, if what was sent has been on its way for too long. */
void steer_late(struct engine *e);
void steer_tick(struct engine *e);
/* What we see by this database, our own probes and what certificates allow;
 * one at a time. */
struct view *steer_view(struct engine *e, const struct lsdb *db);
void steer_published(struct engine *e, uint64_t generation, bool made);
/* So much mail of before waits for a key whose hour is over. */
void steer_waits(struct engine *e, const char *pattern, uint64_t n);
void steer_done(struct engine *e);

#endif
