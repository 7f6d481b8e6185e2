#include "front/source.h"

#include <string.h>

#include "base/mem.h"

struct source {
	struct tree_node node;
	struct addr addr;
	uint32_t sessions;
};

static int
source_by_addr(const void *key, const struct tree_node *node)
{
	return addr_order(key, &tree_entry(node, struct source, node)->addr);
}

struct source *
source_take(struct tree *sources, const struct addr *addr, uint32_t most)
{
	struct addr key = *addr;
	struct tree_node *node;
	struct source *source;

	key.port = 0;
	if (key.family == 6)
		memset(key.ip + 8, 0, 8);
	node = tree_find(sources, &key, source_by_addr);
	if (node != NULL) {
		source = tree_entry(node, struct source, node);
	} else {
		source = mem_new(sizeof(*source), 0, 0);
		source->addr = key;
		tree_insert(sources, &source->node, &key, source_by_addr);
	}
	if (source->sessions < most) {
		source->sessions++;
		return source;
	}
	return NULL;
}

void
source_leave(struct tree *sources, struct source *source)
{
	if (--source->sessions > 0)
		return;
	tree_remove(sources, &source->node);
	mem_free(source);
}
