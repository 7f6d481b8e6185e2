#include "core/trace/admit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rank.h"
#include "base/rc.h"
#include "core/lsa/match.h"
#include "core/paths/explain.h"
#include "core/paths/routes.h"

/* The route that was found for a pattern: recipients of one domain ask once. */
struct found {
	size_t pattern; /* its number in the routes */
	bool hold;      /* the table holds it */
	struct admit_answer answer;
};

struct admit {
	const struct mtable *table;
	const struct mtable_net *net;
	const struct policy_message *message;
	struct routes *routes; /* over the steps that admit the message */
	struct routes *all;    /* over all steps; NULL: not asked yet */
	bool explained;        /* somebody has been told at length */
	VEC(struct found) found;
};

static bool
admits(const struct admit *a, const struct policy *policy)
{
	return policy == NULL ||
	       policy_judge(policy, a->message) == POLICY_ADMITS;
}

bool
admit_everywhere(
    const struct mtable_net *net, const struct policy_message *message)
{
	struct policy_judge judge = { .message = message };

	for (size_t i = 0; i < net->net.steps.n; i++)
		if (!policy_admits(&judge, net->net.steps.v[i].policy))
			return false;
	for (size_t i = 0; i < net->own.n; i++)
		if (!policy_admits(&judge, net->own.v[i].policy))
			return false;
	return true;
}

struct admit *
admit_new(const struct mtable *table, const struct mtable_net *net,
    const struct policy_message *message)
{
	struct admit *a;

	if (admit_everywhere(net, message))
		return NULL;
	a = mem_new(sizeof(*a), 0, 0);
	a->table = table;
	a->net = net;
	a->message = message;
	a->routes = routes_new(&net->net, message);
	a->routes->nearest = LIMIT_ALTERNATE_NEIGHBOURS;
	routes_stand(a->routes, net->self);
	return a;
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	routes_free(a->routes);
	routes_free(a->all);
	vec_done(&a->found);
	mem_free(a);
}

/* --- the hops ------------------------------------------------------------- */

/* Our step to the server at this cost that admits the message; NULL: none that
 * can be published. */
static const struct mtable_step *
admit_step(const struct admit *a, uint32_t to, uint64_t cost)
{
	for (size_t i = 0; i < a->net->own.n; i++) {
		const struct mtable_step *s = &a->net->own.v[i];

		if (s->to == to && s->cost == cost && admits(a, s->policy))
			return s;
	}
	return NULL;
}

/* What the step to a neighbour costs, among those that admit the message. */
static uint64_t
cost_to(const struct admit *a, uint32_t to)
{
	const struct spf *s = a->routes->far;

	for (uint32_t i = 0; i < s->nnear; i++)
		if (s->near[i] == to)
			return graph_cost(s->step[i]);
	return 0;
}

static void
hop_add(const struct admit *a, const char *pattern, uint32_t to, bool alternate,
    struct admit_answer *out)
{
	const struct mtable_step *step = admit_step(a, to, cost_to(a, to));
	struct admit_hop *hop = &out->hop[out->nhops];

	if (step == NULL || out->nhops == LIMIT_NEXT_HOPS ||
	    mtable_net_refuses(a->net, pattern, &step->addr))
		return;
	for (size_t i = 0; i < out->nhops; i++)
		if (addr_equal(&out->hop[i].addr, &step->addr))
			return;
	snprintf(
	    hop->name, sizeof(hop->name), "%s", a->net->net.servers.v[to].name);
	hop->addr = step->addr;
	hop->by = step->by;
	hop->alternate = alternate;
	out->nhops++;
}

/* The equal ones in the order of the published table (nexthop.h). */
static void
admit_hops_add(const struct admit *a, const char *pattern,
    struct routes_one *route, struct admit_answer *out)
{
	const struct net_server *servers = a->net->net.servers.v;

	for (; route->hops.n > 0; route->hops.n--) {
		size_t best = 0;

		for (size_t i = 1; i < route->hops.n; i++)
			if (rank_of(pattern, servers[route->hops.v[i]].name) >
			    rank_of(pattern, servers[route->hops.v[best]].name))
				best = i;
		hop_add(a, pattern, route->hops.v[best], false, out);
		memmove(&route->hops.v[best], &route->hops.v[best + 1],
		    (route->hops.n - best - 1) * sizeof(*route->hops.v));
	}
	for (size_t i = 0; i < route->alternates.n; i++)
		hop_add(a, pattern, route->alternates.v[i], true, out);
}

/* --- the published route -------------------------------------------------- */

static bool
admit_has(const uint32_t *list, size_t n, uint32_t server)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == server)
			return true;
	return false;
}

