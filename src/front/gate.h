/*
 * gate.h - what a listed peer says to the MTA before it says something that
 * is not ours to read: a pure machine.
 *
 *     READING --a verb, the MTA is quiet--> ASKING --gate_refuse()--+
 *      |  |  ^                                |                     |
 *      |  |  +--------------------------------|---------------------+
 *      |  |                                   +--> the caller: QUIT to the
 *      |  +--no line--> ENDED (500)                MTA, a verb_server
 *      +--any other command--> PASSING: both ways as they are, for good
 *
 * Commands EHLO, HELO, NOOP, RSET and QUIT go to the MTA as they came, its
 * answers to the client, with the keyword added to that to EHLO. Answers of
 * our own wait until the MTA has answered everything before, so that order
 * is kept however the client pipelines. A line of another form (too long,
 * a bare CR or LF) is the MTA's too, and with it all that follows; but the
 * verb's own malformed lines end the session, and never reach the MTA.
 */

#ifndef FRONT_GATE_H
#define FRONT_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define GATE_AWAITED 64  /* commands that the MTA has not answered */
#define GATE_HELD 4096   /* octets of the client that may wait for it */
#define GATE_REFUSALS 20 /* before the session ends (421) */

enum gate_state { GATE_READING, GATE_ASKING, GATE_PASSING, GATE_ENDED };

struct gate {
	enum gate_state state;
	struct buf to_mta, to_client; /* the caller takes and empties them */
	struct buf held;              /* of the client, undecided */
	uint32_t refused, legacy;     /* as in verb_server.h */

	uint8_t awaited[GATE_AWAITED]; /* enum line_kind, in order */
	size_t nawaited;
	bool ehlo;       /* the MTA's last word to EHLO or HELO was to EHLO */
	uint8_t head[4]; /* of this line of the MTA */
	bool closed;     /* the client says no more */
	size_t column;   /* in that line */
	bool adding;     /* the keyword follows it */
};

/* The greeting is awaited. */
void gate_init(struct gate *gate);

void gate_client(struct gate *gate, const uint8_t *octets, size_t n);
void gate_mta(struct gate *gate, const uint8_t *octets, size_t n);

/* No more will come from the client: a line begun goes to the MTA as it is,
 * a verb begun to nobody. */
void gate_close(struct gate *gate);

/* After gate_close(): the MTA has been given all there was. */
bool gate_has_said_all(const struct gate *gate);

/* ASKING is answered with 454; to accept, take `held` away and end here. */
void gate_refuse(struct gate *gate);

/* No more of the client is wanted before the MTA has answered. */
bool gate_is_full(const struct gate *gate);

/* PASSING, and no answer is awaited whose form matters: nothing to do. */
bool gate_is_over(const struct gate *gate);

void gate_done(struct gate *gate);

#endif
