/*
 * log_limit.h - how many lines of one kind about one subject may be logged: a
 * few in each window, and a count of what was left out. Pure: the time is an
 * argument. It remembers a bounded number of subjects and forgets the one
 * that was quiet the longest.
 */

#ifndef IO_LOG_LIMIT_H
#define IO_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct log_limit;

/* At most `lines` in `window_ms` for each of at most `subjects`. */
struct log_limit *log_limit_new(
    uint32_t lines, uint32_t window_ms, uint32_t subjects);

/*
 * True if a line about the subject may be written now; *left_out is then
 * how many were not since the last one that was.
 */
bool log_limit_pass(struct log_limit *limit, const char *subject,
    struct mono now, uint64_t *left_out);

void log_limit_free(struct log_limit *limit);

#endif
