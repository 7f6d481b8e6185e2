#include "io/peer_io.h"

#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/tree.h"
#include "base/vec.h"
#include "core/lsa/limits.h"
#include "io/ahead.h"
#include "io/allow.h"
#include "io/conn.h"
#include "io/dial.h"
#include "io/door.h"
#include "io/strangers.h"
#include "sys/clock.h"
#include "sys/sock.h"

/* A connection that came to us and is not proved yet. */
struct peer_half {
	struct peer_io *io;
	struct peer_half *next, **back; /* the oldest first */
	struct conn *conn;
	struct addr from;
	bool known; /* its address is on the list */
};

/* An open session. */
struct peer_session {
	struct peer_io *io;
	struct tree_node node;
	uint32_t number;
	struct conn *conn;
	struct ahead_line *line; /* NULL: what comes is given at once */
};

struct peer_io {
	struct loop *loop;
	struct sink *sink;
	struct tls_self *self;
	struct ahead *ahead; /* or NULL */
	struct conn_pool *pool;
	struct dial_pool *dials;
	struct allow allow;
	bool open; /* who is on no list may come, by its certificate */
	struct strangers strangers;
	struct peer_half *halves, **last;
	size_t nhalves[2]; /* of strangers, of those on the list */
	struct tree sessions;
	uint32_t numbers; /* given so far */
	VEC(struct door *) doors;
	bool stopped;
};

static int
peer_io_by_number(const void *key, const struct tree_node *node)
{
	const uint32_t *number = key;
	uint32_t other = tree_entry(node, struct peer_session, node)->number;

	return *number < other ? -1 : *number > other;
}

static struct peer_session *
peer_io_session_find(struct peer_io *io, uint32_t number)
{
	struct tree_node *n =
	    tree_find(&io->sessions, &number, peer_io_by_number);

	return n == NULL ? NULL : tree_entry(n, struct peer_session, node);
}

/* What it said and the engine has not heard goes to `rest`, if there is one. */
static void
session_free(struct peer_session *s, struct buf *rest)
{
	tree_remove(&s->io->sessions, &s->node);
	if (s->line != NULL)
		ahead_line_end(s->line, rest);
	mem_free(s);
}

static void
bytes_give(struct peer_io *io, uint32_t number, uint32_t round_trip_us,
    const uint8_t *octets, size_t n)
{
	struct input in = { .kind = IN_BYTES,
		.who = number,
		.bytes = octets,
		.len = n,
		.value = round_trip_us };

	loop_step(io->loop, &in);
}

/* Its signatures have been looked at; the session may be over then. */
static void
on_looked_at(void *ctx, const uint8_t *octets, size_t n)
{
	struct peer_session *s = ctx;
	struct peer_io *io = s->io;
	uint32_t number = s->number;

	bytes_give(io, number, conn_round_trip(s->conn), octets, n);
	s = peer_io_session_find(io, number);
	if (s != NULL)
		conn_listen(s->conn, !ahead_line_is_full(s->line));
}

static void
on_bytes(void *ctx, struct conn *conn, const uint8_t *octets, size_t n)
{
	struct peer_session *s = ctx;
	struct peer_io *io = s->io;
	uint32_t number = s->number;

	if (s->line == NULL) {
		bytes_give(io, number, conn_round_trip(conn), octets, n);
		return;
	}
	ahead_line_put(s->line, octets, n);
	s = peer_io_session_find(io, number);
	if (s != NULL && ahead_line_is_full(s->line))
		conn_listen(conn, false);
}

static void
on_drained(void *ctx, struct conn *conn)
{
	struct peer_session *s = ctx;
	struct input in = { .kind = IN_DRAINED, .who = s->number };

	(void)conn;
	loop_step(s->io->loop, &in);
}

static void
on_peer_io_ended(void *ctx, struct conn *conn, const char *reason)
{
	struct peer_session *s = ctx;
	struct peer_io *io = s->io;
	struct input in = { .kind = IN_CLOSED, .who = s->number };
	struct buf rest = { 0 };

	sink_say(io->sink, SINK_DEBUG, "session-ended", "peer=%s, reason=%s",
	    tls_name(conn_tls(conn)), reason);
	session_free(s, &rest);
	if (rest.n > 0)
		bytes_give(io, in.who, 0, rest.p, rest.n);
	buf_done(&rest);
	loop_step(io->loop, &in);
}

static const struct conn_owner session_owner = {
	.bytes = on_bytes,
	.drained = on_drained,
	.ended = on_peer_io_ended,
};

