/*
 * plan_simulate.c - `simulate`: the routes of all present servers before and
 * after a change.
 */

#include <string.h>

#include "core/paths/routes.h"
#include "ctl/plan.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"
#include "ctl/table.h"

#define FLUSH_OCTETS 65536

struct simulation {
	struct plan plan;
	struct routes *was, *is;
	struct routes_one before, after; /* of the pattern at hand */
	struct show_count count;
	bool json;
};

/* What counts as moved: next hops, metric, being reachable or here. */
static bool
differ(const struct routes_one *a, const struct routes_one *b)
{
	return a->kind != b->kind || a->metric != b->metric ||
	       a->hops.n != b->hops.n ||
	       (a->hops.n > 0 && memcmp(a->hops.v, b->hops.v,
				     a->hops.n * sizeof(*a->hops.v)) != 0);
}

/* As lines, or as what is made of them. */
static void
flush_all(struct simulation *s)
{
	if (!s->json)
		plan_table(&s->plan, table_moves);
	show_flush(&s->plan.out);
}

/* Between two servers: `from` then stands before each. */
static void
flush_some(struct simulation *s)
{
	if (s->plan.out.n >= FLUSH_OCTETS)
		flush_all(s);
}

static void
show(struct simulation *s, size_t pattern)
{
	const struct net *net = &s->plan.net;
	const char *text = routes_text(s->is, pattern);
	char was_why[ROUTES_WHY], is_why[ROUTES_WHY];
	struct show_move move = {
		net->servers.v[s->is->from].name,
		{ net, text, &s->before, was_why },
		{ net, text, &s->after, is_why },
	};

	if (s->before.kind == ROUTES_NONE)
		routes_why(s->was, pattern, was_why);
	if (s->after.kind == ROUTES_NONE)
		routes_why(s->is, pattern, is_why);
	show_move_json(&s->plan.out, &move);
}

static void
simulate_from(struct simulation *s, uint32_t from)
{
	routes_stand(s->was, from);
	routes_stand(s->is, from);
	s->count.servers++;
	for (size_t p = 0; p < s->is->npatterns; p++) {
		routes_find(s->was, p, &s->before);
		routes_find(s->is, p, &s->after);
		s->count.routes++;
		if (s->after.kind == ROUTES_NONE)
			s->count.unreachable++;
		if (!differ(&s->before, &s->after))
			continue;
		s->count.moved++;
		show(s, p);
	}
	flush_some(s);
}

/* All of it; the caller ends s->plan. */
static void
simulate_all(struct simulation *s)
{
	const struct net *net = &s->plan.net;

	s->was = routes_new(&s->plan.before, NULL);
	s->is = routes_new(net, NULL);
	for (uint32_t i = 0; i < net->servers.n; i++)
		if (net->servers.v[i].present)
			simulate_from(s, i);
	show_count_json(&s->plan.out, &s->count);
	flush_all(s);
	routes_free(s->was);
	routes_free(s->is);
	routes_done(&s->before);
	routes_done(&s->after);
}

int
plan_simulate(const struct call *call)
{
	struct simulation s = { .json = call->json };
	int status = plan_open(call, &s.plan);

	if (status != CALL_OK)
		return status;
	simulate_all(&s);
	plan_done(&s.plan);
	return s.count.moved > 0 ? CALL_NO : CALL_OK;
}

int
plan_compare(const struct call *call, const struct plan_change *change)
{
	struct simulation s = { .json = call->json };
	int status = plan_open_changed(call, change, &s.plan);

	if (status != CALL_OK)
		return status;
	simulate_all(&s);
	plan_done(&s.plan);
	return CALL_OK;
}
