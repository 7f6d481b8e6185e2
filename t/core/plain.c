#include "t/core/plain.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/paths/graph.h"

static uint32_t
below(struct plain_net *p, size_t n)
{
	return (uint32_t)rng_below(&p->rng, n);
}

static bool
is_odds(struct plain_net *p, size_t n)
{
	return below(p, n) == 0;
}

/* --- a net --------------------------------------------------------------------- */

static void
part_step(struct net *net, uint32_t member, uint32_t part)
{
	vec_push(&net->steps, ((struct net_step){ member, part, 0, 1, NULL }));
	vec_push(&net->steps, ((struct net_step){ part, member, 0, 0, NULL }));
}

/* A part for each group of two or more that are present. */
static void
parts_draw(struct net *net)
{
	uint32_t n = (uint32_t)net->servers.n;

	for (uint32_t group = 0; group < n; group++) {
		uint32_t members[PLAIN_SERVERS], found = 0;

		for (uint32_t i = 0; i < n; i++)
			if (net->servers.v[i].group == group &&
			    net->servers.v[i].present)
				members[found++] = i;
		for (uint32_t i = 0; found > 1 && i < found; i++)
			part_step(net, members[i], n + net->parts);
		net->parts += found > 1;
	}
}

static void
steps_draw(struct plain_net *p)
{
	uint32_t n = (uint32_t)p->net.servers.n;
	uint32_t most = is_odds(p, 3) ? n / 2 : 2 * n;

	for (uint32_t i = below(p, most + 1); i > 0; i--) {
		struct net_step step = { below(p, n), below(p, n),
			1 + below(p, 3), 1, NULL };

		if (step.from == step.to)
			continue;
		vec_push(&p->net.steps, step);
		if (is_odds(p, 5))
			continue;
		step =
		    (struct net_step){ step.to, step.from, step.cost, 1, NULL };
		vec_push(&p->net.steps, step);
	}
}

static void
claims_draw(struct plain_net *p)
{
	struct net *net = &p->net;
	size_t npatterns = below(p, PLAIN_PATTERNS + 1);

	for (size_t i = 0; i < npatterns; i++) {
		uint32_t share = 1 + below(p, 8);

		snprintf(
		    p->patterns[i], sizeof(p->patterns[i]), "p%u", (unsigned)i);
		for (uint32_t s = 0; s < net->servers.n; s++)
			if (is_odds(p, share))
				vec_push(
				    &net->claims, ((struct net_claim){
						      .pattern = p->patterns[i],
						      .server = s,
						      .cost = below(p, 3),
						      .local = is_odds(p, 4),
						      .down = is_odds(p, 6) }));
	}
}

void
plain_draw(struct plain_net *p, uint64_t seed)
{
	uint32_t n, groups;

	*p = (struct plain_net){ .rng = { seed } };
	n = 1 + below(p, is_odds(p, 3) ? PLAIN_SERVERS : PLAIN_SERVERS / 4);
	groups = 1 + below(p, n);
	for (uint32_t i = 0; i < n; i++) {
		snprintf(
		    p->names[i], sizeof(p->names[i]), "s%02u", (unsigned)i);
		vec_push(
		    &p->net.servers, ((struct net_server){ .name = p->names[i],
					 .group = below(p, groups),
					 .present = !is_odds(p, 9),
					 .transit = !is_odds(p, 6) }));
	}
	parts_draw(&p->net);
	steps_draw(p);
	claims_draw(p);
}

void
plain_fail(struct plain_net *p, struct judge_failure *f)
{
	uint32_t n = (uint32_t)p->net.servers.n;

	for (uint32_t i = below(p, 3); i > 0; i--) {
		uint32_t s = below(p, n);

		if (p->net.servers.v[s].present &&
		    (f->servers.n == 0 || f->servers.v[0] != s))
			vec_push(&f->servers, s);
	}
	for (uint32_t i = 0; i < p->net.steps.n; i++) {
		const struct net_step *s = &p->net.steps.v[i];

		if (s->from < n && s->to < n && is_odds(p, 6))
			vec_push(&f->steps, i);
	}
}

/* --- counted plainly ----------------------------------------------------------- */

