/*
 * damp.h - damping: how long something must have been well before it is
 * believed, when it has failed before (the idea of RFC 2439, for one link).
 *
 *     failures        free   + 1     + 2    + 3      and more
 *     to be well for  0      first   x 3    x 9 ...  most
 *
 * Some failures cost nothing; each further one makes the time three times
 * longer. For each `calm_ms` without one, one is forgotten.
 */

#ifndef CORE_DAMP_H
#define CORE_DAMP_H

#include <stdint.h>

#include "base/mono.h"

struct damp_rule {
	uint32_t free;
	uint64_t first_ms, most_ms, calm_ms;
};

struct damp {
	uint32_t failures;
	struct mono last; /* of them */
};

/* It has failed again. */
void damp_failed(
    struct damp *damp, const struct damp_rule *rule, struct mono now);

/* Milliseconds for which it must have been well. */
uint64_t damp_hold_off(const struct damp *damp, const struct damp_rule *rule);

#endif
