/*
 * congestion.h - how congested a next hop is, in four levels with hysteresis.
 *
 *     late messages   below n    n      4 n     16 n
 *     level           0          1      2       3      and the cost counts
 *                     x 1        x 2    x 4     x 8
 *
 * It rises at once: what counts is late already. It falls when less than half
 * of what its level needs has been late for some time; that time is four
 * readings at first and three times longer for each time that the hop became
 * congested again (damp.h), as long as 120 readings at most: so load that
 * comes back to a hop that is still slow does not swing for ever.
 */

#ifndef CORE_CONGESTION_H
#define CORE_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/view/damp.h"

#define CONGESTION_MOST 3

struct congestion_rule {
	uint64_t messages;    /* n; 0: there is no congestion */
	uint64_t interval_ms; /* between two readings */
};

struct congestion {
	uint8_t now; /* 0 to CONGESTION_MOST */
	bool calm;   /* less than half, since: */
	struct mono since;
	struct damp damp;
};

/* A reading: so many are late. True if the level has changed. */
bool congestion_read(struct congestion *l, const struct congestion_rule *rule,
    uint64_t late, struct mono now);

#endif
