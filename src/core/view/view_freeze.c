/*
 * view_freeze.c - a table that is to stay as it is, as far as it may.
 */

#include <string.h>

#include "base/mem.h"
#include "core/paths/spf.h"
#include "core/view/view_state.h"

/* Whom we can send to now: one step away, by what is up. */
struct reachable {
	const struct view *v;
	struct graph *graph;
	struct spf *spf;
};

static void
reachable_init(struct reachable *r, const struct view *v)
{
	r->v = v;
	r->graph = graph_new(&v->net, NULL, NULL);
	r->spf = spf_new();
	spf_from(r->spf, r->graph, v->facts.self);
}

static void
reachable_done(struct reachable *r)
{
	spf_free(r->spf);
	graph_free(r->graph);
}

static bool
is_probed_down(const struct view_input *in, const char *name)
{
	bool down = false;

	for (size_t i = 0; i < in->nprobes; i++) {
		if (strcmp(in->probes[i].name, name) != 0)
			continue;
		if (in->probes[i].verdict == VIEW_UP)
			return false;
		down |= in->probes[i].verdict == VIEW_DOWN;
	}
	return down;
}

static bool
is_address_of(const struct addr *a, const struct addr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(a, &list[i]))
			return true;
	return false;
}

/* Its address is still one of this server's. */
static bool
is_its_address(const struct view *v, uint32_t server, const struct route_hop *h)
{
	const struct lsa_server *body = v->facts.servers.v[server].body;
	const struct setup *setup = v->in.setup;

	if (body != NULL && is_address_of(&h->addr, body->smtp, body->nsmtp))
		return true;
	for (size_t i = 0; i < setup->nconnectors; i++) {
		const struct setup_connector *c = &setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (strcmp(c->bridgeheads[k].name, h->name) == 0 &&
			    is_address_of(&h->addr, c->bridgeheads[k].smtp,
				c->bridgeheads[k].nsmtp))
				return true;
	}
	return false;
}

static bool
hop_stays(const struct reachable *r, const struct route_hop *hop)
{
	uint32_t server = facts_find(&r->v->facts, hop->name);

	if (server == FACTS_NONE || is_probed_down(&r->v->in, hop->name) ||
	    !is_its_address(r->v, server, hop))
		return false;
	if (view_alone(r->v))
		return true;
	for (uint32_t i = 0; i < r->spf->nnear; i++)
		if (r->spf->near[i] == server)
			return true;
	return false;
}

/* What it was, less the hops that are gone. False: no next hop is left, and who
 * was an alternate of them has a route of its own by now. */
static bool
hops_keep(const struct reachable *r, struct route *route)
{
	bool any = false;
	size_t kept = 0;

	for (size_t i = 0; i < route->nhops; i++) {
		if (!hop_stays(r, &route->hop[i])) {
			mem_free(route->hop[i].name);
			continue;
		}
		any |= !route->hop[i].alternate;
		route->hop[kept++] = route->hop[i];
	}
	route->nhops = kept;
	return any;
}

/* What happens to keys, and what is our own, is no matter of ways. */
static bool
may_freeze(const struct route *r)
{
	return (r->kind == ROUTE_REMOTE || r->kind == ROUTE_HOLD) &&
	       r->leaves == 0 && !r->revoked && !r->last_resort;
}

/* Puts the old route in the place of the new one, if it may stay. */
static bool
route_freeze(
    const struct reachable *r, const struct route *old, struct route *route)
{
	struct route keep;
	bool relay = old->relay && route->relay;

	if (!may_freeze(old) || !may_freeze(route))
		return false;
	route_copy(&keep, old);
	if (keep.kind == ROUTE_REMOTE && !hops_keep(r, &keep)) {
		route_done(&keep);
		return false;
	}
	keep.relay = relay;
	route_claims_done(&keep);
	route_claims_copy(&keep, route);
	route_done(route);
	*route = keep;
	return true;
}

/* A name that nobody here has sent to yet waits; but not our own. */
static bool
is_news(const struct route *old, const struct route *route)
{
	return old == NULL && may_freeze(route);
}

size_t
view_freeze(const struct view *v, const struct rib *old, struct rib *rib)
{
	struct reachable r;
	size_t kept = 0, differ = 0;

	reachable_init(&r, v);
	for (size_t i = 0; i < rib->n; i++) {
		struct route *route = &rib->routes[i], now;
		const struct route *was = rib_find(old, route->pattern);

		if (is_news(was, route)) {
			route_done(route);
			differ++;
			continue;
		}
		route_copy(&now, route);
		if (was != NULL && route_freeze(&r, was, route))
			differ += !route_same(&now, route);
		route_done(&now);
		rib->routes[kept++] = *route;
	}
	rib->n = kept;
	reachable_done(&r);
	return differ;
}
