/*
 * values.h - a route in Postfix's own words (lsrd-postfix(7), TABLES).
 *
 * Pure. Values are made from typed data alone (plugins/table/rows.h); a remote
 * route without any next hop left is a hold. No value is empty or holds
 * anything but printable ASCII.
 */

#ifndef POSTFIX_VALUES_H
#define POSTFIX_VALUES_H

#include <stdbool.h>

#include "base/buf.h"
#include "plugins/plugin.h"
#include "plugins/table/rows.h"

/*
 * Appends the value of the route's pattern in `table` to `out`, without a
 * NUL, and returns true; false, and nothing appended, when the table has no
 * such key.
 */
bool values_put(struct buf *out, enum rows_table table,
    const struct route *route, const struct plugin_setup *setup);

/* True for the name of a service of master.cf. */
bool values_is_service(const char *name);

#endif
