/*
 * aside.h - work in a process of its own, so that nothing waits for it: the
 * publisher goes on meanwhile. One at a time.
 *
 *     none --aside_begin--> at work --its result, or its end--> none
 *
 * The child has a copy of what there was when it began, and of descriptors its
 * end of a pipe alone: no lock stays taken for it. It ends with its parent.
 */

#ifndef PUBLISH_ASIDE_H
#define PUBLISH_ASIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct aside {
	pid_t pid;
	int fd; /* readable when it has ended; -1: there is none */
};

void aside_init(struct aside *aside);

/* What the child tells besides; what it means is the work's matter. */
struct aside_told {
	uint64_t v[4];
};

/* Has work() done, whose result is a code of rc.h and errno. RC_OK, or RC_IO:
 * errno tells why there is no process. */
int aside_begin(struct aside *aside,
    int (*work)(void *ctx, struct aside_told *told), void *ctx);

/* Once `fd` is readable: the result; errno is the child's. RC_IO with ECHILD
 * for one that was killed. */
int aside_end(struct aside *aside, struct aside_told *told);

/* Ends it, if there is one. */
void aside_done(struct aside *aside);

#endif
