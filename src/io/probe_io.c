#include "io/probe_io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/tree.h"
#include "base/vec.h"
#include "core/lsa/limits.h"
#include "io/helper_io.h"
#include "io/names.h"
#include "io/target.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define PROBE_IO_READ 4096
#define LEAVE_MS 2000      /* for the other end to close after QUIT */
#define LEAVE_OCTETS 65536 /* that it may say until then */
#define STALLED_MS 1000    /* a deadline so late is our own */

struct probe {
	struct tree_node node;
	struct probe_io *io;
	const struct plugin_probe *dialogue;
	uint32_t number;
	struct target target;
	int fd; /* -1: its name is not answered yet */
	bool connected, late, leaving, closed;
	size_t left;            /* octets that came while it was leaving */
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
	struct helper_io *helper;
	struct event *answered; /* a question of theirs has ended */
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

	target_done(&probe->target);
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
	event_free(probe->deadline);
	if (probe->fd >= 0) {
		event_free(probe->ready);
		close(probe->fd);
	}
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
		.name = probe->dialogue->said(probe->state),
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

/* A line of a probe always fits into the empty buffer of a socket. */
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

static void probe_io_failed(
    struct probe *probe, const struct buf *say, const char *why);

/* What the service has refused last, if it did. */
static const char *
probe_io_said(const struct probe *probe)
{
	return probe->dialogue->said(probe->state);
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

	if (said == PLUGIN_FAILED && !probe->late) {
		probe_io_failed(
		    probe, say, probe->closed ? "closed" : "answer");
		return;
	}
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
		probe->left += n > 0 ? (size_t)n : 0;
		if (n <= 0 || probe->left > LEAVE_OCTETS)
			probe_io_give_up(probe);
		return;
	}
	probe->closed = n <= 0;
	if (n >= 0)
		said = probe->dialogue->feed(
		    probe->state, octets, (size_t)n, &say);
	if (said == PLUGIN_MORE && !probe_io_put(fd, &say))
		said = PLUGIN_FAILED;
	if (said != PLUGIN_MORE || say.n > 0)
		probe_io_replied(probe, said, &say);
	buf_done(&say);
}

/* A connection is all that was asked for; the input of it may have given the
 * probe up. */
static void
mute_over(struct probe_io *io, uint32_t number)
{
	struct tree_node *n =
	    tree_find(&io->running, &number, probe_io_by_number);
	struct probe *probe =
	    n == NULL ? NULL : tree_entry(n, struct probe, node);

	if (probe != NULL && probe->dialogue->mute && probe->connected)
		judged(probe, PLUGIN_OK, &(struct buf){ 0 });
}

static void
on_probe_io_connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;
	struct probe_io *io = probe->io;
	uint32_t number = probe->number;
	int error;

	(void)what;
	error = sock_error(fd);
	if (error != 0) {
		probe_io_failed(probe, &(struct buf){ 0 }, sock_reason(error));
		return;
	}
	if (io->names != NULL && probe->target.name != NULL)
		names_answered(
		    io->names, probe->target.name, &probe->target.to);
	CHECK(event_assign(probe->ready, loop_base(io->loop), fd,
		  EV_READ | EV_PERSIST, on_probe_io_readable, probe) == 0);
	CHECK(event_add(probe->ready, NULL) == 0);
	probe->connected = true;
	wait_for_reply(probe);
	loop_step(io->loop, &(struct input){ .kind = IN_PROBE,
				.who = probe->number,
				.verdict = PROBE_CONNECTED,
				.at = probe->target.to });
	mute_over(io, number);
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
	else if (probe->fd < 0)
		probe_io_verdict(probe, PROBE_UNABLE, "no-resolver");
	else
		probe_io_failed(probe, &(struct buf){ 0 }, "timeout");
}

/* For a connection; for the name of the service, too. */
static uint64_t
probe_io_patience(const struct probe_io *io)
{
	return io->timeout_ms < PROBE_IO_CONNECT_MS ? io->timeout_ms
	                                            : PROBE_IO_CONNECT_MS;
}

static struct probe *
probe_new(struct probe_io *io, const struct plugin_probe *dialogue,
    uint32_t number, uint64_t wait_ms)
{
	struct probe *probe = mem_new(sizeof(*probe), 0, 0);

	probe->io = io;
	probe->dialogue = dialogue;
	probe->number = number;
	probe->fd = -1;
	probe->wait_ms = wait_ms;
	probe->deadline =
	    evtimer_new(loop_base(io->loop), on_probe_io_deadline, probe);
	probe->state = mem_new(dialogue->state_size, 0, 0);
	CHECK(probe->deadline != NULL);
	tree_insert(
	    &io->running, &probe->node, &probe->number, probe_io_by_number);
	return probe;
}

/* The time is that of all its addresses: one that is silent leaves half of it
 * to the next. */
static void
probe_connects(struct probe *probe)
{
	struct probe_io *io = probe->io;
	struct plugin_errand errand = { .own_name = io->own_name,
		.ask = probe->target.ask,
		.recipient = probe->target.recipient };
	uint64_t ms = probe_io_patience(io);

	probe->ready = event_new(loop_base(io->loop), probe->fd, EV_WRITE,
	    on_probe_io_connected, probe);
	CHECK(probe->ready != NULL && event_add(probe->ready, NULL) == 0);
	probe->dialogue->begin(probe->state, &errand);
	wait_until(
	    probe, target_has_more(&probe->target, io->names) ? ms / 2 : ms);
}

