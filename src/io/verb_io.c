#include "io/verb_io.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "verb/verb_client.h"

#define VERB_IO_READ 16384 /* octets taken from the socket at a time */

struct verb_io {
	struct loop *loop;
	struct bufferevent *bev;
	struct event *deadline;
	struct event *poll;       /* the machine may speak again */
	struct evbuffer *waiting; /* what the machine has no room for yet */
	struct verb_client client;
	enum verb_client_state state; /* as the owner knows it */
	char *name;
	const struct verb_io_owner *owner;
	void *ctx;
	bool turning;   /* verb_io_turn() is on the stack */
	bool undrained; /* something was written since the last drained() */
	bool finishing;
	bool dead;
};

static void
wait_stage(struct verb_io *verb)
{
	struct timeval tv = { VERB_IO_STAGE_MS / 1000,
		VERB_IO_STAGE_MS % 1000 * 1000 };

	evtimer_add(verb->deadline, &tv);
}

static void
verb_io_ended(struct verb_io *verb, const char *reason)
{
	if (verb->dead || verb->owner == NULL)
		return;
	verb->state = VERB_CLIENT_ENDED;
	bufferevent_disable(verb->bev, EV_READ | EV_WRITE);
	evtimer_del(verb->deadline);
	evtimer_del(verb->poll);
	verb->owner->ended(verb->ctx, reason);
}

/* From the machine to the socket. */
static void
verb_io_say(struct verb_io *verb)
{
	struct buf *out = &verb->client.say;

	if (out->n > 0)
		CHECK(bufferevent_write(verb->bev, out->p, out->n) == 0);
	buf_reset(out);
}

/* From those who wait to the machine, as it has room. */
static void
push(struct verb_io *verb)
{
	uint8_t octets[VERB_CLIENT_PENDING];
	size_t room;
	int n;

	while ((room = verb_client_room(&verb->client)) > 0) {
		n = evbuffer_remove(verb->waiting, octets, room);
		if (n <= 0)
			break;
		verb_client_send(
		    &verb->client, octets, (size_t)n, clock_mono());
	}
	if (verb->finishing && evbuffer_get_length(verb->waiting) == 0)
		verb_client_quit(&verb->client);
	verb_io_say(verb);
}

/* From the machine to the owner, who may write, finish or free meanwhile. */
static void
verb_io_tell(struct verb_io *verb)
{
	struct buf *in = &verb->client.tls;

	if (verb->state == VERB_CLIENT_GREETING &&
	    verb->client.state == VERB_CLIENT_EHLO)
		wait_stage(verb);
	if (verb->state < VERB_CLIENT_CARRYING &&
	    verb->client.state == VERB_CLIENT_CARRYING) {
		evtimer_del(verb->deadline);
		verb->state = VERB_CLIENT_CARRYING;
		verb->owner->ready(verb->ctx);
	}
	if (!verb->dead && in->n > 0)
		verb->owner->octets(verb->ctx, in->p, in->n);
	buf_reset(in);
}

static void
wait_poll(struct verb_io *verb)
{
	struct mono wake = verb_client_wake(&verb->client);
	uint64_t ms = mono_since(clock_mono(), wake);
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	if (wake.ms == MONO_NEVER.ms)
		evtimer_del(verb->poll);
	else
		evtimer_add(verb->poll, &tv);
}

/* What follows from what has come or was written. */
static void
verb_io_turn(struct verb_io *verb)
{
	const struct verb_client *client = &verb->client;

	if (verb->turning || verb->dead || verb->owner == NULL)
		return;
	verb->turning = true;
	verb_io_say(verb);
	verb_io_tell(verb);
	if (!verb->dead) {
		push(verb);
		if (verb->state != VERB_CLIENT_ENDED)
			verb->state = client->state;
		wait_poll(verb);
	}
	verb->turning = false;
	if (!verb->dead && client->state == VERB_CLIENT_ENDED &&
	    client->why != VERB_CLIENT_WELL)
		verb_io_ended(verb, verb_client_word(client->why));
}

static void
on_verb_io_read(struct bufferevent *bev, void *arg)
{
	struct verb_io *verb = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t octets[VERB_IO_READ];
	int n;

	while (!verb->dead && verb->state != VERB_CLIENT_ENDED &&
	       (n = evbuffer_remove(in, octets, sizeof(octets))) > 0) {
		verb_client_feed(
		    &verb->client, octets, (size_t)n, clock_mono());
		verb_io_turn(verb);
	}
	/* After our QUIT nothing that comes is of interest. */
	if (!verb->dead)
		evbuffer_drain(in, evbuffer_get_length(in));
}

