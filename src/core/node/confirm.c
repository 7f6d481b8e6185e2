#include "core/node/confirm.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/compute.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/origin.h"

static void
confirm_count(void *ctx, const struct route *from, const struct route *to)
{
	size_t *n = ctx;

	/* A pattern that comes is not one that moves; one that is given up is,
	 * though what was here is here for an hour more. */
	*n += from != NULL && (to == NULL || !route_same(from, to) ||
				  (from->leaves == 0 && to->leaves != 0));
}

static void
copy_others(const struct engine *e, struct lsdb *to)
{
	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l))
		if (!node_is_own(e, &l->key))
			lsdb_install(to, lsa_copy(l));
}

/* The routes that would move under the setup that is in force now. */
static size_t
would_move(struct engine *e)
{
	struct view_pending pending = { 0 };
	struct view *view;
	struct lsdb db;
	struct rib *rib;
	size_t n = 0;

	lsdb_init(&db);
	copy_others(e, &db);
	origin_draft(e, &db);
	view = compute_view(e, &db);
	rib = view_rib(view, e->table.rib, &pending);
	rib_diff(e->table.rib, rib, confirm_count, &n);
	rib_free(rib);
	view_free(view);
	view_pending_done(&pending);
	lsdb_done(&db);
	return n;
}

bool
confirm_setup(struct engine *e, const struct setup *setup)
{
	const struct setup *old = e->setup;
	struct setup *over;
	size_t n;

	if (e->table.rib == NULL || setup->confirm_percent >= 100)
		return true;
	over = override_setup(&e->overrides, setup);
	e->setup = over != NULL ? over : setup;
	n = would_move(e);
	e->setup = old;
	override_setup_free(over);
	due_say(e); /* the drafts were the new setup's */
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
