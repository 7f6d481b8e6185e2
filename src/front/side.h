/*
 * side.h - one end of a session: a non-blocking socket, what is to be
 * written to it, and whether it is read. Holds no memory while nothing
 * waits to be written.
 */

#ifndef FRONT_SIDE_H
#define FRONT_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/buf.h"

struct event;
struct event_base;

struct side {
	int fd; /* -1: none */
	struct event *readable, *writable;
	struct buf out; /* waits to be written, from `at` on */
	size_t at;
	bool eof;     /* no more will come */
	bool shut;    /* we have said that no more will come */
	int failed;   /* errno, since nothing can be written any more */
	bool reading; /* what comes is wanted */
	bool opening; /* not known to be connected */
	void (*on)(void *ctx, struct side *side, short what);
	void *ctx;
};

/*
 * Takes the socket over. `on` is called with EV_READ while it is read, and
 * with EV_WRITE when it could be written after it could not: time for
 * side_flush().
 */
void side_open(struct side *side, struct event_base *base, int fd);

/*
 * Opens one of its own. False, with errno: nobody is there. It may still be
 * `opening` then: written to before it is known whether somebody is. The
 * first side_write(), of nothing maybe, finds out, or a later side_flush().
 */
bool side_connect(struct side *side, struct event_base *base,
    const struct sockaddr *to, socklen_t n);

/* At most n octets; 0: none now (or never: `eof`, `failed`). */
size_t side_read(struct side *side, uint8_t *into, size_t n);

/* Writes what goes at once and keeps the rest. */
void side_write(struct side *side, const uint8_t *octets, size_t n);
void side_flush(struct side *side);
size_t side_waiting(const struct side *side);

void side_want(struct side *side, bool reading);

/* Says that no more will come; only once nothing waits to be written. */
void side_shut(struct side *side);

/* Closes; the fields may be used again. */
void side_close(struct side *side);

#endif
