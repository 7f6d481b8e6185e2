/*
 * view_follow.h - a view follows what changes, and marks whose routes may be
 * others: for the files view*.c alone.
 *
 *     news > facts > presence, steps > graphs > distances, first hops > marks
 *
 * Each is a difference that makes the next one (facts_renew.c, steps_follow.h,
 * spf_follow.h). A route depends on the claims of its pattern, and of the
 * servers that claim it on how far they are from us and from the neighbours
 * that may be alternates, by which first hops, and by which path: where any of
 * that may be another, the server is marked, and its patterns are decided
 * again.
 *
 * All are decided again where it is about what any route has: our own steps,
 * their costs and addresses, what our probes found at these, a neighbour's way
 * back to us or whether it gives transit, and while we are alone. That costs
 * what deciding all of them costs: about a fifth of a view that is made anew.
 */

#ifndef CORE_VIEW_FOLLOW_H
#define CORE_VIEW_FOLLOW_H

#include "core/lsa/news.h"
#include "core/view/view_state.h"

/* Of a view that is made anew; takes over the counts of its net. */
struct view_follow *view_follow_new(
    struct view *view, struct steps_counts counts);
void view_follow_free(struct view_follow *follow);

/* The facts have been renewed by this news. False: the view is void. */
bool view_follow(struct view *view, const struct news *news);

/* What the input says that no news tells of. */
void view_follow_input(struct view *view, const struct view_input *in);

#endif
