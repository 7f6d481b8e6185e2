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

/* --- keys ------------------------------------------------------------------- */

static bool
same_marks(const struct lsa *a, const struct lsa *b)
{
	const struct lsa_server *x, *y;

	if (a == NULL || b == NULL || a->purge || b->purge)
		return false;
	x = lsa_server(a);
	y = lsa_server(b);
	for (size_t i = 0; i < x->nmark && x->nmark == y->nmark; i++)
		if (memcmp(x->mark[i], y->mark[i], CRYPTO_PUBLIC) != 0)
			return false;
	return x->nmark == y->nmark;
}

/* Neither links nor spaces have keys. Who has been revoked or forgotten has
 * none either. */
static bool
annex_is_of_keys(const struct engine *e, const struct news_one *one)
{
	if (one->key.type == LSA_CONNECTOR || one->key.type == LSA_SPACE ||
	    lsa_is_list(one->key.type))
		return false;
	return one->key.type != LSA_SERVER ||
	       !same_marks(one->was, lsdb_find(&e->db, &one->key));
}

static bool
same_ways(const struct lsa_connector *a, const struct lsa_connector *b)
{
	uint64_t x = a->policy == NULL ? 0 : a->policy->max_size;
	uint64_t y = b->policy == NULL ? 0 : b->policy->max_size;

	if (x != y || a->nbridgeheads != b->nbridgeheads)
		return false;
	for (size_t i = 0; i < a->nbridgeheads; i++)
		if (strcmp(a->bridgeheads[i].name, b->bridgeheads[i].name) != 0)
			return false;
	return true;
}

/* Who comes, goes, or is another. */
static bool
annex_is_of_widths(const struct engine *e, const struct news_one *one)
{
	const struct lsa *was = one->was, *now = lsdb_find(&e->db, &one->key);

	if (was == NULL || now == NULL || was->purge || now->purge)
		return true;
	if (one->key.type == LSA_CONNECTOR)
		return !same_ways(lsa_connector(was), lsa_connector(now));
	if (one->key.type == LSA_SERVER)
		return strcmp(lsa_server(was)->group, lsa_server(now)->group) !=
		       0;
	return one->key.type != LSA_SPACE && !lsa_is_list(one->key.type);
}

void
annex_news(struct engine *e, const struct news *news)
{
	struct annex *a = &e->table.annex;

	a->keys_due |= news->many;
	a->widths_due |= news->many;
	for (size_t i = 0; i < news->list.n; i++) {
		const struct news_one *one = &news->list.v[i];

		a->keys_due = a->keys_due || annex_is_of_keys(e, one);
		a->widths_due = a->widths_due || annex_is_of_widths(e, one);
	}
}

void
annex_setup(struct engine *e)
{
	e->table.annex.keys_due = true;
	e->table.annex.widths_due = true;
}

static void
keys_make(const struct engine *e, const struct view *view, struct buf *out)
{
	struct view_keys now = { 0 };

	view_keys(view, &now);
	for (size_t i = 0; i < now.list.n; i++)
		e->crypto->digest(e->crypto->ctx, now.list.v[i].public_key,
		    CRYPTO_PUBLIC, now.list.v[i].digest);
	mtable_keys_encode(out, now.list.v, now.list.n);
	vec_done(&now.list);
}

void
annex_keys(struct engine *e, const struct view *view)
{
	struct annex *a = &e->table.annex;
	struct buf keys = { 0 };

	if (a->keys.n > 0 && !a->keys_due)
		return;
	a->keys_due = false;
	keys_make(e, view, &keys);
	a->kept &= same(&keys, &a->keys) ? ~0u : ~(1u << MTABLE_KEYS);
	buf_done(&a->keys);
	a->keys = keys;
}

/* --- schedules -------------------------------------------------------------- */

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
	for (size_t i = 0; i < e->table.rib->n; i++) {
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

/* --- the net, and all of it --------------------------------------------------- */

bool
annex_net(struct engine *e, const struct view *view)
{
	struct annex *a = &e->table.annex;
	struct buf net = { 0 };
	bool moved;

	schedules_make(e, view);
	if (view_has_net(view) && (a->widths_due || a->widths.list.n == 0)) {
		view_widths(view, &a->widths);
		a->widths_due = false;
	}
	view_net(view, &a->widths, &net);
	moved = !same(&net, &a->net);
	if (moved)
		a->kept &= ~(1u << MTABLE_NET);
	buf_done(&a->net);
	a->net = net;
	return moved;
}

bool
annex_has_net(const struct engine *e, const struct view *view)
{
	const struct annex *a = &e->table.annex;

	return a->net.n > 0 || a->schedules.v.n > 0 || view_limited(view);
}

/* What it says in front of keys and net. */
static void
head_make(const struct engine *e, uint64_t generation, struct buf *out)
{
	struct mtable_version version = { e->origin.epoch.now, generation };
	struct mtable_mta mta = { .filters_smtp = e->asked.mta.filters_smtp,
		.filters_local = e->asked.mta.filters_local,
		.copies = e->asked.mta.copies };
	const struct buf none = { 0 };

	snprintf(mta.delimiters, sizeof(mta.delimiters), "%s",
	    e->asked.mta.delimiters);
	mtable_annex_encode(out, version, &mta, &none, &none);
}

/* Keys of all servers are large: where they stand already they stay. */
static void
annex_head_put(struct annex *a, const struct buf *head)
{
	if (a->said.n > 0 && a->head == head->n &&
	    (a->kept & MTABLE_BESIDES) == MTABLE_BESIDES) {
		memcpy(a->said.p, head->p, head->n);
		return;
	}
	buf_reset(&a->said);
	buf_bytes(&a->said, head->p, head->n);
	buf_bytes(&a->said, a->keys.p, a->keys.n);
	buf_bytes(&a->said, a->net.p, a->net.n);
	a->head = head->n;
}

bool
annex_say(struct engine *e, uint64_t generation)
{
	struct annex *a = &e->table.annex;
	struct buf head = { 0 };

	head_make(e, generation, &head);
	if (a->said.n == 0 || head.n != a->head ||
	    memcmp(a->said.p, head.p, head.n) != 0)
		a->kept &= ~(1u << MTABLE_HEAD);
	if ((a->kept & MTABLE_ALL) != MTABLE_ALL)
		annex_head_put(a, &head);
	buf_done(&head);
	return (a->kept & MTABLE_ALL) != MTABLE_ALL;
}

bool
annex_follows(const struct engine *e, const struct view *view)
{
	const struct annex *a = &e->table.annex;
	struct view_widths widths = { 0 };
	struct buf keys = { 0 }, net = { 0 };
	bool follows = true;

	keys_make(e, view, &keys);
	view_widths(view, &widths);
	view_net(view, &widths, &net);
	vec_done(&widths.list);
	if (!a->keys_due && a->keys.n > 0)
		follows = same(&keys, &a->keys);
	if (e->table.rib != NULL && !e->due.compute && !a->net_due)
		follows &= same(&net, &a->net);
	buf_done(&keys);
	buf_done(&net);
	return follows;
}

void
annex_done(struct engine *e)
{
	schedules_done(&e->table.annex.schedules);
	vec_done(&e->table.annex.widths.list);
	buf_done(&e->table.annex.keys);
	buf_done(&e->table.annex.net);
	buf_done(&e->table.annex.said);
}
