/* test_routes.c - routes over a net (core/paths/routes.h) against those that are
 * counted plainly, and why there is none. */

#include "core/paths/routes.h"

#include <string.h>

#include "base/mem.h"
#include "core/paths/judge.h"
#include "t/core/plain.h"
#include "t/tap.h"

#define NETS 150
#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define AGREE(a, b)                                                            \
	ck_assert_msg((a) == (b), "seed %u: %s is %u, not %u", (unsigned)seed, \
	    #a, (unsigned)(a), (unsigned)(b))

/* A neighbour, and the metric of the step to it, or of the way by it. */
struct near {
	uint32_t server;
	uint64_t metric;
};

/* Of the step from one server to another, by a part or not. */
static uint64_t
step_metric(const struct plain *p, uint32_t from, uint32_t to)
{
	uint64_t best = GRAPH_NONE;

	if (p->weight[from][to] != 0)
		best = p->weight[from][to];
	for (uint32_t part = (uint32_t)p->net->servers.n; part < p->nodes;
	     part++) {
		uint64_t by = p->weight[from][part] + p->weight[part][to];

		if (p->weight[from][part] != 0 && p->weight[part][to] != 0 &&
		    by < best)
			best = by;
	}
	return best;
}

static bool
gives_transit(const struct plain *p, uint32_t server)
{
	return p->net->servers.v[server].transit;
}

/* The least metric from `at` to the pattern, where that is a neighbour. */
static uint64_t
metric_at(const struct plain *p, uint32_t at, uint32_t pattern)
{
	uint64_t best = GRAPH_NONE;

	for (uint32_t k = p->first[pattern]; k < p->first[pattern + 1]; k++) {
		const struct net_claim *c = &p->net->claims.v[k];

		if (!c->down && plain_exists(p, at, c) &&
		    (gives_transit(p, at) || c->server == at) &&
		    plain_metric(p, at, k) < best)
			best = plain_metric(p, at, k);
	}
	return best;
}

/* Whether the neighbour is on a least way to a claim as near as the nearest. */
static bool
is_hop(const struct plain *p, uint32_t from, uint32_t pattern, uint32_t to)
{
	uint64_t best = plain_metric(p, from, p->chosen[from][pattern]);
	uint64_t step = step_metric(p, from, to);

	for (uint32_t k = p->first[pattern]; k < p->first[pattern + 1]; k++) {
		const struct net_claim *c = &p->net->claims.v[k];

		if (!c->down && plain_exists(p, from, c) && c->server != from &&
		    plain_metric(p, from, k) == best &&
		    (c->server == to || gives_transit(p, to)) &&
		    graph_add(step, plain_metric(p, to, k)) == best)
			return true;
	}
	return false;
}

static void
hops_agree(uint64_t seed, const struct plain *p, uint32_t from,
    uint32_t pattern, const struct routes_one *route)
{
	size_t n = 0;

	for (uint32_t to = 0; to < p->net->servers.n; to++) {
		if (to == from || step_metric(p, from, to) == GRAPH_NONE ||
		    !is_hop(p, from, pattern, to))
			continue;
		ck_assert_uint_lt(n, route->hops.n);
		AGREE(route->hops.v[n], to);
		n++;
	}
	AGREE(route->hops.n, n);
}

/* Both ends, and by each server before the next one. */
static void
path_agrees(uint64_t seed, const struct plain *p, uint32_t from,
    const struct routes_one *route)
{
	uint64_t metric = 0;

	ck_assert_uint_ge(route->path.n, 2);
	AGREE(route->path.v[0], from);
	AGREE(route->path.v[route->path.n - 1], route->server);
	for (size_t i = 1; i < route->path.n; i++) {
		ck_assert(i == 1 || gives_transit(p, route->path.v[i - 1]));
		metric = graph_add(metric,
		    step_metric(p, route->path.v[i - 1], route->path.v[i]));
	}
	AGREE(metric, p->dist[from][route->server]);
}

/* So many neighbours are nearer than this one. */
static uint32_t
nearer(const struct plain *p, uint32_t from, uint32_t than)
{
	uint64_t step = step_metric(p, from, than);
	uint32_t n = 0;

	for (uint32_t to = 0; to < p->net->servers.n; to++)
		if (to != from)
			n += step_metric(p, from, to) < step ||
			     (step_metric(p, from, to) == step && to < than &&
				 step != GRAPH_NONE);
	return n;
}

/* Of a route, among so many of the nearest neighbours; 0: among all. */
struct alternates_of {
	const struct routes_one *route;
	uint32_t most;
};

/* "Alternates: D(N,dest) < D(N,self) + D(self,dest)" */
static void
alternates_agree(uint64_t seed, const struct plain *p, uint32_t from,
    uint32_t pattern, const struct alternates_of *of)
{
	struct near found[PLAIN_SERVERS];
	uint64_t best = plain_metric(p, from, p->chosen[from][pattern]);
	size_t n = 0;

	for (uint32_t to = 0; to < p->net->servers.n; to++) {
		uint64_t step = step_metric(p, from, to), on;
		size_t i = n;

		if (to == from || step == GRAPH_NONE ||
		    is_hop(p, from, pattern, to) ||
		    (of->most != 0 && nearer(p, from, to) >= of->most))
			continue;
		on = metric_at(p, to, pattern);
		if (on == GRAPH_NONE ||
		    on >= graph_add(p->dist[to][from], best))
			continue;
		for (; i > 0 && found[i - 1].metric > step + on; i--)
			found[i] = found[i - 1];
		found[i] = (struct near){ to, step + on };
		n++;
	}
	AGREE(of->route->alternates.n, n);
	for (size_t i = 0; i < n; i++)
		AGREE(of->route->alternates.v[i], found[i].server);
}

static void
route_agrees(uint64_t seed, const struct plain *p, uint32_t from,
    uint32_t pattern, const struct routes_one *route)
{
	uint32_t k = p->chosen[from][pattern];
	enum routes_kind kind = ROUTES_HIDDEN;

	for (uint32_t i = p->first[pattern]; i < p->first[pattern + 1]; i++)
		if (plain_exists(p, from, &p->net->claims.v[i]))
			kind = ROUTES_NONE;
	if (k != PLAIN_NONE)
		kind = p->net->claims.v[k].server == from ? ROUTES_HERE
		                                          : ROUTES_REMOTE;
	AGREE(route->kind, kind);
	AGREE(route->metric,
	    k == PLAIN_NONE ? GRAPH_NONE : plain_metric(p, from, k));
	if (k != PLAIN_NONE)
		AGREE(route->server, p->net->claims.v[k].server);
	if (kind == ROUTES_REMOTE) {
		hops_agree(seed, p, from, pattern, route);
		path_agrees(seed, p, from, route);
	} else {
		AGREE(route->hops.n + route->path.n + route->alternates.n, 0);
	}
}

/* Alternates of all patterns at once, of one after the other, and by few. */
static void
routes_agree(uint64_t seed, const struct plain *p, struct routes *a,
    uint32_t from, struct routes_one *one)
{
	uint32_t few = (uint32_t)seed % 3 + 1;

	routes_stand(a, from);
	for (uint32_t i = 0; i < p->npatterns; i++) {
		routes_find(a, i, &one[i]);
		routes_path(a, i, &one[i]);
		route_agrees(seed, p, from, i, &one[i]);
	}
	for (int how = 0; how < 3; how++) {
		a->nearest = how == 2 ? few : 0;
		if (how == 0)
			routes_alternates(a, 0, p->npatterns, one);
		for (uint32_t i = 0; i < p->npatterns; i++) {
			struct alternates_of of = { &one[i], a->nearest };

			if (how > 0)
				routes_alternates(a, i, 1, &one[i]);
			if (one[i].kind == ROUTES_REMOTE)
				alternates_agree(seed, p, from, i, &of);
			else
				AGREE(one[i].alternates.n, 0);
		}
	}
	a->nearest = 0;
}

static void
patterns_agree(uint64_t seed, const struct plain *p, const struct routes *a)
{
	AGREE(a->npatterns, p->npatterns);
	for (uint32_t i = 0; i < p->npatterns; i++) {
		const char *text = p->net->claims.v[p->first[i]].pattern;

		ck_assert_str_eq(routes_text(a, i), text);
		AGREE(routes_pattern(a, text), i);
	}
	ck_assert_uint_eq(routes_pattern(a, "p"), SIZE_MAX);
	ck_assert_uint_eq(routes_pattern(a, "p1."), SIZE_MAX);
	ck_assert_uint_eq(routes_pattern(a, "z"), SIZE_MAX);
}

/* Some steps between servers are too narrow for the message. */
static void
narrow(struct plain_net *drawn, const struct policy *policy,
    struct judge_failure *f)
{
	uint32_t n = (uint32_t)drawn->net.servers.n;

	for (uint32_t i = 0; i < drawn->net.steps.n; i++) {
		struct net_step *s = &drawn->net.steps.v[i];

		if (s->from >= n || s->to >= n ||
		    rng_below(&drawn->rng, 5) != 0)
			continue;
		s->policy = policy;
		vec_push(&f->steps, i);
	}
}

START_TEST(routes_are_as_counted_plainly)
{
	const struct policy policy = { .max_size = 1000 };
	const struct policy_message message = { .size = 1001, .sender = "u@a" };
	struct routes_one one[PLAIN_PATTERNS] = { 0 };

	for (uint64_t seed = 0; seed < NETS; seed++) {
		struct plain_net drawn;
		struct judge_failure f = { 0 };
		struct plain *p;
		struct routes *a;

		plain_draw(&drawn, seed);
		narrow(&drawn, &policy, &f);
		p = plain_new(&drawn.net, seed % 2 ? &f : NULL);
		a = routes_new(&drawn.net, seed % 2 ? &message : NULL);
		patterns_agree(seed, p, a);
		for (uint32_t from = 0; from < drawn.net.servers.n; from++)
			if (p->is[from])
				routes_agree(seed, p, a, from, one);
		routes_free(a);
		mem_free(p);
		vec_done(&f.steps);
		net_done(&drawn.net);
	}
	for (size_t i = 0; i < PLAIN_PATTERNS; i++)
		routes_done(&one[i]);
}
END_TEST

/* As many first hops as there may be neighbours: sets of them are words of 64. */
START_TEST(by_many_at_once)
{
	uint32_t n = (uint32_t)_i;
	struct net net = { 0 };
	struct routes_one one = { 0 };
	struct routes *a;

	for (uint32_t i = 0; i < n + 2; i++)
		vec_push(&net.servers, ((struct net_server){ .name = "s",
					   .group = i,
					   .present = true,
					   .transit = true }));
	for (uint32_t i = 1; i <= n; i++) {
		vec_push(&net.steps, ((struct net_step){ 0, i, 1, 1, NULL }));
		vec_push(
		    &net.steps, ((struct net_step){ i, n + 1, 1, 1, NULL }));
	}
	vec_push(&net.claims,
	    ((struct net_claim){ .pattern = "p", .server = n + 1 }));
	a = routes_new(&net, NULL);
	routes_stand(a, 0);
	routes_find(a, 0, &one);
	ck_assert_uint_eq(one.hops.n, n);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_uint_eq(one.hops.v[i], i + 1);
	routes_done(&one);
	routes_free(a);
	net_done(&net);
}
END_TEST

/* --- why there is none ----------------------------------------------------------- */

/* s0 asks; s1 and s2 claim it. '-': not at all, 'x': and are away, 'd': their way
 * out is down, 'l': for their own group alone, 'n': no way leads there. */
static const struct {
	const char *claims, *why;
} reasons[] = {
	{ "x-", "s1 is down" },
	{ "-x", "s2 is down" },
	{ "d-", "the way out at s1 is down" },
	{ "-d", "the way out at s2 is down" },
	{ "n-", "no way leads to s1" },
	{ "xx", "all 2 servers that claim it are down" },
	{ "xn", "no way leads to any of the 2 servers that claim it" },
	{ "nd", "no way leads to any of the 2 servers that claim it" },
	{ "lx", "s2 is down" },
	{ "dl", "the way out at s1 is down" },
	{ "ln", "no way leads to s2" },
};

START_TEST(why_there_is_none)
{
	static const char *const names[] = { "s0", "s1", "s2" };
	const char *claims = reasons[_i].claims;
	char why[ROUTES_WHY];
	struct net net = { 0 };
	struct routes *a;

	for (uint32_t i = 0; i < 3; i++)
		vec_push(
		    &net.servers, ((struct net_server){ .name = names[i],
				      .group = i,
				      .present = i == 0 || claims[i - 1] != 'x',
				      .transit = true }));
	for (uint32_t i = 0; i < 2; i++)
		if (claims[i] != '-')
			vec_push(
			    &net.claims, ((struct net_claim){ .pattern = "p",
					     .server = i + 1,
					     .local = claims[i] == 'l',
					     .down = claims[i] == 'd' }));
	a = routes_new(&net, NULL);
	routes_stand(a, 0);
	routes_why(a, 0, why);
	ck_assert_str_eq(why, reasons[_i].why);
	routes_free(a);
	net_done(&net);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("routes");
	TCase *tc = tcase_create("routes");

	tcase_add_test(tc, routes_are_as_counted_plainly);
	tcase_add_loop_test(tc, by_many_at_once, 63, 67);
	tcase_add_loop_test(tc, by_many_at_once, 127, 131);
	tcase_add_loop_test(tc, why_there_is_none, 0, COUNT(reasons));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
