#include "core/node/annex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/node/fx.h"
#include "core/node/node.h"

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/* Digests cost, and keys seldom change: only then are they made again. */
static void
keys_make(struct engine *e, const struct view *view)
{
	struct annex *a = &e->table.annex;
	struct view_keys now = { 0 };
	size_t octets;

	view_keys(view, &now);
	octets = now.list.n * sizeof(*now.list.v);
	if (a->keys.n > 0 && now.list.n == a->known.list.n &&
	    (octets == 0 || memcmp(now.list.v, a->known.list.v, octets) == 0)) {
		vec_done(&now.list);
		return;
	}
	vec_done(&a->known.list);
	for (size_t i = 0; i < now.list.n; i++)
		vec_push(&a->known.list, now.list.v[i]);
	for (size_t i = 0; i < now.list.n; i++)
		e->crypto->digest(e->crypto->ctx, now.list.v[i].public_key,
		    CRYPTO_PUBLIC, now.list.v[i].digest);
	buf_reset(&a->keys);
	mtable_keys_encode(&a->keys, now.list.v, now.list.n);
	vec_done(&now.list);
}

static void
schedules_done(struct schedules *list)
{
	for (size_t i = 0; i < list->v.n; i++)
		mem_free(list->v.v[i].text);
	vec_done(&list->v);
}

static int
annex_by_text(const void *a, const void *b)
{
	const struct schedule *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void
schedule_add(void *ctx, const char *text)
{
	struct schedules *all = ctx;
	struct schedule s = { .text = mem_str(text) };

	vec_push(&all->v, s);
}

/* As it was when it was looked at last: that it has opened since is yet to be
 * seen. */
static bool
was_open(const struct engine *e, const struct schedule *s)
{
	const struct schedules *old = &e->table.annex.schedules;
	const struct schedule *was = NULL;

	if (old->v.n > 0)
		was = bsearch(s, old->v.v, old->v.n, sizeof(*s), annex_by_text);
	return was != NULL ? was->open
	                   : policy_schedule_open(s->text, (int64_t)e->wall);
}

/* Each once, sorted: every server's connectors may have some thousands. */
static void
schedules_make(struct engine *e, const struct view *view)
{
	struct schedules next = { 0 };
	size_t kept = 0;

	view_schedules(view, schedule_add, &next);
	if (next.v.n > 1)
		qsort(next.v.v, next.v.n, sizeof(*next.v.v), annex_by_text);
	for (size_t i = 0; i < next.v.n; i++) {
		struct schedule *s = &next.v.v[i];

		if (kept > 0 && annex_by_text(&next.v.v[kept - 1], s) == 0) {
			mem_free(s->text);
			continue;
		}
		s->open = was_open(e, s);
		next.v.v[kept++] = *s;
	}
	next.v.n = kept;
	schedules_done(&e->table.annex.schedules);
	e->table.annex.schedules = next;
}

/* Mail on its way waits where a hop behind refuses it for now: that may be
 * any route of ours. */
static void
retry_all(struct engine *e)
{
	for (size_t i = 0; e->table.rib != NULL && i < e->table.rib->n; i++) {
		const struct route *r = &e->table.rib->routes[i];

		if (r->kind == ROUTE_REMOTE)
			fx_add(e, (struct effect){ .kind = FX_RETRY,
				      .name = fx_copy(
					  e, r->pattern, strlen(r->pattern)) });
	}
}

void
annex_tick(struct engine *e)
{
	struct annex *a = &e->table.annex;
	bool opened = false;

	if (a->schedules.v.n == 0)
		return;
	if (mono_due(a->minute, e->now)) {
		for (size_t i = 0; i < a->schedules.v.n; i++) {
			struct schedule *s = &a->schedules.v.v[i];
			bool open =
			    policy_schedule_open(s->text, (int64_t)e->wall);

			opened |= open && !s->open;
			s->open = open;
		}
		a->minute = mono_after(e->now, (60 - e->wall % 60) * 1000);
	}
	if (opened && e->setup->mta.retry)
		retry_all(e);
	fx_wake(e, a->minute);
}

bool
annex_make(struct engine *e, const struct view *view)
{
	struct buf net = { 0 };
	bool moved;

	schedules_make(e, view);
	keys_make(e, view);
	view_net(view, &net);
	moved = !same(&net, &e->table.annex.net);
	buf_done(&e->table.annex.net);
	e->table.annex.net = net;
	return moved;
}

bool
annex_say(struct engine *e, uint64_t generation)
{
	struct mtable_version version = { e->origin.epoch.now, generation };
	struct mtable_mta mta = { .filters_smtp = e->asked.mta.filters_smtp,
		.filters_local = e->asked.mta.filters_local,
		.copies = e->asked.mta.copies };
	struct buf octets = { 0 };

	snprintf(mta.delimiters, sizeof(mta.delimiters), "%s",
	    e->asked.mta.delimiters);
	mtable_annex_encode(
	    &octets, version, &mta, &e->table.annex.keys, &e->table.annex.net);
	if (same(&octets, &e->table.annex.said)) {
		buf_done(&octets);
		return false;
	}
	buf_done(&e->table.annex.said);
	e->table.annex.said = octets;
	return true;
}

void
annex_done(struct engine *e)
{
	schedules_done(&e->table.annex.schedules);
	vec_done(&e->table.annex.known.list);
	buf_done(&e->table.annex.keys);
	buf_done(&e->table.annex.net);
	buf_done(&e->table.annex.said);
}
