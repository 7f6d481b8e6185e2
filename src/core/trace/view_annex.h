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

/* By server: the largest message that some way there admits, whatever is up or
 * drained now. */
struct view_widths {
	VEC(uint64_t) list;
};

/* In place of what is in it. It follows from groups, from where connectors lead
 * and from their limits, and from nothing else. */
void view_widths(const struct view *view, struct view_widths *out);

/*
 * The net for messages that a connector does not admit (core/trace/mtable_net.h),
 * appended; nothing where no connector in use has limits, and nothing when
 * we are alone: then every path is one of last resort. `widths` are the view's.
 */
void view_net(
    const struct view *view, const struct view_widths *widths, struct buf *out);

/* Whether there is one. */
bool view_has_net(const struct view *view);

/* Whether a connector that we know of has limits: else there is no net. */
bool view_limited(const struct view *view);

/* Calls `each` with the schedules of every connector in use, so some more
 * than once; lent by the view. */
void view_schedules(const struct view *view,
    void (*each)(void *ctx, const char *schedule), void *ctx);

#endif
