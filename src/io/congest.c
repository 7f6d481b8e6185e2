#include "io/congest.h"

#include <errno.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/vec.h"
#include "core/trace/backlog.h"
#include "io/listing.h"
#include "sys/clock.h"

#define SHARE 20 /* reading takes one part of so many */

struct congest {
	struct loop *loop;
	struct sink *sink;
	const struct plugin_queue *queue;
	char *directory;
	char *delimiters; /* NULL: none */
	bool on;
	uint64_t interval_ms, late_s;
	struct event *timer;
	struct folder *folder; /* of a queue of files; else NULL */
	struct listing *listing;
	struct mono begun;
	uint64_t wall;
	bool failed; /* the last time */
	struct backlog backlog;
};

static void
wait_for_next(struct congest *c, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	CHECK(evtimer_add(c->timer, &tv) == 0);
}

static void
on_congest_found(void *ctx, const struct plugin_queued *found)
{
	struct congest *c = ctx;
	struct backlog_wait wait = { .id = found->id,
		.recipient = found->recipient,
		.delimiters = c->delimiters,
		.came = found->came,
		.deferred = found->deferred,
		.answered = found->answered,
		.now = c->wall,
		.late_s = c->late_s };

	backlog_add(&c->backlog, &wait);
}

void
congest_delimiters(struct congest *c, const char *delimiters)
{
	mem_free(c->delimiters);
	c->delimiters = mem_str(delimiters);
}

static void
report_all(struct congest *c)
{
	struct report report;

	while (backlog_next(&c->backlog, &report)) {
		struct buf line = { 0 };
		struct input in = { .kind = IN_REPORT };

		report_encode(&line, &report);
		in.bytes = line.p;
		in.len = line.n;
		loop_step(c->loop, &in);
		buf_done(&line);
	}
}

/* Which keys that leave no mail waits for any more. */
static void
tell_over(struct congest *c)
{
	struct input in = { .kind = IN_WAITS };
	VEC(char *) names = { 0 };
	VEC(uint64_t) counts = { 0 };
	size_t at = 0;
	uint64_t n;

	/* A step may bring another table, and with it another backlog. */
	for (const char *p; (p = backlog_over(&c->backlog, &at, &n)) != NULL;) {
		vec_push(&names, mem_str(p));
		vec_push(&counts, n);
	}
	for (size_t i = 0; i < names.n; i++) {
		in.name = names.v[i];
		in.value = counts.v[i];
		loop_step(c->loop, &in);
		mem_free(names.v[i]);
	}
	vec_done(&names);
	vec_done(&counts);
}

/* Whose mail has waited for a hold the longest: none, too. */
static void
tell_held(struct congest *c)
{
	/* A step may bring another table, and with it another backlog. */
	struct backlog_held held = c->backlog.held;
	struct input in = { .kind = IN_HELD, .value = held.came };

	held.pattern = held.pattern == NULL ? NULL : mem_str(held.pattern);
	in.name = held.pattern;
	in.bytes = (const uint8_t *)held.id;
	in.len = strlen(held.id);
	loop_step(c->loop, &in);
	mem_free(held.pattern);
}

/* Once: the queue may stay unreadable for long. */
static void
say_failed(struct congest *c, const char *why)
{
	if (!c->failed)
		sink_say(c->sink, SINK_WARNING, "queue-unread",
		    "socket=%s/%s, error=\"%s\"", c->directory,
		    listing_of(c->queue), why);
	c->failed = true;
}

static void
on_congest_done(void *ctx, const char *why)
{
	struct congest *c = ctx;
	uint64_t took = mono_since(c->begun, clock_mono());

	c->listing = NULL;
	wait_for_next(
	    c, took * SHARE > c->interval_ms ? took * SHARE : c->interval_ms);
	if (why != NULL) {
		say_failed(c, why);
		return;
	}
	c->failed = false;
	tell_held(c);
	if (c->on)
		report_all(c);
	tell_over(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct congest *c = arg;
	struct listing_job job = { c->queue, c->folder, c->directory,
		on_congest_found, on_congest_done, c };

	(void)fd;
	(void)what;
	if (!c->on && !backlog_ends(&c->backlog) &&
	    !backlog_holds(&c->backlog)) {
		wait_for_next(c, c->interval_ms);
		return;
	}
	c->begun = clock_mono();
	c->wall = clock_wall();
	backlog_clock(&c->backlog, c->begun, c->wall);
	backlog_begin(&c->backlog);
	c->listing = listing_begin(loop_base(c->loop), &job);
	if (c->listing != NULL)
		return;
	say_failed(c, strerror(errno));
	wait_for_next(c, c->interval_ms);
}

struct congest *
congest_new(
    struct loop *loop, struct sink *sink, const struct plugin_queue *queue)
{
	struct congest *c = mem_new(sizeof(*c), 0, 0);

	c->loop = loop;
	c->sink = sink;
	c->queue = queue;
	if (queue != NULL && queue->spool != NULL)
		c->folder = folder_new(loop_base(loop), queue->spool);
	c->timer = evtimer_new(loop_base(loop), on_timer, c);
	CHECK(c->timer != NULL);
	return c;
}

void
congest_conf(struct congest *c, const struct conf *conf)
{
	struct mta mta;

	if (c->queue == NULL)
		return;
	mta_init(&mta);
	listing_free(c->listing);
	c->listing = NULL;
	mem_free(c->directory);
	c->queue->look(&mta, conf_mta_directory(conf));
	c->directory = mem_str(mta.queue_directory);
	c->on = conf->setup.congestion.messages > 0;
	c->interval_ms = conf->setup.congestion.ms;
	c->late_s = conf->congestion_age_ms / 1000;
	evtimer_del(c->timer);
	wait_for_next(c, c->interval_ms);
}

void
congest_moved(struct congest *c, const char *directory)
{
	if (c->directory != NULL && strcmp(c->directory, directory) == 0)
		return;
	mem_free(c->directory);
	c->directory = mem_str(directory);
	c->failed = false; /* what fails there is told anew */
}

void
congest_table(struct congest *c, const struct rib *rib)
{
	uint64_t wall = clock_wall();

	backlog_clock(&c->backlog, clock_mono(), wall);
	backlog_table(&c->backlog, rib, wall);
}

void
congest_free(struct congest *c)
{
	if (c == NULL)
		return;
	listing_free(c->listing);
	folder_free(c->folder);
	event_free(c->timer);
	backlog_done(&c->backlog);
	mem_free(c->directory);
	mem_free(c->delimiters);
	mem_free(c);
}
