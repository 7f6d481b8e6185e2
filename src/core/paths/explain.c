#include "core/paths/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lsa/match.h"

/* The question under no limit, under the first one, the first two ... */
enum { PLAIN, WITH_SIZE, WITH_SENDER, WITH_PRIORITY, ALL_LIMITS, STAGES };

struct work {
	const struct net *net;
	const struct explain_question *question;
	struct routes *stage[STAGES]; /* made when they are asked */
	struct explain *out;
	bool decided;
};

static struct policy_message
limits_up_to(const struct policy_message *message, int stage)
{
	struct policy_message m = { .time = -1 };

	if (stage >= WITH_SIZE)
		m.size = message->size;
	if (stage >= WITH_SENDER)
		m.sender = message->sender;
	if (stage >= WITH_PRIORITY)
		m.priority = message->priority;
	if (stage >= ALL_LIMITS)
		m.time = message->time;
	return m;
}

static struct routes *
routes_at(struct work *w, int stage)
{
	struct policy_message message =
	    limits_up_to(&w->question->message, stage);

	if (w->stage[stage] == NULL) {
		w->stage[stage] = routes_new(w->net, &message);
		routes_stand(w->stage[stage], w->question->from);
	}
	return w->stage[stage];
}

/* Why the claim by itself is out; EXPLAIN_CHOSEN: it is not. */
static enum explain_verdict
stopped_by(struct work *w, const struct explain_candidate *c)
{
	static const enum explain_verdict verdicts[STAGES] = {
		EXPLAIN_UNREACHABLE, EXPLAIN_SIZE, EXPLAIN_SENDER,
		EXPLAIN_PRIORITY, EXPLAIN_SCHEDULE
	};

	if (!routes_sees(w->net, c->claim, w->question->from))
		return EXPLAIN_SCOPE;
	if (c->claim->down)
		return EXPLAIN_DOWN;
	if (c->metric != GRAPH_NONE)
		return EXPLAIN_CHOSEN;
	for (int stage = PLAIN; stage < STAGES; stage++)
		if (routes_metric(routes_at(w, stage), c->claim) == GRAPH_NONE)
			return verdicts[stage];
	return EXPLAIN_UNREACHABLE;
}

static int
explain_by_metric(const void *x, const void *y)
{
	const struct explain_candidate *a = x, *b = y;

	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return a->claim->server < b->claim->server ? -1 : 1;
}

/* By what another claim of the pattern in use lost. */
static enum explain_verdict
lost_by(const struct routes_one *route, const struct explain_candidate *c)
{
	if (c->claim->server == route->server)
		return EXPLAIN_CHOSEN;
	if (graph_cost(c->metric) != graph_cost(route->metric))
		return EXPLAIN_COST;
	if (c->metric != route->metric)
		return EXPLAIN_HOPS;
	return EXPLAIN_NAME;
}

/* Why nothing of the pattern is left, from the candidates behind `first`. */
static void
hold_why(struct work *w, size_t pattern, size_t first)
{
	struct explain *e = w->out;

	routes_why(routes_at(w, ALL_LIMITS), pattern, e->why);
	for (size_t i = first; i < e->candidates.n; i++)
		if (e->candidates.v[i].verdict >= EXPLAIN_SIZE)
			snprintf(e->why, sizeof(e->why),
			    "no way to %s admits this message (%s)",
			    w->net->servers.v[e->candidates.v[i].claim->server]
				.name,
			    explain_verdict_word(e->candidates.v[i].verdict));
}

/* Decides whether the pattern is the one in use, held at, or passed over. */
static void
explain_decide(struct work *w, const struct net_claim *claims, size_t n)
{
	struct routes *a = routes_at(w, ALL_LIMITS);
	size_t pattern = routes_pattern(a, claims->pattern);
	struct explain *e = w->out;
	bool fallback = true;

	routes_find(a, pattern, &e->route);
	if (e->route.kind == ROUTES_HIDDEN)
		return;
	e->pattern = claims->pattern;
	if (e->route.kind != ROUTES_NONE) {
		w->decided = true;
		e->result = e->route.kind == ROUTES_HERE ? EXPLAIN_HERE
		                                         : EXPLAIN_REMOTE;
		routes_path(a, pattern, &e->route);
		routes_alternates(a, pattern, 1, &e->route);
		return;
	}
	e->result = EXPLAIN_HOLD;
	hold_why(w, pattern, e->candidates.n - n);
	for (size_t i = 0; i < n; i++)
		if (routes_sees(w->net, &claims[i], w->question->from))
			fallback = fallback && claims[i].fallback;
	w->decided = !fallback;
}

static void
pattern_add(struct work *w, const struct net_claim *claims, size_t n)
{
	struct routes *a = routes_at(w, ALL_LIMITS);
	struct explain *e = w->out;
	size_t first = e->candidates.n;
	bool late = w->decided;

	for (size_t i = 0; i < n; i++) {
		struct explain_candidate c = { .claim = &claims[i] };

		c.metric = routes_metric(a, c.claim);
		c.verdict = stopped_by(w, &c);
		vec_push(&e->candidates, c);
	}
	if (!late)
		explain_decide(w, claims, n);
	for (size_t i = first; i < e->candidates.n; i++) {
		struct explain_candidate *c = &e->candidates.v[i];

		if (c->verdict != EXPLAIN_CHOSEN)
			continue;
		c->verdict =
		    late ? EXPLAIN_LESS_SPECIFIC : lost_by(&e->route, c);
	}
	qsort(e->candidates.v + first, n, sizeof(*e->candidates.v),
	    explain_by_metric);
}

void
explain_run(struct explain *e, const struct net *net,
    const struct explain_question *question)
{
	struct work w = { net, question, { NULL }, e, false };
	struct match m = match_over(question->address, question->delimiters);
	const char *pattern;

	*e = (struct explain){ .result = EXPLAIN_NOT_OURS };
	while ((pattern = match_next(&m)) != NULL) {
		size_t n;
		const struct net_claim *claims = net_claims(net, pattern, &n);

		if (n > 0)
			pattern_add(&w, claims, n);
	}
	for (int i = 0; i < STAGES; i++)
		routes_free(w.stage[i]);
}

void
explain_done(struct explain *e)
{
	routes_done(&e->route);
	vec_done(&e->candidates);
}

const char *
explain_result_word(enum explain_result result)
{
	static const char *const words[] = { "remote", "here", "hold",
		"not-ours" };

	return words[result];
}

const char *
explain_verdict_word(enum explain_verdict verdict)
{
	static const char *const words[] = { "chosen", "cost", "hops", "name",
		"less-specific", "unreachable", "down", "scope", "size",
		"sender", "priority", "schedule" };

	return words[verdict];
}
