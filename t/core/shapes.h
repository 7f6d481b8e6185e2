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

#define SHAPES_MOST 20  /* servers, if nothing else is asked for */
#define SHAPES_ROOM 300 /* of a large net */
#define SHAPES_WAYS 3
#define SHAPES_PATTERNS 8
#define SHAPES_LISTING 4 /* so many have lists */
#define SHAPES_SHARED 5  /* so many of all servers in a large net, too */

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
	uint32_t group, state, place;
	bool nbr[SHAPES_ROOM], up[SHAPES_ROOM], down[SHAPES_ROOM];
	struct shapes_way ways[SHAPES_WAYS];
	struct shapes_claim claims[SHAPES_PATTERNS];
};

struct shapes {
	struct rng rng;
	struct world *world;
	uint32_t n; /* servers */
	struct shapes_server servers[SHAPES_ROOM];
};

struct shapes_how {
	enum shape shape;
	uint64_t seed;
	uint32_t n; /* servers; 0: 2 to SHAPES_MOST */
};

/* A net, said. The world is fresh. In one of more than SHAPES_MOST some patterns
 * are each server's own. */
void shapes_begin(
    struct shapes *s, struct world *world, const struct shapes_how *how);

/* One thing changes, and is said. */
void shapes_change(struct shapes *s);

#endif
