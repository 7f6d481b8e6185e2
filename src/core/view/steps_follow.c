#include "core/view/steps_follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define JOINT 2 /* the weight of a step that costs nothing */

/* --- a start ---------------------------------------------------------------- */

/* Members of each group, ascending: `at` is first where the group ends. */
static void
groups_list(struct steps_follow *s)
{
	const struct facts *f = s->over.facts;
	uint32_t at = 0;

	s->groups = mem_new(0, f->groups.n + 1, sizeof(*s->groups));
	s->members = mem_new(0, f->servers.n + 1, sizeof(*s->members));
	for (size_t i = 0; i < f->servers.n; i++)
		if (f->servers.v[i].group != FACTS_NONE)
			s->groups[f->servers.v[i].group].n++;
	for (size_t g = 0; g < f->groups.n; g++) {
		s->groups[g].at = at;
		at += s->groups[g].n;
		s->groups[g].n = 0;
	}
	for (uint32_t i = 0; i < f->servers.n; i++) {
		struct steps_group *g;

		if (f->servers.v[i].group == FACTS_NONE)
			continue;
		g = &s->groups[f->servers.v[i].group];
		s->members[g->at + g->n++] = i;
		g->odd += steps_is_contested(&s->counts, i);
	}
}

/* Both announce it. */
static void
joints_list(struct steps_follow *s, uint32_t server)
{
	const struct facts *f = s->over.facts;
	struct facts_set set = f->servers.v[server].neighbours;

	s->arcs.n = 0;
	for (uint32_t k = set.at; k < set.at + set.n; k++) {
		uint32_t to = f->pool.v[k];

		if (facts_has(f, f->servers.v[to].neighbours, server))
			vec_push(&s->arcs, ((struct graph_arc){ to, JOINT }));
	}
}

static void
joined_new(struct steps_follow *s)
{
	const struct facts *f = s->over.facts;
	struct spf *spf = spf_new();
	struct net net = { 0 };

	for (uint32_t i = 0; i < f->servers.n; i++) {
		struct net_server one = { .present = true, .transit = true };

		vec_push(&net.servers, one);
		joints_list(s, i);
		for (size_t k = 0; k < s->arcs.n; k++) {
			struct net_step step = {
				.from = i, .to = s->arcs.v[k].to, .hops = 1
			};

			vec_push(&net.steps, step);
		}
	}
	s->joined = graph_new(&net, NULL, NULL);
	spf_reach(spf, s->joined, f->self);
	s->far = mem_dup(spf->dist, f->servers.n * sizeof(*spf->dist));
	spf_free(spf);
	net_done(&net);
}

struct steps_follow *
steps_follow_new(const struct steps_over *over, struct steps_counts counts)
{
	struct steps_follow *s = mem_new(sizeof(*s), 0, 0);
	size_t n = over->facts->servers.n;

	s->over = *over;
	s->counts = counts;
	s->parts = over->net->parts;
	s->dirty = mem_new(0, n, sizeof(*s->dirty));
	s->queue = mem_new(0, n + 1, sizeof(*s->queue));
	groups_list(s);
	joined_new(s);
	return s;
}

void
steps_follow_free(struct steps_follow *s)
{
	if (s == NULL)
		return;
	steps_counts_done(&s->counts);
	graph_free(s->joined);
	mem_free(s->far);
	mem_free(s->groups);
	mem_free(s->members);
	mem_free(s->dirty);
	mem_free(s->queue);
	vec_done(&s->org.list);
	vec_done(&s->group.list);
	vec_done(&s->joints.list);
	vec_done(&s->flipped);
	vec_done(&s->turned);
	vec_done(&s->dirty_groups);
	vec_done(&s->dirty_servers);
	vec_done(&s->arcs);
	vec_done(&s->unused);
	vec_done(&s->had);
	mem_free(s);
}

/* --- who has said something ------------------------------------------------- */

void
steps_follow_begin(struct steps_follow *s)
{
	s->org.list.n = s->group.list.n = s->joints.list.n = 0;
	s->flipped.n = s->turned.n = 0;
	s->dirty_groups.n = s->dirty_servers.n = 0;
}

static void
dirty_server(struct steps_follow *s, uint32_t server)
{
	if (s->dirty[server])
		return;
	s->dirty[server] = true;
	vec_push(&s->dirty_servers, server);
}

/* All that its group says of each other counts anew. */
static void
dirty_group(struct steps_follow *s, uint32_t server)
{
	uint32_t group = s->over.facts->servers.v[server].group;
	struct steps_group *g;

	dirty_server(s, server);
	if (group == FACTS_NONE || s->groups[group].dirty)
		return;
	g = &s->groups[group];
	g->dirty = true;
	vec_push(&s->dirty_groups, group);
	for (uint32_t i = g->at; i < g->at + g->n; i++)
		dirty_server(s, s->members[i]);
}

