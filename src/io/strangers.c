#include "io/strangers.h"

#include "base/rng.h"
#include "core/lsa/limits.h"

void
strangers_init(struct strangers *s, uint64_t seed)
{
	*s = (struct strangers){ .seed = seed };
	s->all = (struct bucket){ .burst = LIMIT_STRANGERS_BURST,
		.each_ms = LIMIT_STRANGERS_EACH_MS };
	for (size_t i = 0; i < STRANGERS_SOURCES; i++)
		s->of[i] = (struct bucket){ .burst = LIMIT_STRANGER_BURST,
			.each_ms = LIMIT_STRANGER_EACH_MS };
}

static struct bucket *
bucket_of(struct strangers *s, const struct addr *from)
{
	size_t n = from->family == 6 ? 8 : 4;
	struct rng rng = { .state = s->seed ^ from->family };

	for (size_t i = 0; i < n; i++)
		rng.state = rng_next(&rng) ^ from->ip[i];
	return &s->of[rng_next(&rng) % STRANGERS_SOURCES];
}

bool
strangers_take(struct strangers *s, const struct addr *from, struct mono now)
{
	struct mono when;

	return bucket_take(bucket_of(s, from), now, &when) &&
	       bucket_take(&s->all, now, &when);
}
