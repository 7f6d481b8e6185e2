#include "core/paths/spf_follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/paths/spf_shown.h"

/* As in spf.c: the source itself, or its part. */
#define NEXT_TO_SOURCE 1

void
spf_follow_done(struct spf_follow *f)
{
	mem_free(f->at);
	vec_done(&f->moved);
	vec_done(&f->other);
	vec_done(&f->turned);
	vec_done(&f->set);
	vec_done(&f->touched);
	vec_done(&f->heap);
}

static void
follow_begin(struct spf_follow *f, const struct graph *g, uint32_t source,
    uint64_t *dist)
{
	uint32_t n = g->nodes;

	if (n > f->room) {
		f->at = mem_grow(f->at, n, sizeof(*f->at));
		memset(f->at, 0, n * sizeof(*f->at));
		f->room = n;
		f->run = 0;
	}
	if (++f->run == 0) { /* once in four thousand million */
		memset(f->at, 0, f->room * sizeof(*f->at));
		f->run = 1;
	}
	f->graph = g;
	f->dist = dist;
	f->source = source;
	f->moved.n = f->other.n = f->turned.n = 0;
	f->touched.n = f->heap.n = 0;
}

/* --- the queue -------------------------------------------------------------- */

void
spf_follow_put(struct spf_follow *f, uint64_t key, uint32_t node)
{
	size_t i = f->heap.n;

	vec_push(&f->heap, ((struct spf_follow_key){ key, node }));
	for (; i > 0 && f->heap.v[(i - 1) / 2].key > key; i = (i - 1) / 2)
		f->heap.v[i] = f->heap.v[(i - 1) / 2];
	f->heap.v[i] = (struct spf_follow_key){ key, node };
}

struct spf_follow_key
spf_follow_take(struct spf_follow *f)
{
	struct spf_follow_key *v = f->heap.v, top = v[0];
	size_t n = --f->heap.n, i = 0;
	struct spf_follow_key last = v[n];

	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && v[child + 1].key < v[child].key)
			child++;
		if (v[child].key >= last.key)
			break;
		v[i] = v[child];
	}
	v[i] = last;
	return top;
}

/* --- distances -------------------------------------------------------------- */

static void
follow_touch(struct spf_follow *f, uint32_t v)
{
	if (f->at[v].seen == f->run)
		return;
	f->at[v].seen = f->run;
	f->at[v].was = f->at[v].best = f->dist[v];
	vec_push(&f->touched, v);
}

static uint64_t
dist_before(const struct spf_follow *f, uint32_t v)
{
	return f->at[v].seen == f->run ? f->at[v].was : f->dist[v];
}

static bool
leads_on(const struct spf_follow *f, uint32_t u)
{
	return u == f->source || !f->graph->shut[u];
}

/* The least that its arcs offer. */
static uint64_t
best_of(const struct spf_follow *f, uint32_t v)
{
	const struct graph_side *in = &f->graph->in;
	uint64_t best = GRAPH_NONE;

	if (v == f->source)
		return 0;
	for (uint32_t i = in->first[v]; i < in->end[v]; i++) {
		uint32_t u = in->arcs[i].to;
		uint64_t metric;

		if (f->dist[u] == GRAPH_NONE || !leads_on(f, u))
			continue;
		metric = f->dist[u] + graph_weight(in->arcs[i].weight);
		if (metric < best)
			best = metric;
	}
	return best;
}

static void
follow_push(struct spf_follow *f, uint32_t v)
{
	if (f->at[v].best != f->dist[v])
		spf_follow_put(f,
		    f->at[v].best < f->dist[v] ? f->at[v].best : f->dist[v], v);
}

static void
follow_look(struct spf_follow *f, uint32_t v)
{
	follow_touch(f, v);
	f->at[v].best = best_of(f, v);
	follow_push(f, v);
}

