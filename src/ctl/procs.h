/*
 * procs.h - the processes of this host: of those below our own root directory,
 * so that a container sees its own and its host none of them.
 */

#ifndef CTL_PROCS_H
#define CTL_PROCS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Calls `each` with the process and its arguments, each ended with NUL, lent
 * for the call, until it returns false. */
void procs_each(
    bool (*each)(void *ctx, pid_t pid, const struct buf *args), void *ctx);

/* True if one of the arguments is, or begins with, this text. */
bool procs_has(const struct buf *args, const char *text, bool whole);

/* When it began, in seconds since 1970; 0: not known. */
int64_t procs_began(pid_t pid);

/* True if it is a member of the group; also where that cannot be told. */
bool procs_in_group(pid_t pid, gid_t group);

/* The name (15 octets at most) of the process that listens at this TCP port,
 * of several the first; false: none, or it cannot be told. */
#define PROCS_NAME 16
bool procs_listener(uint16_t port, char out[PROCS_NAME]);

/* True if a process of this name listens at a TCP port, whichever. */
bool procs_listens(const char *name);

#endif
