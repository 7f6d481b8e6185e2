/*
 * dial.h - reaches a peer at one of its addresses: connects, by X-LSA-2 asks
 * for the verb, shakes hands, and goes on to the next address when any fails.
 *
 * Who is reached must prove the name that was dialled. Several dials may be
 * under way, one for each name at most.
 */

#ifndef IO_DIAL_H
#define IO_DIAL_H

#include <stddef.h>

#include "base/addr.h"
#include "io/conn.h"
#include "io/loop.h"
#include "io/sink.h"

struct dial_pool;

/* A dial has ended: with a connection that is open and has no owner yet, or
 * with none (NULL): then `reason` is a fixed text, or NULL where there was
 * nothing to try. `name` is lent for the call. */
typedef void dial_done(
    void *ctx, const char *name, struct conn *conn, const char *reason);

/* All are lent for its life. */
struct dial_pool *dial_pool_new(struct loop *loop, struct conn_pool *conns,
    struct sink *sink, dial_done *done, void *ctx);

/* From these addresses, one of a family at most, we come; copied. */
void dial_sources(struct dial_pool *pool, const struct addr *addrs, size_t n);

/* Who we are in EHLO; copied. To be said before the first dial by X-LSA-2. */
void dial_as(struct dial_pool *pool, const char *name);

/*
 * Begins an FX_DIAL; `self` is lent until the dial ends. The answer never comes before
 * the loop goes on. A dial to the same name that is under way goes on
 * instead, and its answer is the answer to both.
 */
void dial_begin(struct dial_pool *pool, const struct tls_self *self,
    const struct effect *fx);

/* Gives up all that are under way: none of them was reached. */
void dial_pool_stop(struct dial_pool *pool);

void dial_pool_free(struct dial_pool *pool);

#endif
