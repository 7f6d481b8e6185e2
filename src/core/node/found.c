#include "core/node/found.h"

#include <stdlib.h>
#include <string.h>

#include "core/node/group.h"
#include "core/node/node.h"
#include "core/node/service.h"
#include "core/paths/members.h"

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

/* All of its group whom it does not name. */
static void
members_find(struct engine *e, const char *server,
    const struct setup_connector *c, struct members *out)
{
	for (const struct lsa *l = lsdb_group(&e->db, c->group);
	     l != NULL && strcmp(lsa_server(l)->group, c->group) == 0;
	     l = lsdb_group_next(l)) {
		struct members_one one = { .name = l->key.origin };

		if (strcmp(one.name, server) == 0 || found_names(c, one.name))
			continue;
		one.carries = found_carries(e, l);
		members_add(out, server, &one);
	}
}

/* With bridgeheads of its own, which it owns; `c` is a copy. */
static void
connector_fill(struct engine *e, const char *server, struct setup_connector *c)
{
	struct members members = { { 0 } };
	struct setup_bridgehead *all;
	size_t room = c->nbridgeheads < LIMIT_BRIDGEHEADS
	                  ? LIMIT_BRIDGEHEADS - c->nbridgeheads
	                  : 0;
	size_t n;

	if (c->any)
		members_find(e, server, c, &members);
	n = members_choose(&members, room);
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
	members_done(&members);
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
