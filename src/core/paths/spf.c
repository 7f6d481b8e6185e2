#include "core/paths/spf.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "core/paths/spf_queue.h"
#include "core/paths/spf_shown.h"

/* The first arc of a way: cost 0 and half a hop is the source's own part,
 * for every other node is farther off than its source. */
#define NEXT_TO_SOURCE 1

struct spf *
spf_new(void)
{
	struct spf *s = mem_new(sizeof(*s), 0, 0);

	s->queue = spf_queue_new();
	return s;
}

void
spf_free(struct spf *s)
{
	if (s == NULL)
		return;
	mem_free(s->dist);
	mem_free(s->order);
	mem_free(s->near);
	mem_free(s->step);
	mem_free(s->sets);
	mem_free(s->bit);
	mem_free(s->done);
	mem_free(s->marked);
	mem_free(s->shown);
	spf_queue_free(s->queue);
	mem_free(s);
}

static void
spf_begin(struct spf *s, const struct graph *graph)
{
	uint32_t n = graph->nodes;

	if (n > s->room) {
		s->room = n;
		s->dist = mem_grow(s->dist, n, sizeof(*s->dist));
		s->order = mem_grow(s->order, n, sizeof(*s->order));
		s->near = mem_grow(s->near, n, sizeof(*s->near));
		s->step = mem_grow(s->step, n, sizeof(*s->step));
		s->bit = mem_grow(s->bit, n, sizeof(*s->bit));
		s->done = mem_grow(s->done, n, sizeof(*s->done));
		s->marked = mem_grow(s->marked, n, sizeof(*s->marked));
	}
	memset(s->dist, 0xff, n * sizeof(*s->dist));
	memset(s->done, 0, n * sizeof(*s->done));
	s->graph = graph;
	s->settled = 0;
	s->nnear = 0;
	s->words = 0;
	s->keeps = false;
}

/* Keeps the least step to a server that is next to the source. */
static void
near_add(struct spf *s, uint32_t server, uint64_t step)
{
	if (server == s->source)
		return;
	if (s->dist[server] == GRAPH_NONE)
		s->near[s->nnear++] = server;
	if (step < s->dist[server])
		s->dist[server] = step;
}

static int
spf_by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Who is one step away; borrows dist. */
static void
near_find(struct spf *s)
{
	const struct graph *g = s->graph;
	const struct graph_side *out = &g->out;
	bool sorted = true;

	for (uint32_t i = out->first[s->source]; i < out->end[s->source]; i++) {
		uint32_t v = out->arcs[i].to;
		uint64_t step = graph_weight(out->arcs[i].weight);

		if (v < g->servers) {
			near_add(s, v, step);
			continue;
		}
		sorted = false;
		for (uint32_t k = out->first[v]; k < out->end[v]; k++)
			near_add(s, out->arcs[k].to,
			    step + graph_weight(out->arcs[k].weight));
	}
	if (!sorted)
		qsort(s->near, s->nnear, sizeof(*s->near), spf_by_number);
	for (uint32_t i = 0; i < s->nnear; i++) {
		s->bit[s->near[i]] = i;
		s->step[i] = s->dist[s->near[i]];
		s->dist[s->near[i]] = GRAPH_NONE;
	}
}

static void
sets_begin(struct spf *s)
{
	uint32_t need;

	s->words = s->nnear <= 64 ? 1 : (s->nnear + 63) / 64;
	need = s->words * s->graph->nodes;
	CHECK(need / s->words == s->graph->nodes);
	if (need > s->sets_room) {
		s->sets_room = need;
		s->sets = mem_grow(s->sets, need, sizeof(*s->sets));
	}
}

/* One word holds the sets: they are made while the search goes on. What a
 * step from the source, or from its own part, adds to the first hops. */
static inline uint64_t
set_of_step(const struct spf *s, uint32_t v)
{
	return v < s->graph->servers ? UINT64_C(1) << s->bit[v] : 0;
}

