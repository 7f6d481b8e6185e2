/*
 * past.h - what the topology was: whole now and then, and what differed between.
 *
 *     topology.1796003269780    {"time":...,"whole":DOCUMENT}
 *                               {"time":...,"differs":...}      (state.h)
 *                               {"time":...,"away":true}
 *     topology.1796010469001    ...
 *
 * A file is called by the moment of its first line, in milliseconds. Another is
 * begun where the differences have become longer than the whole; so a moment
 * is found by one file, which is read to there. All of them have PAST_OCTETS at
 * most: the oldest goes for the newest. What was cut off or spoilt costs what
 * was behind it in its file.
 *
 * Nothing is synced, and where nothing can be written that is said once, and
 * there is no history.
 */

#ifndef MAP_PAST_H
#define MAP_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define PAST_OCTETS ((uint64_t)50 << 20)
#define PAST_LEAST ((uint64_t)256 << 10) /* differences in a file, at least */
#define PAST_LINES 20000                 /* of one answer */

struct past;

/* The folder is copied. */
struct past *past_new(const char *folder, uint64_t most);
void past_free(struct past *past);

/* `now` in milliseconds since 1970. A document that is none is left out. */
void past_take(struct past *past, const void *document, size_t n, uint64_t now);
void past_away(struct past *past, bool away, uint64_t now);

/* Moments are in seconds since 1970. False: it was before there was anything. */
bool past_at(const struct past *past, double at, struct buf *out);
bool past_compare(
    const struct past *past, double from, double until, struct buf *out);

/* The state at `since`, or the oldest, and what differed until `until`. */
bool past_list(
    const struct past *past, double since, double until, struct buf *out);

/* From when until when. */
void past_extent(const struct past *past, struct buf *out);

#endif
