/*
 * plan.h - the verbs that answer from a topology document.
 */

#ifndef CTL_PLAN_H
#define CTL_PLAN_H

#include "ctl/verbs.h"

int plan_routes(const struct call *call);
int plan_explain(const struct call *call);
int plan_simulate(const struct call *call);
int plan_check(const struct call *call);
int plan_export(const struct call *call);

struct document;

/* A change that no option names. */
struct plan_change {
	void (*make)(void *ctx, struct document *doc);
	void *ctx;
};

/* `simulate` with it. CALL_OK, or why not. */
int plan_compare(const struct call *call, const struct plan_change *change);

#endif
