#include "core/lsa/parts.h"

static int
parts_order(const void *key, const struct tree_node *node)
{
	return lsa_key_order(
	    key, &tree_entry(node, struct lsa, part_node)->key);
}

void
parts_add(struct parts *parts, struct lsa *lsa)
{
	tree_insert(
	    &parts->tree[lsa->part], &lsa->part_node, &lsa->key, parts_order);
	parts->fresh[lsa->part] = false;
}

void
parts_remove(struct parts *parts, struct lsa *lsa)
{
	tree_remove(&parts->tree[lsa->part], &lsa->part_node);
	parts->fresh[lsa->part] = false;
}

const uint8_t *
parts_digest(struct parts *parts, unsigned part, const struct crypto *crypto)
{
	struct tree *tree = &parts->tree[part];
	struct buf all = { 0 };

	if (tree->n == 0)
		return NULL;
	if (parts->fresh[part])
		return parts->digest[part];
	for (struct tree_node *n = tree_first(tree); n; n = tree_next(n))
		buf_bytes(&all, tree_entry(n, struct lsa, part_node)->digest,
		    CRYPTO_DIGEST);
	crypto->digest(crypto->ctx, all.p, all.n, parts->digest[part]);
	parts->fresh[part] = true;
	buf_done(&all);
	return parts->digest[part];
}

void
parts_whole(struct parts *parts, const struct crypto *crypto,
    uint8_t out[CRYPTO_DIGEST])
{
	struct buf all = { 0 };

	for (unsigned i = 0; i < PARTS; i++) {
		const uint8_t *digest = parts_digest(parts, i, crypto);

		if (digest == NULL)
			continue;
		buf_u8(&all, (uint8_t)i);
		buf_bytes(&all, digest, CRYPTO_DIGEST);
	}
	crypto->digest(crypto->ctx, all.p, all.n, out);
	buf_done(&all);
}

struct lsa *
parts_after(const struct parts *parts, unsigned part, const struct lsa_key *key)
{
	struct tree_node *n = tree_from(&parts->tree[part], key, parts_order);
	struct lsa *lsa;

	if (n == NULL)
		return NULL;
	lsa = tree_entry(n, struct lsa, part_node);
	if (lsa_key_order(&lsa->key, key) == 0)
		n = tree_next(n);
	return n == NULL ? NULL : tree_entry(n, struct lsa, part_node);
}
