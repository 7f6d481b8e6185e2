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

struct buf;
struct engine;
struct lsdb;
struct view;

void steer_tick(struct engine *e);
/* Every adjacency of our last server LSA is FULL again; else the names of
 * those that are not, the first of them, in *missing (or NULL). */
bool steer_all_back(struct engine *e, struct buf *missing);
/* What we see by this database, our own probes and what certificates allow;
 * one at a time. */
struct view *steer_view(struct engine *e, const struct lsdb *db);
void steer_published(struct engine *e, uint64_t generation, bool made);
/* So much mail of before waits for a key whose hour is over. */
void steer_waits(struct engine *e, const char *pattern, uint64_t n);
void steer_done(struct engine *e);

#endif
