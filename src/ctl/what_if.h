/*
 * what_if.h - what a change of ours would move at every server: the document
 * of the live database, simulated.
 */

#ifndef CTL_WHAT_IF_H
#define CTL_WHAT_IF_H

#include "ctl/plan_open.h"
#include "ctl/verbs.h"

/* What may be drained, or get another cost. */
struct what_if {
	const char *connector;  /* of ours; NULL: the server itself */
	const char *bridgehead; /* of that; NULL: all */
	const char *cost;       /* another cost; NULL: drained */
};

/* Prints the routes that would move. CALL_OK, or another status after a
 * complaint. */
int what_if(const struct call *call, const struct what_if *change);

#endif
