#include "io/retry_set.h"

#include <string.h>

#include "base/mem.h"

static int
retry_set_order(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct retry_entry, node)->pattern);
}

bool
retry_set_has(const struct tree *set, const char *pattern)
{
	return tree_find(set, pattern, retry_set_order) != NULL;
}

static void
retry_entry_free(struct retry_entry *entry)
{
	mem_free(entry->pattern);
	mem_free(entry);
}

void
retry_set_put(struct tree *set, struct retry_entry *entry)
{
	if (retry_set_has(set, entry->pattern))
		retry_entry_free(entry);
	else
		tree_insert(set, &entry->node, entry->pattern, retry_set_order);
}

struct retry_entry *
retry_set_take(struct tree *set)
{
	struct tree_node *node = tree_first(set);

	if (node == NULL)
		return NULL;
	tree_remove(set, node);
	return tree_entry(node, struct retry_entry, node);
}

void
retry_set_clear(struct tree *set)
{
	struct retry_entry *entry;

	while ((entry = retry_set_take(set)) != NULL)
		retry_entry_free(entry);
}
