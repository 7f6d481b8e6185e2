/*
 * tree.h - an ordered set, intrusive: the caller's struct holds a tree_node
 * and owns the memory. A treap whose priorities come from a counter inside
 * the tree, so that the same operations give the same shape.
 *
 *     struct thing { struct tree_node node; ... };
 *     static int by_name(const void *key, const struct tree_node *n) { ... }
 *
 * Walking is in key order. Removing what is being walked is allowed after
 * its successor has been taken.
 */

#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *left, *right, *up;
	uint64_t rank;
};

struct tree {
	struct tree_node *root;
	size_t n;
	uint64_t made; /* nodes ever inserted: the source of the priorities */
};

/* <0, 0, >0 as the key stands before, at or after the node. */
typedef int tree_order(const void *key, const struct tree_node *node);

/* The struct around a node. */
#define tree_entry(ptr, type, member)                                          \
	((type *)((uintptr_t)(ptr)-offsetof(type, member)))

struct tree_node *tree_find(
    const struct tree *t, const void *key, tree_order *order);

/* The first node that does not stand before the key, or NULL. */
struct tree_node *tree_from(
    const struct tree *t, const void *key, tree_order *order);

/* The last node that stands before the key, or NULL. */
struct tree_node *tree_before(
    const struct tree *t, const void *key, tree_order *order);

/* `key` is that of `node`; no node with this key may be in the tree. */
void tree_insert(
    struct tree *t, struct tree_node *node, const void *key, tree_order *order);
void tree_remove(struct tree *t, struct tree_node *node);

struct tree_node *tree_first(const struct tree *t);
struct tree_node *tree_next(const struct tree_node *node);

#endif
