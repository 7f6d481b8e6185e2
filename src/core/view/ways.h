/*
 * ways.h - the ways of a view: its graphs, and the searches over them that
 * decide routes.
 */

#ifndef CORE_WAYS_H
#define CORE_WAYS_H

#include "core/paths/alternate.h"
#include "core/paths/reach.h"
#include "core/view/facts.h"
#include "core/view/nexthop.h"

struct ways {
	struct graph *org, *group; /* ordinary; group: NULL if nobody asks */
	struct reach reach;        /* from ourselves over them */
	struct alternate_book *alternates;
	struct nexthop_book *nexthops;
};

/* All is lent for the life of the ways; that what they lend stays the same is
 * for the caller to see to. */
struct ways *ways_new(const struct facts *facts, const struct view_input *in,
    const struct net *net);
void ways_free(struct ways *ways);

/* Our own steps have changed: the searches begin anew. */
void ways_search(struct ways *ways);

#endif
