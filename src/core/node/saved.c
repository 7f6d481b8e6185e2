#include "core/node/saved.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/accept.h"
#include "core/node/compute.h"
#include "core/node/expel.h"
#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/saved_before.h"
#include "core/node/signers.h"

#define PART_OCTETS 65536

enum item {
	ITEM_LSA = 1,
	ITEM_LSA_GONE = 2,
	ITEM_TABLE = 3,
	ITEM_ROUTE = 4,
	ITEM_ROUTE_GONE = 5,
	ITEM_REFUSALS = 6,
	ITEM_VOUCHED = 7,
	ITEM_AUTHORITIES = 8
};

/* Items on their way out: in parts, or in one where `part` is NULL. */
struct items {
	struct buf out;
	bool named; /* who vouches, in this part */
	engine_part *part;
	void *ctx;
};

/* The table that parts tell of. */
struct kept {
	struct tree routes;
	uint64_t generation;
	size_t bad; /* LSAs that were refused */
	VEC(struct lsa *)
	nobody; /* of them claims that were ours to believe,
				     and nobody who is trusted vouches for */
};

struct kept_route {
	struct tree_node node;
	struct route route;
};

static size_t
item_begin(struct items *items, enum item kind)
{
	buf_u8(&items->out, (uint8_t)kind);
	return buf_hole32(&items->out);
}

static void
item_end(struct items *items, size_t hole)
{
	buf_fill32(&items->out, hole);
	if (items->part == NULL || items->out.n < PART_OCTETS)
		return;
	items->part(items->ctx, items->out.p, items->out.n);
	buf_reset(&items->out);
	items->named = false;
}

static void
item_octets(struct items *items, enum item kind, const void *p, size_t n)
{
	size_t hole = item_begin(items, kind);

	buf_bytes(&items->out, p, n);
	item_end(items, hole);
}

/* Once in each part that says what was read in certificates. */
static void
item_authorities(struct items *items, const struct setup_authority *a)
{
	size_t hole;

	if (items->named)
		return;
	hole = item_begin(items, ITEM_AUTHORITIES);
	buf_bytes(&items->out, a->id, CRYPTO_DIGEST);
	if (a->second.given)
		buf_bytes(&items->out, a->second.id, CRYPTO_DIGEST);
	buf_fill32(&items->out, hole); /* no part ends here */
	items->named = true;
}

/* What its certificates say is dear to read: before it. */
static void
item_lsa(struct items *items, const struct engine *e, const struct lsa *l)
{
	const struct signer *s = signers_find(&e->signers, l->key.origin);
	size_t hole;

	if (l->key.type == LSA_IDENTITY && s != NULL) {
		item_authorities(items, &e->setup->authority);
		hole = item_begin(items, ITEM_VOUCHED);
		signers_encode(&items->out, s, l);
		buf_fill32(&items->out, hole); /* no part ends here */
	}
	item_octets(items, ITEM_LSA, l->octets, l->len);
}

/* Its path is shown, no more, and would be most of it. */
static void
item_route(struct items *items, const struct route *route)
{
	size_t hole = item_begin(items, ITEM_ROUTE);
	struct route without = *route;

	without.npath = 0;
	route_encode(&items->out, &without);
	item_end(items, hole);
}

static void
item_table(struct items *items, const struct rib *rib, bool whole)
{
	size_t hole = item_begin(items, ITEM_TABLE);

	buf_u64(&items->out, rib->generation);
	buf_u8(&items->out, whole);
	item_end(items, hole);
}

static void
item_refusals(struct items *items, const struct engine *e)
{
	size_t hole = item_begin(items, ITEM_REFUSALS);

	refusal_encode(&e->evidence.refusals, e->now, e->wall, &items->out);
	item_end(items, hole);
}

void
engine_save(const struct engine *e, engine_part *part, void *ctx)
{
	struct items items = { .part = part, .ctx = ctx };
	const struct rib *rib = e->table.rib;

	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l))
		item_lsa(&items, e, l);
	if (rib != NULL)
		item_table(&items, rib, true);
	for (size_t i = 0; rib != NULL && i < rib->n; i++)
		item_route(&items, &rib->routes[i]);
	item_refusals(&items, e);
	if (items.out.n > 0)
		part(ctx, items.out.p, items.out.n);
	buf_done(&items.out);
}

/* The LSA with this key as it is now, or that there is none. */
static void
lsa_change(
    struct items *items, const struct engine *e, const struct lsa_key *key)
{
	const struct lsa *l = lsdb_find(&e->db, key);
	size_t hole;

	if (l != NULL) {
		item_lsa(items, e, l);
		return;
	}
	hole = item_begin(items, ITEM_LSA_GONE);
	buf_u8(&items->out, key->type);
	buf_u8(&items->out, (uint8_t)strlen(key->origin));
	buf_text(&items->out, key->origin);
	buf_text(&items->out, key->id);
	item_end(items, hole);
}

static void
route_change(struct items *items, const struct rib *rib, const char *pattern)
{
	const struct route *route = rib_find(rib, pattern);

	if (route != NULL)
		item_route(items, route);
	else
		item_octets(items, ITEM_ROUTE_GONE, pattern, strlen(pattern));
}

