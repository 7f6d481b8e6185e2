/*
 * annex.c - what goes to the milter's table besides the routes: whose mark
 * keys are whose, and the net where a connector has limits. Said when it is
 * not what was said last.
 */

#include <string.h>

#include "core/node.h"

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

bool
annex_make(struct engine *e, const struct view *view)
{
	struct buf net = { 0 };
	bool moved;

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
	struct buf octets = { 0 };

	table_annex_encode(&octets, version, &e->annex.keys, &e->annex.net);
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
	vec_done(&e->annex.known.list);
	buf_done(&e->annex.keys);
	buf_done(&e->annex.net);
	buf_done(&e->annex.said);
}
