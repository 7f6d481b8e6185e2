/*
 * graph.h - the steps of a net as arrays that a search runs over.
 *
 * Nodes are the servers of the net (0 ... servers - 1, in the order of their
 * names) and then its parts. Both directions are kept; of several steps
 * between two nodes only the cheapest is. A graph lends nothing from the net.
 *
 * A metric is the pair (cost, hops) in one word, ordered and added as pairs:
 * cost << 24 | half hops. A step between servers is two half hops; by way of
 * a part it is one to the part and one from it, so every arc adds something
 * and a search settles whatever leads to a node before the node. 40 bits of
 * cost hold 100 000 steps of 8 x 65535, 24 bits 8 million hops, and two such
 * metrics can be added.
 */

#ifndef CORE_GRAPH_H
#define CORE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/paths/net.h"

#define GRAPH_NONE UINT64_MAX /* the metric of no way at all */

static inline uint64_t
graph_metric(uint64_t cost, uint32_t hops)
{
	return cost << 24 | (uint64_t)hops * 2;
}

static inline uint64_t
graph_cost(uint64_t metric)
{
	return metric >> 24;
}

static inline uint32_t
graph_hops(uint64_t metric)
{
	return (uint32_t)(metric & 0xffffff) / 2;
}

/* The metric of a way and a step behind it; GRAPH_NONE stays what it is. */
static inline uint64_t
graph_add(uint64_t a, uint64_t b)
{
	return a == GRAPH_NONE || b == GRAPH_NONE ? GRAPH_NONE : a + b;
}

struct graph_arc {
	uint32_t to;
	uint32_t weight; /* cost << 2 | half hops: graph_weight() */
};

static inline uint64_t
graph_weight(uint32_t weight)
{
	return (uint64_t)(weight >> 2) << 24 | (weight & 3);
}

/* One direction: the arcs of u are arcs[first[u]] ... arcs[end[u] - 1],
 * sorted by `to`. stop[u] is end[u], or first[u] where no way leads through
 * u: a search follows up to stop[u] unless it begins at u. */
struct graph_side {
	uint32_t *first, *end, *stop;
	struct graph_arc *arcs;
	uint32_t *last; /* where the room of u ends; the rest is of graph*.c */
	uint32_t narcs, room; /* of `arcs`, gaps included */
};

struct graph {
	uint32_t servers;            /* nodes below this are servers */
	uint32_t nodes;              /* servers and parts */
	uint32_t cost_max, cost_min; /* no arc costs more, or less */
	struct graph_side out, in;   /* as it leads; turned round */
	uint8_t *shut;               /* by node: no way leads through it */
};

/* Whether a graph takes this step in. */
typedef bool graph_filter(void *ctx, const struct net_step *step);

/*
 * The graph of all steps that `filter` takes (NULL: all). Steps between one
 * node and itself, and those to or from a server that is not present, are
 * left out. The caller ends it with graph_free().
 */
struct graph *graph_new(const struct net *net, graph_filter *filter, void *ctx);

/* Whether the step stays inside one routing group. */
bool graph_is_inside(const struct net *net, const struct net_step *step);

/*
 * The graph of the steps that do, for address spaces of that scope: a
 * search from any server sees its own group.
 */
struct graph *graph_new_inside(const struct net *net);

void graph_free(struct graph *graph);

#endif
