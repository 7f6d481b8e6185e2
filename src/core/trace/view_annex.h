/*
 * view_annex.h - what the milter's table has besides the routes: mark keys,
 * the net for messages that a connector does not admit, and schedules.
 *
 * Read from a view (view.h), which lends its names.
 */

#ifndef CORE_VIEW_ANNEX_H
#define CORE_VIEW_ANNEX_H

#include "base/buf.h"
#include "base/vec.h"
#include "core/trace/mtable.h"
#include "core/view/view.h"

/* Mark keys, the digests not filled in. */
struct view_keys {
	VEC(struct mtable_key) list;
};

/* Those of everybody whose server LSA is known, by name, and our own as
 * configured: appended to `out`. */
void view_keys(const struct view *view, struct view_keys *out);

/*
 * The net for messages that a connector does not admit (core/trace/mtable_net.h),
 * appended; nothing where no connector in use has limits, and nothing when
 * we are alone: then every path is one of last resort.
 */
void view_net(const struct view *view, struct buf *out);

/* Calls `each` with the schedules of every connector in use, so some more
 * than once; lent by the view. */
void view_schedules(const struct view *view,
    void (*each)(void *ctx, const char *schedule), void *ctx);

#endif
