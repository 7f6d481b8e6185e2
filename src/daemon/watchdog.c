#include "daemon/watchdog.h"

#include "base/check.h"

static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	notify_say(arg, "WATCHDOG=1");
}

struct event *
watchdog_new(struct event_base *base, struct notify *notify)
{
	uint64_t us = notify_watchdog_us(notify) / 3;
	struct timeval tv = { (time_t)(us / 1000000),
		(suseconds_t)(us % 1000000) };
	struct event *event;

	if (us == 0)
		return NULL;
	event = event_new(base, -1, EV_PERSIST, on_watchdog, notify);
	CHECK(event != NULL && event_add(event, &tv) == 0);
	return event;
}