/* A connector of ours leads to it there that admits the message, or none does
 * at all: a member of our group. Another server may have the same address. *by
 * is the transport of the first. */
static bool
hop_admits(const struct admit *a, uint32_t server, const struct addr *addr,
    const char **by)
{
	bool any = false;

	*by = NULL;
	for (size_t i = 0; i < a->net->own.n; i++) {
		const struct mtable_step *s = &a->net->own.v[i];

		if (s->to != server || !addr_equal(&s->addr, addr))
			continue;
		*by = s->by;
		if (admits(a, s->policy))
			return true;
		any = true;
	}
	return !any;
}

/* Every hop of the published route is as good for this message. */
static bool
plain_stands(const struct admit *a, const struct mtable_route *plain,
    const struct routes_one *route)
{
	for (size_t i = 0; i < plain->nhops; i++) {
		uint32_t server = net_find(&a->net->net, plain->hop[i].name);
		const char *by;

		if (!admit_has(route->hops.v, route->hops.n, server) &&
		    !admit_has(
			route->alternates.v, route->alternates.n, server))
			return false;
		if (!hop_admits(a, server, &plain->hop[i].addr, &by))
			return false;
	}
	return true;
}

/* Of a path of last resort the net knows nothing: its hops are those that
 * our own connectors admit; none is an alternate. */
static void
admit_last_resort(const struct admit *a, const struct mtable_route *plain,
    struct admit_answer *out)
{
	for (size_t i = 0; i < plain->nhops; i++) {
		struct admit_hop *hop = &out->hop[out->nhops];
		uint32_t server = net_find(&a->net->net, plain->hop[i].name);

		if (!hop_admits(a, server, &plain->hop[i].addr, &hop->by))
			continue;
		memcpy(hop->name, plain->hop[i].name, sizeof(hop->name));
		hop->addr = plain->hop[i].addr;
		out->nhops++;
	}
	out->kind = out->nhops == plain->nhops ? ADMIT_PLAIN
	            : out->nhops > 0           ? ADMIT_ROUTE
	                                       : ADMIT_HOLD;
	snprintf(out->why, sizeof(out->why),
	    "no path of last resort admits this message");
}

/* --- one recipient -------------------------------------------------------- */

static bool
admit_falls_back(
    const struct admit *a, const struct net_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (routes_sees(&a->net->net, &claims[i], a->net->self) &&
		    !claims[i].fallback)
			return false;
	return true;
}

/*
 * The route that holds for the address; the pattern's number, or SIZE_MAX
 * when nobody claims it here. A published pattern that nobody claims leaves, or
 * nothing is known of it: its route stands, whatever a less specific one says.
 */
static size_t
pattern_of(const struct admit *a, const char *address, const char *published,
    struct routes_one *route)
{
	struct match m = match_over(address, a->table->mta.delimiters);
	size_t found = SIZE_MAX;
	const char *pattern;

	while ((pattern = match_next(&m)) != NULL) {
		size_t n, at = routes_pattern(a->routes, pattern);
		const struct net_claim *claims =
		    net_claims(&a->net->net, pattern, &n);

		if (n > 0)
			routes_find(a->routes, at, route);
		if (n > 0 && route->kind != ROUTES_HIDDEN) {
			found = at;
			if (route->kind != ROUTES_NONE ||
			    !admit_falls_back(a, claims, n))
				break;
		}
		if (found == SIZE_MAX && strcmp(pattern, published) == 0)
			break;
	}
	return found;
}

/* Whether there is a way for a message without properties. */
static bool
reached_plainly(struct admit *a, size_t pattern)
{
	struct routes_one route = { 0 };
	bool reached;

	if (a->all == NULL) {
		a->all = routes_new(&a->net->net, NULL);
		routes_stand(a->all, a->net->self);
	}
	routes_find(a->all, pattern, &route);
	reached = route.kind == ROUTES_REMOTE || route.kind == ROUTES_HERE;
	routes_done(&route);
	return reached;
}

/* Whether its size passes nowhere, whatever is up. */
static bool
too_large(const struct admit *a, size_t pattern)
{
	const uint32_t *at = &a->routes->claims[pattern];

	for (uint32_t i = at[0]; i < at[1]; i++) {
		const struct net_claim *claim = &a->net->net.claims.v[i];

		if (routes_sees(&a->net->net, claim, a->net->self) &&
		    a->message->size <= a->net->widest.v[claim->server])
			return false;
	}
	return true;
}

