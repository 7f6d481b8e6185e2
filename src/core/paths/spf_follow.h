/*
 * spf_follow.h - a search that follows the changes of its graph, instead of
 * another one.
 *
 * After Ramalingam and Reps (An incremental algorithm for a generalization of
 * the shortest-path problem, Journal of Algorithms 21(2), 1996, DynamicSWSF-FP):
 * a node is at rest while its distance is the least that its arcs offer; those
 * that are not are taken in the order of the lesser of the two, a distance that
 * is too great is put right, one that is too small is given up first. Any
 * number of changes at once, of any kind. Work is in proportion to the nodes
 * whose distance changes and their arcs, times the logarithm of that.
 *
 * First hops and paths follow from the arcs that are ends of least ways: where
 * one of these comes or goes, and behind it, they may be others.
 */

#ifndef CORE_SPF_FOLLOW_H
#define CORE_SPF_FOLLOW_H

#include "base/vec.h"
#include "core/paths/graph_change.h"
#include "core/paths/spf.h"

struct spf_follow_key {
	uint64_t key;
	uint32_t node;
};

/* What is in hand; begins as all zero, and serves any search over any graph,
 * one after another. */
struct spf_follow {
	VEC(uint32_t) moved; /* nodes whose distance is another */
	VEC(uint32_t) other; /* and those whose first hops or path may be */
	uint64_t *was;       /* by node, of `moved` alone: as it was before */

	/* the rest is of spf_follow.c */
	const struct graph *graph;
	uint64_t *dist;
	uint32_t source;
	uint32_t run, room;
	uint32_t *seen; /* by node: the run that has looked at it */
	uint64_t *best;
	VEC(uint32_t) touched;
	VEC(struct spf_follow_key) heap;
};

void spf_follow_done(struct spf_follow *follow);

/*
 * dist, by node, has the distances from `source` over the graph as it was
 * before these changes: it has those over the graph as it is. Fills `moved`.
 */
void spf_follow_dist(struct spf_follow *follow, const struct graph *graph,
    const struct graph_changes *changes, uint32_t source, uint64_t *dist);

/*
 * The same for a whole search of spf_from(): `dist` and the first hops, but
 * not `order`. Fills `moved` and `other`; some of `other` may be as they were.
 *
 * False, and nothing is done: a step from the source itself has changed, so
 * its neighbours may be others, and the search is to be run again.
 */
bool spf_follow_from(struct spf_follow *follow, struct spf *spf,
    const struct graph_changes *changes);

#endif
