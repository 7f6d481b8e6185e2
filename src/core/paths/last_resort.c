#include "core/paths/last_resort.h"

#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

/* The search in hand for one scope. */
struct slot {
	uint32_t number; /* LAST_RESORT_NO_CLASS: none yet */
	struct graph *graph;
	struct spf *spf;
};

struct last_resort_class {
	uint8_t *in; /* by server: 1 in A; NULL: A is empty */
	uint64_t hash;
	bool local;
};

struct last_resort {
	struct last_resort_over over;
	size_t n; /* servers */
	VEC(struct last_resort_class) classes;
	struct graph *plain[2]; /* A is empty; by scope */
	struct spf *reached[2]; /* from ourselves over that */
	uint32_t *known[2];     /* by server: the class of patterns that it
				   alone claims; LAST_RESORT_NO_CLASS: not asked */
	struct slot slot[2];
	uint32_t *ends[2]; /* of the search in hand */
	uint32_t *queue;   /* of a walk */
	uint8_t *seen, *mark;
};

static void
last_resort_step_add(
    struct net *net, const struct net_step *like, uint32_t from, uint32_t to)
{
	struct net_step step = *like;

	step.from = from;
	step.to = to;
	vec_push(&net->steps, step);
}

/*
 * One net of both kinds of steps. Parts come three times: the ordinary ones
 * as members of A use them, as others do, and those of the wide net. An
 * absent server that A steps to gets a second node, where a way ends: from
 * A nothing leads through it. So does a server that gives transit here alone
 * (`unasked`), also within A: who is in A has a path without it.
 */
struct mixing {
	const struct last_resort *r;
	const uint8_t *in; /* NULL: A is empty */
	uint32_t *ends;    /* by server: the second node */
	bool local;        /* steps between groups are left out */
	uint32_t servers, parts;
	struct net *net;
};

static bool
last_resort_is_in(const struct mixing *m, uint32_t server)
{
	return m->in != NULL && m->in[server] != 0;
}

/* Where a step from within A goes: UINT32_MAX where it leaves A. */
static uint32_t
within(const struct mixing *m, uint32_t to)
{
	if (to < m->servers && m->ends[to] != UINT32_MAX)
		return m->ends[to];
	return to >= m->servers || last_resort_is_in(m, to) ? to : UINT32_MAX;
}

static bool
last_resort_is_wanted(const struct mixing *m, const struct net_step *s)
{
	const struct net_server *servers = m->net->servers.v;

	if (!m->local || s->from >= m->servers || s->to >= m->servers)
		return true; /* a part has members of one group */
	return servers[s->from].group == servers[s->to].group;
}

static void
mix_ordinary(struct mixing *m)
{
	const struct net *net = m->r->over.net;

	for (size_t i = 0; i < net->steps.n; i++) {
		const struct net_step *s = &net->steps.v[i];
		uint32_t to = s->to;

		if (!last_resort_is_wanted(m, s))
			continue;
		if (s->from < m->servers && last_resort_is_in(m, s->from)) {
			to = within(m, to);
			if (to != UINT32_MAX)
				last_resort_step_add(m->net, s, s->from, to);
			continue;
		}
		if (s->from < m->servers) {
			to += to < m->servers ? 0 : m->parts;
			last_resort_step_add(m->net, s, s->from, to);
			continue;
		}
		last_resort_step_add(m->net, s, s->from + m->parts, to);
		if (last_resort_is_in(m, to))
			last_resort_step_add(m->net, s, s->from, within(m, to));
	}
}

static void
mix_wide(struct mixing *m)
{
	const struct net *wide = m->r->over.wide;
	uint32_t up = 2 * m->parts;

	for (size_t i = 0; i < wide->steps.n; i++) {
		const struct net_step *s = &wide->steps.v[i];
		uint32_t to = s->to < m->servers ? s->to : s->to + up;

		if (!last_resort_is_wanted(m, s))
			continue;
		if (s->from >= m->servers)
			last_resort_step_add(m->net, s, s->from + up, to);
		else if (!last_resort_is_in(m, s->from))
			last_resort_step_add(m->net, s, s->from, to);
	}
}