static inline __attribute__((always_inline)) void
relax(struct spf *s, const struct graph_side *side, uint32_t u, bool sets)
{
	const struct graph_arc *arc = &side->arcs[side->first[u]];
	const struct graph_arc *stop = &side->arcs[side->stop[u]];
	uint64_t *dist = s->dist, *set = s->sets;
	uint64_t at = dist[u], mine = sets ? set[u] : 0;
	bool begins = sets && at <= NEXT_TO_SOURCE;

	for (; arc < stop; arc++) {
		uint32_t v = arc->to;
		uint64_t metric = at + graph_weight(arc->weight);

		if (metric > dist[v])
			continue;
		if (begins)
			mine = set_of_step(s, v);
		if (metric < dist[v]) {
			dist[v] = metric;
			if (sets)
				set[v] = mine;
			spf_queue_push(s->queue, metric, v);
		} else if (sets) {
			set[v] |= mine;
		}
	}
}

/* The memory of the node that comes next is fetched while this one is
 * looked at: a third of the time at 10 000 servers. */
static inline void
look_ahead(const struct spf *s, const struct graph_side *side)
{
	uint32_t next = spf_queue_peek(s->queue);

	if (next == SPF_QUEUE_NONE)
		return;
	__builtin_prefetch(&side->arcs[side->first[next]]);
	__builtin_prefetch(&s->dist[next]);
}

static inline __attribute__((always_inline)) void
search(struct spf *s, const struct graph_side *side, bool sets)
{
	struct spf_queue *q = s->queue;
	uint32_t u;

	while (spf_queue_open(q, s->dist)) {
		while ((u = spf_queue_take(q)) != SPF_QUEUE_NONE) {
			look_ahead(s, side);
			if (s->done[u])
				continue;
			s->done[u] = 1;
			s->order[s->settled++] = u;
			relax(s, side, u, sets);
		}
	}
}

/* The arcs of a seed that gives no transit: they are followed from it as
 * the end of a way, whatever its own nearest way is. */
static void
seed_relax(struct spf *s, const struct graph_side *side,
    const struct spf_seed *seed, bool sets)
{
	uint32_t u = seed->node;

	for (uint32_t i = side->stop[u]; i < side->end[u]; i++) {
		uint32_t v = side->arcs[i].to;
		uint64_t metric =
		    seed->metric + graph_weight(side->arcs[i].weight);

		if (metric >= s->dist[v])
			continue;
		s->dist[v] = metric;
		if (sets)
			s->sets[v] = set_of_step(s, v);
		spf_queue_push(s->queue, metric, v);
	}
}

/* Several words a set: made afterwards, nearest first. */
static void
sets_wide(struct spf *s)
{
	const struct graph_side *out = &s->graph->out;
	size_t words = s->words;

	memset(s->sets, 0, words * s->graph->nodes * sizeof(*s->sets));
	for (uint32_t i = 0; i < s->settled; i++) {
		uint32_t u = s->order[i];
		uint32_t stop = u == s->source ? out->end[u] : out->stop[u];

		for (uint32_t k = out->first[u]; k < stop; k++) {
			uint32_t v = out->arcs[k].to;
			uint64_t *set = &s->sets[v * words];
			const uint64_t *from = &s->sets[u * words];

			if (s->dist[u] + graph_weight(out->arcs[k].weight) !=
			    s->dist[v])
				continue;
			if (s->dist[u] <= NEXT_TO_SOURCE) {
				if (v < s->graph->servers)
					set[s->bit[v] / 64] |=
					    UINT64_C(1) << s->bit[v] % 64;
				continue;
			}
			for (size_t w = 0; w < words; w++)
				set[w] |= from[w];
		}
	}
}

void
spf_from(struct spf *s, const struct graph *graph, uint32_t source)
{
	struct spf_seed seed = { source, 0 };

	CHECK(source < graph->servers);
	spf_begin(s, graph);
	s->source = source;
	near_find(s);
	sets_begin(s);
	spf_queue_begin(s->queue, graph->cost_max, graph->cost_min > 0);
	s->dist[source] = 0;
	s->sets[(size_t)source * s->words] = 0;
	spf_queue_push(s->queue, 0, source);
	seed_relax(s, &graph->out, &seed, s->words == 1);
	if (s->words == 1) {
		search(s, &graph->out, true);
	} else {
		search(s, &graph->out, false);
		sets_wide(s);
	}
}

void
spf_reach(struct spf *s, const struct graph *graph, uint32_t source)
{
	struct spf_seed seed = { source, 0 };

	CHECK(source < graph->servers);
	spf_begin(s, graph);
	s->source = source;
	spf_queue_begin(s->queue, graph->cost_max, graph->cost_min > 0);
	s->dist[source] = 0;
	spf_queue_push(s->queue, 0, source);
	seed_relax(s, &graph->out, &seed, false);
	search(s, &graph->out, false);
}

