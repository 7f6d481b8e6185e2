/*
 * judge.h - what lsrd-milter is to another MTA, in Exim's own process: one
 * message after the other, by the same session (message/session.h). Texts in,
 * texts out; entry.h says who calls what.
 *
 *     judge_message()  at the end of a message, from all that Exim knows of it
 *     judge_add()      the marks that it goes on with; of that very message
 *
 *     judge_admits() judge_route() judge_hold()
 *                      a recipient, by the limits of connectors; by the size,
 *                      priority and sender that judge_message() has told, else
 *                      by Exim's own
 *
 * An answer of judge_message() has three lines, each may be empty:
 *
 *     a verdict, and words for who routes it (words.h)
 *         pass [strip=N] first=yes|no size=N priority=N [loop=N epoch=N]
 *             [sender=ADDRESS]        N fields do not stand. All are taken off
 *                                     by name, those that Exim's list does not
 *                                     show as well; judge_add() gives the rest
 *         defer, deny                 with the third line
 *         untouched [the same]        it gets no mark, and keeps what it has
 *         unready                     so, too
 *     for the log; what happened is named as in lsrd-milter(8)
 *     the reply: a code, an enhanced one, and why
 */

#ifndef EXIM_JUDGE_H
#define EXIM_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "exim/guard.h"
#include "exim/words.h"
#include "message/session.h"

#define JUDGE_ARGUMENTS 7

/* Of judge_message(), in this order. */
enum judge_argument {
	JUDGE_WORDS,
	JUDGE_SENDER,
	JUDGE_RECIPIENTS, /* $recipients */
	JUDGE_TRACES,     /* $lheader_lsr-trace: */
	JUDGE_ID,         /* $lheader_message-id: */
	JUDGE_RECEIVED,   /* $lheader_received: */
	JUDGE_PRIORITY,   /* NAME=$lheader_NAME: and a line end, each */
};

/* Searches for one message: the next recipient has use of them. */
struct judge_asked {
	const struct basis *basis;     /* NULL: there are none */
	struct policy_message message; /* its sender is the next one's */
	char sender[LIMIT_SENDER_OCTETS + 1];
	struct admit *admit; /* NULL: every connector admits it */
};

/* What stays with the process. Begins as all zero. */
struct judge {
	struct guard guard;
	struct words words;
	struct basis *marks;  /* NULL: not read */
	struct basis *routes; /* the table alone, for who has no keys */
	struct words at;      /* the files of both */
	struct session session;
	struct session_ask ask;
	struct judge_asked asked; /* of the recipient before */
	unsigned explained;       /* recipients who wait */
	bool judged;              /* the session, and it may be marked */
	struct addr told;         /* a delivery there was told of (tell.h) */
	struct buf out;
};

/* The one of this process: what Exim calls gets no context. */
struct judge *judge_get(void);

void judge_message(struct judge *j, const char *const *args);
void judge_add(struct judge *j, const char *const *args);

/* Words, sender, recipient. "yes", or "no" and why: not for its size. */
void judge_admits(struct judge *j, const char *const *args);

/* The same. Route data of a manualroute router; "": as the tables say. */
void judge_route(struct judge *j, const char *const *args);

/* The same. Why it waits; "": it does not. */
void judge_hold(struct judge *j, const char *const *args);

#endif