static void
servers_copy(struct mixing *m)
{
	const struct last_resort_over *over = &m->r->over;

	for (size_t i = 0; i < m->servers; i++) {
		struct net_server s = over->wide->servers.v[i];

		s.present |= over->net->servers.v[i].present;
		vec_push(&m->net->servers, s);
	}
}

/* A second node for each server that somebody in the ordinary net steps to
 * though it gives no transit there; within A as far as it does so here. */
static uint32_t
ends_number(struct mixing *m, uint32_t first)
{
	const struct net *net = m->r->over.net;

	for (uint32_t i = 0; i < m->servers; i++) {
		m->ends[i] = UINT32_MAX;
		if (m->in != NULL &&
		    (!last_resort_is_in(m, i) ||
			m->net->servers.v[i].transit) &&
		    net->servers.v[i].present && !net->servers.v[i].transit)
			m->ends[i] = first++;
	}
	return first;
}

static struct graph *
last_resort_mix(const struct last_resort *r, const struct last_resort_class *of,
    uint32_t *ends)
{
	const struct last_resort_over *over = &r->over;
	struct net net = { 0 };
	struct mixing m = { .r = r,
		.in = of->in,
		.ends = ends,
		.local = of->local,
		.servers = (uint32_t)r->n,
		.parts = over->net->parts,
		.net = &net };
	struct graph *graph;

	servers_copy(&m);
	net.parts = 2 * m.parts + over->wide->parts;
	net.parts = ends_number(&m, m.servers + net.parts) - m.servers;
	if (!over->alone)
		mix_ordinary(&m);
	mix_wide(&m);
	graph = graph_new(&net, NULL, NULL);
	net_done(&net);
	return graph;
}

struct last_resort *
last_resort_new(const struct last_resort_over *over)
{
	struct last_resort *r = mem_new(sizeof(*r), 0, 0);
	size_t n = over->net->servers.n;

	r->over = *over;
	r->n = n;
	r->queue = mem_new(0, over->org->nodes + 1, sizeof(*r->queue));
	r->seen = mem_new(0, over->org->nodes + 1, 1);
	r->mark = mem_new(0, over->org->nodes + 1, 1);
	for (int i = 0; i < 2; i++) {
		struct last_resort_class plain = { .local = i == 1 };

		vec_push(&r->classes, plain); /* numbers 0 and 1 */
		if (i == 1 && over->group == NULL)
			break;
		r->ends[i] = mem_new(0, n, sizeof(*r->ends[i]));
		r->known[i] = mem_new(0, n, sizeof(*r->known[i]));
		memset(r->known[i], 0xff, n * sizeof(*r->known[i]));
		r->plain[i] = last_resort_mix(r, &plain, r->ends[i]);
		r->reached[i] = spf_new();
		spf_from(r->reached[i], r->plain[i], over->self);
		r->slot[i].number = LAST_RESORT_NO_CLASS;
	}
	return r;
}

void
last_resort_free(struct last_resort *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		spf_free(r->reached[i]);
		spf_free(r->slot[i].spf);
		graph_free(r->plain[i]);
		graph_free(r->slot[i].graph);
		mem_free(r->known[i]);
		mem_free(r->ends[i]);
	}
	for (size_t i = 0; i < r->classes.n; i++)
		mem_free(r->classes.v[i].in);
	vec_done(&r->classes);
	mem_free(r->queue);
	mem_free(r->seen);
	mem_free(r->mark);
	mem_free(r);
}

/* Nodes from which (or to which, as the side turns) a way leads to those in
 * the queue; each is marked in `seen`. */
static void
walk(struct last_resort *r, const struct graph_side *side, uint32_t n,
    uint8_t *seen)
{
	for (uint32_t i = 0; i < n; i++)
		seen[r->queue[i]] = 1;
	for (uint32_t i = 0, seeds = n; i < n; i++) {
		uint32_t u = r->queue[i];
		uint32_t stop = i < seeds ? side->end[u] : side->stop[u];

		for (uint32_t k = side->first[u]; k < stop; k++) {
			uint32_t v = side->arcs[k].to;

			if (seen[v])
				continue;
			seen[v] = 1;
			r->queue[n++] = v;
		}
	}
}

