#include "core/view/steps.h"

#include <string.h>

#include "base/mem.h"

void
steps_presence(const struct facts *f, struct steps_presence *out)
{
	uint32_t *queue = mem_new(0, f->servers.n, sizeof(*queue));
	size_t n = 0;

	out->present = mem_new(0, f->servers.n, sizeof(*out->present));
	out->present[f->self] = true;
	queue[n++] = f->self;
	for (size_t i = 0; i < n; i++) {
		struct facts_set set = f->servers.v[queue[i]].neighbours;

		for (uint32_t k = set.at; k < set.at + set.n; k++) {
			uint32_t to = f->pool.v[k];

			if (out->present[to] ||
			    !facts_has(
				f, f->servers.v[to].neighbours, queue[i]))
				continue;
			out->present[to] = true;
			queue[n++] = to;
		}
	}
	out->n = n;
	out->alone = n == 1;
	mem_free(queue);
}

void
steps_presence_done(struct steps_presence *presence)
{
	mem_free(presence->present);
	presence->present = NULL;
}

/* What is in hand while a net is made. */
struct making {
	const struct facts *facts;
	const bool *speaks;
	bool wide; /* for paths of last resort */
	struct net *net;
	struct steps_counts counts;
	uint32_t *first;   /* by part: where its members begin */
	uint32_t *members; /* by part, ascending */
};

static void
steps_add_one(struct making *m, uint32_t from, uint32_t to, uint32_t hops)
{
	struct net_step step = { .from = from, .to = to, .hops = hops };

	vec_push(&m->net->steps, step);
}

/* A part of a group: its members by our own adjacencies, from one on. */
static void
part_collect(struct making *m, uint32_t from, uint32_t number, uint32_t *nqueue)
{
	const struct facts *f = m->facts;
	uint32_t *queue = m->members;

	m->counts.part[from] = number;
	for (uint32_t i = m->first[number]; i < *nqueue; i++) {
		const struct facts_server *s = &f->servers.v[queue[i]];

		for (uint32_t k = 0; k < s->neighbours.n; k++) {
			uint32_t to = f->pool.v[s->neighbours.at + k];
			const struct facts_server *t = &f->servers.v[to];

			if (t->group != s->group || !m->speaks[to] ||
			    m->counts.part[to] != FACTS_NONE ||
			    !facts_has(f, t->neighbours, queue[i]))
				continue;
			m->counts.part[to] = number;
			queue[(*nqueue)++] = to;
		}
	}
}

/* Connected sets of a group's own adjacencies; a single server is none. */
static void
parts_find(struct making *m)
{
	const struct facts *f = m->facts;
	uint32_t n = 0, parts = 0;

	for (uint32_t i = 0; i < f->servers.n; i++) {
		if (!m->speaks[i] || f->servers.v[i].group == FACTS_NONE ||
		    m->counts.part[i] != FACTS_NONE)
			continue;
		m->first[parts] = n;
		m->members[n++] = i;
		part_collect(m, i, parts, &n);
		if (n - m->first[parts] > 1) {
			parts++;
			continue;
		}
		m->counts.part[i] = FACTS_NONE;
		n = m->first[parts];
	}
	m->first[parts] = n;
	m->net->parts = parts;
}

void
steps_count(
    const struct facts *f, const struct steps_counts *c, uint32_t speaker)
{
	const struct facts_server *s = &f->servers.v[speaker];

	for (uint32_t k = 0; k < s->up.n; k++)
		c->ups[f->pool.v[s->up.at + k]]++;
	for (uint32_t k = 0; k < s->down.n; k++) {
		uint32_t to = f->pool.v[s->down.at + k];

		c->downs[to]++;
		c->doubts[to] += c->part[speaker] != FACTS_NONE &&
		                 c->part[speaker] == c->part[to];
	}
}

static void
reports_count(struct making *m)
{
	for (uint32_t i = 0; i < m->facts->servers.n; i++)
		if (m->speaks[i])
			steps_count(m->facts, &m->counts, i);
}

static void
steps_counts_new(struct steps_counts *c, size_t n)
{
	c->part = mem_new(0, n, sizeof(*c->part));
	memset(c->part, 0xff, n * sizeof(*c->part)); /* FACTS_NONE */
	c->ups = mem_new(0, n, sizeof(*c->ups));
	c->downs = mem_new(0, n, sizeof(*c->downs));
	c->doubts = mem_new(0, n, sizeof(*c->doubts));
}

