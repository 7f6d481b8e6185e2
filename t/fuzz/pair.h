/*
 * pair.h - the smallest network: l1 in london and p1 in paris, which are
 * each other's peers and bridgeheads. Both are configured, neither runs.
 */

#ifndef T_FUZZ_PAIR_H
#define T_FUZZ_PAIR_H

#include "t/sim/world.h"

/* l1 is nodes[0]. To be ended with world_free(). */
struct world *pair_new(void);

/* Each line of an answer is JSON, and what a terminal would obey is escaped. */
void pair_lines_are_json(const char *text);

#endif