static bool
last_resort_counts(
    const struct last_resort *r, const struct net_claim *c, bool local)
{
	return c->local == local && !c->down && c->server != r->over.self &&
	       reach_visible(r->over.net, r->over.self, c);
}

/* The servers of these claims into the queue. */
static uint32_t
ends_queue(struct last_resort *r, struct reach_claims claims, bool local)
{
	uint32_t n = 0;

	for (size_t i = 0; i < claims.n; i++)
		if (last_resort_counts(r, &claims.v[i], local))
			r->queue[n++] = claims.v[i].server;
	return n;
}

static bool
any_reached(const struct last_resort *r, uint32_t n, bool local)
{
	for (uint32_t i = 0; i < n; i++)
		if (r->reached[local]->dist[r->queue[i]] != GRAPH_NONE)
			return true;
	return false;
}

/* The class with the set A that is in `seen`; A is empty: that of nobody. */
static uint32_t
class_of(struct last_resort *r, bool local)
{
	struct last_resort_class one = { .hash = 14695981039346656037u,
		.local = local };
	size_t in = 0;

	for (size_t i = 0; i < r->n; i++) {
		in += r->seen[i];
		one.hash = (one.hash ^ r->seen[i]) * 1099511628211u;
	}
	if (in == 0)
		return local;
	for (size_t i = 2; i < r->classes.n; i++) {
		const struct last_resort_class *c = &r->classes.v[i];

		if (c->hash == one.hash && c->local == local &&
		    memcmp(c->in, r->seen, r->n) == 0)
			return (uint32_t)i;
	}
	one.in = mem_dup(r->seen, r->n);
	vec_push(&r->classes, one);
	return (uint32_t)r->classes.n - 1;
}

/*
 * The class of what one server alone claims holds for every server that it
 * reaches and that reaches it, and gives transit as it does: the same can
 * reach both. So a network whose servers all reach each other is one walk.
 */
static void
class_spread(
    struct last_resort *r, uint32_t server, uint32_t number, bool local)
{
	const struct graph *g = local ? r->over.group : r->over.org;
	const struct net_server *servers = r->over.net->servers.v;

	r->known[local][server] = number;
	if (!servers[server].transit)
		return;
	memset(r->mark, 0, g->nodes);
	r->queue[0] = server;
	walk(r, &g->out, 1, r->mark);
	for (size_t i = 0; i < r->n; i++)
		if (r->seen[i] && r->mark[i] && servers[i].transit)
			r->known[local][i] = number;
}

uint32_t
last_resort_class(struct last_resort *r, struct reach_claims claims, bool local)
{
	const struct graph *g = local ? r->over.group : r->over.org;
	uint32_t n = ends_queue(r, claims, local), one, number;

	if (n == 0 || !any_reached(r, n, local))
		return LAST_RESORT_NO_CLASS;
	if (r->over.alone)
		return local;
	one = r->queue[0];
	if (n == 1 && r->known[local][one] != LAST_RESORT_NO_CLASS)
		return r->known[local][one];
	memset(r->seen, 0, g->nodes);
	walk(r, &g->in, n, r->seen);
	for (size_t i = 0; i < r->n; i++)
		r->seen[i] &= r->over.present[i];
	number = class_of(r, local);
	if (n == 1)
		class_spread(r, one, number, local);
	return number;
}

struct reach
last_resort_reach(struct last_resort *r, const uint32_t number[2])
{
	struct reach reach = { .net = r->over.net, .self = r->over.self };
	struct spf *spf[2];

	for (int i = 0; i < 2; i++) {
		struct slot *slot = &r->slot[i];

		spf[i] =
		    number[i] == LAST_RESORT_NO_CLASS ? NULL : r->reached[i];
		if (number[i] == LAST_RESORT_NO_CLASS || number[i] < 2)
			continue;
		if (slot->spf == NULL)
			slot->spf = spf_new();
		if (slot->number != number[i]) {
			graph_free(slot->graph);
			slot->graph = last_resort_mix(
			    r, &r->classes.v[number[i]], r->ends[i]);
			spf_from(slot->spf, slot->graph, r->over.self);
			slot->number = number[i];
		}
		spf[i] = slot->spf;
		reach.ends[i] = r->ends[i];
	}
	reach.org = spf[0];
	reach.group = spf[1];
	return reach;
}
