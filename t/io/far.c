#include "t/io/far.h"

#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "t/tap.h"
#include "verb/verb_server.h"

/* Cuts a stream of TLS into its records. */
struct records {
	uint8_t head[5];
	size_t n, left;
};

struct far_session {
	bool ok; /* lsrd takes it */
	struct far *far;
	struct far_session *next, **back;
	struct bufferevent *smtp, *lsrd; /* lsrd: NULL until it is asked for */
	struct event *wake;
	struct verb_server server;
	struct addr from;
	size_t line, said; /* octets of this line; replies of the script */
	bool verbs;        /* lines are the verb's */
	struct records records[2];
};

static void
records_see(struct records *r, const uint8_t *p, size_t n, size_t *longest)
{
	while (n > 0) {
		size_t take = n < r->left ? n : r->left;

		if (r->left == 0) {
			r->head[r->n++] = *p++;
			n--;
			if (r->n < 5)
				continue;
			r->left = (size_t)r->head[3] << 8 | r->head[4];
			if (r->left + 5 > *longest)
				*longest = r->left + 5;
			r->n = 0;
			continue;
		}
		r->left -= take;
		p += take;
		n -= take;
	}
}

static void
session_end(struct far_session *s)
{
	*s->back = s->next;
	if (s->next != NULL)
		s->next->back = s->back;
	bufferevent_free(s->smtp);
	if (s->lsrd != NULL)
		bufferevent_free(s->lsrd);
	event_free(s->wake);
	verb_server_done(&s->server);
	mem_free(s);
}

static void
see_answers(struct far_session *s, const struct buf *say)
{
	for (size_t i = 0, at = 0; i < say->n; i++) {
		if (say->p[i] != '\n')
			continue;
		if (memcmp(say->p + at, "250 ", 4) == 0 ||
		    memcmp(say->p + at, "250\r", 4) == 0)
			s->far->answers += s->verbs;
		at = i + 1;
	}
}

static void
pass_on(struct far_session *s)
{
	struct verb_server *m = &s->server;
	uint64_t ms;
	struct timeval tv;

	if (s->far->eager)
		verb_server_tick(m, verb_server_wake(m));
	if (m->say.n > 0) {
		see_answers(s, &m->say);
		bufferevent_write(s->smtp, m->say.p, m->say.n);
	}
	if (m->tls.n > 0) {
		records_see(&s->records[0], m->tls.p, m->tls.n,
		    &s->far->longest_record[0]);
		bufferevent_write(s->lsrd, m->tls.p, m->tls.n);
	}
	buf_reset(&m->say);
	buf_reset(&m->tls);
	if (verb_server_wake(m).ms == MONO_NEVER.ms) {
		evtimer_del(s->wake);
		return;
	}
	ms = mono_since(clock_mono(), verb_server_wake(m));
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	evtimer_add(s->wake, &tv);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct far_session *s = arg;

	(void)fd;
	(void)what;
	verb_server_tick(&s->server, clock_mono());
	pass_on(s);
}

static void
on_lsrd_read(struct bufferevent *bev, void *arg)
{
	struct far_session *s = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t octets[VERB_SERVER_PENDING];
	size_t room = verb_server_room(&s->server);
	int n;

	if (!s->ok && evbuffer_get_length(in) >= 3) {
		evbuffer_remove(in, octets, 3);
		ck_assert_mem_eq(octets, "ok\n", 3);
		s->ok = true;
	}
	n = room == 0 || !s->ok ? 0 : evbuffer_remove(in, octets, room);
	if (n > 0) {
		records_see(&s->records[1], octets, (size_t)n,
		    &s->far->longest_record[1]);
		verb_server_carry(&s->server, octets, (size_t)n);
		pass_on(s);
	}
}

static void
on_lsrd_event(struct bufferevent *bev, short what, void *arg)
{
	struct far_session *s = arg;

	if (what & BEV_EVENT_CONNECTED)
		return;
	on_lsrd_read(bev, s);
	verb_server_closed(&s->server);
	pass_on(s);
}

static void on_lsrd_written(struct bufferevent *bev, void *arg);

