/*
 * query_metrics.h - what lsrd-metrics(8) counts and measures of a server, as
 * JSON lines. Each has `of`: "server" once, then a line for each "peer" by
 * name, then one for each "link" by connector and bridgehead.
 *
 * It is asked every few seconds, for ever, so it costs little whatever the
 * network is: nothing is computed for it, the table is walked once, and of
 * peers and links at most LIMIT_METRIC_ROWS are told, each in a part of its
 * own. The last line of each says how many were left out.
 */

#ifndef CORE_QUERY_METRICS_H
#define CORE_QUERY_METRICS_H

#include "base/json.h"
#include "core/node/request.h"

struct engine;

/* `metrics`: the server and its peers; `metrics links`, which its answer asks
 * for: the links. */
void query_metrics(struct engine *e, struct json *j, const struct request *r);

#endif
