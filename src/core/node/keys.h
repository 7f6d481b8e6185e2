/*
 * keys.h - sets of LSA keys: those that are to be sent to a peer, with their
 * names, in the order of keys; and those that we wait for.
 *
 * A set owns its entries. The names of a keyset_entry lie behind it; of what
 * is waited for there are none: a peer may name what it likes, and each costs
 * the same however long its names are.
 */

#ifndef CORE_KEYS_H
#define CORE_KEYS_H

#include "core/lsa/lsa.h"

struct keyset {
	struct tree tree;
};

struct keyset_entry {
	struct tree_node node;
	struct lsa_key key; /* points behind the struct */
	uint64_t seq;       /* that waits for its time (hear.c) */
	bool asked;         /* the peer waits for an answer (sync.c) */
};

/* By the first octets of the keys' digests. */
struct wants {
	struct tree tree;
};

struct want {
	struct tree_node node;
	uint64_t hash;
	uint32_t round; /* of the exchange: it was asked for in that */
	bool again;     /* asked for once more already */
};

/* False: it is there already. */
bool keyset_add(struct keyset *set, const struct lsa_key *key);
struct keyset_entry *keyset_find(
    const struct keyset *set, const struct lsa_key *key);
void keyset_remove(struct keyset *set, struct keyset_entry *entry);
/* The node of the first entry behind all of this origin's, or NULL. */
struct tree_node *keyset_behind(const struct keyset *set, const char *origin);
void keyset_done(struct keyset *set);

struct want *wants_find(const struct wants *wants, const struct crypto *crypto,
    const struct lsa_key *key);
/* NULL: it is wanted already, or LIMIT_WANTED others are. */
struct want *wants_add(struct wants *wants, const struct crypto *crypto,
    const struct lsa_key *key);
void wants_remove(struct wants *wants, struct want *want);
void wants_done(struct wants *wants);

#endif
