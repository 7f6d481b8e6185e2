/*
 * swarm.h - scenes that are drawn from seeds (draw.h), played, and where one
 * fails made as short as it will still fail: lines are left out, all that name
 * a host or as many as go at once, and times are cut, as long as the reason
 * stays the same one.
 */

#ifndef T_SIM_SWARM_H
#define T_SIM_SWARM_H

#include "t/sim/chance.h"
#include "t/sim/draw.h"

/* Plays the scene of the seed. */
struct chance_result swarm_play(uint64_t seed, enum world_how how);

/* What is left of a scene that fails; and into a file of the present folder,
 * which plays it: its name is returned, for mem_free. */
char *swarm_shrink(uint64_t seed);

/* The scene on the standard output. */
void swarm_print(uint64_t seed);

#endif
