#include "io/report_io.h"

#include <unistd.h>

#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "io/local.h"

struct report_io {
	struct loop *loop;
	char *path;
	int fd;
	struct event *ready;
};

static void
on_report_io_ready(evutil_socket_t fd, short what, void *arg)
{
	struct report_io *io = arg;
	uint8_t line[LIMIT_REPORT_OCTETS + 1]; /* one more: seen as too long */

	(void)what;
	for (int i = 0; i < REPORT_IO_TURN; i++) {
		ssize_t n = recv(fd, line, sizeof(line), MSG_DONTWAIT);
		struct input in = { .kind = IN_REPORT, .bytes = line };

		if (n < 0)
			return;
		in.len = (size_t)n;
		loop_step(io->loop, &in);
	}
}

struct report_io *
report_io_new(struct loop *loop)
{
	struct report_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->fd = -1;
	return io;
}

int
report_io_open(struct report_io *io, const char *path)
{
	int rc = local_datagram(path, REPORT_IO_GROUP, &io->fd);

	if (rc != RC_OK)
		return rc;
	io->path = mem_str(path);
	io->ready = event_new(loop_base(io->loop), io->fd, EV_READ | EV_PERSIST,
	    on_report_io_ready, io);
	CHECK(io->ready != NULL && event_add(io->ready, NULL) == 0);
	return RC_OK;
}

void
report_io_free(struct report_io *io)
{
	if (io == NULL)
		return;
	if (io->fd >= 0) {
		event_free(io->ready);
		close(io->fd);
		(void)unlink(io->path);
	}
	mem_free(io->path);
	mem_free(io);
}
