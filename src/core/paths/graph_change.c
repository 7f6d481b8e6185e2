#include "core/paths/graph_change.h"

#include <string.h>

#include "base/mem.h"

/* The first arc of u that does not lead to less than `to`. */
static uint32_t
arc_place(const struct graph_side *side, uint32_t u, uint32_t to)
{
	uint32_t low = side->first[u], high = side->end[u];

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (side->arcs[mid].to < to)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The arcs of u move to where there is room for twice as many. */
static void
arcs_move(struct graph_side *side, uint32_t u)
{
	uint32_t n = side->end[u] - side->first[u], at = side->narcs;
	uint32_t room = 2 * n + 4;

	if (at + room > side->room) {
		side->room = 2 * side->room + room;
		side->arcs =
		    mem_grow(side->arcs, side->room, sizeof(*side->arcs));
	}
	memcpy(&side->arcs[at], &side->arcs[side->first[u]],
	    n * sizeof(*side->arcs));
	side->first[u] = at;
	side->end[u] = at + n;
	side->last[u] = at + room;
	side->narcs = at + room;
}

static void
arcs_insert(
    struct graph_side *side, uint32_t u, uint32_t at, struct graph_arc arc)
{
	uint32_t after = side->end[u] - at;

	if (side->end[u] == side->last[u]) {
		arcs_move(side, u);
		at = side->end[u] - after;
	}
	memmove(
	    &side->arcs[at + 1], &side->arcs[at], after * sizeof(*side->arcs));
	side->arcs[at] = arc;
	side->end[u]++;
}

static void
arcs_take(struct graph_side *side, uint32_t u, uint32_t at)
{
	side->end[u]--;
	memmove(&side->arcs[at], &side->arcs[at + 1],
	    (side->end[u] - at) * sizeof(*side->arcs));
}

static void
arc_put(struct graph_side *side, bool shut, uint32_t u, struct graph_arc arc)
{
	uint32_t at = arc_place(side, u, arc.to);
	bool is = at < side->end[u] && side->arcs[at].to == arc.to;

	if (is && arc.weight > 0)
		side->arcs[at] = arc;
	else if (is)
		arcs_take(side, u, at);
	else if (arc.weight > 0)
		arcs_insert(side, u, at, arc);
	side->stop[u] = shut ? side->first[u] : side->end[u];
}

void
graph_arc_put(struct graph *g, uint32_t from, struct graph_arc arc)
{
	uint32_t cost = arc.weight >> 2;

	arc_put(&g->out, g->shut[from], from, arc);
	arc_put(&g->in, g->shut[arc.to], arc.to,
	    (struct graph_arc){ from, arc.weight });
	if (cost > g->cost_max)
		g->cost_max = cost;
	if (arc.weight > 0 && cost < g->cost_min)
		g->cost_min = cost;
}

/* What differs between the arcs that are and those that are to be. */
static void
arcs_compare(const struct graph *g, uint32_t from, const struct graph_arc *arcs,
    size_t n, struct graph_changes *changes)
{
	const struct graph_arc *old = &g->out.arcs[g->out.first[from]];
	size_t nold = g->out.end[from] - g->out.first[from], i = 0, k = 0;

	while (i < nold || k < n) {
		bool was = k == n || (i < nold && old[i].to <= arcs[k].to);
		bool is = i == nold || (k < n && arcs[k].to <= old[i].to);
		struct graph_change c = { .from = from,
			.to = was ? old[i].to : arcs[k].to,
			.was = was ? old[i].weight : 0,
			.is = is ? arcs[k].weight : 0 };

		i += was;
		k += is;
		if (c.was != c.is)
			vec_push(&changes->list, c);
	}
}

void
graph_put(struct graph *g, uint32_t from, const struct graph_arc *arcs,
    size_t n, struct graph_changes *changes)
{
	size_t at = changes->list.n;

	arcs_compare(g, from, arcs, n, changes);
	for (; at < changes->list.n; at++) {
		const struct graph_change *c = &changes->list.v[at];

		graph_arc_put(g, from, (struct graph_arc){ c->to, c->is });
	}
}

void
graph_transit(
    struct graph *g, uint32_t u, bool transit, struct graph_changes *changes)
{
	struct graph_side *out = &g->out, *in = &g->in;

	if (transit == !g->shut[u])
		return;
	g->shut[u] = !transit;
	for (uint32_t i = out->first[u]; i < out->end[u]; i++) {
		uint32_t weight = out->arcs[i].weight;
		struct graph_change c = { .from = u,
			.to = out->arcs[i].to,
			.was = transit ? 0 : weight,
			.is = transit ? weight : 0 };

		vec_push(&changes->list, c);
	}
	out->stop[u] = transit ? out->end[u] : out->first[u];
	in->stop[u] = transit ? in->end[u] : in->first[u];
}
