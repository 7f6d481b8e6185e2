/*
 * insider.h - worlds drawn from a seed in which one certified server means
 * ill: what it can sign it says, to three honest ones.
 *
 * While it does: no session between honest servers falls, no route between
 * them moves, in no table, and nobody keeps more of it than its share. Then
 * it is forgotten: nothing of it is left, on a disk neither, and the network
 * is what it was (truth.h).
 */

#ifndef T_SIM_INSIDER_H
#define T_SIM_INSIDER_H

#include "t/sim/chance.h"

/* So many of its attacks, from a host of any world where no other means ill: it
 * is the one from then on. */
void insider_attack(struct world *world, struct node *evil, uint64_t n);

struct chance_result insider_play(uint64_t seed, enum world_how how);

#endif
