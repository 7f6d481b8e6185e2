#include "core/node/contest.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/cause.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/node.h"
#include "core/node/service.h"
#include "core/node/signers.h"
#include "core/view/nexthop.h"

struct claimant {
	struct tree_node by_name, by_addr;
	char *name, *group;
	struct addr addr;
	bool holds; /* of those with this address: it named it first */
	bool lost;
};

/* Where an address is one: everywhere, or, a private one, in a group. */
struct place {
	const struct addr *addr;
	const char *group; /* NULL: everywhere */
	const char *name;  /* NULL: before all who name it */
};

static bool
is_private(const struct addr *a)
{
	if (a->family == 6)
		return (a->ip[0] & 0xfe) == 0xfc;
	return a->ip[0] == 10 || (a->ip[0] == 172 && a->ip[1] >> 4 == 1) ||
	       (a->ip[0] == 192 && a->ip[1] == 168) ||
	       (a->ip[0] == 100 && a->ip[1] >> 6 == 1);
}

static struct place
contest_place_of(const struct claimant *c)
{
	return (struct place){ &c->addr, is_private(&c->addr) ? c->group : NULL,
		c->name };
}

static int
contest_place_order(const struct place *a, const struct place *b)
{
	int c = addr_order(a->addr, b->addr);

	/* One address is private for both, or for neither. */
	return c == 0 && a->group != NULL ? strcmp(a->group, b->group) : c;
}

static int
contest_by_addr(const void *key, const struct tree_node *node)
{
	struct place at =
	    contest_place_of(tree_entry(node, struct claimant, by_addr));
	const struct place *place = key;
	int c = contest_place_order(place, &at);

	if (c != 0)
		return c;
	return place->name == NULL ? -1 : strcmp(place->name, at.name);
}

static int
contest_by_name(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct claimant, by_name)->name);
}

static struct claimant *
contest_find(const struct engine *e, const char *name)
{
	struct tree_node *n =
	    tree_find(&e->contest.names, name, contest_by_name);

	return n == NULL ? NULL : tree_entry(n, struct claimant, by_name);
}

/* The first of those at this place, or NULL. */
static struct claimant *
first_at(const struct engine *e, struct place place)
{
	struct tree_node *n;
	struct claimant *c;
	struct place at;

	place.name = NULL;
	n = tree_from(&e->contest.addrs, &place, contest_by_addr);
	if (n == NULL)
		return NULL;
	c = tree_entry(n, struct claimant, by_addr);
	at = contest_place_of(c);
	return contest_place_order(&place, &at) == 0 ? c : NULL;
}

static struct claimant *
next_at(struct claimant *c)
{
	struct tree_node *n = tree_next(&c->by_addr);
	struct place here = contest_place_of(c), at;

	if (n == NULL)
		return NULL;
	c = tree_entry(n, struct claimant, by_addr);
	at = contest_place_of(c);
	return contest_place_order(&here, &at) == 0 ? c : NULL;
}

/* Whom our configuration gives the address, or NULL. */
static const char *
contest_configured(const struct engine *e, const struct addr *a)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (service_is_given(&c->bridgeheads[k], a))
				return c->bridgeheads[k].name;
	}
	return NULL;
}

/* Who is sent to by this one's address. */
static const char *
owner(const struct engine *e, struct claimant *c)
{
	const char *name = contest_configured(e, &c->addr);

	if (nexthop_is_own(e->setup, &c->addr))
		return e->setup->server;
	if (name != NULL)
		return name;
	for (struct claimant *one = first_at(e, contest_place_of(c));
	     one != NULL; one = next_at(one))
		if (one->holds)
			return one->name;
	return c->name;
}

/* It has the address, or whose it is. */
static void
contest_judge(struct engine *e, struct claimant *c, const char *whose)
{
	bool lost = strcmp(whose, c->name) != 0;
	char text[ADDR_TEXT];

	if (lost == c->lost)
		return;
	c->lost = lost;
	e->contest.lost += lost ? 1 : (size_t)-1;
	fx_event(e, (struct event){ .kind = EVENT_ADDRESS,
			.origin = c->name,
			.name = addr_text(&c->addr, text),
			.from = lost ? whose : NULL,
			.to = lost ? "down" : "up" });
	cause_other(e, "address", c->name, lost ? "lost" : "found", NULL);
	due_say(e);
	due_compute(e);
}

static void
core_contest_look(struct engine *e, struct claimant *c)
{
	contest_judge(e, c, owner(e, c));
}

static void
look_at(struct engine *e, struct place place)
{
	for (struct claimant *c = first_at(e, place); c != NULL; c = next_at(c))
		core_contest_look(e, c);
}

/* What we reported last is what is left of who came first. */
static bool
was_down(const struct lsa_server *own, const char *name)
{
	for (size_t i = 0; own != NULL && i < own->nmail_down; i++)
		if (strcmp(own->mail_down[i], name) == 0)
			return true;
	return false;
}

/* Whether `a` rather than `b` has had it, as far as anybody can tell. */
static bool
rather(const struct engine *e, const struct lsa_server *own,
    const struct claimant *a, const struct claimant *b)
{
	const struct claims *x = signers_claims(&e->signers, a->name);
	const struct claims *y = signers_claims(&e->signers, b->name);
	bool a_down = was_down(own, a->name), b_down = was_down(own, b->name);

	if (a_down != b_down)
		return b_down;
	if (x != NULL && y != NULL && x->not_before != y->not_before)
		return x->not_before < y->not_before;
	return strcmp(a->name, b->name) < 0;
}

