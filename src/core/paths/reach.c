#include "core/paths/reach.h"

#include <stdlib.h>

bool
reach_visible(
    const struct net *net, uint32_t server, const struct net_claim *claim)
{
	const struct net_server *s = net->servers.v;

	if (!claim->local || claim->server == server)
		return true;
	return s[claim->server].group != UINT32_MAX &&
	       s[claim->server].group == s[server].group;
}

static struct spf *
search_of(const struct reach *reach, const struct net_claim *claim)
{
	return claim->local ? reach->group : reach->org;
}

/* The second node of the claim's server, UINT32_MAX without one. */
static uint32_t
reach_end_of(const struct reach *reach, const struct net_claim *claim)
{
	const uint32_t *ends = reach->ends[claim->local];

	return ends == NULL ? UINT32_MAX : ends[claim->server];
}

/* A step to such a node counts half a hop too little. */
static uint64_t
end_metric(const struct reach *reach, const struct net_claim *claim)
{
	uint32_t end = reach_end_of(reach, claim);

	if (end == UINT32_MAX)
		return GRAPH_NONE;
	return graph_add(search_of(reach, claim)->dist[end], 1);
}

uint64_t
reach_metric(const struct reach *reach, const struct net_claim *claim)
{
	const struct spf *spf = search_of(reach, claim);
	uint64_t way, end;

	if (claim->down || !reach_visible(reach->net, reach->self, claim))
		return GRAPH_NONE;
	if (claim->server == reach->self)
		return graph_metric(claim->cost, 0);
	if (spf == NULL)
		return GRAPH_NONE;
	way = spf->dist[claim->server];
	end = end_metric(reach, claim);
	return graph_add(end < way ? end : way, graph_metric(claim->cost, 0));
}

struct reach_best
reach_best(const struct reach *reach, struct reach_claims claims)
{
	struct reach_best best = { .metric = GRAPH_NONE };

	for (size_t i = 0; i < claims.n; i++) {
		uint64_t m = reach_metric(reach, &claims.v[i]);

		/* Claims are in the order of names. */
		if (m < best.metric) {
			best.metric = m;
			best.claim = &claims.v[i];
		}
	}
	return best;
}

static int
reach_number_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts and drops repetitions; returns what is left. */
static uint32_t
unique(uint32_t *v, uint32_t n)
{
	uint32_t kept = 0;

	qsort(v, n, sizeof(*v), reach_number_order);
	for (uint32_t i = 0; i < n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

uint32_t
reach_hops(const struct reach *reach, struct reach_claims claims, uint64_t best,
    uint32_t *out)
{
	uint32_t n = 0;

	for (size_t i = 0; i < claims.n; i++) {
		const struct net_claim *c = &claims.v[i];
		struct spf *spf = search_of(reach, c);
		uint64_t way = best - graph_metric(c->cost, 0);

		if (c->server == reach->self || reach_metric(reach, c) != best)
			continue;
		if (spf->dist[c->server] == way)
			n += spf_first_hops(spf, c->server, out + n);
		if (n > 1)
			n = unique(out, n);
		if (end_metric(reach, c) == way)
			n += spf_first_hops(
			    spf, reach_end_of(reach, c), out + n);
		if (n > 1)
			n = unique(out, n);
	}
	return n;
}

/* The path to the second node, which a part may lead to. */
static uint32_t
end_path(struct spf *spf, uint32_t end, uint32_t server, uint32_t *out)
{
	uint32_t n = spf_path(spf, end, out);

	if (n > 0)
		out[n - 1] = server;
	return n;
}

uint32_t
reach_path(
    const struct reach *reach, const struct net_claim *claim, uint32_t *out)
{
	struct spf *spf = search_of(reach, claim);
	uint64_t way;

	out[0] = reach->self;
	if (claim->server == reach->self || spf == NULL)
		return claim->server == reach->self;
	way = spf->dist[claim->server];
	if (end_metric(reach, claim) < way)
		return end_path(
		    spf, reach_end_of(reach, claim), claim->server, out);
	return spf_path(spf, claim->server, out);
}