void
steps_counts_done(struct steps_counts *c)
{
	mem_free(c->part);
	mem_free(c->ups);
	mem_free(c->downs);
	mem_free(c->doubts);
}

/*
 * A member about whom its part disagrees: each step by itself, from all who
 * do not report it down. Somebody reports it up, or nobody steps there.
 */
static void
contested_steps(struct making *m, uint32_t part, uint32_t to)
{
	const struct facts *f = m->facts;

	for (uint32_t k = m->first[part]; k < m->first[part + 1]; k++) {
		uint32_t from = m->members[k];

		if (from != to && !facts_has(f, f->servers.v[from].down, to))
			steps_add_one(m, from, to, 1);
	}
}

/*
 * Member to part, and from the part to each member whom all of it step to:
 * those about whom the part has nothing bad to say, and of whom some speaker
 * says good or none says anything.
 */
static void
part_steps(struct making *m, uint32_t part)
{
	uint32_t node = (uint32_t)m->facts->servers.n + part;

	for (uint32_t k = m->first[part]; k < m->first[part + 1]; k++) {
		uint32_t member = m->members[k];

		steps_add_one(m, member, node, 1);
		if (steps_is_contested(&m->counts, member))
			contested_steps(m, part, member);
		else if (steps_is_sure(&m->counts, member))
			steps_add_one(m, node, member, 0);
	}
}

/* i reports j up and no part joins them: a step; if j does not speak it is
 * the last of a path. */
static void
reported_steps(struct making *m, uint32_t from)
{
	const struct facts *f = m->facts;
	struct facts_set up = f->servers.v[from].up;

	for (uint32_t k = up.at; k < up.at + up.n; k++) {
		uint32_t to = f->pool.v[k];

		if (m->counts.part[from] == FACTS_NONE ||
		    m->counts.part[from] != m->counts.part[to])
			steps_add_one(m, from, to, 1);
	}
}

/* Connectors whose owner says up for the bridgehead: present, or a leaf by
 * this very report. */
static void
connector_steps(struct making *m, const struct facts_connector *c)
{
	if (!m->speaks[c->owner])
		return;
	for (uint32_t i = c->at; i < c->at + c->n; i++) {
		struct net_step step = { .from = c->owner,
			.to = m->facts->edges.v[i].to,
			.cost = m->facts->edges.v[i].cost,
			.hops = 1,
			.policy = c->limits };

		vec_push(&m->net->steps, step);
	}
}

static void
servers_fill(struct making *m)
{
	const struct facts *f = m->facts;

	for (size_t i = 0; i < f->servers.n; i++) {
		const struct facts_server *s = &f->servers.v[i];
		struct net_server server = { .name = s->name,
			.group = s->group,
			.present = m->speaks[i],
			.transit = m->speaks[i] &&
			           (s->transit || (m->wide && s->unasked)) };

		vec_push(&m->net->servers, server);
	}
}

/* A server that a step leads to can be reached. */
static void
leaves_mark(struct net *net)
{
	for (size_t i = 0; i < net->steps.n; i++)
		if (net->steps.v[i].to < net->servers.n)
			net->servers.v[net->steps.v[i].to].present = true;
}

void
steps_net(const struct facts *f, const bool *speaks, bool wide, struct net *out,
    struct steps_counts *counts)
{
	struct making m = {
		.facts = f, .speaks = speaks, .wide = wide, .net = out
	};
	size_t n = f->servers.n;

	memset(out, 0, sizeof(*out));
	steps_counts_new(&m.counts, n);
	m.first = mem_new(0, n + 2, sizeof(*m.first));
	m.members = mem_new(0, n + 1, sizeof(*m.members));

	servers_fill(&m);
	parts_find(&m);
	reports_count(&m);
	for (uint32_t p = 0; p < out->parts; p++)
		part_steps(&m, p);
	for (uint32_t i = 0; i < n; i++)
		if (speaks[i])
			reported_steps(&m, i);
	for (size_t i = 0; i < f->connectors.n; i++)
		connector_steps(&m, &f->connectors.v[i]);
	leaves_mark(out);

	if (counts != NULL)
		*counts = m.counts;
	else
		steps_counts_done(&m.counts);
	mem_free(m.first);
	mem_free(m.members);
}

