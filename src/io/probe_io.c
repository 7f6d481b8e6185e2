#include "io/probe_io.h"

#include <errno.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/tree.h"
#include "io/sock.h"

#define PROBE_IO_READ 4096

struct probe {
	struct tree_node node;
	struct probe_io *io;
	uint32_t number;
	int fd;
	bool dead;
	struct event *ready; /* to be connected, then to be read */
	struct event *deadline;
	void *state; /* the dialogue's */
};

struct probe_io {
	struct loop *loop;
	const struct plugin_probe *dialogue;
	char *own_name;
	uint32_t timeout_ms;
	struct tree running;
};

static int
by_number(const void *key, const struct tree_node *node)
{
	const uint32_t *number = key;
	uint32_t other = tree_entry(node, struct probe, node)->number;

	return *number < other ? -1 : *number > other;
}

static void
probe_free(void *arg)
{
	struct probe *probe = arg;

	mem_free(probe->state);
	mem_free(probe);
}

static void
give_up(struct probe *probe)
{
	tree_remove(&probe->io->running, &probe->node);
	probe->dead = true;
	event_free(probe->ready);
	event_free(probe->deadline);
	close(probe->fd);
	loop_later(probe->io->loop, probe_free, probe);
}

static void
tell(struct loop *loop, uint32_t number, enum probe_verdict verdict)
{
	struct input in = {
		.kind = IN_PROBE, .who = number, .verdict = (int)verdict
	};

	loop_step(loop, &in);
}

static void
verdict(struct probe *probe, enum probe_verdict verdict)
{
	struct loop *loop = probe->io->loop;
	uint32_t number = probe->number;

	give_up(probe);
	tell(loop, number, verdict);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;
	uint8_t octets[PROBE_IO_READ];
	ssize_t n = recv(fd, octets, sizeof(octets), 0);
	struct buf say = { 0 };
	enum plugin_verdict judged = PLUGIN_FAILED;

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n >= 0)
		judged = probe->io->dialogue->feed(
		    probe->state, octets, (size_t)n, &say);
	/* What is said fits into the empty buffer of a socket, always. */
	if (judged == PLUGIN_MORE && say.n > 0 &&
	    send(fd, say.p, say.n, MSG_NOSIGNAL) != (ssize_t)say.n)
		judged = PLUGIN_FAILED;
	buf_done(&say);
	if (judged != PLUGIN_MORE)
		verdict(probe, judged == PLUGIN_OK ? PROBE_OK : PROBE_FAILED);
}

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;

	(void)what;
	if (sock_error(fd) != 0) {
		verdict(probe, PROBE_FAILED);
		return;
	}
	CHECK(event_assign(probe->ready, loop_base(probe->io->loop), fd,
		  EV_READ | EV_PERSIST, on_readable, probe) == 0);
	CHECK(event_add(probe->ready, NULL) == 0);
	tell(probe->io->loop, probe->number, PROBE_CONNECTED);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	verdict(arg, PROBE_FAILED);
}

static void
probe_begin(struct probe_io *io, uint32_t number, int fd)
{
	struct event_base *base = loop_base(io->loop);
	struct timeval tv = { io->timeout_ms / 1000,
		(suseconds_t)(io->timeout_ms % 1000 * 1000) };
	struct probe *probe = mem_new(sizeof(*probe), 0, 0);

	probe->io = io;
	probe->number = number;
	probe->fd = fd;
	probe->ready = event_new(base, fd, EV_WRITE, on_connected, probe);
	probe->deadline = evtimer_new(base, on_deadline, probe);
	probe->state = mem_new(io->dialogue->state_size, 0, 0);
	CHECK(probe->ready != NULL && probe->deadline != NULL);
	io->dialogue->begin(probe->state, io->own_name);
	tree_insert(&io->running, &probe->node, &probe->number, by_number);
	CHECK(event_add(probe->ready, NULL) == 0);
	CHECK(event_add(probe->deadline, &tv) == 0);
}

static void
do_probe(void *ctx, const struct effect *fx)
{
	struct probe_io *io = ctx;
	struct tree_node *n = tree_find(&io->running, &fx->who, by_number);
	int fd = -1;

	if (n != NULL)
		give_up(tree_entry(n, struct probe, node));
	if (fx->naddrs > 0)
		fd = sock_connect(&fx->addrs[0], NULL);
	if (fd < 0)
		tell(io->loop, fx->who, PROBE_FAILED);
	else
		probe_begin(io, fx->who, fd);
}

struct probe_io *
probe_io_new(struct loop *loop, const struct plugin_probe *dialogue)
{
	struct probe_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->dialogue = dialogue;
	probe_io_conf(io, "localhost", PROBE_IO_TIMEOUT_MS);
	loop_carry(loop, FX_PROBE, do_probe, io);
	return io;
}

void
probe_io_conf(struct probe_io *io, const char *own_name, uint32_t timeout_ms)
{
	mem_free(io->own_name);
	io->own_name = mem_str(own_name);
	io->timeout_ms = timeout_ms;
}

void
probe_io_free(struct probe_io *io)
{
	struct tree_node *n;

	if (io == NULL)
		return;
	loop_carry(io->loop, FX_PROBE, NULL, NULL);
	while ((n = tree_first(&io->running)) != NULL)
		give_up(tree_entry(n, struct probe, node));
	mem_free(io->own_name);
	mem_free(io);
}
