#include "core/lsdb.h"

#include <string.h>

#include "base/check.h"

static int
order(const void *key, const struct tree_node *node)
{
	return lsa_key_order(key, &tree_entry(node, struct lsa, node)->key);
}

static struct lsa *
entry(struct tree_node *node)
{
	return node == NULL ? NULL : tree_entry(node, struct lsa, node);
}

/* XOR: installing and taking out are the same, and order does not matter. */
static void
fold(struct lsdb *db, const struct lsa *lsa)
{
	for (size_t i = 0; i < SEAL_DIGEST; i++)
		db->digest[i] ^= lsa->digest[i];
}

void
lsdb_init(struct lsdb *db)
{
	memset(db, 0, sizeof(*db));
}

void
lsdb_done(struct lsdb *db)
{
	while (db->tree.root != NULL)
		lsdb_remove(db, entry(db->tree.root));
}

struct lsa *
lsdb_find(const struct lsdb *db, const struct lsa_key *key)
{
	return entry(tree_find(&db->tree, key, order));
}

void
lsdb_install(struct lsdb *db, struct lsa *lsa)
{
	struct lsa *old = lsdb_find(db, &lsa->key);

	if (old != NULL) {
		CHECK(lsa_compare(lsa, old) > 0);
		lsdb_remove(db, old);
	}
	tree_insert(&db->tree, &lsa->node, &lsa->key, order);
	fold(db, lsa);
}

void
lsdb_remove(struct lsdb *db, struct lsa *lsa)
{
	fold(db, lsa);
	tree_remove(&db->tree, &lsa->node);
	lsa_free(lsa);
}

struct lsa *
lsdb_first(const struct lsdb *db)
{
	return entry(tree_first(&db->tree));
}

struct lsa *
lsdb_next(const struct lsa *lsa)
{
	return entry(tree_next(&lsa->node));
}

struct lsa *
lsdb_from(const struct lsdb *db, const struct lsa_key *key)
{
	return entry(tree_from(&db->tree, key, order));
}

struct lsa *
lsdb_origin(const struct lsdb *db, const char *origin)
{
	struct lsa_key key = { .origin = origin, .id = "", .type = 0 };

	return lsdb_from(db, &key);
}

size_t
lsdb_count(const struct lsdb *db)
{
	return db->tree.n;
}

size_t
lsdb_count_origin(const struct lsdb *db, const char *origin)
{
	struct lsa *lsa = lsdb_origin(db, origin);
	size_t n = 0;

	for (; lsa != NULL; lsa = lsdb_next(lsa), n++)
		if (strcmp(lsa->key.origin, origin) != 0)
			break;
	return n;
}

size_t
lsdb_recheck(struct lsdb *db, const struct seal *seal)
{
	uint8_t digest[SEAL_DIGEST];
	struct lsa *next;
	size_t bad = 0;

	for (struct lsa *l = lsdb_first(db); l != NULL; l = next) {
		next = lsdb_next(l);
		seal->digest(seal->ctx, l->octets, l->len, digest);
		if (memcmp(digest, l->digest, sizeof(digest)) == 0)
			continue;
		lsdb_remove(db, l);
		bad++;
	}
	return bad;
}
