/*
 * group.h - who is in our routing group, whom of them we peer with, and where
 * a server is reached: what the database says now (lsrd-protocol(7) 8).
 *
 * In a group of up to 16 all peer with all; in a larger one each with 8, at
 * fixed distances on the ring of sorted names: 1, and about the fourth root of
 * n, its square and its cube. Such a graph is connected and the same seen from
 * every member, so it stays connected when any 5 fail (Mader, Watkins 1970: two
 * thirds of the degree plus one), and its diameter is small.
 */

#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include "base/vec.h"
#include "core/lsa/lsdb.h"
#include "core/lsa/setup.h"

/* Names of servers; lent. */
struct names {
	VEC(const char *) list;
};

/* The members less ourselves, sorted; lent until the database changes. */
void group_members(
    const struct lsdb *db, const struct setup *setup, struct names *out);
/* Those of them that `server`, who is not among them, peers with and probes. */
void group_chosen(
    const char *server, const struct names *members, struct names *out);

/* What a server says of itself now, lent by the database; or NULL. */
const struct lsa_server *group_server(const struct lsdb *db, const char *name);
/* Its mail service's addresses that mail may go to; how many. */
size_t group_mail(const struct lsdb *db, const struct setup *setup,
    const char *name, struct addr out[LIMIT_ADDRESSES]);
/* Where it listens for sessions, likewise. */
size_t group_listens(const struct lsdb *db, const struct setup *setup,
    const char *name, struct addr out[LIMIT_ADDRESSES]);

/* From where it may come: all of these. */
size_t group_may_come(const struct lsa_server *server,
    const struct setup *setup, struct addr out[2 * LIMIT_ADDRESSES]);

#endif
