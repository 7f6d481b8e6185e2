/*
 * listens.h - the TCP ports at which something listens on this host, and which
 * process that is: of /proc, as this user may read it. Root sees all of them.
 */

#ifndef CTL_LISTENS_H
#define CTL_LISTENS_H

#include "base/addr.h"
#include "base/vec.h"
#include "ctl/procs.h"

struct listens_one {
	struct addr addr; /* unspecified: at all of them */
	unsigned long inode;
	pid_t pid; /* 0: not known */
	char name[PROCS_NAME];
};

struct listens {
	VEC(struct listens_one) list; /* by port, then address */
};

void listens_find(struct listens *out);
void listens_done(struct listens *listens);

/* One line of /proc/net/tcp or tcp6; false: it is no listener, or no line. */
bool listens_read(const char *line, struct listens_one *out);

/* True if others than this host may reach it there. */
bool listens_beyond(const struct listens_one *one);

#endif
