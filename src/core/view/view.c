#include "core/view/view.h"

#include <string.h>

#include "base/mem.h"
#include "core/view/view_state.h"

/* Claims of the net stand in the order of those of the facts. */
static void
claims_fill(struct view *v)
{
	for (size_t i = 0; i < v->facts.claims.n; i++) {
		const struct facts_claim *c = &v->facts.claims.v[i];
		struct net_claim claim = { .pattern = c->pattern,
			.server = c->server,
			.cost = c->space.cost,
			.local = c->space.local,
			.fallback = c->space.fallback,
			.relay = c->space.relay,
			.down = c->space.down };

		vec_push(&v->net.claims, claim);
	}
}

static void
away_fill(struct view *v)
{
	const struct facts_server *self = &v->facts.servers.v[v->facts.self];

	for (size_t i = 0; i < v->facts.servers.n; i++) {
		const struct facts_server *s = &v->facts.servers.v[i];

		if (s->body == NULL || s == self)
			continue;
		if (!v->presence.present[i])
			vec_push(&v->away, s->name);
	}
}

/* What follows from the facts. */
static void
view_follow(struct view *v)
{
	steps_presence(&v->facts, &v->presence);
	steps_net(&v->facts, v->presence.present, false, &v->net);
	claims_fill(v);
	away_fill(v);
}

static void
view_forget(struct view *v)
{
	vec_done(&v->away);
	net_done(&v->net);
	steps_presence_done(&v->presence);
}

struct view *
view_new(const struct view_input *in)
{
	struct view *v = mem_new(sizeof(*v), 0, 0);

	v->in = *in;
	facts_init(&v->facts, in);
	view_follow(v);
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
	view_forget(last);
	view_follow(last);
	return last;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	view_forget(v);
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
	steps_net(&v->facts, speaks, true, out);
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
