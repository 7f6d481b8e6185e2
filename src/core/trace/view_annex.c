#include "core/trace/view_annex.h"

#include <string.h>

#include "base/mem.h"
#include "core/trace/mtable_net.h"
#include "core/view/nexthop.h"
#include "core/view/view_state.h"

static void
key_add(struct view_keys *out, const char *name,
    const uint8_t public_key[CRYPTO_PUBLIC])
{
	struct mtable_key key;

	memset(&key, 0, sizeof(key)); /* entries are compared as octets */
	memcpy(key.name, name, strlen(name));
	memcpy(key.public_key, public_key, CRYPTO_PUBLIC);
	vec_push(&out->list, key);
}

void
view_keys(const struct view *v, struct view_keys *out)
{
	const struct setup *setup = v->in.setup;

	for (size_t i = 0; i < v->facts.servers.n; i++) {
		const struct facts_server *s = &v->facts.servers.v[i];
		bool self = i == v->facts.self;
		size_t n = s->body == NULL ? 0 : s->body->nmark;

		if (self)
			n = setup->announced.nmark;
		for (size_t k = 0; k < n; k++)
			key_add(out, s->name,
			    self ? setup->announced.mark[k] : s->body->mark[k]);
	}
}

/* --- our own steps -------------------------------------------------------- */

static void
own_add(struct mtable_net *out, struct mtable_step step)
{
	if (step.addr.family != 0)
		vec_push(&out->own, step);
}

static void
own_connectors(
    const struct view *v, struct nexthop_book *book, struct mtable_net *out)
{
	const struct facts *f = &v->facts;

	for (size_t i = 0; i < f->own_n; i++) {
		const struct facts_connector *c =
		    &f->connectors.v[f->own_at + i];
		for (size_t k = 0; c->own != NULL && k < c->own->nbridgeheads;
		     k++) {
			const struct setup_bridgehead *b =
			    &c->own->bridgeheads[k];
			uint32_t to = facts_find(f, b->name);
			struct mtable_step step = { .to = to,
				.cost = steps_own_cost(f, c->own, b),
				.policy = c->limits,
				.by = b->by };

			if (to == FACTS_NONE || !steps_own_up(f, c->own, b))
				continue;
			step.addr = nexthop_bridgehead(book, b, to);
			own_add(out, step);
		}
	}
}

static void
view_annex_own_members(
    const struct view *v, struct nexthop_book *book, struct mtable_net *out)
{
	const struct facts *f = &v->facts;

	for (uint32_t i = 0; i < f->servers.n; i++) {
		struct mtable_step step = { .to = i };

		if (i == f->self ||
		    f->servers.v[i].group != f->servers.v[f->self].group)
			continue;
		step.addr = nexthop_addr(book, i, 0);
		own_add(out, step);
	}
}

/* --- what passes if all is up --------------------------------------------- */

#define NOBODY UINT32_MAX

struct widening {
	const struct facts *facts;
	uint64_t *width;
	uint32_t *member; /* by group: one of its members */
	uint32_t *other;  /* by server: another member of its group */
	uint32_t *first;  /* by server: its first connector */
	bool *waits;
	VEC(uint32_t) queue;
};

static void
widening_init(struct widening *w, const struct facts *f)
{
	size_t n = f->servers.n, groups = f->groups.n;

	*w = (struct widening){ .facts = f };
	w->width = mem_new(0, n, sizeof(*w->width));
	w->member = mem_new(0, groups + 1, sizeof(*w->member));
	w->other = mem_new(0, n, sizeof(*w->other));
	w->first = mem_new(0, n, sizeof(*w->first));
	w->waits = mem_new(0, n, sizeof(*w->waits));
	memset(w->member, 0xff, groups * sizeof(*w->member));
	memset(w->first, 0xff, n * sizeof(*w->first));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t group = f->servers.v[i].group;

		if (group == FACTS_NONE)
			continue;
		w->other[i] = w->member[group];
		w->member[group] = i;
	}
	for (size_t i = f->connectors.n; i > 0; i--)
		w->first[f->connectors.v[i - 1].owner] = (uint32_t)(i - 1);
}

