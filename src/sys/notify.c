#include "sys/notify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "sys/clock.h"

#define NOTIFY_FIRST_FD 3 /* sd_listen_fds(3) */
#define NOTIFY_FDS_MAX 64

struct notify {
	int fd; /* -1: nobody to tell */
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t watchdog_us;
};

static uint64_t
notify_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	unsigned long long n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	n = strtoull(text, &end, 10);
	return *end == '\0' ? n : 0;
}

/* A path, or a name in the abstract space, which begins with '@'. */
static void
notify_address(struct notify *notify, const char *name)
{
	size_t n = strlen(name);

	if ((name[0] != '/' && name[0] != '@') ||
	    n >= sizeof(notify->to.sun_path))
		return;
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, name, n);
	if (name[0] == '@')
		notify->to.sun_path[0] = '\0';
	notify->to_len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	notify->fd =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

struct notify *
notify_new(void)
{
	struct notify *notify = mem_new(sizeof(*notify), 0, 0);
	const char *name = getenv("NOTIFY_SOCKET");
	const char *pid = getenv("WATCHDOG_PID");

	notify->fd = -1;
	if (name != NULL)
		notify_address(notify, name);
	if (pid == NULL || notify_number("WATCHDOG_PID") == (uint64_t)getpid())
		notify->watchdog_us = notify_number("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return notify;
}

void
notify_say(const struct notify *notify, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (notify->fd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(text))
		(void)sendto(notify->fd, text, (size_t)n, MSG_NOSIGNAL,
		    (const struct sockaddr *)&notify->to, notify->to_len);
}

void
notify_reloading(const struct notify *notify)
{
	notify_say(
	    notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_mono_us());
}

uint64_t
notify_watchdog_us(const struct notify *notify)
{
	return notify->watchdog_us;
}

void
notify_free(struct notify *notify)
{
	if (notify == NULL)
		return;
	if (notify->fd >= 0)
		close(notify->fd);
	mem_free(notify);
}

size_t
notify_sockets(const char *name, int *fds, size_t room)
{
	uint64_t n = notify_number("LISTEN_FDS"),
		 mine = notify_number("LISTEN_PID");
	char *names = mem_str(getenv("LISTEN_FDNAMES")), *rest = names;
	size_t taken = 0;

	if (mine != (uint64_t)getpid() || n > NOTIFY_FDS_MAX)
		n = 0;
	for (int i = 0; i < (int)n; i++) {
		const char *is = strsep(&rest, ":");
		int fd = NOTIFY_FIRST_FD + i;

		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (taken < room &&
		    (name == NULL || (is != NULL && strcmp(is, name) == 0)))
			fds[taken++] = fd;
		else
			close(fd);
	}
	mem_free(names);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return taken;
}
