/*
 * change.h - a request that changes something: who asks, for how long and why
 * go with it; what became of it is said.
 */

#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/verbs.h"

/* Options of verbs that end by themselves. */
#define CHANGE_TIMES                                                           \
	{ "for", "TIME", "for so long: 90s, 15m, 2h, 1d" },                    \
	    { "until", "TIME",                                                 \
		    "until 2026-11-21T14:30Z, or seconds since 1970" },        \
	{                                                                      \
		"reason", "TEXT", "why, for the others to read"                \
	}

/* Appends ` for=`, ` until=`, ` by=` and ` reason=` (which must be the last) of
 * the options given, and ends the request with a NUL. CALL_OK, or CALL_USAGE
 * after a complaint. */
int change_words(const struct call *call, struct buf *request);

/* Asks, and says `done`, or that nothing changed. */
int change_ask(
    const struct call *call, const struct buf *request, const char *done);

/* 90s, 15m, 2h, 1d: false for anything else. */
bool change_seconds(const char *text, uint64_t *out);

#endif