static void
attach(struct far_session *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char ip[ADDR_TEXT];

	ck_assert_uint_lt(strlen(s->far->front), sizeof(sun.sun_path));
	memcpy(sun.sun_path, s->far->front, strlen(s->far->front) + 1);
	s->lsrd =
	    bufferevent_socket_new(s->far->base, -1, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(
	    s->lsrd, on_lsrd_read, on_lsrd_written, on_lsrd_event, s);
	if (bufferevent_socket_connect(
		s->lsrd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		bufferevent_free(s->lsrd);
		s->lsrd = NULL;
		verb_server_refuse(&s->server);
		return;
	}
	bufferevent_enable(s->lsrd, EV_READ | EV_WRITE);
	evbuffer_add_printf(bufferevent_get_output(s->lsrd),
	    "lsrd-front/1 %s %u\n", addr_ip_text(&s->from, ip),
	    (unsigned)s->from.port);
	verb_server_attach(&s->server);
}

static void
feed(struct far_session *s, const uint8_t *p, size_t n)
{
	struct verb_server *m = &s->server;
	size_t at = 0;

	while (at < n && m->state != VERB_SERVER_ENDED) {
		at += verb_server_feed(m, p + at, n - at, clock_mono());
		if (m->state == VERB_SERVER_ASKING)
			attach(s);
	}
	pass_on(s);
	if (s->lsrd != NULL) /* what waited for room */
		on_lsrd_read(s->lsrd, s);
}

/* One octet of a client, for the record. */
static void
see(struct far_session *s, uint8_t c)
{
	struct far *far = s->far;

	far->octets++;
	s->line++;
	if (!s->verbs || far->quit)
		buf_u8(&far->said, c);
	if (c != '\n')
		return;
	if (s->line > far->longest_line)
		far->longest_line = s->line;
	far->lines += s->verbs;
	if (far->lines - far->answers > far->most)
		far->most = far->lines - far->answers;
	s->line = 0;
}

static void
recite(struct far_session *s)
{
	const struct far_script *script = s->far->script;
	const char *text = script->say[s->said];
	bool last = s->said == 3 || script->say[s->said + 1] == NULL;

	if (text == NULL)
		return;
	for (size_t i = 0; last && i < script->pad; i++)
		bufferevent_write(s->smtp, "A", 1);
	bufferevent_write(s->smtp, text, strlen(text));
	s->said++;
}

static void
on_smtp_read(struct bufferevent *bev, void *arg)
{
	struct far_session *s = arg;
	struct far *far = s->far;
	uint8_t octets[65536];
	int n;

	while (!far->deaf && (n = evbuffer_remove(bufferevent_get_input(bev),
				  octets, sizeof(octets))) > 0) {
		bool cut = far->cut > 0 && far->octets + (size_t)n >= far->cut;

		for (int i = 0; i < n; i++) {
			if (s->line == 0 && octets[i] == 'X')
				s->verbs = true;
			if (s->line == 0 && octets[i] == 'Q')
				far->quit = true;
			see(s, octets[i]);
			if (far->script != NULL && octets[i] == '\n')
				recite(s);
		}
		if (cut) {
			session_end(s);
			return;
		}
		if (far->script == NULL)
			feed(s, octets, (size_t)n);
	}
}

/* All is said to the client; what it said goes on to lsrd. */
static void
on_smtp_written(struct bufferevent *bev, void *arg)
{
	struct far_session *s = arg;

	(void)bev;
	if (s->server.state != VERB_SERVER_ENDED)
		return;
	if (s->lsrd != NULL &&
	    evbuffer_get_length(bufferevent_get_output(s->lsrd)) > 0)
		return;
	session_end(s);
}

static void
on_lsrd_written(struct bufferevent *bev, void *arg)
{
	struct far_session *s = arg;

	(void)bev;
	if (evbuffer_get_length(bufferevent_get_output(s->smtp)) == 0)
		on_smtp_written(s->smtp, s);
}

static void
on_smtp_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	session_end(arg);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct far *far = arg;
	struct far_session *s = mem_new(sizeof(*s), 0, 0);

	(void)listener;
	(void)len;
	far->sessions++;
	s->far = far;
	s->from = sock_addr(sa);
	s->next = far->first;
	s->back = &far->first;
	if (s->next != NULL)
		s->next->back = &s->next;
	far->first = s;
	s->wake = evtimer_new(far->base, on_wake, s);
	sock_tune(fd);
	s->smtp = bufferevent_socket_new(far->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(
	    s->smtp, on_smtp_read, on_smtp_written, on_smtp_event, s);
	bufferevent_enable(s->smtp, EV_READ | EV_WRITE);
	verb_server_init(&s->server, "far.example.org");
	if (far->script != NULL) {
		recite(s);
		return;
	}
	verb_server_greet(&s->server);
	pass_on(s);
}

void
far_up(
    struct far *far, struct event_base *base, uint8_t last, const char *front)
{
	struct addr addr = { 4, { 127, 0, 1, last }, 0 };
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	int fd = sock_listen(&addr);

	memset(far, 0, sizeof(*far));
	ck_assert_int_ge(fd, 0);
	getsockname(fd, (struct sockaddr *)&sa, &n);
	far->addr = sock_addr((struct sockaddr *)&sa);
	far->base = base;
	far->front = front;
	far->listener = evconnlistener_new(
	    base, on_accept, far, LEV_OPT_CLOSE_ON_FREE, 0, fd);
	ck_assert_ptr_nonnull(far->listener);
}

void
far_hear(struct far *far)
{
	far->deaf = false;
	for (struct far_session *s = far->first; s != NULL; s = s->next)
		bufferevent_trigger(s->smtp, EV_READ, 0);
}

void
far_down(struct far *far)
{
	while (far->first != NULL)
		session_end(far->first);
	evconnlistener_free(far->listener);
	buf_done(&far->said);
}
