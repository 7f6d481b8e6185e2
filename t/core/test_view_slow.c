/*
 * test_view_slow.c - tables of random databases beside a slow and obvious
 * second version: every step of a group by itself instead of parts,
 * Floyd-Warshall instead of searches, and for a path of last resort the
 * value of each server by repeated improvement, straight from the words of
 * HACKING 6, Routes.
 */

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "t/core/world.h"
#include "t/tap.h"

#define MOST 9
#define PATTERNS 6
#define CONNECTORS 14
#define NO_WAY UINT64_MAX
#define STEP(cost) ((uint64_t)(cost) << 16 | 1)

enum report { SILENT, GOOD, BAD };

struct claim {
	bool there, down;
	uint32_t cost;
};

struct link {
	uint32_t from, to, cost;
	bool up, drain;
};

/* What a database says, as matrices. Server 0 is ourselves. */
struct model {
	uint32_t n, group[MOST];
	bool speaks[MOST];      /* has a server LSA */
	bool transit[MOST];     /* says it is up */
	bool names[MOST][MOST]; /* announces the adjacency */
	enum report report[MOST][MOST];
	struct link link[CONNECTORS];
	bool local[PATTERNS];
	struct claim claim[PATTERNS][MOST];
	/* what follows from it */
	bool present[MOST];
	uint64_t step[MOST][MOST], inside[MOST][MOST];
	uint64_t wide[MOST][MOST];
};

static bool
chance(struct rng *rng, uint32_t percent)
{
	return rng_below(rng, 100) < percent;
}

static void
draw_servers(struct model *m, struct rng *rng)
{
	uint32_t joined = (uint32_t)rng_below(rng, 100);

	m->n = 2 + (uint32_t)rng_below(rng, MOST - 1);
	for (uint32_t i = 0; i < m->n; i++) {
		m->group[i] = (uint32_t)rng_below(rng, 3);
		m->speaks[i] = chance(rng, 95);
		m->transit[i] = m->speaks[i] && chance(rng, 85);
	}
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; k < i; k++) {
			bool both = chance(rng, joined / 2);

			m->names[i][k] = both || chance(rng, 10);
			m->names[k][i] = both || chance(rng, 10);
		}
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; k < m->n; k++) {
			uint64_t r = rng_below(rng, 10);

			if (i != k && m->group[i] == m->group[k])
				m->report[i][k] = r < 4   ? GOOD
				                  : r < 6 ? BAD
				                          : SILENT;
		}
}

static void
draw(struct model *m, struct rng *rng)
{
	memset(m, 0, sizeof(*m));
	draw_servers(m, rng);
	for (uint32_t i = 0; i < CONNECTORS; i++)
		m->link[i] = (struct link){
			.from = (uint32_t)rng_below(rng, m->n),
			.to = (uint32_t)rng_below(rng, m->n),
			.cost = 1 + (uint32_t)rng_below(rng, 6),
			.up = chance(rng, 75),
			.drain = chance(rng, 8),
		};
	for (uint32_t p = 0; p < PATTERNS; p++) {
		m->local[p] = p < 2;
		for (uint32_t i = 0; i < m->n; i++)
			m->claim[p][i] = (struct claim){
				.there = chance(rng, 20),
				.down = chance(rng, 15),
				.cost = (uint32_t)rng_below(rng, 4),
			};
	}
}

static void
tell_list(
    struct buf *out, const char *what, const struct model *m, const bool *in)
{
	const char *between = what;

	for (uint32_t k = 0; k < m->n; k++) {
		if (!in[k])
			continue;
		buf_printf(out, "%ss%u.x", between, k);
		between = ",";
	}
}

static void
tell_server(struct buf *out, const struct model *m, uint32_t i)
{
	bool good[MOST] = { 0 }, bad[MOST] = { 0 };

	for (uint32_t k = 0; k < m->n; k++) {
		good[k] = m->report[i][k] == GOOD;
		bad[k] = m->report[i][k] == BAD;
	}
	buf_printf(out, "server s%u.x g%u", i, m->group[i]);
	tell_list(out, " nbr ", m, m->names[i]);
	tell_list(out, " up ", m, good);
	tell_list(out, " down ", m, bad);
	buf_text(out, m->transit[i] ? ";" : i % 2 ? " drain;" : " starting;");
}