void
steps_follow_server(struct steps_follow *s, uint32_t server)
{
	size_t at = s->joints.list.n, end;

	joints_list(s, server);
	graph_put(s->joined, server, s->arcs.v, s->arcs.n, &s->joints);
	end = s->joints.list.n;
	for (; at < end; at++) {
		struct graph_change c = s->joints.list.v[at];
		struct graph_change back = { c.to, c.from, c.was, c.is };

		graph_arc_put(
		    s->joined, c.to, (struct graph_arc){ c.from, c.is });
		vec_push(&s->joints.list, back);
	}
	dirty_group(s, server);
}

void
steps_follow_connector(struct steps_follow *s, uint32_t owner)
{
	dirty_server(s, owner);
}

static void
presence_follow(struct steps_follow *s, struct spf_follow *search)
{
	struct steps_presence *p = s->over.presence;

	spf_follow_dist(
	    search, s->joined, &s->joints, s->over.facts->self, s->far);
	for (size_t i = 0; i < search->moved.n; i++) {
		uint32_t server = search->moved.v[i];
		bool is = s->far[server] != GRAPH_NONE;

		if (is == p->present[server])
			continue;
		p->present[server] = is;
		p->n = is ? p->n + 1 : p->n - 1;
		vec_push(&s->flipped, server);
		dirty_group(s, server);
	}
	p->alone = p->n == 1;
}

/* --- groups ----------------------------------------------------------------- */

/* The numbers of the group's parts, of which each is used again. */
static void
parts_give_back(struct steps_follow *s, const struct steps_group *g)
{
	s->had.n = 0;
	for (uint32_t i = g->at; i < g->at + g->n; i++) {
		uint32_t server = s->members[i];
		uint32_t *part = &s->counts.part[server];
		bool known = *part == FACTS_NONE;

		for (size_t k = 0; k < s->had.n && !known; k++)
			known = s->had.v[k] == *part;
		if (!known)
			vec_push(&s->had, *part);
		*part = FACTS_NONE;
		s->counts.ups[server] = s->counts.downs[server] = 0;
		s->counts.doubts[server] = 0;
	}
	for (size_t k = 0; k < s->had.n; k++)
		vec_push(&s->unused, s->had.v[k]);
}

/* The part of all whom adjacencies in the group join to `from`; a single
 * server is none. Returns how many they are. */
static uint32_t
part_walk(struct steps_follow *s, uint32_t from, uint32_t number)
{
	const struct facts *f = s->over.facts;
	uint32_t n = 0;

	s->queue[n++] = from;
	s->counts.part[from] = number;
	for (uint32_t i = 0; i < n; i++) {
		const struct facts_server *v = &f->servers.v[s->queue[i]];

		for (uint32_t k = 0; k < v->neighbours.n; k++) {
			uint32_t to = f->pool.v[v->neighbours.at + k];
			const struct facts_server *t = &f->servers.v[to];

			if (t->group != v->group ||
			    !s->over.presence->present[to] ||
			    s->counts.part[to] != FACTS_NONE ||
			    !facts_has(f, t->neighbours, s->queue[i]))
				continue;
			s->counts.part[to] = number;
			s->queue[n++] = to;
		}
	}
	return n;
}

/* The number of the next part. */
static uint32_t
part_number(const struct steps_follow *s)
{
	return s->unused.n > 0 ? s->unused.v[s->unused.n - 1] : s->parts;
}

static bool
parts_renew(struct steps_follow *s, const struct steps_group *g)
{
	uint32_t room = s->over.org->nodes - s->over.org->servers;

	for (uint32_t i = g->at; i < g->at + g->n; i++) {
		uint32_t from = s->members[i], number = part_number(s);

		if (!s->over.presence->present[from] ||
		    s->counts.part[from] != FACTS_NONE)
			continue;
		if (part_walk(s, from, number) == 1) {
			s->counts.part[from] = FACTS_NONE;
			continue;
		}
		if (number == room)
			return false;
		if (s->unused.n > 0)
			s->unused.n--;
		else
			s->parts++;
	}
	return true;
}

static bool
group_renew(struct steps_follow *s, struct steps_group *g)
{
	parts_give_back(s, g);
	if (!parts_renew(s, g))
		return false;
	for (uint32_t i = g->at; i < g->at + g->n; i++)
		if (s->over.presence->present[s->members[i]])
			steps_count(s->over.facts, &s->counts, s->members[i]);
	g->odd = 0;
	for (uint32_t i = g->at; i < g->at + g->n; i++)
		g->odd += steps_is_contested(&s->counts, s->members[i]);
	g->dirty = false;
	return true;
}

/* --- arcs ------------------------------------------------------------------- */

static void
arc_add(struct steps_follow *s, uint32_t to, uint32_t weight)
{
	vec_push(&s->arcs, ((struct graph_arc){ to, weight }));
}

static void
contested_arcs(struct steps_follow *s, uint32_t from)
{
	const struct facts *f = s->over.facts;
	const struct steps_group *g = &s->groups[f->servers.v[from].group];

	for (uint32_t i = g->at; i < g->at + g->n && g->odd > 0; i++) {
		uint32_t to = s->members[i];

		if (s->counts.part[to] == s->counts.part[from] &&
		    steps_is_contested(&s->counts, to) &&
		    !facts_has(f, f->servers.v[from].down, to))
			arc_add(s, to, JOINT);
	}
}

