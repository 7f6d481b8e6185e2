/*
 * test_spf_follow.c - a search that follows changes of its graph beside one
 * that is run again: the same distances, first hops and paths, and what is told
 * to be another is that, all of it and nothing else.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "core/paths/spf_follow.h"
#include "core/paths/spf_shown.h"
#include "t/tap.h"

#define NODES 24
#define PARTS 3
#define PLAYS 200
#define ROUNDS 40

struct beside {
	struct rng rng;
	struct graph *graph;
	struct spf *followed, *again;
	struct spf_follow follow;
	struct graph_changes changes;
	uint32_t before[NODES][NODES + 1], nbefore[NODES];
	uint32_t hops[NODES][NODES], nhops[NODES];
	uint64_t dist[NODES];
	uint32_t source;
};

static uint32_t
below(struct beside *b, uint32_t n)
{
	return (uint32_t)rng_below(&b->rng, n);
}

static struct graph *
graph_empty(struct beside *b)
{
	struct net net = { .parts = PARTS };
	struct graph *g;

	for (uint32_t i = 0; i < NODES; i++)
		vec_push(&net.servers, ((struct net_server){ .name = "x",
					   .present = true,
					   .transit = below(b, 5) > 0 }));
	g = graph_new(&net, NULL, NULL);
	net_done(&net);
	return g;
}

/* Small costs, so that many ways are equal. A part has arcs from and to
 * servers alone. */
static uint32_t
arc_weight(struct beside *b, uint32_t from, uint32_t to)
{
	bool part = from >= NODES || to >= NODES;

	if (from == to || (from >= NODES && to >= NODES))
		return 0;
	if (below(b, part ? 3 : 6) > 0)
		return 0;
	return part ? 1 : below(b, 3) << 2 | 2;
}

static void
change_node(struct beside *b)
{
	uint32_t u = below(b, NODES + PARTS);
	struct graph_arc arcs[NODES + PARTS];
	size_t n = 0;

	for (uint32_t v = 0; v < NODES + PARTS; v++) {
		uint32_t weight = arc_weight(b, u, v);

		if (weight > 0)
			arcs[n++] = (struct graph_arc){ v, weight };
	}
	graph_put(b->graph, u, arcs, n, &b->changes);
}

/* One arc of a node is another, the rest stays. */
static void
change_arc(struct beside *b)
{
	const struct graph_side *out = &b->graph->out;
	uint32_t u = below(b, NODES), n = out->end[u] - out->first[u];
	struct graph_arc arcs[NODES + PARTS];
	uint32_t k;

	if (n == 0)
		return;
	memcpy(arcs, &out->arcs[out->first[u]], n * sizeof(*arcs));
	k = below(b, n);
	if (arcs[k].to < NODES && below(b, 2) == 0)
		arcs[k].weight = below(b, 3) << 2 | 2;
	else
		memmove(&arcs[k], &arcs[k + 1], (--n - k) * sizeof(*arcs));
	graph_put(b->graph, u, arcs, n, &b->changes);
}

static void
change_some(struct beside *b)
{
	uint32_t n = below(b, 4) > 0 ? 1 : 1 + below(b, 6);

	b->changes.list.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t kind = below(b, 6);

		if (kind == 0)
			change_node(b);
		else if (kind == 1)
			graph_transit(b->graph, below(b, NODES),
			    below(b, 4) > 0, &b->changes);
		else
			change_arc(b);
	}
}

static bool
has(const uint32_t *list, size_t n, uint32_t v)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

static void
before_keep(struct beside *b)
{
	const struct spf *s = b->followed;

	for (uint32_t v = 0; v < NODES; v++) {
		b->nbefore[v] = spf_path(b->followed, v, b->before[v]);
		b->nhops[v] = spf_first_hops(s, v, b->hops[v]);
		b->dist[v] = s->dist[v];
	}
}

static bool
same(const uint32_t *a, uint32_t na, const uint32_t *b, uint32_t nb)
{
	return na == nb && memcmp(a, b, na * sizeof(*a)) == 0;
}

/* NULL, or what of the node is not as it should be. An assertion for each would
 * cost more than all that is tried here. */
static const char *
node_differs(struct beside *b, uint32_t v)
{
	const struct spf_follow *f = &b->follow;
	uint32_t hops[2][NODES], path[2][NODES + 1], n, k;
	bool other, turned;

	if (b->again->dist[v] != b->followed->dist[v])
		return "distance";
	n = spf_first_hops(b->again, v, hops[0]);
	k = spf_first_hops(b->followed, v, hops[1]);
	if (!same(hops[0], n, hops[1], k))
		return "first hops";
	other = !same(hops[0], n, b->hops[v], b->nhops[v]) ||
	        b->again->dist[v] != b->dist[v];
	n = spf_path(b->again, v, path[0]);
	k = spf_path(b->followed, v, path[1]);
	if (!same(path[0], n, path[1], k))
		return "path";
	turned = !same(path[0], n, b->before[v], b->nbefore[v]);
	if (has(f->turned.v, f->turned.n, v) != turned)
		return "whether its path is told of";
	if (has(f->other.v, f->other.n, v) != (other || turned))
		return "whether it is told of";
	return NULL;
}

static void
compare(struct beside *b, uint64_t seed)
{
	spf_from(b->again, b->graph, b->source);
	for (uint32_t v = 0; v < NODES; v++) {
		const char *what = node_differs(b, v);

		if (what != NULL)
			ck_abort_msg("seed %llu, node %u: %s",
			    (unsigned long long)seed, v, what);
	}
}

static void
search(struct beside *b)
{
	spf_from(b->followed, b->graph, b->source);
	spf_shown_keep(b->followed);
}

static void
play(uint64_t seed)
{
	struct beside *b = mem_new(sizeof(*b), 0, 0);

	b->rng.state = seed;
	b->graph = graph_empty(b);
	b->followed = spf_new();
	b->again = spf_new();
	for (uint32_t i = 0; i < NODES + PARTS; i++)
		change_node(b);
	b->source = below(b, NODES);
	search(b);
	for (int i = 0; i < ROUNDS; i++) {
		before_keep(b);
		change_some(b);
		if (!spf_follow_from(&b->follow, b->followed, &b->changes))
			search(b);
		else
			compare(b, seed);
	}
	spf_free(b->followed);
	spf_free(b->again);
	graph_free(b->graph);
	spf_follow_done(&b->follow);
	vec_done(&b->changes.list);
	mem_free(b);
}

START_TEST(like_another_run)
{
	for (uint64_t i = 0; i < PLAYS; i++)
		play((uint64_t)_i * PLAYS + i + 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spf, followed");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 240);
	tcase_add_loop_test(tc, like_another_run, 0, 5);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
