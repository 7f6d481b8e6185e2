#include "core/node/confirm.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/compute.h"
#include "core/node/due.h"
#include "core/node/found.h"
#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/origin.h"

/* One that is given up does, though what was here is here for an hour more; our
 * own claims, which are drafts here, are no others because of that. */
static bool
confirm_is_other(const struct route *from, const struct route *to)
{
	return from == NULL || to == NULL || !route_same(from, to) ||
	       (from->leaves == 0 && to->leaves != 0);
}

/* A pattern that comes is not one that moves. */
static void
confirm_count(void *ctx, const struct route *from, const struct route *to)
{
	size_t *n = ctx;

	*n += from != NULL && confirm_is_other(from, to);
}

static void
copy_others(const struct engine *e, struct lsdb *to)
{
	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l))
		if (!node_is_own(e, &l->key) || lsa_is_authority(l))
			lsdb_install(to, lsa_copy(l));
}

typedef void rib_moved(
    void *ctx, const struct route *from, const struct route *to);

/* Each route that would move under this setup; returns how many there are. */
static size_t
confirm_moves(
    struct engine *e, const struct setup *setup, rib_moved *tell, void *ctx)
{
	const struct setup *old = e->setup;
	struct setup *filled = found_setup(e, setup);
	const struct setup *base = filled != NULL ? filled : setup;
	struct setup *over = override_setup(&e->overrides, base);
	struct view_pending pending = { 0 };
	struct view *view;
	struct lsdb db;
	struct rib *rib;
	size_t n;

	e->setup = over != NULL ? over : base;
	lsdb_init(&db);
	copy_others(e, &db);
	origin_draft(e, &db);
	view = compute_view(e, &db);
	rib = view_rib(view, e->table.rib, &pending);
	rib_diff(e->table.rib, rib, tell, ctx);
	n = rib->n;
	rib_free(rib);
	view_free(view);
	view_pending_done(&pending);
	lsdb_done(&db);
	e->setup = old;
	override_setup_free(over);
	found_free(filled);
	due_say(e); /* the drafts were the new setup's */
	return n;
}

bool
confirm_setup(struct engine *e, const struct setup *setup)
{
	size_t n = 0;

	if (e->table.rib == NULL || setup->confirm_percent >= 100)
		return true;
	(void)confirm_moves(e, setup, confirm_count, &n);
	e->table.confirm_moves = 0;
	if (n * 100 <= e->table.rib->n * setup->confirm_percent)
		return true;
	e->table.confirm_moves = n;
	fx_event(e,
	    (struct event){
		.kind = EVENT_CONFIRM, .value = n, .total = e->table.rib->n });
	fx_add(e, (struct effect){ .kind = FX_WAITING });
	return false;
}

struct trial {
	struct json j;
	size_t n;
};

static void
trial_route(struct json *j, const char *key, const struct route *r)
{
	json_open(j, key, '{');
	json_str(j, "kind", route_kind_word(r->kind));
	if (r->kind == ROUTE_HOLD)
		json_str(j, "unreachable", r->reason);
	if (r->kind == ROUTE_WAY)
		json_str(j, "way", r->way);
	if (r->kind == ROUTE_REMOTE) {
		json_open(j, "next_hops", '[');
		for (size_t i = 0; i < r->nhops; i++)
			if (!r->hop[i].alternate)
				json_str(j, NULL, r->hop[i].name);
		json_close(j, ']');
		json_uint(j, "cost", r->cost);
		json_uint(j, "hops", r->hops);
	}
	json_close(j, '}');
}

static void
trial_moved(void *ctx, const struct route *from, const struct route *to)
{
	struct trial *t = ctx;

	if (!confirm_is_other(from, to) || t->n++ >= LIMIT_MOVES_TOLD)
		return;
	json_open(&t->j, NULL, '{');
	json_str(&t->j, "pattern", to != NULL ? to->pattern : from->pattern);
	if (from != NULL)
		trial_route(&t->j, "before", from);
	if (to != NULL)
		trial_route(&t->j, "after", to);
	json_close(&t->j, '}');
	json_line(&t->j);
}

void
confirm_try(struct engine *e, const struct setup *setup)
{
	struct buf out = { 0 };
	struct trial t = { .j = { .out = &out } };
	size_t routes = 0;

	if (e->phase != PHASE_BOOT && e->table.rib != NULL)
		routes = confirm_moves(e, setup, trial_moved, &t);
	json_open(&t.j, NULL, '{');
	json_uint(&t.j, "routes", routes);
	json_uint(&t.j, "moved", t.n);
	json_close(&t.j, '}');
	json_line(&t.j);
	fx_add(e, (struct effect){ .kind = FX_TRIED,
		      .bytes = fx_copy(e, out.p, out.n),
		      .len = out.n });
	buf_done(&out);
}
