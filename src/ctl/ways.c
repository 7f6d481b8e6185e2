#include "ctl/ways.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/grid.h"
#include "ctl/plan_open.h"

/* One question while it is answered. */
struct search {
	struct ways *ways;
	const struct document *doc;
	const struct net *net;
	uint32_t from;
	const struct policy_message *message;
	struct routes *routes;   /* of a message that is admitted */
	size_t pattern;          /* in them; SIZE_MAX: nobody claims it */
	struct routes_one route; /* from `from` */
};

static bool
is_in(uint32_t server, const uint32_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == server)
			return true;
	return false;
}

/* What is left of the way from there on. */
static uint64_t
rest_metric(struct search *s, uint32_t server)
{
	struct routes_one one = { 0 };
	uint64_t metric = GRAPH_NONE;

	if (s->pattern == SIZE_MAX)
		return GRAPH_NONE;
	routes_stand(s->routes, server);
	routes_find(s->routes, s->pattern, &one);
	if (one.kind == ROUTES_HERE ||
	    (one.kind == ROUTES_REMOTE && s->net->servers.v[server].transit))
		metric = one.metric;
	routes_done(&one);
	return metric;
}

static enum ways_verdict
ways_judge(const struct search *s, const struct ways_one *one, uint32_t to)
{
	const struct routes_one *route = &s->route;

	if (one->metric == GRAPH_NONE)
		return s->net->servers.v[to].transit ? WAYS_NO_WAY
		                                     : WAYS_NO_TRANSIT;
	if (route->kind == ROUTES_REMOTE &&
	    is_in(to, route->hops.v, route->hops.n))
		return WAYS_NEXT_HOP;
	if (is_in(to, route->alternates.v, route->alternates.n))
		return WAYS_ALTERNATE;
	return WAYS_LOOP;
}

static bool
ways_admits(const struct search *s, const struct policy *policy)
{
	return s->message == NULL || policy == NULL ||
	       policy_judge(policy, s->message) == POLICY_ADMITS;
}

static void
ways_add(struct search *s, struct ways_one one, uint32_t to, uint64_t step)
{
	one.neighbour = s->net->servers.v[to].name;
	one.metric = GRAPH_NONE;
	if (one.verdict != WAYS_LIMIT)
		ways_since(s->ways, s->doc, &one);
	if (one.why == NULL && !s->net->servers.v[to].present)
		one.verdict = WAYS_SERVER_DOWN;
	else if (one.why == NULL && one.verdict != WAYS_LIMIT) {
		uint64_t rest = rest_metric(s, to);

		if (rest != GRAPH_NONE)
			one.metric = step + rest;
		one.verdict = ways_judge(s, &one, to);
	}
	vec_push(&s->ways->list, one);
}

static void
members_add(struct search *s)
{
	const struct net_server *all = s->net->servers.v;

	for (uint32_t i = 0; i < s->net->servers.n; i++)
		if (i != s->from && all[i].group == all[s->from].group)
			ways_add(
			    s, (struct ways_one){ 0 }, i, graph_metric(0, 1));
}

static void
connectors_add(struct search *s)
{
	for (size_t i = 0; i < s->doc->connectors.n; i++) {
		const struct document_connector *c = &s->doc->connectors.v[i];
		struct ways_one one = { .connector = c->name,
			.verdict = WAYS_CONNECTOR_OUT };

		if (c->server != s->from)
			continue;
		if (c->cut)
			one.why = "cut";
		else if (c->state != DOCUMENT_UP)
			one.why =
			    c->state == DOCUMENT_DRAIN ? "drained" : "down";
		else if (!ways_admits(s, &c->policy))
			one.verdict = WAYS_LIMIT;
		for (size_t k = 0; k < c->to.n; k++)
			if (c->to.v[k] != s->from)
				ways_add(s, one, c->to.v[k],
				    graph_metric(c->cost, 1));
	}
}

static int
ways_order(const void *a, const void *b)
{
	const struct ways_one *one = a, *two = b;

	if (one->metric != two->metric)
		return one->metric < two->metric ? -1 : 1;
	return strcmp(one->neighbour, two->neighbour);
}

void
ways_find(struct ways *ways, const struct plan *plan, uint32_t from,
    const char *pattern, const struct policy_message *message)
{
	struct search s = { .ways = ways,
		.doc = plan->doc,
		.net = &plan->net,
		.from = from,
		.message = message,
		.route = { .kind = ROUTES_NONE } };

	s.routes = routes_new(s.net, message);
	s.pattern = routes_pattern(s.routes, pattern);
	routes_stand(s.routes, from);
	if (s.pattern != SIZE_MAX) {
		routes_find(s.routes, s.pattern, &s.route);
		routes_alternates(s.routes, s.pattern, 1, &s.route);
	}
	members_add(&s);
	connectors_add(&s);
	routes_done(&s.route);
	routes_free(s.routes);
	if (ways->list.n == 0)
		return;
	qsort(ways->list.v, ways->list.n, sizeof(*ways->list.v), ways_order);
	for (size_t i = 0; i < ways->list.n; i++)
		if (ways->list.v[i].metric != GRAPH_NONE)
			ways->list.v[i].lost =
			    ways->list.v[i].metric - ways->list.v[0].metric;
}

void
ways_done(struct ways *ways)
{
	vec_done(&ways->list);
	json_decref(ways->links);
	ways->links = NULL;
}

const char *
ways_word(const struct ways_one *one)
{
	static const char *const words[] = {
		[WAYS_NEXT_HOP] = "next-hop",
		[WAYS_ALTERNATE] = "alternate",
		[WAYS_SERVER_DOWN] = "server-down",
		[WAYS_NO_TRANSIT] = "no-transit",
		[WAYS_NO_WAY] = "no-way",
		[WAYS_LIMIT] = "limit",
		[WAYS_LOOP] = "not-loop-free",
	};

	if (one->verdict == WAYS_NEXT_HOP && one->lost > 0)
		return "cost"; /* a dearer connector to a next hop */
	return one->why != NULL ? one->why : words[one->verdict];
}

static void
since_json(struct json *j, const struct ways_one *one)
{
	if (one->since != 0)
		json_int(j, "since", one->since);
	if (one->until != 0)
		json_int(j, "until", one->until);
	if (one->by != NULL)
		json_str(j, "by", one->by);
	if (one->reason != NULL)
		json_str(j, "reason", one->reason);
}

void
ways_json(struct json *j, const struct ways *ways)
{
	json_open(j, "ways", '[');
	for (size_t i = 0; i < ways->list.n; i++) {
		const struct ways_one *one = &ways->list.v[i];

		json_open(j, NULL, '{');
		json_str(j, "neighbour", one->neighbour);
		if (one->connector != NULL)
			json_str(j, "connector", one->connector);
		if (one->metric != GRAPH_NONE) {
			json_uint(j, "cost", graph_cost(one->metric));
			json_uint(j, "hops", graph_hops(one->metric));
		}
		json_str(j, "verdict", ways_word(one));
		since_json(j, one);
		if (one->metric != GRAPH_NONE && one->lost != 0) {
			json_uint(j, "more_cost", graph_cost(one->lost));
			json_uint(j, "more_hops", graph_hops(one->lost));
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}