static char *
tell(const struct model *m)
{
	struct buf out = { 0 };

	buf_printf(&out, "self s0.x g%u;", m->group[0]);
	for (uint32_t i = 0; i < m->n; i++)
		if (m->speaks[i])
			tell_server(&out, m, i);
	for (uint32_t i = 0; i < CONNECTORS; i++) {
		const struct link *l = &m->link[i];

		buf_printf(&out, "connector c%u s%u.x g%u s%u.x=%u%s", i,
		    l->from, m->group[l->to], l->to, l->cost,
		    l->up ? "+" : "-");
		buf_printf(&out, "@10.9.0.%u:25%s;", l->to + 1,
		    l->drain ? " drain" : "");
	}
	for (uint32_t p = 0; p < PATTERNS; p++)
		for (uint32_t i = 0; i < m->n; i++) {
			const struct claim *c = &m->claim[p][i];

			if (c->there)
				buf_printf(&out,
				    "space p%u.x s%u.x cost %u%s%s;", p, i,
				    c->cost, m->local[p] ? " local" : "",
				    c->down ? " down" : "");
		}
	return buf_string(&out);
}

/* Connected by what both ends announce, within the set, from each. */
static void
joined(const struct model *m, const bool *in, bool groups, bool out[MOST][MOST])
{
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; k < m->n; k++)
			out[i][k] = in[i] && in[k] && m->names[i][k] &&
			            m->names[k][i] &&
			            (!groups || m->group[i] == m->group[k]);
	for (uint32_t k = 0; k < m->n; k++)
		for (uint32_t i = 0; i < m->n; i++)
			for (uint32_t j = 0; j < m->n; j++)
				out[i][j] |= out[i][k] && out[k][j];
}

/* Known to the database: an LSA of its own, or a claim; or ourselves. */
static bool
known(const struct model *m, uint32_t i)
{
	bool yes = i == 0 || m->speaks[i];

	for (uint32_t p = 0; p < PATTERNS; p++)
		yes |= m->claim[p][i].there;
	return yes;
}

/* "Within a group the step from i to j counts if ..." */
static bool
group_step(const struct model *m, const bool *in, bool parts[MOST][MOST],
    uint32_t i, uint32_t j)
{
	bool good = false, any = false;

	if (m->report[i][j] != SILENT)
		return m->report[i][j] == GOOD;
	for (uint32_t k = 0; k < m->n; k++) {
		good |= in[k] && m->speaks[k] && m->report[k][j] == GOOD;
		any |= in[k] && m->speaks[k] && m->report[k][j] != SILENT;
	}
	return parts[i][j] && (good || !any);
}

static void
steps(const struct model *m, const bool *in, uint64_t out[MOST][MOST])
{
	bool parts[MOST][MOST];
	bool real[MOST]; /* a group is known by a server LSA alone */

	joined(m, in, true, parts);
	for (uint32_t i = 0; i < m->n; i++)
		real[i] = m->speaks[i];
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t j = 0; j < m->n; j++) {
			out[i][j] = NO_WAY;
			if (i != j && in[i] && real[i] && real[j] &&
			    m->group[i] == m->group[j] &&
			    group_step(m, in, parts, i, j))
				out[i][j] = STEP(0);
		}
	for (uint32_t c = 0; c < CONNECTORS; c++) {
		const struct link *l = &m->link[c];
		uint64_t *at = &out[l->from][l->to];

		if (l->from != l->to && in[l->from] && l->up && !l->drain &&
		    known(m, l->to) && STEP(l->cost) < *at)
			*at = STEP(l->cost);
	}
}

/* "its own probes take out its own edges": none made, so its last word. */
static void
steps_alone(const struct model *m, uint64_t out[MOST][MOST])
{
	for (uint32_t j = 1; j < m->n; j++)
		if (m->speaks[j] && m->group[j] == m->group[0] &&
		    !(m->speaks[0] && m->report[0][j] == BAD))
			out[0][j] = STEP(0);
}

