#include "core/node/keys.h"

#include <string.h>

#include "base/mem.h"
#include "core/wire/msg.h"

static int
keys_by_key(const void *key, const struct tree_node *node)
{
	return lsa_key_order(
	    key, &tree_entry(node, struct keyset_entry, node)->key);
}

struct keyset_entry *
keyset_find(const struct keyset *set, const struct lsa_key *key)
{
	struct tree_node *n = tree_find(&set->tree, key, keys_by_key);

	return n == NULL ? NULL : tree_entry(n, struct keyset_entry, node);
}

bool
keyset_add(struct keyset *set, const struct lsa_key *key)
{
	size_t origin = strlen(key->origin) + 1, id = strlen(key->id) + 1;
	struct keyset_entry *entry;
	char *text;

	if (keyset_find(set, key) != NULL)
		return false;
	entry = mem_new(sizeof(*entry), origin + id, 1);
	text = (char *)(entry + 1);
	memcpy(text, key->origin, origin);
	memcpy(text + origin, key->id, id);
	entry->key = (struct lsa_key){ text, text + origin, key->type };
	tree_insert(&set->tree, &entry->node, &entry->key, keys_by_key);
	return true;
}

void
keyset_remove(struct keyset *set, struct keyset_entry *entry)
{
	tree_remove(&set->tree, &entry->node);
	mem_free(entry);
}

struct tree_node *
keyset_behind(const struct keyset *set, const char *origin)
{
	/* No id has such an octet (lsa_key_check). */
	struct lsa_key key = { origin, "\x7f", UINT8_MAX };

	return tree_from(&set->tree, &key, keys_by_key);
}

void
keyset_done(struct keyset *set)
{
	while (set->tree.root != NULL)
		keyset_remove(
		    set, tree_entry(set->tree.root, struct keyset_entry, node));
}

static int
by_hash(const void *key, const struct tree_node *node)
{
	const uint64_t *hash = key;
	uint64_t other = tree_entry(node, struct want, node)->hash;

	return (*hash > other) - (*hash < other);
}

static uint64_t
keys_hash_of(const struct crypto *crypto, const struct lsa_key *key)
{
	uint8_t digest[CRYPTO_DIGEST] = { 0 };
	struct buf octets = { 0 };
	struct cur c = cur_over(digest, sizeof(digest));

	msg_key_write(&octets, key);
	crypto->digest(crypto->ctx, octets.p, octets.n, digest);
	buf_done(&octets);
	return cur_u64(&c);
}

struct want *
wants_find(const struct wants *wants, const struct crypto *crypto,
    const struct lsa_key *key)
{
	uint64_t hash = keys_hash_of(crypto, key);
	struct tree_node *n = tree_find(&wants->tree, &hash, by_hash);

	return n == NULL ? NULL : tree_entry(n, struct want, node);
}

struct want *
wants_add(
    struct wants *wants, const struct crypto *crypto, const struct lsa_key *key)
{
	struct want *want;

	if (wants->tree.n >= LIMIT_WANTED ||
	    wants_find(wants, crypto, key) != NULL)
		return NULL;
	want = mem_new(sizeof(*want), 0, 0);
	want->hash = keys_hash_of(crypto, key);
	tree_insert(&wants->tree, &want->node, &want->hash, by_hash);
	return want;
}

void
wants_remove(struct wants *wants, struct want *want)
{
	tree_remove(&wants->tree, &want->node);
	mem_free(want);
}

void
wants_done(struct wants *wants)
{
	while (wants->tree.root != NULL)
		wants_remove(
		    wants, tree_entry(wants->tree.root, struct want, node));
}
