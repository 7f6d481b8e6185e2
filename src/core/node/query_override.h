/*
 * query_override.h - what lsrctl asks to have beside the configuration
 * (override.h). Each answer to a change is one object: {"ok":true,
 * "changed":...,"until":...}; asked for what stands already, nothing changes.
 *
 *     drain [connector=C [bridgehead=B]] [force=yes] [TIMES] [by=WHO]
 *             [reason=TEXT]
 *     ready [connector=C [bridgehead=B]]
 *     cost connector=C cost=N TIMES ...       uncost connector=C
 *     pin pattern=P hop=SERVER TIMES ...      unpin pattern=P
 *     freeze TIMES ...                        unfreeze
 *     overrides
 *
 * TIMES is `for=SECONDS` or `until=SECONDS` since 1970; a drain may be without.
 * With `try=yes` nothing is done, and the answer has "would_change".
 *
 * A drain by which routes of any server would have no path is refused, but by
 * force: {"ok":false,"reason":...,"cut_routes":N,"cut_servers":N,
 * "cut_patterns":N}; likewise one by which some would take some messages alone
 * ("limited_routes" in place of the first). That is judged here, by the database of this moment. A
 * cost takes no path away, a pin is for what is a next hop already, and a
 * frozen table that differs says `drain` itself.
 */

#ifndef CORE_QUERY_OVERRIDE_H
#define CORE_QUERY_OVERRIDE_H

#include "base/json.h"
#include "core/node/request.h"

struct engine;

typedef void query_override(
    struct engine *e, struct json *j, const struct request *r);

query_override query_override_drain, query_override_ready, query_override_cost,
    query_override_uncost, query_override_pin, query_override_unpin,
    query_override_freeze, query_override_unfreeze, query_override_list;

/* What `peers` says of one that gives no transit. */
void query_override_peer(struct engine *e, struct json *j, const char *name);
/* What `status` says of them. */
void query_override_status(const struct engine *e, struct json *j);

#endif
