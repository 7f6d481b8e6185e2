/*
 * bench_spf.c - the time of a full search from one server.
 *
 *     bench_spf [SERVERS [DEGREE [RUNS]]]
 *
 * The graph is the one that the well-known baselines are measured on: a
 * random recursive tree and further links up to the mean degree, costs from 1
 * to 100, both directions alike, by splitmix64 with seed 1; each server is a
 * group of its own. So the sum of costs can be compared with theirs.
 *
 * One line a figure: medians of the runs, in microseconds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "core/paths/graph.h"
#include "core/paths/spf.h"

struct links {
	uint64_t *seen; /* a hash set of pairs */
	uint64_t mask;
	uint32_t count;
	struct rng rng;
	struct net *net;
};

static uint32_t
below(struct rng *rng, uint32_t n)
{
	return (uint32_t)(((rng_next(rng) >> 32) * n) >> 32);
}

/* Links two servers unless they are linked, at a random cost. */
static void
link_add(struct links *l, uint32_t a, uint32_t b)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;
	uint64_t key = (low << 32 | high) + 1;
	uint64_t i = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 20;
	struct net_step there = { a, b, 0, 1, NULL };
	struct net_step back = { b, a, 0, 1, NULL };

	if (a == b)
		return;
	for (i &= l->mask; l->seen[i] != 0; i = (i + 1) & l->mask)
		if (l->seen[i] == key)
			return;
	l->seen[i] = key;
	there.cost = back.cost = 1 + below(&l->rng, 100);
	vec_push(&l->net->steps, there);
	vec_push(&l->net->steps, back);
	l->count++;
}

static void
net_make(struct net *net, uint32_t n, uint32_t degree)
{
	uint64_t want = (uint64_t)n * degree / 2, room = 1024;
	struct links l = { .net = net };

	while (room < want * 4 + 16)
		room *= 2;
	l.seen = mem_new(0, room, sizeof(*l.seen));
	l.mask = room - 1;
	l.rng.state = UINT64_C(0x2545f4914f6cdd1d) + n * 31 + degree;
	for (uint32_t i = 0; i < n; i++) {
		struct net_server server = { "", i, true, true };

		vec_push(&net->servers, server);
	}
	for (uint32_t i = 1; i < n; i++)
		link_add(&l, i, below(&l.rng, i));
	while (l.count < want) {
		uint32_t a = below(&l.rng, n);

		link_add(&l, a, below(&l.rng, n));
	}
	mem_free(l.seen);
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
tell(const char *what, const struct graph *g, uint64_t *ns, size_t runs)
{
	qsort(ns, runs, sizeof(*ns), by_value);
	printf("%s servers=%u arcs=%u med_us=%.2f p10_us=%.2f p90_us=%.2f\n",
	    what, g->servers, g->out.narcs, (double)ns[runs / 2] / 1e3,
	    (double)ns[runs / 10] / 1e3, (double)ns[runs * 9 / 10] / 1e3);
}

int
main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
	uint32_t degree = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 4;
	size_t runs = argc > 3 ? strtoul(argv[3], NULL, 10) : 301;
	uint64_t *ns = mem_new(0, runs + 1, sizeof(*ns)), sum = 0, start;
	struct net net = { 0 };
	struct spf *s = spf_new();
	struct spf_seed seed = { 0, 0 };
	struct graph *g;

	CHECK(n > 1 && degree > 1 && runs > 0);
	net_make(&net, n, degree);
	start = now_ns();
	g = graph_new(&net, NULL, NULL);
	ns[0] = now_ns() - start;
	tell("graph", g, ns, 1);
	for (size_t i = 0; i < runs; i++) {
		start = now_ns();
		spf_from(s, g, 0);
		ns[i] = now_ns() - start;
	}
	for (uint32_t i = 0; i < n; i++)
		sum += graph_cost(s->dist[i]) * (i + 1);
	tell("spf", g, ns, runs);
	printf("sum=%llx\n", (unsigned long long)sum);
	for (size_t i = 0; i < runs; i++) {
		start = now_ns();
		spf_reach(s, g, 0);
		ns[i] = now_ns() - start;
	}
	tell("spf-distances", g, ns, runs);
	for (size_t i = 0; i < runs; i++) {
		start = now_ns();
		spf_to(s, g, &seed, 1);
		ns[i] = now_ns() - start;
	}
	tell("spf-reverse", g, ns, runs);
	graph_free(g);
	spf_free(s);
	net_done(&net);
	mem_free(ns);
	return 0;
}
