/*
 * insider_parts.h - what insider.c, who says what he says, and insider_play.c, the
 * world of four that he is in, share.
 */

#ifndef T_SIM_INSIDER_PARTS_H
#define T_SIM_INSIDER_PARTS_H

#include "t/sim/world.h"

#define HONEST 3 /* hosts of that world besides him; and he names no more */

struct insider {
	struct world *world;
	struct node *evil;
	uint64_t counter;
	bool going;
	char *before[HONEST][HONEST]; /* the first hop of each space */
};

/* One attack, which is drawn. */
void insider_one(struct insider *in);

#endif
