#include "t/sim/mail/mail.h"

#include <string.h>

#define FAR UINT32_MAX

struct metrics {
	uint8_t (*cost)[SERVERS]; /* lent */
	uint32_t d[SERVERS][SERVERS];
};

/* Floyd and Warshall. */
static void
metrics_of(struct metrics *m, const struct world *w, uint8_t (*cost)[SERVERS])
{
	m->cost = cost;
	for (size_t a = 0; a < w->n; a++)
		for (size_t b = 0; b < w->n; b++)
			m->d[a][b] = a == b           ? 0
			             : cost[a][b] > 0 ? cost[a][b]
			                              : FAR;
	for (size_t k = 0; k < w->n; k++)
		for (size_t a = 0; a < w->n; a++)
			for (size_t b = 0; b < w->n; b++)
				if (m->d[a][k] != FAR && m->d[k][b] != FAR &&
				    m->d[a][k] + m->d[k][b] < m->d[a][b])
					m->d[a][b] = m->d[a][k] + m->d[k][b];
}

static void
hop_add(struct hops *hops, size_t server)
{
	if (hops->n < HOPS)
		hops->v[hops->n++] = (uint8_t)server;
}

/* Equal-cost next hops, then loop-free alternates (RFC 5286). */
static void
route_make(struct hops *out, const struct world *w, const struct metrics *m,
    size_t from, size_t to)
{
	const uint8_t *cost = m->cost[from];
	uint32_t best = m->d[from][to];

	out->n = 0;
	if (from == to || best == FAR)
		return;
	for (size_t v = 0; v < w->n; v++)
		if (cost[v] > 0 && m->d[v][to] != FAR &&
		    cost[v] + m->d[v][to] == best)
			hop_add(out, v);
	for (size_t v = 0; v < w->n; v++)
		if (cost[v] > 0 && m->d[v][to] != FAR &&
		    cost[v] + m->d[v][to] != best &&
		    (m->d[v][from] == FAR ||
			m->d[v][to] < m->d[v][from] + best))
			hop_add(out, v);
}

void
belief_paths(
    struct belief *out, const struct world *w, uint8_t (*cost)[SERVERS])
{
	struct metrics m;

	metrics_of(&m, w, cost);
	for (size_t from = 0; from < w->n; from++)
		for (size_t to = 0; to < w->n; to++)
			route_make(&out->route[from][to], w, &m, from, to);
}

void
belief_wild(struct belief *out, struct world *w)
{
	memset(out, 0, sizeof(*out));
	for (size_t from = 0; from < w->n; from++)
		for (size_t to = 0; to < w->n; to++) {
			size_t first = rng_below(&w->rng, w->n);
			size_t most = rng_below(&w->rng, HOPS + 1);

			for (size_t i = 0; from != to && i < w->n; i++) {
				size_t v = (first + i) % w->n;

				if (w->cost[from][v] > 0 &&
				    out->route[from][to].n < most)
					hop_add(&out->route[from][to], v);
			}
		}
}
