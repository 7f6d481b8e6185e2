/*
 * history_limit.h - how many records about one subject the history keeps: it is
 * bounded, and what flaps must not push out what happened once. A subject may
 * have HISTORY_BURST at once, and then one in HISTORY_EACH_MS; what was not kept
 * is counted for the next one. Pure: the time is an argument.
 *
 * 48 a day of some 500 octets: a thousand subjects that flap for ever fill half
 * of the 50 MB in a day, one never. Subjects are told apart by a hash into so
 * many places: two may share one, and then share what they may have.
 */

#ifndef IO_HISTORY_LIMIT_H
#define IO_HISTORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

#define HISTORY_BURST 30
#define HISTORY_EACH_MS 1800000u
#define HISTORY_PLACES 32768 /* a megabyte, once all flap */

struct history_limit;

struct history_limit *history_limit_new(void);
void history_limit_free(struct history_limit *limit);

/* True: a record about this subject (any number but 0, which is no subject and
 * may have any) is kept; *before is how many were not since the last one. */
bool history_limit_pass(struct history_limit *limit, uint32_t subject,
    struct mono now, uint32_t *before);

#endif
