/*
 * view_freeze.c - a table that is to stay as it is, as far as it may.
 */

#include <string.h>

#include "base/mem.h"
#include "core/view/leaving.h"
#include "core/view/view_state.h"

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

/* Whether we can send to it now: it is one step away, by what is up. */
static bool
hop_stays(const struct view *v, const struct route_hop *hop)
{
	uint32_t server = facts_find(&v->facts, hop->name);
	const struct spf *near = v->ways->reach.org;

	if (server == FACTS_NONE || is_probed_down(&v->in, hop->name) ||
	    !is_its_address(v, server, hop))
		return false;
	if (view_alone(v))
		return true;
	for (uint32_t i = 0; i < near->nnear; i++)
		if (near->near[i] == server)
			return true;
	return false;
}

/* What it was, less the hops that are gone. False: no next hop is left, and who
 * was an alternate of them has a route of its own by now. */
static bool
hops_keep(const struct view *v, struct route *route)
{
	bool any = false;
	size_t kept = 0;

	for (size_t i = 0; i < route->nhops; i++) {
		if (!hop_stays(v, &route->hop[i]) ||
		    !leaving_is_hop(
			&v->facts, v->in.setup, route, route->hop[i].name))
			continue;
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
route_freeze(const struct view *v, const struct route *old, struct route *route)
{
	struct route keep;
	bool relay = old->relay && route->relay;

	if (!may_freeze(old) || !may_freeze(route))
		return false;
	route_copy(&keep, old);
	if (keep.kind == ROUTE_REMOTE && !hops_keep(v, &keep)) {
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
	size_t kept = 0, differ = 0;

	for (size_t i = 0; i < rib->n; i++) {
		struct route *route = &rib->routes[i], now;
		const struct route *was = rib_find(old, route->pattern);

		if (is_news(was, route)) {
			route_done(route);
			differ++;
			continue;
		}
		route_copy(&now, route);
		if (was != NULL && route_freeze(v, was, route))
			differ += !route_same(&now, route);
		route_done(&now);
		rib->routes[kept++] = *route;
	}
	rib->n = kept;
	return differ;
}
