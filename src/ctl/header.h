/*
 * header.h - the header of a message in a file, as far as lsrd-trace(7) reads
 * one: the fields LSR-Trace, Received and Message-ID, unfolded.
 *
 * The octets are a stranger's. Whatever they are something is read, up to
 * the first line that can be none of a header.
 */

#ifndef CTL_HEADER_H
#define CTL_HEADER_H

#include <stddef.h>

#include "core/trace/mark.h"

/* More has no header that any MTA takes: Postfix's header_size_limit is a
 * tenth of it, for each field. */
#define HEADER_OCTETS_MAX 1048576

struct header {
	struct mark_trace trace; /* not verified */
	unsigned traces;         /* fields LSR-Trace, those not kept, too */
	unsigned received;
	char *id, *oldest; /* Message-ID, the last Received; or NULL */
};

/* A line `From ` before all else, as in an mbox, is passed over. */
void header_read(const char *octets, size_t n, struct header *out);
void header_done(struct header *header);

/* The digest that visits are signed with; false: there is neither. */
bool header_message(const struct header *header, const struct crypto *crypto,
    uint8_t message[CRYPTO_DIGEST]);

#endif
