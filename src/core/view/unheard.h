/*
 * unheard.h - patterns of which servers that are away have not heard.
 *
 * A path of last resort leads by servers that are away, as they were heard of
 * last. A pattern that nobody claimed then is not in their tables: such a hop
 * would return the message. So it is no hop for that pattern until it is back,
 * unless it claims it itself; where none is left the pattern is a hold.
 *
 *     present   ---- it is not any more -----> what was new just before may not
 *                                              have come to it, either
 *     away      ---- it is present ----------> it hears of everything, and is to
 *                                              publish it
 *     back      ---- it says its identity in a newer epoch, which a start does
 *                    behind its table; or back_ms later ----------> as any other
 *
 * Who is back is left out of other routes, too.
 *
 * Who is heard of for the first time comes from where nothing of ours was heard: he
 * is as one that was away, and is back once he is present.
 *
 * Of the time before this life of ours the table that it began with is known: by
 * whoever is away then, what that table has led by him may go as before, and nothing
 * else until he is back. Without one, what is in the first table is no news.
 */

#ifndef CORE_UNHEARD_H
#define CORE_UNHEARD_H

#include "base/mono.h"
#include "base/vec.h"
#include "core/lsa/lsdb.h"
#include "core/view/rib.h"

/* A server that is away, or a pattern that is new. */
struct unheard_one {
	char *name;
	struct mono since;
	bool before;      /* of a server: what it has heard of is not known, */
	bool is_back;     /* of a server: it was away, */
	struct mono back; /* until then, */
	uint32_t epoch;   /* and had said this last */
};

/* Begins as all zero. Each list by name. */
struct unheard {
	uint64_t
	    late_ms; /* the owner's: who is away may lack what is as old, */
	uint64_t back_ms; /* and who cannot publish is known as starting then */
	uint64_t said_ms; /* what is said is known by all then */
	bool read;        /* the table is of the life before, as it was read */
	const char *self; /* our name; so far the owner's */
	bool begun;
	struct mono began; /* we looked first */
	uint64_t places;   /* of the database, when we looked last, */
	VEC(char *) known; /* and its servers */
	VEC(struct unheard_one) away;
	VEC(struct unheard_one) news;
};

void unheard_done(struct unheard *all);

/* These n servers are away now, by name. Forgets what whoever is has heard. */
void unheard_look(struct unheard *all, const struct lsdb *db,
    const char *const *away, size_t n, struct mono now);

/* Somebody is back: the routes of all that is new may be others. */
bool unheard_any_back(const struct unheard *all);

/* When to look again for that, or MONO_NEVER. */
struct mono unheard_due(const struct unheard *all);

/* What is new in our table by these changes. */
void unheard_add(
    struct unheard *all, const struct rib_changes *changes, struct mono now);

/* Leaves out the hops that have not heard of the route's pattern; a hold
 * without one that has. True if it left one out. `all` may be NULL; `old` is
 * the table until now, or what it has of this pattern. */
bool unheard_apply(
    const struct unheard *all, const struct rib *old, struct route *route);

#endif
