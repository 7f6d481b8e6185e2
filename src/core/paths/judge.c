#include "core/paths/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "core/paths/judge_parts.h"
#include "core/paths/reach.h"

struct judge *
judge_new(const struct net *net)
{
	uint64_t nodes = (uint64_t)net->servers.n + net->parts;
	struct judge *j;

	if (nodes * net->servers.n > JUDGE_CELLS_MAX)
		return NULL;
	j = mem_new(sizeof(*j), 0, 0);
	j->net = net;
	judge_build(j);
	j->failed = mem_new(0, net->servers.n + 1, sizeof(*j->failed));
	j->broken = mem_new(0, net->steps.n + 1, sizeof(*j->broken));
	j->hit = mem_new(0, nodes + 1, sizeof(*j->hit));
	j->onto = mem_new(0, nodes + 1, sizeof(*j->onto));
	j->onto_via = mem_new(0, nodes + 1, sizeof(*j->onto_via));
	j->was = mem_new(0, nodes + 1, sizeof(*j->was));
	j->leaving = mem_new(0, nodes + 1, sizeof(*j->leaving));
	return j;
}

void
judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	judge_build_undo(j);
	spf_follow_done(&j->queue);
	vec_done(&j->changes.list);
	vec_done(&j->behind);
	mem_free(j->failed);
	mem_free(j->broken);
	mem_free(j->hit);
	mem_free(j->onto);
	mem_free(j->onto_via);
	mem_free(j->was);
	mem_free(j->leaving);
	vec_done(&j->roots);
	for (size_t i = 0; i < JUDGE_TOGETHER; i++) {
		mem_free(j->tally[i].more);
		mem_free(j->tally[i].cut);
		mem_free(j->tally[i].lost);
		mem_free(j->tally[i].cut_from);
	}
	mem_free(j);
}

const struct judge_link *
judge_links(const struct judge *j, size_t *n)
{
	*n = j->links.n;
	return j->links.v;
}

const char *
judge_pattern(const struct judge *j, uint32_t pattern)
{
	return j->net->claims.v[j->first[pattern]].pattern;
}

uint32_t
judge_patterns(const struct judge *j)
{
	return j->npatterns;
}

uint64_t
judge_routes(const struct judge *j)
{
	return j->routes;
}

size_t
judge_words(const struct judge *j)
{
	return (j->net->servers.n * j->npatterns + 63) / 64;
}

/* --- what fails ---------------------------------------------------------------- */

/* Of the steps between two nodes that do not fail the cheapest; 0: none. */
static uint32_t
weight_left(const struct judge *j, uint32_t from, uint32_t to)
{
	uint32_t best = 0;

	for (uint32_t i = j->steps.at[from]; i < j->steps.at[from + 1]; i++) {
		const struct net_step *step =
		    &j->net->steps.v[j->steps.item[i]];
		uint32_t weight = step->cost << 2 | 2;

		if (step->to == to && !j->broken[j->steps.item[i]] &&
		    (best == 0 || weight < best))
			best = weight;
	}
	return best;
}

static void
arc_change(struct judge *j, uint32_t from, uint32_t to, uint32_t is)
{
	const struct graph_side *out = &j->graph->out;
	struct graph_change c = { from, to, 0, is };

	for (uint32_t i = out->first[from]; i < out->end[from]; i++)
		if (out->arcs[i].to == to)
			c.was = out->arcs[i].weight;
	if (c.was == is)
		return;
	vec_push(&j->changes.list, c);
	graph_arc_put(j->graph, from, (struct graph_arc){ to, is });
}

static void
server_take_out(struct judge *j, uint32_t s)
{
	const struct graph_side *in = &j->graph->in;

	graph_put(j->graph, s, NULL, 0, &j->changes);
	while (in->first[s] < in->end[s])
		arc_change(j, in->arcs[in->first[s]].to, s, 0);
}

static void
failure_begin(struct judge *j, const struct judge_failure *f)
{
	j->changes.list.n = 0;
	for (size_t i = 0; i < f->steps.n; i++)
		j->broken[f->steps.v[i]] = true;
	for (size_t i = 0; i < f->steps.n; i++) {
		const struct net_step *step = &j->net->steps.v[f->steps.v[i]];

		if (j->net->servers.v[step->from].present &&
		    j->net->servers.v[step->to].present)
			arc_change(j, step->from, step->to,
			    weight_left(j, step->from, step->to));
	}
	for (size_t i = 0; i < f->servers.n; i++) {
		j->failed[f->servers.v[i]] = true;
		server_take_out(j, f->servers.v[i]);
	}
}

