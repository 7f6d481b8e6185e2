/*
 * session.h - what one message has told us so far, and what follows from it
 * (HACKING 6, Messages). Pure: who sees the message fills it, one after the
 * other, and does what it says: lsrd-milter's callbacks (milter/filter.c), and
 * the object that Exim loads (exim/judge.c).
 *
 *     session_from() session_to()... session_header()...
 *         session_verify() session_judge() --> refused: 451 4.4.6
 *                          session_rule()  --> by limits: refused, steered
 *                                          --> session_visit(), on top of it
 *     session_clear()
 */

#ifndef MESSAGE_SESSION_H
#define MESSAGE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "core/trace/mark.h"
#include "message/admission.h"
#include "message/basis.h"

#define SESSION_ROUTE "LSR-Route" /* a field; an arriving one is a forgery */
#define SESSION_VERB "X-LSA-2"

struct session {
	char *sender; /* lower case, without < >; NULL: no message is open */
	VEC(char *) recipients; /* so, too; in the order they came */
	struct mark_trace trace;
	unsigned traces, routes; /* fields LSR-Trace, LSR-Route */
	uint64_t lines;          /* of the header so far */
	uint64_t reach;          /* sum of those down to each LSR- field */
	unsigned received;       /* fields Received that came with it */
	char *id;                /* Message-ID; NULL: none */
	char *oldest;            /* Received, the last of the header; or NULL */
	struct buf path;         /* all Received, each with a NUL behind it */
	uint64_t declared;       /* SIZE= of MAIL; 0: not said */
	bool beyond;             /* a bound: no decision about this message */
	bool local;              /* came from this host itself */
	struct admission
	    admission; /* of connectors, and what it says to them */

	/* by session_verify() */
	uint8_t message[CRYPTO_DIGEST];
	struct mark_self self[2];   /* by basis->key */
	const struct visit *before; /* in `trace`: ours, when it came to this
				       host; a content filter gave it back */
	bool filtered;              /* so, or to other recipients than before */
};

/* A session starts as all zero; this makes it so again. */
void session_clear(struct session *s);

/* MAIL begins a message; `size` is its SIZE=. RCPT adds one who was taken. */
void session_from(struct session *s, const char *path, uint64_t size);
void session_to(struct session *s, const char *path);

/* The last one was not taken after all. */
void session_drop(struct session *s);

/* What is kept of all fields together is bounded, whatever they are. */
void session_header(struct session *s, const char *name, const char *value);

/*
 * True when the message has more fields of ours than hops could have put
 * there, or so deep in its header that to take them off would cost the MTA
 * out of proportion (LIMIT_STRIP_LINES): no honest server writes it. None of
 * its marks is believed then, and none is touched; its limits hold.
 */
bool session_crowded(const struct session *s);

/* SIZE=N among the parameters of MAIL, which end with NULL; 0: not said. */
uint64_t session_size(char *const *parameters);

/*
 * True when a client with this address is the host itself: it comes by
 * loopback, or from the address that it came to (`daemon`, as the MTA has it;
 * NULL: not said).
 */
bool session_is_own(const char *client, const char *daemon);

/* True when the line that the MTA does not know begins with our verb. */
bool session_is_verb(const char *line);

/* Whom and when a decision asks. All of it is lent. */
struct session_ask {
	const struct basis *basis;
	const struct crypto *crypto; /* signs with basis->key[0] */
	uint64_t time_ms;            /* since 1970 */
	unsigned hop_limit;
	const char *reinject; /* where sendmail(1)'s can wait; or NULL */
};

/* At the end of the message: says which of s->trace's fields stand, and fills
 * s->message and s->self. First of the four; it does the slow part. */
void session_verify(struct session *s, const struct session_ask *ask);

/*
 * False when the message is yet to go to a content filter of this host: a
 * route of its own would go before it. It gets one when it comes back.
 */
bool session_may_steer(const struct session *s, const struct session_ask *ask);

/* The visit at the first hop, where it stands; or NULL. */
const struct visit *session_first(const struct session *s);

/* Whether nobody has taken it but this host, which may refuse it for good. */
bool session_is_first(const struct session *s, const struct session_ask *ask);

/* Any but MARK_PASSES: 451 4.4.6. The memory, or NULL, is looked at only where
 * session_received() is MARK_REMEMBER_RECEIVED at least. */
enum mark_verdict session_judge(const struct session *s,
    const struct session_ask *ask, const struct mark_memory *memory);

/*
 * What the limits of connectors make of it (core/trace/ruling.h), with its
 * text. Size, priority and sender are those of the first visit that stands on
 * the message, so that every hop computes alike; at the first hop its own.
 * *message is what it was judged by.
 */
enum ruling session_rule(const struct session *s, const struct session_ask *ask,
    struct policy_message *message, struct buf *text);

/* Our own visit, signed, to be put on top of the message: in the place of
 * s->before, where there is one. */
void session_visit(const struct session *s, const struct session_ask *ask,
    struct visit *visit);

/* Received fields, that of this transaction included. */
unsigned session_received(const struct session *s);

#endif
