/*
 * truth_heard.h - what a server's database tells of a pattern: whether a claim of
 * it stands, and else what became of those who claimed it.
 */

#ifndef T_SIM_TRUTH_HEARD_H
#define T_SIM_TRUTH_HEARD_H

#include <jansson.h>

#include "t/sim/world.h"

struct heard {
	bool claim; /* it stands */
	bool purge, forgotten, revoked;
};

/* Its database: an array of lines, the caller's. */
json_t *truth_db(struct world *world, struct node *node);

/* By a database; who is in the world says which keys are whose. */
struct heard truth_hear(
    const struct world *world, const json_t *db, const char *pattern);

#endif
