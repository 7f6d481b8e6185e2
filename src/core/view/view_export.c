/*
 * view_export.c - the topology document of the live database.
 */

#include <stdlib.h>
#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "core/view/view_state.h"

struct exporting {
	struct json *j;
	const struct view *v;
	VEC(const char *) names; /* of connectors, sorted */
};

/* A leaf is an end of ways, as a draining server is. */
static const char *
state_of(const struct view *v, uint32_t i)
{
	const struct facts_server *s = &v->facts.servers.v[i];

	if (!v->presence.present[i])
		return view_whole(v)->servers.v[i].present ? "drain" : "down";
	return s->body == NULL ? "starting" : lsa_state_word(s->body->state);
}

/* Of whom it is told, by whom and why it is drained; a reader of before leaves
 * it out. */
static void
drain_tell(struct json *j, const struct lsa_server *s)
{
	if (s == NULL || s->state != LSA_DRAIN)
		return;
	if (s->reason != NULL)
		json_str(j, "drain_reason", s->reason);
	if (s->drain_who != NULL) {
		json_str(j, "drain_by", s->drain_who);
		json_uint(j, "drain_since", s->drain_since);
	}
	if (s->drain_until != 0)
		json_uint(j, "drain_until", s->drain_until);
}

static void
server_tell(struct json *j, const char *name, const char *group,
    const char *state, const struct lsa_server *body)
{
	json_open(j, NULL, '{');
	json_str(j, "name", name);
	json_str(j, "routing_group", group == NULL ? "unknown" : group);
	json_str(j, "state", state);
	if (body == NULL)
		json_bool(j, "away", true);
	else
		lsa_position_show(j, &body->position);
	drain_tell(j, body);
	json_close(j, '}');
}

struct stranger {
	const char *name, *group;
};

static int
stranger_order(const void *a, const void *b)
{
	const struct stranger *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : strcmp(x->group, y->group);
}

/* Bridgeheads that nobody spoke for: hosts without lsrd. */
static void
strangers_tell(struct exporting *x)
{
	const struct facts *f = &x->v->facts;
	VEC(struct stranger) all = { 0 };

	for (size_t i = 0; i < f->connectors.n; i++) {
		const struct lsa_connector *c = f->connectors.v[i].body;

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			struct stranger one = { c->bridgeheads[k].name,
				c->group };

			if (facts_find(f, one.name) == FACTS_NONE)
				vec_push(&all, one);
		}
	}
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), stranger_order);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || strcmp(all.v[i - 1].name, all.v[i].name) != 0)
			server_tell(
			    x->j, all.v[i].name, all.v[i].group, "drain", NULL);
	vec_done(&all);
}

static void
servers_tell(struct exporting *x)
{
	const struct facts *f = &x->v->facts;

	json_open(x->j, "servers", '[');
	for (uint32_t i = 0; i < f->servers.n; i++)
		server_tell(x->j, f->servers.v[i].name,
		    f->servers.v[i].group_name, state_of(x->v, i),
		    x->v->presence.present[i] ? f->servers.v[i].body : NULL);
	strangers_tell(x);
	json_close(x->j, ']');
}

/* Several servers may call theirs so. */
static bool
view_export_is_shared(const struct exporting *x, const char *name)
{
	size_t i = find_text(FIND_TEXTS(x->names.v, x->names.n), name);

	return (i > 0 && strcmp(x->names.v[i - 1], name) == 0) ||
	       (i + 1 < x->names.n && strcmp(x->names.v[i + 1], name) == 0);
}

static void
name_tell(struct exporting *x, const struct facts_connector *c,
    const char *bridgehead)
{
	struct buf out = { 0 };
	char *name;

	buf_text(&out, c->name);
	if (view_export_is_shared(x, c->name))
		buf_printf(&out, "@%s", x->v->facts.servers.v[c->owner].name);
	if (bridgehead != NULL)
		buf_printf(&out, ":%s", bridgehead);
	name = buf_string(&out);
	json_str(x->j, "name", name);
	mem_free(name);
}

/* One cost and one state stand in a document's connector. */
static bool
alike(const struct facts_connector *c, size_t i, size_t k)
{
	const struct lsa_bridgehead *b = c->body->bridgeheads;

	return b[i].cost == b[k].cost && facts_up(c, i) == facts_up(c, k);
}

/* Bridgeheads of one connector that stand in one of the document. */
struct way_list {
	size_t first[LIMIT_BRIDGEHEADS]; /* by number of the way */
	size_t way[LIMIT_BRIDGEHEADS];   /* by bridgehead */
	size_t any;                      /* whom `any` finds is of it; or n */
	size_t n;
};

/* The way of the bridgehead k among those there are, or a new one. */
static size_t
way_of(const struct facts_connector *c, const struct way_list *ways, size_t k)
{
	size_t near = ways->n;

	for (size_t i = 0; i < ways->n; i++) {
		if (alike(c, ways->first[i], k))
			return i;
		if (facts_up(c, ways->first[i]) == facts_up(c, k))
			near = i;
	}
	return ways->n < LIMIT_EXPORT_WAYS ? ways->n : near;
}

