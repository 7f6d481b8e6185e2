/*
 * beside.h - the MTAs beside us, one, or with `mta = both` two: how each is
 * configured, what waits in its queue, and what of it is tried again.
 *
 *     io/mta_io, of each --> one reading for the engine (mta_join(), IN_MTA)
 *     io/congest         --> both queues, added for each next hop
 *     io/retry, of each  <-- FX_RETRY
 *
 * The first reading waits until each has been read, or could not be: a server
 * gives no transit on the word of one of two. What is read of one MTA goes to
 * what faces this one, as it is.
 */

#ifndef IO_BESIDE_H
#define IO_BESIDE_H

#include "cfg/conf.h"
#include "io/loop.h"
#include "io/names.h"
#include "io/sink.h"

struct beside;

/* All are lent for its life, but `conf`, which names the MTAs; `names` looks
 * names up as they do; `programs` is as in mta_io_new(). */
struct beside *beside_new(struct loop *loop, struct sink *sink,
    const struct conf *conf, struct names *names, const char *programs);

/* `told` is called with what was read of one of them, after each reading that
 * knows; lent for the call. */
void beside_watch(struct beside *beside,
    void (*told)(void *ctx, const char *name, const struct mta *mta),
    void *ctx);

/* Lent until the next call. */
void beside_conf(struct beside *beside, const struct conf *conf);

/* A new table is in force; lent for the call. */
void beside_table(struct beside *beside, const struct rib *rib);

void beside_free(struct beside *beside);

#endif
