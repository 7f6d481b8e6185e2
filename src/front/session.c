#include "front/session.h"

#include <errno.h>
#include <string.h>

#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/check.h"
#include "base/mem.h"
#include "front/address.h"
#include "front/ask.h"
#include "front/front.h"
#include "front/gate.h"
#include "front/side.h"
#include "front/source.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "verb/line.h"
#include "verb/verb_server.h"

#define UNSENT FRONT_SCRATCH /* beyond it the verb is not fed */

enum session_mode {
	SESSION_CONNECTING,
	SESSION_GATE,
	SESSION_PUMP,
	SESSION_VERB,
	SESSION_FAREWELL
};

struct session {
	struct session *next, *before;
	struct front *front;
	struct source *source;
	struct addr addr;
	enum session_mode mode;
	bool listed;
	struct side client, mta, lsrd;
	struct gate *gate;        /* in GATE */
	struct verb_server *verb; /* in VERB */
	struct event *poll;       /* its wake-up */
	struct ask ask;           /* lsrd, before VERB or in it */
	struct buf held;          /* of the client, for `verb`, meanwhile */
	struct mono last;         /* when anything came */
};

static void
no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

void
session_free(struct session *s)
{
	struct front *front = s->front;

	side_close(&s->client);
	side_close(&s->mta);
	side_close(&s->lsrd);
	if (s->gate != NULL)
		gate_done(s->gate);
	mem_free(s->gate);
	if (s->verb != NULL)
		verb_server_done(s->verb);
	mem_free(s->verb);
	buf_done(&s->held);
	if (s->poll != NULL)
		event_free(s->poll);
	if (s->next != NULL)
		s->next->before = s->before;
	if (s->before != NULL)
		s->before->next = s->next;
	else
		front->first = s->next;
	source_leave(&front->sources, s->source);
	mem_free(s);
	front_left(front);
}

static void
farewell(struct session *s)
{
	s->mode = SESSION_FAREWELL;
	s->last = clock_mono();
	ask_init(&s->ask, s->front, &s->addr);
	side_close(&s->mta);
	if (side_waiting(&s->lsrd) == 0)
		side_close(&s->lsrd);
	side_want(&s->lsrd, false); /* it only gets what it is to get */
	if (s->poll != NULL)
		event_del(s->poll);
}

static void
front_session_move(struct buf *from, struct side *to)
{
	side_write(to, from->p, from->n);
	buf_reset(from);
}

static void
say_refused(struct session *s, uint32_t before, uint32_t now, bool legacy)
{
	char from[ADDR_TEXT];

	if (now > before)
		say_limited(&s->front->say, LOG_WARNING, clock_mono(),
		    "line-refused: from=%s, lines=%u%s",
		    addr_ip_text(&s->addr, from), (unsigned)now,
		    legacy ? ", legacy=yes" : "");
}

/* What the machine has to say, to whom; and when it wants to be woken. */
static void
verb_move(struct session *s)
{
	struct mono wake = verb_server_wake(s->verb), now = clock_mono();
	uint64_t ms = mono_since(now, wake);
	struct timeval wait = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	front_session_move(&s->verb->say, &s->client);
	front_session_move(&s->verb->tls, &s->lsrd);
	if (wake.ms == MONO_NEVER.ms)
		event_del(s->poll);
	else
		event_add(s->poll, &wait);
}

static void
verb_feed(struct session *s, const uint8_t *p, size_t n)
{
	uint32_t refused = s->verb->refused, legacy = s->verb->legacy;
	struct mono now = clock_mono();

	do {
		size_t used = verb_server_feed(s->verb, p, n, now);

		p += used;
		n -= used;
		if (s->verb->state != VERB_SERVER_ASKING)
			break;
		if (s->lsrd.fd >= 0 && !ask_is_open(&s->ask)) {
			verb_server_attach(s->verb);
		} else if (ask_is_open(&s->ask) ||
			   ask_begin(&s->ask, &s->lsrd)) {
			buf_bytes(&s->held, p, n);
			break;
		} else {
			verb_server_refuse(s->verb);
		}
	} while (n > 0);
	say_refused(s, refused, s->verb->refused, s->verb->legacy > legacy);
	verb_move(s);
}

