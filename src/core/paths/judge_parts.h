/*
 * judge_parts.h - what judge_net.c builds and judge.c asks, of judge.h alone.
 */

#ifndef CORE_JUDGE_PARTS_H
#define CORE_JUDGE_PARTS_H

#include "core/paths/graph.h"
#include "core/paths/graph_change.h"
#include "core/paths/judge.h"
#include "core/paths/spf_follow.h"

#define JUDGE_NONE UINT32_MAX

/* What is asked of a node together stands together. Its descendants stand
 * behind it in the tree's order, from at + 1 to before end. */
struct judge_node {
	uint32_t parent, via; /* via: the link from there, or JUDGE_NONE */
	uint32_t at, end;
};

/* The ways from one server. */
struct judge_tree {
	uint64_t *dist;
	struct judge_node *node; /* by node */
	uint32_t *order;
	uint32_t *chosen; /* by pattern: a claim, or JUDGE_NONE */
};

/* Items in lists: those of u are item[at[u]] to before item[at[u + 1]]. */
struct judge_lists {
	uint32_t *at, *item;
};

/* What is counted of one failure; all zero between verdicts. */
struct judge_tally {
	int64_t *more;        /* by link */
	uint32_t *cut, *lost; /* by pattern */
	uint32_t *cut_from;   /* by server */
};

struct judge {
	const struct net *net;
	struct graph *graph;
	uint32_t npatterns;
	uint32_t *first;           /* claims of p from [p] to before [p + 1] */
	uint32_t *pattern_of;      /* by claim */
	struct judge_lists claims; /* of a server */
	struct judge_lists steps;  /* from a node */
	VEC(struct judge_link) links;
	uint32_t *link_at; /* by server: where its links begin */
	uint64_t routes;
	struct judge_tree *trees; /* by server; empty for one not present */

	/* of the failure in hand */
	struct spf_follow queue; /* nothing else of it */
	struct graph_changes changes;
	bool *failed, *broken; /* by server; by step */
	uint32_t run;
	uint32_t *hit;  /* by node: the run in which its way was broken */
	uint32_t *onto; /* by node: its parent then; JUDGE_NONE: not known */
	uint32_t *onto_via;   /* and the link from there */
	uint32_t *leaving;    /* by node: routes whose way was over it */
	VEC(uint32_t) roots;  /* where a tree is broken */
	VEC(uint32_t) behind; /* nodes whose way was broken, tree by tree */
	uint64_t *was;        /* by node: of these the distance before */

	struct judge_tally tally[JUDGE_TOGETHER]; /* made at their first use */
};

/* The best claim for a server whose distances these are, or JUDGE_NONE. */
uint32_t judge_choose(const struct judge *j, uint32_t server,
    const uint64_t *dist, uint32_t pattern);

/* Of the nodes before v on a least way the first: a tree's parent. */
uint32_t judge_parent(
    const struct judge *j, uint32_t source, const uint64_t *dist, uint32_t v);

/* The link by this step, or JUDGE_NONE inside a group. */
uint32_t judge_link_of(const struct judge *j, uint32_t from, uint32_t to);

/* Everything but the last part of the struct. */
void judge_build(struct judge *j);
void judge_build_undo(struct judge *j);

#endif
