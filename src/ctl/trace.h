/*
 * trace.h - `trace`: the way of an address, server by server, by the database
 * or a topology document. Where a server has several next hops the first is
 * followed; the others are named.
 */

#ifndef CTL_TRACE_H
#define CTL_TRACE_H

#include "ctl/verbs.h"

int trace_run(const struct call *call);

#endif
