/*
 * mail.h - messages in a network whose tables disagree: does the rule of
 * core/trace/mark.h end the loops, and does it refuse nothing else?
 *
 * A world is a few mail servers, drawn from a seed: which table each has in
 * force when, until they converge; who is down, refuses, leaves no marks or
 * takes them off; whose clock is wrong. post.c does with a message what
 * Postfix does with it, hop.c what lsrd-milter does, by the code of the core
 * itself. Time is virtual, in milliseconds.
 */

#ifndef T_SIM_MAIL_MAIL_H
#define T_SIM_MAIL_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/vec.h"
#include "core/trace/mark.h"

#define SERVERS 10
#define ADDRESSES 24
#define HOPS 4

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* The wall clock at the beginning of every world. */
#define EPOCH (INT64_C(1794787200) * 1000)

struct hops {
	uint8_t n, v[HOPS];
};

/* What all servers would publish if they believed the same. */
struct belief {
	struct hops route[SERVERS][SERVERS]; /* of a server, to a home */
};

/* A table in force from a time on, until the next one. */
struct segment {
	int64_t from;
	const struct belief *belief;
	const struct belief *other; /* every other generation, or NULL */
	int64_t churn;              /* a new generation so often; 0: never */
	struct mtable_version first;
};

struct span {
	int64_t from, to;
};

struct server {
	VEC(struct segment) tables;
	VEC(struct span) down;    /* does nothing */
	VEC(struct span) refuses; /* every message, for now */
	bool plain;               /* no milter: neither marks nor judges */
	bool strips;              /* takes marks off what it sends */
	bool filters;             /* content: each message comes twice */
	bool rolled;              /* its mark key, at `roll` */
	int64_t roll;
	int64_t clock;         /* wrong by so much */
	int64_t step_at, step; /* and from then on by so much more */
	unsigned knows;        /* whose mark keys, until the repair */
	int64_t behind; /* its milter's table is written so often: 0: with the
			   MTA's own */
	int64_t phase;
	struct mark_memory *memory; /* made when it is needed */
};

struct address {
	uint8_t home;
	bool local;     /* an alias that makes a message of its own */
	uint32_t alias; /* a set of addresses; 0: delivered */
	char text[40];
};

struct world {
	struct rng rng;
	uint64_t seed;
	size_t n, naddresses;
	struct server server[SERVERS];
	struct address address[ADDRESSES];
	VEC(struct belief *) beliefs;
	uint8_t cost[SERVERS][SERVERS]; /* of the links; 0: none */
	int64_t converged;              /* from then on tables are right */
	int64_t repaired;               /* and nobody is down any more */
	bool lost_replies;
	bool keeps; /* every mark, and every clock as it is */
	unsigned hop_limit;
	uint64_t serial; /* of the last Received field */
	const char *style;
	bool tells;
	bool whole; /* as by a table that does not tell of each route */
};

/* How the worlds are to be. */
struct design {
	bool lasting;   /* tables set against each other for good */
	bool tells;     /* every hop, as comments */
	bool whole;     /* a change of any route is one of all */
	int64_t behind; /* milters' tables are, up to so much */
	unsigned hop_limit;
};

/* --- world.c ---------------------------------------------------------------- */

void world_draw(struct world *w, uint64_t seed, const struct design *design);
void world_done(struct world *w);

bool in_span(const struct span *v, size_t n, int64_t t, int64_t *until);
bool is_down(const struct server *s, int64_t t, int64_t *until);

/* Which table a server has in force, and where its mail for a home goes. */
struct mtable_version version_at(const struct server *s, int64_t t);
const struct hops *route_at(
    const struct world *w, size_t server, size_t home, int64_t t);

/* The first table since which, until that at t, the mail for a home has gone
 * the same way. */
struct mtable_version unchanged_at(
    const struct world *w, size_t server, size_t home, int64_t t);

/* Of which moment the milter's table is: Postfix's is newer. */
int64_t milter_at(const struct server *s, int64_t t);

/* When the next table after t comes into force that has another route from
 * the server to the home; INT64_MAX: never. */
int64_t route_moves(
    const struct world *w, size_t server, size_t home, int64_t t);

/* --- tables.c ---------------------------------------------------------------- */

/* Tables by shortest paths over the links that are left. */
void belief_paths(
    struct belief *out, const struct world *w, uint8_t (*cost)[SERVERS]);

/* Each server a random list, whatever comes of it. */
void belief_wild(struct belief *out, struct world *w);

/* --- a message ---------------------------------------------------------------- */

/* Where a copy has been, for the truth about loops. */
struct past {
	uint8_t server;
	uint32_t recipients;
	int64_t t;
};

/* What is in one queue. */
struct copy {
	size_t server;
	uint32_t recipients;
	struct buf marks; /* LSR-Trace fields, each with a NUL behind it */
	VEC(struct past) past;
	VEC(uint64_t) fields; /* Received, the oldest first */
	int64_t arrived;
	int64_t again;   /* the second attempt after a publish; 0: none */
	int64_t retried; /* the last attempt that a publish asked for */
};

struct copy *copy_new(const struct copy *of); /* NULL: empty */
void copy_free(struct copy *copy);

enum answer { ACCEPTED, REFUSED, TOO_MANY_HOPS };

/* What was seen, of all messages. */
struct tally {
	uint64_t messages, recipients, delivered, bounced, expired, lost;
	uint64_t hops, attempts, verdict[MARK_OFTEN + 1];
	uint64_t
	    wrongly;    /* refused what was never here with these recipients */
	uint64_t moved; /* refused by routes that are others than they were */
	uint64_t doubled, replies_lost, endless;
	uint64_t turned;      /* messages that were refused at least once */
	uint64_t waiting;     /* underway at the repair */
	uint64_t late;        /* of them: there more than 10 minutes after it */
	uint64_t late_turned; /* of those: messages that were refused */
	uint64_t bounced_messages;
	int64_t latest;       /* after the repair */
	int64_t bounce_first; /* time from the first hop to a bounce */
	unsigned received;    /* most fields */
	unsigned visits;      /* most of one copy at one server */
	unsigned quick;       /* and within 15 minutes */
};

/* --- hop.c -------------------------------------------------------------------- */

/*
 * A transaction of `copy` arrives at `server` at time t with these
 * recipients. ACCEPTED: *copy is what is in the queue there then, with our
 * visit on it.
 */
enum answer hop_arrive(struct world *w, struct copy *copy, size_t server,
    int64_t t, struct tally *tally);

/* Which message the copies are of. */
void hop_message(uint64_t message);

/* --- post.c -------------------------------------------------------------------- */

/* Sends one message through the world, until nothing of it is queued. */
void post_message(struct world *w, uint64_t serial, struct tally *tally);

#endif
