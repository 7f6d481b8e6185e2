#include "core/paths/spf_shown.h"

#include "base/check.h"
#include "base/mem.h"

#define NOBODY UINT32_MAX

/* Of two servers that are as many hops away: whose path is the lesser. */
static bool
shown_before(const struct spf *s, uint32_t a, uint32_t b)
{
	uint32_t x = a, y = b;

	while (a != b) {
		x = a;
		y = b;
		a = s->shown[a];
		b = s->shown[b];
	}
	return x < y;
}

bool
spf_shown_find(struct spf *s, uint32_t v)
{
	const struct graph *g = s->graph;
	uint32_t best = NOBODY, was = s->shown[v];

	for (uint32_t i = g->in.first[v]; i < g->in.end[v]; i++) {
		uint32_t u = g->in.arcs[i].to, server;

		if (s->dist[v] == GRAPH_NONE || s->dist[u] == GRAPH_NONE ||
		    (u != s->source && g->shut[u]) ||
		    s->dist[u] + graph_weight(g->in.arcs[i].weight) !=
			s->dist[v])
			continue;
		server = u < g->servers ? u : s->shown[u];
		if (best == NOBODY ||
		    (server != best && shown_before(s, server, best)))
			best = server;
	}
	s->shown[v] = best;
	return best != was;
}

void
spf_shown_keep(struct spf *s)
{
	uint32_t n = s->graph->nodes;

	s->shown = mem_grow(s->shown, n, sizeof(*s->shown));
	for (uint32_t i = 0; i < n; i++)
		s->shown[i] = NOBODY;
	s->shown[s->source] = s->source;
	s->keeps = true;
	for (uint32_t i = 0; i < s->settled; i++)
		if (s->order[i] != s->source)
			spf_shown_find(s, s->order[i]);
}

uint32_t
spf_shown_path(const struct spf *s, uint32_t to, uint32_t *out)
{
	uint32_t n = graph_hops(s->dist[to]) + 1;

	for (uint32_t i = n; i > 0; i--) {
		CHECK(to < s->graph->servers);
		out[i - 1] = to;
		to = s->shown[to];
	}
	CHECK(out[0] == s->source);
	return n;
}
