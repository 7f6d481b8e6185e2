/*
 * lsa_list.h - many patterns in one LSA: what a server claims of a long list,
 * and what the authority grants it (lsrd-protocol(7) 5, grant and list).
 *
 * A list is cut into chunks, each an LSA of its own, whose id is the pattern
 * that it begins at; that of the first is LSA_LIST_FIRST, which stands before
 * any pattern. A chunk speaks for the patterns from its id up to the id of
 * the next one that is no purge: what it has beyond does not count. So no
 * pattern is ever in two, and while chunks are parted or joined none is in
 * neither, as long as what grows comes before what shrinks.
 *
 * In a chunk patterns ascend, each told by what is other than in the one
 * before: u8 octets that are the same, as many as there are; u8 n, the rest.
 * So there is one encoding of each.
 *
 * Where a list is cut is a matter of the patterns alone: a change of one
 * pattern changes one chunk, or parts or joins two.
 */

#ifndef CORE_LSA_LIST_H
#define CORE_LSA_LIST_H

#include "core/lsa/lsa.h"

#define LSA_LIST_FIRST "!"

/* One chunk, decoded: all that hangs on it is its LSA's. */
struct lsa_list {
	struct lsa_space space; /* of each; of a grant: whether it may relay */
	uint32_t n;             /* patterns */
	uint32_t weight;        /* octets and LIMIT_LISTED_EACH of each */
	struct cur packed;
};

/* The patterns of one, in their order. */
struct lsa_list_walk {
	struct cur in;
	char text[LIMIT_LISTED_OCTETS + 1]; /* what came last */
};

struct lsa_list_walk lsa_list_walk(const struct lsa_list *list);

/* The next pattern, lent until the one after; NULL at the end. */
const char *lsa_list_next(struct lsa_list_walk *walk);

/* Whether the pattern may stand in a list: not `*`, and no longer than
 * LIMIT_LISTED_OCTETS. */
bool lsa_list_takes(const char *pattern);

/* Whether a chunk begins with this pattern. `packed`: what the one before has
 * come to. */
bool lsa_list_begins(const char *pattern, size_t packed);

/* Appends one more to those of a chunk; `last` is the one before, or "". */
void lsa_list_pack(struct buf *packed, const char *last, const char *pattern);

/* A body; the cost is a list's alone. */
void lsa_list_encode(struct buf *out, uint8_t type,
    const struct lsa_space *space, const struct buf *packed);

/* For lsa_body.c: reads the body, or a reason. */
int lsa_list_decode(const struct lsa *lsa, struct lsa_list *out);

#endif
