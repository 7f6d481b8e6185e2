/*
 * view_state.h - what a view consists of: for the files view*.c alone.
 */

#ifndef CORE_VIEW_STATE_H
#define CORE_VIEW_STATE_H

#include "core/paths/net.h"
#include "core/view/facts.h"
#include "core/view/steps.h"
#include "core/view/view.h"

struct view {
	struct view_input in;
	struct facts facts;
	struct steps_presence presence;
	struct net net;         /* ordinary steps, and all claims */
	VEC(const char *) away; /* by name */
};

/* The net of last resort: the same servers, and what each said last. The
 * caller ends it with net_done(). */
void view_wide(const struct view *view, struct net *out);

/* The next less specific pattern that takes what this one does, lent from
 * it: `dom` of `user@dom`, then `.parent`, longest first, then `*`; NULL
 * behind that. */
const char *view_less_specific(const char *pattern);

#endif
