/*
 * before.h - configurations that were in force, in a row, for `undo`.
 *
 * Place 0 is what came last by a reload, place k what was in force k reloads
 * before. What is in force stands in its own place, which is empty: whoever
 * put it there has it. To go to a place keeps all others where they are, so to
 * ask for one twice is to ask for it once; what comes by a reload then follows
 * what is in force, and what was taken back is over.
 */

#ifndef DAEMON_BEFORE_H
#define DAEMON_BEFORE_H

#include <stddef.h>

#include "daemon/reload.h"

/* Back to what worked in the morning is a matter of a few reloads; one of a
 * large site, with what its keys make of it, is some 100 kB. What is older is in
 * the history of whoever writes the file. */
#define BEFORE_MOST 8

struct before {
	struct reload place[BEFORE_MOST + 1];
	size_t n;  /* places */
	size_t at; /* the one in force; 0 where there are none yet */
};

/* Another is in force: the row takes over the one of before. */
void before_put(struct before *before, struct reload *old);

/* What is kept at this place; NULL: it is in force, or there is none. */
struct reload *before_look(struct before *before, size_t place);

/* The place is in force, and has instead, in *before_look(place), what was. */
void before_turn(struct before *before, size_t place);

/* What the last reload brought; NULL: that is in force. */
const struct conf *before_newest(const struct before *before);

void before_done(struct before *before);

#endif
