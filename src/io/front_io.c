#include "io/front_io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/door.h"
#include "io/local.h"
#include "sys/clock.h"
#include "sys/sock.h"

/* One whose line is not complete. */
struct front_half {
	struct front_io *io;
	struct front_half *next, **back; /* the oldest first */
	int fd;
	bool counts; /* it came where counts are told */
	struct event *ready, *deadline;
	size_t n;
	char line[FRONT_IO_LINE];
};

struct front_io {
	struct loop *loop;
	struct sink *sink;
	front_io_brought *brought;
	void *ctx;
	char *path, *counts_path; /* the latter may be NULL, as its door */
	struct door *door, *counts_door;
	struct front_half *halves, **last;
	size_t nhalves;
	struct front_io_counts counts;
	bool counted;
};

/* A decimal number from 1 to 65535 without leading zeros, to the end. */
static bool
front_io_port_read(const char *p, size_t n, uint16_t *port)
{
	uint32_t v = 0;

	if (n == 0 || n > 5 || p[0] == '0')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(p[i] - '0');
	}
	*port = (uint16_t)v;
	return v <= UINT16_MAX;
}

/* Only as it is written by who writes it: back and forth is the same. */
static bool
ip_read(const char *p, size_t n, struct addr *out)
{
	char text[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (n >= sizeof(text))
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		*out = sock_addr((struct sockaddr *)&in);
		inet_ntop(AF_INET, &in.sin_addr, again, sizeof(again));
	} else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		*out = sock_addr((struct sockaddr *)&in6);
		inet_ntop(AF_INET6, &in6.sin6_addr, again, sizeof(again));
	} else {
		return false;
	}
	return strlen(text) == n && strcmp(text, again) == 0;
}

bool
front_io_line(const char *line, size_t n, struct addr *from)
{
	static const char word[] = "lsrd-front/1 ";
	size_t skip = sizeof(word) - 1;
	const char *ip = line + skip, *blank;
	struct addr addr;

	if (n < skip || memcmp(line, word, skip) != 0)
		return false;
	blank = memchr(ip, ' ', n - skip);
	if (blank == NULL || !ip_read(ip, (size_t)(blank - ip), &addr) ||
	    !front_io_port_read(
		blank + 1, n - (size_t)(blank + 1 - line), &addr.port))
		return false;
	*from = addr;
	return true;
}

/* Decimal digits without leading zeros, as many as fit; 0: there is none. */
static size_t
front_io_number(const char *p, size_t n, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < n && i < 19 && p[i] >= '0' && p[i] <= '9'; i++)
		*out = *out * 10 + (uint64_t)(p[i] - '0');
	return i > 1 && p[0] == '0' ? 0 : i;
}

bool
front_io_counts_read(const char *line, size_t n, struct front_io_counts *out)
{
	static const char *const words[FRONT_IO_COUNTS] = {
		"lsrd-front/1 counts sessions=", " accepted=", " handed=",
		" refused=", " verbs="
	};
	struct front_io_counts read = { .at = clock_mono() };
	size_t at = 0, len;

	for (int i = 0; i < FRONT_IO_COUNTS; i++) {
		len = strlen(words[i]);
		if (n - at < len || memcmp(line + at, words[i], len) != 0)
			return false;
		at += len;
		len = front_io_number(line + at, n - at, &read.n[i]);
		if (len == 0)
			return false;
		at += len;
	}
	if (at != n && (line[at] != ' ' || at + 1 == n))
		return false;
	*out = read;
	return true;
}

const struct front_io_counts *
front_io_counted(const struct front_io *io)
{
	return io == NULL || !io->counted ? NULL : &io->counts;
}

/* Forgets it; its socket is somebody else's from now on. */
static void
front_io_half_free(struct front_half *half)
{
	*half->back = half->next;
	if (half->next != NULL)
		half->next->back = half->back;
	else
		half->io->last = half->back;
	half->io->nhalves--;
	event_free(half->ready);
	event_free(half->deadline);
	mem_free(half);
}

static void
front_io_refuse(struct front_half *half, const char *reason)
{
	if (reason != NULL && !half->counts)
		sink_say(half->io->sink, SINK_WARNING, "front-refused",
		    "socket=%s, reason=%s", half->io->path, reason);
	close(half->fd);
	front_io_half_free(half);
}

