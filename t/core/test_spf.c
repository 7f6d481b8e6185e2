/*
 * Shortest paths against a second version that is slow and plain: all steps
 * between servers written out, metrics as two numbers, Floyd and Warshall.
 */

#include "core/paths/spf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "t/tap.h"

#define MOST 40

struct pair {
	uint64_t cost, hops;
	bool is;
};

struct world {
	struct net net;
	uint32_t n;
	char names[MOST][16];
	struct pair step[MOST][MOST], far[MOST][MOST];
};

static bool
less(struct pair a, struct pair b)
{
	if (!a.is || !b.is)
		return a.is && !b.is;
	return a.cost < b.cost || (a.cost == b.cost && a.hops < b.hops);
}

static struct pair
plus(struct pair a, struct pair b)
{
	if (!a.is || !b.is)
		return (struct pair){ 0 };
	return (struct pair){ a.cost + b.cost, a.hops + b.hops, true };
}

static bool
same(struct pair a, uint64_t metric)
{
	if (!a.is)
		return metric == GRAPH_NONE;
	return metric == graph_metric(a.cost, (uint32_t)a.hops);
}

static void
step_add(struct world *w, uint32_t from, uint32_t to, uint32_t cost)
{
	struct pair p = { cost, 1, true };

	if (from != to && less(p, w->step[from][to]))
		w->step[from][to] = p;
}

static void
member_add(struct world *w, uint32_t i, uint32_t part)
{
	const struct net_server *servers = w->net.servers.v;
	struct net_step there = { i, part, 0, 1, NULL };
	struct net_step back = { part, i, 0, 0, NULL };

	vec_push(&w->net.steps, there);
	vec_push(&w->net.steps, back);
	for (uint32_t k = 0; k < w->n; k++)
		if (servers[k].group == servers[i].group && servers[k].present)
			step_add(w, i, k, 0);
}

static void
world_make(struct world *w, uint64_t seed)
{
	static const uint32_t spans[] = { 1, 3, 30, 1000, 65535, 524280 };
	struct rng rng = { seed };
	uint32_t groups, span = spans[rng_below(&rng, 6)];
	uint32_t least = (uint32_t)rng_below(&rng, 2);

	memset(w, 0, sizeof(*w));
	w->n = 2 + (uint32_t)rng_below(&rng, MOST - 2);
	groups = 1 + (uint32_t)rng_below(&rng, w->n);
	for (uint32_t i = 0; i < w->n; i++) {
		struct net_server server = { .name = w->names[i] };

		snprintf(w->names[i], sizeof(w->names[i]), "s%03u", i);
		server.group = (uint32_t)rng_below(&rng, groups);
		server.present = i == 0 || rng_below(&rng, 8) != 0;
		server.transit = rng_below(&rng, 5) != 0;
		vec_push(&w->net.servers, server);
	}
	if (rng_below(&rng, 3) != 0) {
		w->net.parts = groups;
		for (uint32_t i = 0; i < w->n; i++)
			if (w->net.servers.v[i].present)
				member_add(
				    w, i, w->n + w->net.servers.v[i].group);
	}
	for (uint64_t k = rng_below(&rng, 5 * w->n); k > 0; k--) {
		struct net_step s = { (uint32_t)rng_below(&rng, w->n),
			(uint32_t)rng_below(&rng, w->n),
			least + (uint32_t)rng_below(&rng, span), 1, NULL };

		vec_push(&w->net.steps, s);
		if (w->net.servers.v[s.from].present &&
		    w->net.servers.v[s.to].present)
			step_add(w, s.from, s.to, s.cost);
	}
}

static void
world_solve(struct world *w)
{
	memcpy(w->far, w->step, sizeof(w->far));
	for (uint32_t i = 0; i < w->n; i++)
		w->far[i][i] = (struct pair){ 0, 0, true };
	for (uint32_t k = 0; k < w->n; k++) {
		if (!w->net.servers.v[k].transit)
			continue;
		for (uint32_t i = 0; i < w->n; i++)
			for (uint32_t j = 0; j < w->n; j++) {
				struct pair p =
				    plus(w->far[i][k], w->far[k][j]);

				if (less(p, w->far[i][j]))
					w->far[i][j] = p;
			}
	}
}

