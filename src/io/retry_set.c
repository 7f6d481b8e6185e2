#include "io/retry_set.h"

#include <string.h>

#include "base/mem.h"
#include "sys/clock.h"

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
	struct tree_node *node =
	    tree_find(set, entry->pattern, retry_set_order);
	struct retry_entry *there;

	if (node == NULL) {
		tree_insert(set, &entry->node, entry->pattern, retry_set_order);
		return;
	}
	there = tree_entry(node, struct retry_entry, node);
	if (!mono_due(entry->at, there->at))
		there->at = entry->at;
	retry_entry_free(entry);
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

uint64_t
retry_set_wait(const struct tree *set)
{
	struct mono now = clock_mono();
	uint64_t ms = UINT64_MAX;

	for (struct tree_node *node = tree_first(set); node != NULL;
	     node = tree_next(node)) {
		struct retry_entry *entry =
		    tree_entry(node, struct retry_entry, node);
		uint64_t left = mono_since(now, entry->at);

		if (left < ms)
			ms = left;
	}
	return ms;
}

void
retry_set_clear(struct tree *set)
{
	struct retry_entry *entry;

	while ((entry = retry_set_take(set)) != NULL)
		retry_entry_free(entry);
}
