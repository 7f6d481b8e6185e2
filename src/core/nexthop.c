#include "core/nexthop.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "core/steps.h"

struct found {
	struct addr addr;
	uint64_t cost; /* for which it holds */
	bool known;
};

struct nexthop_book {
	const struct facts *facts;
	const struct setup *setup;
	struct found *found; /* by server */
	uint64_t *hash;      /* of its name; 0: not yet */
};

struct nexthop_book *
nexthop_new(const struct facts *facts, const struct setup *setup)
{
	struct nexthop_book *b = mem_new(sizeof(*b), 0, 0);

	b->facts = facts;
	b->setup = setup;
	b->found = mem_new(0, facts->servers.n, sizeof(*b->found));
	b->hash = mem_new(0, facts->servers.n, sizeof(*b->hash));
	return b;
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

	for (size_t i = 0; i < setup->nsmtp; i++) {
		ip |= addr_same_ip(a, &setup->smtp[i]);
		port |= a->port == setup->smtp[i].port;
	}
	for (size_t i = 0; i < setup->nlisten; i++) {
		ip |= addr_same_ip(a, &setup->listen[i]);
		port |= a->port == setup->listen[i].port;
	}
	return ip && port;
}

static bool
may_publish(const struct setup *setup, const struct addr *a)
{
	return a->family != 0 && addr_is_hop(a, setup->lab) &&
	       !nexthop_is_own(setup, a);
}

/* Those of our connectors that lead there at this cost, by name. */
static struct addr
configured_if(
    const struct nexthop_book *b, uint32_t server, uint64_t cost, bool up)
{
	const char *name = b->facts->servers.v[server].name;
	struct addr none = { 0 };

	for (size_t i = 0; i < b->setup->nconnectors; i++) {
		const struct setup_connector *c = &b->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *bh = &c->bridgeheads[k];

			if (bh->smtp.family != 0 && !c->drain &&
			    strcmp(bh->name, name) == 0 &&
			    steps_own_cost(b->facts, c, bh) == cost &&
			    (!up || steps_own_up(b->facts, c, bh)))
				return bh->smtp;
		}
	}
	return none;
}

/* Of several that are parallel one that is up; alone, our probes have found
 * the step, whatever we said last. */
static struct addr
configured(const struct nexthop_book *b, uint32_t server, uint64_t cost)
{
	struct addr a = configured_if(b, server, cost, true);

	return a.family != 0 ? a : configured_if(b, server, cost, false);
}

static struct addr
announced(const struct nexthop_book *b, uint32_t server)
{
	const struct lsa_server *body = b->facts->servers.v[server].body;
	struct addr none = { 0 };

	for (size_t i = 0; body != NULL && i < body->nsmtp; i++)
		if (may_publish(b->setup, &body->smtp[i]))
			return body->smtp[i];
	return none;
}

static struct addr
find(const struct nexthop_book *b, uint32_t server, uint64_t cost)
{
	struct addr a = { 0 };

	if (server == b->facts->self)
		return a;
	if (cost > 0) /* a step within the group costs nothing */
		a = configured(b, server, cost);
	if (a.family == 0)
		return announced(b, server);
	return may_publish(b->setup, &a) ? a : (struct addr){ 0 };
}

struct addr
nexthop_bridgehead(const struct nexthop_book *b,
    const struct setup_bridgehead *bridgehead, uint32_t server)
{
	struct addr a = bridgehead->smtp;

	if (a.family == 0)
		return announced(b, server);
	return may_publish(b->setup, &a) ? a : (struct addr){ 0 };
}

struct addr
nexthop_addr(struct nexthop_book *b, uint32_t server, uint64_t cost)
{
	struct found *f = &b->found[server];

	if (!f->known || f->cost != cost) {
		f->addr = find(b, server, cost);
		f->cost = cost;
		f->known = true;
	}
	return f->addr;
}

/* FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo). */
static uint64_t
hash_text(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 1099511628211u;
	return h;
}

static uint64_t
mix(uint64_t pattern, uint64_t name)
{
	struct rng rng = { .state = pattern ^ (name << 1 | name >> 63) };

	return rng_next(&rng);
}

uint64_t
nexthop_rank(const char *pattern, const char *name)
{
	return mix(hash_text(pattern), hash_text(name));
}

static uint64_t
score(struct nexthop_book *b, uint64_t pattern, uint32_t server)
{
	if (b->hash[server] == 0)
		b->hash[server] = hash_text(b->facts->servers.v[server].name);
	return mix(pattern, b->hash[server]);
}

static bool
has_addr(const struct route *r, const struct addr *a)
{
	for (size_t i = 0; i < r->nhops; i++)
		if (addr_equal(&r->hop[i].addr, a))
			return true;
	return false;
}

static void
append(struct nexthop_book *b, struct route *r, uint32_t server,
    const struct addr *a)
{
	struct route_hop *hop = &r->hop[r->nhops++];

	*hop = (struct route_hop){ .addr = *a };
	hop->name = mem_str(b->facts->servers.v[server].name);
}

/* Greater score first; equal ones, that is never, by name. */
struct rank {
	uint64_t score;
	uint32_t server;
	struct addr addr;
};

static bool
before(const struct rank *a, const struct rank *b)
{
	return a->score != b->score ? a->score > b->score
	                            : a->server < b->server;
}

void
nexthop_equal(
    struct nexthop_book *b, struct nexthop_list list, struct route *route)
{
	uint64_t pattern = hash_text(route->pattern);
	struct rank best[LIMIT_NEXT_HOPS + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < list.n; i++) {
		uint32_t server = list.server[i];
		struct rank r = { .score = score(b, pattern, server),
			.server = server,
			.addr = nexthop_addr(b, server, list.cost[i]) };
		size_t at = n;

		if (r.addr.family == 0)
			continue;
		for (; at > 0 && before(&r, &best[at - 1]); at--)
			best[at] = best[at - 1];
		best[at] = r;
		n += n < LIMIT_NEXT_HOPS;
	}
	for (size_t i = 0; i < n && route->nhops < LIMIT_NEXT_HOPS; i++)
		if (!has_addr(route, &best[i].addr))
			append(b, route, best[i].server, &best[i].addr);
}

void
nexthop_alternates(
    struct nexthop_book *b, struct nexthop_list list, struct route *route)
{
	for (uint32_t i = 0; i < list.n; i++) {
		struct addr a = nexthop_addr(b, list.server[i], list.cost[i]);

		if (route->nhops == LIMIT_NEXT_HOPS)
			return;
		if (a.family == 0 || has_addr(route, &a))
			continue;
		append(b, route, list.server[i], &a);
		route->hop[route->nhops - 1].alternate = true;
	}
}
