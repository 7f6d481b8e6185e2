/*
 * peer_io.h - port 691, and X-LSA-2: accepts and dials, and carries the
 * sessions' octets between the peers and the engine.
 *
 *     accept --> allowed? --> handshake --> IN_OPEN, IN_BYTES, IN_DRAINED
 *     brought by lsrd-front --^
 *     FX_DIAL --> connect --> handshake --> IN_OPEN
 *                    |            |
 *                    +--- next address, and after the last IN_NO_DIAL
 *
 * It carries out FX_DIAL, FX_SEND, FX_CLOSE and FX_ALLOW. A session has a
 * number, given when its handshake is complete and never used again.
 *
 * Strangers cost little: an address that is not allowed is told so and closed
 * before TLS; of one source at most PEER_IO_SOURCE handshakes are under way and
 * in all PEER_IO_HALF, and where one more comes the oldest gives way that has
 * said nothing, so that a crowd that does not go on keeps nobody out; each has
 * ten seconds.
 *
 * Where who is on no list may come, it is by the certificate alone; those have
 * bounds of their own (strangers.h, LIMIT_STRANGERS_HALF), which leave to the
 * others all that they had.
 */

#ifndef IO_PEER_IO_H
#define IO_PEER_IO_H

#include <stddef.h>

#include "base/addr.h"
#include "io/loop.h"
#include "io/sink.h"
#include "io/tls.h"

#define PEER_IO_SOURCE 16
#define PEER_IO_HALF 512
#define PEER_IO_CONNECT_MS 3000

struct peer_io;

/* Both are lent for its life. */
struct peer_io *peer_io_new(struct loop *loop, struct sink *sink);

/* From now on we are this; taken over. Sessions that are open stay. */
void peer_io_self(struct peer_io *io, struct tls_self *self);

/* Whether who is on no list may come from now on, as far as his certificate lets
 * him; at first he may not. `seed` is nobody else's. */
void peer_io_open(struct peer_io *io, bool open, uint64_t seed);

/* From these addresses (one of a family) we dial; the list is copied. */
void peer_io_sources(struct peer_io *io, const struct addr *addrs, size_t n);

/* Who we are in SMTP; copied. To be said before anything is dialled. */
void peer_io_name(struct peer_io *io, const char *name);

/* Sessions' signatures are looked at by this from now on; lent, and freed after
 * us. Those over the verb are too slow to gain by it. */
struct ahead;
void peer_io_ahead(struct peer_io *io, struct ahead *ahead);

/* Takes over a listening socket. */
void peer_io_listen(struct peer_io *io, int fd);

/* Takes over a session that has come to us from there inside SMTP; it is
 * judged as one that came to a listening socket. False: refused, closed. */
bool peer_io_brought(struct peer_io *io, int fd, const struct addr *from);

/*
 * Closes the listeners and all sessions in an orderly way, and tells the
 * engine nothing more. They are gone when peer_io_busy() says 0.
 */
void peer_io_stop(struct peer_io *io);
size_t peer_io_busy(const struct peer_io *io);

void peer_io_free(struct peer_io *io);

#endif
