/*
 * names.h - next hops that are published by name (next-hop = name): the MTA
 * will look the name up, so what the name says is what is probed.
 *
 * Nobody waits for an answer: a look takes what is known, and asks anew behind
 * it when that is old. What was known stays when DNS fails, or is not there.
 */

#ifndef IO_NAMES_H
#define IO_NAMES_H

#include "base/addr.h"
#include "core/lsa/mta.h"
#include "io/srv.h"

#define NAMES_OLD_MS 30000

enum names_is {
	NAMES_UNKNOWN, /* not answered yet, or DNS failed ever since */
	NAMES_THERE,
	NAMES_NOWHERE /* answered: no such name, or one without an address */
};

struct names;

/* `srv` is lent, and ended first. */
struct names *names_new(struct srv *srv);

/* From now on as this MTA looks names up; NULL, or not read: as the system
 * does. Where that is something else than before, all are asked for anew. */
void names_by(struct names *names, const struct mta *mta);

/* NAMES_THERE: *addr is one of its addresses: itself, or one of its family,
 * or the first; its port is kept. */
enum names_is names_look(
    struct names *names, const char *name, struct addr *addr);

void names_free(struct names *names);

#endif
