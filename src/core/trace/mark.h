/*
 * mark.h - the visits recorded on a message, and what they tell of loops
 * (lsrd-trace(7), THE RULE; it has the field octet for octet, too).
 *
 * Each hop that runs lsrd puts a field LSR-Trace on top of the message: one
 * visit, signed with its mark key over itself, the visit before it and the
 * Message-ID. Databases that disagree for a moment can send a message round;
 * the MTA's hop limit would make a bounce of it. Only our own visits, and
 * what followed them, tell that a message goes round by a table that has
 * not changed since; then it is refused for now, so that who has it keeps it.
 *
 * Pure: time is an argument, in milliseconds since 1970 by our own clock.
 * No clock of another server decides anything.
 */

#ifndef CORE_MARK_H
#define CORE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vec.h"
#include "core/lsa/crypto.h"
#include "core/lsa/limits.h"
#include "core/trace/mtable.h"

#define MARK_FIELD "LSR-Trace"
#define MARK_QUEUE_ID 31   /* octets; Exim's 23 are the longest */
#define MARK_RECIPIENTS 16 /* octets: nobody else compares it */

/* How long before a visit a table may have been replaced and Postfix still
 * deliver by it: its queue manager keeps an answer for 30 s. */
#define MARK_BEFORE_MS 31000

/* From so many Received fields on own visits are remembered as well. */
#define MARK_REMEMBER_RECEIVED 20

/* The longest visit, in octets. Its base64 fits a header line (RFC 5322
 * 2.1.1: 998). */
#define MARK_OCTETS_MAX (165 + LIMIT_SENDER_OCTETS)

struct visit {
	uint8_t key[CRYPTO_DIGEST];   /* digest of the mark key's public half */
	struct mtable_version now;    /* in force at the visit */
	struct mtable_version before; /* in force MARK_BEFORE_MS earlier */
	uint64_t time_ms;             /* since 1970, by that server's clock */
	uint8_t recipients[MARK_RECIPIENTS];

	bool first;       /* the first visit alone says the rest: */
	uint64_t size;    /* octets of the message; 0: not known */
	uint8_t priority; /* of enum policy_priority; 0: not known */
	char sender[LIMIT_SENDER_OCTETS + 1]; /* lower case; "": none */

	uint8_t octets[MARK_OCTETS_MAX]; /* as signed, then the signature */
	size_t length;
};

/*
 * What is signed with a visit of the message besides: a digest of its
 * Message-ID, of n octets. Blanks and line ends in it do not count. For a
 * message without one: of its oldest Received field, which no hop changes.
 */
void mark_message(const char *id, size_t n, const struct crypto *crypto,
    uint8_t message[CRYPTO_DIGEST]);

/* The secret that keys the digests of recipients; follows from the key that
 * crypto->sign() uses, so that it survives a restart without a file. */
void mark_secret(const struct crypto *crypto, uint8_t secret[CRYPTO_DIGEST]);

/*
 * Keyed digest of a transaction's recipients (without < >), in any order
 * and case; a repeated one counts once.
 */
void mark_recipients(const char *const *recipients, size_t n,
    const uint8_t secret[CRYPTO_DIGEST], const struct crypto *crypto,
    uint8_t out[MARK_RECIPIENTS]);

/*
 * Fills octets and length of a visit whose other fields are set, signed by
 * crypto->sign(), which must be that of visit->key. `previous` is the newest
 * visit that stands (mark_trace_newest()), or NULL.
 */
void mark_sign(struct visit *visit, const struct visit *previous,
    const uint8_t message[CRYPTO_DIGEST], const struct crypto *crypto);

/* Appends the field's value: one word of base64, no line end. */
void mark_encode(const struct visit *visit, struct buf *out);

/*
 * Reads the value of one field; blanks and line ends around it do not count.
 * RC_LONG, RC_FORMAT (no base64), RC_VERSION, RC_SHORT, RC_RANGE; *out is
 * not to be used then. The signature is not looked at.
 */
int mark_decode(const char *text, size_t n, struct visit *out);

/* --- the trace ------------------------------------------------------------ */

/* The public halves of mark keys: those of the present table. */
struct mark_keys {
	void *ctx;

	/* False for a key that no server of the organization has. */
	bool (*find)(void *ctx, const uint8_t key[CRYPTO_DIGEST],
	    uint8_t public_key[CRYPTO_PUBLIC]);
};

struct mark_field {
	bool stands;   /* else it is to be taken off the message */
	bool returned; /* by mark_trace_return(); does not stand then */
	struct visit visit;
};

