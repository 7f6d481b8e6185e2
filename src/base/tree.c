#include "base/tree.h"

#include "base/check.h"
#include "base/rng.h"

struct tree_node *
tree_find(const struct tree *t, const void *key, tree_order *order)
{
	struct tree_node *n = t->root;

	while (n != NULL) {
		int c = order(key, n);

		if (c == 0)
			return n;
		n = c < 0 ? n->left : n->right;
	}
	return NULL;
}

struct tree_node *
tree_from(const struct tree *t, const void *key, tree_order *order)
{
	struct tree_node *n = t->root, *best = NULL;

	while (n != NULL) {
		if (order(key, n) <= 0) {
			best = n;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

struct tree_node *
tree_before(const struct tree *t, const void *key, tree_order *order)
{
	struct tree_node *n = t->root, *best = NULL;

	while (n != NULL) {
		if (order(key, n) > 0) {
			best = n;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return best;
}

/* Puts `with` where `node` hangs. */
static void
tree_replace(struct tree *t, struct tree_node *node, struct tree_node *with)
{
	struct tree_node *up = node->up;

	if (up == NULL)
		t->root = with;
	else if (up->left == node)
		up->left = with;
	else
		up->right = with;
	if (with != NULL)
		with->up = up;
}

/* Lifts `node` over its parent; order is kept. */
static void
lift(struct tree *t, struct tree_node *node)
{
	struct tree_node *up = node->up, *inner;

	if (up->left == node) {
		inner = node->right;
		tree_replace(t, up, node);
		node->right = up;
		up->left = inner;
	} else {
		inner = node->left;
		tree_replace(t, up, node);
		node->left = up;
		up->right = inner;
	}
	up->up = node;
	if (inner != NULL)
		inner->up = up;
}

void
tree_insert(
    struct tree *t, struct tree_node *node, const void *key, tree_order *order)
{
	struct tree_node **at = &t->root, *up = NULL;
	struct rng rng = { t->made++ };

	while (*at != NULL) {
		int c = order(key, *at);

		CHECK(c != 0);
		up = *at;
		at = c < 0 ? &up->left : &up->right;
	}
	*node = (struct tree_node){ .up = up, .rank = rng_next(&rng) };
	*at = node;
	while (node->up != NULL && node->up->rank < node->rank)
		lift(t, node);
	t->n++;
}

void
tree_remove(struct tree *t, struct tree_node *node)
{
	while (node->left != NULL && node->right != NULL)
		lift(t, node->left->rank > node->right->rank ? node->left
							     : node->right);
	tree_replace(t, node, node->left != NULL ? node->left : node->right);
	*node = (struct tree_node){ 0 };
	t->n--;
}

struct tree_node *
tree_first(const struct tree *t)
{
	struct tree_node *n = t->root;

	while (n != NULL && n->left != NULL)
		n = n->left;
	return n;
}

struct tree_node *
tree_next(const struct tree_node *node)
{
	struct tree_node *n = node->right;

	if (n != NULL) {
		while (n->left != NULL)
			n = n->left;
		return n;
	}
	while (node->up != NULL && node->up->right == node)
		node = node->up;
	return node->up;
}
