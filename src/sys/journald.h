/*
 * journald.h - log lines for systemd's journal in its own protocol: the line
 * as everybody reads it, and beside it what is in it, to be asked for:
 *
 *     link-state: connector=london-paris, to=down
 *
 *     MESSAGE_ID=...  LSRD_EVENT=link-state
 *     LSRD_CONNECTOR=london-paris  LSRD_TO=down
 *
 * A field is the key of the line, in upper case; nothing is told twice, so
 * what writes a line need not know of fields. MESSAGE_ID is that of the word
 * (event_id.h), by which `journalctl -x` finds what the manual says of it.
 *
 * A datagram of a dozen lines of text needs no library: libsystemd would be a
 * dependency of every program that faces strangers. It never waits: what the
 * journal has no room for is counted, and told when it has again.
 */

#ifndef SYS_JOURNALD_H
#define SYS_JOURNALD_H

#include <stdatomic.h>
#include <stdbool.h>

#include <sys/un.h>

#include "base/buf.h"

#define JOURNALD_SOCKET "/run/systemd/journal/socket"

struct journald {
	int fd; /* -1: it is not there */
	struct sockaddr_un to;
	const char *ident; /* lent for ever */
	atomic_uint lost;  /* lines it had no room for */
};

/*
 * True when our standard error output is the journal's, as the service manager
 * says (JOURNAL_STREAM), and its socket can be used; else lines go where they
 * went before.
 */
bool journald_open(struct journald *journald, const char *ident);

/* The same, of that socket, whatever our output is. */
bool journald_open_at(
    struct journald *journald, const char *ident, const char *path);

/* From any thread. False: it did not come there, and is to be written to the
 * standard error output. `event` is NULL, or the word where the line has none
 * of ours at its head. */
bool journald_put(struct journald *journald, int priority, const char *event,
    const char *line);

/* The datagram of a line. */
void journald_encode(struct buf *out, const char *ident, int priority,
    const char *event, const char *line);

void journald_close(struct journald *journald);

#endif
