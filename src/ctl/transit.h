/*
 * transit.h - which servers may carry whose mail: connectors, and whether
 * certificates allow them (core/node/transit.c).
 */

#ifndef CTL_TRANSIT_H
#define CTL_TRANSIT_H

#include <stddef.h>

#include "base/buf.h"
#include "ctl/check.h"
#include "ctl/verbs.h"

#define TRANSIT_NAMES 400 /* octets of names, about */

struct transit {
	size_t claimed, unclaimed, refused; /* connectors; refused: unclaimed,
					       and they do not count */
	struct buf names; /* of the latter two, the first of them; a string */
};

/* `lsrctl transit` */
int transit_verb(const struct call *call);

/* Asks the daemon. The caller ends it with transit_done(), whatever comes
 * back. */
int transit_ask(const struct call *call, struct transit *out);
void transit_done(struct transit *transit);

/* What deserves attention of it. */
void check_transit(struct check_list *list, const struct call *call);

#endif
