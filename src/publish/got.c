#include "publish/got.h"

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
got_by_pattern(const void *key, const struct tree_node *node)
{
	return str_order(key, tree_entry(node, struct entry, node)->pattern);
}

static struct entry *
got_find(const struct got *got, const char *pattern)
{
	struct tree_node *node = tree_find(&got->tree, pattern, got_by_pattern);

	return node == NULL ? NULL : tree_entry(node, struct entry, node);
}

static void
got_drop(struct got *got, struct entry *entry)
{
	if (entry == NULL)
		return;
	tree_remove(&got->tree, &entry->node);
	mem_free(entry->pattern);
	mem_free(entry->octets);
	mem_free(entry);
}

void
got_clear(struct got *got)
{
	struct tree_node *node;

	while ((node = tree_first(&got->tree)) != NULL)
		got_drop(got, tree_entry(node, struct entry, node));
}

static void
got_set(struct got *got, const char *pattern, const struct wire_item *item)
{
	struct entry *entry = got_find(got, pattern);

	if (entry == NULL) {
		entry = mem_new(sizeof(*entry), 0, 0);
		entry->pattern = mem_str(pattern);
		tree_insert(
		    &got->tree, &entry->node, entry->pattern, got_by_pattern);
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
got_take(struct got *got, const struct wire_batch *batch, struct cur body)
{
	for (uint32_t i = 0; i < batch->items; i++) {
		struct wire_item item;
		struct route route;
		int rc = wire_get_item(&body, &item);

		if (rc != RC_OK)
			return rc;
		if (item.route == NULL) {
			got_drop(got, got_find(got, item.pattern));
			continue;
		}
		rc = decode(item.route, item.route_len, &route);
		if (rc != RC_OK)
			return rc;
		got_set(got, route.pattern, &item);
		route_done(&route);
	}
	got->generation = batch->generation;
	return body.left == 0 ? RC_OK : RC_LONG;
}

bool
got_narrow(struct got *got, const struct got *other)
{
	struct tree_node *node = tree_first(&got->tree), *next;
	bool any = false;

	for (; node != NULL; node = next) {
		struct entry *entry = tree_entry(node, struct entry, node);

		next = tree_next(node);
		if (got_find(other, entry->pattern) != NULL)
			continue;
		any = true;
		got_drop(got, entry);
	}
	return any;
}

void
got_put(const struct got *got, struct buf *out)
{
	struct wire_writer w;

	wire_begin(&w, out, got->generation, 0);
	for (struct tree_node *node = tree_first(&got->tree); node != NULL;
	     node = tree_next(node)) {
		struct entry *entry = tree_entry(node, struct entry, node);

		wire_set_octets(&w, entry->octets, entry->len);
	}
	wire_end(&w);
}

static void
publish_got_add(struct got_changes *out, const struct entry *entry)
{
	struct route *route = &out->routes[out->n];

	/* The route was decoded once, when it was taken. */
	CHECK(decode(entry->octets, entry->len, route) == RC_OK);
	out->v[out->n++] = (struct plugin_change){ route->pattern, route };
}

void
got_all(const struct got *got, struct got_changes *out)
{
	*out = (struct got_changes){ .whole = true };
	out->v = mem_new(0, got->tree.n + 1, sizeof(out->v[0]));
	out->routes = mem_new(0, got->tree.n + 1, sizeof(out->routes[0]));
	for (struct tree_node *node = tree_first(&got->tree); node != NULL;
	     node = tree_next(node))
		publish_got_add(out, tree_entry(node, struct entry, node));
}

/* The patterns that the frames name go into `names`, each once, sorted. */
static void
got_collect(struct cur frames, struct got *names)
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
				got_set(names, item.pattern, &item);
			} else if (decode(item.route, item.route_len, &route) ==
				   RC_OK) {
				got_set(names, route.pattern, &item);
				route_done(&route);
			}
		}
	}
}

void
got_since(const struct got *got, struct cur frames, struct got_changes *out)
{
	struct got names = { 0 };

	got_collect(frames, &names);
	*out = (struct got_changes){ 0 };
	out->v = mem_new(0, names.tree.n + 1, sizeof(out->v[0]));
	out->routes = mem_new(0, names.tree.n + 1, sizeof(out->routes[0]));
	for (struct tree_node *node = tree_first(&names.tree); node != NULL;
	     node = tree_next(node)) {
		struct entry *name = tree_entry(node, struct entry, node);
		struct entry *now = got_find(got, name->pattern);

		if (now != NULL) {
			publish_got_add(out, now);
		} else {
			struct route *gone = &out->routes[out->n];

			gone->pattern = mem_str(name->pattern);
			out->v[out->n++].pattern = gone->pattern;
		}
	}
	got_clear(&names);
}

void
got_changes_done(struct got_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		route_done(&changes->routes[i]);
	mem_free(changes->routes);
	mem_free(changes->v);
	*changes = (struct got_changes){ 0 };
}