static void settle(struct session *s);

static void
on_session_poll(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	verb_server_tick(s->verb, clock_mono());
	verb_move(s);
	settle(s);
}

static void
verb_begin(struct session *s)
{
	s->mode = SESSION_VERB;
	s->verb = mem_new(sizeof(*s->verb), 0, 0);
	s->poll = event_new(s->front->base, -1, 0, on_session_poll, s);
	CHECK(s->poll != NULL);
	verb_server_init(s->verb, s->front->set.name);
}

/* The first verb is accepted: the MTA behind is told that we go. */
static void
take_over(struct session *s)
{
	static const uint8_t quit[] = "QUIT\r\n";
	struct buf held = s->gate->held;

	memset(&s->gate->held, 0, sizeof(s->gate->held));
	gate_done(s->gate);
	mem_free(s->gate);
	s->gate = NULL;
	side_write(&s->mta, quit, sizeof(quit) - 1);
	verb_begin(s);
	verb_server_greeted(s->verb);
	verb_feed(s, held.p, held.n);
	buf_done(&held);
}

static void
gate_move(struct session *s)
{
	struct gate *gate = s->gate;

	while (gate->state == GATE_ASKING && !ask_is_open(&s->ask) &&
	       !ask_begin(&s->ask, &s->lsrd))
		gate_refuse(gate);
	front_session_move(&gate->to_mta, &s->mta);
	front_session_move(&gate->to_client, &s->client);
	if (gate->state == GATE_ENDED) {
		farewell(s);
	} else if (gate_is_over(gate)) {
		gate_done(gate);
		mem_free(gate);
		s->gate = NULL;
		s->mode = SESSION_PUMP;
	}
}

static void
verb_goes_on(struct session *s, bool yes)
{
	struct buf held = s->held;

	memset(&s->held, 0, sizeof(s->held));
	if (yes)
		verb_server_attach(s->verb);
	else
		verb_server_refuse(s->verb);
	verb_feed(s, held.p, held.n);
	buf_done(&held);
}

/* lsrd takes the session, or why it does not. */
static void
session_answered(struct session *s, const char *why_not)
{
	ask_end(&s->ask, why_not);
	if (why_not != NULL)
		side_close(&s->lsrd);
	if (s->mode == SESSION_VERB) {
		verb_goes_on(s, why_not == NULL);
	} else if (why_not == NULL) {
		take_over(s);
	} else {
		gate_refuse(s->gate);
		gate_move(s);
	}
}

static void
gate_octets(
    struct session *s, const struct side *side, const uint8_t *p, size_t n)
{
	uint32_t refused = s->gate->refused, legacy = s->gate->legacy;

	if (side == &s->client)
		gate_client(s->gate, p, n);
	else
		gate_mta(s->gate, p, n);
	say_refused(s, refused, s->gate->refused, s->gate->legacy > legacy);
	gate_move(s);
}

static void
octets(struct session *s, struct side *side, const uint8_t *p, size_t n)
{
	const char *why_not;

	if (side == &s->lsrd && ask_is_open(&s->ask)) {
		if (ask_octets(&s->ask, p, n, &why_not))
			session_answered(s, why_not);
		return;
	}
	switch (s->mode) {
	case SESSION_PUMP:
		side_write(side == &s->client ? &s->mta : &s->client, p, n);
		break;
	case SESSION_GATE:
		gate_octets(s, side, p, n);
		break;
	case SESSION_VERB:
		if (side == &s->client)
			verb_feed(s, p, n);
		else if (side == &s->lsrd)
			verb_server_carry(s->verb, p, n);
		verb_move(s); /* what the MTA still says is for nobody */
		break;
	case SESSION_CONNECTING:
	case SESSION_FAREWELL:
		break;
	}
}

