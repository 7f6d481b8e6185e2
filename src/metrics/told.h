/*
 * told.h - what lsrd has told: the lines of its answers to `metrics` and
 * `counters` (core/node/query_metrics.h, daemon/counters.h), sorted by what
 * they are of.
 *
 * A line of another kind, or with other keys, is one of a later version: it is
 * left out.
 */

#ifndef METRICS_TOLD_H
#define METRICS_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Of each kind; what a daemon of ours says is below (LIMIT_METRIC_ROWS). */
#define TOLD_ROWS 2048

struct told {
	json_t *server, *daemon; /* NULL: not told */
	json_t *peers, *links;   /* arrays of objects */
	uint64_t peers_left_out, links_left_out;
	uint64_t asked_us; /* how long the asking took */
};

void told_init(struct told *t);

/* Takes in lines of an answer; false: one of them is no JSON object, and what
 * came is not to be relied on. */
bool told_read(struct told *t, const char *text, size_t n);

/* Values: 0 and false for what is not there, or is no number (true is 1). */
bool told_number(const json_t *object, const char *key, int64_t *out);
const char *told_text(const json_t *object, const char *key);

void told_done(struct told *t);

#endif
