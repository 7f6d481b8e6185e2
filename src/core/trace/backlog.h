/*
 * backlog.h - what waits in the MTA's queue, told apart by next hop.
 *
 *     backlog_table(table)   whose next hop is which, and since when
 *     backlog_add(...)       each message and recipient of a listing
 *     backlog_next(report)   so much waits for each next hop
 *     backlog_over(...)      so much came before the end of a key's hour
 *     held                   the oldest message that waits for a hold
 *
 * A recipient belongs to the first next hop of its route. A deferred message
 * waits for that hop since the route leads there: it will be routed anew, so
 * mail that was steered away from a slow hop does not make the next one look
 * slow. Any other message has been routed when it came and stays with the hop
 * of that time, as the MTA does.
 *
 * Congestion is what waits for a hop's sake. A recipient for whom the hop has
 * answered (a full mailbox, a greylist) is not late, and one to whom many
 * deferred messages go is late once: a stranger fills one mailbox, and writes
 * to it as often as he likes. What an MTA calls deferred because it is sending
 * others stays and counts like any other message: it was routed, and waits its
 * turn.
 */

#ifndef CORE_BACKLOG_H
#define CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/vec.h"
#include "core/view/rib.h"
#include "core/wire/report.h"

/* So many hops of a route are remembered: one that changes oftener is damped
 * elsewhere. */
#define BACKLOG_TURNS 4

/* So far apart the two clocks may go between two looks: a correction. */
#define BACKLOG_DRIFT_S 5

/* Mail of so long after the end of a key's hour counts as before: the MTA
 * was told a moment later, and a process of its remembers its answers. */
#define BACKLOG_LATER_S 120

/* Where a pattern's mail goes, and went before. */
struct backlog_way {
	char *pattern;
	struct {
		struct addr hop; /* family 0: to no next hop */
		uint64_t since;  /* seconds since 1970 */
	} turn[BACKLOG_TURNS];   /* the newest first */
	size_t n;
	bool hold;       /* it has no path now */
	uint64_t ended;  /* the hour of its key, seconds since 1970; 0: none */
	bool heard;      /* before this listing began */
	uint64_t before; /* recipients of this listing that came before that */
};

struct backlog_hop {
	struct addr addr;
	bool used; /* by a turn of a way */
	uint64_t waiting, late, oldest_s;
};

/* Who was counted in a listing, by digest, each with his hop. */
struct backlog_seen {
	uint64_t *slots; /* 0: empty; of a power of two at most half are full */
	size_t n, room;
};

/* Queue ids are shorter. */
#define BACKLOG_ID 32

/* The oldest message of a listing that waits for a pattern on hold. */
struct backlog_held {
	char *pattern; /* NULL: there is none */
	char id[BACKLOG_ID];
	uint64_t came;
};

/* Begin with { 0 }. */
struct backlog {
	VEC(struct backlog_way) ways; /* by pattern */
	VEC(struct backlog_hop)
	hops;        /* those of earlier tables until they were
					 reported as empty */
	size_t next; /* of hops, to be reported */
	struct backlog_seen seen;
	struct backlog_held held;
	uint64_t epoch; /* the calendar when mono was 0; 0: not told yet */
	uint64_t set;   /* the calendar was set, then; 0: never */
};

/* What both clocks say now, before a table and a listing: an age in a calendar
 * that was set meanwhile is none, so all that waits begins to wait anew. */
void backlog_clock(struct backlog *backlog, struct mono now, uint64_t wall);

/* A new table is in force; `now`: seconds since 1970. */
void backlog_table(
    struct backlog *backlog, const struct rib *rib, uint64_t now);

/* A listing begins: nothing waits. */
void backlog_begin(struct backlog *backlog);

/* What is asked of each message. Times are seconds since 1970. */
struct backlog_wait {
	const char *id;         /* of the message; may be NULL */
	const char *recipient;  /* lower case */
	const char *delimiters; /* of extensions (match.h); NULL: none */
	uint64_t came;          /* 0: not known */
	bool deferred;
	bool answered; /* the hop has answered for this recipient */
	bool put_off;  /* no hop was asked: it is deferred as it has no turn */
	uint64_t now;
	uint64_t late_s; /* to wait for longer is too long */
};

/* A recipient waits. */
void backlog_add(struct backlog *backlog, const struct backlog_wait *wait);

/* The listing is whole: gives a report of each next hop; false: no more. */
bool backlog_next(struct backlog *backlog, struct report *out);

/* The same for the keys whose hour is over: *at begins as 0; NULL: no more.
 * *n recipients came before that. */
const char *backlog_over(
    const struct backlog *backlog, size_t *at, uint64_t *n);

/* Whether there are such keys. */
bool backlog_ends(const struct backlog *backlog);

/* Whether the table has patterns on hold. */
bool backlog_holds(const struct backlog *backlog);

void backlog_done(struct backlog *backlog);

#endif
