#include "io/dial.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/peer_io.h"
#include "sys/sock.h"

#define DIAL_SOURCES 4

struct dial {
	struct dial_pool *pool;
	struct dial *next, **back;
	char *name;
	enum setup_carrier carrier;
	const struct tls_self *self;
	struct addr *addrs;
	size_t n, at;         /* the next address to try */
	int fd;               /* that is being connected, or -1 */
	struct event *wait;   /* for that */
	struct verb_io *verb; /* that is being asked for, or NULL */
	struct conn *conn;    /* that is shaking hands, or NULL */
	const char *reason;   /* why the last address failed */
	bool calm;            /* that it fails is no alarm yet */
	bool dead;
};

struct dial_pool {
	struct loop *loop;
	struct conn_pool *conns;
	struct sink *sink;
	dial_done *done;
	void *ctx;
	struct dial *first;
	char *own_name;
	struct addr sources[DIAL_SOURCES];
	size_t nsources;
};

struct dial_pool *
dial_pool_new(struct loop *loop, struct conn_pool *conns, struct sink *sink,
    dial_done *done, void *ctx)
{
	struct dial_pool *pool = mem_new(sizeof(*pool), 0, 0);

	pool->loop = loop;
	pool->conns = conns;
	pool->sink = sink;
	pool->done = done;
	pool->ctx = ctx;
	return pool;
}

void
dial_sources(struct dial_pool *pool, const struct addr *addrs, size_t n)
{
	pool->nsources = n < DIAL_SOURCES ? n : DIAL_SOURCES;
	for (size_t i = 0; i < pool->nsources; i++)
		pool->sources[i] = addrs[i];
}

void
dial_as(struct dial_pool *pool, const char *name)
{
	mem_free(pool->own_name);
	pool->own_name = mem_str(name);
}

static void
dial_free(void *arg)
{
	struct dial *dial = arg;

	mem_free(dial->name);
	mem_free(dial->addrs);
	mem_free(dial);
}

/* Takes it out of the pool; what it waits for is given up. */
static void
dial_end(struct dial *dial)
{
	*dial->back = dial->next;
	if (dial->next != NULL)
		dial->next->back = dial->back;
	dial->dead = true;
	if (dial->wait != NULL)
		event_free(dial->wait);
	if (dial->fd >= 0)
		close(dial->fd);
	verb_io_free(dial->verb);
	if (dial->conn != NULL)
		conn_drop(dial->conn);
	loop_later(dial->pool->loop, dial_free, dial);
}

static void
dial_answer(struct dial *dial, struct conn *conn)
{
	dial->conn = NULL;
	dial_end(dial);
	dial->pool->done(dial->pool->ctx, dial->name, conn, dial->reason);
}

static void
io_dial_failed(struct dial *dial, const char *reason)
{
	char text[ADDR_TEXT];

	dial->reason = reason;
	sink_say(dial->pool->sink, dial->calm ? SINK_NOTICE : SINK_REMOTE,
	    "dial-failed", "peer=%s, address=%s, reason=%s", dial->name,
	    addr_text(&dial->addrs[dial->at - 1], text), reason);
}

static void go_on(struct dial *dial);

static void
on_open(void *ctx, struct conn *conn)
{
	dial_answer(ctx, conn);
}

static void
on_dial_ended(void *ctx, struct conn *conn, const char *reason)
{
	struct dial *dial = ctx;

	(void)conn;
	dial->conn = NULL;
	io_dial_failed(dial, reason);
	go_on(dial);
}

static const struct conn_owner owner = {
	.open = on_open,
	.ended = on_dial_ended,
};

static void
shake_hands(struct dial *dial, struct conn *conn)
{
	dial->conn = conn;
	conn_own(conn, &owner, dial);
}

static void
on_verb_ready(void *ctx)
{
	struct dial *dial = ctx;
	struct verb_io *verb = dial->verb;

	dial->verb = NULL;
	shake_hands(
	    dial, conn_over(dial->pool->conns, verb, dial->self, dial->name));
}