static struct keyset_entry *
entry_of(struct tree_node *n)
{
	return n == NULL ? NULL : tree_entry(n, struct keyset_entry, node);
}

static void
changes_write(const struct engine *e, struct items *items)
{
	const struct rib *rib = e->table.rib;
	struct keyset_entry *k;

	for (k = entry_of(tree_first(&e->due.lsas.tree)); k != NULL;
	     k = entry_of(tree_next(&k->node)))
		lsa_change(items, e, &k->key);
	for (k = entry_of(tree_first(&e->due.routes.tree)); k != NULL;
	     k = entry_of(tree_next(&k->node)))
		route_change(items, rib, k->key.id);
	if (rib != NULL)
		item_table(items, rib, false);
	item_refusals(items, e);
}

void
saved_now(struct engine *e)
{
	struct items items = { .part = NULL };

	if (!e->due.save)
		return;
	if (!e->due.save_whole)
		changes_write(e, &items);
	fx_add(e, (struct effect){ .kind = FX_SAVE,
		      .who = ++e->fx.saves,
		      .what = SAVE_STATE,
		      .bytes = fx_copy(e, items.out.p, items.out.n),
		      .len = items.out.n });
	buf_done(&items.out);
	due_saved(e);
}

void
saved_tick(struct engine *e)
{
	if (e->due.save && mono_due(e->due.save_at, e->now))
		saved_now(e);
	else if (e->due.save)
		fx_wake(e, e->due.save_at);
}

void
saved_restore_epoch(struct engine *e, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	uint32_t epoch = cur_u32(&in);

	if (!in.bad && in.left == 0)
		e->origin.epoch.now = epoch;
}

/* The newer one is the table, so its generation never goes back. */
static void
rib_restore(struct engine *e, struct rib *rib)
{
	if (rib == NULL)
		return;
	if (e->table.rib != NULL &&
	    e->table.rib->generation >= rib->generation) {
		rib_free(rib);
		return;
	}
	rib_free(e->table.rib);
	e->table.rib = rib;
	compute_setup(e); /* what follows it follows another one */
	e->table.published_once = true;
}

void
saved_restore_table(struct engine *e, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	uint64_t noted;

	if (n == 0)
		return;
	rib_restore(e, saved_before_rib(&in));
	noted = cur_u64(&in);
	if (!in.bad)
		e->table.noted = noted;
}

/* A newer table than any that is kept was published on a full disk: what it
 * said is lost, but its number is not given again. What no server could have
 * come to is a bad disk's, and no reason to begin at 0 some day; what was then
 * counted on from the limit is as good as any. */
static void
number_restore(struct engine *e)
{
	struct rib *rib = e->table.rib;

	if (rib == NULL)
		return;
	if (rib->generation < e->table.noted &&
	    e->table.noted < 2 * LIMIT_GENERATION)
		rib->generation = e->table.noted + 1;
	if (rib->generation > 2 * LIMIT_GENERATION)
		rib->generation = LIMIT_GENERATION;
}

static void
refusals_read(struct engine *e, struct cur in)
{
	refusal_done(&e->evidence.refusals);
	e->evidence.refusals = (struct refusals){ 0 };
	(void)refusal_decode(&e->evidence.refusals, &in, e->now, e->wall);
}

static int
kept_by_pattern(const void *key, const struct tree_node *node)
{
	return strcmp(
	    key, tree_entry(node, struct kept_route, node)->route.pattern);
}

static struct kept_route *
kept_first(const struct kept *kept)
{
	struct tree_node *n = tree_first(&kept->routes);

	return n == NULL ? NULL : tree_entry(n, struct kept_route, node);
}

static void
kept_drop(struct kept *kept, const char *pattern)
{
	struct tree_node *n =
	    tree_find(&kept->routes, pattern, kept_by_pattern);
	struct kept_route *old;

	if (n == NULL)
		return;
	old = tree_entry(n, struct kept_route, node);
	tree_remove(&kept->routes, n);
	route_done(&old->route);
	mem_free(old);
}

/* What is no route is none: the one before would be too old. */
static void
kept_put(struct kept *kept, struct cur in)
{
	struct kept_route *fresh = mem_new(sizeof(*fresh), 0, 0);

	if (kept->routes.n >= LIMIT_LSDB_LSAS ||
	    route_decode(&in, &fresh->route) != RC_OK) {
		mem_free(fresh);
		return;
	}
	kept_drop(kept, fresh->route.pattern);
	tree_insert(
	    &kept->routes, &fresh->node, fresh->route.pattern, kept_by_pattern);
}

static void
kept_clear(struct kept *kept)
{
	struct kept_route *r;

	while ((r = kept_first(kept)) != NULL)
		kept_drop(kept, r->route.pattern);
}

static void
kept_table(struct kept *kept, struct cur in)
{
	uint64_t generation = cur_u64(&in);
	bool whole = cur_u8(&in) != 0;

	if (in.bad)
		return;
	if (whole)
		kept_clear(kept);
	kept->generation = generation;
}

