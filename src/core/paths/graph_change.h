/*
 * graph_change.h - a graph whose arcs change one by one, in place.
 *
 * What changes is listed, and searches over it follow the list
 * (spf_follow.h). Each list of arcs has room of its own, and moves to the
 * end, with twice as much, where that is too small: so an arc costs no more
 * than those of its two nodes.
 */

#ifndef CORE_GRAPH_CHANGE_H
#define CORE_GRAPH_CHANGE_H

#include "base/vec.h"
#include "core/paths/graph.h"

/* An arc by its weights, 0: there was, or is, none to go by. */
struct graph_change {
	uint32_t from, to;
	uint32_t was, is;
};

/* Begins as all zero. */
struct graph_changes {
	VEC(struct graph_change) list; /* in the order in which it happened */
};

/* The arcs of the node `from` are these n from now on: sorted by `to`, each
 * once. Appends what that changes. */
void graph_put(struct graph *graph, uint32_t from, const struct graph_arc *arcs,
    size_t n, struct graph_changes *changes);

/* One arc; weight 0: none. */
void graph_arc_put(struct graph *graph, uint32_t from, struct graph_arc arc);

/* Whether ways lead through the server: its arcs are listed if that changes. */
void graph_transit(struct graph *graph, uint32_t server, bool transit,
    struct graph_changes *changes);

#endif
