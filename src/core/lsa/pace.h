/*
 * pace.h - token buckets: they delay, they never drop.
 *
 * A bucket holds up to `burst` tokens and gains one every `each_ms`.
 */

#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct pace {
	uint32_t burst, each_ms;
	uint32_t spent;
	struct mono since; /* the tokens spent are counted from here */
};

/* Takes `n` tokens at once: true; false when there are not so many. */
bool pace_spend(struct pace *pace, uint32_t n, struct mono now);

/* Takes a token: true. When there is none: false, and *when says when. */
bool pace_take(struct pace *pace, struct mono now, struct mono *when);

/* True if there is a token beyond `reserve` of them; takes none. *when as
 * above. */
bool pace_has(
    struct pace *pace, struct mono now, uint32_t reserve, struct mono *when);

#endif
