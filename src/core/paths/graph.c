#include "core/paths/graph.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* Steps in hand: in the order of `to`, so that arcs come out sorted. */
struct draft {
	const struct net *net;
	uint32_t nodes;
	uint32_t n;
	uint32_t *steps; /* numbers of steps */
};

static bool
usable(const struct net *net, uint32_t node)
{
	return node >= net->servers.n || net->servers.v[node].present;
}

static uint32_t
graph_weight_of(const struct net *net, const struct net_step *step)
{
	size_t servers = net->servers.n;
	uint32_t half = step->from < servers && step->to < servers ? 2 : 1;

	CHECK(step->cost < UINT32_C(1) << 30);
	return step->cost << 2 | half;
}

/* Turns counts at [u + 1] into where each begins. */
static void
sum_up(uint32_t *first, uint32_t nodes)
{
	for (uint32_t u = 0; u < nodes; u++)
		first[u + 1] += first[u];
}

static void
draft_fill(struct draft *d, graph_filter *filter, void *ctx)
{
	const struct net *net = d->net;
	uint32_t *at = mem_new(0, d->nodes + 2, sizeof(*at));
	bool *take = mem_new(0, net->steps.n + 1, sizeof(*take));

	for (size_t i = 0; i < net->steps.n; i++) {
		const struct net_step *step = &net->steps.v[i];

		CHECK(step->from < d->nodes && step->to < d->nodes);
		take[i] = step->from != step->to && usable(net, step->from) &&
		          usable(net, step->to) &&
		          (filter == NULL || filter(ctx, step));
		if (take[i])
			at[step->to + 1]++;
	}
	sum_up(at, d->nodes);
	d->n = at[d->nodes];
	d->steps = mem_new(0, d->n + 1, sizeof(*d->steps));
	for (size_t i = 0; i < net->steps.n; i++)
		if (take[i])
			d->steps[at[net->steps.v[i].to]++] = (uint32_t)i;
	mem_free(take);
	mem_free(at);
}

/* Arcs by `from`, each list in the order of `to`, the cheapest of equals. */
static void
fill_out(struct graph *g, const struct draft *d)
{
	const struct net_step *steps = d->net->steps.v;
	uint32_t *begin = mem_new(0, g->nodes + 1, sizeof(*begin));
	uint32_t *end, kept = 0;

	for (uint32_t i = 0; i < d->n; i++)
		begin[steps[d->steps[i]].from + 1]++;
	sum_up(begin, g->nodes);
	end = mem_dup(begin, (g->nodes + 1) * sizeof(*begin));
	g->out.arcs = mem_new(0, d->n + 1, sizeof(*g->out.arcs));
	for (uint32_t i = 0; i < d->n; i++) {
		const struct net_step *step = &steps[d->steps[i]];
		uint32_t weight = graph_weight_of(d->net, step);
		uint32_t *e = &end[step->from];
		struct graph_arc *arc = &g->out.arcs[*e];

		if (*e > begin[step->from] && arc[-1].to == step->to) {
			if (weight < arc[-1].weight)
				arc[-1].weight = weight;
			continue;
		}
		*arc = (struct graph_arc){ step->to, weight };
		(*e)++;
	}
	for (uint32_t u = 0; u < g->nodes; u++) { /* close the gaps */
		uint32_t n = end[u] - begin[u];

		g->out.first[u] = kept;
		memmove(&g->out.arcs[kept], &g->out.arcs[begin[u]],
		    n * sizeof(*g->out.arcs));
		kept += n;
	}
	g->out.first[g->nodes] = kept;
	g->out.narcs = kept;
	mem_free(begin);
	mem_free(end);
}

static void
fill_in(struct graph *g)
{
	uint32_t narcs = g->out.narcs;
	uint32_t *at;

	g->in.narcs = narcs;
	for (uint32_t i = 0; i < narcs; i++)
		g->in.first[g->out.arcs[i].to + 1]++;
	sum_up(g->in.first, g->nodes);
	at = mem_dup(g->in.first, (g->nodes + 1) * sizeof(*at));
	g->in.arcs = mem_new(0, narcs + 1, sizeof(*g->in.arcs));
	for (uint32_t u = 0; u < g->nodes; u++)
		for (uint32_t i = g->out.first[u]; i < g->out.first[u + 1];
		     i++) {
			const struct graph_arc *arc = &g->out.arcs[i];

			g->in.arcs[at[arc->to]++] =
			    (struct graph_arc){ u, arc->weight };
		}
	mem_free(at);
}

static void
side_init(struct graph_side *side, uint32_t nodes)
{
	side->first = mem_new(0, nodes + 1, sizeof(*side->first));
	side->end = mem_new(0, nodes + 1, sizeof(*side->end));
	side->stop = mem_new(0, nodes + 1, sizeof(*side->stop));
	side->last = mem_new(0, nodes + 1, sizeof(*side->last));
}

static void
side_stop(struct graph_side *side, const uint8_t *shut, uint32_t nodes)
{
	side->room = side->narcs + 1;
	for (uint32_t u = 0; u < nodes; u++) {
		side->end[u] = side->last[u] = side->first[u + 1];
		side->stop[u] = shut[u] ? side->first[u] : side->end[u];
	}
}

struct graph *
graph_new(const struct net *net, graph_filter *filter, void *ctx)
{
	struct graph *g = mem_new(sizeof(*g), 0, 0);
	struct draft d = { .net = net };

	g->servers = (uint32_t)net->servers.n;
	g->nodes = g->servers + net->parts;
	d.nodes = g->nodes;
	side_init(&g->out, g->nodes);
	side_init(&g->in, g->nodes);
	draft_fill(&d, filter, ctx);
	fill_out(g, &d);
	fill_in(g);
	g->shut = mem_new(0, g->nodes + 1, 1);
	for (uint32_t u = 0; u < g->servers; u++)
		g->shut[u] = !net->servers.v[u].transit;
	side_stop(&g->out, g->shut, g->nodes);
	side_stop(&g->in, g->shut, g->nodes);
	mem_free(d.steps);

	for (uint32_t i = 0; i < g->out.narcs; i++) {
		uint32_t cost = g->out.arcs[i].weight >> 2;

		if (cost > g->cost_max)
			g->cost_max = cost;
		if (i == 0 || cost < g->cost_min)
			g->cost_min = cost;
	}
	return g;
}

bool
graph_is_inside(const struct net *net, const struct net_step *step)
{
	const struct net_server *servers = net->servers.v;
	size_t n = net->servers.n;

	if (step->from >= n || step->to >= n)
		return true; /* parts have members of one group only */
	return servers[step->from].group == servers[step->to].group;
}

static bool
takes_inside(void *ctx, const struct net_step *step)
{
	const struct net *const *net = ctx;

	return graph_is_inside(*net, step);
}

struct graph *
graph_new_inside(const struct net *net)
{
	return graph_new(net, takes_inside, &net);
}

static void
side_done(struct graph_side *side)
{
	mem_free(side->first);
	mem_free(side->end);
	mem_free(side->stop);
	mem_free(side->last);
	mem_free(side->arcs);
}

void
graph_free(struct graph *g)
{
	if (g == NULL)
		return;
	side_done(&g->out);
	side_done(&g->in);
	mem_free(g->shut);
	mem_free(g);
}
