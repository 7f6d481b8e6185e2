/*
 * tally.h - what the lines of an MTA's log told of its next hops, gathered
 * until it is reported (core/wire/report.h). Pure.
 */

#ifndef LOG_TALLY_H
#define LOG_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/vec.h"
#include "core/wire/report.h"

#define TALLY_ID 24 /* octets of a queue id and its NUL */

enum tally_what {
	TALLY_NOTHING,
	TALLY_OK,
	TALLY_FAILED,
	TALLY_REFUSED,
	TALLY_REPLIED,
	TALLY_UNRELAYED
};

struct tally_line {
	enum tally_what what;
	const char *by;    /* the transport; NULL: that of all routes. Lent for
			      the tally's life */
	struct addr hop;   /* port 0: the line does not say; family 0, with
			      `by` alone: it names none */
	char id[TALLY_ID]; /* of the message; empty: of none */
	/* in lower case; empty: not said, or not one that a report can say */
	char to[LIMIT_REPORT_RECIPIENT + 1];
};

/* The recipient of the n octets at p, as the MTA writes them, into a line; what
 * a report cannot say is left out. */
void tally_recipient(struct tally_line *line, const char *p, size_t n);

/* Hops are few. A server may name ever new addresses as its own: what comes
 * beyond takes the place of who was not heard of for the longest. */
#define TALLY_HOPS 256
/* A message that is refused at each of its tries counts once, as long as so
 * many others were not refused after it. */
#define TALLY_SEEN 32

/* Recipients of refused routes until the next report; what comes beyond comes
 * again with the next try. */
#define TALLY_ROUTES 64
/* After a refused route so many deliveries to that hop are told with their
 * recipients: they may be of the same pattern. */
#define TALLY_WATCH 64

struct tally_route {
	struct addr hop;
	bool refused; /* else delivered */
	char to[LIMIT_REPORT_RECIPIENT + 1];
};

struct tally_hop {
	const char *by;
	struct addr addr;
	uint64_t ok, failed, refused, replies; /* since the last report */
	char seen[TALLY_SEEN][TALLY_ID];
	size_t nseen;   /* in all; the oldest is overwritten */
	uint32_t watch; /* deliveries to be told with their recipients */
	uint64_t used;  /* by the tally's count: when it was heard of last */
};

/* Begin with { 0 }. */
struct tally {
	VEC(struct tally_hop) hops;
	VEC(struct tally_route) routes; /* in the order of the log */
	size_t told;                    /* so many of them */
	uint64_t used;                  /* lines that counted */
};

void tally_count(struct tally *tally, const struct tally_line *line);

/* Gives what was counted, one report at a time, in an order that tells what
 * came last: deliveries before refusals, routes at the end. False: there is
 * none left. */
bool tally_next(struct tally *tally, struct report *out);

void tally_done(struct tally *tally);

#endif
