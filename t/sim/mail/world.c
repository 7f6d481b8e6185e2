#include "t/sim/mail/mail.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define NEVER (INT64_MAX / 4)
#define CHURN (5 * SECOND)
#define OUTAGE_MAX (72 * HOUR)

static uint64_t
below(struct world *w, uint64_t n)
{
	return rng_below(&w->rng, n);
}

/* Once in n. */
static bool
one_in(struct world *w, uint64_t n)
{
	return below(w, n) == 0;
}

/* Between a and b, as often of each order of magnitude. */
static int64_t
any_length(struct world *w, int64_t a, int64_t b)
{
	while (a < b && !one_in(w, 4))
		a *= 2;
	a += (int64_t)below(w, (uint64_t)a);
	return a < b ? a : b;
}

/* --- asking ------------------------------------------------------------------ */

bool
in_span(const struct span *v, size_t n, int64_t t, int64_t *until)
{
	for (size_t i = 0; i < n; i++)
		if (t >= v[i].from && t < v[i].to) {
			*until = v[i].to;
			return true;
		}
	return false;
}

bool
is_down(const struct server *s, int64_t t, int64_t *until)
{
	return in_span(s->down.v, s->down.n, t, until);
}

static const struct segment *
segment_at(const struct server *s, int64_t t)
{
	size_t i = s->tables.n;

	while (i > 1 && s->tables.v[i - 1].from > t)
		i--;
	return &s->tables.v[i - 1];
}

static uint64_t
churned(const struct segment *g, int64_t t)
{
	return g->churn == 0 || t < g->from
	           ? 0
	           : (uint64_t)((t - g->from) / g->churn);
}

struct mtable_version
version_at(const struct server *s, int64_t t)
{
	const struct segment *g = segment_at(s, t);

	return (struct mtable_version){ g->first.epoch,
		g->first.generation + churned(g, t) };
}

const struct hops *
route_at(const struct world *w, size_t server, size_t home, int64_t t)
{
	const struct segment *g = segment_at(&w->server[server], t);
	bool other = g->other != NULL && (churned(g, t) & 1) == 1;

	return &(other ? g->other : g->belief)->route[server][home];
}

/* The version that began with these routes: the last of a segment that goes to
 * and fro, else its first. True if it is none of before the segment. */
static bool
began_here(const struct segment *g, size_t server, size_t home, int64_t t,
    struct mtable_version *out)
{
	bool flaps = g->other != NULL && memcmp(&g->belief->route[server][home],
					     &g->other->route[server][home],
					     sizeof(struct hops)) != 0;

	*out = g->first;
	if (flaps)
		out->generation += churned(g, t);
	return flaps && churned(g, t) > 0;
}

struct mtable_version
unchanged_at(const struct world *w, size_t server, size_t home, int64_t t)
{
	const struct server *s = &w->server[server];
	const struct segment *g = segment_at(s, t);
	const struct hops *now = route_at(w, server, home, t);
	struct mtable_version since;

	while (!began_here(g, server, home, t, &since) && g > s->tables.v) {
		t = g->from - 1;
		if (memcmp(now, route_at(w, server, home, t), sizeof(*now)) !=
		    0)
			break;
		g--;
	}
	return since;
}

int64_t
milter_at(const struct server *s, int64_t t)
{
	return s->behind == 0 ? t : t - (t + s->phase) % s->behind;
}

int64_t
route_moves(const struct world *w, size_t server, size_t home, int64_t t)
{
	const struct server *s = &w->server[server];
	const struct hops *now = route_at(w, server, home, t);

	for (const struct segment *g = segment_at(s, t);
	     g < s->tables.v + s->tables.n; g++) {
		int64_t next =
		    g->from + ((int64_t)churned(g, t) + 1) * g->churn;
		int64_t end =
		    g + 1 < s->tables.v + s->tables.n ? g[1].from : NEVER;

		if (g->from > t && memcmp(now, &g->belief->route[server][home],
				       sizeof(*now)) != 0)
			return g->from;
		if (g->other == NULL || next >= end)
			continue;
		if (memcmp(now, route_at(w, server, home, next),
			sizeof(*now)) != 0)
			return next;
	}
	return INT64_MAX;
}