static void
on_verb_ended(void *ctx, const char *reason)
{
	struct dial *dial = ctx;

	verb_io_free(dial->verb);
	dial->verb = NULL;
	io_dial_failed(dial, reason);
	go_on(dial);
}

static const struct verb_io_owner verb_owner = {
	.ready = on_verb_ready,
	.ended = on_verb_ended,
};

/* The peer's host has answered: the handshake begins at once over TCP, over
 * SMTP when the verb is ready. */
static void
io_dial_begin(struct dial *dial, int fd)
{
	const struct dial_pool *pool = dial->pool;

	if (dial->carrier != SETUP_XLSA2) {
		shake_hands(dial, conn_new(pool->conns, fd, dial->carrier,
				      dial->self, dial->name));
		return;
	}
	CHECK(pool->own_name != NULL);
	dial->verb = verb_io_new(pool->loop, fd, pool->own_name);
	verb_io_own(dial->verb, &verb_owner, dial);
}

static void
on_dial_connected(evutil_socket_t fd, short what, void *arg)
{
	struct dial *dial = arg;
	int error = what & EV_TIMEOUT ? ETIMEDOUT : sock_error(dial->fd);

	event_free(dial->wait);
	dial->wait = NULL;
	dial->fd = -1;
	if (error == 0) {
		io_dial_begin(dial, fd);
		return;
	}
	close(fd);
	io_dial_failed(dial, sock_reason(error));
	go_on(dial);
}

static const struct addr *
source_for(const struct dial_pool *pool, const struct addr *to)
{
	for (size_t i = 0; i < pool->nsources; i++)
		if (pool->sources[i].family == to->family)
			return &pool->sources[i];
	return NULL;
}

/* To the next address that can be tried at all, or to the end. */
static void
go_on(struct dial *dial)
{
	struct timeval tv = { PEER_IO_CONNECT_MS / 1000,
		PEER_IO_CONNECT_MS % 1000 * 1000 };

	while (dial->at < dial->n) {
		const struct addr *to = &dial->addrs[dial->at++];

		dial->fd = sock_connect(to, source_for(dial->pool, to));
		if (dial->fd < 0) {
			io_dial_failed(dial, sock_reason(errno));
			continue;
		}
		dial->wait = event_new(loop_base(dial->pool->loop), dial->fd,
		    EV_WRITE, on_dial_connected, dial);
		CHECK(dial->wait != NULL && event_add(dial->wait, &tv) == 0);
		return;
	}
	dial_answer(dial, NULL);
}

static void
on_dial_begin(void *arg)
{
	struct dial *dial = arg;

	if (!dial->dead)
		go_on(dial);
}

void
dial_begin(struct dial_pool *pool, const struct tls_self *self,
    const struct effect *fx)
{
	struct dial *dial;

	for (dial = pool->first; dial != NULL; dial = dial->next)
		if (strcmp(dial->name, fx->name) == 0)
			return;
	dial = mem_new(sizeof(*dial), 0, 0);
	dial->pool = pool;
	dial->name = mem_str(fx->name);
	dial->carrier = fx->carrier;
	dial->calm = fx->calm;
	dial->self = self;
	dial->addrs = mem_new(0, fx->naddrs, sizeof(*fx->addrs));
	if (fx->naddrs > 0)
		memcpy(dial->addrs, fx->addrs, fx->naddrs * sizeof(*fx->addrs));
	dial->n = self == NULL ? 0 : fx->naddrs;
	dial->fd = -1;
	dial->next = pool->first;
	dial->back = &pool->first;
	if (dial->next != NULL)
		dial->next->back = &dial->next;
	pool->first = dial;
	loop_later(pool->loop, on_dial_begin, dial);
}

void
dial_pool_stop(struct dial_pool *pool)
{
	while (pool->first != NULL)
		dial_answer(pool->first, NULL);
}

void
dial_pool_free(struct dial_pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->first != NULL)
		dial_end(pool->first);
	mem_free(pool->own_name);
	mem_free(pool);
}
