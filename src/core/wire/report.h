/*
 * report.h - what a reporter tells lsrd: one datagram, one line of text.
 *
 *     milter accepted=120 refused=1 misrouted=0
 *     evidence hop=198.51.100.5:25 ok=3 refused=0
 *     evidence hop=198.51.100.5:25 by=thin ok=1
 *     evidence by=fax ok=1
 *     queue hop=[2001:db8::5]:25 waiting=420 late=35 oldest=930
 *     route hop=198.51.100.5:25 to=user@paris.example.org refused=1
 *
 * The first word is the kind; each other is a word, `=` and what is counted
 * since the report before (of `queue`: what there is now). A line feed may end
 * the line. A report may get lost, and nobody waits for one: nothing but
 * counters and conditions may depend on it.
 *
 * A word that is not listed for its kind, or one said twice, refuses the
 * whole. The port of a hop may be left out: then every mail service at that
 * address is meant.
 */

#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/str.h"
#include "core/lsa/limits.h"

enum report_kind {
	REPORT_MILTER,   /* what lsrd-milter has done */
	REPORT_EVIDENCE, /* deliveries of the MTA to one next hop */
	REPORT_QUEUE,    /* what waits in the MTA's queue for one next hop */
	REPORT_ROUTE,    /* whether a next hop relays for one recipient */
	REPORT_KINDS
};

enum report_count {
	/* of a milter: messages */
	REPORT_ACCEPTED,  /* as they should be */
	REPORT_REFUSED,   /* 451 4.4.6: a loop */
	REPORT_HELD,      /* 451 4.7.0: no way admits them now */
	REPORT_DENIED,    /* 552 5.3.4: no way ever admits them */
	REPORT_STEERED,   /* given a route of their own, LSR-Route */
	REPORT_STRIPPED,  /* marks of strangers were taken off */
	REPORT_UNMARKED,  /* accepted unchanged: no table, no key, a fault */
	REPORT_MISROUTED, /* X-LSA-2 that reached the MTA */
	REPORT_DROPPED,   /* reports that could not be sent */
	/* of evidence */
	REPORT_OK,      /* recipients delivered */
	REPORT_FAILED,  /* connections that came to nothing */
	REPORT_TURNED,  /* "refused": messages for which no session came about
			  that could carry them (EHLO, TLS), each counted
			  once, none delivered in between */
	REPORT_REPLIES, /* what it answered to a message for now, or broke off:
			   it may be about that message alone */
	/* of a queue: recipients */
	REPORT_WAITING, /* all of them */
	REPORT_LATE,    /* those that have waited longer than they should */
	REPORT_OLDEST,  /* no recipients: seconds that the oldest has waited */
	/* of a route: tries */
	REPORT_RELAYED,   /* "ok": it was delivered */
	REPORT_UNRELAYED, /* "refused": it will not relay there for us */
	REPORT_COUNTS
};

struct report {
	enum report_kind kind;
	struct addr hop;           /* of all but a milter; port 0: not said */
	char by[STR_WORD_MAX + 1]; /* of evidence: the transport; "": that of
				      all routes. With one the hop may be
				      missing: family 0 */
	char to[LIMIT_REPORT_RECIPIENT + 1]; /* of a route: in lower case */
	uint64_t count[REPORT_COUNTS];       /* 0 to LIMIT_REPORT_COUNT */
};

/* "milter", "evidence", "queue", "route" */
const char *report_kind_word(enum report_kind kind);

/* Its word in a report of this kind, or NULL: it has no place there. */
const char *report_count_word(enum report_kind kind, enum report_count count);

/* Reads one line. RC_OK, or why not: RC_LONG, RC_FORMAT, RC_NAME (a word that
 * is not listed), RC_TWICE, RC_RANGE, RC_MISSING (no hop, or no recipient,
 * where one must be). */
int report_decode(struct report *out, const uint8_t *p, size_t n);

/* Appends the line without a line feed: what is 0 is left out, more than
 * LIMIT_REPORT_COUNT is said as that. */
void report_encode(struct buf *out, const struct report *report);

#endif
