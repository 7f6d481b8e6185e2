/*
 * front_io.h - where lsrd-front brings sessions that came to it inside SMTP
 * (lsrd-front(8)): a listening socket in the file system.
 *
 * Who connects there says in one line whom it brings,
 *
 *     lsrd-front/1 192.0.2.7 40712
 *
 * ended by a line feed, the address as inet_ntop(3) writes it. We say
 *
 *     ok
 *
 * ended by a line feed, when such a session may be tried, and close when
 * not. What follows is that peer's octets of TLS, both ways, without any
 * more of ours. A line of another form, or none within FRONT_IO_LINE_MS,
 * ends the connection.
 *
 * lsrd-front also tells what it has counted since its start, every few seconds,
 * by a connection of its own that is closed without an answer:
 *
 *     lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1 verbs=4
 *
 * There is a second socket for that, beside the first and called so with
 * FRONT_IO_COUNTED behind it: an lsrd that knows nothing of counts does not have
 * it, and is told none. What comes there is no matter for the log: one of a
 * later version may say more words, which are left out, or another line.
 */

#ifndef IO_FRONT_IO_H
#define IO_FRONT_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/mono.h"
#include "io/loop.h"
#include "io/sink.h"

#define FRONT_IO_GROUP "lsrd-front" /* may connect */
#define FRONT_IO_COUNTED ".counts"
#define FRONT_IO_LINE 192 /* octets, the line feed included */
#define FRONT_IO_LINE_MS 2000
#define FRONT_IO_PENDING 64 /* lines that are waited for; the oldest goes */

struct front_io;

/* A session was brought; the socket is the callee's, who has written nothing
 * to it when it returns. False: it is not taken, and has been closed. */
typedef bool front_io_brought(void *ctx, int fd, const struct addr *from);

/* All are lent for its life. */
struct front_io *front_io_new(
    struct loop *loop, struct sink *sink, front_io_brought *brought, void *ctx);

/* Once. RC_OK, or why not, as local_listen(). */
int front_io_listen(struct front_io *io, const char *path);

/* The line without its line feed. *from is set only if it is true. */
bool front_io_line(const char *line, size_t n, struct addr *from);

/* In the order of the line; all but the first since the start. */
enum front_io_count {
	FRONT_IO_SESSIONS, /* now */
	FRONT_IO_ACCEPTED,
	FRONT_IO_HANDED,
	FRONT_IO_REFUSED,
	FRONT_IO_VERBS,
	FRONT_IO_COUNTS
};

struct front_io_counts {
	uint64_t n[FRONT_IO_COUNTS];
	struct mono at; /* when they were told */
};

/* The same of a line of counts; all of them, in their order, once. Further
 * words may follow. */
bool front_io_counts_read(
    const char *line, size_t n, struct front_io_counts *out);

/* What was told last; NULL: nothing yet, or the socket is not there. */
const struct front_io_counts *front_io_counted(const struct front_io *io);

/* The files go, too. Sessions that were brought stay. */
void front_io_free(struct front_io *io);

#endif
