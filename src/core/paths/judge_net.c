#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/paths/judge_parts.h"
#include "core/paths/reach.h"
#include "core/paths/spf.h"

static void
judge_patterns_find(struct judge *j)
{
	const struct net *net = j->net;
	size_t n = net->claims.n;

	j->first = mem_new(0, n + 1, sizeof(*j->first));
	j->pattern_of = mem_new(0, n + 1, sizeof(*j->pattern_of));
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(net->claims.v[i].pattern,
				  net->claims.v[i - 1].pattern) != 0)
			j->first[j->npatterns++] = (uint32_t)i;
		j->pattern_of[i] = j->npatterns - 1;
	}
	j->first[j->npatterns] = (uint32_t)n;
}

static uint32_t
claim_owner(const struct net *net, size_t i)
{
	return net->claims.v[i].server;
}

static uint32_t
step_owner(const struct net *net, size_t i)
{
	return net->steps.v[i].from;
}

/* What belongs to each of n owners. */
static void
lists_make(struct judge_lists *lists, uint32_t n, const struct net *net,
    size_t items, uint32_t (*owner)(const struct net *, size_t))
{
	uint32_t *next;

	lists->at = mem_new(0, (size_t)n + 1, sizeof(*lists->at));
	lists->item = mem_new(0, items + 1, sizeof(*lists->item));
	for (size_t i = 0; i < items; i++)
		lists->at[owner(net, i) + 1]++;
	for (uint32_t u = 0; u < n; u++)
		lists->at[u + 1] += lists->at[u];
	next = mem_dup(lists->at, ((size_t)n + 1) * sizeof(*next));
	for (size_t i = 0; i < items; i++)
		lists->item[next[owner(net, i)]++] = (uint32_t)i;
	mem_free(next);
}

static void
links_find(struct judge *j)
{
	const struct graph_side *out = &j->graph->out;
	uint32_t n = j->graph->servers;

	j->link_at = mem_new(0, (size_t)n + 1, sizeof(*j->link_at));
	for (uint32_t u = 0; u < n; u++) {
		for (uint32_t i = out->first[u]; i < out->end[u]; i++) {
			struct judge_link link = { u, out->arcs[i].to, 0 };

			if (link.to < n) /* parts stand behind */
				vec_push(&j->links, link);
		}
		j->link_at[u + 1] = (uint32_t)j->links.n;
	}
}

uint32_t
judge_link_of(const struct judge *j, uint32_t from, uint32_t to)
{
	uint32_t low, high;

	if (from >= j->graph->servers || to >= j->graph->servers)
		return JUDGE_NONE;
	low = j->link_at[from];
	high = j->link_at[from + 1];
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (j->links.v[mid].to < to)
			low = mid + 1;
		else
			high = mid;
	}
	return low; /* there is one: each step of a graph is */
}

uint32_t
judge_parent(
    const struct judge *j, uint32_t source, const uint64_t *dist, uint32_t v)
{
	const struct graph_side *in = &j->graph->in;

	for (uint32_t i = in->first[v]; i < in->end[v]; i++) {
		uint32_t u = in->arcs[i].to;

		if (dist[u] != GRAPH_NONE &&
		    dist[u] + graph_weight(in->arcs[i].weight) == dist[v] &&
		    (u == source || !j->graph->shut[u]))
			return u;
	}
	return JUDGE_NONE;
}

uint32_t
judge_choose(const struct judge *j, uint32_t server, const uint64_t *dist,
    uint32_t pattern)
{
	uint64_t least = GRAPH_NONE;
	uint32_t best = JUDGE_NONE;

	for (uint32_t k = j->first[pattern]; k < j->first[pattern + 1]; k++) {
		const struct net_claim *claim = &j->net->claims.v[k];
		uint64_t metric = graph_add(
		    dist[claim->server], graph_metric(claim->cost, 0));

		if (metric < least && !claim->down &&
		    reach_visible(j->net, server, claim)) {
			least = metric;
			best = k;
		}
	}
	return best;
}

