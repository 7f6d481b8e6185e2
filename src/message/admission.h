/*
 * admission.h - what the limits of connectors ask of a message: its size and
 * its priority; and which recipients can come together where that is known at
 * RCPT. Pure: part of a session (session.h), which rules at the end.
 */

#ifndef MESSAGE_ADMISSION_H
#define MESSAGE_ADMISSION_H

#include "core/trace/mark.h"
#include "core/trace/ruling.h"
#include "message/basis.h"

struct admission {
	bool counts;      /* the body is shown to us */
	uint64_t octets;  /* header and body so far, lines ending in CRLF */
	uint8_t priority; /* of enum policy_priority; 0: nobody said */
	unsigned rank;    /* of what said it: the greatest counts */
	bool sendmail;    /* came by sendmail(1): no < > around its sender */

	/* at RCPT, where the size is known: */
	struct policy_message message;
	struct admit *admit; /* NULL: nothing is judged there, or every
				connector admits it */
	bool taken;
	struct admit_answer first; /* of the first recipient taken */
};

/* MAIL, as the MTA says it. */
void admission_mail(struct admission *l, char *const *args);

/* A field of the header; n octets of the body. */
void admission_field(struct admission *l, const char *name, const char *value);
void admission_body(struct admission *l, size_t n);

/* The size of a message whose sender said `declared`, or 0: not known. */
uint64_t admission_size(const struct admission *l, uint64_t declared);

/* RCPT will be judged by this message on this basis, which is lent until
 * admission_clear(), as is its sender. */
void admission_begin(struct admission *l, const struct basis *basis,
    const struct policy_message *message);

/* True if the recipient (lower case) may come in this transaction. */
bool admission_take(struct admission *l, const char *address);

void admission_clear(struct admission *l);

#endif
