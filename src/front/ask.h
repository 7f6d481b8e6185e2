/*
 * ask.h - lsrd is asked to take a session that begins to say the verb: told
 * whom we bring, it says "ok", or closes (io/front_io.h). What it says
 * after that is TLS.
 */

#ifndef FRONT_ASK_H
#define FRONT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"

#define ASK_MS 3000 /* lsrd computes for less; one that is stopped is away */

struct front;
struct side;

struct ask {
	struct front *front;
	const struct addr *from; /* whom we bring, lent */
	struct mono since;       /* NEVER: nothing is asked now */
	size_t n;                /* octets of the answer that came */
};

void ask_init(struct ask *ask, struct front *front, const struct addr *from);

/* Opens `side` and asks; false: nobody is there, which is logged. */
bool ask_begin(struct ask *ask, struct side *side);

/* Until ask_end(). */
bool ask_is_open(const struct ask *ask);
bool ask_is_late(const struct ask *ask, struct mono now);

/* How many octets may be read from `side` meanwhile; and they come. True:
 * that was the answer, and *why_not is NULL or why it is a no. */
size_t ask_wants(const struct ask *ask);
bool ask_octets(
    struct ask *ask, const uint8_t *p, size_t n, const char **why_not);

/* It is answered, or why it never will be; logs that. */
void ask_end(struct ask *ask, const char *why_not);

#endif