static enum view_verdict
probed(const struct view_input *in, const char *connector, const char *name)
{
	for (size_t i = 0; i < in->nprobes; i++) {
		const struct view_probe *p = &in->probes[i];

		if (strcmp(p->name, name) != 0 ||
		    (p->connector == NULL) != (connector == NULL))
			continue;
		if (connector == NULL || strcmp(p->connector, connector) == 0)
			return p->verdict;
	}
	return VIEW_UNKNOWN;
}

/* Members of our group: unless a probe failed, or our last word is down. */
static void
steps_own_members(
    const struct facts *f, const struct view_input *in, struct net *net)
{
	const struct facts_server *self = &f->servers.v[f->self];

	for (uint32_t i = 0; i < f->servers.n; i++) {
		const struct facts_server *s = &f->servers.v[i];
		struct net_step step = { .from = f->self, .to = i, .hops = 1 };
		enum view_verdict verdict;

		if (i == f->self || s->body == NULL || s->group != self->group)
			continue;
		verdict = probed(in, NULL, s->name);
		if (verdict == VIEW_UP ||
		    (verdict == VIEW_UNKNOWN && !facts_has(f, self->down, i)))
			vec_push(&net->steps, step);
	}
}

/* Our last word on a connector, or NULL. */
static const struct facts_connector *
own_said(const struct facts *f, const char *connector)
{
	for (size_t i = 0; i < f->own_n; i++) {
		const struct facts_connector *c =
		    &f->connectors.v[f->own_at + i];

		if (strcmp(c->name, connector) == 0)
			return c;
	}
	return NULL;
}

static const struct lsa_bridgehead *
bridgehead_find(const struct lsa_connector *c, const char *name)
{
	for (size_t i = 0; i < c->nbridgeheads; i++)
		if (strcmp(c->bridgeheads[i].name, name) == 0)
			return &c->bridgeheads[i];
	return NULL;
}

static bool
is_up(const struct facts_connector *c, const struct lsa_bridgehead *b)
{
	return facts_up(c, (size_t)(b - c->body->bridgeheads));
}

static void
own_bridgehead(const struct facts *f, const struct view_input *in,
    const struct setup_connector *c, const struct setup_bridgehead *b,
    struct net *net)
{
	const struct facts_connector *word = own_said(f, c->name);
	const struct lsa_bridgehead *said =
	    word == NULL ? NULL : bridgehead_find(word->body, b->name);
	enum view_verdict verdict = probed(in, c->name, b->name);
	struct net_step step = { .from = f->self,
		.to = facts_find(f, b->name),
		.cost = steps_own_cost(f, c, b),
		.hops = 1,
		.policy = policy_has_limits(&c->policy) ? &c->policy : NULL };
	struct facts_way way = { b->name, c->group };

	if (step.to == FACTS_NONE || step.to == f->self ||
	    verdict == VIEW_DOWN ||
	    !facts_may_step(f, in, in->setup->server, &way) ||
	    (word != NULL && word->body->state != LSA_UP) ||
	    (verdict == VIEW_UNKNOWN && said != NULL && !is_up(word, said)))
		return;
	vec_push(&net->steps, step);
}

uint32_t
steps_own_cost(const struct facts *f, const struct setup_connector *c,
    const struct setup_bridgehead *b)
{
	const struct facts_connector *word = own_said(f, c->name);
	const struct lsa_bridgehead *said =
	    word == NULL ? NULL : bridgehead_find(word->body, b->name);

	return said == NULL ? b->cost : facts_cost(word->body, said);
}

bool
steps_own_up(const struct facts *f, const struct setup_connector *c,
    const struct setup_bridgehead *b)
{
	const struct facts_connector *word = own_said(f, c->name);
	const struct lsa_bridgehead *said =
	    word == NULL ? NULL : bridgehead_find(word->body, b->name);

	return said != NULL && is_up(word, said) &&
	       word->body->state == LSA_UP && !setup_is_drained(c, b);
}

void
steps_own(const struct facts *f, const struct view_input *in, struct net *net)
{
	size_t kept = 0;

	for (size_t i = 0; i < net->steps.n; i++)
		if (net->steps.v[i].from != f->self)
			net->steps.v[kept++] = net->steps.v[i];
	net->steps.n = kept;
	steps_own_members(f, in, net);
	for (size_t i = 0; i < in->setup->nconnectors; i++) {
		const struct setup_connector *c = &in->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (!setup_is_drained(c, &c->bridgeheads[k]))
				own_bridgehead(
				    f, in, c, &c->bridgeheads[k], net);
	}
	leaves_mark(net);
}
