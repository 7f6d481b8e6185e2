/*
 * check.h - what must be true unless we ourselves erred.
 *
 * CHECK() stays in releases: a process that knows it is wrong stops at once,
 * and mail goes on over the last good routes. Never for what comes from
 * outside: a peer, a file, an option get a reason of rc.h instead.
 */

#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdlib.h>

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			abort();                                               \
	} while (0)

#endif