/* --- drawing ----------------------------------------------------------------- */

static struct belief *
belief_new(struct world *w)
{
	struct belief *b = mem_new(sizeof(*b), 0, 0);

	vec_push(&w->beliefs, b);
	return b;
}

static void
network_draw(struct world *w)
{
	w->n = 2 + below(w, SERVERS - 1);
	for (size_t b = 1; b < w->n; b++) {
		size_t a = below(w, b); /* a tree at least */

		w->cost[a][b] = w->cost[b][a] = (uint8_t)(1 + below(w, 9));
		for (a = 0; a < b; a++)
			if (one_in(w, 4))
				w->cost[a][b] = w->cost[b][a] =
				    (uint8_t)(1 + below(w, 9));
	}
}

static void
addresses_draw(struct world *w)
{
	w->naddresses = 6 + below(w, ADDRESSES - 5);
	for (size_t i = 0; i < w->naddresses; i++) {
		struct address *a = &w->address[i];
		size_t left = w->naddresses - i - 1;

		a->home = (uint8_t)below(w, w->n);
		a->local = one_in(w, 2);
		for (size_t k = one_in(w, 3) ? 1 + below(w, 2) : 0;
		     k > 0 && left > 0; k--)
			a->alias |= (uint32_t)1 << (i + 1 + below(w, left));
		snprintf(
		    a->text, sizeof(a->text), "u%zu@d%u.example", i, a->home);
	}
}

static void
faults_draw(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct server *s = &w->server[i];
		int64_t from = (int64_t)below(w, DAY);
		struct span out = { from,
			from + any_length(w, MINUTE, OUTAGE_MAX) };
		struct span busy = { from,
			from + any_length(w, MINUTE, 6 * HOUR) };

		if (one_in(w, 8))
			vec_push(&s->down, out);
		else if (one_in(w, 8))
			vec_push(&s->refuses, busy);
		if (one_in(w, 4))
			s->clock = one_in(w, 2) ? HOUR : -HOUR;
		if (one_in(w, 16)) {
			s->step_at = (int64_t)below(w, DAY);
			s->step = one_in(w, 2) ? HOUR : -HOUR;
		}
		s->rolled = one_in(w, 8);
		s->roll = (int64_t)below(w, DAY);
		if (one_in(w, 16))
			s->knows = ~(1u << below(w, w->n));
	}
	if (one_in(w, 4))
		w->server[below(w, w->n)].plain = true;
	if (one_in(w, 4))
		w->server[below(w, w->n)].strips = true;
	w->lost_replies = one_in(w, 8);
	for (size_t i = 0; i < w->n; i++)
		w->keeps &= !w->server[i].strips && w->server[i].step == 0 &&
		            w->server[i].knows == UINT32_MAX;
}

static bool
is_out(const struct server *s, int64_t t)
{
	int64_t until;

	return is_down(s, t, &until) ||
	       in_span(s->refuses.v, s->refuses.n, t, &until);
}

/* The links without those of servers that take no mail. */
static void
truth(struct world *w, struct belief *out, int64_t t)
{
	uint8_t cost[SERVERS][SERVERS];

	memcpy(cost, w->cost, sizeof(cost));
	for (size_t a = 0; a < w->n; a++)
		for (size_t b = 0; b < w->n; b++)
			if (is_out(&w->server[a], t) ||
			    is_out(&w->server[b], t))
				cost[a][b] = 0;
	belief_paths(out, w, cost);
}

/* Some links believed down, others at another cost. */
static const struct belief *
partial(struct world *w)
{
	struct belief *out = belief_new(w);
	uint8_t cost[SERVERS][SERVERS];

	memcpy(cost, w->cost, sizeof(cost));
	for (size_t a = 0; a < w->n; a++)
		for (size_t b = 0; b < w->n; b++) {
			if (cost[a][b] == 0)
				continue;
			if (one_in(w, 4))
				cost[a][b] = 0;
			else if (one_in(w, 3))
				cost[a][b] = (uint8_t)(1 + below(w, 99));
		}
	belief_paths(out, w, cost);
	return out;
}