static void
ways_find(const struct facts_connector *c, struct way_list *ways)
{
	ways->n = 0;
	for (size_t k = 0; k < c->body->nbridgeheads; k++) {
		ways->way[k] = way_of(c, ways, k);
		if (ways->way[k] == ways->n)
			ways->first[ways->n++] = k;
	}
}

/* Ours as it is configured; or NULL: what others have we know by their LSAs. */
static const struct setup_connector *
view_export_configured(
    const struct exporting *x, const struct facts_connector *c)
{
	const struct setup *s = x->v->in.setup;
	size_t at = FIND_NONE;

	if (strcmp(x->v->facts.servers.v[c->owner].name, s->server) == 0)
		at = find_text(FIND_LIST(setup_connector, name, s->connectors,
				   s->nconnectors),
		    c->name);
	return at == FIND_NONE ? NULL : &s->connectors[at];
}

/* That of the first whom `any` has found and who is up: whoever comes would
 * stand beside him. */
static void
way_any_find(const struct exporting *x, const struct facts_connector *c,
    struct way_list *ways)
{
	const struct setup_connector *own = view_export_configured(x, c);

	ways->any = ways->n;
	if (own == NULL || !own->any)
		return;
	for (size_t k = 0; k < c->body->nbridgeheads; k++) {
		size_t at = find_text(FIND_LIST(setup_bridgehead, name,
					  own->bridgeheads, own->nbridgeheads),
		    c->body->bridgeheads[k].name);

		if (at == FIND_NONE || !own->bridgeheads[at].found ||
		    !facts_up(c, k))
			continue;
		ways->any = ways->way[k];
		return;
	}
}

static void
bridgeheads_tell(struct exporting *x, const struct facts_connector *c,
    const struct way_list *ways, size_t way)
{
	const struct lsa_connector *body = c->body;
	size_t first = ways->first[way];
	const struct lsa_bridgehead *b = &body->bridgeheads[first];
	uint32_t cost = facts_cost(body, b);

	json_open(x->j, NULL, '{');
	name_tell(x, c, first == 0 ? NULL : b->name);
	json_str(x->j, "server", x->v->facts.servers.v[c->owner].name);
	json_open(x->j, "to", '[');
	for (size_t k = first; k < body->nbridgeheads; k++)
		if (ways->way[k] == way)
			json_str(x->j, NULL, body->bridgeheads[k].name);
	json_close(x->j, ']');
	if (way == ways->any)
		json_str(x->j, "bridgehead", "any");
	json_uint(x->j, "cost", cost > LIMIT_COST_MAX ? LIMIT_COST_MAX : cost);
	json_str(x->j, "state",
	    body->state != LSA_UP ? "drain"
	    : facts_up(c, first)  ? "up"
				  : "down");
	json_str(x->j, "routing_group", body->group);
	lsa_drains_show(x->j, body);
	policy_tell(x->j, body->policy);
	json_close(x->j, '}');
}

/* The rest need not be told. */
static bool
is_long(const struct exporting *x)
{
	return x->j->out->n > LIMIT_EXPORT_OCTETS;
}

static void
connectors_tell(struct exporting *x)
{
	const struct facts *f = &x->v->facts;

	for (size_t i = 0; i < f->connectors.n; i++)
		vec_push(&x->names, f->connectors.v[i].name);
	find_sort_texts(x->names.v, x->names.n);
	json_open(x->j, "connectors", '[');
	for (size_t i = 0; i < f->connectors.n && !is_long(x); i++) {
		const struct facts_connector *c = &f->connectors.v[i];
		struct way_list ways;

		ways_find(c, &ways);
		way_any_find(x, c, &ways);
		for (size_t k = 0; k < ways.n; k++)
			bridgeheads_tell(x, c, &ways, k);
	}
	json_close(x->j, ']');
	vec_done(&x->names);
}

static void
spaces_tell(struct exporting *x)
{
	const struct net *net = view_whole(x->v);

	json_open(x->j, "address_spaces", '[');
	for (size_t i = 0; i < net->claims.n && !is_long(x); i++) {
		const struct net_claim *c = &net->claims.v[i];

		json_open(x->j, NULL, '{');
		json_str(x->j, "pattern", c->pattern);
		json_str(x->j, "server", net->servers.v[c->server].name);
		json_uint(x->j, "cost",
		    c->cost > LIMIT_COST_MAX ? LIMIT_COST_MAX : c->cost);
		if (c->local)
			json_str(x->j, "scope", "routing-group");
		if (c->fallback)
			json_bool(x->j, "fallback", true);
		if (c->relay)
			json_bool(x->j, "relay", true);
		if (c->down)
			json_str(x->j, "state", "down");
		json_close(x->j, '}');
	}
	json_close(x->j, ']');
}

bool
view_export(struct json *j, const struct view *v)
{
	struct exporting x = { .j = j, .v = v };

	json_open(j, NULL, '{');
	json_str(j, "format", "lsrd-topology/1");
	json_str(j, "organization", v->in.setup->organization);
	servers_tell(&x);
	connectors_tell(&x);
	spaces_tell(&x);
	json_close(j, '}');
	json_line(j);
	return !is_long(&x);
}