/* Whether a least way from u to x may begin with the step to v. */
static bool
begins(const struct world *w, uint32_t u, uint32_t v, uint32_t x)
{
	struct pair p = plus(w->step[u][v], w->far[v][x]);

	if (v != x && !w->net.servers.v[v].transit)
		return false;
	return p.is && p.cost == w->far[u][x].cost &&
	       p.hops == w->far[u][x].hops;
}

static uint32_t
first_of_path(const struct world *w, uint32_t u, uint32_t x)
{
	uint32_t v = 0;

	while (!begins(w, u, v, x))
		v++;
	return v;
}

static void
check_to(struct world *w, struct spf *s, uint32_t from, uint32_t x)
{
	uint32_t hops[MOST], path[MOST + 1], n, want = 0, u = from;

	ck_assert(same(w->far[from][x], s->dist[x]));
	n = spf_first_hops(s, x, hops);
	for (uint32_t v = 0; v < w->n && x != from; v++)
		if (begins(w, from, v, x)) {
			ck_assert_uint_lt(want, n);
			ck_assert_uint_eq(hops[want], v);
			want++;
		}
	ck_assert_uint_eq(n, want);
	n = spf_path(s, x, path);
	if (!w->far[from][x].is) {
		ck_assert_uint_eq(n, 0);
		return;
	}
	ck_assert_uint_eq(n, w->far[from][x].hops + 1);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_eq(path[i], u);
		if (u != x)
			u = first_of_path(w, u, x);
	}
}

static void
check_near(struct world *w, struct spf *s, uint32_t from)
{
	uint32_t n = 0;

	for (uint32_t v = 0; v < w->n; v++) {
		if (!w->step[from][v].is)
			continue;
		ck_assert_uint_lt(n, s->nnear);
		ck_assert_uint_eq(s->near[n], v);
		ck_assert(same(w->step[from][v], s->step[n]));
		n++;
	}
	ck_assert_uint_eq(n, s->nnear);
}

START_TEST(from_one_server)
{
	struct spf *s = spf_new();
	struct world w;

	for (uint64_t k = 0; k < 15; k++) {
		struct graph *g;

		world_make(&w, (uint64_t)_i * 1000 + k);
		world_solve(&w);
		g = graph_new(&w.net, NULL, NULL);
		for (uint32_t i = 0; i < w.n; i++) {
			if (!w.net.servers.v[i].present)
				continue;
			spf_from(s, g, i);
			check_near(&w, s, i);
			for (uint32_t x = 0; x < w.n; x++)
				check_to(&w, s, i, x);
		}
		graph_free(g);
		net_done(&w.net);
	}
	spf_free(s);
}
END_TEST

static struct pair
nearest(
    const struct world *w, uint32_t x, const struct spf_seed *seeds, size_t n)
{
	struct pair best = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct pair p = { graph_cost(seeds[i].metric), 0, true };

		p = plus(p, w->far[x][seeds[i].node]);
		if (less(p, best))
			best = p;
	}
	return best;
}

START_TEST(to_the_nearest_of_several)
{
	struct rng rng = { (uint64_t)_i };
	struct spf *s = spf_new();
	struct world w;

	for (uint64_t k = 0; k < 15; k++) {
		struct spf_seed seeds[6];
		size_t n = rng_below(&rng, 7);
		struct graph *g;

		world_make(&w, (uint64_t)_i * 5000 + k);
		world_solve(&w);
		for (size_t i = 0; i < n; i++)
			seeds[i] = (struct spf_seed){
				(uint32_t)rng_below(&rng, w.n),
				graph_metric(rng_below(&rng, 65536), 0),
			};
		g = graph_new(&w.net, NULL, NULL);
		spf_to(s, g, seeds, n);
		for (uint32_t x = 0; x < w.n; x++)
			ck_assert(same(nearest(&w, x, seeds, n), s->dist[x]));
		graph_free(g);
		net_done(&w.net);
	}
	spf_free(s);
}
END_TEST

