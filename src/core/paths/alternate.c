#include "core/paths/alternate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct neighbour {
	uint32_t server;
	uint64_t step;   /* c(S,N) */
	uint64_t back;   /* D(N,S) */
	uint64_t *org;   /* D(N,x), by node */
	uint64_t *group; /* inside its group; NULL: nothing asks */
};

struct alternate_book {
	const struct net *net;
	const struct graph *org, *group;
	uint32_t self, n;
	struct neighbour v[LIMIT_ALTERNATE_NEIGHBOURS];
};

static bool
alternate_nearer(const struct neighbour *a, const struct neighbour *b)
{
	return a->step != b->step ? a->step < b->step : a->server < b->server;
}

static void
nearest_add(struct alternate_book *b, const struct neighbour *one)
{
	uint32_t at = b->n;

	if (at == LIMIT_ALTERNATE_NEIGHBOURS) {
		if (!alternate_nearer(one, &b->v[at - 1]))
			return;
		at--;
	} else {
		b->n++;
	}
	for (; at > 0 && alternate_nearer(one, &b->v[at - 1]); at--)
		b->v[at] = b->v[at - 1];
	b->v[at] = *one;
}

static uint64_t *
alternate_distances(struct spf *spf, const struct graph *graph, uint32_t from)
{
	spf_reach(spf, graph, from);
	return mem_dup(spf->dist, graph->nodes * sizeof(*spf->dist));
}

struct alternate_book *
alternate_new(const struct reach *reach, const struct graph *group)
{
	struct alternate_book *b = mem_new(sizeof(*b), 0, 0);
	const struct spf *from = reach->org;
	struct spf *spf = spf_new();

	b->net = reach->net;
	b->org = from->graph;
	b->group = group;
	b->self = reach->self;
	for (uint32_t i = 0; i < from->nnear; i++) {
		struct neighbour one = { .server = from->near[i],
			.step = from->step[i] };

		nearest_add(b, &one);
	}
	for (uint32_t i = 0; i < b->n; i++) {
		struct neighbour *n = &b->v[i];

		n->org = alternate_distances(spf, from->graph, n->server);
		n->back = n->org[reach->self];
		if (group != NULL)
			n->group = alternate_distances(spf, group, n->server);
	}
	spf_free(spf);
	return b;
}

void
alternate_free(struct alternate_book *b)
{
	if (b == NULL)
		return;
	for (uint32_t i = 0; i < b->n; i++) {
		mem_free(b->v[i].org);
		mem_free(b->v[i].group);
	}
	mem_free(b);
}

static void
distances_follow(const struct alternate_news *news, const struct graph *graph,
    const struct graph_changes *changes, uint32_t from, uint64_t *dist)
{
	struct spf_follow *f = news->follow;

	spf_follow_dist(f, graph, changes, from, dist);
	for (size_t i = 0; i < f->moved.n; i++)
		if (f->moved.v[i] < graph->servers)
			news->moved(news->ctx, f->moved.v[i]);
}

bool
alternate_follow(struct alternate_book *b, const struct alternate_news *news)
{
	bool same = true;

	for (uint32_t i = 0; i < b->n; i++) {
		struct neighbour *n = &b->v[i];

		distances_follow(news, b->org, news->org, n->server, n->org);
		if (n->group != NULL)
			distances_follow(
			    news, b->group, news->group, n->server, n->group);
		same &= n->back == n->org[b->self];
		n->back = n->org[b->self];
	}
	return same;
}

bool
alternate_has(const struct alternate_book *b, uint32_t server)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->v[i].server == server)
			return true;
	return false;
}

/* D(N,P) as N sees P; one that gives no transit delivers what it claims
 * itself, or nothing. */
static uint64_t
alternate_metric_at(const struct alternate_book *b, const struct neighbour *n,
    struct reach_claims claims)
{
	bool transit = b->net->servers.v[n->server].transit;
	uint64_t best = GRAPH_NONE;

	for (size_t i = 0; i < claims.n; i++) {
		const struct net_claim *c = &claims.v[i];
		const uint64_t *dist = c->local ? n->group : n->org;
		uint64_t m;

		if (c->down || !reach_visible(b->net, n->server, c) ||
		    (!transit && c->server != n->server))
			continue;
		m = graph_metric(c->cost, 0);
		if (c->server != n->server)
			m = graph_add(dist[c->server], m);
		if (m < best)
			best = m;
	}
	return best;
}

static int
alternate_number_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void
alternate_find(const struct alternate_book *b, const struct alternate_ask *ask,
    struct alternate_list *out)
{
	uint64_t rank[LIMIT_ALTERNATE_NEIGHBOURS];

	out->n = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct neighbour *n = &b->v[i];
		uint64_t m = alternate_metric_at(b, n, ask->claims);
		uint32_t at = out->n;

		if (m == GRAPH_NONE || m >= graph_add(n->back, ask->best) ||
		    bsearch(&n->server, ask->hops, ask->nhops,
			sizeof(*ask->hops), alternate_number_order) != NULL)
			continue;
		m = graph_add(n->step, m);
		for (; at > 0 && (rank[at - 1] > m ||
				     (rank[at - 1] == m &&
					 out->server[at - 1] > n->server));
		     at--) {
			rank[at] = rank[at - 1];
			out->server[at] = out->server[at - 1];
			out->cost[at] = out->cost[at - 1];
		}
		rank[at] = m;
		out->server[at] = n->server;
		out->cost[at] = graph_cost(n->step);
		out->n++;
	}
}
