#include "core/node/nbrs.h"

#include <string.h>

#include "core/node/fx.h"
#include "core/node/node.h"

static int
nbrs_by_name(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct nbr, node)->name);
}

struct nbr *
nbrs_find(const struct engine *e, const char *name)
{
	struct tree_node *n = tree_find(&e->nbrs, name, nbrs_by_name);

	return n == NULL ? NULL : tree_entry(n, struct nbr, node);
}

struct nbr *
nbrs_get(struct engine *e, const char *name)
{
	struct nbr *nbr = nbrs_find(e, name);

	if (nbr != NULL)
		return nbr;
	nbr = mem_new(sizeof(*nbr), 0, 0);
	nbr->name = mem_str(name);
	nbr->since = e->now;
	nbr->since_wall = e->wall;
	nbr->dial_at = MONO_NEVER;
	tree_insert(&e->nbrs, &nbr->node, nbr->name, nbrs_by_name);
	return nbr;
}

void
nbrs_changed(struct engine *e, const char *origin)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);

		if (strcmp(nbr->name, origin) == 0)
			continue;
		nbr->changed = e->now;
		if (nbr->adjacency == ADJACENT_SILENT)
			fx_wake(e, e->now);
	}
}

void
nbrs_done(struct engine *e)
{
	while (e->nbrs.root != NULL) {
		struct nbr *nbr = tree_entry(e->nbrs.root, struct nbr, node);

		tree_remove(&e->nbrs, &nbr->node);
		mem_free(nbr->name);
		mem_free(nbr);
	}
}