/* Its distance was too great: it is put right, and offers less. */
static void
come_nearer(struct spf_follow *f, uint32_t u)
{
	const struct graph_side *out = &f->graph->out;

	f->dist[u] = f->at[u].best;
	if (!leads_on(f, u))
		return;
	for (uint32_t i = out->first[u]; i < out->end[u]; i++) {
		uint32_t v = out->arcs[i].to;
		uint64_t metric =
		    f->dist[u] + graph_weight(out->arcs[i].weight);

		follow_touch(f, v);
		if (metric >= f->at[v].best)
			continue;
		f->at[v].best = metric;
		follow_push(f, v);
	}
}

/* It was too small: given up, until it is known what is left. */
static void
go_farther(struct spf_follow *f, uint32_t u)
{
	const struct graph_side *out = &f->graph->out;
	uint64_t old = f->dist[u];

	f->dist[u] = GRAPH_NONE;
	follow_push(f, u);
	if (!leads_on(f, u))
		return;
	for (uint32_t i = out->first[u]; i < out->end[u]; i++) {
		uint32_t v = out->arcs[i].to;

		follow_touch(f, v);
		if (f->at[v].best == old + graph_weight(out->arcs[i].weight))
			follow_look(f, v);
	}
}

static void
follow_settle(struct spf_follow *f)
{
	while (f->heap.n > 0) {
		struct spf_follow_key top = spf_follow_take(f);
		uint32_t u = top.node;

		if (f->at[u].best < f->dist[u] && top.key == f->at[u].best)
			come_nearer(f, u);
		else if (f->at[u].best > f->dist[u] && top.key == f->dist[u])
			go_farther(f, u);
	}
	for (size_t i = 0; i < f->touched.n; i++) {
		uint32_t v = f->touched.v[i];

		if (f->dist[v] != f->at[v].was)
			vec_push(&f->moved, v);
	}
}

void
spf_follow_dist(struct spf_follow *f, const struct graph *g,
    const struct graph_changes *changes, uint32_t source, uint64_t *dist)
{
	follow_begin(f, g, source, dist);
	for (size_t i = 0; i < changes->list.n; i++)
		follow_look(f, changes->list.v[i].to);
	follow_settle(f);
}

/* --- first hops ------------------------------------------------------------- */

/* Its own steps, or those of its own part. */
static bool
is_of_source(const struct spf *s, const struct graph_change *c)
{
	const struct graph_side *out = &s->graph->out;

	if (c->from == s->source)
		return true;
	for (uint32_t i = out->end[s->source]; i > out->first[s->source]; i--)
		if (out->arcs[i - 1].to < s->graph->servers)
			break; /* parts stand behind */
		else if (out->arcs[i - 1].to == c->from)
			return true;
	return false;
}

/* What has become of a node that is looked at, in `best`, which has served. */
#define LISTED (GRAPH_NONE - 1)
#define TURNED (GRAPH_NONE - 2) /* and its path is another */

static void
other_add(struct spf_follow *f, uint32_t v)
{
	follow_touch(f, v);
	if (f->at[v].best == LISTED)
		return;
	f->at[v].best = LISTED;
	if (f->dist[v] == GRAPH_NONE)
		vec_push(&f->other, v);
	else
		spf_follow_put(f, f->dist[v], v);
}

/* Whether an arc of this weight is the end of a least way now. */
static bool
follow_is_tight(const struct spf_follow *f, uint32_t u, uint32_t v, uint32_t w)
{
	return w > 0 && f->dist[u] != GRAPH_NONE &&
	       f->dist[u] + graph_weight(w) == f->dist[v];
}

static bool
was_tight(const struct spf_follow *f, uint32_t u, uint32_t v, uint32_t w)
{
	uint64_t before = dist_before(f, u);

	return w > 0 && before != GRAPH_NONE &&
	       before + graph_weight(w) == dist_before(f, v);
}

