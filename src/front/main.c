/*
 * main.c - lsrd-front: sockets, the end of privileges, signals.
 *
 *     options --> sockets --> background --> no longer root --> sealed
 *        --> accept --> TERM: no more --> the last session ends --> stop
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/rc.h"
#include "front/address.h"
#include "front/front.h"
#include "front/options.h"
#include "sys/notify.h"
#include "sys/sandbox.h"
#include "sys/sock.h"

static bool
is_listening(int fd)
{
	int on = 0;
	socklen_t n = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n) == 0 && on;
}

static void
front_take(struct front *front, int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	front->listener_fd[front->nlisteners++] = fd;
}

/* The sockets that a service manager opened for us. */
static void
inherit(struct front *front)
{
	int fds[FRONT_LISTEN];
	size_t n = notify_sockets(NULL, fds, FRONT_LISTEN);

	for (size_t i = 0; i < n; i++) {
		if (is_listening(fds[i]))
			front_take(front, fds[i]);
		else
			close(fds[i]);
	}
}

/* An exit status; 0: there are sockets to listen on. */
static int
sockets(struct front *front)
{
	char text[ADDR_TEXT];

	inherit(front);
	for (size_t i = 0; i < front->set.nlisten; i++) {
		int fd = sock_listen(&front->set.listen[i]);

		if (fd < 0 || front->nlisteners == FRONT_LISTEN) {
			fprintf(stderr, "lsrd-front: %s: %s\n",
			    addr_text(&front->set.listen[i], text),
			    fd < 0 ? strerror(errno) : "too many sockets");
			return EX_UNAVAILABLE;
		}
		front_take(front, fd);
	}
	if (front->nlisteners > 0)
		return 0;
	fprintf(stderr, "lsrd-front: nothing to listen on: give -l\n");
	return EX_USAGE;
}

static void
on_front_stop(evutil_socket_t fd, short what, void *arg)
{
	struct front *front = arg;

	(void)fd;
	(void)what;
	say_line(&front->say, LOG_NOTICE, "stopping: sessions=%u",
	    (unsigned)front->count);
	front_stop(front);
}

static void
on_hup(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	front_read_peers(arg);
}

static void
on_usr1(evutil_socket_t fd, short what, void *arg)
{
	struct front *front = arg;

	(void)fd;
	(void)what;
	say_line(&front->say, LOG_NOTICE,
	    "counters: sessions=%u, accepted=%llu, handed=%llu, refused=%llu, "
	    "verbs=%llu",
	    (unsigned)front->count, (unsigned long long)front->accepted,
	    (unsigned long long)front->handed,
	    (unsigned long long)front->refused,
	    (unsigned long long)front->verbs);
}

static const struct {
	int signal;
	event_callback_fn on;
} signals[] = {
	{ SIGTERM, on_front_stop },
	{ SIGINT, on_front_stop },
	{ SIGHUP, on_hup },
	{ SIGUSR1, on_usr1 },
};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static int
front_run(struct front *front)
{
	struct event_base *base = event_base_new();
	struct event *on[SIGNALS];

	if (base == NULL)
		return EX_OSERR;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIGNALS; i++) {
		on[i] =
		    evsignal_new(base, signals[i].signal, signals[i].on, front);
		event_add(on[i], NULL);
	}
	front_begin(front, base);
	say_line(&front->say, LOG_NOTICE, "started: version=%s, peers=%zu",
	    PACKAGE_VERSION, front->peers.given.n + front->peers.read.n);
	event_base_dispatch(base);
	say_line(&front->say, LOG_NOTICE, "stopped: sessions=%u",
	    (unsigned)front->count);
	for (size_t i = 0; i < SIGNALS; i++)
		event_free(on[i]);
	front_done(front);
	event_base_free(base);
	return EX_OK;
}

/* An exit status; 0: ready to accept. */
static int
front_prepare(struct front *front, const struct options *options)
{
	int status = sockets(front);

	say_open(&front->say, "lsrd-front", true);
	if (status == 0)
		status = sandbox_enter("lsrd-front", options->user);
	if (status == 0)
		sock_room(UINT64_MAX);
	if (status == 0)
		front_read_peers(front);
	if (status == 0 && !options->foreground && daemon(0, 0) != 0)
		status = EX_OSERR;
	say_end(&front->say);
	say_open(&front->say, "lsrd-front", options->foreground);
	return status;
}

int
main(int argc, char **argv)
{
	struct front *front = mem_new(sizeof(*front), 0, 0);
	struct options options;
	int status = options_read(&options, front, argc, argv);

	if (status < 0)
		status = front_prepare(front, &options);
	if (front->nlisteners > 0 && status == 0)
		status = front_run(front);
	peerlist_done(&front->peers);
	if (front->nlisteners > 0)
		say_end(&front->say);
	mem_free(front);
	return status;
}
