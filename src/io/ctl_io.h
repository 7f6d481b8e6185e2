/*
 * ctl_io.h - the control socket: one line asked, JSON lines answered, and
 * the daemon closes.
 *
 *     accept --> who is it? --> a line --> allowed? --> IN_QUERY
 *                                             |            |
 *                    `reload`, `confirm` -----+        FX_REPLY ... last
 *
 * The kernel says who asks. Root and the daemon's own user may ask anything,
 * members of the daemon's group what only reads; others get nothing. A line
 * has at most CTL_IO_LINE octets, `inject` CTL_IO_INJECT. Who asks slowly or
 * does not read the answer is dropped after CTL_IO_PATIENCE_S. Whoever is not
 * root leaves CTL_IO_KEPT places free: however many of them ask, root is heard.
 * One question is answered at a time, part by part (LIMIT_ANSWER_PART), root's
 * first, and all others have a fifth of the loop's time together.
 * When descriptors run out those go who have asked nothing for a second.
 *
 * What is refused here is answered by one object: {"error":"..."}. An answer
 * of nothing is an empty line: one that broke off has none.
 */

#ifndef IO_CTL_IO_H
#define IO_CTL_IO_H

#include "base/buf.h"
#include "core/lsa/limits.h"
#include "io/loop.h"
#include "io/sink.h"

#define CTL_IO_LINE 4096
#define CTL_IO_LOGIN LIMIT_WHO_OCTETS
#define CTL_IO_INJECT 200000
#define CTL_IO_CLIENTS 32
#define CTL_IO_KEPT 8 /* of them */
#define CTL_IO_PATIENCE_S 10

struct ctl_io;

/* Does what the line says (`reload dry`, `confirm`) and appends JSON objects
 * that tell what became of it, the last one without a line feed. */
typedef void ctl_io_own(void *ctx, const char *line, struct buf *answer);

/* Carries out FX_REPLY. Loop and sink are lent for its life. */
struct ctl_io *ctl_io_new(
    struct loop *loop, struct sink *sink, ctl_io_own *own, void *ctx);

/*
 * Makes the socket at this path, for us and our group. What a daemon that
 * died left there is removed. RC_STATE: another daemon answers there; RC_LONG:
 * the path does not fit; RC_IO: errno tells.
 */
int ctl_io_listen(struct ctl_io *io, const char *path);

/* Has the engine answer to the log, line by line, as `dump`. */
void ctl_io_dump(struct ctl_io *io, const char *request);

/* Removes the socket; clients are dropped. */
void ctl_io_free(struct ctl_io *io);

#endif
