/*
 * subject.h - what `explain` and `trace` are asked about: an address, one in
 * <>, a domain, or the id of a message in the queue of Postfix or Exim, whose
 * recipients it is then.
 */

#ifndef CTL_SUBJECT_H
#define CTL_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
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

/* Adds an address. */
void subject_add(struct subject *subject, const char *text, size_t n);
/* What `postqueue -j` (or `exim -bp`) says of the message with this id, if it
 * says anything; the text is cut for it. */
void subject_postqueue(struct subject *subject, char *text, const char *id);
void subject_exim(struct subject *subject, char *text, const char *id);

#endif
