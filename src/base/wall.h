/*
 * wall.h - a moment of the calendar as text: in UTC, by RFC 3339.
 */

#ifndef BASE_WALL_H
#define BASE_WALL_H

#include <stdint.h>

/* Room for `2026-11-21T12:00:03Z` and its NUL. */
#define WALL_TEXT 21

/* Seconds since 1970; what is beyond the year 9999 is its last second.
 * Returns `out`. */
const char *wall_text(uint64_t seconds, char out[WALL_TEXT]);

#endif
