#include "core/node/annex.h"

#include <stdio.h>
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
	struct annex *a = &e->annex;
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
		e->seal->digest(e->seal->ctx, now.list.v[i].public_key,
		    SEAL_PUBLIC, now.list.v[i].digest);
	buf_reset(&a->keys);
	table_keys_encode(&a->keys, now.list.v, now.list.n);
	vec_done(&now.list);
}

static void
schedules_done(struct schedules *list)
{
	for (size_t i = 0; i < list->v.n; i++)
		mem_free(list->v.v[i].text);
	vec_done(&list->v);
}

static struct schedule *
schedule_find(const struct schedules *list, const char *text)
{
	for (size_t i = 0; i < list->v.n; i++)
		if (strcmp(list->v.v[i].text, text) == 0)
			return &list->v.v[i];
	return NULL;
}

struct looking {
	struct engine *e;
	struct schedules next;
};

static void
schedule_add(void *ctx, const char *text)
{
	struct looking *l = ctx;
	const struct schedule *old =
	    schedule_find(&l->e->annex.schedules, text);
	struct schedule s = { .open = policy_schedule_open(
				  text, (int64_t)l->e->wall) };

	if (schedule_find(&l->next, text) != NULL)
		return;
	if (old != NULL)
		s.open = old->open; /* that it has opened is yet to be seen */
	s.text = mem_str(text);
	vec_push(&l->next.v, s);
}

static void
schedules_make(struct engine *e, const struct view *view)
{
	struct looking l = { .e = e };

	view_schedules(view, schedule_add, &l);
	schedules_done(&e->annex.schedules);
	e->annex.schedules = l.next;
}

/* Mail on its way waits where a hop behind refuses it for now: that may be
 * any route of ours. */
static void
retry_all(struct engine *e)
{
	for (size_t i = 0; e->rib != NULL && i < e->rib->n; i++) {
		const struct route *r = &e->rib->routes[i];

		if (r->kind == ROUTE_REMOTE)
			fx_add(e, (struct effect){ .kind = FX_RETRY,
				      .name = fx_keep(
					  e, r->pattern, strlen(r->pattern)) });
	}
}

void
annex_tick(struct engine *e)
{
	struct annex *a = &e->annex;
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
	if (opened && e->setup->retry_mail)
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
	moved = !same(&net, &e->annex.net);
	buf_done(&e->annex.net);
	e->annex.net = net;
	return moved;
}

void
annex_say(struct engine *e, uint64_t generation)
{
	struct table_version version = { e->epoch, generation };
	struct table_mta mta = { .filters_smtp = e->mta.filters_smtp,
		.filters_local = e->mta.filters_local,
		.copies = e->mta.copies };
	struct buf octets = { 0 };

	snprintf(
	    mta.delimiters, sizeof(mta.delimiters), "%s", e->mta.delimiters);
	table_annex_encode(
	    &octets, version, &mta, &e->annex.keys, &e->annex.net);
	if (same(&octets, &e->annex.said)) {
		buf_done(&octets);
		return;
	}
	buf_done(&e->annex.said);
	e->annex.said = octets;
	fx_add(e, (struct effect){
		      .kind = FX_ANNEX, .bytes = octets.p, .len = octets.n });
}

void
annex_done(struct engine *e)
{
	schedules_done(&e->annex.schedules);
	vec_done(&e->annex.known.list);
	buf_done(&e->annex.keys);
	buf_done(&e->annex.net);
	buf_done(&e->annex.said);
}
