/*
 * members.h - which servers of a routing group are bridgeheads of a connector
 * that says `bridgehead = any`: core/node/found.h finds them so in its
 * database, ctl/document_any.c in a document.
 *
 * A group may be large, and each of its servers may have such a connector to
 * the next. So of all that are there each server takes those that come first by
 * a rank that depends on its own name and theirs, until LIMIT_FOUND of them can
 * carry mail on. Who cannot stays one and is not counted: nobody is given up
 * for a moment's weakness, and who comes back later makes the last one leave.
 * Another member moves one rank and nothing else.
 */

#ifndef CORE_MEMBERS_H
#define CORE_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

struct members_one {
	uint64_t rank;
	const char *name; /* lent */
	uint32_t number;  /* the caller's */
	bool carries;     /* mail on, as far as is known */
};

struct members {
	VEC(struct members_one) list;
};

/* One who may be a bridgehead of that server. */
void members_add(
    struct members *m, const char *server, const struct members_one *one);

/* Puts them into their order; so many, from the first on, are bridgeheads. */
size_t members_choose(struct members *m, size_t room);

void members_done(struct members *m);

#endif
