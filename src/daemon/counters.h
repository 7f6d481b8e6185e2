/*
 * counters.h - what the shells have counted, for lsrd-metrics(8): one JSON
 * object, of a size that no network changes. What the engine knows is
 * core/node/query_metrics.h.
 */

#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include "base/buf.h"
#include "io/front_io.h"
#include "io/loop.h"
#include "io/publishers.h"
#include "io/sink.h"

struct counters_of {
	const struct loop *loop;
	const struct sink *sink;
	const struct publishers *publishers;
	const struct front_io *front;
};

/* Appends it, without a line feed. */
void counters_show(const struct counters_of *of, struct buf *out);

#endif
