/*
 * view_explain.c - where one address goes now, and why not elsewhere.
 */

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/match.h"
#include "core/paths/explain.h"
#include "core/view/view_state.h"

struct telling {
	struct json *j;
	const struct view *v;
	const struct explain *e;
	const struct route *r; /* published; NULL: none, or not asked for */
};

static const char *
view_explain_name_of(const struct telling *t, uint32_t server)
{
	return t->v->facts.servers.v[server].name;
}

static void
metric_tell(struct json *j, uint64_t metric)
{
	json_uint(j, "cost", graph_cost(metric));
	json_uint(j, "hops", graph_hops(metric));
}

static void
numbers_tell(
    const struct telling *t, const char *key, const uint32_t *v, size_t n)
{
	json_open(t->j, key, '[');
	for (size_t i = 0; i < n; i++)
		json_str(t->j, NULL, view_explain_name_of(t, v[i]));
	json_close(t->j, ']');
}

/* By the database alone. */
static void
computed_tell(const struct telling *t)
{
	const struct routes_one *route = &t->e->route;

	json_str(t->j, "result", explain_result_word(t->e->result));
	if (t->e->pattern != NULL)
		json_str(t->j, "pattern", t->e->pattern);
	if (t->e->result == EXPLAIN_HOLD)
		json_str(t->j, "reason", t->e->why);
	if (t->e->result > EXPLAIN_HERE)
		return;
	json_str(t->j, "server", view_explain_name_of(t, route->server));
	metric_tell(t->j, route->metric);
	if (t->e->result != EXPLAIN_REMOTE)
		return;
	numbers_tell(t, "next_hops", route->hops.v, route->hops.n);
	numbers_tell(t, "alternates", route->alternates.v, route->alternates.n);
	numbers_tell(t, "path", route->path.v, route->path.n);
}

static void
hops_tell(const struct telling *t, const char *key, bool alternate)
{
	json_open(t->j, key, '[');
	for (size_t i = 0; i < t->r->nhops; i++)
		if (t->r->hop[i].alternate == alternate)
			json_str(t->j, NULL, t->r->hop[i].name);
	json_close(t->j, ']');
}

/* By the table. A route borrowed by fallback names the pattern it is of. */
static void
published_tell(const struct telling *t)
{
	const struct route *r = t->r;
	enum explain_result result = r->kind == ROUTE_HOLD     ? EXPLAIN_HOLD
	                             : r->kind == ROUTE_REMOTE ? EXPLAIN_REMOTE
	                                                       : EXPLAIN_HERE;
	bool kept = r->leaves != 0 || r->revoked; /* by no claim of now */
	bool agreed = t->e->result == result && !r->last_resort && !kept;

	json_str(t->j, "result", explain_result_word(result));
	json_str(t->j, "pattern", agreed ? t->e->pattern : r->pattern);
	if (r->server != NULL) {
		json_str(t->j, "server", r->server);
		json_uint(t->j, "cost", r->cost);
		json_uint(t->j, "hops", r->hops);
	}
	if (r->kind == ROUTE_REMOTE) {
		hops_tell(t, "next_hops", false);
		hops_tell(t, "alternates", true);
		json_list(t->j, "path", r->path, r->npath);
	}
	if (route_by(r) != NULL)
		json_str(t->j, "transport", route_by(r));
	if (r->kind == ROUTE_WAY)
		json_str(t->j, "way", r->way);
	if (r->kind == ROUTE_HOLD)
		json_str(t->j, "reason", r->reason);
	json_bool(t->j, "last_resort", r->last_resort);
	json_bool(t->j, "relay", r->relay);
	if (r->leaves != 0) {
		json_uint(t->j, "leaves", r->leaves);
		json_bool(t->j, "given_up", r->over);
	}
}

/* When its server said so: claims of the net stand as those of the facts. */
static void
down_tell(const struct telling *t, const struct explain_candidate *c)
{
	const struct net *net = view_whole(t->v);
	const struct lsa *lsa =
	    t->v->facts.claims.v[c->claim - net->claims.v].lsa;

	if (c->verdict == EXPLAIN_DOWN && lsa != NULL && lsa_issued(lsa) != 0)
		json_uint(t->j, "since", lsa_issued(lsa));
}

/* It is claimed by a long list (lsa_list.h), or is in ours. */
static void
listed_tell(const struct telling *t, const struct explain_candidate *c)
{
	const struct net *net = view_whole(t->v);
	const struct facts_claim *claim =
	    &t->v->facts.claims.v[c->claim - net->claims.v];

	if (claim->own != NULL
		? claim->own->listed
		: claim->lsa != NULL && claim->lsa->key.type == LSA_LIST)
		json_bool(t->j, "listed", true);
}

static void
candidates_tell(const struct telling *t)
{
	json_open(t->j, "candidates", '[');
	for (size_t i = 0; i < t->e->candidates.n; i++) {
		const struct explain_candidate *c = &t->e->candidates.v[i];

		json_open(t->j, NULL, '{');
		json_str(t->j, "pattern", c->claim->pattern);
		json_str(
		    t->j, "server", view_explain_name_of(t, c->claim->server));
		if (c->metric != GRAPH_NONE)
			metric_tell(t->j, c->metric);
		json_str(t->j, "verdict", explain_verdict_word(c->verdict));
		listed_tell(t, c);
		down_tell(t, c);
		json_close(t->j, '}');
	}
	json_close(t->j, ']');
}

/* The most specific key that takes the address, or NULL. */
static const struct route *
view_explain_route_of(
    const struct rib *rib, const char *address, const char *delimiters)
{
	struct match m = match_over(address, delimiters);
	const struct route *r = NULL;
	const char *pattern;

	while (r == NULL && (pattern = match_next(&m)) != NULL)
		r = rib_find(rib, pattern);
	return r;
}

static bool
is_plain(const struct policy_message *m)
{
	return m->size == 0 && m->priority == 0 && m->sender == NULL &&
	       m->time < 0;
}

static void
view_explain_tell(const struct telling *t, const struct view_question *q)
{
	json_open(t->j, NULL, '{');
	json_str(t->j, "address", q->address);
	json_str(t->j, "from", t->v->in.setup->server);
	if (t->r != NULL)
		published_tell(t);
	else
		computed_tell(t);
	if (q->rib != NULL)
		json_uint(t->j, "generation", q->rib->generation);
	candidates_tell(t);
	json_close(t->j, '}');
	json_line(t->j);
}

bool
view_explain(
    struct json *j, const struct view *v, const struct view_question *q)
{
	char *address = mem_str(q->address), *sender;
	struct explain e;
	struct explain_question question = { .from = v->facts.self,
		.address = address,
		.delimiters = v->in.mta == NULL ? NULL : v->in.mta->delimiters,
		.message = q->message };
	struct telling t = { .j = j, .v = v, .e = &e };

	str_lower(address);
	if (!match_is_address(address)) {
		mem_free(address);
		return false;
	}
	sender = mem_str(q->message.sender);
	if (sender != NULL)
		str_lower(sender);
	question.message.sender = sender;
	explain_run(&e, view_whole(v), &question);
	if (q->rib != NULL && (is_plain(&q->message) || v->facts.limited == 0))
		t.r =
		    view_explain_route_of(q->rib, address, question.delimiters);
	view_explain_tell(&t, q);
	explain_done(&e);
	mem_free(sender);
	mem_free(address);
	return true;
}
