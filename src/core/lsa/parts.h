/*
 * parts.h - the database in 256 parts, and a digest of each
 * (lsrd-protocol(7) 3, DIGEST).
 *
 * An LSA belongs to the part that is the first octet of the digest of its
 * origin's name; what has no origin belongs to part 0. The digest of a part
 * is that of the digests of its LSAs, one after the other in the order of
 * keys. Who can sign chooses what he signs, so nothing that is merely added
 * up would do: he could solve it, and set two servers apart that think they
 * agree.
 *
 * A change costs nothing but a mark; the part is digested anew when somebody
 * asks. Owned by the database: a part is a set of its origins, whose LSAs it
 * finds.
 */

#ifndef CORE_PARTS_H
#define CORE_PARTS_H

#include "core/lsa/lsa.h"

#define PARTS 256

struct lsdb;
struct lsdb_share;

/* Whose: with all there is, or without what versions before 3 do not have. */
enum parts_of { PARTS_ALL, PARTS_PLAIN, PARTS_KINDS };

struct parts {
	struct tree tree[PARTS]; /* of lsdb_share */
	struct {
		uint32_t n[PARTS]; /* LSAs */
		uint8_t digest[PARTS][CRYPTO_DIGEST];
		bool fresh[PARTS]; /* `digest` is that of `tree` */
	} of[PARTS_KINDS];
};

/* For lsdb.c: an origin comes, and goes with its last LSA. */
void parts_join(struct parts *parts, struct lsdb_share *share);
void parts_leave(struct parts *parts, struct lsdb_share *share);

/* Likewise: an LSA has come to its part, or is about to go. */
void parts_come(struct parts *parts, const struct lsa *lsa);
void parts_go(struct parts *parts, const struct lsa *lsa);

/* One of the parts. */
struct parts_one {
	enum parts_of of;
	unsigned number;
};

/* Its digest, lent until the next change; NULL: it is empty. */
const uint8_t *parts_digest(
    struct lsdb *db, struct parts_one one, const struct crypto *crypto);

/* The digest of the whole: of each part that is not empty, its number and
 * its digest. */
void parts_whole(struct lsdb *db, enum parts_of of, const struct crypto *crypto,
    uint8_t out[CRYPTO_DIGEST]);

/* The first LSA of a part that stands behind the key, or NULL. */
struct lsa *parts_after(
    const struct lsdb *db, struct parts_one one, const struct lsa_key *key);

#endif