/* Sizes of subtrees, farthest first, are where the places come from. */
static void
tree_order(struct judge_tree *t, const struct spf *s, uint32_t *size)
{
	uint32_t n = s->settled;

	for (uint32_t i = 0; i < n; i++)
		size[s->order[i]] = 1;
	for (uint32_t i = n; i-- > 1;)
		size[t->node[s->order[i]].parent] += size[s->order[i]];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = s->order[i], u = t->node[v].parent;
		uint32_t at = i == 0 ? 0 : t->node[u].end;

		t->node[v].at = at;
		t->node[v].end = at + 1; /* grows to its end, child by child */
		t->order[at] = v;
		if (i > 0)
			t->node[u].end += size[v];
	}
}

static void
tree_load(struct judge *j, const struct judge_tree *t, uint32_t v)
{
	for (; t->node[v].parent != JUDGE_NONE; v = t->node[v].parent)
		if (t->node[v].via != JUDGE_NONE)
			j->links.v[t->node[v].via].load++;
}

/* None where no way leads, nor to `from` itself. */
static void
parent_set(
    const struct judge *j, uint32_t from, struct judge_tree *t, uint32_t v)
{
	t->node[v].parent = judge_parent(j, from, t->dist, v);
	t->node[v].via = judge_link_of(j, t->node[v].parent, v);
}

static void
tree_build(struct judge *j, uint32_t from, struct spf *s, uint32_t *size)
{
	struct judge_tree *t = &j->trees[from];
	uint32_t n = j->graph->nodes;

	spf_reach(s, j->graph, from);
	t->dist = mem_dup(s->dist, n * sizeof(*t->dist));
	t->node = mem_new(0, n, sizeof(*t->node));
	t->order = mem_new(0, n, sizeof(*t->order));
	t->chosen = mem_new(0, (size_t)j->npatterns + 1, sizeof(*t->chosen));
	for (uint32_t v = 0; v < n; v++)
		parent_set(j, from, t, v);
	tree_order(t, s, size);
	for (uint32_t p = 0; p < j->npatterns; p++) {
		uint32_t k = judge_choose(j, from, t->dist, p);

		t->chosen[p] = k;
		if (k != JUDGE_NONE)
			tree_load(j, t, j->net->claims.v[k].server);
	}
}

static void
routes_count(struct judge *j)
{
	const struct net *net = j->net;

	for (uint32_t s = 0; s < net->servers.n; s++)
		for (uint32_t p = 0;
		     net->servers.v[s].present && p < j->npatterns; p++) {
			uint32_t k = j->first[p], end = j->first[p + 1];

			while (k < end &&
			       !reach_visible(net, s, &net->claims.v[k]))
				k++;
			j->routes += k < end;
		}
}

void
judge_build(struct judge *j)
{
	const struct net *net = j->net;
	uint32_t servers = (uint32_t)net->servers.n;
	struct spf *s = spf_new();
	uint32_t *size;

	j->graph = graph_new(net, NULL, NULL);
	size = mem_new(0, (size_t)j->graph->nodes + 1, sizeof(*size));
	judge_patterns_find(j);
	lists_make(&j->claims, servers, net, net->claims.n, claim_owner);
	lists_make(&j->steps, j->graph->nodes, net, net->steps.n, step_owner);
	links_find(j);
	j->trees = mem_new(0, (size_t)servers + 1, sizeof(*j->trees));
	for (uint32_t i = 0; i < servers; i++)
		if (net->servers.v[i].present)
			tree_build(j, i, s, size);
	routes_count(j);
	mem_free(size);
	spf_free(s);
}

static void
judge_lists_done(struct judge_lists *lists)
{
	mem_free(lists->at);
	mem_free(lists->item);
}

void
judge_build_undo(struct judge *j)
{
	for (uint32_t i = 0; i < j->graph->servers; i++) {
		struct judge_tree *t = &j->trees[i];

		mem_free(t->dist);
		mem_free(t->node);
		mem_free(t->order);
		mem_free(t->chosen);
	}
	mem_free(j->trees);
	judge_lists_done(&j->claims);
	judge_lists_done(&j->steps);
	vec_done(&j->links);
	mem_free(j->link_at);
	mem_free(j->first);
	mem_free(j->pattern_of);
	graph_free(j->graph);
}