/* No address is left. */
static void
probe_over(struct probe *probe)
{
	struct loop *loop = probe->io->loop;
	struct target target = probe->target;
	struct input in = { .kind = IN_PROBE,
		.who = probe->number,
		.verdict = (int)target.verdict,
		.name = target.said,
		.reason = target.why };

	probe_io_give_up(probe);
	loop_step(loop, &in);
}

static void
probe_try(struct probe *probe)
{

	switch (target_connect(&probe->target, probe->io->names, &probe->fd)) {
	case TARGET_CONNECTS:
		probe_connects(probe);
		break;
	case TARGET_WAITS:
		break;
	case TARGET_OVER:
		probe_over(probe);
		break;
	}
}

/* Where there is another address the MTA would try it, and so do we. */
static void
probe_io_failed(struct probe *probe, const struct buf *say, const char *why)
{
	struct probe_io *io = probe->io;
	uint32_t number = probe->number;
	uint64_t wait_ms = probe->wait_ms;
	struct target target = probe->target;
	const struct plugin_probe *dialogue = probe->dialogue;
	struct probe *next;

	probe->target = (struct target){ 0 };
	target_failed(&target, why, probe_io_said(probe));
	if (say->n > 0 && probe_io_put(probe->fd, say))
		probe_io_leave(probe);
	else
		probe_io_give_up(probe);
	next = probe_new(io, dialogue, number, wait_ms);
	next->target = target;
	probe_try(next);
}

/* The probes that wait for a name go on, whatever has been answered. */
static void
on_probe_io_answered(evutil_socket_t fd, short what, void *arg)
{
	struct probe_io *io = arg;
	VEC(uint32_t) waiting = { 0 };

	(void)fd;
	(void)what;
	for (struct tree_node *n = tree_first(&io->running); n != NULL;
	     n = tree_next(n))
		if (tree_entry(n, struct probe, node)->fd < 0)
			vec_push(&waiting,
			    tree_entry(n, struct probe, node)->number);
	/* The verdict of one may begin and end others. */
	for (size_t i = 0; i < waiting.n; i++) {
		struct tree_node *n =
		    tree_find(&io->running, &waiting.v[i], probe_io_by_number);

		if (n != NULL && tree_entry(n, struct probe, node)->fd < 0)
			probe_try(tree_entry(n, struct probe, node));
	}
	vec_done(&waiting);
}

/* The call may come from within a look-up of ours, so it is put off. */
static void
names_have_told(void *ctx)
{
	struct timeval soon = { 0, 0 };
	struct probe_io *io = ctx;

	CHECK(evtimer_add(io->answered, &soon) == 0);
}

static void
give_up_number(struct tree *tree, uint32_t number)
{
	struct tree_node *n = tree_find(tree, &number, probe_io_by_number);

	if (n != NULL)
		probe_io_give_up(tree_entry(n, struct probe, node));
}

/* Of smtp it is the one that it was made with. */
static const struct plugin_probe *
dialogue_of(const struct probe_io *io, const struct asks *asks)
{
	const struct plugin_probe *other =
	    asks == NULL || asks->kind == ASKS_SMTP
		? NULL
		: plugin_probe(asks_word(asks->kind));

	return other == NULL ? io->dialogue : other;
}

static void
do_probe(void *ctx, const struct effect *fx)
{
	struct probe_io *io = ctx;
	struct probe *probe;

	give_up_number(&io->running, fx->who);
	helper_io_give_up(io->helper, fx->who);
	if (fx->naddrs == 0) {
		give_up_number(&io->late, fx->who);
		return;
	}
	if (fx->asks != NULL && fx->asks->kind == ASKS_COMMAND) {
		helper_io_ask(io->helper, fx);
		return;
	}
	if (io->running.n + io->leaving.n >= LIMIT_PROBES) {
		probe_io_tell(io->loop, fx->who, PROBE_UNABLE, "too-many");
		return;
	}
	probe = probe_new(io, dialogue_of(io, fx->asks), fx->who,
	    fx->wait_ms > io->timeout_ms ? fx->wait_ms : io->timeout_ms);
	target_begin(&probe->target, fx, fx->by_name && io->names != NULL);
	wait_until(probe, probe_io_patience(io));
	probe_try(probe);
}

struct probe_io *
probe_io_new(struct loop *loop, const struct plugin_probe *dialogue)
{
	struct probe_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->dialogue = dialogue;
	io->helper = helper_io_new(loop);
	io->answered = evtimer_new(loop_base(loop), on_probe_io_answered, io);
	CHECK(io->answered != NULL);
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
probe_io_helper(struct probe_io *io, const char *path, uint64_t ms)
{
	helper_io_conf(io->helper, path, ms);
}

void
probe_io_names(struct probe_io *io, struct names *names)
{
	if (io->names != NULL)
		names_watch(io->names, NULL, NULL);
	io->names = names;
	if (names != NULL)
		names_watch(names, names_have_told, io);
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
	probe_io_names(io, NULL);
	helper_io_free(io->helper);
	event_free(io->answered);
	mem_free(io->own_name);
	mem_free(io);
}
