/*
 * listed.h - the list of a server in the database, or what the authority
 * grants it: all its chunks as one (lsa_list.h says what each speaks for).
 *
 * Lends from the database, until that changes.
 */

#ifndef CORE_LISTED_H
#define CORE_LISTED_H

#include "core/lsa/lsa_list.h"
#include "core/lsa/lsdb.h"

/* Whose list: LSA_LIST, or LSA_GRANT. */
struct listed_of {
	const struct lsdb *db;
	const char *origin;
	uint8_t type;
};

/* The chunk that speaks for this pattern, whether it has it or not; or NULL. */
const struct lsa *listed_chunk(const struct listed_of *of, const char *pattern);

/*
 * Of lists of servers, what is said newest of the place of a pattern: the chunk
 * that speaks for it, or the purge of one whose id is between. Of each server it
 * is asked for one pattern after the other, in their order: so each LSA is looked
 * at once, however many purges stand before many patterns. Begins as all zero but
 * `db`; names of servers are lent to it.
 */
struct listed_words {
	const struct lsdb *db;
	struct tree servers;
};

/* NULL: nothing. */
const struct lsa *listed_word(
    struct listed_words *words, const char *origin, const char *pattern);
void listed_words_done(struct listed_words *words);

/* Patterns in their order, from one on. */
struct listed {
	struct listed_of of;
	const struct lsa *chunk; /* that has `pattern`; NULL: at the end */
	const char *end;         /* id of the next one; NULL: none */
	const char *pattern;     /* the next one; NULL: at the end */
	struct lsa_list_walk walk;
};

/* At the first that is not before this one. In place: `pattern` points into
 * it. */
void listed_begin(
    struct listed *l, const struct listed_of *of, const char *from);
void listed_next(struct listed *l);

/* The chunk that has it, or NULL; asked for in the order of patterns. */
const struct lsa *listed_meet(struct listed *l, const char *pattern);

/*
 * Each pattern of which this change may have moved who says it: those of the
 * chunk that is gone and of the one that is here, and what a chunk before has
 * of the same place. Each once, in their order, lent for the call.
 */
void listed_changed(const struct lsdb *db, const struct lsa_key *key,
    const struct lsa *was, void (*each)(void *ctx, const char *pattern),
    void *ctx);

#endif
