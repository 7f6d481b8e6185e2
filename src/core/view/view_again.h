/*
 * view_again.h - a route of which only ways may be others, decided again in
 * its place: for the files view*.c alone.
 *
 * Its claims, its kind and all that is no way stay as they are, so most of what
 * a route owns does, and where its next hops do, too, nothing is allocated: of
 * most routes that a change reaches only the metric is another, or nothing is.
 */

#ifndef CORE_VIEW_AGAIN_H
#define CORE_VIEW_AGAIN_H

#include "core/view/view_state.h"

struct view_again {
	struct view_hops hops;
	struct rib_changes *changes;
	VEC(struct net_claim) claims;
	uint32_t *path; /* room for it, and its names */
	const char **names;
};

void view_again_init(struct view_again *again, const struct view *view,
    struct rib_changes *changes);
void view_again_done(struct view_again *again);

/*
 * The route becomes what view_rib_of() would make of its pattern, whose claims
 * stand among those of the facts from `first` on, the same as when it was made.
 * What is changed is noted. False, and nothing is done: it is no ordinary
 * route by next hops, or is none any more, or ends at another server.
 */
bool view_again_route(
    struct view_again *again, struct route *route, size_t first);

#endif
