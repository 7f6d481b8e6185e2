/*
 * shapes.h - random nets of every shape, and random changes of them, as
 * lines for a world (world.h). Server 0 is ourselves.
 *
 * The same seed gives the same net and the same changes.
 */

#ifndef T_CORE_SHAPES_H
#define T_CORE_SHAPES_H

#include "base/rng.h"
#include "t/core/world.h"

#define SHAPES_MOST 20
#define SHAPES_WAYS 3
#define SHAPES_PATTERNS 8

enum shape {
	SHAPE_TREE,
	SHAPE_GRID,
	SHAPE_RING,    /* with chords */
	SHAPE_HUB,     /* and spokes; sometimes the hub is absent */
	SHAPE_GROUP,   /* one large group */
	SHAPE_QUARREL, /* groups whose members disagree about each other */
	SHAPE_PARTS,   /* sparse: several partitions */
	SHAPES
};

struct shapes_way {
	bool said, up[SHAPES_WAYS], drain;
	uint32_t n, to[SHAPES_WAYS], cost[SHAPES_WAYS], congestion, limits;
};

struct shapes_claim {
	bool said, local, fallback, relay, down;
	uint32_t cost;
};

struct shapes_server {
	bool said;
	uint32_t group, state;
	uint32_t nbr, up, down; /* sets of servers */
	struct shapes_way ways[SHAPES_WAYS];
	struct shapes_claim claims[SHAPES_PATTERNS];
};

struct shapes {
	struct rng rng;
	struct world *world;
	uint32_t n;
	struct shapes_server servers[SHAPES_MOST];
};

/* A net of 2 to `most` servers, said. The world is fresh. */
void shapes_begin(
    struct shapes *s, struct world *world, enum shape shape, uint64_t seed);

/* One thing changes, and is said. */
void shapes_change(struct shapes *s);

#endif