static const struct belief *
wild(struct world *w)
{
	struct belief *out = belief_new(w);

	belief_wild(out, w);
	return out;
}

/* Two servers and more, each of which sends the mail for one home on to the
 * next; sometimes with another way behind it. */
static const struct belief *
ring(struct world *w)
{
	struct belief *out = belief_new(w);
	size_t first = below(w, w->n), home = below(w, w->n);
	size_t length = w->n < 3 || one_in(w, 2) ? 2 : 2 + below(w, w->n - 1);

	truth(w, out, 0);
	for (size_t i = 0; i < length; i++) {
		size_t from = (first + i) % w->n;
		struct hops *h = &out->route[from][home];

		if (from == home)
			continue;
		h->v[0] = (uint8_t)((first + (i + 1) % length) % w->n);
		h->n = h->n == 0 ? 1 : one_in(w, 2) ? h->n : 1;
	}
	return out;
}

static void
publish(struct world *w, size_t server, int64_t from,
    const struct belief *belief, int64_t churn)
{
	struct server *s = &w->server[server];
	struct segment g = { from, belief, NULL, churn, { 1, 1 } }, *last;

	if (s->tables.n > 0) {
		last = &s->tables.v[s->tables.n - 1];
		g.first = version_at(s, from);
		g.first.generation++;
		if (one_in(w, 8)) /* lsrd was started again */
			g.first =
			    (struct mtable_version){ g.first.epoch + 1, 1 };
		if (g.from <= last->from)
			g.from = last->from + 1;
	}
	vec_push(&s->tables, g);
}

/* --- the styles: what tables are in force until they converge ------------------- */

/* Some time until then, before tables converge. */
static int64_t
soon(struct world *w, int64_t most)
{
	if (most > w->converged - SECOND)
		most = w->converged - SECOND;
	return (int64_t)below(w, (uint64_t)most);
}

/* Each server believes this and that, from time to time something else. */
static void
draw_changing(struct world *w)
{
	bool all_wild = one_in(w, 3);

	for (size_t i = 0; i < w->n; i++) {
		size_t n = 1 + below(w, 5);
		int64_t at = -DAY;

		while (n-- > 0) {
			publish(w, i, at,
			    all_wild || one_in(w, 6) ? wild(w) : partial(w), 0);
			at = (at < 0 ? 0 : at) + soon(w, w->converged / 4);
		}
	}
	w->style = "changing";
}

/* A ring, from a time on or always. */
static void
draw_ring(struct world *w)
{
	const struct belief *b = ring(w), *before = partial(w);
	bool always = one_in(w, 2);

	for (size_t i = 0; i < w->n; i++) {
		if (!always)
			publish(w, i, -DAY, before, 0);
		publish(w, i, always ? -DAY : soon(w, HOUR), b, 0);
	}
	w->style = "ring";
}

/* All know the truth after seconds, but for one or two. */
static void
draw_late(struct world *w)
{
	const struct belief *old = one_in(w, 3) ? wild(w) : partial(w);
	struct belief *now = belief_new(w);
	size_t late = below(w, w->n), other = below(w, w->n);

	truth(w, now, 0);
	for (size_t i = 0; i < w->n; i++) {
		publish(w, i, -DAY, old, 0);
		if (i != late && (i != other || one_in(w, 2)))
			publish(w, i, soon(w, MINUTE), now, 0);
	}
	w->style = "late";
}

/* To and fro between two beliefs. */
static void
draw_flapping(struct world *w)
{
	const struct belief *a = partial(w);
	const struct belief *b = one_in(w, 2) ? partial(w) : wild(w);
	int64_t period = any_length(w, 5 * SECOND, 10 * MINUTE);
	bool all = one_in(w, 2);

	for (size_t i = 0; i < w->n; i++) {
		bool flaps = all || one_in(w, 2);

		publish(w, i, -DAY, b, 0);
		publish(w, i, soon(w, MINUTE), a, flaps ? period : 0);
		if (flaps)
			w->server[i].tables.v[1].other = b;
		publish(w, i, soon(w, any_length(w, 2 * MINUTE, DAY)),
		    one_in(w, 2) ? partial(w) : a, 0);
	}
	w->style = "flapping";
}

