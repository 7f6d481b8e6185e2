/*
 * agenda.h - what is to happen and when: a queue in virtual time.
 *
 * Of two things at the same millisecond the one that was added first comes
 * first, so a run is the same every time.
 */

#ifndef T_SIM_AGENDA_H
#define T_SIM_AGENDA_H

#include "base/mono.h"
#include "base/vec.h"

struct agenda_item {
	struct mono at;
	uint64_t serial;
	void *what; /* the user's, and the user's to free */
};

struct agenda {
	VEC(struct agenda_item) heap;
	uint64_t serial;
};

void agenda_add(struct agenda *agenda, struct mono at, void *what);

/* When the next thing happens; MONO_NEVER when nothing does. */
struct mono agenda_next(const struct agenda *agenda);

/* Takes the next thing out; there is one. */
void *agenda_take(struct agenda *agenda);

void agenda_done(struct agenda *agenda);

#endif
