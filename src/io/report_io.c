#include "io/report_io.h"

#include <grp.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "io/local.h"

#define SOCKETS 2

struct report_socket {
	char *path;
	int fd; /* -1: it is not open */
	struct event *ready;
};

struct report_io {
	struct loop *loop;
	struct report_socket at[SOCKETS]; /* the common one, Exim's */
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
	for (int i = 0; i < SOCKETS; i++)
		io->at[i].fd = -1;
	return io;
}

static int
report_socket_open(struct report_io *io, struct report_socket *at,
    const char *path, const char *group)
{
	int rc = local_datagram(path, group, &at->fd);

	if (rc != RC_OK)
		return rc;
	at->path = mem_str(path);
	at->ready = event_new(loop_base(io->loop), at->fd, EV_READ | EV_PERSIST,
	    on_report_io_ready, io);
	CHECK(at->ready != NULL && event_add(at->ready, NULL) == 0);
	return RC_OK;
}

int
report_io_open(struct report_io *io, const char *path)
{
	return report_socket_open(io, &io->at[0], path, REPORT_IO_GROUP);
}

int
report_io_open_for(
    struct report_io *io, const char *path, const char *directory)
{
	const struct group *g;
	struct stat st;
	char *both;
	int rc;

	if (stat(directory, &st) != 0)
		return RC_NONE;
	g = getgrgid(st.st_gid);
	both = mem_new(strlen(path) + sizeof(REPORT_IO_EXIM), 0, 0);
	memcpy(both, path, strlen(path));
	memcpy(both + strlen(path), REPORT_IO_EXIM, sizeof(REPORT_IO_EXIM));
	rc = report_socket_open(
	    io, &io->at[1], both, g == NULL ? NULL : g->gr_name);
	mem_free(both);
	return rc;
}

void
report_io_free(struct report_io *io)
{
	if (io == NULL)
		return;
	for (int i = 0; i < SOCKETS; i++) {
		if (io->at[i].fd < 0)
			continue;
		event_free(io->at[i].ready);
		close(io->at[i].fd);
		(void)unlink(io->at[i].path);
		mem_free(io->at[i].path);
	}
	mem_free(io);
}
