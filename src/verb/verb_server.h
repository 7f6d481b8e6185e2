/*
 * verb_server.h - the serving end of X-LSA-2 as a machine: command lines in,
 * octets of TLS out; octets of TLS in, answers out. No socket, no clock.
 *
 *     GREET --EHLO--> READY --X-LSA-2--> ASKING --attach()--> CARRYING --+
 *       |               ^                  |                             |
 *       |               +---refuse(): 454--+        QUIT, a fault of the |
 *       +---QUIT, a line that is no line---> ENDED <-lines, closed() ----+
 *
 * Every line is answered in its order and at once, but for one: an empty
 * X-LSA-2 (a poll) waits for something to carry, while it is the last that
 * came, and for VERB_SERVER_POLL_MS at most (lsrd-protocol(7) 9).
 *
 * Before a verb was accepted an unknown command is refused; afterwards it
 * ends the session (421). A line too long or with a bare CR or LF ends it
 * always (500): where the next one begins would be a guess. Memory: one
 * line, what waits to be answered, and VERB_SERVER_PENDING octets at most.
 *
 * The caller empties `say` and `tls` (buf_reset) after every call. While
 * much of what was said is unwritten it feeds nothing.
 */

#ifndef VERB_VERB_SERVER_H
#define VERB_VERB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mono.h"

#define VERB_SERVER_POLL_MS 1000
#define VERB_SERVER_PENDING 32768 /* octets of TLS for the client */
#define VERB_SERVER_REFUSALS 20   /* before the session ends (421) */
/* EHLO, NOOP, RSET in a row, as well: what they are answered is ten times what
 * they are, and is kept until the client reads. */
#define VERB_SERVER_COURTESIES 64

enum verb_server_state {
	VERB_SERVER_GREET,    /* no EHLO yet */
	VERB_SERVER_READY,    /* the verb is allowed */
	VERB_SERVER_ASKING,   /* attach() or refuse() must come first */
	VERB_SERVER_CARRYING, /* octets go both ways */
	VERB_SERVER_ENDED     /* write what is to be said, then close */
};

struct verb_server {
	enum verb_server_state state;
	struct buf say;       /* for the client */
	struct buf tls;       /* from the client, for whoever speaks TLS */
	uint32_t refused;     /* lines answered with 500 to 503 */
	uint32_t legacy;      /* of them, the ancestor's verb */
	uint32_t courtesies;  /* lines since the last verb that only ask */
	const char *own_name; /* in answer to EHLO, lent */

	struct buf pending; /* for the client, until it asks */
	struct mono poll;   /* when the waiting one is answered, or NEVER */
	bool closed;        /* nothing more will be pending */
	size_t length;      /* of the line so far */
	uint8_t line[1000];
};

/* Says nothing; verb_server_greet() says 220 where nobody else did. */
void verb_server_init(struct verb_server *server, const char *own_name);
void verb_server_greet(struct verb_server *server);

/* The MTA before us has answered EHLO: READY. */
void verb_server_greeted(struct verb_server *server);

/*
 * Octets from the client; returns how many were used. Fewer when it is
 * ASKING: the rest is to be given again after attach() or refuse(); and
 * when it has ENDED.
 */
size_t verb_server_feed(struct verb_server *server, const uint8_t *octets,
    size_t n, struct mono now);

/* The answer to ASKING: there is somebody who speaks TLS, or not (454). */
void verb_server_attach(struct verb_server *server);
void verb_server_refuse(struct verb_server *server);

/* How many octets for the client may come now; and they come. */
size_t verb_server_room(const struct verb_server *server);
void verb_server_carry(
    struct verb_server *server, const uint8_t *octets, size_t n);

/* No more octets for the client: ends (421) once it has had the last. */
void verb_server_closed(struct verb_server *server);

/* When verb_server_tick() wants to be called; MONO_NEVER: not at all. */
struct mono verb_server_wake(const struct verb_server *server);
void verb_server_tick(struct verb_server *server, struct mono now);

void verb_server_done(struct verb_server *server);

#endif
