/*
 * priv.h - what is done as root, and the end of being root.
 *
 *     root: bind, make folders --> priv_drop() --> for good: no root;
 *                                  make the folders within its own
 *
 * Started as an ordinary user, all of it is skipped: then that user must be
 * able to bind and to write (a service manager gives the sockets, or the
 * port is above 1023).
 */

#ifndef DAEMON_PRIV_H
#define DAEMON_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg/conf.h"

#define PRIV_SOCKETS 64 /* addresses to listen on */

/* Listening sockets; those that were inherited come first. */
struct priv_sockets {
	int fd[PRIV_SOCKETS];
	size_t n;
};

/*
 * Binds every address of peer-listen at which no socket of *sockets listens
 * already. RC_IO: errno tells, *failed is the address; RC_LIMIT: too many.
 * All sockets stay the caller's.
 */
int priv_bind(const struct conf *conf, struct priv_sockets *sockets,
    const struct addr **failed);

/*
 * The folders of state, tables and control socket: made where they are
 * missing (the last part of the path only). Root makes those in a folder of
 * its own, for `user`, and no other: in the user's own folders a link could
 * lead it anywhere. So it is called once more after priv_drop().
 * RC_IO: errno tells, *failed is the path; static memory.
 */
int priv_folders(const struct conf *conf, const char **failed);

/*
 * Becomes `user` for good, with the groups that the system gives him, and
 * sees that there is no way back. RC_NONE: no such user; RC_STATE: it is
 * root itself, which is allowed with `lab` alone; RC_IO: errno tells. Does
 * nothing when we are not root.
 */
int priv_drop(const char *user, bool lab);

#endif