static void
derive(struct model *m)
{
	bool all[MOST], reach[MOST][MOST];

	for (uint32_t i = 0; i < m->n; i++)
		all[i] = m->speaks[i];
	joined(m, all, false, reach);
	for (uint32_t i = 0; i < m->n; i++)
		m->present[i] = i == 0 || reach[0][i];
	all[0] = true; /* our own connectors speak in any case */
	steps(m, m->present, m->step);
	steps(m, all, m->wide);
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t j = 0; j < m->n; j++)
			if (m->step[i][j] < m->wide[i][j])
				m->wide[i][j] = m->step[i][j];
	memcpy(m->inside, m->step, sizeof(m->inside));
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t j = 0; j < m->n; j++)
			if (m->group[i] != m->group[j] ||
			    (!m->speaks[i] && i != 0) ||
			    (!m->speaks[j] && j != 0))
				m->inside[i][j] = NO_WAY;
}

static uint64_t
plus(uint64_t a, uint64_t b)
{
	return a == NO_WAY || b == NO_WAY ? NO_WAY : a + b;
}

/* Floyd-Warshall by way of those that give transit. */
static void
distances(
    const struct model *m, uint64_t step[MOST][MOST], uint64_t d[MOST][MOST])
{
	memcpy(d, step, MOST * sizeof(*step));
	for (uint32_t i = 0; i < m->n; i++)
		d[i][i] = 0;
	for (uint32_t k = 0; k < m->n; k++)
		for (uint32_t i = 0; i < m->n && m->transit[k]; i++)
			for (uint32_t j = 0; j < m->n && m->present[k]; j++) {
				uint64_t by = plus(d[i][k], d[k][j]);

				if (by < d[i][j])
					d[i][j] = by;
			}
}

static bool
sees(const struct model *m, uint32_t p, uint32_t who, uint32_t server)
{
	if (!m->claim[p][server].there)
		return false;
	if (!m->local[p] || who == server)
		return true;
	return m->group[who] == m->group[server] &&
	       (m->speaks[server] || server == 0);
}

/* D(who, P) */
static uint64_t
to_pattern(
    const struct model *m, uint64_t d[MOST][MOST], uint32_t p, uint32_t who)
{
	uint64_t best = NO_WAY;

	for (uint32_t c = 0; c < m->n; c++) {
		uint64_t way =
		    plus(d[who][c], (uint64_t)m->claim[p][c].cost << 16);

		if (sees(m, p, who, c) && !m->claim[p][c].down && way < best)
			best = way;
	}
	return best;
}

/* What a server does with mail for P that is handed to it. */
static uint64_t
handed(const struct model *m, uint64_t d[MOST][MOST], uint32_t p, uint32_t who)
{
	if (m->transit[who] && m->present[who])
		return to_pattern(m, d, p, who);
	if (sees(m, p, who, who) && !m->claim[p][who].down)
		return (uint64_t)m->claim[p][who].cost << 16;
	return NO_WAY;
}

struct answer {
	uint64_t metric;
	bool last;
	bool hop[MOST];
	uint32_t alternate[MOST], nalternates;
	uint64_t rank[MOST];
};

static void
alternates(const struct model *m, uint64_t step[MOST][MOST],
    uint64_t d[MOST][MOST], uint32_t p, struct answer *a)
{
	uint64_t all[MOST][MOST], first[MOST][MOST];

	memcpy(first, m->step, sizeof(first));
	distances(m, first, all); /* D(N,S) is over everything */
	(void)step;
	for (uint32_t i = 1; i < m->n; i++) {
		uint64_t to = handed(m, d, p, i);
		uint64_t back = plus(all[i][0], a->metric);
		uint64_t rank = plus(m->step[0][i], to);
		uint32_t at = a->nalternates;

		if (a->hop[i] || m->step[0][i] == NO_WAY || to == NO_WAY ||
		    to >= back)
			continue;
		for (; at > 0 && a->rank[at - 1] > rank; at--) {
			a->rank[at] = a->rank[at - 1];
			a->alternate[at] = a->alternate[at - 1];
		}
		a->rank[at] = rank;
		a->alternate[at] = i;
		a->nalternates++;
	}
}

