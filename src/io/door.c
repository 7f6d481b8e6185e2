#include "io/door.h"

#include <errno.h>

#include <event2/listener.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define REST_MS 250
/* At one turn of the loop: somebody may come as fast as we let him in. */
#define BURST 32
#define OVER_MS 60000 /* nobody was kept out for so long */

struct door {
	struct sink *sink;
	struct door_house house;
	char *name;
	struct evconnlistener *listener;
	struct event *rest;
	unsigned came; /* in this turn */
	bool has_failed;
	struct mono failed; /* the last time */
};

static void
on_door_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct door *door = arg;

	(void)len;
	if (door->came++ == 0)
		evtimer_add(door->rest, &next_turn);
	if (door->came >= BURST)
		evconnlistener_disable(listener);
	door->house.came(door->house.ctx, fd, sa);
}

static void
on_error(struct evconnlistener *listener, void *arg)
{
	struct timeval tv = { .tv_usec = REST_MS * 1000 };
	struct door *door = arg;
	struct mono now = clock_mono();

	if (!door->has_failed || mono_since(door->failed, now) > OVER_MS)
		sink_say(door->sink, SINK_WARNING, "accept-failed",
		    "socket=%s, reason=%s", door->name, sock_reason(errno));
	door->has_failed = true;
	door->failed = now;
	evconnlistener_disable(listener);
	evtimer_add(door->rest, &tv);
	if (door->house.full != NULL)
		door->house.full(door->house.ctx);
}

static void
on_door_rested(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;

	(void)fd;
	(void)what;
	door->came = 0;
	evconnlistener_enable(door->listener);
}

struct door *
door_new(struct loop *loop, struct sink *sink, int fd,
    const struct door_house *house)
{
	struct event_base *base = loop_base(loop);
	struct door *door = mem_new(sizeof(*door), 0, 0);

	door->sink = sink;
	door->house = *house;
	door->name = mem_str(house->name);
	door->listener = evconnlistener_new(base, on_door_accept, door,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	door->rest = evtimer_new(base, on_door_rested, door);
	CHECK(door->listener != NULL && door->rest != NULL);
	evconnlistener_set_error_cb(door->listener, on_error);
	return door;
}

void
door_free(struct door *door)
{
	if (door == NULL)
		return;
	evconnlistener_free(door->listener);
	event_free(door->rest);
	mem_free(door->name);
	mem_free(door);
}
