/*
 * maincf.h - a main.cf, or what postconf(1) prints of one: names and values,
 * with `$name` put in, and Postfix's own defaults where a map needs them.
 */

#ifndef CTL_IMPORT_MAINCF_H
#define CTL_IMPORT_MAINCF_H

#include "base/vec.h"

struct maincf_line {
	char *name, *value;
	unsigned line;
};

struct maincf {
	VEC(struct maincf_line)
	list; /* as written; the last of a name counts */
};

void maincf_read(struct maincf *cf, const char *text);
void maincf_done(struct maincf *cf);

/* The value as written, or the default, which may be ""; lent. */
const char *maincf_raw(const struct maincf *cf, const char *name);

/* With $name, ${name}, $(name) and ${name?text}, ${name:text} put in; the
 * caller's. */
char *maincf_full(const struct maincf *cf, const char *name);

/* Where it stands; 0: it does not. */
unsigned maincf_line_of(const struct maincf *cf, const char *name);

#endif
