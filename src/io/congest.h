/*
 * congest.h - reads the MTA's queue every now and then, and tells the engine
 * what waits for each next hop, as reports (core/wire/report.h).
 *
 *     timer --> io/listing --> core/backlog --> IN_REPORT, one for each hop
 *                                               IN_WAITS, IN_HELD
 *
 * A long queue is read more seldom: reading takes a twentieth of the time at
 * most. A queue that cannot be read is said once, and is no congestion.
 */

#ifndef IO_CONGEST_H
#define IO_CONGEST_H

#include "cfg/conf.h"
#include "io/loop.h"
#include "io/sink.h"
#include "plugins/plugin.h"

struct congest;

/* All are lent for its life; without a queue (NULL) it does nothing. */
struct congest *congest_new(
    struct loop *loop, struct sink *sink, const struct plugin_queue *queue);

/* How often, what is late, and where the queue is. */
void congest_conf(struct congest *congest, const struct conf *conf);

/* The queue is there now: copied. */
void congest_moved(struct congest *congest, const char *directory);

/* What begins an extension of an address (core/lsa/match.h): copied. */
void congest_delimiters(struct congest *congest, const char *delimiters);

/* A new table is in force: whose next hop is which. */
void congest_table(struct congest *congest, const struct rib *rib);

void congest_free(struct congest *congest);

#endif
