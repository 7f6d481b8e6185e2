/*
 * held.h - the table as the publisher holds it: what lsrd handed over,
 * by pattern, each route in the octets of route_encode(). Pure.
 */

#ifndef PUBLISH_HELD_H
#define PUBLISH_HELD_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/tree.h"
#include "plugins/plugin.h"
#include "publish/wire.h"

struct held {
	struct tree tree;
	uint64_t generation;
};

/* Changes for an export, sorted by pattern; they own their routes. */
struct held_changes {
	struct plugin_change *v;
	size_t n;
	struct route *routes;
};

/*
 * Takes the items of one frame of a batch; `body` stands behind its head.
 * RC_OK, or why it is refused: what came before in it is taken then.
 */
int held_take(
    struct held *held, const struct wire_batch *batch, struct cur body);

/* Empties it: a whole table follows. */
void held_clear(struct held *held);

/* Calls `each` with the octets of every route, by pattern, until one is not
 * RC_OK, which is returned. */
int held_walk(const struct held *held,
    int (*each)(void *ctx, const uint8_t *octets, size_t n), void *ctx);

/* Takes out what is not in `other`. True if there was such a pattern. */
bool held_narrow(struct held *held, const struct held *other);

/* The whole table as frames. */
void held_put(const struct held *held, struct buf *out);

/* The whole table as changes, to be ended with held_changes_done(). */
void held_all(const struct held *held, struct held_changes *out);

/*
 * What the items of `frames` (whole batches, as received) changed, each
 * pattern once, in the state it has now.
 */
void held_since(
    const struct held *held, struct cur frames, struct held_changes *out);

void held_changes_done(struct held_changes *changes);

#endif