static void
settle_pump(struct session *s)
{
	if (s->client.eof && side_waiting(&s->mta) == 0 &&
	    (s->gate == NULL || gate_has_said_all(s->gate)))
		side_shut(&s->mta);
	if (s->mta.eof && side_waiting(&s->client) == 0) {
		farewell(s);
		return;
	}
	side_want(&s->lsrd, true);
	side_want(&s->client, side_waiting(&s->mta) == 0 &&
				  (s->gate == NULL || !gate_is_full(s->gate)));
	side_want(&s->mta, side_waiting(&s->client) == 0);
}

/* The MTA that we left: it has said all when it closes. */
static void
settle_left(struct session *s)
{
	if (s->mta.fd >= 0 && side_waiting(&s->mta) == 0)
		side_shut(&s->mta);
	if (s->mta.eof)
		side_close(&s->mta);
	side_want(&s->mta, true);
}

static void
settle_verb(struct session *s)
{
	bool room = side_waiting(&s->client) < UNSENT;

	settle_left(s);
	if ((s->lsrd.eof || s->lsrd.failed != 0) && !s->verb->closed) {
		verb_server_closed(s->verb);
		verb_move(s);
	}
	if (s->verb->state == VERB_SERVER_ENDED ||
	    (s->client.eof && side_waiting(&s->lsrd) == 0)) {
		farewell(s);
		return;
	}
	if (ask_is_open(&s->ask)) {
		side_want(&s->client, false);
		side_want(&s->lsrd, true);
		return;
	}
	side_want(&s->client, room && side_waiting(&s->lsrd) < UNSENT);
	side_want(&s->lsrd, room && verb_server_room(s->verb) > 0);
}

/* Its own code (RFC 3463, 3.5): 4.3.x would be the word of a server that is
 * there and has no time, and a probe would take it for a sign of life. */
static void
mta_away(struct session *s, int error)
{
	static const char text[] = "421 4.4.1 No answer from the mail server "
				   "behind, closing\r\n";
	char from[ADDR_TEXT];

	say_limited(&s->front->say, LOG_ERR, clock_mono(),
	    "mta-away: from=%s, error=%s", addr_ip_text(&s->addr, from),
	    strerror(error));
	side_write(&s->client, (const uint8_t *)text, sizeof(text) - 1);
	farewell(s);
}

static void
settle_connecting(struct session *s)
{
	if (s->mta.failed != 0) {
		mta_away(s, s->mta.failed);
		return;
	}
	if (s->mta.opening)
		return;
	s->mode = s->listed ? SESSION_GATE : SESSION_PUMP;
	if (s->listed) {
		s->gate = mem_new(sizeof(*s->gate), 0, 0);
		gate_init(s->gate);
	}
}

/* True: the session is over. */
static bool
settle_farewell(struct session *s)
{
	if (side_waiting(&s->lsrd) == 0)
		side_close(&s->lsrd);
	if (side_waiting(&s->client) == 0)
		side_shut(&s->client);
	side_want(&s->client, true);
	if (s->lsrd.fd >= 0)
		return false;
	return s->client.failed != 0 || (s->client.eof && s->client.shut);
}

/* After every event: who is read, who is told of an end; maybe the end. */
static void
settle(struct session *s)
{
	if (s->client.failed != 0 && s->mode != SESSION_FAREWELL)
		farewell(s);
	if (s->mode == SESSION_CONNECTING)
		settle_connecting(s);
	if (ask_is_open(&s->ask) && (s->lsrd.eof || s->lsrd.failed != 0))
		session_answered(s, "refused");
	if (s->mode == SESSION_GATE && s->client.eof) {
		gate_close(s->gate);
		gate_move(s);
	}
	if (s->mode == SESSION_GATE || s->mode == SESSION_PUMP)
		settle_pump(s);
	if (s->mode == SESSION_VERB)
		settle_verb(s);
	if (s->mode == SESSION_FAREWELL && settle_farewell(s))
		session_free(s);
}

/* How much of this side's octets can be dealt with at once. */
static size_t
appetite(const struct session *s, const struct side *side)
{
	size_t room;

	if (side != &s->lsrd)
		return FRONT_SCRATCH;
	if (ask_is_open(&s->ask))
		return ask_wants(&s->ask);
	room = verb_server_room(s->verb);
	return room < FRONT_SCRATCH ? room : FRONT_SCRATCH;
}