static void
group_arcs(struct steps_follow *s, uint32_t from)
{
	const struct facts *f = s->over.facts;
	struct facts_set up = f->servers.v[from].up;
	uint32_t part = s->counts.part[from];

	if (part != FACTS_NONE) {
		arc_add(s, (uint32_t)f->servers.n + part, 1);
		contested_arcs(s, from);
	}
	for (uint32_t k = up.at; k < up.at + up.n; k++) {
		uint32_t to = f->pool.v[k];

		if (part == FACTS_NONE || part != s->counts.part[to])
			arc_add(s, to, JOINT);
	}
}

static void
connector_arcs(struct steps_follow *s, uint32_t from)
{
	const struct facts *f = s->over.facts;

	for (size_t i = facts_connectors(f, from);
	     i < f->connectors.n && f->connectors.v[i].owner == from; i++) {
		const struct facts_connector *c = &f->connectors.v[i];

		for (uint32_t k = c->at; k < c->at + c->n; k++)
			arc_add(s, f->edges.v[k].to,
			    f->edges.v[k].cost << 2 | JOINT);
	}
}

static int
arc_order(const void *a, const void *b)
{
	const struct graph_arc *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->weight < y->weight ? -1 : x->weight > y->weight;
}

/* Sorted, the cheapest of equals, none to itself. */
static void
arcs_sort(struct steps_follow *s, uint32_t from)
{
	struct graph_arc *v = s->arcs.v;
	size_t kept = 0;

	if (s->arcs.n > 1)
		qsort(v, s->arcs.n, sizeof(*v), arc_order);
	for (size_t i = 0; i < s->arcs.n; i++)
		if (v[i].to != from && (kept == 0 || v[kept - 1].to != v[i].to))
			v[kept++] = v[i];
	s->arcs.n = kept;
}

/* Those that stay in the group: graph_is_inside(). */
static void
arcs_inside(struct steps_follow *s, uint32_t from)
{
	const struct facts *f = s->over.facts;
	struct graph_arc *v = s->arcs.v;
	size_t kept = 0;

	for (size_t i = 0; i < s->arcs.n; i++)
		if (v[i].to >= f->servers.n ||
		    f->servers.v[v[i].to].group == f->servers.v[from].group)
			v[kept++] = v[i];
	s->arcs.n = kept;
}

static void
steps_renew(struct steps_follow *s, uint32_t from)
{
	const struct facts_server *v = &s->over.facts->servers.v[from];
	struct net_server *server = &s->over.net->servers.v[from];
	bool present = s->over.presence->present[from];
	bool transit = present && v->transit;

	s->arcs.n = 0;
	if (present) {
		group_arcs(s, from);
		connector_arcs(s, from);
	}
	arcs_sort(s, from);
	if (server->transit != transit)
		vec_push(&s->turned, from);
	server->transit = transit;
	graph_put(s->over.org, from, s->arcs.v, s->arcs.n, &s->org);
	graph_transit(s->over.org, from, transit, &s->org);
	if (s->over.group == NULL)
		return;
	arcs_inside(s, from);
	graph_put(s->over.group, from, s->arcs.v, s->arcs.n, &s->group);
	graph_transit(s->over.group, from, transit, &s->group);
}

/* From a part to each member to whom all of it step. */
static void
part_renew(struct steps_follow *s, const struct steps_group *g, uint32_t part)
{
	uint32_t node = (uint32_t)s->over.facts->servers.n + part;

	s->arcs.n = 0;
	for (uint32_t i = g->at; i < g->at + g->n; i++)
		if (s->counts.part[s->members[i]] == part &&
		    steps_is_sure(&s->counts, s->members[i]))
			arc_add(s, s->members[i], 1);
	graph_put(s->over.org, node, s->arcs.v, s->arcs.n, &s->org);
	if (s->over.group != NULL)
		graph_put(s->over.group, node, s->arcs.v, s->arcs.n, &s->group);
}

/* Those it has, each once, into `had`. */
static void
parts_list(struct steps_follow *s, const struct steps_group *g)
{
	for (uint32_t i = g->at; i < g->at + g->n; i++) {
		uint32_t part = s->counts.part[s->members[i]];
		bool known = part == FACTS_NONE;

		for (size_t k = 0; k < s->had.n && !known; k++)
			known = s->had.v[k] == part;
		if (!known)
			vec_push(&s->had, part);
	}
}

bool
steps_follow_end(struct steps_follow *s, struct spf_follow *search)
{
	presence_follow(s, search);
	for (size_t i = 0; i < s->dirty_groups.n; i++) {
		struct steps_group *g = &s->groups[s->dirty_groups.v[i]];

		if (!group_renew(s, g))
			return false;
		parts_list(s, g);
		for (size_t k = 0; k < s->had.n; k++)
			part_renew(s, g, s->had.v[k]);
	}
	for (size_t i = 0; i < s->dirty_servers.n; i++) {
		s->dirty[s->dirty_servers.v[i]] = false;
		steps_renew(s, s->dirty_servers.v[i]);
	}
	return true;
}
