#include "ctl/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define PATIENCE_S 5
#define FIELDS 8
#define FIELD_MAX 2048

struct resolve {
	int fd;
	char *path;
};

/* The bits of a class, in the order of enum resolve_class. */
static const long bits[] = { 0, 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12 };

/* One NUL-ended text; what does not fit is cut. */
static bool
resolve_read_text(int fd, char *out)
{
	size_t n = 0;
	char c;

	do {
		if (read(fd, &c, 1) != 1)
			return false;
		if (n < FIELD_MAX)
			out[n++] = c;
	} while (c != '\0');
	out[n - 1] = '\0';
	return true;
}

/* Names and values up to the empty name; how many, or -1. */
static int
read_record(int fd, char values[FIELDS][FIELD_MAX])
{
	char name[FIELD_MAX], spare[FIELD_MAX];
	int n = 0;

	while (resolve_read_text(fd, name)) {
		if (*name == '\0')
			return n;
		if (!resolve_read_text(fd, n < FIELDS ? values[n] : spare))
			return -1;
		n += n < FIELDS;
	}
	return -1;
}

/* Postfix says first which protocol it speaks. */
static int
resolve_dial(const char *path)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char values[FIELDS][FIELD_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    read_record(fd, values) >= 0)
		return fd;
	close(fd);
	return -1;
}

struct resolve *
resolve_open(const char *queue)
{
	struct resolve *r = mem_new(sizeof(*r), 0, 0);
	struct buf path = { 0 };
	int error;

	buf_printf(&path, "%s/private/rewrite", queue);
	r->path = buf_string(&path);
	r->fd = resolve_dial(r->path);
	if (r->fd >= 0)
		return r;
	error = errno;
	resolve_close(r);
	errno = error;
	return NULL;
}

bool
resolve_lost(const struct resolve *r)
{
	return r->fd < 0;
}

void
resolve_close(struct resolve *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		close(r->fd);
	mem_free(r->path);
	mem_free(r);
}

static void
resolve_put(struct buf *out, const char *text)
{
	buf_bytes(out, text, strlen(text) + 1);
}

static bool
ctl_resolve_ask(const struct resolve *r, const char *sender,
    const char *address, char values[FIELDS][FIELD_MAX])
{
	struct buf request = { 0 };
	bool sent;

	resolve_put(&request, "request");
	resolve_put(&request, "resolve");
	resolve_put(&request, "sender");
	resolve_put(&request, sender);
	resolve_put(&request, "address");
	resolve_put(&request, address);
	buf_u8(&request, 0);
	sent = send(r->fd, request.p, request.n, MSG_NOSIGNAL) ==
	       (ssize_t)request.n;
	buf_done(&request);
	return sent && read_record(r->fd, values) == 5;
}

bool
resolve_ask(struct resolve *r, const char *sender, const char *address,
    struct resolve_answer *answer)
{
	char values[FIELDS][FIELD_MAX];
	long flags;

	memset(answer, 0, sizeof(*answer));
	if (r->fd < 0)
		return false; /* once is long enough */
	if (!ctl_resolve_ask(r, sender, address, values)) {
		/* it serves so many requests, and lets another begin */
		close(r->fd);
		r->fd = resolve_dial(r->path);
		if (r->fd >= 0 &&
		    !ctl_resolve_ask(r, sender, address, values)) {
			close(r->fd);
			r->fd = -1;
		}
		if (r->fd < 0)
			return false;
	}
	flags = strtol(values[4], NULL, 10);
	answer->failed = values[0][0] != '0' || (flags & 1 << 3) != 0;
	snprintf(
	    answer->transport, sizeof(answer->transport), "%.120s", values[1]);
	snprintf(answer->nexthop, sizeof(answer->nexthop), "%s", values[2]);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if ((flags & bits[i]) != 0)
			answer->kind = (enum resolve_class)i;
	return true;
}
