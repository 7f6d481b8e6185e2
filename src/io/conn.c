#include "io/conn.h"

#include <errno.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define CONN_READ 16384   /* octets taken from the socket at a time */
#define CONN_ASKS_MS 1000 /* between two looks at the round trip */

enum conn_state {
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_CLOSING,
	CONN_LINGER,
	CONN_DEAD
};

/* What is below TLS: a socket, or a session of the verb. */
struct conn_way {
	void (*write)(struct conn *conn, const uint8_t *octets, size_t n);
	size_t (*unsent)(const struct conn *conn);
	void (*finish)(struct conn *conn); /* we have said all */
	void (*stop)(struct conn *conn);   /* no callback any more */
};

struct conn {
	struct conn_pool *pool;
	struct conn *next, **back; /* in the pool */
	enum conn_state state;
	enum setup_carrier carrier;
	const struct conn_way *way;
	struct bufferevent *bev; /* one of the two */
	struct verb_io *verb;
	struct event *deadline;
	struct tls *tls;
	const struct conn_owner *owner;
	void *ctx;
	bool heard;     /* any octet has come */
	bool undrained; /* something was written since the last drained() */
	uint32_t round_trip_us;
	struct mono asked; /* for that */
};

struct conn_pool {
	struct loop *loop;
	struct conn *first;
	size_t n;
};

struct conn_pool *
conn_pool_new(struct loop *loop)
{
	struct conn_pool *pool = mem_new(sizeof(*pool), 0, 0);

	pool->loop = loop;
	return pool;
}

size_t
conn_pool_size(const struct conn_pool *pool)
{
	return pool->n;
}

/* Frees a connection that was taken out of the pool already. */
static void
conn_free(void *arg)
{
	struct conn *conn = arg;

	event_free(conn->deadline);
	if (conn->bev != NULL)
		bufferevent_free(conn->bev);
	tls_free(conn->tls);
	mem_free(conn);
}

/* Marks it; it is freed when the loop is idle. */
static void
die(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	conn->state = CONN_DEAD;
	conn->owner = NULL;
	conn->way->stop(conn);
	evtimer_del(conn->deadline);
	*conn->back = conn->next;
	if (conn->next != NULL)
		conn->next->back = conn->back;
	conn->pool->n--;
	loop_later(conn->pool->loop, conn_free, conn);
}

void
conn_pool_free(struct conn_pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->first != NULL)
		die(pool->first);
	mem_free(pool);
}

static void
conn_ended(struct conn *conn, const char *reason)
{
	const struct conn_owner *owner = conn->owner;
	void *ctx = conn->ctx;

	if (conn->state == CONN_DEAD)
		return;
	die(conn);
	if (owner != NULL)
		owner->ended(ctx, conn, reason);
}

static void
conn_wait_for(struct conn *conn, uint32_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	evtimer_add(conn->deadline, &tv);
}

/* From the TLS session on its way. */
static void
flush(struct conn *conn)
{
	uint8_t octets[CONN_READ];
	size_t n;

	while ((n = tls_pull(conn->tls, octets, sizeof(octets))) > 0) {
		conn->way->write(conn, octets, n);
		conn->undrained = true;
	}
}

static void
linger(struct conn *conn)
{
	conn->state = CONN_LINGER;
	conn_wait_for(conn, CONN_LINGER_MS);
	conn->way->finish(conn);
}

void
conn_listen(struct conn *conn, bool listens)
{
	if (conn->bev == NULL || conn->state != CONN_OPEN)
		return;
	if (listens)
		bufferevent_enable(conn->bev, EV_READ);
	else
		bufferevent_disable(conn->bev, EV_READ);
}

static void
begin_close(struct conn *conn)
{
	conn_listen(conn, true); /* for his end */
	conn->state = CONN_CLOSING;
	conn->owner = NULL;
	tls_shut(conn->tls);
	flush(conn);
	conn_wait_for(conn, CONN_CLOSING_MS);
	if (conn->way->unsent(conn) == 0)
		linger(conn);
}

