#include "base/near.h"

#include <string.h>

#define NEAR_MAX 24 /* longer than any name of ours */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance; NEAR_MAX when either is too long to be near. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NEAR_MAX + 1], n = strlen(a), m = strlen(b);

	if (n > NEAR_MAX || m > NEAR_MAX)
		return NEAR_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t up = row[j];

			row[j] = least(up + 1, row[j - 1] + 1,
			    corner + (a[i - 1] != b[j - 1]));
			corner = up;
		}
	}
	return row[m];
}

void
near_init(struct near *near, const char *name)
{
	near->name = name;
	near->best = NULL;
	near->distance = strlen(name) / 3 + 2;
}

void
near_offer(struct near *near, const char *known)
{
	size_t d = distance(near->name, known);

	if (d < near->distance) {
		near->distance = d;
		near->best = known;
	}
}
