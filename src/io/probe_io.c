#include "io/probe_io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tree.h"
#include "core/lsa/limits.h"
#include "io/names.h"
#include "io/spare.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define PROBE_IO_READ 4096
#define LEAVE_MS 2000   /* for the other end to close after QUIT */
#define STALLED_MS 1000 /* a deadline so late is our own */

struct probe {
	struct tree_node node;
	struct probe_io *io;
	uint32_t number;
	int fd;
	bool connected, late, leaving;
	struct mono due, asked; /* since then a reply is waited for */
	uint64_t wait_ms;       /* so long, until it is late */
	uint64_t slowest_ms;    /* of those that have come */
	struct event *ready;    /* to be connected, then to be read */
	struct event *deadline;
	void *state; /* the dialogue's */
};

struct probe_io {
	struct loop *loop;
	const struct plugin_probe *dialogue;
	char *own_name;
	struct names *names;
	uint32_t timeout_ms;
	struct tree running; /* by number of the probe */
	struct tree late;    /* by number of the probe */
	struct tree leaving; /* by descriptor */
};

static int
probe_io_by_number(const void *key, const struct tree_node *node)
{
	const uint32_t *number = key;
	uint32_t other = tree_entry(node, struct probe, node)->number;

	return *number < other ? -1 : *number > other;
}

static int
by_fd(const void *key, const struct tree_node *node)
{
	const int *fd = key;
	int other = tree_entry(node, struct probe, node)->fd;

	return *fd < other ? -1 : *fd > other;
}

static void
probe_free(void *arg)
{
	struct probe *probe = arg;

	mem_free(probe->state);
	mem_free(probe);
}

static struct tree *
where(struct probe *probe)
{
	struct probe_io *io = probe->io;

	return probe->leaving ? &io->leaving
	       : probe->late  ? &io->late
	                      : &io->running;
}

static void
probe_io_give_up(struct probe *probe)
{
	struct probe_io *io = probe->io;

	tree_remove(where(probe), &probe->node);
	event_free(probe->ready);
	event_free(probe->deadline);
	close(probe->fd);
	loop_later(io->loop, probe_free, probe);
}

static void
wait_until(struct probe *probe, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	probe->due = mono_after(clock_mono(), ms);
	CHECK(evtimer_add(probe->deadline, &tv) == 0);
}

static void
wait_for_reply(struct probe *probe)
{
	probe->asked = clock_mono();
	wait_until(probe, probe->late ? PROBE_IO_MOST_MS : probe->wait_ms);
}

static void
probe_io_tell(struct loop *loop, uint32_t number, enum probe_verdict verdict,
    const char *reason)
{
	struct input in = { .kind = IN_PROBE,
		.who = number,
		.verdict = (int)verdict,
		.reason = reason };

	loop_step(loop, &in);
}

static void
tell_answer(
    struct loop *loop, const struct probe *probe, enum probe_verdict verdict)
{
	struct input in = { .kind = IN_PROBE,
		.who = probe->number,
		.verdict = (int)verdict,
		.value = probe->slowest_ms };

	if (probe->late &&
	    (verdict == PROBE_FAILED || verdict == PROBE_REFUSED))
		return;
	if (probe->late)
		in.verdict = PROBE_SLOW;
	loop_step(loop, &in);
}

static void
probe_io_verdict(
    struct probe *probe, enum probe_verdict verdict, const char *reason)
{
	struct loop *loop = probe->io->loop;
	uint32_t number = probe->number;

	probe_io_give_up(probe);
	probe_io_tell(loop, number, verdict, reason);
}

/* What is said fits into the empty buffer of a socket, always. */
static bool
probe_io_put(int fd, const struct buf *say)
{
	return say->n == 0 ||
	       send(fd, say->p, say->n, MSG_NOSIGNAL) == (ssize_t)say->n;
}

/* Goes on without a number, until the other end has closed. */
static void
probe_io_leave(struct probe *probe)
{
	struct probe_io *io = probe->io;

	tree_remove(where(probe), &probe->node);
	probe->leaving = true;
	tree_insert(&io->leaving, &probe->node, &probe->fd, by_fd);
	wait_until(probe, LEAVE_MS);
}

