#include "map/ask.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "map/runner.h"

struct ask {
	struct ask *next;
	struct ask_set *set;
	struct ask_calls calls;
	uint32_t id;
	struct event *out_event, *said_event, *late; /* NULL: at its end */
	struct buf out, said;
	int status;
	bool ended; /* status is known */
};

struct ask_set {
	struct event_base *base;
	int runner;
	struct event *told;
	void (*gone)(void *ctx);
	void *ctx;
	struct ask *first;
	uint32_t ids;
};

static void
ask_event_free(struct event **event)
{
	if (*event == NULL)
		return;
	close(event_get_fd(*event));
	event_free(*event);
	*event = NULL;
}

static void
ask_free(struct ask *a)
{
	ask_event_free(&a->out_event);
	ask_event_free(&a->said_event);
	if (a->late != NULL)
		event_free(a->late);
	buf_done(&a->out);
	buf_done(&a->said);
	mem_free(a);
}

static void
ask_end(struct ask *a, int status)
{
	struct ask **at = &a->set->first;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	if (!a->ended)
		runner_stop(a->set->runner, a->id);
	a->calls.done(a->calls.ctx, status, &a->out, &a->said);
	ask_free(a);
}

/* All that it wrote has come, and how it ended. */
static void
ask_look(struct ask *a)
{
	if (a->ended && a->out_event == NULL && a->said_event == NULL)
		ask_end(a, a->status);
}

/* Whole lines go on; what is left waits for its end. */
static void
ask_lines(struct ask *a)
{
	size_t from = 0;
	const uint8_t *stop;

	while (
	    (stop = memchr(a->out.p + from, '\n', a->out.n - from)) != NULL) {
		a->calls.line(a->calls.ctx, (const char *)a->out.p + from,
		    (size_t)(stop - a->out.p) - from);
		from = (size_t)(stop - a->out.p) + 1;
		if (from == a->out.n)
			break;
	}
	memmove(a->out.p, a->out.p + from, a->out.n - from);
	a->out.n -= from;
}

/* False: it says too much. */
static bool
ask_more(struct event **event, struct buf *to, size_t most)
{
	static uint8_t block[65536];
	ssize_t n = read(event_get_fd(*event), block, sizeof(block));

	if (n > 0)
		buf_bytes(to, block, (size_t)n);
	else if (n == 0)
		ask_event_free(event);
	return to->n <= most;
}

static void
on_ask_out(evutil_socket_t fd, short what, void *arg)
{
	struct ask *a = arg;
	bool good = ask_more(&a->out_event, &a->out, ASK_OCTETS);

	(void)fd;
	(void)what;
	if (good && a->calls.line != NULL && a->out.n > 0)
		ask_lines(a);
	if (good)
		ask_look(a);
	else
		ask_end(a, ASK_LONG);
}

static void
on_ask_said(evutil_socket_t fd, short what, void *arg)
{
	struct ask *a = arg;

	(void)fd;
	(void)what;
	if (ask_more(&a->said_event, &a->said, ASK_SAID))
		ask_look(a);
	else
		ask_end(a, ASK_LONG);
}

static void
on_ask_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask_end(arg, ASK_LATE);
}

/* An answer may have come for one that was let go. */
static void
on_ask_told(evutil_socket_t fd, short what, void *arg)
{
	struct ask_set *set = arg;
	uint32_t id;
	int status;
	bool gone;

	(void)what;
	while (runner_told(fd, &id, &status, &gone)) {
		struct ask *a = set->first;

		while (a != NULL && a->id != id)
			a = a->next;
		if (a == NULL)
			continue;
		a->status = status;
		a->ended = true;
		ask_look(a);
	}
	if (!gone)
		return;
	event_del(set->told);
	set->gone(set->ctx);
}

static bool
ask_pipes(int out[2], int said[2])
{
	if (pipe2(out, O_CLOEXEC) != 0)
		return false;
	if (pipe2(said, O_CLOEXEC) != 0) {
		close(out[0]);
		close(out[1]);
		return false;
	}
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(said[0], F_SETFL, O_NONBLOCK);
	return true;
}

bool
ask_begin(
    struct ask_set *set, const char *target, const struct ask_calls *calls)
{
	static const struct timeval late = { ASK_S, 0 };
	struct ask *a;
	int out[2], said[2];

	if (!ask_pipes(out, said))
		return false;
	if (!runner_ask(set->runner, ++set->ids, target, out[1], said[1])) {
		close(out[0]);
		close(said[0]);
		return false;
	}
	a = mem_new(sizeof(*a), 0, 0);
	a->set = set;
	a->calls = *calls;
	a->id = set->ids;
	a->out_event =
	    event_new(set->base, out[0], EV_READ | EV_PERSIST, on_ask_out, a);
	a->said_event =
	    event_new(set->base, said[0], EV_READ | EV_PERSIST, on_ask_said, a);
	event_add(a->out_event, NULL);
	event_add(a->said_event, NULL);
	if (calls->line == NULL) {
		a->late = evtimer_new(set->base, on_ask_late, a);
		evtimer_add(a->late, &late);
	}
	a->next = set->first;
	set->first = a;
	return true;
}

struct ask_set *
ask_set_new(
    struct event_base *base, int runner, void (*gone)(void *ctx), void *ctx)
{
	struct ask_set *set = mem_new(sizeof(*set), 0, 0);

	set->base = base;
	set->runner = runner;
	set->gone = gone;
	set->ctx = ctx;
	set->told =
	    event_new(base, runner, EV_READ | EV_PERSIST, on_ask_told, set);
	event_add(set->told, NULL);
	return set;
}

/* Nobody is told any more. */
void
ask_set_free(struct ask_set *set)
{
	struct ask *a;

	if (set == NULL)
		return;
	while ((a = set->first) != NULL) {
		set->first = a->next;
		ask_free(a);
	}
	event_free(set->told);
	close(set->runner);
	mem_free(set);
}
