#include "core/view/nexthop.h"

#include <string.h>

#include "base/mem.h"
#include "base/rank.h"
#include "core/view/steps.h"

/* One of a server, and our transport for it: setup_bridgehead's `by`. */
struct place {
	struct addr addr;
	const char *by;
};

/* Addresses of one server, those that may be published. */
struct places {
	struct place v[LIMIT_NEXT_HOPS];
	size_t n;
};

struct found {
	struct places places;
	uint64_t cost; /* for which they hold */
	bool known;
};

struct nexthop_book {
	const struct facts *facts;
	const struct setup *setup;
	const struct view_input *in;
	struct found *found; /* by server */
	uint64_t *hash;      /* of its name; 0: not yet */
};

struct nexthop_book *
nexthop_new(const struct facts *facts, const struct view_input *in)
{
	struct nexthop_book *b = mem_new(sizeof(*b), 0, 0);

	b->facts = facts;
	b->setup = in->setup;
	b->in = in;
	b->found = mem_new(0, facts->servers.n, sizeof(*b->found));
	b->hash = mem_new(0, facts->servers.n, sizeof(*b->hash));
	return b;
}

void
nexthop_forget(struct nexthop_book *b, uint32_t server)
{
	if (server != FACTS_NONE)
		b->found[server].known = false;
	else
		memset(b->found, 0, b->facts->servers.n * sizeof(*b->found));
}

void
nexthop_free(struct nexthop_book *b)
{
	if (b == NULL)
		return;
	mem_free(b->found);
	mem_free(b->hash);
	mem_free(b);
}

bool
nexthop_is_own(const struct setup *setup, const struct addr *a)
{
	bool ip = false, port = false;

	for (size_t i = 0; i < setup->announced.nsmtp; i++) {
		ip |= addr_same_ip(a, &setup->announced.smtp[i]);
		port |= a->port == setup->announced.smtp[i].port;
	}
	for (size_t i = 0; i < setup->announced.nlisten; i++) {
		ip |= addr_same_ip(a, &setup->announced.listen[i]);
		port |= a->port == setup->announced.listen[i].port;
	}
	return ip && port;
}

/* The MTA beside us must be able to connect to it; by a name it may have
 * another address. */
static bool
may_publish(const struct nexthop_book *b, const struct addr *a)
{
	const struct mta *mta = b->in->mta;

	if (mta != NULL && mta->read && !b->setup->mta.by_name &&
	    ((a->family == 4 && !mta->ipv4) || (a->family == 6 && !mta->ipv6)))
		return false;
	return a->family != 0 && addr_is_hop(a, b->setup->lab) &&
	       !nexthop_is_own(b->setup, a);
}

static enum view_verdict
nexthop_verdict(
    const struct nexthop_book *b, const char *name, const struct addr *a)
{
	for (size_t i = 0; i < b->in->nplaces; i++)
		if (addr_equal(&b->in->places[i].addr, a) &&
		    strcmp(b->in->places[i].name, name) == 0)
			return b->in->places[i].verdict;
	return VIEW_UNKNOWN;
}

static void
nexthop_add(const struct nexthop_book *b, struct places *places,
    const struct addr *a, const char *by)
{
	if (places->n == LIMIT_NEXT_HOPS || !may_publish(b, a))
		return;
	for (size_t i = 0; i < places->n; i++)
		if (addr_equal(&places->v[i].addr, a))
			return;
	places->v[places->n++] = (struct place){ *a, by };
}

/* The addresses that our configuration gives for a bridgehead. */
static void
given(const struct nexthop_book *b, const struct setup_bridgehead *bridgehead,
    struct places *places)
{
	for (size_t i = 0; i < bridgehead->nsmtp; i++)
		nexthop_add(b, places, &bridgehead->smtp[i], bridgehead->by);
}

/* Our connectors that lead there at this cost, by name; `up`: those alone that
 * we say are up. */
static void
configured_if(const struct nexthop_book *b, uint32_t server, uint64_t cost,
    bool up, struct places *places)
{
	const char *name = b->facts->servers.v[server].name;

	for (size_t i = 0; i < b->setup->nconnectors; i++) {
		const struct setup_connector *c = &b->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *bh = &c->bridgeheads[k];

			if (!setup_is_drained(c, bh) &&
			    strcmp(bh->name, name) == 0 &&
			    steps_own_cost(b->facts, c, bh) == cost &&
			    (!up || steps_own_up(b->facts, c, bh)))
				given(b, bh, places);
		}
	}
}

/* Of several that are parallel those that are up; where none is, our probes
 * have found the step, whatever we said last. */
static void
nexthop_configured(const struct nexthop_book *b, uint32_t server, uint64_t cost,
    struct places *places)
{
	configured_if(b, server, cost, true, places);
	if (places->n == 0)
		configured_if(b, server, cost, false, places);
}

/* Our bridgehead by which the step of this cost is, with addresses of its own or
 * without; NULL: none. */
static const struct setup_bridgehead *
nexthop_step(
    const struct nexthop_book *b, uint32_t server, uint64_t cost, bool given)
{
	const char *name = b->facts->servers.v[server].name;

	for (size_t i = 0; i < b->setup->nconnectors; i++) {
		const struct setup_connector *c = &b->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			if ((c->bridgeheads[k].nsmtp > 0) == given &&
			    !setup_is_drained(c, &c->bridgeheads[k]) &&
			    strcmp(c->bridgeheads[k].name, name) == 0 &&
			    steps_own_cost(b->facts, c, &c->bridgeheads[k]) ==
				cost)
				return &c->bridgeheads[k];
	}
	return NULL;
}

static void
announced(const struct nexthop_book *b, uint32_t server, const char *by,
    struct places *places)
{
	const struct lsa_server *body = b->facts->servers.v[server].body;