static void
failure_end(struct judge *j, const struct judge_failure *f)
{
	for (size_t i = j->changes.list.n; i-- > 0;) {
		const struct graph_change *c = &j->changes.list.v[i];

		graph_arc_put(
		    j->graph, c->from, (struct graph_arc){ c->to, c->was });
	}
	for (size_t i = 0; i < f->servers.n; i++)
		j->failed[f->servers.v[i]] = false;
	for (size_t i = 0; i < f->steps.n; i++)
		j->broken[f->steps.v[i]] = false;
}

/* --- what follows for one server ----------------------------------------------- */

/* Trees of so many servers stay near the processor: 32 octets for each node
 * are half a megabyte of a net of a thousand. */
#define SERVERS_AT_ONCE 16

/* Of the routes of one server, while a failure is in force. */
struct judging {
	struct judge *j;
	struct judge_verdict *v;
	struct judge_tally *tally;
	uint32_t from;
	struct judge_tree *tree; /* `dist` as it is now, the rest as before */
};

static void
behind_add(struct judging *g, uint32_t root)
{
	struct judge *j = g->j;
	const struct judge_tree *t = g->tree;

	for (uint32_t k = t->node[root].at; k < t->node[root].end; k++) {
		uint32_t v = t->order[k];

		j->hit[v] = j->run;
		j->onto[v] = JUDGE_NONE;
		vec_push(&j->behind, v);
	}
}

/* By their places in the tree: one that is behind another comes after it. */
static void
root_add(struct judge *j, const struct judge_tree *t, uint32_t root)
{
	size_t i = j->roots.n;

	vec_push(&j->roots, root);
	for (; i > 0 && t->node[j->roots.v[i - 1]].at > t->node[root].at; i--)
		j->roots.v[i] = j->roots.v[i - 1];
	j->roots.v[i] = root;
}

/* The nodes behind the broken arcs of its tree; false: none is broken. */
static bool
behind_find(struct judging *g)
{
	struct judge *j = g->j;
	const struct judge_tree *t = g->tree;
	uint32_t end = 0;

	j->roots.n = j->behind.n = 0;
	for (size_t i = 0; i < j->changes.list.n; i++) {
		const struct graph_change *c = &j->changes.list.v[i];

		if (t->node[c->to].parent == c->from)
			root_add(j, t, c->to);
	}
	if (j->roots.n == 0)
		return false;
	j->run++;
	CHECK(j->run != 0); /* four thousand million of them */
	for (size_t i = 0; i < j->roots.n; i++) {
		uint32_t root = j->roots.v[i];

		if (t->node[root].at >= end) {
			behind_add(g, root);
			end = t->node[root].end;
		}
	}
	return true;
}

/* The way as it was, from the source to v, is n routes' no more. */
static void
way_leave(struct judging *g, uint32_t v, int64_t n)
{
	const struct judge_tree *t = g->tree;

	for (; t->node[v].parent != JUDGE_NONE; v = t->node[v].parent)
		if (t->node[v].via != JUDGE_NONE)
			g->tally->more[t->node[v].via] -= n;
}

/* The same of all that was counted in `leaving`: what is farther first. */
static void
ways_leave(struct judging *g)
{
	struct judge *j = g->j;
	const struct judge_tree *t = g->tree;

	for (size_t i = j->behind.n; i-- > 0;) {
		uint32_t v = j->behind.v[i], u = t->node[v].parent;
		uint32_t n = j->leaving[v];

		j->leaving[v] = 0;
		if (n == 0)
			continue;
		if (j->hit[u] != j->run) {
			way_leave(g, v, n);
			continue;
		}
		j->leaving[u] += n;
		if (t->node[v].via != JUDGE_NONE)
			g->tally->more[t->node[v].via] -= n;
	}
}

/* The way as it is now is that of n more. */
static void
way_gain(struct judging *g, uint32_t v, int64_t n)
{
	struct judge *j = g->j;
	const struct judge_tree *t = g->tree;

	while (v != g->from) {
		uint32_t u = t->node[v].parent, via = t->node[v].via;

		if (j->hit[v] == j->run) {
			if (j->onto[v] == JUDGE_NONE) {
				j->onto[v] =
				    judge_parent(j, g->from, t->dist, v);
				j->onto_via[v] =
				    judge_link_of(j, j->onto[v], v);
			}
			u = j->onto[v];
			via = j->onto_via[v];
		}
		if (via != JUDGE_NONE)
			g->tally->more[via] += n;
		v = u;
	}
}

