/*
 * live.h - the verbs that ask the running daemon. With --json its lines are
 * passed through as they come.
 */

#ifndef CTL_LIVE_H
#define CTL_LIVE_H

#include "base/buf.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

extern const struct verb_option live_drain_options[], live_cost_options[],
    live_times_options[], live_reload_options[];

/* Reading. */
int live_peers(const struct call *call);
int live_links(const struct call *call);
int live_routes(const struct call *call);
int live_routes_since(const struct call *call);
int live_explain(const struct call *call);
int live_export(const struct call *call);
int live_overrides(const struct call *call);
int live_config_dump(const struct call *call);
int live_config_diff(const struct call *call);

/* A question whose answer is a table: a row for each line. */
/* The answer to that is shown, and ended. */
int live_show(const struct call *call, struct buf *answer,
    const char *const *head, table_row *make);
int live_table(const struct call *call, const char *request,
    const char *const *head, table_row *make);

/* Changing. */
int live_drain(const struct call *call);
int live_ready(const struct call *call);
/* Returns when the queue of a server that drains has run down. */
int live_drained(const struct call *call);
int live_confirm(const struct call *call);
int live_reload(const struct call *call);
int live_undo(const struct call *call);
int live_cost(const struct call *call);
int live_pin(const struct call *call);
int live_unpin(const struct call *call);
int live_freeze(const struct call *call);
int live_unfreeze(const struct call *call);
int live_inject(const struct call *call);

/* {"ok":true} or not: says so, and returns the status for it. `done` is
 * what a person is told when it is; NULL: nothing. */
int live_verdict(
    const struct call *call, const struct buf *answer, const char *done);

#endif