static void
judged(struct probe *probe, enum plugin_verdict said, const struct buf *say)
{
	static const enum probe_verdict verdicts[] = {
		[PLUGIN_OK] = PROBE_OK,
		[PLUGIN_BUSY] = PROBE_BUSY,
		[PLUGIN_FAILED] = PROBE_FAILED,
		[PLUGIN_TAKES] = PROBE_TAKES,
		[PLUGIN_REFUSED] = PROBE_REFUSED,
	};
	struct loop *loop = probe->io->loop;
	struct probe was = *probe;

	if (say->n > 0 && probe_io_put(probe->fd, say))
		probe_io_leave(probe);
	else
		probe_io_give_up(probe);
	tell_answer(loop, &was, verdicts[said]);
}

/* A reply has come, or the end. */
static void
probe_io_replied(
    struct probe *probe, enum plugin_verdict said, const struct buf *say)
{
	uint64_t ms = mono_since(probe->asked, clock_mono());

	if (ms > probe->slowest_ms)
		probe->slowest_ms = ms;
	if (said == PLUGIN_MORE)
		wait_for_reply(probe);
	else
		judged(probe, said, say);
}

static void
on_probe_io_readable(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;
	uint8_t octets[PROBE_IO_READ];
	ssize_t n = recv(fd, octets, sizeof(octets), 0);
	struct buf say = { 0 };
	enum plugin_verdict said = PLUGIN_FAILED;

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (probe->leaving) {
		if (n <= 0)
			probe_io_give_up(probe);
		return;
	}
	if (n >= 0)
		said = probe->io->dialogue->feed(
		    probe->state, octets, (size_t)n, &say);
	if (said == PLUGIN_MORE && !probe_io_put(fd, &say))
		said = PLUGIN_FAILED;
	if (said != PLUGIN_MORE || say.n > 0)
		probe_io_replied(probe, said, &say);
	buf_done(&say);
}

static void
on_probe_io_connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;

	(void)what;
	if (sock_error(fd) != 0) {
		probe_io_verdict(probe, PROBE_FAILED, NULL);
		return;
	}
	CHECK(event_assign(probe->ready, loop_base(probe->io->loop), fd,
		  EV_READ | EV_PERSIST, on_probe_io_readable, probe) == 0);
	CHECK(event_add(probe->ready, NULL) == 0);
	probe->connected = true;
	wait_for_reply(probe);
	probe_io_tell(probe->io->loop, probe->number, PROBE_CONNECTED, NULL);
}

/* An MTA would still wait: so do we, for one of each number. */
static void
probe_io_is_late(struct probe *probe)
{
	struct probe_io *io = probe->io;
	uint32_t number = probe->number;

	if (io->late.n >= LIMIT_PROBES_LATE ||
	    probe->wait_ms >= PROBE_IO_MOST_MS ||
	    tree_find(&io->late, &number, probe_io_by_number) != NULL) {
		probe_io_verdict(probe, PROBE_LATE, NULL);
		return;
	}
	tree_remove(&io->running, &probe->node);
	probe->late = true;
	tree_insert(
	    &io->late, &probe->node, &probe->number, probe_io_by_number);
	wait_until(probe, PROBE_IO_MOST_MS - probe->wait_ms);
	probe_io_tell(io->loop, number, PROBE_LATE, NULL);
}

static void
on_probe_io_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;

	(void)fd;
	(void)what;
	if (probe->leaving || probe->late)
		probe_io_give_up(probe);
	else if (mono_since(probe->due, clock_mono()) >= STALLED_MS)
		probe_io_verdict(probe, PROBE_UNABLE, "stalled");
	else if (probe->connected)
		probe_io_is_late(probe);
	else
		probe_io_verdict(probe, PROBE_FAILED, NULL);
}

/* The recipient: `postmaster` of the service itself, who must be there (RFC
 * 5321 4.5.1), or the one that is to be relayed to. */
static void
dialogue_begin(struct probe_io *io, void *state, const struct effect *fx)
{
	struct plugin_errand errand = { .own_name = io->own_name };
	struct buf to = { 0 };
	char *recipient;

	if (fx->mail)
		buf_printf(&to, "postmaster@%s", fx->name);
	else if (fx->recipient != NULL)
		buf_text(&to, fx->recipient);
	recipient = buf_string(&to);
	if (recipient[0] != '\0' && strlen(recipient) <= STR_PATTERN_MAX) {
		errand.ask = fx->mail ? PLUGIN_ASK_MAIL : PLUGIN_ASK_RELAY;
		errand.recipient = recipient;
	}
	io->dialogue->begin(state, &errand);
	mem_free(recipient);
}

