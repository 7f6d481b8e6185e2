#include "core/view/view.h"

#include <string.h>

#include "base/mem.h"
#include "core/view/view_follow.h"
#include "core/view/view_state.h"

struct net_claim
view_claim(const struct facts_claim *c)
{
	return (struct net_claim){ .pattern = c->pattern,
		.server = c->server,
		.cost = c->space.cost,
		.local = c->space.local,
		.fallback = c->space.fallback,
		.relay = c->space.relay,
		.down = c->space.down };
}

/* Claims of the net stand in the order of those of the facts. */
static void
claims_fill(const struct view *v, struct net *net)
{
	for (size_t i = 0; i < v->facts.claims.n; i++)
		vec_push(&net->claims, view_claim(&v->facts.claims.v[i]));
}

static void
view_net_make(const struct view *v, struct steps_counts *counts)
{
	struct view_net *n = v->net;

	net_done(&n->net);
	steps_net(&v->facts, v->presence.present, false, &n->net, counts);
	claims_fill(v, &n->net);
	n->whole = true;
}

const struct net *
view_whole(const struct view *v)
{
	if (!v->net->whole)
		view_net_make(v, NULL);
	return &v->net->net;
}

void
view_away_fill(struct view *v)
{
	const struct facts_server *self = &v->facts.servers.v[v->facts.self];

	v->away.n = 0;
	for (size_t i = 0; i < v->facts.servers.n; i++) {
		const struct facts_server *s = &v->facts.servers.v[i];

		if (s->body == NULL || s == self)
			continue;
		if (!v->presence.present[i])
			vec_push(&v->away, s->name);
	}
}

struct view *
view_new(const struct view_input *in)
{
	struct view *v = mem_new(sizeof(*v), 0, 0);
	struct steps_counts counts;

	v->in = *in;
	v->net = mem_new(sizeof(*v->net), 0, 0);
	facts_init(&v->facts, in);
	steps_presence(&v->facts, &v->presence);
	view_net_make(v, &counts);
	view_away_fill(v);
	v->ways = ways_new(&v->facts, &v->in, &v->net->net);
	v->follow = view_follow_new(v, counts);
	v->marks.all = true;
	v->marks.is = mem_new(0, v->facts.servers.n, sizeof(*v->marks.is));
	v->marks.turned =
	    mem_new(0, v->facts.servers.n, sizeof(*v->marks.turned));
	return v;
}

struct view *
view_renew(
    struct view *last, const struct view_input *in, const struct news *news)
{
	if (last == NULL || !facts_renew(&last->facts, in, news)) {
		view_free(last);
		return view_new(in);
	}
	last->in = *in;
	if (!view_follow(last, news)) {
		view_free(last);
		return view_new(in);
	}
	view_follow_input(last, in);
	return last;
}

static void
marks_clear(struct view_marks *m)
{
	m->all = false;
	for (size_t i = 0; i < m->servers.n; i++)
		m->is[m->servers.v[i]] = m->turned[m->servers.v[i]] = false;
	for (size_t i = 0; i < m->patterns.n; i++)
		mem_free(m->patterns.v[i]);
	m->servers.n = m->patterns.n = 0;
}

void
view_settle(struct view *v)
{
	marks_clear(&v->marks);
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	marks_clear(&v->marks);
	mem_free(v->marks.is);
	mem_free(v->marks.turned);
	vec_done(&v->marks.servers);
	vec_done(&v->marks.patterns);
	view_follow_free(v->follow);
	ways_free(v->ways);
	vec_done(&v->away);
	net_done(&v->net->net);
	mem_free(v->net);
	steps_presence_done(&v->presence);
	facts_done(&v->facts);
	mem_free(v);
}

void
view_wide(const struct view *v, struct net *out)
{
	size_t n = v->facts.servers.n;
	bool *speaks = mem_new(0, n, sizeof(*speaks));

	for (size_t i = 0; i < n; i++)
		speaks[i] =
		    i == v->facts.self || v->facts.servers.v[i].body != NULL;
	steps_net(&v->facts, speaks, true, out, NULL);
	if (view_alone(v))
		steps_own(&v->facts, &v->in, out);
	mem_free(speaks);
}

const char *
view_less_specific(const char *pattern)
{
	const char *at = strchr(pattern, '@');

	if (strcmp(pattern, "*") == 0)
		return NULL;
	if (at != NULL)
		return at + 1;
	at = strchr(pattern + 1, '.');
	return at == NULL ? "*" : at;
}

bool
view_alone(const struct view *v)
{
	return v->presence.alone && (v->away.n > 0 || v->in.setup->npeers > 0 ||
					v->in.setup->nconnectors > 0);
}

size_t
view_present(const struct view *v)
{
	return v->presence.n;
}

const char *const *
view_away(const struct view *v, size_t *n)
{
	*n = v->away.n;
	return v->away.v;
}
