/*
 * verb_io.h - the client of X-LSA-2: an SMTP session with a bridgehead that
 * carries octets both ways (lsrd-protocol(7) 9), over the machine of
 * src/verb.
 *
 *     socket --> greeting, EHLO --> ready() --> octets(), drained()
 *                      |                            |
 *                      +---------> ended() <--------+
 *
 * It is one way below TLS, as a plain socket is the other: it knows nothing
 * of what it carries. After ended() only verb_io_free() may follow.
 */

#ifndef IO_VERB_IO_H
#define IO_VERB_IO_H

#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"

#ifndef VERB_IO_STAGE_MS       /* a test is in more of a hurry */
#define VERB_IO_STAGE_MS 10000 /* for the greeting, and again for EHLO */
#endif

struct verb_io;

/* Told to the owner; `reason` is one of our own words. Within any of them
 * the owner may free it. */
struct verb_io_owner {
	void (*ready)(void *ctx);
	void (*octets)(void *ctx, const uint8_t *octets, size_t n);
	void (*drained)(void *ctx); /* all is said that was written */
	void (*ended)(void *ctx, const char *reason);
};

/* Takes over a connected socket. `name` is who we say we are in EHLO; it is
 * copied. Nothing is told before the loop goes on. */
struct verb_io *verb_io_new(struct loop *loop, int fd, const char *name);
void verb_io_own(
    struct verb_io *verb, const struct verb_io_owner *owner, void *ctx);

/* Once it is ready; in this order. */
void verb_io_write(struct verb_io *verb, const uint8_t *octets, size_t n);

/* Octets written and not yet said. */
size_t verb_io_unsent(const struct verb_io *verb);

/* The socket below, to be looked at alone. */
int verb_io_fd(const struct verb_io *verb);

/* Nothing more will be written: QUIT when all is said, then ended(). */
void verb_io_finish(struct verb_io *verb);

/* Gives it up at once, with a QUIT where that can be said; it is gone when no callback is on the stack. */
void verb_io_free(struct verb_io *verb);

#endif