static void
probe_begin(struct probe_io *io, const struct effect *fx, int fd)
{
	struct event_base *base = loop_base(io->loop);
	struct probe *probe = mem_new(sizeof(*probe), 0, 0);

	probe->io = io;
	probe->number = fx->who;
	probe->fd = fd;
	probe->wait_ms =
	    fx->wait_ms > io->timeout_ms ? fx->wait_ms : io->timeout_ms;
	probe->ready =
	    event_new(base, fd, EV_WRITE, on_probe_io_connected, probe);
	probe->deadline = evtimer_new(base, on_probe_io_deadline, probe);
	probe->state = mem_new(io->dialogue->state_size, 0, 0);
	CHECK(probe->ready != NULL && probe->deadline != NULL);
	dialogue_begin(io, probe->state, fx);
	tree_insert(
	    &io->running, &probe->node, &probe->number, probe_io_by_number);
	CHECK(event_add(probe->ready, NULL) == 0);
	wait_until(probe, io->timeout_ms < PROBE_IO_CONNECT_MS
			      ? io->timeout_ms
			      : PROBE_IO_CONNECT_MS);
}

/* Why a probe does not begin. */
struct refusal {
	enum probe_verdict verdict;
	const char *why;
};

/* No name, no next hop; and no limit or want of ours. */
static bool
is_nowhere(const struct probe_io *io, const struct effect *fx, struct addr *to)
{
	return fx->hop && io->names != NULL &&
	       names_look(io->names, fx->name, to) == NAMES_NOWHERE;
}

static int
reach(
    const struct probe_io *io, const struct effect *fx, struct refusal *refusal)
{
	struct addr to = fx->addrs[0], from = { 0 };
	int fd;

	*refusal = (struct refusal){ PROBE_UNABLE, "too-many" };
	if (io->running.n + io->leaving.n >= LIMIT_PROBES)
		return -1;
	*refusal = (struct refusal){ PROBE_FAILED, "name-unknown" };
	if (is_nowhere(io, fx, &to))
		return -1;
	if (fx->naddrs > 1 && fx->addrs[1].family == to.family)
		from = fx->addrs[1];
	fd = sock_connect(&to, from.family != 0 ? &from : NULL);
	refusal->why = fd < 0 ? spare_word(errno) : "no-descriptors";
	if (refusal->why != NULL)
		refusal->verdict = PROBE_UNABLE;
	if (fd < 0 || !spare_reached(fd))
		return fd;
	close(fd);
	return -1;
}

static void
give_up_number(struct tree *tree, uint32_t number)
{
	struct tree_node *n = tree_find(tree, &number, probe_io_by_number);

	if (n != NULL)
		probe_io_give_up(tree_entry(n, struct probe, node));
}

static void
do_probe(void *ctx, const struct effect *fx)
{
	struct probe_io *io = ctx;
	struct refusal refusal;
	int fd;

	give_up_number(&io->running, fx->who);
	if (fx->naddrs == 0) {
		give_up_number(&io->late, fx->who);
		return;
	}
	fd = reach(io, fx, &refusal);
	if (fd >= 0)
		probe_begin(io, fx, fd);
	else
		probe_io_tell(io->loop, fx->who, refusal.verdict, refusal.why);
}

struct probe_io *
probe_io_new(struct loop *loop, const struct plugin_probe *dialogue)
{
	struct probe_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->dialogue = dialogue;
	probe_io_conf(io, "localhost", PROBE_IO_REPLY_MS);
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
probe_io_names(struct probe_io *io, struct names *names)
{
	io->names = names;
}

void
probe_io_free(struct probe_io *io)
{
	struct tree_node *n;

	if (io == NULL)
		return;
	loop_carry(io->loop, FX_PROBE, NULL, NULL);
	while ((n = tree_first(&io->running)) != NULL ||
	       (n = tree_first(&io->late)) != NULL ||
	       (n = tree_first(&io->leaving)) != NULL)
		probe_io_give_up(tree_entry(n, struct probe, node));
	mem_free(io->own_name);
	mem_free(io);
}
