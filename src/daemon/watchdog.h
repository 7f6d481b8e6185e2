/*
 * watchdog.h - tells systemd that we are alive, by the loop that serves the
 * peers: a hung loop is not.
 */

#ifndef DAEMON_WATCHDOG_H
#define DAEMON_WATCHDOG_H

#include <event2/event.h>

#include "sys/notify.h"

/* To be freed with event_free(); NULL: nobody asks. Both are lent. */
struct event *watchdog_new(struct event_base *base, struct notify *notify);

#endif
