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

static void
share_write(
    const struct lsdb *db, const struct lsdb_share *share, struct buf *out)
{
	struct lsa *lsa = lsdb_origin(db, share->origin);

	for (; lsa != NULL; lsa = same_origin(lsdb_next(lsa), share->origin))
		buf_bytes(out, lsa->digest, CRYPTO_DIGEST);
}

const uint8_t *
parts_digest(struct lsdb *db, unsigned part, const struct crypto *crypto)
{
	struct parts *parts = &db->parts;
	struct tree *tree = &parts->tree[part];
	struct buf all = { 0 };

	if (tree->n == 0)
		return NULL;
	if (parts->fresh[part])
		return parts->digest[part];
	for (struct tree_node *n = tree_first(tree); n; n = tree_next(n))
		share_write(db, parts_entry(n), &all);
	crypto->digest(crypto->ctx, all.p, all.n, parts->digest[part]);
	parts->fresh[part] = true;
	buf_done(&all);
	return parts->digest[part];
}

void
parts_whole(
    struct lsdb *db, const struct crypto *crypto, uint8_t out[CRYPTO_DIGEST])
{
	struct buf all = { 0 };

	for (unsigned i = 0; i < PARTS; i++) {
		const uint8_t *digest = parts_digest(db, i, crypto);

		if (digest == NULL)
			continue;
		buf_u8(&all, (uint8_t)i);
		buf_bytes(&all, digest, CRYPTO_DIGEST);
	}
	crypto->digest(crypto->ctx, all.p, all.n, out);
	buf_done(&all);
}

struct lsa *
parts_after(const struct lsdb *db, unsigned part, const struct lsa_key *key)
{
	struct tree_node *n =
	    tree_from(&db->parts.tree[part], key->origin, parts_order);
	struct lsa *lsa;

	if (n == NULL)
		return NULL;
	if (strcmp(parts_entry(n)->origin, key->origin) != 0)
		return lsdb_origin(db, parts_entry(n)->origin);
	lsa = lsdb_from(db, key);
	if (lsa != NULL && lsa_key_order(&lsa->key, key) == 0)
		lsa = lsdb_next(lsa);
	lsa = same_origin(lsa, key->origin);
	if (lsa != NULL)
		return lsa;
	n = tree_next(n);
	return n == NULL ? NULL : lsdb_origin(db, parts_entry(n)->origin);
}
