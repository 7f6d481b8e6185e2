/*
 * trace.h - `trace`: the way of an address, server by server, by the database
 * or a topology document. Where a server has several next hops the first is
 * followed; the others are named. Or, with --message, the way that a message
 * has come, by the marks on it (lsrd-trace(7)).
 */

#ifndef CTL_TRACE_H
#define CTL_TRACE_H

#include "ctl/verbs.h"

int trace_run(const struct call *call);

/* Of the message in this file; "-": on standard input. */
int trace_message(const struct call *call, const char *path);

#endif