/* More neighbours than bits in a word: one large group and its ways out. */
START_TEST(many_neighbours)
{
	const uint32_t members = 200;
	struct net net = { 0 };
	struct spf *s = spf_new();
	struct graph *g;
	uint32_t hops[256];

	for (uint32_t i = 0; i <= members; i++) {
		struct net_server server = { "x", i == members, true, true };

		vec_push(&net.servers, server);
	}
	net.parts = 1;
	for (uint32_t i = 0; i < members; i++) {
		struct net_step there = { i, members + 1, 0, 1, NULL };
		struct net_step back = { members + 1, i, 0, 0, NULL };
		struct net_step out = { i, members, 7, 1, NULL };

		vec_push(&net.steps, there);
		vec_push(&net.steps, back);
		if (i % 3 == 1)
			vec_push(&net.steps, out);
	}
	g = graph_new(&net, NULL, NULL);
	spf_from(s, g, 0);
	ck_assert_uint_eq(s->nnear, members - 1);
	ck_assert_uint_eq(s->words, 4);
	ck_assert_uint_eq(s->dist[members], graph_metric(7, 2));
	ck_assert_uint_eq(spf_first_hops(s, members, hops), 67);
	for (uint32_t i = 0; i < 67; i++)
		ck_assert_uint_eq(hops[i], 3 * i + 1);
	for (uint32_t i = 1; i < members; i++) {
		ck_assert_uint_eq(spf_first_hops(s, i, hops), 1);
		ck_assert_uint_eq(hops[0], i);
	}
	graph_free(g);
	spf_free(s);
	net_done(&net);
}
END_TEST

/* 100 000 steps of the greatest cost: the sum stays what it is. */
START_TEST(long_ways)
{
	const uint32_t n = 100000;
	struct net net = { 0 };
	struct spf *s = spf_new();
	struct graph *g;

	for (uint32_t i = 0; i < n; i++) {
		struct net_server server = { "x", i, true, true };
		struct net_step step = { i, i + 1, 8 * 65535, 1, NULL };

		vec_push(&net.servers, server);
		if (i + 1 < n)
			vec_push(&net.steps, step);
	}
	g = graph_new(&net, NULL, NULL);
	spf_from(s, g, 0);
	ck_assert_uint_eq(graph_cost(s->dist[n - 1]), UINT64_C(99999) * 524280);
	ck_assert_uint_eq(graph_hops(s->dist[n - 1]), n - 1);
	graph_free(g);
	spf_free(s);
	net_done(&net);
}
END_TEST

static bool
is_dear(void *ctx, const struct net_step *step)
{
	(void)ctx;
	return step->cost >= 5;
}

START_TEST(filters)
{
	static const struct net_step steps[] = {
		{ 0, 1, 1, 1, NULL },
		{ 0, 1, 9, 1, NULL },
		{ 1, 2, 4, 1, NULL },
	};
	struct net net = { 0 };
	struct spf *s = spf_new();
	struct graph *g;

	for (uint32_t i = 0; i < 3; i++) {
		struct net_server server = { "x", i / 2, true, true };

		vec_push(&net.servers, server);
		vec_push(&net.steps, steps[i]);
	}
	g = graph_new(&net, is_dear, NULL);
	spf_from(s, g, 0);
	ck_assert_uint_eq(s->dist[1], graph_metric(9, 1));
	ck_assert_uint_eq(s->dist[2], GRAPH_NONE);
	graph_free(g);

	g = graph_new_inside(&net);
	spf_from(s, g, 0);
	ck_assert_uint_eq(s->dist[1], graph_metric(1, 1));
	ck_assert_uint_eq(s->dist[2], GRAPH_NONE);
	graph_free(g);
	spf_free(s);
	net_done(&net);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spf");
	TCase *tc = tcase_create("paths");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, from_one_server, 0, 8);
	tcase_add_loop_test(tc, to_the_nearest_of_several, 0, 8);
	tcase_add_test(tc, many_neighbours);
	tcase_add_test(tc, long_ways);
	tcase_add_test(tc, filters);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
