#include "io/helper_io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/tree.h"
#include "core/wire/helper.h"
#include "sys/spare.h"

struct errand {
	struct tree_node node;
	struct helper_io *io;
	uint32_t number;
	uint64_t turn; /* the first of those that wait is the next */
	struct buf question;
	int fd; /* -1: it waits */
	struct event *ready, *deadline;
	uint8_t answer[HELPER_LINE_MAX];
	size_t n;
};

struct helper_io {
	struct loop *loop;
	struct sockaddr_un at;
	uint64_t ms;
	struct tree errands; /* by number of the probe */
	size_t running;
	uint64_t turns;
	struct event *next; /* there may be room for another */
};

static int
helper_io_by_number(const void *key, const struct tree_node *node)
{
	const uint32_t *number = key;
	uint32_t other = tree_entry(node, struct errand, node)->number;

	return *number < other ? -1 : *number > other;
}

static void
errand_free(void *arg)
{
	struct errand *errand = arg;

	buf_done(&errand->question);
	mem_free(errand);
}

static void
errand_wait(struct event *timer, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	CHECK(evtimer_add(timer, &tv) == 0);
}

static void
errand_end(struct errand *errand)
{
	struct helper_io *io = errand->io;

	tree_remove(&io->errands, &errand->node);
	event_free(errand->deadline);
	if (errand->fd >= 0) {
		event_free(errand->ready);
		close(errand->fd);
		io->running--;
		errand_wait(io->next, 0);
	}
	loop_later(io->loop, errand_free, errand);
}

static void
errand_tell(
    struct errand *errand, enum probe_verdict verdict, const char *reason)
{
	struct loop *loop = errand->io->loop;
	struct input in = { .kind = IN_PROBE,
		.who = errand->number,
		.verdict = (int)verdict,
		.reason = reason };

	errand_end(errand);
	loop_step(loop, &in);
}

static void
errand_answered(struct errand *errand)
{
	struct helper_answer answer;

	if (helper_answer_read(&answer, errand->answer, errand->n) != RC_OK)
		errand_tell(errand, PROBE_SILENT, "helper-answer");
	else if (answer.word == HELPER_SILENT)
		errand_tell(errand, PROBE_SILENT, helper_why_word(answer.why));
	else if (answer.word == HELPER_DOWN)
		errand_tell(errand, PROBE_FAILED, "command");
	else
		errand_tell(errand, PROBE_OK, NULL);
}

/* The answer is whole when it has ended; more than a line is none. */
static void
on_helper_answer(evutil_socket_t fd, short what, void *arg)
{
	struct errand *errand = arg;
	ssize_t n = recv(fd, errand->answer + errand->n,
	    sizeof(errand->answer) - errand->n, 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		errand->n += (size_t)n;
	if (n > 0 && errand->n < sizeof(errand->answer))
		return;
	if (errand->n == 0)
		errand_tell(errand, PROBE_SILENT, "no-helper");
	else
		errand_answered(errand);
}

static void
on_helper_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct errand *errand = arg;

	(void)fd;
	(void)what;
	errand_tell(errand, PROBE_SILENT,
	    errand->fd < 0 ? "helper-busy" : "helper-late");
}

/* Without a path it would be the abstract name of nothing but NULs, which anybody
 * on this host may have. */
static int
errand_socket(const struct helper_io *io)
{
	int fd;

	if (io->at.sun_path[0] == '\0')
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (!spare_reached(fd) &&
	    connect(fd, (const struct sockaddr *)&io->at, sizeof(io->at)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A line always fits into the empty buffer of a socket. */
static void
errand_begin(struct errand *errand)
{
	struct helper_io *io = errand->io;
	const struct buf *say = &errand->question;
	int fd = errand_socket(io);

	if (fd < 0 ||
	    send(fd, say->p, say->n, MSG_NOSIGNAL) != (ssize_t)say->n) {
		if (fd >= 0)
			close(fd);
		errand_tell(errand, PROBE_SILENT, "no-helper");
		return;
	}
	errand->fd = fd;
	io->running++;
	errand->ready = event_new(loop_base(io->loop), fd, EV_READ | EV_PERSIST,
	    on_helper_answer, errand);
	CHECK(errand->ready != NULL && event_add(errand->ready, NULL) == 0);
	errand_wait(errand->deadline, io->ms);
}

/* Who has waited longest, or NULL. */
static struct errand *
errand_next(const struct helper_io *io)
{
	struct errand *next = NULL;

	for (struct tree_node *n = tree_first(&io->errands); n != NULL;
	     n = tree_next(n)) {
		struct errand *one = tree_entry(n, struct errand, node);

		if (one->fd < 0 && (next == NULL || one->turn < next->turn))
			next = one;
	}
	return next;
}

static void
on_helper_next(evutil_socket_t fd, short what, void *arg)
{
	struct helper_io *io = arg;
	struct errand *errand;

	(void)fd;
	(void)what;
	while (
	    io->running < HELPER_IO_MOST && (errand = errand_next(io)) != NULL)
		errand_begin(errand);
}

void
helper_io_give_up(struct helper_io *io, uint32_t number)
{
	struct tree_node *n =
	    tree_find(&io->errands, &number, helper_io_by_number);

	if (n != NULL)
		errand_end(tree_entry(n, struct errand, node));
}

void
helper_io_ask(struct helper_io *io, const struct effect *fx)
{
	struct errand *errand = mem_new(sizeof(*errand), 0, 0);

	helper_io_give_up(io, fx->who);
	errand->io = io;
	errand->number = fx->who;
	errand->turn = io->turns++;
	errand->fd = -1;
	helper_ask(&errand->question, fx->asks->name, fx->name);
	errand->deadline =
	    evtimer_new(loop_base(io->loop), on_helper_deadline, errand);
	CHECK(errand->deadline != NULL);
	tree_insert(
	    &io->errands, &errand->node, &errand->number, helper_io_by_number);
	errand_wait(errand->deadline, HELPER_IO_TURN_MS);
	errand_wait(io->next, 0);
}

struct helper_io *
helper_io_new(struct loop *loop)
{
	struct helper_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->at.sun_family = AF_UNIX;
	io->ms = HELPER_IO_MS;
	io->next = evtimer_new(loop_base(loop), on_helper_next, io);
	CHECK(io->next != NULL);
	return io;
}

void
helper_io_conf(struct helper_io *io, const char *path, uint64_t ms)
{
	memset(io->at.sun_path, 0, sizeof(io->at.sun_path));
	if (strlen(path) < sizeof(io->at.sun_path))
		memcpy(io->at.sun_path, path, strlen(path));
	io->ms = ms;
}

void
helper_io_free(struct helper_io *io)
{
	struct tree_node *n;

	if (io == NULL)
		return;
	while ((n = tree_first(&io->errands)) != NULL)
		errand_end(tree_entry(n, struct errand, node));
	event_free(io->next);
	mem_free(io);
}
