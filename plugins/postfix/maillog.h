/*
 * maillog.h - Postfix's log lines as evidence of its next hops. Pure.
 *
 * Only lines of one service count, the smtp client that lsrd's routes name
 * (`-o syslog_name=postfix/lsrd`), and of those:
 *
 *     connect to HOP[IP]:PORT: reason                        failed
 *     ID: lost connection with HOP[IP] while (greeting)      failed
 *     ID: host HOP[IP] refused to talk to me: 4xx            failed
 *     ID: host HOP[IP] refused to talk to me: 5xx            refused
 *     ID: TLS is required, but ... host HOP[IP] ...          refused
 *     ID: host HOP[IP] said: 4xx ...                         replies
 *     ID: lost connection with HOP[IP] while (later)         replies
 *     ID: to=<...>, ... relay=HOP[IP]:PORT ... status=sent      ok
 *     ID: to=<...>, ... status=deferred (one of the above, or
 *         Cannot start TLS, Server certificate not verified) refused
 *         route refused: host ... said: ...)      of that recipient
 *
 * What fails a probe sees as well, and decides. What is refused is a session
 * that this host demands: EHLO, TLS, a login. A reply is about a message, whose
 * recipients a stranger may have chosen. `route refused: ` are the words of
 * conf/postfix/route-refused.regexp, which has judged the reply. A 5xx to a recipient says nothing of
 * the hop; nor does what has no relay (`delivery temporarily suspended`), which
 * is an echo of what was said before.
 *
 * What strangers can write into a line is the recipient, which is passed over
 * by the rules of a quoted string, and the text in the last parentheses, of
 * which only the beginning is looked at, Postfix's own words.
 */

#ifndef POSTFIX_MAILLOG_H
#define POSTFIX_MAILLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/vec.h"
#include "core/wire/report.h"

#define MAILLOG_TAG "postfix/lsrd/smtp"
#define MAILLOG_ID 24 /* octets of a queue id and its NUL */

enum maillog_what {
	MAILLOG_NOTHING,
	MAILLOG_OK,
	MAILLOG_FAILED,
	MAILLOG_REFUSED,
	MAILLOG_REPLIED,
	MAILLOG_UNRELAYED
};

struct maillog_line {
	enum maillog_what what;
	struct addr hop;     /* port 0: the line does not say */
	char id[MAILLOG_ID]; /* of the message; empty: of none */
	/* in lower case; empty: not said, or not one that a report can say */
	char to[LIMIT_REPORT_RECIPIENT + 1];
};

/* Reads a line of n octets, with or without its line feed, as syslog writes
 * it: time, host, tag with `[pid]`, text. */
void maillog_read(
    struct maillog_line *out, const char *line, size_t n, const char *tag);

/* Hops are few. A server may name ever new addresses as its own: what comes
 * beyond takes the place of who was not heard of for the longest. */
#define MAILLOG_HOPS 256
/* A message that is refused at each of its tries counts once, as long as so
 * many others were not refused after it. */
#define MAILLOG_SEEN 32

/* Recipients of refused routes until the next report; what comes beyond comes
 * again with the next try. */
#define MAILLOG_ROUTES 64
/* After a refused route so many deliveries to that hop are told with their
 * recipients: they may be of the same pattern. */
#define MAILLOG_WATCH 64

struct maillog_route {
	struct addr hop;
	bool refused; /* else delivered */
	char to[LIMIT_REPORT_RECIPIENT + 1];
};

struct maillog_hop {
	struct addr addr;
	uint64_t ok, failed, refused, replies; /* since the last report */
	char seen[MAILLOG_SEEN][MAILLOG_ID];
	size_t nseen;   /* in all; the oldest is overwritten */
	uint32_t watch; /* deliveries to be told with their recipients */
	uint64_t used;  /* by the tally's count: when it was heard of last */
};

/* Begin with { 0 }. */
struct maillog_tally {
	VEC(struct maillog_hop) hops;
	VEC(struct maillog_route) routes; /* in the order of the log */
	size_t told;                      /* so many of them */
	uint64_t used;                    /* lines that counted */
};

void maillog_count(
    struct maillog_tally *tally, const struct maillog_line *line);

/* Gives what was counted, one report at a time, in an order that tells what
 * came last: deliveries before refusals, routes at the end. False: there is
 * none left. */
bool maillog_next(struct maillog_tally *tally, struct report *out);

void maillog_done(struct maillog_tally *tally);

#endif
