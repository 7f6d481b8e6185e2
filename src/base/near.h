/*
 * near.h - the word that was probably meant: of those known the one with the
 * fewest letters to change, if they are few.
 */

#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

struct near {
	const char *name; /* that was written; lent */
	const char *best; /* of those offered; NULL: none is near */
	size_t distance;
};

/* A third of the letters may be wrong, and at least one. */
void near_init(struct near *near, const char *name);

/* One that is known: lent until the end. */
void near_offer(struct near *near, const char *known);

#endif