static void
on_side(void *ctx, struct side *side, short what)
{
	struct session *s = ctx;
	uint8_t *scratch = s->front->scratch;
	size_t n;

	if ((what & EV_WRITE) != 0)
		side_flush(side);
	if ((what & EV_READ) != 0 && side->fd >= 0 && side->reading &&
	    appetite(s, side) > 0) {
		n = side_read(side, scratch, appetite(s, side));
		if (n > 0 && s->mode != SESSION_FAREWELL)
			s->last = clock_mono();
		if (n > 0)
			octets(s, side, scratch, n);
	}
	settle(s);
}

static void
mta_open(struct session *s)
{
	struct sockaddr_storage to, at;
	socklen_t n = sock_of_addr(&s->front->set.mta, &to);
	struct buf header = { 0 };
	struct addr here;

	if (!side_connect(&s->mta, s->front->base, (struct sockaddr *)&to, n)) {
		mta_away(s, errno);
		return;
	}
	no_delay(s->mta.fd);
	n = sizeof(at);
	memset(&at, 0, sizeof(at));
	getsockname(s->client.fd, (struct sockaddr *)&at, &n);
	here = sock_addr((const struct sockaddr *)&at);
	proxy_put(&header, s->front->set.proxy, &s->addr, &here);
	side_write(&s->mta, header.p, header.n);
	buf_done(&header);
}

/* Without an MTA only listed peers have anything to do here. */
static void
verb_only(struct session *s)
{
	static const uint8_t no[] = "554 5.7.1 No mail service here\r\n";

	if (!s->listed) {
		side_write(&s->client, no, sizeof(no) - 1);
		farewell(s);
		return;
	}
	verb_begin(s);
	verb_server_greet(s->verb);
	verb_move(s);
}

void
session_begin(
    struct front *front, int fd, const struct addr *addr, struct source *source)
{
	struct session *s = mem_new(sizeof(*s), 0, 0);

	s->front = front;
	s->source = source;
	s->addr = *addr;
	s->listed = peerlist_has(&front->peers, addr);
	s->last = clock_mono();
	ask_init(&s->ask, front, &s->addr);
	s->next = front->first;
	if (s->next != NULL)
		s->next->before = s;
	front->first = s;
	s->client = s->mta = s->lsrd =
	    (struct side){ .fd = -1, .on = on_side, .ctx = s };
	no_delay(fd);
	side_open(&s->client, front->base, fd);
	if (front->set.mta.family == 0)
		verb_only(s);
	else
		mta_open(s);
	settle(s);
}

static uint64_t
patience_ms(const struct session *s)
{
	uint64_t idle_ms = (uint64_t)s->front->set.idle_s * 1000;

	switch (s->mode) {
	case SESSION_CONNECTING:
		return (uint64_t)s->front->set.connect_s * 1000;
	case SESSION_FAREWELL:
		return SESSION_FAREWELL_MS;
	case SESSION_VERB:
		return SESSION_VERB_IDLE_MS;
	case SESSION_GATE:
	case SESSION_PUMP:
		break;
	}
	return idle_ms;
}

void
session_sweep(struct session *first, struct mono now)
{
	for (struct session *s = first, *next; s != NULL; s = next) {
		next = s->next;
		if (ask_is_late(&s->ask, now)) {
			session_answered(s, "timeout");
			settle(s);
			continue;
		}
		if (mono_since(s->last, now) < patience_ms(s))
			continue;
		if (s->mode == SESSION_CONNECTING) {
			mta_away(s, ETIMEDOUT);
			settle(s);
		} else {
			session_free(s);
		}
	}
}

void
session_end_verbs(struct session *first)
{
	struct buf line = { 0 };

	line_put_refusal(&line, 421);
	for (struct session *s = first, *next; s != NULL; s = next) {
		next = s->next;
		if (s->mode != SESSION_VERB)
			continue;
		side_write(&s->client, line.p, line.n);
		farewell(s);
		settle(s);
	}
	buf_done(&line);
}
