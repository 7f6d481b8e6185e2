/*
 * refused.h - what reports and our own RCPTs tell of next hops that refuse to
 * relay (refusal.h): alarms, and another table. For the files of node.h.
 */

#ifndef CORE_REFUSED_H
#define CORE_REFUSED_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/json.h"
#include "core/node/engine.h"
#include "core/wire/report.h"

/* A REPORT_ROUTE. */
void refused_report(struct engine *e, const struct report *report);

/* The answer to a RCPT of our own for the pattern; a reply that is neither is
 * none. All is lent for the call. */
struct refused_probe {
	const char *pattern, *name; /* of the server */
	struct addr hop;
	bool refused; /* it will not relay for us; else it accepts */
};
void refused_probe(struct engine *e, const struct refused_probe *probe);

/* Hops whose time is over are used again. */
void refused_tick(struct engine *e);

/* The patterns for which this hop is left out, as an array `refuses`. */
void refused_show(
    const struct engine *e, struct json *j, const struct addr *hop);

#endif