static bool
ordinary(struct model *m, uint32_t p, struct answer *a)
{
	uint64_t(*step)[MOST] = m->local[p] ? m->inside : m->step;
	uint64_t d[MOST][MOST];

	distances(m, step, d);
	a->metric = to_pattern(m, d, p, 0);
	if (a->metric == NO_WAY)
		return false;
	if (a->metric >> 16 == m->claim[p][0].cost && (a->metric & 0xffff) == 0)
		return true;
	for (uint32_t i = 1; i < m->n; i++)
		a->hop[i] = step[0][i] != NO_WAY &&
		            plus(step[0][i], handed(m, d, p, i)) == a->metric;
	alternates(m, step, d, p, a);
	return true;
}

/*
 * "From the first present server that has an ordinary path it is that path":
 * its value is fixed. The value of every other server that gives transit is
 * that of its best step, by the last word of all; repeat until it stands.
 */
static void
last_resort(struct model *m, uint32_t p, bool alone, struct answer *a)
{
	uint64_t(*step)[MOST] = m->local[p] ? m->inside : m->step;
	uint64_t d[MOST][MOST], value[MOST] = { 0 }, wide[MOST][MOST];
	bool fixed[MOST] = { 0 };

	memcpy(wide, m->wide, sizeof(wide));
	if (alone) {
		for (uint32_t j = 0; j < m->n; j++)
			if (wide[0][j] == STEP(0))
				wide[0][j] = NO_WAY;
		for (uint32_t c = 0; c < CONNECTORS; c++) {
			const struct link *l = &m->link[c];

			if (l->from == 0 && l->to != 0 && l->up && !l->drain &&
			    known(m, l->to) && STEP(l->cost) < wide[0][l->to])
				wide[0][l->to] = STEP(l->cost);
		}
		steps_alone(m, wide);
	}
	distances(m, step, d);
	for (uint32_t i = 0; i < m->n; i++) {
		bool own = sees(m, p, 0, i) && !m->claim[p][i].down;

		value[i] = own && (i != 0 || alone)
		               ? (uint64_t)m->claim[p][i].cost << 16
		               : NO_WAY;
		if (alone || i == 0 || !m->present[i] ||
		    (m->local[p] && m->group[i] != m->group[0]))
			continue;
		fixed[i] = to_pattern(m, d, p, i) != NO_WAY;
		if (fixed[i])
			value[i] = handed(m, d, p, i);
	}
	for (uint32_t round = 0; round < m->n; round++)
		for (uint32_t i = 0; i < m->n; i++)
			for (uint32_t j = 0; j < m->n; j++) {
				uint64_t by = plus(wide[i][j], value[j]);

				if (m->local[p] &&
				    (m->group[i] != m->group[j] ||
					(j != 0 && !m->speaks[j])))
					continue;
				if (!fixed[i] && j != 0 &&
				    (i == 0 || m->transit[i]) && by < value[i])
					value[i] = by;
			}
	a->metric = value[0];
	a->last = true;
	for (uint32_t j = 1; j < m->n; j++)
		a->hop[j] = a->metric != NO_WAY &&
		            plus(wide[0][j], value[j]) == a->metric &&
		            (!m->local[p] ||
				(m->group[j] == m->group[0] && m->speaks[j]));
	if (alone && sees(m, p, 0, 0) && !m->claim[p][0].down &&
	    a->metric == (uint64_t)m->claim[p][0].cost << 16)
		memset(a->hop, 0, sizeof(a->hop));
}

static uint32_t
number_of(const char *name)
{
	return (uint32_t)strtoul(name + 1, NULL, 10);
}

