/*
 * complain.h - how the parts of cfg tell what is wrong (cfg/conf.h has the
 * complaints themselves).
 */

#ifndef CFG_COMPLAIN_H
#define CFG_COMPLAIN_H

#include "cfg/conf.h"

/* Where it is, and how to mend it. All lent. */
struct complain_at {
	const char *file;
	unsigned line;
	const char *remedy; /* may be NULL */
	bool warning;
};

/* One complaint more. */
__attribute__((format(printf, 3, 4))) void complain(
    struct complaints *to, const struct complain_at *at, const char *fmt, ...);

/* Sorts by the file's first mention, then line; equal ones stay in order. */
void complain_sort(struct complaints *complaints);

#endif
