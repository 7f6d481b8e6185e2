/*
 * plan_simulate.c - `simulate`: the routes of all present servers before and
 * after a change.
 */

#include <string.h>

#include "core/paths/answer.h"
#include "ctl/plan.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"

#define FLUSH_OCTETS 65536

struct simulation {
	struct plan plan;
	struct answer *was, *is;
	struct answer_route before, after; /* of the pattern at hand */
	struct show_count count;
	bool json;
};

/* What counts as moved: next hops, metric, being reachable or here. */
static bool
differ(const struct answer_route *a, const struct answer_route *b)
{
	return a->kind != b->kind || a->metric != b->metric ||
	       a->hops.n != b->hops.n ||
	       (a->hops.n > 0 && memcmp(a->hops.v, b->hops.v,
				     a->hops.n * sizeof(*a->hops.v)) != 0);
}

static void
show(struct simulation *s, size_t pattern, bool first)
{
	const struct net *net = &s->plan.net;
	const char *text = answer_text(s->is, pattern);
	char was_why[ANSWER_WHY], is_why[ANSWER_WHY];
	struct show_move move = {
		net->servers.v[s->is->from].name,
		{ net, text, &s->before, was_why },
		{ net, text, &s->after, is_why },
	};

	if (s->before.kind == ANSWER_NONE)
		answer_why(s->was, pattern, was_why);
	if (s->after.kind == ANSWER_NONE)
		answer_why(s->is, pattern, is_why);
	if (s->json)
		show_move_json(&s->plan.out, &move);
	else
		show_move_table(&s->plan.out, &move, first);
	if (s->plan.out.n >= FLUSH_OCTETS)
		show_flush(&s->plan.out);
}

static void
simulate_from(struct simulation *s, uint32_t from)
{
	bool first = true;

	answer_stand(s->was, from);
	answer_stand(s->is, from);
	s->count.servers++;
	for (size_t p = 0; p < s->is->npatterns; p++) {
		answer_route(s->was, p, &s->before);
		answer_route(s->is, p, &s->after);
		s->count.routes++;
		if (s->after.kind == ANSWER_NONE)
			s->count.unreachable++;
		if (!differ(&s->before, &s->after))
			continue;
		s->count.moved++;
		show(s, p, first);
		first = false;
	}
}

int
plan_simulate(const struct call *call)
{
	struct simulation s = { .json = call->json };
	int status = plan_open(call, &s.plan);
	const struct net *net = &s.plan.net;

	if (status != CALL_OK)
		return status;
	s.was = answer_new(&s.plan.before, NULL);
	s.is = answer_new(net, NULL);
	for (uint32_t i = 0; i < net->servers.n; i++)
		if (net->servers.v[i].present)
			simulate_from(&s, i);
	if (call->json)
		show_count_json(&s.plan.out, &s.count);
	else
		show_count_table(&s.plan.out, &s.count);
	answer_free(s.was);
	answer_free(s.is);
	answer_done(&s.before);
	answer_done(&s.after);
	plan_done(&s.plan);
	return s.count.moved > 0 ? CALL_NO : CALL_OK;
}
