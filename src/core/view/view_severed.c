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

/* Without steps that do not take every message. */
static struct net
unlimited(const struct net *net)
{
	struct net out = *net;

	out.steps.v =
	    mem_dup(net->steps.v, net->steps.n * sizeof(*out.steps.v));
	out.steps.n = 0;
	for (size_t i = 0; i < net->steps.n; i++)
		if (net->steps.v[i].policy == NULL)
			out.steps.v[out.steps.n++] = net->steps.v[i];
	return out;
}

static void
limited_find(
    const struct net *before, const struct net *after, struct severed *out)
{
	struct net was = unlimited(before), is = unlimited(after);

	severed_find(out, &was, &is);
	mem_free(was.steps.v);
	mem_free(is.steps.v);
}

void
view_severed(const struct view *v, const char *connector,
    const char *bridgehead, struct view_severed *out)
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
	severed_find(&out->whole, before, &after);
	out->limited = out->whole;
	if (f->limited > 0)
		limited_find(before, &after, &out->limited);
	mem_free(after.servers.v);
	mem_free(after.steps.v);
}
