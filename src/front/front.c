#include "front/front.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/rc.h"
#include "front/address.h"
#include "front/hand.h"
#include "front/session.h"
#include "front/source.h"
#include "front/tell.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define BURST 64 /* accepted at once, before others have their turn */

void
front_read_peers(struct front *front)
{
	size_t line;
	int rc;

	if (front->set.peers == NULL)
		return;
	rc = peerlist_read(&front->peers, front->set.peers, &line);
	if (rc == RC_OK) {
		say_line(&front->say, LOG_NOTICE, "peers: file=%s, peers=%zu",
		    front->set.peers, front->peers.read.n);
		return;
	}
	say_line(&front->say, LOG_ERR, "peers: file=%s, line=%zu, error=%s",
	    front->set.peers, line,
	    rc == RC_IO ? strerror(errno) : rc_word(rc));
}

/* Too many: says so, and does not wait for the other side. */
static void
front_turn_away(
    struct front *front, int fd, const struct addr *addr, const char *reason)
{
	static const char text[] = "421 4.7.0 Too many connections, try "
				   "again later\r\n";
	char from[ADDR_TEXT];

	front->refused++;
	send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	close(fd);
	say_limited(&front->say, LOG_WARNING, clock_mono(),
	    "refused: from=%s, reason=%s", addr_ip_text(addr, from), reason);
}

/* A stranger's session goes to Postfix whole, where that is wanted. When it
 * cannot it is relayed like any other. */
static bool
hand(struct front *front, int fd, const struct addr *addr)
{
	char from[ADDR_TEXT];

	if (front->set.hand == NULL || peerlist_has(&front->peers, addr))
		return false;
	if (hand_over(front->set.hand, fd, addr)) {
		front->handed++;
		return true;
	}
	say_limited(&front->say, LOG_WARNING, clock_mono(),
	    "not-handed: from=%s, error=%s", addr_ip_text(addr, from),
	    strerror(errno));
	return false;
}

static void
welcome(struct front *front, int fd, const struct sockaddr_storage *from)
{
	struct addr addr = sock_addr((const struct sockaddr *)from);
	struct source *source;

	if (addr.family == 0) {
		close(fd);
		return;
	}
	if (hand(front, fd, &addr))
		return;
	if (front->count >= front->set.sessions) {
		front_turn_away(front, fd, &addr, "sessions");
		return;
	}
	source = source_take(&front->sources, &addr, front->set.per_source);
	if (source == NULL) {
		front_turn_away(front, fd, &addr, "per-source");
		return;
	}
	front->accepted++;
	front->count++;
	session_begin(front, fd, &addr, source);
}

static void
listen_on(struct front *front, bool on)
{
	for (size_t i = 0; i < front->nlisteners; i++) {
		if (on)
			event_add(front->listener[i], NULL);
		else
			event_del(front->listener[i]);
	}
}

/* No descriptors left: others must go first. */
static void
rest(struct front *front)
{
	static const struct timeval pause = { 0, 200000 };

	say_limited(&front->say, LOG_ERR, clock_mono(), "accept: error=%s",
	    strerror(errno));
	listen_on(front, false);
	event_add(front->rest, &pause);
}

static void
on_front_rested(evutil_socket_t fd, short what, void *arg)
{
	struct front *front = arg;

	(void)fd;
	(void)what;
	if (!front->stopping)
		listen_on(front, true);
}

static void
on_front_accept(evutil_socket_t fd, short what, void *arg)
{
	struct front *front = arg;

	(void)what;
	for (int i = 0; i < BURST; i++) {
		struct sockaddr_storage from;
		socklen_t n = sizeof(from);
		int client = accept4(fd, (struct sockaddr *)&from, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client >= 0) {
			welcome(front, client, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			rest(front);
		return;
	}
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct front *front = arg;

	(void)fd;
	(void)what;
	session_sweep(front->first, clock_mono());
	tell_counts(front, clock_mono());
}

void
front_begin(struct front *front, struct event_base *base)
{
	static const struct timeval second = { 1, 0 };

	front->base = base;
	for (size_t i = 0; i < front->nlisteners; i++) {
		front->listener[i] = event_new(base, front->listener_fd[i],
		    EV_READ | EV_PERSIST, on_front_accept, front);
		CHECK(front->listener[i] != NULL);
	}
	front->sweep = event_new(base, -1, EV_PERSIST, on_sweep, front);
	front->rest = event_new(base, -1, 0, on_front_rested, front);
	CHECK(front->sweep != NULL && front->rest != NULL);
	event_add(front->sweep, &second);
	listen_on(front, true);
}

void
front_left(struct front *front)
{
	front->count--;
	if (front->stopping && front->count == 0)
		event_base_loopbreak(front->base);
}

void
front_stop(struct front *front)
{
	if (front->stopping)
		return;
	front->stopping = true;
	for (size_t i = 0; i < front->nlisteners; i++) {
		event_free(front->listener[i]);
		close(front->listener_fd[i]);
	}
	front->nlisteners = 0;
	session_end_verbs(front->first);
	if (front->count == 0)
		event_base_loopbreak(front->base);
}

void
front_done(struct front *front)
{
	while (front->first != NULL)
		session_free(front->first);
	for (size_t i = 0; i < front->nlisteners; i++) {
		event_free(front->listener[i]);
		close(front->listener_fd[i]);
	}
	event_free(front->sweep);
	event_free(front->rest);
}
