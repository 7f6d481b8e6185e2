/*
 * notify.h - tells the service manager how we are, and gets its sockets:
 * sd_notify(3) and sd_listen_fds(3) by code of our own, which needs no
 * library. Without a service manager all of it does nothing.
 */

#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

struct notify;

/* Reads NOTIFY_SOCKET and WATCHDOG_USEC, and takes them out of the
 * environment, so that no child speaks for us. */
struct notify *notify_new(void);

/* Lines such as "READY=1\nSTATUS=...". Never waits. */
__attribute__((format(printf, 2, 3))) void notify_say(
    const struct notify *notify, const char *fmt, ...);

/* RELOADING=1 with the time that goes with it; READY=1 must follow. */
void notify_reloading(const struct notify *notify);

/* How often WATCHDOG=1 is wanted at least; 0: not at all. */
uint64_t notify_watchdog_us(const struct notify *notify);

void notify_free(struct notify *notify);

/*
 * The sockets of this name (NULL: of any) that the service manager opened for
 * us, at most `room`; returns how many. Others are closed.
 */
size_t notify_sockets(const char *name, int *fds, size_t room);

#endif
