#include "core/node/found.h"

#include <stdlib.h>
#include <string.h>

#include "core/node/group.h"
#include "core/node/node.h"
#include "core/node/service.h"
#include "core/view/nexthop.h"

/* One who may be a bridgehead. */
struct found_member {
	uint64_t rank;
	const char *name; /* lent by the database */
	bool carries;     /* mail on, as far as we know */
};

struct found_members {
	VEC(struct found_member) list;
};

/* The greater rank first; equal ones, that is never, by name. */
static int
found_rank_order(const void *a, const void *b)
{
	const struct found_member *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
found_name_order(const void *a, const void *b)
{
	const struct setup_bridgehead *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool
found_names(const struct setup_connector *c, const char *name)
{
	for (size_t i = 0; i < c->nbridgeheads; i++)
		if (strcmp(c->bridgeheads[i].name, name) == 0)
			return true;
	return false;
}

static bool
found_carries(struct engine *e, const struct lsa *lsa)
{
	return lsa_server(lsa)->state == LSA_UP &&
	       service_condition(e, lsa->key.origin, SERVICE_CONNECTOR) !=
	           SERVICE_DOWN;
}

/* All of its group whom it does not name, in the order of their ranks. */
static void
members_find(struct engine *e, const char *server,
    const struct setup_connector *c, struct found_members *out)
{
	for (const struct lsa *l = lsdb_group(&e->db, c->group);
	     l != NULL && strcmp(lsa_server(l)->group, c->group) == 0;
	     l = lsdb_group_next(l)) {
		const char *name = l->key.origin;

		if (strcmp(name, server) != 0 && !found_names(c, name))
			vec_push(&out->list,
			    ((struct found_member){ nexthop_rank(server, name),
				name, found_carries(e, l) }));
	}
	if (out->list.n > 1)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v),
		    found_rank_order);
}

/* So many of them, from the first on, are bridgeheads. */
static size_t
found_count(const struct found_members *members, size_t room)
{
	size_t n = 0, carry = 0;

	while (n < members->list.n && n < room && carry < LIMIT_FOUND)
		carry += members->list.v[n++].carries;
	return n;
}

/* With bridgeheads of its own, which it owns; `c` is a copy. */
static void
connector_fill(struct engine *e, const char *server, struct setup_connector *c)
{
	struct found_members members = { { 0 } };
	struct setup_bridgehead *all;
	size_t room = c->nbridgeheads < LIMIT_BRIDGEHEADS
	                  ? LIMIT_BRIDGEHEADS - c->nbridgeheads
	                  : 0;
	size_t n;

	if (c->any)
		members_find(e, server, c, &members);
	n = found_count(&members, room);
	all = mem_new(0, c->nbridgeheads + n + 1, sizeof(*all));
	if (c->nbridgeheads > 0)
		memcpy(all, c->bridgeheads, c->nbridgeheads * sizeof(*all));
	for (size_t i = 0; i < n; i++) {
		struct setup_bridgehead *b = &all[c->nbridgeheads + i];

		*b = c->every;
		b->name = mem_str(members.list.v[i].name);
		b->found = true;
	}
	c->bridgeheads = all;
	c->nbridgeheads += n;
	if (n > 0)
		qsort(all, c->nbridgeheads, sizeof(*all), found_name_order);
	vec_done(&members.list);
}

struct setup *
found_setup(struct engine *e, const struct setup *given)
{
	struct setup *setup;
	bool any = false;

	for (size_t i = 0; i < given->nconnectors; i++)
		any |= given->connectors[i].any;
	if (!any)
		return NULL;
	setup = mem_dup(given, sizeof(*given));
	setup->connectors = mem_dup(
	    given->connectors, given->nconnectors * sizeof(*given->connectors));
	for (size_t i = 0; i < setup->nconnectors; i++)
		connector_fill(e, given->server, &setup->connectors[i]);
	return setup;
}

void
found_free(struct setup *setup)
{
	if (setup == NULL)
		return;
	for (size_t i = 0; i < setup->nconnectors; i++) {
		struct setup_connector *c = &setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (c->bridgeheads[k].found)
				mem_free(c->bridgeheads[k].name);
		mem_free(c->bridgeheads);
	}
	mem_free(setup->connectors);
	mem_free(setup);
}

static bool
connectors_same(
    const struct setup_connector *a, const struct setup_connector *b)
{
	if (a->nbridgeheads != b->nbridgeheads)
		return false;
	for (size_t i = 0; i < a->nbridgeheads; i++)
		if (strcmp(a->bridgeheads[i].name, b->bridgeheads[i].name) != 0)
			return false;
	return true;
}

bool
found_same(const struct setup *a, const struct setup *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	for (size_t i = 0; i < a->nconnectors; i++)
		if (!connectors_same(&a->connectors[i], &b->connectors[i]))
			return false;
	return true;
}

bool
found_concerns(const struct setup *setup, const char *group)
{
	for (size_t i = 0; i < setup->nconnectors; i++)
		if (setup->connectors[i].any &&
		    strcmp(setup->connectors[i].group, group) == 0)
			return true;
	return false;
}
