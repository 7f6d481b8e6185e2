/*
 * session.h - one SMTP session through the listener.
 *
 *     CONNECTING --the MTA is there--> PUMP (strangers)
 *        |  |                            ^
 *        |  +--a listed peer--> GATE ----+  at the first command that is
 *        |                       |          not ours to read
 *        |                       +--a verb accepted--> VERB
 *        +--no MTA: 421--> FAREWELL <--any of them, at its end
 *
 * Octets that cannot be written on are kept, and no more are read until
 * they are: what a session holds is bounded by what is read at once. An
 * idle session holds no buffer. A half-closed connection is half-closed on
 * the other side, too. With no MTA set, a listed peer begins at VERB.
 */

#ifndef FRONT_SESSION_H
#define FRONT_SESSION_H

#include "base/addr.h"
#include "base/mono.h"

struct front;
struct session;
struct source;

#define SESSION_FAREWELL_MS 5000   /* for the client to take the last word */
#define SESSION_VERB_IDLE_MS 60000 /* a peer polls every second */

/* Takes the socket and the source over; frees itself at its end. */
void session_begin(struct front *front, int fd, const struct addr *addr,
    struct source *source);

/* Ends those of the list that have waited too long. */
void session_sweep(struct session *first, struct mono now);

/* Ends those that carry the verb: they would not end by themselves. */
void session_end_verbs(struct session *first);

void session_free(struct session *session);

#endif