static void
holder_choose(
    struct engine *e, const struct lsa_server *own, struct place place)
{
	struct claimant *best = NULL;

	for (struct claimant *c = first_at(e, place); c != NULL;
	     c = next_at(c)) {
		c->holds = false;
		if (best == NULL || rather(e, own, c, best))
			best = c;
	}
	if (best != NULL)
		best->holds = true;
}

static bool
contest_is_held(const struct engine *e, struct place place)
{
	for (struct claimant *c = first_at(e, place); c != NULL; c = next_at(c))
		if (c->holds)
			return true;
	return false;
}

static void
contest_leave(struct engine *e, struct claimant *c)
{
	struct claimant copy = *c; /* for its place alone */

	contest_judge(e, c, c->name);
	tree_remove(&e->contest.names, &c->by_name);
	tree_remove(&e->contest.addrs, &c->by_addr);
	mem_free(c);
	if (copy.holds)
		holder_choose(e, NULL, contest_place_of(&copy));
	look_at(e, contest_place_of(&copy));
	mem_free(copy.name);
	mem_free(copy.group);
}

void
contest_gone(struct engine *e, const char *name)
{
	struct claimant *c = contest_find(e, name);

	if (c != NULL)
		contest_leave(e, c);
}

/* The first address that can be sent to, or family 0. */
static struct addr
address_of(const struct engine *e, const struct lsa_server *s)
{
	for (size_t i = 0; i < s->nsmtp; i++)
		if (addr_is_hop(&s->smtp[i], e->setup->lab))
			return s->smtp[i];
	return (struct addr){ 0 };
}

static struct claimant *
enter(struct engine *e, const char *name, const struct lsa_server *s)
{
	struct claimant *c = mem_new(sizeof(*c), 0, 0);
	struct place place;

	c->name = mem_str(name);
	c->group = mem_str(s->group);
	c->addr = address_of(e, s);
	place = contest_place_of(c);
	tree_insert(&e->contest.names, &c->by_name, c->name, contest_by_name);
	tree_insert(&e->contest.addrs, &c->by_addr, &place, contest_by_addr);
	return c;
}

void
contest_learnt(struct engine *e, const struct lsa *lsa)
{
	const char *name = lsa->key.origin;
	struct claimant *c = contest_find(e, name);
	const struct lsa_server *s = lsa_server(lsa);
	struct addr addr = { 0 };

	if (!e->contest.open || strcmp(name, e->setup->server) == 0)
		return;
	if (s != NULL)
		addr = address_of(e, s);
	if (c != NULL && s != NULL && addr_equal(&addr, &c->addr) &&
	    strcmp(s->group, c->group) == 0)
		return;
	if (c != NULL)
		contest_leave(e, c);
	if (addr.family != 0) {
		c = enter(e, name, s);
		c->holds = !contest_is_held(e, contest_place_of(c));
		core_contest_look(e, c);
	}
}

static void
enter_all(struct engine *e)
{
	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l)) {
		const struct lsa_server *s = lsa_server(l);

		if (s != NULL && !node_is_own(e, &l->key) &&
		    address_of(e, s).family != 0)
			enter(e, l->key.origin, s);
	}
}

void
contest_start(struct engine *e)
{
	struct lsa_key key = { e->setup->server, "", LSA_SERVER };
	const struct lsa *lsa = lsdb_find(&e->db, &key);
	const struct lsa_server *own = lsa == NULL ? NULL : lsa_server(lsa);

	e->contest.open = true;
	enter_all(e);
	for (struct tree_node *n = tree_first(&e->contest.addrs); n != NULL;
	     n = tree_next(n)) {
		struct claimant *c = tree_entry(n, struct claimant, by_addr);

		if (!contest_is_held(e, contest_place_of(c)))
			holder_choose(e, own, contest_place_of(c));
	}
	contest_look(e);
}

void
contest_look(struct engine *e)
{
	struct tree_node *n = tree_first(&e->contest.names);

	for (; n != NULL; n = tree_next(n))
		core_contest_look(e, tree_entry(n, struct claimant, by_name));
}

bool
contest_lost(const struct engine *e, const char *name)
{
	const struct claimant *c =
	    e->contest.lost == 0 ? NULL : contest_find(e, name);

	return c != NULL && c->lost;
}

void
contest_members(const struct engine *e, struct names *out)
{
	struct tree_node *n = tree_first(&e->contest.names);

	for (; n != NULL && e->contest.lost > 0; n = tree_next(n)) {
		const struct claimant *c =
		    tree_entry(n, struct claimant, by_name);

		if (c->lost && strcmp(c->group, e->setup->group) == 0)
			vec_push(&out->list, c->name);
	}
}

void
contest_done(struct engine *e)
{
	while (e->contest.names.root != NULL) {
		struct claimant *c =
		    tree_entry(e->contest.names.root, struct claimant, by_name);

		tree_remove(&e->contest.names, &c->by_name);
		mem_free(c->name);
		mem_free(c->group);
		mem_free(c);
	}
}
