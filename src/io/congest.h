/*
 * congest.h - reads the MTA's queue every now and then, of two MTAs one queue
 * after the other, and tells the engine what waits for each next hop in all of
 * them, as reports (core/wire/report.h).
 *
 *     timer --> io/listing --> core/backlog --> IN_REPORT, one for each hop
 *                 ^    |                        IN_WAITS, IN_HELD
 *                 +----+ the next queue
 *
 * A long queue is read more seldom: reading takes a twentieth of the time at
 * most. A queue that cannot be read is said once, and is no congestion; that
 * nothing waits (IN_WAITS, IN_HELD) is said of queues that were all read.
 */

#ifndef IO_CONGEST_H
#define IO_CONGEST_H

#include "cfg/conf.h"
#include "io/loop.h"
#include "io/sink.h"
#include "plugins/plugin.h"

struct congest;

/* All are lent for its life; without a queue it does nothing. */
struct congest *congest_new(struct loop *loop, struct sink *sink,
    const struct plugin_queue *const *queues, size_t n);

/* How often, what is late, and where the queues are. */
void congest_conf(struct congest *congest, const struct conf *conf);

/* The MTA of this name has been read: where its queue is, and what begins an
 * extension of an address; copied. */
void congest_told(
    struct congest *congest, const char *name, const struct mta *mta);

/* A new table is in force: whose next hop is which. */
void congest_table(struct congest *congest, const struct rib *rib);

void congest_free(struct congest *congest);

#endif
