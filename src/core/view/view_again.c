#include "core/view/view_again.h"

#include <string.h>

#include "base/mem.h"

void
view_again_init(
    struct view_again *a, const struct view *view, struct rib_changes *changes)
{
	size_t n = view->facts.servers.n;

	memset(a, 0, sizeof(*a));
	view_hops_init(&a->hops, view);
	a->changes = changes;
	a->path = mem_grow(NULL, n + 2, sizeof(*a->path));
	a->names = mem_grow(NULL, n + 2, sizeof(*a->names));
}

void
view_again_done(struct view_again *a)
{
	view_hops_done(&a->hops);
	vec_done(&a->claims);
	mem_free(a->path);
	mem_free(a->names);
}

static void
again_claims(struct view_again *a, size_t first)
{
	const struct facts *f = &a->hops.view->facts;
	const char *pattern = f->claims.v[first].pattern;

	a->claims.n = 0;
	for (size_t i = first;
	     i < f->claims.n && f->claims.v[i].pattern == pattern; i++)
		vec_push(&a->claims, view_claim(&f->claims.v[i]));
}

/* Addresses, and whose they are. */
static bool
again_same(const struct route *a, const struct route *b)
{
	if (a->nhops != b->nhops)
		return false;
	for (size_t i = 0; i < a->nhops; i++)
		if (!addr_equal(&a->hop[i].addr, &b->hop[i].addr) ||
		    a->hop[i].alternate != b->hop[i].alternate ||
		    strcmp(a->hop[i].name, b->hop[i].name) != 0)
			return false;
	return true;
}

static void
again_path(struct view_again *a, struct route *r, const struct net_claim *claim)
{
	const struct facts_server *servers = a->hops.view->facts.servers.v;
	uint32_t n = reach_path(a->hops.reach, claim, a->path);

	for (uint32_t i = 0; i < n; i++)
		a->names[i] = servers[a->path[i]].name;
	route_path_set(r, a->names, n);
}

bool
view_again_route(struct view_again *a, struct route *r, size_t first)
{
	const struct view *v = a->hops.view;
	struct route next = { .pattern = r->pattern };
	struct reach_claims claims;
	struct reach_best best;
	uint64_t cost;
	bool turned;

	if (r->kind != ROUTE_REMOTE || r->last_resort || r->leaves != 0)
		return false;
	again_claims(a, first);
	claims = (struct reach_claims){ a->claims.v, a->claims.n };
	best = reach_best(a->hops.reach, claims);
	if (best.metric == GRAPH_NONE ||
	    graph_hops(best.metric) > LIMIT_PATH_HOPS ||
	    best.claim->server == v->facts.self ||
	    strcmp(v->facts.servers.v[best.claim->server].name, r->server) != 0)
		return false;
	view_hops_find(&a->hops, claims, best.metric, &next);
	if (next.nhops == 0)
		return false;
	turned = v->marks.turned[best.claim->server];
	if (!again_same(r, &next))
		rib_turn(r, &next, turned, a->changes);
	cost = graph_cost(best.metric);
	r->cost = cost > UINT32_MAX ? UINT32_MAX : (uint32_t)cost;
	r->hops = graph_hops(best.metric);
	if (turned)
		again_path(a, r, best.claim);
	return true;
}
