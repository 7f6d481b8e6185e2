/*
 * room.h - how much of the database is whose.
 *
 * An origin has LIMIT_ORIGIN_LSAS and LIMIT_ORIGIN_OCTETS, and its LSAs take
 * their places in the order of their keys: identity, server, connectors,
 * spaces, then what a later version says. So what is kept of an origin that
 * says too much follows from what it says and not from the order in which it
 * came: every server keeps the same, and finds the same paths. Its lists
 * (core/lsa/lsa_list.h) have bounds of their own, LIMIT_LIST_LSAS and
 * LIMIT_LISTED_WEIGHT.
 */

#ifndef CORE_ROOM_H
#define CORE_ROOM_H

struct engine;
struct lsa;
struct lsdb_share;

/* RC_OK, or RC_LIMIT: no place for it, and what is there stays. */
int room_judge(struct engine *e, const struct lsa *lsa);
/* The first LSA of the origin that has no place any more, or NULL; none behind
 * it has one. */
struct lsa *room_over(const struct engine *e, const char *origin);
struct lsa *room_next(struct lsa *lsa);

/* Percent of the bounds that are used: by this origin; NULL: by all. */
unsigned room_percent(const struct engine *e, const struct lsdb_share *s);

struct room_use {
	unsigned all, one;
};

/* Before something is installed; and after it, to tell of what is nearly full
 * since then. */
struct room_use room_use(const struct engine *e, const char *origin);
void room_look(struct engine *e, const char *origin, struct room_use was);

#endif