static void
kept_gone(struct kept *kept, struct cur in)
{
	char *pattern = mem_dup(in.p, in.left);

	kept_drop(kept, pattern);
	mem_free(pattern);
}

static void
lsa_gone(struct engine *e, struct cur in)
{
	uint8_t type = cur_u8(&in);
	struct cur origin = cur_sub(&in, cur_u8(&in));
	struct lsa_key key = { .type = type };
	char *name, *id;

	if (in.bad)
		return;
	key.origin = name = mem_dup(origin.p, origin.left);
	key.id = id = mem_dup(in.p, in.left);
	accept_saved_gone(e, &key);
	mem_free(name);
	mem_free(id);
}

/* Judged by who is trusted now, and not when it was saved. */
static void
saved_lsa_read(struct engine *e, struct kept *kept, struct cur in)
{
	int rc = accept_saved(e, in.p, in.left);
	struct lsa *lsa;

	kept->bad += rc != RC_OK;
	if (!e->turn.trusted || (rc != RC_ORG && rc != RC_IDENTITY) ||
	    lsa_decode(in.p, in.left, e->crypto, &lsa) != RC_OK)
		return;
	if ((lsa->key.type == LSA_SPACE || lsa->key.type == LSA_LIST) &&
	    !lsa->purge)
		vec_push(&kept->nobody, lsa);
	else
		lsa_free(lsa);
}

/* All of these are trusted now: what they vouched for needs no reading. */
static void
authorities_read(struct engine *e, struct cur in)
{
	e->turn.vouched = in.left > 0;
	while (in.left > 0 && e->turn.vouched) {
		const uint8_t *id = cur_bytes(&in, CRYPTO_DIGEST);

		e->turn.vouched = id != NULL && node_authority(e, id) != NULL;
	}
}

/* Anybody may bring an LSA that is signed; the rest is taken from ourselves
 * alone. What a later version has besides is left out. */
static void
item_read(struct engine *e, uint8_t kind, struct cur in)
{
	struct kept *kept = e->turn.kept;

	if (kind == ITEM_LSA)
		saved_lsa_read(e, kept, in);
	if (!e->turn.trusted)
		return;
	if (kind == ITEM_AUTHORITIES)
		authorities_read(e, in);
	else if (kind == ITEM_VOUCHED && e->turn.vouched)
		signers_vouched(&e->signers, in);
	else if (kind == ITEM_LSA_GONE)
		lsa_gone(e, in);
	else if (kind == ITEM_TABLE)
		kept_table(kept, in);
	else if (kind == ITEM_ROUTE)
		kept_put(kept, in);
	else if (kind == ITEM_ROUTE_GONE)
		kept_gone(kept, in);
	else if (kind == ITEM_REFUSALS)
		refusals_read(e, in);
}

void
saved_restore_part(struct engine *e, const uint8_t *p, size_t n, bool trusted)
{
	struct cur in = cur_over(p, n);

	if (e->turn.kept == NULL)
		e->turn.kept = mem_new(sizeof(*e->turn.kept), 0, 0);
	e->turn.trusted = trusted;
	e->turn.vouched = false;
	while (in.left > 0) {
		uint8_t kind = cur_u8(&in);
		struct cur item = cur_sub(&in, cur_u32(&in));

		if (in.bad)
			break;
		item_read(e, kind, item);
	}
	e->turn.trusted = false;
}

/* The parts are over: the table that they told of, to be taken over. */
static struct rib *
kept_rib(struct kept *kept)
{
	struct rib *rib = mem_new(sizeof(*rib), 0, 0);
	struct kept_route *r;

	if (kept->generation == 0) {
		mem_free(rib);
		return NULL;
	}
	rib->generation = kept->generation;
	rib->routes = mem_new(0, kept->routes.n, sizeof(*rib->routes));
	while ((r = kept_first(kept)) != NULL) {
		rib->routes[rib->n++] = r->route;
		tree_remove(&kept->routes, &r->node);
		mem_free(r);
	}
	return rib;
}

static void
kept_restore(struct engine *e)
{
	struct kept *kept = e->turn.kept;

	if (kept == NULL)
		return;
	rib_restore(e, kept_rib(kept));
	for (size_t i = 0; i < kept->nobody.n; i++) /* as expel_distrusted() */
		expel_key_gone(e, kept->nobody.v[i]);
	fx_event(e, (struct event){ .kind = EVENT_RESTORED,
			.value = lsdb_count(&e->db),
			.total = kept->bad });
	saved_done(e);
}

void
saved_restore(struct engine *e, const uint8_t *p, size_t n)
{
	kept_restore(e);
	if (n > 0)
		rib_restore(e, saved_before(e, cur_over(p, n)));
	number_restore(e);
}

void
saved_done(struct engine *e)
{
	if (e->turn.kept == NULL)
		return;
	kept_clear(e->turn.kept);
	for (size_t i = 0; i < e->turn.kept->nobody.n; i++)
		lsa_free(e->turn.kept->nobody.v[i]);
	vec_done(&e->turn.kept->nobody);
	mem_free(e->turn.kept);
	e->turn.kept = NULL;
}