static void
plain_steps(struct plain *p, const struct judge_failure *f)
{
	uint32_t n = (uint32_t)p->net->servers.n;
	size_t broken = 0;

	for (uint32_t v = 0; v < p->nodes; v++)
		p->is[v] = v >= n || p->net->servers.v[v].present;
	for (size_t i = 0; f != NULL && i < f->servers.n; i++)
		p->is[f->servers.v[i]] = false;
	for (size_t i = 0; i < p->net->steps.n; i++) {
		const struct net_step *s = &p->net->steps.v[i];
		uint64_t weight = graph_metric(s->cost, 0) +
		                  (s->from < n && s->to < n ? 2 : 1);
		uint64_t *at = &p->weight[s->from][s->to];

		if (f != NULL && broken < f->steps.n && f->steps.v[broken] == i)
			broken++;
		else if (p->is[s->from] && p->is[s->to] &&
			 (*at == 0 || weight < *at))
			*at = weight;
	}
}

static bool
leads_on(const struct plain *p, uint32_t from, uint32_t v)
{
	return v == from || v >= p->net->servers.n ||
	       p->net->servers.v[v].transit;
}

/* Bellman and Ford. */
static void
plain_search(struct plain *p, uint32_t from)
{
	uint64_t *dist = p->dist[from];
	bool again = true;

	for (uint32_t v = 0; v < p->nodes; v++)
		dist[v] = GRAPH_NONE;
	dist[from] = 0;
	while (again) {
		again = false;
		for (uint32_t u = 0; u < p->nodes; u++) {
			if (dist[u] == GRAPH_NONE || !leads_on(p, from, u))
				continue;
			for (uint32_t v = 0; v < p->nodes; v++) {
				uint64_t to = dist[u] + p->weight[u][v];

				if (p->weight[u][v] == 0 || to >= dist[v])
					continue;
				dist[v] = to;
				again = true;
			}
		}
	}
}

uint32_t
plain_before(const struct plain *p, uint32_t from, uint32_t v)
{
	for (uint32_t u = 0; v != from && u < p->nodes; u++)
		if (p->weight[u][v] != 0 && p->dist[from][u] != GRAPH_NONE &&
		    p->dist[from][u] + p->weight[u][v] == p->dist[from][v] &&
		    leads_on(p, from, u))
			return u;
	return PLAIN_NONE;
}

bool
plain_exists(const struct plain *p, uint32_t from, const struct net_claim *c)
{
	return !c->local || p->net->servers.v[from].group ==
	                        p->net->servers.v[c->server].group;
}

uint64_t
plain_metric(const struct plain *p, uint32_t from, uint32_t k)
{
	return graph_add(p->dist[from][p->net->claims.v[k].server],
	    graph_metric(p->net->claims.v[k].cost, 0));
}

static void
plain_route(struct plain *p, uint32_t from, uint32_t pattern)
{
	uint32_t *best = &p->chosen[from][pattern];

	*best = PLAIN_NONE;
	for (uint32_t k = p->first[pattern]; k < p->first[pattern + 1]; k++) {
		const struct net_claim *c = &p->net->claims.v[k];

		if (c->down || !p->is[c->server] || !plain_exists(p, from, c))
			continue;
		p->here[from][pattern] = true;
		if (p->dist[from][c->server] != GRAPH_NONE &&
		    (*best == PLAIN_NONE || plain_metric(p, from, k) <
						plain_metric(p, from, *best)))
			*best = k;
	}
	if (*best == PLAIN_NONE)
		return;
	for (uint32_t v = p->net->claims.v[*best].server, u;
	     (u = plain_before(p, from, v)) != PLAIN_NONE; v = u)
		p->load[u][v]++;
}

struct plain *
plain_new(const struct net *net, const struct judge_failure *f)
{
	struct plain *p = mem_new(sizeof(*p), 0, 0);

	p->net = net;
	p->nodes = (uint32_t)net->servers.n + net->parts;
	for (uint32_t k = 0; k < net->claims.n; k++)
		if (k == 0 || strcmp(net->claims.v[k].pattern,
				  net->claims.v[k - 1].pattern) != 0)
			p->first[p->npatterns++] = k;
	p->first[p->npatterns] = (uint32_t)net->claims.n;
	plain_steps(p, f);
	for (uint32_t from = 0; from < net->servers.n; from++) {
		if (!p->is[from])
			continue;
		plain_search(p, from);
		for (uint32_t i = 0; i < p->npatterns; i++)
			plain_route(p, from, i);
	}
	return p;
}

bool
plain_moved(const struct plain *was, const struct plain *is, uint32_t from,
    uint32_t pattern)
{
	uint32_t k = is->chosen[from][pattern], v, u;

	if (k != was->chosen[from][pattern] ||
	    plain_metric(is, from, k) != plain_metric(was, from, k))
		return true;
	for (v = is->net->claims.v[k].server; v != from; v = u) {
		u = plain_before(is, from, v);
		if (u != plain_before(was, from, v))
			return true;
	}
	return false;
}