static void
on_verb_io_written(struct bufferevent *bev, void *arg)
{
	struct verb_io *verb = arg;

	(void)bev;
	if (!verb->undrained || verb_io_unsent(verb) > 0 || verb->dead)
		return;
	verb->undrained = false;
	verb->owner->drained(verb->ctx);
}

static void
on_verb_io_event(struct bufferevent *bev, short what, void *arg)
{
	struct verb_io *verb = arg;
	int error = EVUTIL_SOCKET_ERROR();

	(void)bev;
	verb_io_ended(verb, what & BEV_EVENT_EOF
				? verb_client_word(VERB_CLIENT_CLOSED)
				: sock_reason(error));
}

static void
on_verb_io_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	verb_io_ended(arg, "smtp-timeout");
}

static void
on_verb_io_poll(evutil_socket_t fd, short what, void *arg)
{
	struct verb_io *verb = arg;

	(void)fd;
	(void)what;
	verb_client_tick(&verb->client, clock_mono());
	verb_io_turn(verb);
}

struct verb_io *
verb_io_new(struct loop *loop, int fd, const char *name)
{
	struct event_base *base = loop_base(loop);
	struct verb_io *verb = mem_new(sizeof(*verb), 0, 0);

	sock_tune(fd);
	verb->loop = loop;
	verb->name = mem_str(name);
	verb_client_init(&verb->client, verb->name);
	verb->state = verb->client.state;
	verb->waiting = evbuffer_new();
	verb->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	verb->deadline = evtimer_new(base, on_verb_io_deadline, verb);
	verb->poll = evtimer_new(base, on_verb_io_poll, verb);
	CHECK(verb->waiting != NULL && verb->bev != NULL &&
	      verb->deadline != NULL && verb->poll != NULL);
	bufferevent_set_max_single_read(verb->bev, VERB_IO_READ);
	bufferevent_setcb(verb->bev, on_verb_io_read, on_verb_io_written,
	    on_verb_io_event, verb);
	bufferevent_enable(verb->bev, EV_READ | EV_WRITE);
	wait_stage(verb);
	return verb;
}

void
verb_io_own(struct verb_io *verb, const struct verb_io_owner *owner, void *ctx)
{
	verb->owner = owner;
	verb->ctx = ctx;
}

void
verb_io_write(struct verb_io *verb, const uint8_t *octets, size_t n)
{
	if (n == 0 || verb->finishing)
		return;
	CHECK(evbuffer_add(verb->waiting, octets, n) == 0);
	verb->undrained = true;
	verb_io_turn(verb);
}

size_t
verb_io_unsent(const struct verb_io *verb)
{
	return evbuffer_get_length(verb->waiting) + verb->client.pending.n +
	       evbuffer_get_length(bufferevent_get_output(verb->bev));
}

int
verb_io_fd(const struct verb_io *verb)
{
	return bufferevent_getfd(verb->bev);
}

void
verb_io_finish(struct verb_io *verb)
{
	verb->finishing = true;
	verb_io_turn(verb);
}

static void
gone(void *arg)
{
	struct verb_io *verb = arg;

	event_free(verb->deadline);
	event_free(verb->poll);
	bufferevent_free(verb->bev);
	evbuffer_free(verb->waiting);
	verb_client_done(&verb->client);
	mem_free(verb->name);
	mem_free(verb);
}

/* A QUIT, if nothing is before it and the socket takes it now. */
static void
last_words(struct verb_io *verb)
{
	struct evbuffer *out = bufferevent_get_output(verb->bev);
	char text[16];
	ev_ssize_t n;

	if (verb_io_unsent(verb) == 0 && verb->state != VERB_CLIENT_ENDED)
		verb_client_quit(&verb->client);
	verb_io_say(verb);
	n = evbuffer_copyout(out, text, sizeof(text));
	if (n > 0 && (size_t)n == evbuffer_get_length(out))
		(void)send(bufferevent_getfd(verb->bev), text, (size_t)n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
verb_io_free(struct verb_io *verb)
{
	if (verb == NULL || verb->dead)
		return;
	verb->dead = true;
	last_words(verb);
	bufferevent_disable(verb->bev, EV_READ | EV_WRITE);
	evtimer_del(verb->deadline);
	evtimer_del(verb->poll);
	loop_later(verb->loop, gone, verb);
}
