/*
 * limits.h - what the limits of connectors ask of a message: its size, its
 * priority, who sends it, and what follows for its recipients. Pure: part of
 * a session (session.h), filled by the callbacks.
 *
 * Size, priority and sender are those of the first visit that stands on the
 * message, so that every hop computes alike; at the first hop its own.
 */

#ifndef MILTER_LIMITS_H
#define MILTER_LIMITS_H

#include "core/trace/mark.h"
#include "core/trace/ruling.h"
#include "milter/basis.h"

struct limits {
	bool counts;      /* the body is shown to us */
	uint64_t octets;  /* header and body so far, lines ending in CRLF */
	uint8_t priority; /* of enum policy_priority; 0: nobody said */
	unsigned rank;    /* of what said it: the greatest counts */
	bool sendmail;    /* came by sendmail(1): no < > around its sender */

	/* at RCPT, where the size is known: */
	struct basis *basis; /* held; NULL: nothing is judged there */
	struct policy_message message;
	struct admit *admit; /* NULL: every connector admits it */
	bool taken;
	struct admit_answer first; /* of the first recipient taken */
};

/* MAIL, as the MTA says it. */
void limits_mail(struct limits *l, char *const *args);

/* A field of the header; n octets of the body. */
void limits_field(struct limits *l, const char *name, const char *value);
void limits_body(struct limits *l, size_t n);

/* The size of a message whose sender said `declared`, or 0: not known. */
uint64_t limits_size(const struct limits *l, uint64_t declared);

/* RCPT will be judged by this message on this basis, which is taken over and
 * comes back from limits_clear(). Its sender is lent. */
void limits_begin(struct limits *l, struct basis *basis,
    const struct policy_message *message);

/* True if the recipient (lower case) may come in this transaction. */
bool limits_take(struct limits *l, const char *address);

/* What the end of the message asks. All of it is lent. */
struct limits_ask {
	const struct basis *basis;
	const struct visit *first; /* on the message; NULL: none stands */
	bool crowded;              /* nobody knows where it began */
	const char *sender;
	const char *const *recipients;
	size_t n;
	uint64_t declared, time_ms;
	const char *reinject; /* or NULL */
};

/*
 * What is to be said (core/trace/ruling.h), with its text; *message is what it was
 * judged by.
 */
enum ruling limits_rule(const struct limits *l, const struct limits_ask *ask,
    struct policy_message *message, struct buf *text);

/* Ends what hangs on it, and returns the basis to be dropped, or NULL. */
struct basis *limits_clear(struct limits *l);

#endif
