#include "core/lsa/parts.h"

#include <string.h>

#include "core/lsa/lsdb.h"

static int
parts_order(const void *key, const struct tree_node *node)
{
	return strcmp(
	    key, tree_entry(node, struct lsdb_share, part_node)->origin);
}

static struct lsdb_share *
parts_entry(struct tree_node *n)
{
	return tree_entry(n, struct lsdb_share, part_node);
}

void
parts_join(struct parts *parts, struct lsdb_share *share)
{
	tree_insert(&parts->tree[share->part], &share->part_node, share->origin,
	    parts_order);
}

void
parts_leave(struct parts *parts, struct lsdb_share *share)
{
	tree_remove(&parts->tree[share->part], &share->part_node);
}

/* Of one LSA behind another: the one that its origin has, or NULL. */
static struct lsa *
same_origin(struct lsa *lsa, const char *origin)
{
	bool same = lsa != NULL && strcmp(lsa->key.origin, origin) == 0;

	return same ? lsa : NULL;
}

static bool
parts_has(enum parts_of of, const struct lsa *lsa)
{
	return of == PARTS_ALL || !lsa_is_list(lsa->key.type);
}

static void
share_write(const struct lsdb *db, const struct lsdb_share *share,
    enum parts_of of, struct buf *out)
{
	struct lsa *lsa = lsdb_origin(db, share->origin);

	for (; lsa != NULL; lsa = same_origin(lsdb_next(lsa), share->origin))
		if (parts_has(of, lsa))
			buf_bytes(out, lsa->digest, CRYPTO_DIGEST);
}

static void
parts_change(struct parts *parts, const struct lsa *lsa, uint32_t by)
{
	for (unsigned of = 0; of < PARTS_KINDS; of++) {
		if (!parts_has((enum parts_of)of, lsa))
			continue;
		parts->of[of].n[lsa->part] += by;
		parts->of[of].fresh[lsa->part] = false;
	}
}

void
parts_come(struct parts *parts, const struct lsa *lsa)
{
	parts_change(parts, lsa, 1);
}

void
parts_go(struct parts *parts, const struct lsa *lsa)
{
	parts_change(parts, lsa, UINT32_MAX); /* less one */
}

const uint8_t *
parts_digest(struct lsdb *db, struct parts_one one, const struct crypto *crypto)
{
	struct tree *tree = &db->parts.tree[one.number];
	uint8_t *digest = db->parts.of[one.of].digest[one.number];
	bool *fresh = &db->parts.of[one.of].fresh[one.number];
	struct buf all = { 0 };

	if (db->parts.of[one.of].n[one.number] == 0)
		return NULL;
	if (*fresh)
		return digest;
	for (struct tree_node *n = tree_first(tree); n; n = tree_next(n))
		share_write(db, parts_entry(n), one.of, &all);
	crypto->digest(crypto->ctx, all.p, all.n, digest);
	*fresh = true;
	buf_done(&all);
	return digest;
}

void
parts_whole(struct lsdb *db, enum parts_of of, const struct crypto *crypto,
    uint8_t out[CRYPTO_DIGEST])
{
	struct buf all = { 0 };

	for (unsigned i = 0; i < PARTS; i++) {
		const uint8_t *digest =
		    parts_digest(db, (struct parts_one){ of, i }, crypto);

		if (digest == NULL)
			continue;
		buf_u8(&all, (uint8_t)i);
		buf_bytes(&all, digest, CRYPTO_DIGEST);
	}
	crypto->digest(crypto->ctx, all.p, all.n, out);
	buf_done(&all);
}

/* From this one of an origin on the first that is of the kind, or NULL. */
static struct lsa *
parts_first(struct lsa *lsa, const char *origin, enum parts_of of)
{
	while (lsa != NULL && !parts_has(of, lsa))
		lsa = same_origin(lsdb_next(lsa), origin);
	return lsa;
}

struct lsa *
parts_after(
    const struct lsdb *db, struct parts_one one, const struct lsa_key *key)
{
	struct tree_node *n =
	    tree_from(&db->parts.tree[one.number], key->origin, parts_order);
	struct lsa *lsa = NULL;

	if (n != NULL && strcmp(parts_entry(n)->origin, key->origin) == 0) {
		lsa = lsdb_from(db, key);
		if (lsa != NULL && lsa_key_order(&lsa->key, key) == 0)
			lsa = lsdb_next(lsa);
		lsa = parts_first(
		    same_origin(lsa, key->origin), key->origin, one.of);
		n = tree_next(n);
	}
	for (; lsa == NULL && n != NULL; n = tree_next(n)) {
		const char *origin = parts_entry(n)->origin;

		lsa = parts_first(lsdb_origin(db, origin), origin, one.of);
	}
	return lsa;
}
