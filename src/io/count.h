/*
 * count.h - how often each word was said: by what happened, never by whom, so
 * there are few.
 */

#ifndef IO_COUNT_H
#define IO_COUNT_H

#include <stdint.h>

#include "base/json.h"
#include "base/vec.h"

/* Words of lsrd-events(7), and a dozen reasons for a few of them. Beyond, the
 * reason is left out, and beyond that the word. */
#define COUNT_ROWS 256

struct count_row {
	const char *word; /* a fixed text */
	char *reason;     /* our own; may be NULL */
	uint64_t n;
};

struct count {
	VEC(struct count_row) rows; /* in the order of coming */
};

/* The word is good for ever, the reason is lent; it may be NULL. */
void count_one(struct count *count, const char *word, const char *reason);

/* An array with this key: objects "event", "reason" (where there is one), "n". */
void count_show(const struct count *count, struct json *j, const char *key);

void count_done(struct count *count);

#endif