static void
front_io_line_ended(struct front_half *half)
{
	struct front_io *io = half->io;
	struct addr from;
	int fd = half->fd;

	if (front_io_counts_read(half->line, half->n, &io->counts)) {
		io->counted = true;
		front_io_refuse(half, NULL);
		return;
	}
	if (half->counts || !front_io_line(half->line, half->n, &from)) {
		front_io_refuse(half, "format");
		return;
	}
	front_io_half_free(half);
	if (io->brought(io->ctx, fd, &from))
		(void)send(fd, "ok\n", 3, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Octet by octet: those behind the line feed are for TLS. */
static void
on_front_io_ready(evutil_socket_t fd, short what, void *arg)
{
	struct front_half *half = arg;
	ssize_t n;
	char c;

	(void)what;
	while ((n = recv(fd, &c, 1, MSG_DONTWAIT)) == 1) {
		if (c == '\n') {
			front_io_line_ended(half);
			return;
		}
		if (half->n + 1 == FRONT_IO_LINE) {
			front_io_refuse(half, "too-long");
			return;
		}
		half->line[half->n++] = c;
	}
	if (n == 0)
		front_io_refuse(half, half->n > 0 ? "format" : NULL);
	else if (errno != EAGAIN && errno != EINTR)
		front_io_refuse(half, sock_reason(errno));
}

static void
on_front_io_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	front_io_refuse(arg, "timeout");
}

static void
wait_for_line(struct front_half *half)
{
	struct event_base *base = loop_base(half->io->loop);
	struct timeval tv = { FRONT_IO_LINE_MS / 1000,
		FRONT_IO_LINE_MS % 1000 * 1000 };

	half->ready = event_new(
	    base, half->fd, EV_READ | EV_PERSIST, on_front_io_ready, half);
	half->deadline = evtimer_new(base, on_front_io_deadline, half);
	CHECK(half->ready != NULL && half->deadline != NULL);
	CHECK(event_add(half->ready, NULL) == 0);
	CHECK(evtimer_add(half->deadline, &tv) == 0);
}

/* Whose line is not complete yet: the oldest of them. */
static void
front_io_make_room(void *ctx)
{
	struct front_io *io = ctx;

	if (io->halves != NULL)
		front_io_refuse(io->halves, "no-descriptors");
}

static struct front_half *
half_new(struct front_io *io, int fd)
{
	struct front_half *half;

	if (io->nhalves >= FRONT_IO_PENDING)
		front_io_refuse(io->halves, "too-many");
	half = mem_new(sizeof(*half), 0, 0);
	half->io = io;
	half->fd = fd;
	half->back = io->last;
	*io->last = half;
	io->last = &half->next;
	io->nhalves++;
	wait_for_line(half);
	return half;
}

static void
on_front_io_came(void *ctx, int fd, const struct sockaddr *from)
{
	(void)from;
	half_new(ctx, fd);
}

static void
on_front_io_counts(void *ctx, int fd, const struct sockaddr *from)
{
	(void)from;
	half_new(ctx, fd)->counts = true;
}

struct front_io *
front_io_new(
    struct loop *loop, struct sink *sink, front_io_brought *brought, void *ctx)
{
	struct front_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->sink = sink;
	io->brought = brought;
	io->ctx = ctx;
	io->last = &io->halves;
	return io;
}

/* Where its name is too long, or another is there, nothing is told. */
static void
counts_listen(struct front_io *io)
{
	struct door_house house = { NULL, on_front_io_counts,
		front_io_make_room, io };
	struct buf path = { 0 };
	char *text;
	int fd;

	buf_printf(&path, "%s%s", io->path, FRONT_IO_COUNTED);
	text = buf_string(&path);
	if (local_listen(text, FRONT_IO_GROUP, &fd) != RC_OK) {
		mem_free(text);
		return;
	}
	io->counts_path = text;
	house.name = text;
	io->counts_door = door_new(io->loop, io->sink, fd, &house);
}

int
front_io_listen(struct front_io *io, const char *path)
{
	struct door_house house = { path, on_front_io_came, front_io_make_room,
		io };
	int fd, rc = local_listen(path, FRONT_IO_GROUP, &fd);

	if (rc != RC_OK)
		return rc;
	io->path = mem_str(path);
	io->door = door_new(io->loop, io->sink, fd, &house);
	counts_listen(io);
	return RC_OK;
}

void
front_io_free(struct front_io *io)
{
	if (io == NULL)
		return;
	if (io->door != NULL)
		(void)unlink(io->path);
	if (io->counts_door != NULL)
		(void)unlink(io->counts_path);
	door_free(io->door);
	door_free(io->counts_door);
	while (io->halves != NULL)
		front_io_refuse(io->halves, NULL);
	mem_free(io->path);
	mem_free(io->counts_path);
	mem_free(io);
}
