#include "io/history.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/child.h"
#include "io/history_file.h"
#include "io/history_limit.h"
#include "sys/clock.h"

struct history {
	struct loop *loop;
	struct sink *sink;
	char *dir;
	struct child *writer;
	struct event *again;
	struct history_limit *limit;
	uint64_t lost; /* records, since the writer takes no more */
};

static void
writer_told(void *ctx, const unsigned char *octets, size_t n)
{
	struct history *history = ctx;

	for (size_t i = 0; i < n; i++)
		if (octets[i] != 0)
			sink_say(history->sink, SINK_ERROR, "history-stopped",
			    "file=%s/" HISTORY_NAME ", error=%s", history->dir,
			    strerror(octets[i]));
		else
			sink_say(history->sink, SINK_NOTICE, "history-goes-on",
			    "file=%s/" HISTORY_NAME, history->dir);
}

static void
history_later(struct history *history)
{
	struct timeval tv = { HISTORY_AGAIN_S, 0 };

	evtimer_add(history->again, &tv);
}

static void
writer_gone(void *ctx, int status)
{
	struct history *history = ctx;

	sink_say(history->sink, SINK_WARNING, "history-writer-gone",
	    "status=%d", status);
	history_later(history);
}

static void
writer_begin(struct history *history)
{
	/* This program once more, also when its file has been replaced. */
	char *const argv[] = { (char[]){ "/proc/self/exe" },
		(char[]){ HISTORY_OPTION }, history->dir, NULL };

	if (child_start(history->writer, argv) == RC_OK)
		return;
	sink_say(history->sink, SINK_ERROR, "history-stopped",
	    "file=%s/" HISTORY_NAME ", error=%s", history->dir,
	    strerror(errno));
	history_later(history);
}

static void
on_history_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	writer_begin(arg);
}

static void
record_put(struct buf *out, uint32_t before, const void *object, size_t n)
{
	uint64_t ms = clock_wall_ms();
	const char *p = object;

	CHECK(n > 2 && p[0] == '{');
	buf_printf(
	    out, "{\"at\":%" PRIu64 ".%03u,", ms / 1000, (unsigned)(ms % 1000));
	if (before > 0)
		buf_printf(out, "\"not_kept\":%" PRIu32 ",", before);
	buf_bytes(out, p + 1, n - 1);
	buf_u8(out, '\n');
}

static void
lost_said(struct history *history, struct buf *out)
{
	struct buf object = { 0 };

	if (history->lost == 0)
		return;
	buf_printf(&object, "{\"kind\":\"lost\",\"records\":%" PRIu64 "}",
	    history->lost);
	record_put(out, 0, object.p, object.n);
	buf_done(&object);
	history->lost = 0;
}

void
history_add(
    struct history *history, uint32_t subject, const void *object, size_t n)
{
	struct buf line = { 0 };
	uint32_t before;

	if (!history_limit_pass(history->limit, subject, clock_mono(), &before))
		return;
	if (child_waiting(history->writer) + n > HISTORY_WAITING ||
	    !child_is_there(history->writer)) {
		history->lost++;
		return;
	}
	lost_said(history, &line);
	record_put(&line, before, object, n);
	child_send(history->writer, line.p, line.n);
	buf_done(&line);
}

void
history_event(struct history *history, const struct event *event)
{
	struct buf object = { 0 };

	if (sink_record(event, &object))
		history_add(history, sink_subject(event), object.p, object.n);
	buf_done(&object);
}

static void
history_say(struct history *history, const char *object)
{
	history_add(history, 0, object, strlen(object));
}

static void
do_history(void *ctx, const struct effect *fx)
{
	history_add(ctx, fx->who, fx->bytes, fx->len);
}

struct history *
history_new(struct loop *loop, struct sink *sink, const char *dir)
{
	struct history *history = mem_new(sizeof(*history), 0, 0);

	history->loop = loop;
	history->sink = sink;
	history->dir = mem_str(dir);
	history->limit = history_limit_new();
	history->writer = child_new(loop_base(loop),
	    &(struct child_calls){ writer_told, writer_gone, history });
	history->again =
	    evtimer_new(loop_base(loop), on_history_again, history);
	CHECK(history->again != NULL);
	loop_carry(loop, FX_HISTORY, do_history, history);
	writer_begin(history);
	history_say(history,
	    "{\"kind\":\"start\",\"version\":\"" PACKAGE_VERSION "\"}");
	return history;
}

void
history_free(struct history *history)
{
	if (history == NULL)
		return;
	loop_carry(history->loop, FX_HISTORY, NULL, NULL);
	history_say(history, "{\"kind\":\"stop\"}");
	child_flush(history->writer);
	child_free(history->writer);
	event_free(history->again);
	history_limit_free(history->limit);
	mem_free(history->dir);
	mem_free(history);
}
