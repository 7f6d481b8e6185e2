/*
 * mono.h - a point in monotonic time, as a type of its own, so that it
 * cannot be mistaken for a duration or for the time of day.
 */

#ifndef BASE_MONO_H
#define BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	uint64_t ms; /* since some fixed moment of this boot */
};

#define MONO_NEVER ((struct mono){ UINT64_MAX })

static inline struct mono
mono_after(struct mono t, uint64_t ms)
{
	return (struct mono){ ms > UINT64_MAX - t.ms ? UINT64_MAX : t.ms + ms };
}

/* True once `t` has come. */
static inline bool
mono_due(struct mono t, struct mono now)
{
	return t.ms <= now.ms;
}

/* Milliseconds from `from` to `to`; 0 when `to` is the earlier one. */
static inline uint64_t
mono_since(struct mono from, struct mono to)
{
	return to.ms > from.ms ? to.ms - from.ms : 0;
}

static inline struct mono
mono_min(struct mono a, struct mono b)
{
	return a.ms < b.ms ? a : b;
}

#endif
