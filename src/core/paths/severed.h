/*
 * severed.h - what a net loses when some of it goes: routes that have a way in
 * it, and none in what is left.
 *
 * Whether there is a way is a matter of what leads to what, and of no metric:
 * each net is folded into pieces within which all lead to all (R. E. Tarjan,
 * Depth-first search and linear graph algorithms, SIAM J. Comput. 1(2), 1972),
 * and the pieces, in the order in which they are found, hand on what can be
 * reached. Time in proportion to steps, for each few hundred patterns once: a
 * thousand servers take some milliseconds, so a daemon may ask.
 */

#ifndef CORE_SEVERED_H
#define CORE_SEVERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/paths/net.h"

/* A route is a present server and a pattern that exists for it (routes.h). */
struct severed {
	uint64_t routes;   /* that have no way any more */
	uint32_t servers;  /* whose they are */
	uint32_t patterns; /* to which they lead */
	/* one of them, if there are any; lent from the net of before */
	const char *server, *pattern;
};

/* Both nets have the same servers and claims. */
void severed_find(
    struct severed *out, const struct net *before, const struct net *after);

#endif