static void
compare(const struct model *m, const struct answer *a, const struct route *r,
    const char *said)
{
	uint32_t next = 0, hops = 0, k = 0;

	for (uint32_t i = 0; i < m->n; i++)
		hops += a->hop[i];
	if (a->metric == NO_WAY) {
		ck_assert_msg(
		    r->kind == ROUTE_HOLD, "%s: no hold\n%s", r->pattern, said);
		return;
	}
	ck_assert_msg(r->kind == (hops ? ROUTE_REMOTE : ROUTE_HERE),
	    "%s: is %s\n%s", r->pattern, route_kind_word(r->kind), said);
	ck_assert_msg(
	    r->cost == a->metric >> 16 && r->hops == (a->metric & 0xffff),
	    "%s: %u/%u, not %u/%u\n%s", r->pattern, r->cost, r->hops,
	    (unsigned)(a->metric >> 16), (unsigned)(a->metric & 0xffff), said);
	ck_assert_msg(r->last_resort == (a->last && hops > 0),
	    "%s: last resort\n%s", r->pattern, said);
	for (size_t i = 0; i < r->nhops; i++) {
		uint32_t hop = number_of(r->hop[i].name);

		if (!r->hop[i].alternate) {
			next++;
			ck_assert_msg(a->hop[hop], "%s: next hop s%u\n%s",
			    r->pattern, hop, said);
			continue;
		}
		ck_assert_msg(k < a->nalternates && a->alternate[k] == hop,
		    "%s: alternate s%u\n%s", r->pattern, hop, said);
		k++;
	}
	ck_assert_msg(next == (hops > 4 ? 4 : hops),
	    "%s: %u next hops, not %u\n%s", r->pattern, next, hops, said);
	ck_assert_msg(a->last || r->nhops == 4 || k == a->nalternates,
	    "%s: %u alternates, not %u\n%s", r->pattern, k, a->nalternates,
	    said);
}

/* The path shown begins here, ends at the server, and is as long as said. */
static void
path_check(const struct route *r, const char *said)
{
	if (r->kind != ROUTE_REMOTE)
		return;
	ck_assert_msg(
	    r->npath == r->hops + 1, "%s: path\n%s", r->pattern, said);
	ck_assert_str_eq(r->path[0], "s0.x");
	ck_assert_str_eq(r->path[r->npath - 1], r->server);
}

static void
one(uint64_t seed, uint32_t *seen)
{
	struct rng rng = { seed };
	struct model *m = malloc(sizeof(*m));
	struct view_pending pending = { 0 };
	struct world w;
	struct view *view;
	struct rib *rib;
	char *said;

	draw(m, &rng);
	derive(m);
	said = tell(m);
	world_init(&w);
	world_say(&w, said);
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	for (uint32_t p = 0; p < PATTERNS; p++) {
		char pattern[8] = { 'p', (char)('0' + p), '.', 'x' };
		const struct route *r = rib_find(rib, pattern);
		struct answer a = { 0 };
		bool visible = false, alone = view_alone(view);

		for (uint32_t i = 0; i < m->n; i++)
			visible |= sees(m, p, 0, i);
		ck_assert_msg(visible == (r != NULL), "%s\n%s", pattern, said);
		if (r == NULL)
			continue;
		if (alone || !ordinary(m, p, &a))
			last_resort(m, p, alone, &a);
		compare(m, &a, r, said);
		path_check(r, said);
		seen[0] += r->kind == ROUTE_REMOTE && !r->last_resort;
		seen[1] += r->last_resort && !alone;
		seen[2] += r->last_resort && alone;
		seen[3] += r->kind == ROUTE_HOLD;
		seen[4] += a.nalternates > 0;
	}
	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	world_done(&w);
	mem_free(said);
	free(m);
}

#define BATCH 200

START_TEST(like_the_slow_one)
{
	uint32_t seen[5] = { 0 };

	for (uint64_t i = 0; i < BATCH; i++)
		one((uint64_t)_i * BATCH + i + 1, seen);
	/* Each kind of route is met, or the test says nothing. */
	for (int i = 0; i < 5; i++)
		ck_assert_msg(seen[i] > 5, "kind %d: %u", i, seen[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("view, slowly");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, like_the_slow_one, 0, 10);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
