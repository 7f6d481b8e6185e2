/*
 * subject.h - what `explain` and `trace` are asked about: an address, one in
 * <>, a domain, or the id of a message in the queue of Postfix or Exim, whose
 * recipients it is then.
 */

#ifndef CTL_SUBJECT_H
#define CTL_SUBJECT_H

#include <stdint.h>

#include "base/vec.h"

/* A domain stands for an address in it. */
#define SUBJECT_LOCAL "postmaster"

struct subject {
	VEC(char *) addresses; /* with A-labels, in the order of the queue */
	char *sender;          /* of a queued message; NULL: not known */
	uint64_t size;         /* of it; 0: not known */
};

/* CALL_OK; or CALL_USAGE after a complaint: it is none of these, or no queue
 * has it. Either way ended by subject_done(). */
int subject_read(const char *text, struct subject *subject);
void subject_done(struct subject *subject);

#endif
