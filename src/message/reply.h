/*
 * reply.h - what is said to who brings a message that does not go on: the
 * same by every MTA.
 */

#ifndef MESSAGE_REPLY_H
#define MESSAGE_REPLY_H

#include "core/trace/ruling.h"

struct reply {
	const char *code, *enhanced;
	const char *text; /* NULL: the ruling has said why */
};

extern const struct reply reply_loop; /* it came back */
extern const struct reply reply_odd;  /* at RCPT: not in this transaction */

/* Of RULING_HELD, RULING_NEVER and RULING_SPLIT; of another one NULL. */
const struct reply *reply_of(enum ruling ruling);

#endif
