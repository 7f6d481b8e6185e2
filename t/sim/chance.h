/*
 * chance.h - scenes drawn from a seed: a random organization, random
 * faults at random times, then everything is healed, and what must hold
 * once it is quiet (truth.h) is asked.
 */

#ifndef T_SIM_CHANCE_H
#define T_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "t/sim/world.h"

struct chance_result {
	char *failed; /* NULL: all holds; else the caller's, for mem_free */
	uint64_t trace, steps;
	uint64_t letters, cpu_us; /* of the swarm */
};

struct chance_result chance_play(uint64_t seed, enum world_how how);

/* slow.c: a world of its own, which fails when something does not hold. */
void slow_play(struct world *world);

/* line.c: a bad line in a quiet world, at some seeds: whether it was. It fails
 * the world when something does not hold, and leaves it to be healed. */
bool line_play(struct world *world);

#endif
