/*
 * limit.h - how many lines of one kind about one subject may be logged: a
 * few in each window, and a count of what was left out. Pure: the time is an
 * argument. It remembers a bounded number of subjects and forgets the one
 * that was quiet the longest.
 */

#ifndef IO_LIMIT_H
#define IO_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct limit;

/* At most `lines` in `window_ms` for each of at most `subjects`. */
struct limit *limit_new(uint32_t lines, uint32_t window_ms, uint32_t subjects);

/*
 * True if a line about the subject may be written now; *left_out is then
 * how many were not since the last one that was.
 */
bool limit_pass(struct limit *limit, const char *subject, struct mono now,
    uint64_t *left_out);

void limit_free(struct limit *limit);

#endif
