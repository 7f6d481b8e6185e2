/*
 * bucket.h - token buckets: they delay, they never drop.
 *
 * A bucket holds up to `burst` tokens and gains one every `each_ms`.
 */

#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct bucket {
	uint32_t burst, each_ms;
	uint32_t spent;
	struct mono since; /* the tokens spent are counted from here */
};

/* Takes `n` tokens at once: true; false when there are not so many. */
bool bucket_spend(struct bucket *bucket, uint32_t n, struct mono now);

/* Takes a token: true. When there is none: false, and *when says when. */
bool bucket_take(struct bucket *bucket, struct mono now, struct mono *when);

/* True if there is a token beyond `reserve` of them; takes none. *when as
 * above. */
bool bucket_has(struct bucket *bucket, struct mono now, uint32_t reserve,
    struct mono *when);

#endif