static void
admit_hold(struct admit *a, const char *address, size_t pattern,
    struct admit_answer *out)
{
	struct explain_question question = { .from = a->net->self,
		.address = address,
		.delimiters = a->table->mta.delimiters,
		.message = *a->message };
	struct explain e;

	if (!reached_plainly(a, pattern))
		return; /* the table's hold says why, or its last resort */
	out->kind = too_large(a, pattern) ? ADMIT_NEVER : ADMIT_HOLD;
	snprintf(out->why, sizeof(out->why), "no way admits this message");
	if (a->explained)
		return; /* one reply has room for one reason; this is slow */
	a->explained = true;
	explain_run(&e, &a->net->net, &question);
	snprintf(out->why, sizeof(out->why), "%.*s", ADMIT_WHY - 1, e.why);
	explain_done(&e);
}

static void
remote(struct admit *a, const struct mtable_route *plain, size_t pattern,
    struct routes_one *route, struct admit_answer *out)
{
	if (graph_hops(route->metric) > LIMIT_PATH_HOPS) {
		out->kind = ADMIT_HOLD;
		snprintf(out->why, sizeof(out->why),
		    "no path within 40 hops admits this message");
		return;
	}
	routes_alternates(a->routes, pattern, 1, route);
	if (plain_stands(a, plain, route))
		return;
	admit_hops_add(a, plain->pattern, route, out);
	out->kind = out->nhops > 0 ? ADMIT_ROUTE : ADMIT_HOLD;
	snprintf(out->why, sizeof(out->why),
	    "no address of a hop that admits this message and relays for it");
}

/* No FILTER says what the MTA does by itself. */
static void
here(struct admit_answer *out)
{
	out->kind = ADMIT_HOLD;
	snprintf(out->why, sizeof(out->why),
	    "only this server's own way out admits this message, and the "
	    "table leads elsewhere");
}

/* A hold whose path is too long or refused, while that of the message need not
 * be: it goes by it, or waits in the queue, with what the table says. */
static void
admit_past_hold(struct admit *a, const struct mtable_route *plain,
    size_t pattern, struct routes_one *route, struct admit_answer *out)
{
	if (route->kind != ROUTES_REMOTE ||
	    graph_hops(route->metric) > LIMIT_PATH_HOPS)
		return;
	routes_alternates(a->routes, pattern, 1, route);
	admit_hops_add(a, plain->pattern, route, out);
	if (out->nhops > 0)
		out->kind = ADMIT_ROUTE;
}

/* Whether the message may have a way other than the published route's. */
static bool
admit_asks(const struct mtable_route *plain)
{
	return plain->kind == ROUTE_REMOTE ||
	       (plain->kind == ROUTE_HOLD && plain->server[0] != '\0');
}

void
admit_ask(struct admit *a, const char *address, struct admit_answer *out)
{
	struct routes_one route = { 0 };
	struct mtable_route plain;
	struct found next = { 0 };

	*out = (struct admit_answer){ .kind = ADMIT_PLAIN };
	if (mtable_route(a->table, address, &plain) != RC_OK ||
	    !admit_asks(&plain))
		return;
	if (plain.last_resort) {
		admit_last_resort(a, &plain, out);
		return;
	}
	next.pattern = pattern_of(a, address, plain.pattern, &route);
	next.hold = plain.kind == ROUTE_HOLD;
	for (size_t i = 0; i < a->found.n; i++)
		if (a->found.v[i].pattern == next.pattern &&
		    a->found.v[i].hold == next.hold) {
			*out = a->found.v[i].answer;
			routes_done(&route);
			return;
		}
	if (next.pattern != SIZE_MAX && next.hold)
		admit_past_hold(a, &plain, next.pattern, &route, out);
	else if (next.pattern != SIZE_MAX && route.kind == ROUTES_REMOTE)
		remote(a, &plain, next.pattern, &route, out);
	else if (next.pattern != SIZE_MAX && route.kind == ROUTES_NONE)
		admit_hold(a, address, next.pattern, out);
	else if (next.pattern != SIZE_MAX)
		here(out);
	routes_done(&route);
	next.answer = *out;
	vec_push(&a->found, next);
}

static bool
by_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
admit_in_list(const struct admit_answer *answer, size_t hop)
{
	return by_same(answer->hop[0].by, answer->hop[hop].by);
}

bool
admit_same(const struct admit_answer *a, const struct admit_answer *b)
{
	if (a->kind != b->kind || a->nhops != b->nhops)
		return false;
	for (size_t i = 0; i < a->nhops; i++)
		if (!addr_equal(&a->hop[i].addr, &b->hop[i].addr) ||
		    !by_same(a->hop[i].by, b->hop[i].by))
			return false;
	return true;
}
