/*
 * lsdb.h - the link state database: the newest instance of each LSA.
 *
 * The database owns its LSAs. Nothing ages; what a purge replaced stays as a
 * purge until its origin says something newer. Whatever is installed was
 * verified before. Walking is in the order of keys, so that everything
 * derived from it is the same on every server.
 */

#ifndef CORE_LSDB_H
#define CORE_LSDB_H

#include "core/lsa/lsa.h"
#include "core/lsa/news.h"
#include "core/lsa/parts.h"

/* What one origin has in it, without what the authority says of it: its lists,
 * and all else. */
struct lsdb_use {
	size_t n;
	uint64_t octets; /* of lists: their weight (lsa_list.h) */
};

struct lsdb_share {
	struct tree_node node;       /* lsdb's */
	struct tree_node part_node;  /* parts.h's */
	struct tree_node group_node; /* lsdb's, if it has a server LSA: */
	const struct lsa *server;    /* this, no purge; else NULL */
	struct lsdb_use plain, lists;
	uint32_t all;  /* LSAs under its name, whoever says them */
	uint8_t part;  /* of all of them */
	char origin[]; /* NUL-terminated */
};

struct lsdb {
	struct tree tree;
	struct tree shares;
	struct tree groups; /* those with a server LSA, by group and origin */
	uint64_t places;    /* is another once a server has other addresses, or
	                     * comes or goes */
	uint64_t octets;    /* of all LSAs */
	size_t lists;       /* LSAs that versions before 3 do not have */
	struct parts parts; /* their digests */
	uint8_t digest[CRYPTO_DIGEST]; /* for peers that know no parts: the XOR
	                                of the LSAs' digests */
	struct news *news; /* is told of each change; lent; NULL: nobody is */
};

void lsdb_init(struct lsdb *db);
void lsdb_done(struct lsdb *db);

/* The instance with this key, a purge too; or NULL. */
struct lsa *lsdb_find(const struct lsdb *db, const struct lsa_key *key);

/*
 * Takes the LSA over and ends the instance it replaces. The caller has
 * compared: it is newer than what is there.
 */
void lsdb_install(struct lsdb *db, struct lsa *lsa);

/* Takes it out and ends it: it is freed, unless somebody follows. */
void lsdb_remove(struct lsdb *db, struct lsa *lsa);

struct lsa *lsdb_first(const struct lsdb *db);
struct lsa *lsdb_next(const struct lsa *lsa);

/* The first LSA at or after the key, or NULL. */
struct lsa *lsdb_from(const struct lsdb *db, const struct lsa_key *key);

/* The last LSA before the key, or NULL. */
struct lsa *lsdb_before(const struct lsdb *db, const struct lsa_key *key);

/* The first LSA of this origin, or what comes after; or NULL. */
struct lsa *lsdb_origin(const struct lsdb *db, const char *origin);

/* The first server LSA that is no purge of this group ("": of all), or of what
 * comes after, by group and origin; and the next one; or NULL. */
const struct lsa *lsdb_group(const struct lsdb *db, const char *group);
const struct lsa *lsdb_group_next(const struct lsa *server);

size_t lsdb_count(const struct lsdb *db);

/* The account that an LSA is on; NULL: what the authority says is on none. What
 * it takes there. */
struct lsdb_use *lsdb_account(struct lsdb_share *share, const struct lsa *lsa);
uint64_t lsdb_takes(const struct lsa *lsa);

/* What this origin has, lent until the next change; NULL: nothing. */
const struct lsdb_share *lsdb_share(const struct lsdb *db, const char *origin);

/* The authority's word that forgets the most of this origin, or NULL. */
const struct lsa *lsdb_forget(const struct lsdb *db, const char *origin);

/* The greatest epoch that is known of it, 0 when none is. */
uint32_t lsdb_epoch(const struct lsdb *db, const char *origin);

/*
 * Whether an epoch is beyond what this server's lives could have used
 * (limits.h): above the ceiling and far above what is known of it. Whoever
 * has its key would otherwise end its numbers (CVE-2017-3224).
 */
bool lsdb_leaps(const struct lsdb *db, const char *origin, uint32_t epoch);

/*
 * Recomputes every digest and takes out what went bad in memory (ARPANET
 * 1980). Returns how many.
 */
size_t lsdb_recheck(struct lsdb *db, const struct crypto *crypto);

#endif
