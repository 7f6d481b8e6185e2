/*
 * joints.h - articulation points and bridges of a graph: the servers and the
 * steps of which each is the only thing that holds two parts of it together.
 *
 * By the depth-first search of Hopcroft and Tarjan (Algorithm 447: Efficient
 * algorithms for graph manipulation, CACM 16(6), 1973), without recursion:
 * time and memory are in proportion to nodes and arcs. Arcs count both ways,
 * and whether a server gives transit does not matter: this is about how the
 * net is built. A routing group holds its members together and is no joint;
 * the two members of a pair are joined by a step.
 */

#ifndef CORE_JOINTS_H
#define CORE_JOINTS_H

#include "base/vec.h"
#include "core/paths/graph.h"

struct joints_bridge {
	uint32_t a, b; /* servers, a < b */
	bool inside;   /* the two of a group, joined by nothing else */
};

struct joints {
	VEC(uint32_t) servers;             /* sorted */
	VEC(struct joints_bridge) bridges; /* sorted by a, then b */
};

/* Begins as all zero; ended with joints_done(). */
void joints_find(struct joints *joints, const struct graph *graph);
void joints_done(struct joints *joints);

#endif