/* The peer is proved: from here on it is the engine's. */
static void
session_begin(struct peer_io *io, struct conn *conn, bool dialled)
{
	struct peer_session *s = mem_new(sizeof(*s), 0, 0);
	const struct tls *tls = conn_tls(conn);
	struct input in = { .kind = IN_OPEN,
		.dialled = dialled,
		.carrier = conn_carrier(conn) };

	s->io = io;
	s->number = ++io->numbers;
	CHECK(s->number != 0);
	s->conn = conn;
	if (io->ahead != NULL && in.carrier == SETUP_TCP)
		s->line = ahead_line_new(io->ahead, on_looked_at, s);
	tree_insert(&io->sessions, &s->node, &s->number, peer_io_by_number);
	conn_own(conn, &session_owner, s);
	in.who = s->number;
	in.name = tls_name(tls);
	in.bytes = tls_certificate(tls, &in.len);
	loop_step(io->loop, &in);
}

static void
peer_io_half_free(struct peer_half *half)
{
	*half->back = half->next;
	if (half->next != NULL)
		half->next->back = half->back;
	else
		half->io->last = half->back;
	half->io->nhalves[half->known]--;
	mem_free(half);
}

static void
on_half_open(void *ctx, struct conn *conn)
{
	struct peer_half *half = ctx;
	struct peer_io *io = half->io;
	struct addr from = half->from;

	peer_io_half_free(half);
	if (io->sessions.n >= LIMIT_SESSIONS) {
		sink_refused(io->sink, &from, "too-many-sessions");
		conn_drop(conn);
		return;
	}
	session_begin(io, conn, false);
}

static void
on_half_ended(void *ctx, struct conn *conn, const char *reason)
{
	struct peer_half *half = ctx;

	(void)conn;
	sink_refused(half->io->sink, &half->from, reason);
	peer_io_half_free(half);
}

static const struct conn_owner half_owner = {
	.open = on_half_open,
	.ended = on_half_ended,
};

static void
give_way(struct peer_half *half)
{
	sink_refused(half->io->sink, &half->from, "too-many-handshakes");
	conn_drop(half->conn);
	peer_io_half_free(half);
}

/*
 * One more handshake is to begin: where there are too many, one gives way. Of
 * those that have said nothing the oldest: a peer has said its first word
 * before it is that, however many come from its address and say none. Where
 * all have spoken, the oldest of all. Strangers make room for strangers alone.
 */
static void
peer_io_make_room(struct peer_io *io, const struct addr *from, bool known)
{
	static const size_t rooms[] = { LIMIT_STRANGERS_HALF, PEER_IO_HALF };
	struct peer_half *here = NULL, *any = NULL;
	size_t n = 0;

	for (struct peer_half *h = io->halves; h != NULL; h = h->next) {
		bool silent = !conn_heard(h->conn);

		if (h->known != known)
			continue;
		if (any == NULL || (silent && conn_heard(any->conn)))
			any = h;
		if (!addr_same_ip(&h->from, from))
			continue;
		if (n++ == 0 || (silent && conn_heard(here->conn)))
			here = h;
	}
	if (n >= PEER_IO_SOURCE)
		give_way(here);
	else if (io->nhalves[known] >= rooms[known])
		give_way(any);
}

/*
 * An address that is not on the list hears so, and nothing else of ours: a
 * peer whose address has changed sees why, in its own log. Seven octets, TLS's
 * alert access_denied (RFC 8446 6.2); nothing of the stranger's is read.
 */
