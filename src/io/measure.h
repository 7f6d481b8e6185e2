/*
 * measure.h - how long something takes: a histogram of times.
 *
 * Of fixed bounds and constant size, so that whoever measures pays an addition,
 * and it can be told at any moment.
 */

#ifndef IO_MEASURE_H
#define IO_MEASURE_H

#include <stdint.h>

#include "base/json.h"

#define MEASURE_BOUNDS 8

struct measure {
	uint64_t n[MEASURE_BOUNDS + 1]; /* the last: above all bounds */
	uint64_t sum_us;
};

void measure_add(struct measure *m, uint64_t us);

/* As an object with this key: "sum_us", and an array "buckets" of [bound in
 * microseconds, how many were at most that], the last one with the bound 0 for
 * all of them. */
void measure_show(const struct measure *m, struct json *j, const char *key);

#endif
