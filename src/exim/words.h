/*
 * words.h - the first argument of each function: `key=value` with blanks
 * between, of what Exim itself says (addresses of hosts, numbers, its name for
 * the message), of files that the configuration names, and of what
 * lsr_trace_judge() has told. What is not known is left out, and a key that we
 * do not know is left alone: the configuration may be newer than the object.
 * Of one that is said twice the last one counts.
 */

#ifndef EXIM_WORDS_H
#define EXIM_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/lsa/limits.h"

#define WORDS_PATH 255
#define WORDS_ADDRESS 63

struct words {
	char table[WORDS_PATH + 1], key[WORDS_PATH + 1];
	char previous[WORDS_PATH + 1]; /* ""; there is none */
	char memory[WORDS_PATH + 1];   /* memory.h; "": there is none */
	unsigned hop_limit;

	char client[WORDS_ADDRESS + 1]; /* ""; by exim or sendmail(1) */
	char here[WORDS_ADDRESS + 1];   /* where the client came to */
	char id[WORDS_ADDRESS + 1];     /* of the message */
	unsigned received;              /* fields, that of this hop included */
	unsigned routes;                /* fields LSR-Route */
	uint64_t size, lines;

	/* by lsr_trace_judge(), for who routes */
	bool judged;
	bool first;           /* no other hop has marked it */
	uint64_t loop, epoch; /* it came back by this table; 0: it did not */
	uint8_t priority;
	char sender[LIMIT_SENDER_OCTETS + 1]; /* of the first mark */
	bool sender_said;
};

/* What is not said is as lsrd-milter has it. */
void words_read(struct words *words, const char *text);

#endif
