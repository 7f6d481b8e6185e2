/*
 * link.c - mail services that concern us: which they are. Bridgeheads of our
 * connectors, members of our group, our own MTA, ways out that are probed, and
 * silent neighbours that nobody else's link probes.
 */

#include "core/node/link.h"

#include <string.h>

#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/node.h"
#include "core/node/probing.h"

struct link_key {
	const char *name;
	const struct addr *addr;
};

static struct link *
link_entry(struct tree_node *n)
{
	return n == NULL ? NULL : tree_entry(n, struct link, node);
}

static int
link_order(const void *key, const struct tree_node *node)
{
	const struct link_key *k = key;
	const struct link *l = tree_entry(node, const struct link, node);
	int c = strcmp(k->name, l->name);

	return c != 0 ? c : addr_order(k->addr, &l->addr);
}

struct link *
link_first(struct engine *e)
{
	return link_entry(tree_first(&e->evidence.links));
}

struct link *
link_next(struct link *link)
{
	return link_entry(tree_next(&link->node));
}

const char *
link_word(enum link_state state)
{
	static const char *const words[] = { "unknown", "up", "down" };

	return words[state];
}

struct link *
link_find(struct engine *e, const char *name, unsigned use)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->use & use && strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

bool
link_is_first(struct engine *e, const struct link *link)
{
	return link_find(e, link->name, link->use) == link;
}

enum link_state
link_service(struct engine *e, const char *name, unsigned use)
{
	size_t n = 0, down = 0;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (!(l->use & use) || strcmp(l->name, name) != 0)
			continue;
		if (l->state == LINK_UP)
			return LINK_UP;
		n++;
		down += l->state == LINK_DOWN;
	}
	return n > 0 && down == n ? LINK_DOWN : LINK_UNKNOWN;
}

bool
link_is_given(const struct setup_bridgehead *b, const struct addr *addr)
{
	for (size_t i = 0; i < b->nsmtp; i++)
		if (addr_equal(&b->smtp[i], addr))
			return true;
	return false;
}

bool
link_is_of(const struct link *l, const struct setup_bridgehead *b)
{
	return l->use & LINK_CONNECTOR && strcmp(l->name, b->name) == 0 &&
	       (b->nsmtp == 0 || link_is_given(b, &l->addr));
}

const struct link *
link_bridgehead(struct engine *e, const struct setup_bridgehead *b)
{
	const struct link *best = NULL;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (!link_is_of(l, b))
			continue;
		if (l->state == LINK_UP)
			return l;
		if (best == NULL || l->state == LINK_UNKNOWN)
			best = l;
	}
	return best;
}

enum link_state
link_mail(struct engine *e, const char *name)
{
	return link_service(
	    e, name, LINK_CONNECTOR | LINK_MEMBER | LINK_SELF | LINK_SILENT);
}

static void
link_free(struct engine *e, struct link *l)
{
	if (l->probe.running || l->probe.waits) /* it is given up */
		fx_add(e, (struct effect){ .kind = FX_PROBE, .who = l->who });
	tree_remove(&e->evidence.links, &l->node);
	mem_free(l->name);
	mem_free(l->relay.pattern);
	mem_free(l);
}

static void
link_want(struct engine *e, const char *name, const struct addr *addr,
    enum link_use use)
{
	struct link_key key = { name, addr };
	struct link *l;

	if (addr->family == 0)
		return;
	l = link_entry(tree_find(&e->evidence.links, &key, link_order));
	if (l == NULL) {
		l = mem_new(sizeof(*l), 0, 0);
		l->who = ++e->evidence.links_made;
		l->name = mem_str(name);
		l->addr = *addr;
		l->probe.next = l->since = e->now;
		l->probe.last = link_probed(e, name);
		l->probe.pace = (struct pace){ .burst = LINK_URGENT_BURST,
			.each_ms = LINK_LEAST_MS };
		l->since_wall = e->wall;
		key.name = l->name;
		tree_insert(&e->evidence.links, &l->node, &key, link_order);
	}
	l->use |= use;
}

static void
want_server(struct engine *e, const char *name, enum link_use use)
{
	struct addr addrs[LIMIT_ADDRESSES];
	size_t n = group_mail(&e->db, e->setup, name, addrs);

	for (size_t i = 0; i < n; i++)
		link_want(e, name, &addrs[i], use);
}

static void
want_connectors(struct engine *e)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *b = &c->bridgeheads[k];

			for (size_t m = 0; m < b->nsmtp; m++)
				link_want(
				    e, b->name, &b->smtp[m], LINK_CONNECTOR);
			if (b->nsmtp == 0)
				want_server(e, b->name, LINK_CONNECTOR);
		}
	}
}

static void
want_members(struct engine *e)
{
	struct names members = { 0 }, chosen = { 0 };

	group_members(&e->db, e->setup, &members);
	group_chosen(e->setup->server, &members, &chosen);
	for (size_t i = 0; i < chosen.list.n; i++)
		want_server(e, chosen.list.v[i], LINK_MEMBER);
	vec_done(&members.list);
	vec_done(&chosen.list);
}

/* A silent neighbour whose mail service nobody else's link probes. */
static void
want_silent(struct engine *e)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);
		struct link *l;

		if (nbr->adjacency != ADJACENT_SILENT)
			continue;
		l = link_find(e, nbr->name, LINK_CONNECTOR | LINK_MEMBER);
		if (l == NULL)
			want_server(e, nbr->name, LINK_SILENT);
		for (; l != NULL && strcmp(l->name, nbr->name) == 0;
		     l = link_next(l))
			if (l->use & (LINK_CONNECTOR | LINK_MEMBER))
				l->use |= LINK_SILENT;
	}
}

/* Our MTA can connect to it, by its families; where it is given a name, the
 * addresses of that count, which a probe finds out. */
static bool
is_possible(const struct engine *e, const struct addr *addr)
{
	return !e->asked.mta.read || e->setup->by_name ||
	       (addr->family == 4 ? e->asked.mta.ipv4 : e->asked.mta.ipv6);
}

void
link_refresh(struct engine *e)
{
	struct link *next;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		l->use = 0;
	want_connectors(e);
	want_members(e);
	want_silent(e);
	for (size_t i = 0; i < e->setup->nsmtp; i++)
		link_want(e, e->setup->server, &e->setup->smtp[i], LINK_SELF);
	for (size_t i = 0; i < e->setup->nspaces; i++)
		link_want(e, e->setup->spaces[i].pattern,
		    &e->setup->spaces[i].probe, LINK_SPACE);
	for (struct link *l = link_first(e); l != NULL; l = next) {
		next = link_next(l);
		if (l->use == 0)
			link_free(e, l);
		else
			link_bar(e, l, !is_possible(e, &l->addr));
	}
}

void
link_done(struct engine *e)
{
	while (e->evidence.links.root != NULL)
		link_free(e, link_entry(e->evidence.links.root));
}
