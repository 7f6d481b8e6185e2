/*
 * drafts.h - LSAs for tests: a body signed with the key of the letter a, and
 * read again.
 */

#ifndef T_CORE_DRAFTS_H
#define T_CORE_DRAFTS_H

#include "core/lsa/lsa.h"
#include "core/lsa/lsdb.h"

/* An origin, and the id of a key. */
#define DRAFT_NAME "mx1.london.example.org"
#define DRAFT_HEX                                                              \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* To octets; without a body a purge. */
void draft_encode(struct buf *out, const struct lsa_key *key, uint64_t seq,
    const struct buf *body);

/* From a block of exactly that size, so that ASan guards it. */
int draft_decode(const uint8_t *p, size_t n, struct lsa **out);

/* Into a database, which owns it; `body` is emptied. */
struct lsa *draft_install(
    struct lsdb *db, const struct lsa_key *key, uint64_t seq, struct buf *body);

#endif
