/*
 * got.h - the table as the publisher got it: what lsrd handed over,
 * by pattern, each route in the octets of route_encode(). Pure.
 */

#ifndef PUBLISH_GOT_H
#define PUBLISH_GOT_H

#include "base/buf.h"
#include "base/cur.h"
#include "base/tree.h"
#include "plugins/plugin.h"
#include "publish/wire.h"

struct got {
	struct tree tree;
	uint64_t generation;
};

/* Changes for an export, sorted by pattern; they own their routes. */
struct got_changes {
	struct plugin_change *v;
	size_t n;
	struct route *routes;
	bool whole; /* there are no more */
};

/*
 * Takes the items of one frame of a batch; `body` stands behind its head.
 * RC_OK, or why it is refused: what came before in it is taken then.
 */
int got_take(struct got *got, const struct wire_batch *batch, struct cur body);

/* Empties it: a whole table follows. */
void got_clear(struct got *got);

/* Takes out what is not in `other`. True if there was such a pattern. */
bool got_narrow(struct got *got, const struct got *other);

/* The whole table as frames. */
void got_put(const struct got *got, struct buf *out);

/* The whole table as changes, to be ended with got_changes_done(). */
void got_all(const struct got *got, struct got_changes *out);

/*
 * What the items of `frames` (whole batches, as received) changed, each
 * pattern once, in the state it has now.
 */
void got_since(
    const struct got *got, struct cur frames, struct got_changes *out);

void got_changes_done(struct got_changes *changes);

#endif
