/*
 * nbr.h - the life of one session with a neighbour, as a pure table.
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

#ifndef CORE_NBR_H
#define CORE_NBR_H

#include <stdbool.h>

enum nbr_state {
	NBR_NONE,
	NBR_DOWN,
	NBR_GREET,
	NBR_SYNC,
	NBR_FULL,
	NBR_STATES
};

enum nbr_event {
	NBR_OPEN,     /* a transport is up, its peer proved */
	NBR_HELLO,    /* the peer's hello */
	NBR_EXCHANGE, /* digest, summary, request, none or synced */
	NBR_UPDATE,   /* an LSA */
	NBR_ALIVE,    /* a keep-alive */
	NBR_AGREED,   /* the exchange is complete on both sides */
	NBR_LOST,     /* the transport is gone, silent, or the peer at fault */
	NBR_EVENTS
};

enum nbr_todo {
	NBR_SEND_HELLO = 1,
	NBR_SEND_DIGEST = 2,
	NBR_ANNOUNCE = 4, /* the adjacency */
	NBR_MISS = 8      /* ask for a probe; withdraw or announce on */
};

struct nbr_move {
	enum nbr_state next;
	unsigned todo; /* of enum nbr_todo */
};

/*
 * The move for `event` in `state`, or NULL when the protocol does not allow
 * it there: the peer is at fault and is closed.
 */
const struct nbr_move *nbr_move(enum nbr_state state, enum nbr_event event);

/* "down", "greet", "sync", "full" */
const char *nbr_word(enum nbr_state state);

#endif
