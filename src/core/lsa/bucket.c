#include "core/lsa/bucket.h"

/* Tokens that have come since. */
static void
refill(struct bucket *bucket, struct mono now)
{
	uint64_t back = mono_since(bucket->since, now) / bucket->each_ms;

	if (bucket->spent == 0 || back >= bucket->spent) {
		bucket->spent = 0;
		bucket->since = now;
	} else {
		bucket->spent -= (uint32_t)back;
		bucket->since =
		    mono_after(bucket->since, back * bucket->each_ms);
	}
}

bool
bucket_has(
    struct bucket *bucket, struct mono now, uint32_t reserve, struct mono *when)
{
	uint32_t room = bucket->burst - reserve;

	refill(bucket, now);
	if (bucket->spent < room)
		return true;
	*when = mono_after(bucket->since,
	    (uint64_t)(bucket->spent - room + 1) * bucket->each_ms);
	return false;
}

bool
bucket_spend(struct bucket *bucket, uint32_t n, struct mono now)
{
	refill(bucket, now);
	if (n > bucket->burst - bucket->spent)
		return false;
	bucket->spent += n;
	return true;
}

bool
bucket_take(struct bucket *bucket, struct mono now, struct mono *when)
{
	if (bucket_spend(bucket, 1, now))
		return true;
	*when = mono_after(bucket->since, bucket->each_ms);
	return false;
}
