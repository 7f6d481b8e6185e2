#include "core/view/view_follow.h"

#include <string.h>

#include "base/buf.h"
#include "core/lsa/listed.h"
#include "core/view/steps_follow.h"

struct view_follow {
	struct steps_follow *steps;
	struct spf_follow search;
	struct buf found; /* by our probes at the places of links, when all
			     routes were decided last */
};

/* What they found of servers is asked where we are alone, and of what does not
 * rest: that is decided anew with every change. */
static void
found_put(const struct view_input *in, struct buf *out)
{
	for (size_t i = 0; i < in->nplaces; i++) {
		const struct view_place *p = &in->places[i];

		buf_text(out, p->name);
		buf_u8(out, (uint8_t)p->verdict);
		addr_encode(out, &p->addr);
	}
}

struct view_follow *
view_follow_new(struct view *v, struct steps_counts counts)
{
	struct view_follow *w = mem_new(sizeof(*w), 0, 0);
	struct steps_over over = { .facts = &v->facts,
		.presence = &v->presence,
		.net = &v->net->net,
		.org = v->ways->org,
		.group = v->ways->group };

	w->steps = steps_follow_new(&over, counts);
	found_put(&v->in, &w->found);
	return w;
}

void
view_follow_free(struct view_follow *w)
{
	if (w == NULL)
		return;
	steps_follow_free(w->steps);
	spf_follow_done(&w->search);
	buf_done(&w->found);
	mem_free(w);
}

/* --- marks ------------------------------------------------------------------ */

static void
mark_server(void *ctx, uint32_t server)
{
	struct view_marks *m = ctx;

	if (m->is[server])
		return;
	m->is[server] = true;
	vec_push(&m->servers, server);
}

static void
mark_all(struct view *v)
{
	v->marks.all = true;
	nexthop_forget(v->ways->nexthops, FACTS_NONE);
}

void
view_follow_input(struct view *v, const struct view_input *in)
{
	struct buf found = { 0 };
	struct buf *was = &v->follow->found;

	found_put(in, &found);
	if (found.n != was->n ||
	    (found.n > 0 && memcmp(found.p, was->p, found.n) != 0))
		mark_all(v);
	buf_done(was);
	*was = found;
}

/* --- what was said ---------------------------------------------------------- */

static bool
same_addresses(const struct lsa_server *a, const struct lsa_server *b)
{
	if (a->nsmtp != b->nsmtp)
		return false;
	for (size_t i = 0; i < a->nsmtp; i++)
		if (!addr_equal(&a->smtp[i], &b->smtp[i]))
			return false;
	return true;
}

static bool
view_follow_is_near(const struct spf *spf, uint32_t server)
{
	for (uint32_t i = 0; i < spf->nnear; i++)
		if (spf->near[i] == server)
			return true;
	return false;
}

/* Who may be a next hop has other addresses; of others only a path of last
 * resort may ask. */
static void
addresses_compare(struct view *v, const struct news_one *one, uint32_t server)
{
	const struct lsa *was = one->was;

	if (was == NULL || was->key.type != LSA_SERVER || was->purge ||
	    same_addresses(lsa_server(was), v->facts.servers.v[server].body))
		return;
	if (view_follow_is_near(v->ways->reach.org, server))
		mark_all(v);
	else
		nexthop_forget(v->ways->nexthops, server);
}

/* False: claims of a scope for which there are no ways yet. */
static bool
claim_said(struct view *v, const char *pattern)
{
	const struct facts *f = &v->facts;
	size_t n, first = facts_claims(f, pattern, &n);

	vec_push(&v->marks.patterns, mem_str(pattern));
	for (size_t i = first; i < first + n; i++)
		if (f->claims.v[i].space.local && v->ways->group == NULL)
			return false;
	return true;
}

/* Whose claims are marked. */
struct claims_said {
	struct view *view;
	bool scoped; /* one is of a scope for which there are no ways yet */
};

static void
listed_said(void *ctx, const char *pattern)
{
	struct claims_said *said = ctx;

	said->scoped |= !claim_said(said->view, pattern);
}

static bool
news_take(struct view *v, const struct news_one *one)
{
	uint32_t server = facts_find(&v->facts, one->key.origin);
	struct claims_said said = { v, false };

	if (one->key.type == LSA_SPACE)
		return claim_said(v, one->key.id);
	if (lsa_is_list(one->key.type)) {
		listed_changed(
		    v->in.db, &one->key, one->was, listed_said, &said);
		return !said.scoped;
	}
	if (server == FACTS_NONE)
		return true;
	if (server == v->facts.self)
		mark_all(v);
	if (one->key.type == LSA_CONNECTOR) {
		steps_follow_connector(v->follow->steps, server);
	} else if (v->facts.servers.v[server].body != NULL) {
		addresses_compare(v, one, server);
		steps_follow_server(v->follow->steps, server);
	}
	return true;
}

/* --- what follows ----------------------------------------------------------- */

/* Whose first hops, path or distance from us may be others. */
static bool
search_follow(
    struct view *v, struct spf *spf, const struct graph_changes *changes)
{
	struct spf_follow *search = &v->follow->search;

	if (!spf_follow_from(search, spf, changes))
		return false;
	for (size_t i = 0; i < search->other.n; i++)
		if (search->other.v[i] < v->facts.servers.n)
			mark_server(&v->marks, search->other.v[i]);
	for (size_t i = 0; i < search->turned.n; i++)
		if (search->turned.v[i] < v->facts.servers.n)
			v->marks.turned[search->turned.v[i]] = true;
	return true;
}

static bool
searches_follow(struct view *v)
{
	struct steps_follow *steps = v->follow->steps;
	struct ways *w = v->ways;
	struct alternate_news news = { .org = &steps->org,
		.group = &steps->group,
		.follow = &v->follow->search,
		.moved = mark_server,
		.ctx = &v->marks };

	if (!search_follow(v, w->reach.org, &steps->org) ||
	    (w->group != NULL &&
		!search_follow(v, w->reach.group, &steps->group)))
		return false;
	if (!alternate_follow(w->alternates, &news))
		mark_all(v);
	return true;
}

static void
away_follow(struct view *v)
{
	const struct steps_follow *steps = v->follow->steps;

	if (steps->flipped.n > 0)
		view_away_fill(v);
	for (size_t i = 0; i < steps->turned.n; i++)
		if (alternate_has(v->ways->alternates, steps->turned.v[i]))
			mark_all(v);
}

bool
view_follow(struct view *v, const struct news *news)
{
	struct steps_follow *steps = v->follow->steps;
	bool alone = view_alone(v);

	steps_follow_begin(steps);
	for (size_t i = 0; i < news->list.n; i++)
		if (!news_take(v, &news->list.v[i]))
			return false;
	if (!steps_follow_end(steps, &v->follow->search))
		return false;
	v->net->whole = false;
	away_follow(v);
	if (!searches_follow(v)) {
		ways_search(v->ways);
		mark_all(v);
	}
	if (alone || view_alone(v))
		mark_all(v);
	return true;
}