/* The LSR-Trace fields of a message, in the order of the header. */
struct mark_trace {
	VEC(struct mark_field) fields; /* the newest first */
};

/* An empty trace is all zero. Adds the next field's value, from the top on;
 * of more than LIMIT_TRACE_FIELDS + 1 none is kept. */
void mark_trace_add(struct mark_trace *trace, const char *text, size_t n);

/*
 * Says which fields stand, from the oldest to the newest: those whose key is
 * known and whose signature holds over them, the visit before them that
 * stands and the message. None of more than LIMIT_TRACE_FIELDS.
 */
void mark_trace_verify(struct mark_trace *trace,
    const uint8_t message[CRYPTO_DIGEST], const struct mark_keys *keys,
    const struct crypto *crypto);

/* The newest visit that stands, and the oldest; NULL when there is none. */
const struct visit *mark_trace_newest(const struct mark_trace *trace);
const struct visit *mark_trace_first(const struct mark_trace *trace);

void mark_trace_done(struct mark_trace *trace);

/* --- the memory ------------------------------------------------------------ */

/*
 * Own visits of messages that have come far, so that a hop that takes our
 * marks off does not hide a loop. Bounded; the oldest goes first.
 */
struct mark_memory;

struct mark_memory *mark_memory_new(void);
void mark_memory_free(struct mark_memory *memory);

/*
 * To be called with each visit of our own that was put on a message with
 * MARK_REMEMBER_RECEIVED or more Received fields, our own included. The MTA
 * writes `queue_id` into the Received field that it adds here: only what has
 * such a field was here, and not a copy that another list or alias made, nor
 * one that the client sends again because it has not heard our answer. One
 * that is "" or too long is not remembered.
 */
void mark_memory_add(struct mark_memory *memory, const struct visit *visit,
    const uint8_t message[CRYPTO_DIGEST], const char *queue_id);

/* --- the rule --------------------------------------------------------------- */

/* One of our own mark keys. */
struct mark_self {
	uint8_t key[CRYPTO_DIGEST];
	uint8_t
	    recipients[MARK_RECIPIENTS]; /* the transaction's, by its secret */
};

/* All that the rule asks of the present. */
struct mark_present {
	uint64_t time_ms;
	struct mark_self self[2]; /* current, previous */
	size_t nself;
	unsigned received;  /* Received fields, our own included: R */
	unsigned hop_limit; /* the MTA's */
	uint8_t message[CRYPTO_DIGEST];

	const struct mark_memory *memory; /* or NULL */
	void *ctx;

	/*
	 * The table since which the present route of the recipient number i
	 * has been what it is; false: there are not so many.
	 */
	bool (*since)(void *ctx, size_t i, struct mtable_version *out);

	/*
	 * Whether the server with this mark key is a next hop of the present
	 * route of any recipient of the transaction.
	 */
	bool (*next_hop)(void *ctx, const uint8_t key[CRYPTO_DIGEST]);

	/* Whether a Received field that came with it has this queue id. */
	bool (*passed)(void *ctx, const char *queue_id);
};

enum mark_verdict {
	MARK_PASSES,
	MARK_SETTLED, /* by the present routes, settled before the visit */
	MARK_SAME,    /* by the present routes, and went on as it would now */
	MARK_OFTEN    /* here three times already within the window */
};

/*
 * For a message that came from this host itself, as from its own content
 * filter, after mark_trace_verify(): if the newest visit that stands is our
 * own, with the same recipients, then the message has not left since. That
 * visit is taken back, so that the one to be made now is in its place, and
 * returned, lent from the trace. NULL: there is none such.
 *
 * A loop through this host is found by the visits below it, as it was when
 * the message came from outside; one that never leaves this host by what is
 * remembered, from MARK_REMEMBER_RECEIVED on.
 */
const struct visit *mark_trace_return(
    struct mark_trace *trace, const struct mark_present *present);

/* Any but MARK_PASSES is to be answered with `451 4.4.6`. */
enum mark_verdict mark_judge(
    const struct mark_trace *trace, const struct mark_present *present);

/* "pass", "settled", "same", "often": for the log. */
const char *mark_word(enum mark_verdict verdict);

/*
 * How old a visit of our own may be and count, in milliseconds: 15 minutes
 * up to 12 Received fields, twice as much every hop_limit / 12 more (straight
 * lines between), at most 2 days. So a loop that lasts spends its hops ever
 * more slowly, whatever its length.
 */
uint64_t mark_window_ms(unsigned received, unsigned hop_limit);

#endif
