/*
 * spf.h - shortest paths first over a graph (Dijkstra, Numerische
 * Mathematik 1, 1959).
 *
 * One search has one `struct spf`, which keeps its memory from run to run:
 *
 *     struct spf *s = spf_new();
 *     spf_from(s, graph, S);         from the server S to all nodes
 *     s->dist[x]                     D(S,x), GRAPH_NONE without a way
 *     s->near[i], s->step[i]         the servers one step from S, and c(S,N)
 *     spf_first_hops(s, x, out)      first hops of all least ways to x
 *     spf_path(s, x, out)            of the least ways the least by names
 *     spf_to(s, graph, seeds, n)     the other way round: from every x to
 *     s->dist[x]                     the nearest seed, D(x,P)
 *     spf_free(s);
 *
 * Everything in `s` is about the last run; the graph is lent until the next.
 *
 * Ways lead through nodes that give transit only; they may begin and end at
 * any server. So D(x,P) of a draining x is that by its steps, as for any x
 * that sends: what such a server may pass on for others is for the caller to
 * say (its own claim, or nothing).
 *
 * To a pattern P from S: D(S,P) is the least over the claims visible from S
 * of s->dist[claim's server] + graph_metric(claim's cost, 0), the first hops
 * are the union over the claims that reach it, `server` is the one with the
 * smallest number. Or, for all servers at once, spf_to() with one seed a
 * claim; claims of scope routing-group need graph_new_inside() and a run of
 * their own.
 *
 * The queue: circular buckets of one or more units of cost, the bucket at
 * hand as a binary heap unless its order cannot matter. Time is that of a
 * binary heap at worst, and that of Dial's algorithm (R. Dial, CACM 12(11),
 * 1969) for the costs that occur.
 */

#ifndef CORE_SPF_H
#define CORE_SPF_H

#include "core/paths/graph.h"

struct spf_queue;

struct spf {
	const struct graph *graph; /* lent */
	uint32_t source;           /* of spf_from; UINT32_MAX after spf_to */
	uint64_t *dist;            /* by node */
	uint32_t *order;           /* nodes with a way, nearest first */
	uint32_t settled;          /* how many */
	uint32_t *near; /* servers one step from the source, sorted */
	uint64_t *step; /* the step to each of them */
	uint32_t nnear;
	uint32_t words;           /* of a set of first hops */
	uint64_t *sets;           /* by node: bit i stands for near[i] */
	uint32_t room, sets_room; /* the rest is of spf.c */
	uint32_t *bit;            /* by node: its number in `near` */
	uint8_t *done;            /* by node */
	uint32_t *marked;
	bool keeps;      /* spf_shown.h: until another search, */
	uint32_t *shown; /* by node, who stands before it */
	struct spf_queue *queue;
};

/* Where a search ends (or begins), with what comes on top of the way. */
struct spf_seed {
	uint32_t node;
	uint64_t metric;
};

struct spf *spf_new(void);
void spf_free(struct spf *s);

/* Least ways from one present server to all nodes, with their first hops. */
void spf_from(struct spf *s, const struct graph *graph, uint32_t source);

/* The same, but only `dist`: no first hops and no neighbours. */
void spf_reach(struct spf *s, const struct graph *graph, uint32_t source);

/*
 * Least ways from every node to the nearest of the seeds. No first hops, no
 * paths. A server may be named twice; a seed's metric is below 2^48.
 */
void spf_to(struct spf *s, const struct graph *graph,
    const struct spf_seed *seeds, size_t n);

/* The set of first hops to `node`: s->words words, none without a way or
 * for the source itself. */
const uint64_t *spf_set(const struct spf *s, uint32_t node);

/* The same as sorted servers into out, which has room for s->nnear of
 * them. Returns their number. */
uint32_t spf_first_hops(const struct spf *s, uint32_t node, uint32_t *out);

/*
 * Of all least ways to `to` the smallest by names, compared from the source
 * on: servers only, both ends included, and `to` where that is another node;
 * appended to out, which has room for graph_hops(s->dist[to]) + 1, for such a
 * node one more. Returns their number, 0 without a way.
 */
uint32_t spf_path(struct spf *s, uint32_t to, uint32_t *out);

#endif
