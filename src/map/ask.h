/*
 * ask.h - questions to the process that runs lsrctl (runner.h), by the loop:
 * what it writes is gathered, and given when it has ended.
 *
 *     ask_begin --> took()... --> done(status)
 *
 * One that takes too long, or says too much, is stopped; done() comes at once.
 */

#ifndef MAP_ASK_H
#define MAP_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define ASK_S 30
#define ASK_OCTETS ((size_t)64 << 20)
#define ASK_SAID ((size_t)64 << 10)

/* Statuses beside lsrctl's own (runner.h has 255). */
#define ASK_LATE 254
#define ASK_LONG 253

struct event_base;
struct ask;

struct ask_calls {
	/* A whole line has come; NULL: they are gathered for done(). */
	void (*line)(void *ctx, const char *line, size_t n);
	/* It is over; both are lent for the call. */
	void (*done)(void *ctx, int status, const struct buf *out,
	    const struct buf *said);
	void *ctx;
};

struct ask_set;

/* `runner` is its socket, and taken. gone(): the runner has ended, and nothing
 * can be asked any more. */
struct ask_set *ask_set_new(
    struct event_base *base, int runner, void (*gone)(void *ctx), void *ctx);
void ask_set_free(struct ask_set *set);

/* False: it cannot be asked just now. One with line() has no end of its own. */
bool ask_begin(
    struct ask_set *set, const char *target, const struct ask_calls *calls);

#endif
