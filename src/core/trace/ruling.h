/*
 * ruling.h - what is said about a message that some connector does not admit,
 * from what is known of each recipient (lsrd-milter(8)). Pure.
 *
 * One FILTER holds for all recipients of a message and stays with it in the
 * queue. So the recipients of a transaction must need the same; those that do
 * not are asked for again, each in good time:
 *
 *     at RCPT, where the size is known     452 4.5.3 for the odd ones
 *     at the end, where it was not         451 4.3.1 for the whole, and the
 *                                          next try counts as known
 */

#ifndef CORE_RULING_H
#define CORE_RULING_H

#include "base/buf.h"
#include "core/trace/admit.h"

enum ruling {
	RULING_PASSES,   /* by the published table */
	RULING_STEERED,  /* by LSR-Route, for FILTER */
	RULING_REINJECT, /* the same, to our own smtpd, without a visit: there
			    a refusal is no fault of sendmail(1) */
	RULING_HELD,     /* 451 4.7.0 */
	RULING_NEVER,    /* 552 5.3.4 */
	RULING_SPLIT     /* 451 4.3.1; to be remembered */
};

struct ruling_ask {
	const struct admit_answer *answers; /* one a recipient; or the first's
					       and one that is odd beside it */
	size_t n;
	bool first;           /* no visit stands on it: the first hop */
	const char *reinject; /* from sendmail(1): where to; else NULL */
	const struct mtable *table;
};

/*
 * `text` gets the value of LSR-Route, or the text behind the status code:
 * printable, without a per cent sign.
 */
enum ruling ruling_make(const struct ruling_ask *ask, struct buf *text);

/* "passes", "steered", "reinject", "held", "never", "split" */
const char *ruling_word(enum ruling ruling);

/* True if the recipient must come in a transaction of its own: it needs
 * another way than the first one that was taken. `first_hop`: as in
 * struct ruling_ask. */
bool ruling_is_odd(const struct admit_answer *first,
    const struct admit_answer *next, bool first_hop);

/* --- the memory of the split ---------------------------------------------- */

/* Who tries again with the same message: each is lent. */
struct ruling_try {
	const char *client, *sender; /* an address; lower case */
	uint64_t declared;           /* SIZE=; 0: not said */
};

struct ruling_split {
	uint64_t hash; /* of the try; 0: nobody */
	uint64_t until_ms;
	uint64_t size; /* the message's own, when it was read */
	uint8_t priority;
};

/* For an hour. Begins as all zero; of too many the oldest goes, and its
 * message is split anew. */
struct ruling_memory {
	struct ruling_split v[LIMIT_SPLITS];
	size_t next;
};

void ruling_remember(struct ruling_memory *memory, const struct ruling_try *who,
    const struct policy_message *message, uint64_t now_ms);

/* Fills in size and priority of the message that was split, and returns
 * true; false: nobody remembers. */
bool ruling_recall(const struct ruling_memory *memory,
    const struct ruling_try *who, uint64_t now_ms,
    struct policy_message *message);

#endif
