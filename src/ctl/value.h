/*
 * value.h - the arguments of options: text to value. Each returns false for
 * a text outside its grammar, and leaves *out alone then.
 */

#ifndef CTL_VALUE_H
#define CTL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits alone, at most `most`. */
bool value_number(const char *text, uint64_t most, uint64_t *out);

/* Octets; K, M or G (of 1024) may follow. */
bool value_size(const char *text, uint64_t *out);

/* A time as an MTA has it, in seconds: `5d`, `2m30s`; a number without a unit
 * has `unit`. What is none is 0. */
long value_seconds(const char *text, char unit);

/*
 * A moment in UTC, as seconds since 1970: those seconds in decimal, or
 * `2026-11-21T14:30:00Z`, where seconds and Z may be missing and a space
 * may stand for the T.
 */
bool value_time(const char *text, int64_t *out);

#define VALUE_TIME 32

/* The same as text, `2026-11-21T14:30:00Z`, into out[VALUE_TIME]. Returns
 * out. */
const char *value_time_text(int64_t when, char *out);

#endif