void
spf_to(struct spf *s, const struct graph *graph, const struct spf_seed *seeds,
    size_t n)
{
	uint64_t most = 0;

	spf_begin(s, graph);
	s->source = UINT32_MAX;
	for (size_t i = 0; i < n; i++)
		if (seeds[i].metric > most)
			most = seeds[i].metric;
	CHECK(most < UINT64_C(1) << 48);
	spf_queue_begin(s->queue, graph->cost_max + graph_cost(most) + 1,
	    graph->cost_min > 0);
	for (size_t i = 0; i < n; i++) {
		uint32_t u = seeds[i].node;

		CHECK(u < graph->servers);
		if (seeds[i].metric < s->dist[u]) {
			s->dist[u] = seeds[i].metric;
			spf_queue_push(s->queue, seeds[i].metric, u);
		}
	}
	for (size_t i = 0; i < n; i++)
		seed_relax(s, &graph->in, &seeds[i], false);
	search(s, &graph->in, false);
}

const uint64_t *
spf_set(const struct spf *s, uint32_t node)
{
	static const uint64_t none[1];

	if (s->dist[node] == GRAPH_NONE)
		return none;
	return &s->sets[(size_t)node * s->words];
}

uint32_t
spf_first_hops(const struct spf *s, uint32_t node, uint32_t *out)
{
	const uint64_t *set = spf_set(s, node);
	uint32_t n = 0;

	if (s->dist[node] == GRAPH_NONE)
		return 0;
	for (uint32_t w = 0; w < s->words; w++)
		for (uint64_t left = set[w]; left != 0; left &= left - 1)
			out[n++] =
			    s->near[w * 64 + (uint32_t)__builtin_ctzll(left)];
	return n;
}

/* Whether the arc from u is the end of a least way to v. */
static bool
is_tight(
    const struct spf *s, uint32_t u, uint32_t v, const struct graph_arc *arc)
{
	const struct graph_side *out = &s->graph->out;

	return s->dist[u] != GRAPH_NONE &&
	       s->dist[u] + graph_weight(arc->weight) == s->dist[v] &&
	       (u == s->source || out->stop[u] == out->end[u]);
}

#define MARK 2

/* Marks every node on a least way to `to`; they are listed in `marked`. */
static uint32_t
spf_mark(struct spf *s, uint32_t to)
{
	const struct graph_side *in = &s->graph->in;
	uint32_t n = 0;

	s->done[to] |= MARK;
	s->marked[n++] = to;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = s->marked[i];

		for (uint32_t k = in->first[v]; k < in->end[v]; k++) {
			uint32_t u = in->arcs[k].to;

			if ((s->done[u] & MARK) != 0 ||
			    !is_tight(s, u, v, &in->arcs[k]))
				continue;
			s->done[u] |= MARK;
			s->marked[n++] = u;
		}
	}
	return n;
}

/* The smallest marked server that follows u on a least way, through a part
 * where u is a member; or `to`, which may be no server. */
static uint32_t
next_server(const struct spf *s, uint32_t u, uint32_t to)
{
	const struct graph_side *out = &s->graph->out;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = out->first[u]; i < out->end[u]; i++) {
		uint32_t v = out->arcs[i].to;

		if ((s->done[v] & MARK) == 0 ||
		    !is_tight(s, u, v, &out->arcs[i]))
			continue;
		if (v >= s->graph->servers && v != to)
			v = next_server(s, v, to);
		if (v < best)
			best = v;
	}
	return best;
}

uint32_t
spf_path(struct spf *s, uint32_t to, uint32_t *out)
{
	uint32_t n = 0, marked, u = s->source;

	CHECK(s->source != UINT32_MAX);
	if (s->dist[to] == GRAPH_NONE)
		return 0;
	if (s->keeps)
		return spf_shown_path(s, to, out);
	marked = spf_mark(s, to);
	out[n++] = u;
	while (u != to) {
		u = next_server(s, u, to);
		CHECK(u < s->graph->servers || u == to);
		out[n++] = u;
	}
	for (uint32_t i = 0; i < marked; i++)
		s->done[s->marked[i]] &= (uint8_t)~MARK;
	return n;
}
