/*
 * regexp.h - address spaces out of a regular expression on addresses, where it
 * says no more than those do: /@example\.org$/, /[@.](a|b)\.example$/,
 * /^.*@(.+\.)?example\.org$/, /^user@example\.org$/, /./ and the like. What it
 * would meet besides is never left out in silence: another form is refused.
 */

#ifndef CTL_IMPORT_REGEXP_H
#define CTL_IMPORT_REGEXP_H

#include <stdbool.h>

#include "base/vec.h"

#define REGEXP_SPACES 64

struct regexp_spaces {
	VEC(char *) list; /* address spaces */
	bool loose;       /* a dot that was meant as one stood bare */
};

/* Adds them to *out, which begins empty. False: it cannot be said. */
bool regexp_spaces(struct regexp_spaces *out, const char *regexp);
void regexp_done(struct regexp_spaces *spaces);

#endif
