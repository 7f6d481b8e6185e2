/*
 * plan_open.h - what every verb on a topology document begins with: the
 * document, or that of the daemon's database, and the changes asked for by --cut, --drain and --cost.
 */

#ifndef CTL_PLAN_OPEN_H
#define CTL_PLAN_OPEN_H

#include "base/buf.h"
#include "ctl/document.h"
#include "ctl/plan.h"
#include "ctl/verbs.h"

struct plan {
	struct document *doc; /* changed */
	struct net before;    /* as written */
	struct net net;       /* with the changes */
	struct buf out;       /* printed at the end */
};

/*
 * CALL_OK, and the caller ends it with plan_done(); else after the
 * complaints CALL_USAGE, or CALL_DOWN without a daemon.
 */
int plan_open(const struct call *call, struct plan *plan);

/* The same, and then this change. */
int plan_open_changed(const struct call *call, const struct plan_change *change,
    struct plan *plan);

/* The same for a question to one server, --from, which must be present; where
 * the daemon is asked it is its own. */
int plan_open_from(const struct call *call, struct plan *plan, uint32_t *from);

void plan_done(struct plan *plan);

/* What it has said so far, as lines of JSON, becomes this table. */
void plan_table(
    struct plan *plan, int (*table)(const struct buf *lines, struct buf *out));

#endif
