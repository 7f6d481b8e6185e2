/*
 * conn.h - one TLS connection to a peer, over a connected socket or over an
 * SMTP session that carries octets (io/verb_io.h).
 *
 *     HANDSHAKE ----> OPEN ----> CLOSING ----> LINGER ----> freed
 *         |            |     conn_close()  all written  the peer closed,
 *         v            v                                or time is up
 *       ended()      ended()
 *
 * A pool holds the connections. The owner is told of each turn; after
 * ended(), and after conn_close(), a connection is the pool's alone, and the
 * owner must not use it again. It is freed when no callback is on the stack.
 */

#ifndef IO_CONN_H
#define IO_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/lsa/setup.h"
#include "io/loop.h"
#include "io/tls.h"
#include "io/verb_io.h"

#define CONN_HANDSHAKE_MS 10000
#define CONN_CLOSING_MS 5000 /* for what is still to be written */
#define CONN_LINGER_MS 2000  /* for the peer's own close */

/* What a peer may leave unread before it is given up: four times what the
 * engine lets wait (LIMIT_UNSENT_OCTETS). */
#define CONN_UNSENT_MAX 1048576

struct conn;
struct conn_pool;

/* Told to the owner; `reason` is one of our own words. */
struct conn_owner {
	void (*open)(void *ctx, struct conn *conn);
	void (*bytes)(
	    void *ctx, struct conn *conn, const uint8_t *octets, size_t n);
	void (*drained)(void *ctx, struct conn *conn);
	void (*ended)(void *ctx, struct conn *conn, const char *reason);
};

/* The loop is lent for the pool's life. */
struct conn_pool *conn_pool_new(struct loop *loop);

/* Connections that exist, those included that only linger. */
size_t conn_pool_size(const struct conn_pool *pool);

/* Frees every connection at once, telling nobody. */
void conn_pool_free(struct conn_pool *pool);

/*
 * Takes over the socket and begins the handshake: as its client if `expect`
 * is a name, as its server if NULL. With SETUP_XLSA2 what comes through the
 * socket goes on in lines of that verb, hence in small records. Nothing is
 * told before the loop goes on.
 */
struct conn *conn_new(struct conn_pool *pool, int fd,
    enum setup_carrier carrier, const struct tls_self *self,
    const char *expect);

/* The same as a client over a session of the verb that is ready. */
struct conn *conn_over(struct conn_pool *pool, struct verb_io *verb,
    const struct tls_self *self, const char *expect);

/* `owner` is lent. */
void conn_own(struct conn *conn, const struct conn_owner *owner, void *ctx);

/* To the peer, in this order. Too much unread: ended("not-reading"). */
void conn_write(struct conn *conn, const uint8_t *octets, size_t n);

/* Whether what the peer says is read from now on: what it has sent may be told
 * still, and the rest waits on its side. Over the verb it always is. */
void conn_listen(struct conn *conn, bool listens);

/* Closes it once all before is written. */
void conn_close(struct conn *conn);

/* Gives it up at once: nothing more is written, and nobody is told. */
void conn_drop(struct conn *conn);

/* Its round trip in microseconds, a second old at most; 0: not known, as where
 * lsrd-front has brought it. */
uint32_t conn_round_trip(struct conn *conn);

/* True once any octet has come. */
bool conn_heard(const struct conn *conn);

const struct tls *conn_tls(const struct conn *conn);
enum setup_carrier conn_carrier(const struct conn *conn);

#endif
