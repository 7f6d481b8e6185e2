#include "core/paths/joints.h"

#include <stdlib.h>

#include "base/mem.h"

#define NONE UINT32_MAX

struct search {
	const struct graph *graph;
	struct joints *joints;
	uint32_t seen;           /* nodes so far */
	uint32_t *number, *low;  /* by node, from 1; 0: not seen */
	uint32_t *parent, *next; /* by node: its next arc, out before in */
	uint32_t *children;
	uint8_t *joint; /* by node */
};

/* The arc of u with this number among those out and those in; NONE: no more. */
static uint32_t
arc_end(const struct graph *g, uint32_t u, uint32_t i)
{
	uint32_t out = g->out.end[u] - g->out.first[u];

	if (i < out)
		return g->out.arcs[g->out.first[u] + i].to;
	i -= out;
	return i < g->in.end[u] - g->in.first[u]
	           ? g->in.arcs[g->in.first[u] + i].to
	           : NONE;
}

/* The step between v and its parent u holds alone what is behind it. Of the
 * two steps of a pair by its part it is the one below the part. */
static void
bridge_add(struct search *s, uint32_t u, uint32_t v)
{
	const struct graph *g = s->graph;
	bool inside = u >= g->servers;
	uint32_t a = inside ? s->parent[u] : u;
	struct joints_bridge bridge = { a < v ? a : v, a < v ? v : a, inside };

	if (v < g->servers && (!inside || g->out.end[u] - g->out.first[u] == 2))
		vec_push(&s->joints->bridges, bridge);
}

/* Nothing is left to see behind v, whose parent is u. */
static void
search_leave(struct search *s, uint32_t u, uint32_t v)
{
	if (s->low[v] < s->low[u])
		s->low[u] = s->low[v];
	s->children[u]++;
	if (s->parent[u] != NONE && s->low[v] >= s->number[u])
		s->joint[u] = 1;
	if (s->low[v] > s->number[u])
		bridge_add(s, u, v);
}

static void
search_enter(struct search *s, uint32_t v, uint32_t from)
{
	s->number[v] = s->low[v] = ++s->seen;
	s->parent[v] = from;
}

static void
search_from(struct search *s, uint32_t root)
{
	uint32_t u = root;

	search_enter(s, root, NONE);
	while (u != NONE) {
		uint32_t v = arc_end(s->graph, u, s->next[u]++);
		uint32_t up = s->parent[u];

		if (v == NONE) {
			if (up != NONE)
				search_leave(s, up, u);
			u = up;
		} else if (s->number[v] == 0) {
			search_enter(s, v, u);
			u = v;
		} else if (v != up && s->number[v] < s->low[u]) {
			s->low[u] = s->number[v];
		}
	}
	s->joint[root] = s->children[root] > 1;
}

static int
by_ends(const void *a, const void *b)
{
	const struct joints_bridge *x = a, *y = b;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

void
joints_find(struct joints *joints, const struct graph *graph)
{
	struct search s = { .graph = graph, .joints = joints };
	size_t n = (size_t)graph->nodes + 1;

	s.number = mem_new(0, n, sizeof(*s.number));
	s.low = mem_new(0, n, sizeof(*s.low));
	s.parent = mem_new(0, n, sizeof(*s.parent));
	s.next = mem_new(0, n, sizeof(*s.next));
	s.children = mem_new(0, n, sizeof(*s.children));
	s.joint = mem_new(0, n, 1);
	joints->servers.n = joints->bridges.n = 0;
	for (uint32_t u = 0; u < graph->nodes; u++)
		if (s.number[u] == 0)
			search_from(&s, u);
	for (uint32_t u = 0; u < graph->servers; u++)
		if (s.joint[u])
			vec_push(&joints->servers, u);
	if (joints->bridges.n > 0)
		qsort(joints->bridges.v, joints->bridges.n,
		    sizeof(*joints->bridges.v), by_ends);
	mem_free(s.number);
	mem_free(s.low);
	mem_free(s.parent);
	mem_free(s.next);
	mem_free(s.children);
	mem_free(s.joint);
}

void
joints_done(struct joints *joints)
{
	vec_done(&joints->servers);
	vec_done(&joints->bridges);
}
