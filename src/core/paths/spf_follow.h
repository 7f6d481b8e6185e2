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
 * First hops and the path that is shown follow from the arcs that are ends of
 * least ways: where one of these comes or goes, and behind that as long as they
 * are others there, nearest first.
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

struct spf_follow_node {
	uint64_t was; /* the distance before */
	uint64_t best;
	uint32_t seen; /* the run that has looked at it */
};

/* What is in hand; begins as all zero, and serves any search over any graph,
 * one after another. */
struct spf_follow {
	VEC(uint32_t) moved;  /* nodes whose distance is another, */
	VEC(uint32_t) turned; /* whose path is, */
	VEC(uint32_t)
	other; /* and those of which any of it or the first hops
	                       * are */
	struct spf_follow_node *at; /* by node: `was`, of `moved` alone */

	/* the rest is of spf_follow.c */
	const struct graph *graph;
	uint64_t *dist;
	uint32_t source;
	uint32_t run, room;
	VEC(uint32_t) touched;
	VEC(uint64_t) set;
	VEC(struct spf_follow_key) heap;
};

void spf_follow_done(struct spf_follow *follow);

/* Its queue, the least key first, for a search of one's own. */
void spf_follow_put(struct spf_follow *follow, uint64_t key, uint32_t node);
struct spf_follow_key spf_follow_take(struct spf_follow *follow);

/*
 * dist, by node, has the distances from `source` over the graph as it was
 * before these changes: it has those over the graph as it is. Fills `moved`.
 */
void spf_follow_dist(struct spf_follow *follow, const struct graph *graph,
    const struct graph_changes *changes, uint32_t source, uint64_t *dist);

/*
 * The same for a whole search of spf_from() that keeps the paths it shows
 * (spf_shown.h): `dist`, the first hops and these, but not `order`. Fills
 * `moved`, `turned` and `other`.
 *
 * False, and nothing is done: a step from the source itself has changed, so
 * its neighbours may be others, and the search is to be run again.
 */
bool spf_follow_from(struct spf_follow *follow, struct spf *spf,
    const struct graph_changes *changes);

#endif