/* Where such an arc comes or goes. */
static void
others_begin(struct spf_follow *f, const struct graph_changes *changes)
{
	const struct graph_side *out = &f->graph->out;

	for (size_t i = 0; i < changes->list.n; i++) {
		const struct graph_change *c = &changes->list.v[i];

		if (follow_is_tight(f, c->from, c->to, c->is) ||
		    was_tight(f, c->from, c->to, c->was))
			other_add(f, c->to);
	}
	for (size_t i = 0; i < f->moved.n; i++) {
		uint32_t u = f->moved.v[i];

		other_add(f, u);
		for (uint32_t k = out->first[u];
		     leads_on(f, u) && k < out->end[u]; k++) {
			uint32_t v = out->arcs[k].to, w = out->arcs[k].weight;

			if (follow_is_tight(f, u, v, w) ||
			    was_tight(f, u, v, w))
				other_add(f, v);
		}
	}
}

static void
set_renew(struct spf_follow *f, struct spf *s, uint32_t v)
{
	const struct graph_side *in = &s->graph->in;
	size_t words = s->words;
	uint64_t *set = &s->sets[v * words];

	memset(set, 0, words * sizeof(*set));
	for (uint32_t i = in->first[v]; i < in->end[v]; i++) {
		uint32_t u = in->arcs[i].to;

		if (!leads_on(f, u) ||
		    !follow_is_tight(f, u, v, in->arcs[i].weight))
			continue;
		if (s->dist[u] > NEXT_TO_SOURCE) {
			for (size_t w = 0; w < words; w++)
				set[w] |= s->sets[u * words + w];
		} else if (v < s->graph->servers) {
			set[s->bit[v] / 64] |= UINT64_C(1) << s->bit[v] % 64;
		}
	}
}

static bool
set_turns(struct spf_follow *f, struct spf *s, uint32_t v)
{
	size_t octets = s->words * sizeof(*s->sets);
	uint64_t *set = &s->sets[(size_t)v * s->words];

	f->set.n = 0;
	for (size_t w = 0; w < s->words; w++)
		vec_push(&f->set, set[w]);
	set_renew(f, s, v);
	return memcmp(f->set.v, set, octets) != 0;
}

static bool
path_turns(const struct spf_follow *f, struct spf *s, uint32_t v)
{
	uint32_t before;

	if (spf_shown_find(s, v))
		return true;
	before = s->shown[v];
	return f->at[before].seen == f->run && f->at[before].best == TURNED;
}

/* What leads to a node is nearer than the node, so it has been renewed; what
 * is behind one that stays as it is stays, too. */
static void
other_renew(struct spf_follow *f, struct spf *s, uint32_t v)
{
	const struct graph_side *out = &f->graph->out;
	bool path = path_turns(f, s, v);

	if (path) {
		f->at[v].best = TURNED;
		vec_push(&f->turned, v);
	}
	if (!set_turns(f, s, v) && !path && f->dist[v] == f->at[v].was)
		return;
	vec_push(&f->other, v);
	for (uint32_t k = out->first[v]; leads_on(f, v) && k < out->end[v]; k++)
		if (follow_is_tight(f, v, out->arcs[k].to, out->arcs[k].weight))
			other_add(f, out->arcs[k].to);
}

/* To whom no way leads any more. */
static void
others_lost(struct spf_follow *f, struct spf *s)
{
	for (size_t i = 0; i < f->other.n; i++) {
		spf_shown_find(s, f->other.v[i]);
		vec_push(&f->turned, f->other.v[i]);
	}
}

bool
spf_follow_from(
    struct spf_follow *f, struct spf *s, const struct graph_changes *changes)
{
	for (size_t i = 0; i < changes->list.n; i++)
		if (is_of_source(s, &changes->list.v[i]))
			return false;
	spf_follow_dist(f, s->graph, changes, s->source, s->dist);
	f->heap.n = 0;
	others_begin(f, changes);
	others_lost(f, s);
	while (f->heap.n > 0)
		other_renew(f, s, spf_follow_take(f).node);
	return true;
}