static void
widening_done(struct widening *w)
{
	vec_done(&w->queue);
	mem_free(w->width);
	mem_free(w->member);
	mem_free(w->other);
	mem_free(w->first);
	mem_free(w->waits);
}

static void
widen(struct widening *w, uint32_t to, uint64_t width)
{
	if (width <= w->width[to])
		return;
	w->width[to] = width;
	if (w->waits[to])
		return;
	w->waits[to] = true;
	vec_push(&w->queue, to);
}

static void
widen_by(struct widening *w, const struct lsa_connector *c, uint64_t width)
{
	if (c->policy != NULL && c->policy->max_size != 0 &&
	    c->policy->max_size < width)
		width = c->policy->max_size;
	for (size_t k = 0; k < c->nbridgeheads; k++) {
		uint32_t to = facts_find(w->facts, c->bridgeheads[k].name);

		if (to != FACTS_NONE)
			widen(w, to, width);
	}
}

static void
widen_from(struct widening *w, uint32_t from)
{
	const struct facts *f = w->facts;
	uint32_t group = f->servers.v[from].group, i;

	i = group == FACTS_NONE ? NOBODY : w->member[group];
	for (; i != NOBODY; i = w->other[i])
		widen(w, i, w->width[from]);
	for (i = w->first[from];
	     i < f->connectors.n && f->connectors.v[i].owner == from; i++)
		widen_by(w, f->connectors.v[i].body, w->width[from]);
}

void
view_widths(const struct view *v, struct view_widths *out)
{
	const struct facts *f = &v->facts;
	struct widening w;

	out->list.n = 0;

	widening_init(&w, f);
	widen(&w, f->self, UINT64_MAX);
	for (size_t i = 0; i < w.queue.n; i++) {
		w.waits[w.queue.v[i]] = false;
		widen_from(&w, w.queue.v[i]);
	}
	for (size_t i = 0; i < f->servers.n; i++)
		vec_push(&out->list, w.width[i]);
	widening_done(&w);
}

/* A message that takes a way of its own is not to go there either. */
static void
refusals_add(const struct refusals *all, struct mtable_net *out)
{
	for (size_t i = 0; all != NULL && i < all->list.n; i++) {
		const struct refusal *r = &all->list.v[i];
		struct mtable_refusal one = { r->pattern, r->hop };

		if (r->off)
			vec_push(&out->refusals, one);
	}
}

bool
view_has_net(const struct view *v)
{
	return !view_alone(v) && v->facts.limited > 0 &&
	       mtable_net_limits(view_whole(v));
}

void
view_net(
    const struct view *v, const struct view_widths *widths, struct buf *out)
{
	struct mtable_net t = { .self = v->facts.self };
	struct nexthop_book *book;

	if (!view_has_net(v))
		return;
	t.net = *view_whole(v);
	book = nexthop_new(&v->facts, &v->in);
	own_connectors(v, book, &t);
	view_annex_own_members(v, book, &t);
	for (size_t i = 0; i < widths->list.n; i++)
		vec_push(&t.widest, widths->list.v[i]);
	refusals_add(v->in.refusals, &t);
	mtable_net_encode(out, &t);
	nexthop_free(book);
	vec_done(&t.own);
	vec_done(&t.refusals);
	vec_done(&t.widest);
}

bool
view_limited(const struct view *v)
{
	return v->facts.limited > 0;
}

void
view_schedules(const struct view *v,
    void (*each)(void *ctx, const char *schedule), void *ctx)
{
	const struct policy *last = NULL;
	const struct net *net;

	if (v->facts.limited == 0)
		return;
	net = view_whole(v);
	for (size_t i = 0; i < net->steps.n; i++) {
		const struct policy *p = net->steps.v[i].policy;

		if (p == NULL || p == last)
			continue; /* of the same connector */
		last = p;
		if (p->schedule != NULL)
			each(ctx, p->schedule);
		if (p->large_schedule != NULL)
			each(ctx, p->large_schedule);
	}
}