/* The handshake failed: our alert still goes out, where there is one. */
static void
conn_refuse(struct conn *conn)
{
	const struct conn_owner *owner = conn->owner;
	void *ctx = conn->ctx;

	begin_close(conn);
	if (owner != NULL)
		owner->ended(ctx, conn, tls_reason(conn->tls));
}

static void
handshake(struct conn *conn)
{
	enum tls_state state = tls_run(conn->tls);

	flush(conn);
	if (state == TLS_FAILED) {
		conn_refuse(conn);
	} else if (state == TLS_OPEN) {
		conn->state = CONN_OPEN;
		evtimer_del(conn->deadline);
		conn->undrained = false;
		if (conn->owner != NULL)
			conn->owner->open(conn->ctx, conn);
	}
}

/* As much as there is: in an exchange each LSA is a record of its own. */
static size_t
conn_gather(struct conn *conn, uint8_t *octets, size_t room)
{
	size_t n = 0, more;

	while (
	    n < room && (more = tls_read(conn->tls, octets + n, room - n)) > 0)
		n += more;
	return n;
}

/* Hands on what the peer said, as long as somebody listens. */
static void
listen_to(struct conn *conn)
{
	uint8_t octets[CONN_READ];
	size_t n;

	while (conn->state == CONN_OPEN &&
	       (n = conn_gather(conn, octets, sizeof(octets))) > 0)
		conn->owner->bytes(conn->ctx, conn, octets, n);
	if (conn->state != CONN_OPEN)
		return;
	flush(conn); /* TLS itself may have had to answer */
	if (tls_state(conn->tls) == TLS_ENDED)
		conn_ended(conn, "closed");
	else if (tls_state(conn->tls) == TLS_FAILED)
		conn_ended(conn, tls_reason(conn->tls));
}

static void
conn_take(void *ctx, const uint8_t *octets, size_t n)
{
	struct conn *conn = ctx;

	conn->heard = true;
	if (conn->state == CONN_HANDSHAKE || conn->state == CONN_OPEN)
		tls_feed(conn->tls, octets, n);
	if (conn->state == CONN_HANDSHAKE)
		handshake(conn);
	if (conn->state == CONN_OPEN)
		listen_to(conn);
}

static void
all_written(void *ctx)
{
	struct conn *conn = ctx;

	if (conn->state == CONN_CLOSING) {
		linger(conn);
	} else if (conn->state == CONN_OPEN && conn->undrained) {
		conn->undrained = false;
		conn->owner->drained(conn->ctx, conn);
	}
}

/* The way has come to its end. */
static void
way_ended(void *ctx, const char *reason)
{
	conn_ended(ctx, reason);
}

static void
on_conn_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t octets[CONN_READ];
	int n;

	while ((n = evbuffer_remove(in, octets, sizeof(octets))) > 0)
		conn_take(arg, octets, (size_t)n);
}

static void
on_conn_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	all_written(arg);
}

static void
on_conn_event(struct bufferevent *bev, short what, void *arg)
{
	int error = EVUTIL_SOCKET_ERROR();

	(void)bev;
	way_ended(arg, what & BEV_EVENT_EOF ? "closed" : sock_reason(error));
}

static void
socket_write(struct conn *conn, const uint8_t *octets, size_t n)
{
	CHECK(bufferevent_write(conn->bev, octets, n) == 0);
}

static size_t
socket_unsent(const struct conn *conn)
{
	return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static void
socket_finish(struct conn *conn)
{
	shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
}

static void
socket_stop(struct conn *conn)
{
	bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
}

static const struct conn_way socket_way = {
	.write = socket_write,
	.unsent = socket_unsent,
	.finish = socket_finish,
	.stop = socket_stop,
};

static void
verb_write(struct conn *conn, const uint8_t *octets, size_t n)
{
	verb_io_write(conn->verb, octets, n);
}

static size_t
verb_unsent(const struct conn *conn)
{
	return verb_io_unsent(conn->verb);
}

static void
verb_finish(struct conn *conn)
{
	verb_io_finish(conn->verb);
}

static void
verb_stop(struct conn *conn)
{
	verb_io_free(conn->verb);
}

static const struct conn_way verb_way = {
	.write = verb_write,
	.unsent = verb_unsent,
	.finish = verb_finish,
	.stop = verb_stop,
};

static const struct verb_io_owner verb_owner = {
	.octets = conn_take,
	.drained = all_written,
	.ended = way_ended,
};

static void
on_conn_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_ended(arg, "handshake-timeout");
}

