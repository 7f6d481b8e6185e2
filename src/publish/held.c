#include "publish/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"

struct entry {
	struct tree_node node;
	char *pattern;
	uint8_t *octets;
	size_t len;
};

static int
held_by_pattern(const void *key, const struct tree_node *node)
{
	return str_order(key, tree_entry(node, struct entry, node)->pattern);
}

static struct entry *
held_find(const struct held *held, const char *pattern)
{
	struct tree_node *node =
	    tree_find(&held->tree, pattern, held_by_pattern);

	return node == NULL ? NULL : tree_entry(node, struct entry, node);
}

static void
held_drop(struct held *held, struct entry *entry)
{
	if (entry == NULL)
		return;
	tree_remove(&held->tree, &entry->node);
	mem_free(entry->pattern);
	mem_free(entry->octets);
	mem_free(entry);
}

void
held_clear(struct held *held)
{
	struct tree_node *node;

	while ((node = tree_first(&held->tree)) != NULL)
		held_drop(held, tree_entry(node, struct entry, node));
}

static void
held_set(struct held *held, const char *pattern, const struct wire_item *item)
{
	struct entry *entry = held_find(held, pattern);

	if (entry == NULL) {
		entry = mem_new(sizeof(*entry), 0, 0);
		entry->pattern = mem_str(pattern);
		tree_insert(
		    &held->tree, &entry->node, entry->pattern, held_by_pattern);
	}
	mem_free(entry->octets);
	entry->octets = mem_dup(item->route, item->route_len);
	entry->len = item->route_len;
}

/* The route of one item, which must fill its octets. */
static int
decode(const uint8_t *p, size_t n, struct route *route)
{
	struct cur c = cur_over(p, n);
	int rc = route_decode(&c, route);

	if (rc != RC_OK)
		return rc;
	if (c.left == 0 && str_is_pattern(route->pattern))
		return RC_OK;
	route_done(route);
	return RC_FORMAT;
}

int
held_take(struct held *held, const struct wire_batch *batch, struct cur body)
{
	for (uint32_t i = 0; i < batch->items; i++) {
		struct wire_item item;
		struct route route;
		int rc = wire_get_item(&body, &item);

		if (rc != RC_OK)
			return rc;
		if (item.route == NULL) {
			held_drop(held, held_find(held, item.pattern));
			continue;
		}
		rc = decode(item.route, item.route_len, &route);
		if (rc != RC_OK)
			return rc;
		held_set(held, route.pattern, &item);
		route_done(&route);
	}
	held->generation = batch->generation;
	return body.left == 0 ? RC_OK : RC_LONG;
}

int
held_walk(const struct held *held,
    int (*each)(void *ctx, const uint8_t *octets, size_t n), void *ctx)
{
	int rc = RC_OK;

	for (struct tree_node *node = tree_first(&held->tree);
	     node != NULL && rc == RC_OK; node = tree_next(node)) {
		struct entry *entry = tree_entry(node, struct entry, node);

		rc = each(ctx, entry->octets, entry->len);
	}
	return rc;
}

bool
held_narrow(struct held *held, const struct held *other)
{
	struct tree_node *node = tree_first(&held->tree), *next;
	bool any = false;

	for (; node != NULL; node = next) {
		struct entry *entry = tree_entry(node, struct entry, node);

		next = tree_next(node);
		if (held_find(other, entry->pattern) != NULL)
			continue;
		any = true;
		held_drop(held, entry);
	}
	return any;
}

static int
publish_held_put(void *ctx, const uint8_t *octets, size_t n)
{
	wire_set_octets(ctx, octets, n);
	return RC_OK;
}

void
held_put(const struct held *held, struct buf *out)
{
	struct wire_writer w;

	wire_begin(&w, out, held->generation, true);
	held_walk(held, publish_held_put, &w);
	wire_end(&w);
}

static void
publish_held_add(struct held_changes *out, const struct entry *entry)
{
	struct route *route = &out->routes[out->n];

	/* The route was decoded once, when it was taken. */
	CHECK(decode(entry->octets, entry->len, route) == RC_OK);
	out->v[out->n++] = (struct plugin_change){ route->pattern, route };
}

void
held_all(const struct held *held, struct held_changes *out)
{
	*out = (struct held_changes){ 0 };
	out->v = mem_new(0, held->tree.n + 1, sizeof(out->v[0]));
	out->routes = mem_new(0, held->tree.n + 1, sizeof(out->routes[0]));
	for (struct tree_node *node = tree_first(&held->tree); node != NULL;
	     node = tree_next(node))
		publish_held_add(out, tree_entry(node, struct entry, node));
}

/* The patterns that the frames name go into `names`, each once, sorted. */
static void
held_collect(struct cur frames, struct held *names)
{
	struct wire_frame frame;
	struct wire_batch batch;

	while (frames.left > 0 && wire_frame(&frames, &frame) == RC_OK) {
		cur_bytes(&frames, frame.octets);
		if (wire_get_batch(&frame.body, &batch) != RC_OK)
			return;
		for (uint32_t i = 0; i < batch.items; i++) {
			struct wire_item item;
			struct route route;

			if (wire_get_item(&frame.body, &item) != RC_OK)
				return;
			if (item.route == NULL) {
				held_set(names, item.pattern, &item);
			} else if (decode(item.route, item.route_len, &route) ==
				   RC_OK) {
				held_set(names, route.pattern, &item);
				route_done(&route);
			}
		}
	}
}

void
held_since(const struct held *held, struct cur frames, struct held_changes *out)
{
	struct held names = { 0 };

	held_collect(frames, &names);
	*out = (struct held_changes){ 0 };
	out->v = mem_new(0, names.tree.n + 1, sizeof(out->v[0]));
	out->routes = mem_new(0, names.tree.n + 1, sizeof(out->routes[0]));
	for (struct tree_node *node = tree_first(&names.tree); node != NULL;
	     node = tree_next(node)) {
		struct entry *name = tree_entry(node, struct entry, node);
		struct entry *now = held_find(held, name->pattern);

		if (now != NULL) {
			publish_held_add(out, now);
		} else {
			struct route *gone = &out->routes[out->n];

			gone->pattern = mem_str(name->pattern);
			out->v[out->n++].pattern = gone->pattern;
		}
	}
	held_clear(&names);
}

void
held_changes_done(struct held_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		route_done(&changes->routes[i]);
	mem_free(changes->routes);
	mem_free(changes->v);
	*changes = (struct held_changes){ 0 };
}