/* A new generation every 5 s, of the same routes. */
static void
draw_churn(struct world *w)
{
	bool all = one_in(w, 2);

	for (size_t i = 0; i < w->n; i++) {
		struct server *s = &w->server[i];

		if (!all && one_in(w, 2))
			continue;
		for (size_t k = 0; k < s->tables.n; k++) {
			struct segment *g = &s->tables.v[k];

			if (g->churn == 0)
				g->churn = CHURN;
			if (k > 0) {
				g->first = version_at(s, g->from - 1);
				g->first.generation++;
			}
		}
	}
}

/* From `at` on, a few seconds apart, all publish the truth of that time. */
static void
converge(struct world *w, int64_t at)
{
	struct belief *b = belief_new(w);

	truth(w, b, at);
	for (size_t i = 0; i < w->n; i++) {
		int64_t last =
		    w->server[i].tables.v[w->server[i].tables.n - 1].from;
		int64_t t = at + (int64_t)below(w, 3 * SECOND);

		publish(w, i, t > last ? t : last + 1, b, 0);
	}
	if (at > w->repaired)
		w->repaired = at;
}

/* The first time after t at which one of the spans begins or ends. */
static int64_t
edge_after(const struct span *v, size_t n, int64_t t)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		if (v[i].from > t && v[i].from < next)
			next = v[i].from;
		if (v[i].to > t && v[i].to < next)
			next = v[i].to;
	}
	return next;
}

/* Once when tables converge, and whenever a server goes or comes then. */
static void
repairs_draw(struct world *w)
{
	for (int64_t at = w->converged, next; at != INT64_MAX; at = next) {
		converge(w, at);
		next = INT64_MAX;
		for (size_t i = 0; i < w->n; i++) {
			const struct server *s = &w->server[i];
			int64_t down = edge_after(s->down.v, s->down.n, at);
			int64_t busy =
			    edge_after(s->refuses.v, s->refuses.n, at);

			next = down < next ? down : next;
			next = busy < next ? busy : next;
		}
	}
}

void
world_draw(struct world *w, uint64_t seed, const struct design *design)
{
	static void (*const styles[])(struct world * w) = { draw_changing,
		draw_changing, draw_ring, draw_late, draw_flapping };

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->rng.state = seed * UINT64_C(0x2545f4914f6cdd1d);
	w->hop_limit = design->hop_limit;
	w->tells = design->tells;
	w->whole = design->whole;
	network_draw(w);
	addresses_draw(w);
	w->keeps = true;
	for (size_t i = 0; i < w->n; i++)
		w->server[i].knows = UINT32_MAX;
	w->converged = NEVER;
	w->repaired = design->lasting ? NEVER : 0;
	if (design->lasting)
		draw_ring(w);
	else {
		faults_draw(w);
		w->converged = any_length(w, MINUTE, DAY);
		styles[below(w, sizeof(styles) / sizeof(styles[0]))](w);
	}
	if (one_in(w, 4))
		draw_churn(w);
	if (!design->lasting)
		repairs_draw(w);
	for (size_t i = 0; i < w->n; i++)
		w->server[i].filters = one_in(w, 4);
	for (size_t i = 0; i < w->n && design->behind > 0; i++) {
		struct server *s = &w->server[i];

		s->behind = any_length(w, SECOND, design->behind);
		s->phase = (int64_t)below(w, (uint64_t)s->behind);
	}
}

void
world_done(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct server *s = &w->server[i];

		vec_done(&s->tables);
		vec_done(&s->down);
		vec_done(&s->refuses);
		mark_memory_free(s->memory);
	}
	for (size_t i = 0; i < w->beliefs.n; i++)
		mem_free(w->beliefs.v[i]);
	vec_done(&w->beliefs);
}