static void
route_end(struct judging *g, uint32_t pattern)
{
	struct judge *j = g->j;
	uint64_t bit = (uint64_t)g->from * j->npatterns + pattern;
	bool left = false;

	for (uint32_t k = j->first[pattern]; k < j->first[pattern + 1] && !left;
	     k++) {
		const struct net_claim *claim = &j->net->claims.v[k];

		left = !claim->down && !j->failed[claim->server] &&
		       j->net->servers.v[claim->server].present &&
		       reach_visible(j->net, g->from, claim);
	}
	if (left) {
		g->v->cut++;
		g->tally->cut[pattern]++;
		g->tally->cut_from[g->from]++;
	} else {
		g->v->lost++;
		g->tally->lost[pattern]++;
	}
	if (g->v->set != NULL)
		g->v->set[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The patterns that were delivered at v. */
static void
routes_renew(struct judging *g, uint32_t v)
{
	struct judge *j = g->j;
	struct judge_tree *t = g->tree;
	int64_t stay = 0;
	uint32_t all = 0;

	for (uint32_t i = j->claims.at[v]; i < j->claims.at[v + 1]; i++) {
		uint32_t k = j->claims.item[i], p = j->pattern_of[k], is;

		if (t->chosen[p] != k)
			continue;
		all++;
		is = judge_choose(j, g->from, t->dist, p);
		if (is == JUDGE_NONE)
			route_end(g, p);
		else if (is == k)
			stay++;
		else
			way_gain(g, j->net->claims.v[is].server, 1);
		g->v->moved += is != JUDGE_NONE;
	}
	j->leaving[v] = all;
	if (stay > 0)
		way_gain(g, v, stay);
}

/* The least metric by nodes whose ways are whole. */
static uint64_t
best_by_others(const struct judging *g, uint32_t v)
{
	const struct judge *j = g->j;
	const struct graph_side *in = &j->graph->in;
	const uint64_t *dist = g->tree->dist;
	uint64_t best = GRAPH_NONE;

	for (uint32_t i = in->first[v]; i < in->end[v]; i++) {
		uint32_t u = in->arcs[i].to;
		uint64_t metric =
		    graph_add(dist[u], graph_weight(in->arcs[i].weight));

		if (metric < best && j->hit[u] != j->run &&
		    (u == g->from || !j->graph->shut[u]))
			best = metric;
	}
	return best;
}

/* What is behind has its distances anew, nearest first. */
static void
behind_search(struct judging *g)
{
	struct judge *j = g->j;
	const struct graph_side *out = &j->graph->out;
	uint64_t *dist = g->tree->dist;

	for (size_t i = 0; i < j->behind.n; i++) {
		uint32_t v = j->behind.v[i];

		j->was[v] = dist[v];
		dist[v] = best_by_others(g, v);
		if (dist[v] != GRAPH_NONE)
			spf_follow_put(&j->queue, dist[v], v);
	}
	while (j->queue.heap.n > 0) {
		struct spf_follow_key top = spf_follow_take(&j->queue);
		uint32_t u = top.node;

		/* From out->stop on nothing leads through u. */
		for (uint32_t i = out->first[u];
		     top.key == dist[u] && i < out->stop[u]; i++) {
			uint32_t v = out->arcs[i].to;
			uint64_t metric =
			    top.key + graph_weight(out->arcs[i].weight);

			if (metric >= dist[v] || j->hit[v] != j->run)
				continue;
			dist[v] = metric;
			spf_follow_put(&j->queue, metric, v);
		}
	}
}

/* Its distances follow, and are put back. */
static void
server_judge(struct judging *g)
{
	struct judge *j = g->j;
	uint64_t *dist = g->tree->dist;

	if (!behind_find(g))
		return;
	behind_search(g);
	for (size_t i = 0; i < j->behind.n; i++)
		if (j->behind.v[i] < j->graph->servers)
			routes_renew(g, j->behind.v[i]);
	ways_leave(g);
	for (size_t i = 0; i < j->behind.n; i++)
		dist[j->behind.v[i]] = j->was[j->behind.v[i]];
}

/* What fails sends nothing. */
static void
sender_leave(struct judging *g)
{
	for (uint32_t p = 0; p < g->j->npatterns; p++) {
		uint32_t k = g->tree->chosen[p];

		if (k != JUDGE_NONE)
			way_leave(g, g->j->net->claims.v[k].server, 1);
	}
}

/* --- the verdict --------------------------------------------------------------- */

static void
verdict_begin(const struct judge *j, struct judge_verdict *v)
{
	v->moved = v->cut = v->lost = 0;
	v->patterns.n = v->servers.n = v->gone.n = v->links.n = 0;
	if (v->set != NULL)
		memset(v->set, 0, judge_words(j) * sizeof(*v->set));
}

/* What was counted, and the counts are 0 again. */
static void
verdict_gather(
    const struct judge *j, struct judge_tally *tally, struct judge_verdict *v)
{
	for (uint32_t p = 0; p < j->npatterns && v->cut + v->lost > 0; p++) {
		if (tally->cut[p] > 0)
			vec_push(&v->patterns,
			    ((struct judge_count){ p, tally->cut[p] }));
		if (tally->lost[p] > 0)
			vec_push(&v->gone,
			    ((struct judge_count){ p, tally->lost[p] }));
		tally->cut[p] = tally->lost[p] = 0;
	}
	for (uint32_t s = 0; s < j->net->servers.n && v->cut > 0; s++) {
		if (tally->cut_from[s] > 0)
			vec_push(&v->servers,
			    ((struct judge_count){ s, tally->cut_from[s] }));
		tally->cut_from[s] = 0;
	}
	for (uint32_t i = 0; i < j->links.n; i++) {
		if (tally->more[i] > 0)
			vec_push(
			    &v->links, ((struct judge_more){
					   i, j->links.v[i].load +
						  (uint64_t)tally->more[i] }));
		tally->more[i] = 0;
	}
}

static struct judge_tally *
tally_of(struct judge *j, size_t i)
{
	struct judge_tally *t = &j->tally[i];
	size_t patterns = (size_t)j->npatterns + 1;

	if (t->more != NULL)
		return t;
	t->more = mem_new(0, j->links.n + 1, sizeof(*t->more));
	t->cut = mem_new(0, patterns, sizeof(*t->cut));
	t->lost = mem_new(0, patterns, sizeof(*t->lost));
	t->cut_from = mem_new(0, j->net->servers.n + 1, sizeof(*t->cut_from));
	return t;
}

/* The failure in the eyes of the servers from g->from to before end. */
static void
sources_judge(struct judging *g, const struct judge_failure *f, uint32_t end)
{
	struct judge *j = g->j;

	failure_begin(j, f);
	for (; g->from < end; g->from++) {
		g->tree = &j->trees[g->from];
		if (!j->net->servers.v[g->from].present)
			continue;
		if (j->failed[g->from])
			sender_leave(g);
		else
			server_judge(g);
	}
	failure_end(j, f);
}

void
judge_failures(struct judge *j, const struct judge_failure *const *f, size_t n,
    struct judge_verdict *v)
{
	uint32_t servers = (uint32_t)j->net->servers.n, end;
	uint32_t some = n > 1 ? SERVERS_AT_ONCE : servers;

	CHECK(n <= JUDGE_TOGETHER);
	for (size_t i = 0; i < n; i++)
		verdict_begin(j, &v[i]);
	for (uint32_t s = 0; s < servers; s = end) {
		end = servers - s < some ? servers : s + some;
		for (size_t i = 0; i < n; i++) {
			struct judging g = { .j = j,
				.v = &v[i],
				.tally = tally_of(j, i),
				.from = s };

			sources_judge(&g, f[i], end);
		}
	}
	for (size_t i = 0; i < n; i++)
		verdict_gather(j, tally_of(j, i), &v[i]);
}

void
judge_failure(
    struct judge *j, const struct judge_failure *f, struct judge_verdict *v)
{
	judge_failures(j, &f, 1, v);
}

static bool
exists_for(const struct judge *j, uint32_t server, uint32_t pattern)
{
	for (uint32_t k = j->first[pattern]; k < j->first[pattern + 1]; k++)
		if (reach_visible(j->net, server, &j->net->claims.v[k]))
			return true;
	return false;
}

void
judge_now(struct judge *j, struct judge_verdict *v)
{
	struct judge_tally *tally = tally_of(j, 0);

	verdict_begin(j, v);
	for (uint32_t s = 0; s < j->net->servers.n; s++)
		for (uint32_t p = 0;
		     j->net->servers.v[s].present && p < j->npatterns; p++) {
			if (j->trees[s].chosen[p] != JUDGE_NONE ||
			    !exists_for(j, s, p))
				continue;
			v->cut++;
			tally->cut[p]++;
			tally->cut_from[s]++;
		}
	verdict_gather(j, tally, v);
}

void
judge_verdict_done(struct judge_verdict *v)
{
	vec_done(&v->patterns);
	vec_done(&v->servers);
	vec_done(&v->gone);
	vec_done(&v->links);
}
