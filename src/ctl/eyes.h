/*
 * eyes.h - what another user may read, asked by root: that root may read all of
 * it says nothing.
 */

#ifndef CTL_EYES_H
#define CTL_EYES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Root's groups, while he looks with the eyes of another. */
struct eyes {
	gid_t groups[NGROUPS_MAX];
	int n;
};

/* Until eyes_own() we read what `user` may read. False: we are not root, or
 * there is no such user. */
bool eyes_of(struct eyes *eyes, const char *user);
void eyes_own(const struct eyes *eyes);

#endif
