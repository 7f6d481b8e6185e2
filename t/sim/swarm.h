/*
 * swarm.h - scenes that are drawn from seeds (draw.h), played, and where one
 * fails made as short as it will still fail: lines are left out, all that name
 * a host or as many as go at once, and times are cut, as long as the reason
 * stays the same one.
 *
 * Small worlds have most faults and are soon played, so of 10 000 seeds
 *
 *     servers   2 to 6   7 to 12   13 to 40   41 to 200
 *     seeds       8500      1400         99           1
 *
 * and of those with 2 to 6 servers most have at most six faults, all others
 * sixteen. In three of twelve of the small keep-alives go each 2 s or less, the
 * default among them; in the rest each 10 s, and probes each minute, for these are
 * most of what happens. In one of 24 the view is compared after every step.
 */

#ifndef T_SIM_SWARM_H
#define T_SIM_SWARM_H

#include "t/sim/chance.h"
#include "t/sim/draw.h"

/* Plays the scene of the seed in a process of its own. */
struct chance_result swarm_play(uint64_t seed, enum world_how how);

/*
 * Plays so many, one after the other, in one process, and in another one behind
 * a seed with which it stops. Of each `played` is told, which may keep nothing of
 * the result.
 */
void swarm_batch(uint64_t first, uint64_t n, enum world_how how,
    void (*played)(void *ctx, uint64_t seed, struct chance_result *result),
    void *ctx);

/* What is left of a scene that fails; and into a file of the present folder,
 * which plays it: its name is returned, for mem_free. */
char *swarm_shrink(uint64_t seed);

/* The scene on the standard output. */
void swarm_print(uint64_t seed);

#endif
