/*
 * what_if.h - what a change of ours would move at every server: the document
 * of the live database, simulated.
 */

#ifndef CTL_WHAT_IF_H
#define CTL_WHAT_IF_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/plan_open.h"
#include "ctl/verbs.h"

/* What may be drained, or get another cost. */
struct what_if {
	const char *connector;  /* of ours; NULL: the server itself */
	const char *bridgehead; /* of that; NULL: all */
	const char *cost;       /* another cost; NULL: drained */
};

struct what_if_count {
	size_t moved; /* routes, over all servers */
	size_t lost;  /* of them those that have no path any more */
};

/*
 * `show`: the routes that would move are printed. CALL_OK, or another status
 * after a complaint.
 */
int what_if(const struct call *call, const struct what_if *change, bool show,
    struct what_if_count *count);

#endif
