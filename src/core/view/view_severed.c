/*
 * view_severed.c - what would have no path without transit by us, or without
 * a connector of ours.
 */

#include <string.h>

#include "base/mem.h"
#include "core/view/view_state.h"

/* Of two steps that are alike either may go. */
static void
step_drop(struct net *net, uint32_t self, const struct facts_edge *edge,
    const struct policy *limits)
{
	for (size_t i = 0; i < net->steps.n; i++) {
		const struct net_step *s = &net->steps.v[i];

		if (s->from != self || s->to != edge->to ||
		    s->cost != edge->cost || s->policy != limits)
			continue;
		net->steps.v[i] = net->steps.v[--net->steps.n];
		return;
	}
}

static void
connector_drop(const struct facts *f, const struct facts_connector *c,
    const char *bridgehead, struct net *net)
{
	for (uint32_t i = c->at; i < c->at + c->n; i++) {
		const struct facts_edge *edge = &f->edges.v[i];

		if (bridgehead == NULL ||
		    strcmp(f->servers.v[edge->to].name, bridgehead) == 0)
			step_drop(net, f->self, edge, c->limits);
	}
}

void
view_severed(const struct view *v, const char *connector,
    const char *bridgehead, struct severed *out)
{
	const struct facts *f = &v->facts;
	const struct net *before = view_whole(v);
	struct net after = *before;

	after.servers.v = mem_dup(
	    before->servers.v, before->servers.n * sizeof(*after.servers.v));
	after.steps.v =
	    mem_dup(before->steps.v, before->steps.n * sizeof(*after.steps.v));
	if (connector == NULL)
		after.servers.v[f->self].transit = false;
	for (size_t i = 0; connector != NULL && i < f->own_n; i++) {
		const struct facts_connector *c =
		    &f->connectors.v[f->own_at + i];

		if (strcmp(c->name, connector) == 0)
			connector_drop(f, c, bridgehead, &after);
	}
	severed_find(out, before, &after);
	mem_free(after.servers.v);
	mem_free(after.steps.v);
}
