#include "front/side.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/socket.h>

#include "base/check.h"

static void
on_side_event(evutil_socket_t fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	side->on(side->ctx, side, what);
}

void
side_open(struct side *side, struct event_base *base, int fd)
{
	side->fd = fd;
	side->readable =
	    event_new(base, fd, EV_READ | EV_PERSIST, on_side_event, side);
	side->writable =
	    event_new(base, fd, EV_WRITE | EV_PERSIST, on_side_event, side);
	CHECK(side->readable != NULL && side->writable != NULL);
}

bool
side_connect(struct side *side, struct event_base *base,
    const struct sockaddr *to, socklen_t n)
{
	int fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return false;
	if (connect(fd, to, n) != 0) {
		if (errno != EINPROGRESS) {
			error = errno;
			close(fd);
			errno = error;
			return false;
		}
		side->opening = true;
	}
	side_open(side, base, fd);
	return true;
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

size_t
side_read(struct side *side, uint8_t *into, size_t n)
{
	ssize_t got = recv(side->fd, into, n, 0);

	if (got > 0)
		return (size_t)got;
	if (got == 0)
		side->eof = true;
	else if (!is_transient(errno)) {
		side->failed = errno; /* reset */
		side->eof = true;
	}
	return 0;
}

/* What goes now; 0 when nothing does. A connection to a neighbour is there
 * when connect(2) returns, though it does not say so. */
static size_t
side_put(struct side *side, const uint8_t *p, size_t n)
{
	ssize_t done;

	if (n == 0)
		return 0;
	done = send(side->fd, p, n, MSG_NOSIGNAL);
	if (done >= 0) {
		side->opening = false;
		return (size_t)done;
	}
	if (!is_transient(errno))
		side->failed = errno;
	return 0;
}

void
side_write(struct side *side, const uint8_t *octets, size_t n)
{
	size_t done = 0;

	if (side->fd < 0 || side->failed != 0 || side->shut)
		return;
	if (side->out.n == 0)
		done = side_put(side, octets, n);
	if ((done == n && !side->opening) || side->failed != 0)
		return;
	if (done < n)
		buf_bytes(&side->out, octets + done, n - done);
	event_add(side->writable, NULL);
}

/* The system says that it is connected, or why not. */
static void
opened(struct side *side)
{
	socklen_t n = sizeof(side->failed);

	side->opening = false;
	if (getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &side->failed, &n) != 0)
		side->failed = errno;
}

void
side_flush(struct side *side)
{
	if (side->opening)
		opened(side);
	if (side->failed == 0 && side->at < side->out.n)
		side->at += side_put(
		    side, side->out.p + side->at, side->out.n - side->at);
	if (side->at < side->out.n && side->failed == 0)
		return;
	buf_done(&side->out);
	side->at = 0;
	event_del(side->writable);
}

size_t
side_waiting(const struct side *side)
{
	return side->out.n - side->at;
}

void
side_want(struct side *side, bool reading)
{
	reading = reading && side->fd >= 0 && !side->eof && !side->opening;
	if (reading == side->reading)
		return;
	side->reading = reading;
	if (reading)
		event_add(side->readable, NULL);
	else
		event_del(side->readable);
}

void
side_shut(struct side *side)
{
	if (side->fd < 0 || side->shut || side->opening)
		return;
	side->shut = true;
	shutdown(side->fd, SHUT_WR);
}

void
side_close(struct side *side)
{
	void (*on)(void *, struct side *, short) = side->on;
	void *ctx = side->ctx;

	if (side->readable != NULL)
		event_free(side->readable);
	if (side->writable != NULL)
		event_free(side->writable);
	if (side->fd >= 0)
		close(side->fd);
	buf_done(&side->out);
	memset(side, 0, sizeof(*side));
	side->fd = -1;
	side->on = on;
	side->ctx = ctx;
}