/* The first step, when the owner has been named. */
static void
on_conn_begin(void *arg)
{
	struct conn *conn = arg;

	if (conn->state == CONN_HANDSHAKE)
		handshake(conn);
}

static struct conn *
conn_make(struct conn_pool *pool, enum setup_carrier carrier,
    const struct tls_self *self, const char *expect)
{
	struct conn *conn = mem_new(sizeof(*conn), 0, 0);

	conn->pool = pool;
	conn->carrier = carrier;
	conn->deadline =
	    evtimer_new(loop_base(pool->loop), on_conn_deadline, conn);
	CHECK(conn->deadline != NULL);
	conn->tls = tls_new(self, expect);
	if (carrier == SETUP_XLSA2)
		tls_small(conn->tls);
	conn_wait_for(conn, CONN_HANDSHAKE_MS);
	conn->next = pool->first;
	conn->back = &pool->first;
	if (conn->next != NULL)
		conn->next->back = &conn->next;
	pool->first = conn;
	pool->n++;
	loop_later(pool->loop, on_conn_begin, conn);
	return conn;
}

struct conn *
conn_new(struct conn_pool *pool, int fd, enum setup_carrier carrier,
    const struct tls_self *self, const char *expect)
{
	struct conn *conn = conn_make(pool, carrier, self, expect);

	sock_tune(fd);
	conn->way = &socket_way;
	conn->bev = bufferevent_socket_new(
	    loop_base(pool->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	CHECK(conn->bev != NULL);
	bufferevent_set_max_single_read(conn->bev, CONN_READ);
	bufferevent_setcb(
	    conn->bev, on_conn_read, on_conn_written, on_conn_event, conn);
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
	return conn;
}

struct conn *
conn_over(struct conn_pool *pool, struct verb_io *verb,
    const struct tls_self *self, const char *expect)
{
	struct conn *conn = conn_make(pool, SETUP_XLSA2, self, expect);

	conn->way = &verb_way;
	conn->verb = verb;
	verb_io_own(verb, &verb_owner, conn);
	return conn;
}

void
conn_own(struct conn *conn, const struct conn_owner *owner, void *ctx)
{
	conn->owner = owner;
	conn->ctx = ctx;
}

void
conn_write(struct conn *conn, const uint8_t *octets, size_t n)
{
	CHECK(conn->state == CONN_OPEN);
	tls_write(conn->tls, octets, n);
	flush(conn);
	if (conn->way->unsent(conn) > CONN_UNSENT_MAX)
		conn_ended(conn, "not-reading");
}

void
conn_close(struct conn *conn)
{
	CHECK(conn->state == CONN_OPEN);
	begin_close(conn);
}

void
conn_drop(struct conn *conn)
{
	die(conn);
}

enum setup_carrier
conn_carrier(const struct conn *conn)
{
	return conn->carrier;
}

uint32_t
conn_round_trip(struct conn *conn)
{
	struct mono now = clock_mono();

	if (conn->state == CONN_DEAD ||
	    (conn->asked.ms != 0 &&
		mono_since(conn->asked, now) < CONN_ASKS_MS))
		return conn->round_trip_us;
	conn->asked = now;
	conn->round_trip_us =
	    sock_round_trip(conn->bev != NULL ? bufferevent_getfd(conn->bev)
					      : verb_io_fd(conn->verb));
	return conn->round_trip_us;
}

bool
conn_heard(const struct conn *conn)
{
	return conn->heard;
}

const struct tls *
conn_tls(const struct conn *conn)
{
	return conn->tls;
}
