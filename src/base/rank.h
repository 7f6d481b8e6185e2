/*
 * rank.h - rendezvous hashing (D. Thaler, C. Ravishankar, IEEE/ACM ToN 6(1),
 * 1998): of several names each has a rank for a text, and who comes or goes
 * moves no other. The same everywhere, and of no use against who chooses names.
 */

#ifndef BASE_RANK_H
#define BASE_RANK_H

#include "base/rng.h"

/* FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo). */
static inline uint64_t
rank_text(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 1099511628211u;
	return h;
}

/* Of two such: the greater comes first. */
static inline uint64_t
rank_mix(uint64_t text, uint64_t name)
{
	struct rng rng = { .state = text ^ (name << 1 | name >> 63) };

	return rng_next(&rng);
}

static inline uint64_t
rank_of(const char *text, const char *name)
{
	return rank_mix(rank_text(text), rank_text(name));
}

#endif