static void
peer_io_turn_away(int fd, enum setup_carrier carrier)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 49 };

	if (carrier == SETUP_TCP)
		(void)send(
		    fd, alert, sizeof(alert), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* True if a handshake may begin; else who came has been sent away. */
static bool
peer_io_admits(struct peer_io *io, int fd, enum setup_carrier carrier,
    const struct addr *from)
{
	bool known = allow_has(&io->allow, from);

	if ((!known && !io->open) || io->self == NULL || io->stopped) {
		sink_refused(io->sink, from, "not-allowed");
		peer_io_turn_away(fd, carrier);
		return false;
	}
	if (!known && !strangers_take(&io->strangers, from, clock_mono())) {
		sink_refused(io->sink, from, "too-many-strangers");
		close(fd);
		return false;
	}
	peer_io_make_room(io, from, known);
	return true;
}

static bool
came(struct peer_io *io, int fd, enum setup_carrier carrier,
    const struct addr *from)
{
	struct peer_half *half;

	if (!peer_io_admits(io, fd, carrier, from))
		return false;
	half = mem_new(sizeof(*half), 0, 0);
	half->io = io;
	half->from = *from;
	half->known = allow_has(&io->allow, from);
	half->back = io->last;
	*io->last = half;
	io->last = &half->next;
	io->nhalves[half->known]++;
	half->conn = conn_new(io->pool, fd, carrier, io->self, NULL);
	conn_own(half->conn, &half_owner, half);
	return true;
}

static void
on_peer_io_came(void *ctx, int fd, const struct sockaddr *sa)
{
	struct addr from = sock_addr(sa);

	came(ctx, fd, SETUP_TCP, &from);
}

bool
peer_io_brought(struct peer_io *io, int fd, const struct addr *from)
{
	return came(io, fd, SETUP_XLSA2, from);
}

static void
on_dialled(void *ctx, const char *name, struct conn *conn, const char *reason)
{
	struct peer_io *io = ctx;
	struct input in = {
		.kind = IN_NO_DIAL, .name = name, .reason = reason
	};

	if (conn != NULL)
		session_begin(io, conn, true);
	else if (!io->stopped)
		loop_step(io->loop, &in);
}

static void
do_dial(void *ctx, const struct effect *fx)
{
	struct peer_io *io = ctx;

	if (!io->stopped)
		dial_begin(io->dials, io->self, fx);
}

static void
do_send(void *ctx, const struct effect *fx)
{
	struct peer_session *s = peer_io_session_find(ctx, fx->who);

	if (s != NULL)
		conn_write(s->conn, fx->bytes, fx->len);
}

static void
do_close(void *ctx, const struct effect *fx)
{
	struct peer_session *s = peer_io_session_find(ctx, fx->who);

	if (s == NULL)
		return;
	conn_close(s->conn);
	session_free(s, NULL);
}

static void
do_allow(void *ctx, const struct effect *fx)
{
	struct peer_io *io = ctx;

	allow_set(&io->allow, fx->addrs, fx->naddrs);
}

struct peer_io *
peer_io_new(struct loop *loop, struct sink *sink)
{
	struct peer_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->sink = sink;
	io->last = &io->halves;
	io->pool = conn_pool_new(loop);
	io->dials = dial_pool_new(loop, io->pool, sink, on_dialled, io);
	loop_carry(loop, FX_DIAL, do_dial, io);
	loop_carry(loop, FX_SEND, do_send, io);
	loop_carry(loop, FX_CLOSE, do_close, io);
	loop_carry(loop, FX_ALLOW, do_allow, io);
	return io;
}

void
peer_io_self(struct peer_io *io, struct tls_self *self)
{
	dial_pool_stop(io->dials);
	tls_self_free(io->self);
	io->self = self;
}

void
peer_io_open(struct peer_io *io, bool open, uint64_t seed)
{
	if (open && !io->open)
		strangers_init(&io->strangers, seed);
	io->open = open;
}

void
peer_io_sources(struct peer_io *io, const struct addr *addrs, size_t n)
{
	dial_sources(io->dials, addrs, n);
}

void
peer_io_name(struct peer_io *io, const char *name)
{
	dial_as(io->dials, name);
}

void
peer_io_listen(struct peer_io *io, int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t n = sizeof(sa);
	struct addr at = { 0 };
	char name[ADDR_TEXT];
	struct door_house house = { name, on_peer_io_came, NULL, io };

	if (getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
		at = sock_addr((struct sockaddr *)&sa);
	addr_text(&at, name);
	evutil_make_socket_nonblocking(fd);
	vec_push(&io->doors, door_new(io->loop, io->sink, fd, &house));
}

static void
doors_free(struct peer_io *io)
{
	for (size_t i = 0; i < io->doors.n; i++)
		door_free(io->doors.v[i]);
	vec_done(&io->doors);
}

void
peer_io_stop(struct peer_io *io)
{
	struct tree_node *n;

	io->stopped = true;
	doors_free(io);
	dial_pool_stop(io->dials);
	while (io->halves != NULL) {
		conn_drop(io->halves->conn);
		peer_io_half_free(io->halves);
	}
	while ((n = tree_first(&io->sessions)) != NULL) {
		struct peer_session *s =
		    tree_entry(n, struct peer_session, node);

		conn_close(s->conn);
		session_free(s, NULL);
	}
}

void
peer_io_ahead(struct peer_io *io, struct ahead *ahead)
{
	io->ahead = ahead;
}

size_t
peer_io_busy(const struct peer_io *io)
{
	return conn_pool_size(io->pool);
}

void
peer_io_free(struct peer_io *io)
{
	if (io == NULL)
		return;
	peer_io_stop(io);
	loop_carry(io->loop, FX_DIAL, NULL, NULL);
	loop_carry(io->loop, FX_SEND, NULL, NULL);
	loop_carry(io->loop, FX_CLOSE, NULL, NULL);
	loop_carry(io->loop, FX_ALLOW, NULL, NULL);
	dial_pool_free(io->dials);
	conn_pool_free(io->pool);
	tls_self_free(io->self);
	allow_done(&io->allow);
	mem_free(io);
}
