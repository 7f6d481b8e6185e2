/*
 * view_state.h - what a view consists of: for the files view*.c alone.
 */

#ifndef CORE_VIEW_STATE_H
#define CORE_VIEW_STATE_H

#include "core/paths/net.h"
#include "core/view/facts.h"
#include "core/view/steps.h"
#include "core/view/view.h"
#include "core/view/ways.h"

struct view_follow;

/* Whose routes may be others than in the table made last. */
struct view_marks {
	bool all;
	bool *is;              /* by server: it is listed, */
	bool *turned;          /* and the path to it is another */
	VEC(uint32_t) servers; /* that deliver them */
	VEC(char *) patterns;  /* and these, owned; in any order */
};

/* Ordinary steps, and all claims. What follows a change keeps the servers as
 * they are, and the rest is made again for who asks. */
struct view_net {
	struct net net;
	bool whole;
};

struct view {
	struct view_input in;
	struct facts facts;
	struct steps_presence presence;
	struct view_net *net;
	VEC(const char *) away; /* by name */
	struct ways *ways;
	struct view_follow *follow;
	struct view_marks marks;
};

/* Servers that are not present, once more. */
void view_away_fill(struct view *view);

/* The ordinary net, as a whole; lent until the view is renewed. */
const struct net *view_whole(const struct view *view);

/* The net of last resort: the same servers, and what each said last. The
 * caller ends it with net_done(). */
void view_wide(const struct view *view, struct net *out);

/* A claim as the net has it. */
struct net_claim view_claim(const struct facts_claim *claim);

/* Next hops by a reach of ourselves, and room to find them: `servers` and
 * `costs` of the steps to them, for twice all servers. */
struct view_hops {
	const struct view *view;
	const struct reach *reach;
	uint32_t *servers;
	uint64_t *costs;
};

void view_hops_init(struct view_hops *hops, const struct view *view);
void view_hops_done(struct view_hops *hops);

/* Appends them to a route of this pattern; their names are lent. */
void view_hops_find(const struct view_hops *hops, struct reach_claims claims,
    uint64_t best, struct route *route);

/* Patterns, sorted and each once. */
struct view_asked {
	const char *const *patterns;
	size_t n;
};

struct view_restless {
	VEC(char *) list;
};

/*
 * The routes of these patterns (NULL: of all), as view_rib() has them, but for
 * which keys are bare; `old` has those of before. All that were pending are
 * among them, and all that are restless.
 */
struct rib *view_rib_of(const struct view *view, const struct view_asked *asked,
    const struct rib *old, struct view_pending *pending);

/* The next less specific pattern that takes what this one does, lent from
 * it: `dom` of `user@dom`, then `.parent`, longest first, then `*`; NULL
 * behind that. */
const char *view_less_specific(const char *pattern);

#endif