	for (size_t i = 0; body != NULL && i < body->nsmtp; i++)
		nexthop_add(b, places, &body->smtp[i], by);
}

/* Those that answer first, and not those that are down; but where none else
 * is left the first one stays: others may know better. */
static void
best_first(const struct nexthop_book *b, uint32_t server, struct places *places)
{
	const char *name = b->facts->servers.v[server].name;
	struct places all = *places;

	places->n = 0;
	for (int want = VIEW_UP; want >= VIEW_UNKNOWN; want--)
		for (size_t i = 0; i < all.n; i++)
			if ((int)nexthop_verdict(b, name, &all.v[i].addr) ==
			    want)
				places->v[places->n++] = all.v[i];
	if (places->n == 0 && all.n > 0)
		places->n = 1;
}

static const struct places *
places_of(struct nexthop_book *b, uint32_t server, uint64_t cost)
{
	const struct setup_bridgehead *step = NULL;
	struct found *f = &b->found[server];

	if (f->known && f->cost == cost)
		return &f->places;
	f->known = true;
	f->cost = cost;
	f->places.n = 0;
	if (server == b->facts->self)
		return &f->places;
	/* a step within the group costs nothing */
	if (cost > 0 && nexthop_step(b, server, cost, true) != NULL) {
		nexthop_configured(b, server, cost, &f->places);
	} else {
		if (cost > 0)
			step = nexthop_step(b, server, cost, false);
		announced(
		    b, server, step == NULL ? NULL : step->by, &f->places);
	}
	best_first(b, server, &f->places);
	return &f->places;
}

struct addr
nexthop_bridgehead(const struct nexthop_book *b,
    const struct setup_bridgehead *bridgehead, uint32_t server)
{
	struct places places = { .n = 0 };

	if (bridgehead->nsmtp == 0)
		announced(b, server, bridgehead->by, &places);
	else
		given(b, bridgehead, &places);
	best_first(b, server, &places);
	return places.n > 0 ? places.v[0].addr : (struct addr){ 0 };
}

static struct place
nexthop_first(struct nexthop_book *b, uint32_t server, uint64_t cost)
{
	const struct places *places = places_of(b, server, cost);

	return places->n > 0 ? places->v[0] : (struct place){ 0 };
}

struct addr
nexthop_addr(struct nexthop_book *b, uint32_t server, uint64_t cost)
{
	return nexthop_first(b, server, cost).addr;
}

static uint64_t
score(struct nexthop_book *b, uint64_t pattern, uint32_t server)
{
	if (b->hash[server] == 0)
		b->hash[server] = rank_text(b->facts->servers.v[server].name);
	return rank_mix(pattern, b->hash[server]);
}

static bool
nexthop_has_addr(const struct route *r, const struct addr *a)
{
	for (size_t i = 0; i < r->nhops; i++)
		if (addr_equal(&r->hop[i].addr, a))
			return true;
	return false;
}

static void
append(struct nexthop_book *b, struct route *r, uint32_t server,
    const struct place *at)
{
	struct route_hop *hop = &r->hop[r->nhops++];

	*hop = (struct route_hop){ .addr = at->addr, .by = at->by };
	hop->name = b->facts->servers.v[server].name;
}

/* Greater score first; equal ones, that is never, by name. */
struct rank {
	uint64_t score;
	uint32_t server;
	uint64_t cost;
	struct place at;
};

static bool
before(const struct rank *a, const struct rank *b)
{
	return a->score != b->score ? a->score > b->score
	                            : a->server < b->server;
}

/* The server's other addresses: it is no further by them. */
static void
others(
    struct nexthop_book *b, uint32_t server, uint64_t cost, struct route *route)
{
	const struct places *places = places_of(b, server, cost);

	for (size_t i = 1; i < places->n; i++) {
		if (route->nhops == LIMIT_NEXT_HOPS)
			return;
		if (nexthop_has_addr(route, &places->v[i].addr))
			continue;
		append(b, route, server, &places->v[i]);
		route->hop[route->nhops - 1].alternate = true;
	}
}

void
nexthop_equal(
    struct nexthop_book *b, struct nexthop_list list, struct route *route)
{
	uint64_t pattern = rank_text(route->pattern);
	struct rank best[LIMIT_NEXT_HOPS + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < list.n; i++) {
		uint32_t server = list.server[i];
		struct rank r = { .score = score(b, pattern, server),
			.server = server,
			.cost = list.cost[i],
			.at = nexthop_first(b, server, list.cost[i]) };
		size_t at = n;

		if (r.at.addr.family == 0)
			continue;
		for (; at > 0 && before(&r, &best[at - 1]); at--)
			best[at] = best[at - 1];
		best[at] = r;
		n += n < LIMIT_NEXT_HOPS;
	}
	for (size_t i = 0; i < n && route->nhops < LIMIT_NEXT_HOPS; i++)
		if (!nexthop_has_addr(route, &best[i].at.addr))
			append(b, route, best[i].server, &best[i].at);
	for (size_t i = 0; i < n; i++)
		others(b, best[i].server, best[i].cost, route);
}

void
nexthop_alternates(
    struct nexthop_book *b, struct nexthop_list list, struct route *route)
{
	for (uint32_t i = 0; i < list.n; i++) {
		struct place at =
		    nexthop_first(b, list.server[i], list.cost[i]);

		if (route->nhops == LIMIT_NEXT_HOPS)
			return;
		if (at.addr.family == 0 || nexthop_has_addr(route, &at.addr))
			continue;
		append(b, route, list.server[i], &at);
		route->hop[route->nhops - 1].alternate = true;
		others(b, list.server[i], list.cost[i], route);
	}
}
