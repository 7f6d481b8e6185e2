/*
 * session_life.h - the life of one session with a neighbour, as a pure table.
 *
 *           OPEN           HELLO           AGREED
 *   DOWN ---------> GREET ---------> SYNC ---------> FULL
 *     ^               |               |                |
 *     +---------------+---------------+----------------+
 *                      LOST: closed, silent, at fault
 *
 * AGREED: each side has received, or refused by name, everything in the
 * other's summary. A difference found later is mended by another exchange
 * and never leaves FULL. (lsrd-protocol(7) 3)
 *
 * The table decides; session.c does what it says. Nothing here reads a
 * clock, sends a byte or keeps state.
 */

#ifndef CORE_SESSION_LIFE_H
#define CORE_SESSION_LIFE_H

#include <stdbool.h>

enum session_life_state {
	SESSION_NONE,
	SESSION_DOWN,
	SESSION_GREET,
	SESSION_SYNC,
	SESSION_FULL,
	SESSION_STATES
};

enum session_life_event {
	SESSION_OPEN,     /* a transport is up, its peer proved */
	SESSION_HELLO,    /* the peer's hello */
	SESSION_EXCHANGE, /* digest, summary, request, none or synced */
	SESSION_UPDATE,   /* an LSA */
	SESSION_ALIVE,    /* a keep-alive */
	SESSION_AGREED,   /* the exchange is complete on both sides */
	SESSION_LOST, /* the transport is gone, silent, or the peer at fault */
	SESSION_EVENTS
};

enum session_life_todo {
	SESSION_SEND_HELLO = 1,
	SESSION_SEND_DIGEST = 2,
	SESSION_ANNOUNCE = 4, /* the adjacency */
	SESSION_MISS = 8      /* ask for a probe; withdraw or announce on */
};

struct session_life_move {
	enum session_life_state next;
	unsigned todo; /* of enum session_life_todo */
};

/*
 * The move for `event` in `state`, or NULL when the protocol does not allow
 * it there: the peer is at fault and is closed.
 */
const struct session_life_move *session_life_move(
    enum session_life_state state, enum session_life_event event);

/* "down", "greet", "sync", "full" */
const char *session_life_word(enum session_life_state state);

#endif
