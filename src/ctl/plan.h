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

#endif
