/*
 * hunt.h - many seeds of the swarm, as long as one likes.
 *
 * They are played in batches, one process each: an engine that stops, or has no
 * end, takes no more with it than its own seed, and the batch goes on behind it.
 * A batch that is over is a line of a file, with all that is counted of it, as
 * `name=number`; who goes on with a file plays what it does not have.
 */

#ifndef T_SIM_HUNT_H
#define T_SIM_HUNT_H

#include <stdbool.h>

#include "t/sim/swarm.h"

struct hunt;

/* `file`: NULL, or where batches are kept. Exits where it cannot be read, or is of
 * other batches. */
struct hunt *hunt_new(
    const char *file, uint64_t seed, uint64_t count, enum world_how how);
void hunt_free(struct hunt *hunt);

/* All the batches there are. */
size_t hunt_batches(const struct hunt *hunt);

/* Plays one, unless the file has it, and says what came of it in TAP: false if
 * anything did not hold. */
bool hunt_play(struct hunt *hunt, size_t batch);

/* What all of them have been, those of the file too: comments. */
void hunt_sum(const struct hunt *hunt);

#endif
