/*
 * view_hops.c - the next hops of a route: all that are as near, then
 * alternates.
 */

#include <string.h>

#include "base/mem.h"
#include "core/paths/alternate.h"
#include "core/view/nexthop.h"
#include "core/view/view_state.h"

void
view_hops_init(struct view_hops *h, const struct view *view)
{
	size_t n = view->facts.servers.n;

	/* Of this room a route needs little, and it is not cleared. */
	h->view = view;
	h->reach = &view->ways->reach;
	h->servers = mem_grow(NULL, 2 * n, sizeof(*h->servers));
	h->costs = mem_grow(NULL, 2 * n, sizeof(*h->costs));
}

void
view_hops_done(struct view_hops *h)
{
	mem_free(h->servers);
	mem_free(h->costs);
}

/* What the step to each next hop costs: `near` and `step` of a search from
 * ourselves, both sorted by server. */
static void
costs_fill(const struct view_hops *h, uint32_t n)
{
	const struct reach *reach = h->reach;
	const struct spf *from = reach->org != NULL ? reach->org : reach->group;
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		while (k < from->nnear && from->near[k] < h->servers[i])
			k++;
		h->costs[i] = k < from->nnear ? graph_cost(from->step[k]) : 0;
	}
}

void
view_hops_find(const struct view_hops *h, struct reach_claims claims,
    uint64_t best, struct route *r)
{
	const struct ways *ways = h->view->ways;
	struct alternate_ask ask = { claims, best, h->servers, 0 };
	struct alternate_list found;

	ask.nhops = reach_hops(h->reach, claims, best, h->servers);
	costs_fill(h, ask.nhops);
	nexthop_equal(ways->nexthops,
	    (struct nexthop_list){ h->servers, h->costs, ask.nhops }, r);
	/* Where no next hop can be sent to, an alternate that the graph finds
	 * free of loops is not: by its address it may be what it avoids. */
	if (r->last_resort || r->nhops == 0)
		return;
	alternate_find(ways->alternates, &ask, &found);
	nexthop_alternates(ways->nexthops,
	    (struct nexthop_list){ found.server, found.cost, found.n }, r);
}
