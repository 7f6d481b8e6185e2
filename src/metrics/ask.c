#include "metrics/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "sys/clock.h"

/* Until then, and not longer; false: it is over. */
static bool
ask_wait(int fd, short events, uint64_t until_us)
{
	struct pollfd poll_of = { .fd = fd, .events = events };
	uint64_t now = clock_mono_us();

	return now < until_us &&
	       poll(&poll_of, 1, (int)((until_us - now) / 1000) + 1) > 0;
}

/* The whole answer, to the end that lsrd makes. */
static const char *
ask_read(int fd, uint64_t until_us, struct buf *out)
{
	static uint8_t block[65536];
	ssize_t n = 1;

	while (n != 0) {
		if (!ask_wait(fd, POLLIN, until_us))
			return "lsrd does not answer in time";
		n = recv(fd, block, sizeof(block), 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return "lsrd broke off";
		if (n > 0)
			buf_bytes(out, block, (size_t)n);
		if (out->n > ASK_OCTETS)
			return "lsrd says too much";
	}
	return out->n > 0 && out->p[out->n - 1] == '\n' ? NULL
	                                                : "lsrd broke off";
}

/* -1: errno tells. */
static int
ask_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, path, strlen(path)); /* main.c has looked */
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static const char *
ask_one(
    const char *path, const char *request, uint64_t until_us, struct told *out)
{
	struct buf answer = { 0 };
	const char *why = NULL;
	size_t n = strlen(request);
	int fd = ask_connect(path);

	if (fd < 0)
		return errno == EACCES
		           ? "not permitted: the user must be in lsrd's group"
		       : errno == ENOENT || errno == ECONNREFUSED
		           ? "lsrd does not run"
		           : "lsrd has no time";
	if (send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		why = "lsrd broke off";
	if (why == NULL)
		why = ask_read(fd, until_us, &answer);
	close(fd);
	if (why == NULL && !told_read(out, (const char *)answer.p, answer.n))
		why = "what lsrd says is not understood";
	buf_done(&answer);
	return why;
}

const char *
ask_lsrd(const char *path, struct told *out)
{
	uint64_t began = clock_mono_us();
	uint64_t until = began + (uint64_t)ASK_MS * 1000;
	const char *why = ask_one(path, "metrics\n", until, out);

	if (why == NULL)
		why = ask_one(path, "counters\n", until, out);
	if (why == NULL && (out->server == NULL || out->daemon == NULL))
		why = "lsrd is of another version, or just starts";
	out->asked_us = clock_mono_us() - began;
	return why;
}
