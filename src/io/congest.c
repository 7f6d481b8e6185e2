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

/* Of one MTA. */
struct congest_queue {
	const struct plugin_queue *queue;
	struct folder *folder; /* of a queue of files; else NULL */
	char *directory;
	char *delimiters; /* NULL: none */
	bool failed;      /* the last time */
};

struct congest {
	struct loop *loop;
	struct sink *sink;
	struct congest_queue of[CONF_MTAS];
	size_t n;
	bool on;
	uint64_t interval_ms, late_s;
	struct event *timer;
	struct listing *listing; /* of the queue `at`, while it is read */
	size_t at;
	size_t read; /* of this round: so many could be read */
	struct mono begun;
	uint64_t wall;
	struct backlog backlog;
};

static void congest_next(struct congest *c);

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
		.delimiters = c->of[c->at].delimiters,
		.came = found->came,
		.deferred = found->deferred,
		.answered = found->answered,
		.put_off = found->put_off,
		.now = c->wall,
		.late_s = c->late_s };

	backlog_add(&c->backlog, &wait);
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
say_failed(struct congest *c, struct congest_queue *q, const char *why)
{
	if (!q->failed)
		sink_say(c->sink, SINK_WARNING, "queue-unread",
		    "socket=%s/%s, error=\"%s\"", q->directory,
		    listing_of(q->queue), why);
	q->failed = true;
}

/* What waits in one queue waits, whatever the other; that nothing waits any
 * more is known once all were read. */
static void
congest_end(struct congest *c)
{
	uint64_t took = mono_since(c->begun, clock_mono());

	wait_for_next(
	    c, took * SHARE > c->interval_ms ? took * SHARE : c->interval_ms);
	if (c->read == c->n)
		tell_held(c);
	if (c->on && c->read > 0)
		report_all(c);
	if (c->read == c->n)
		tell_over(c);
}

static void
on_congest_done(void *ctx, const char *why)
{
	struct congest *c = ctx;
	struct congest_queue *q = &c->of[c->at++];

	c->listing = NULL;
	if (why != NULL) {
		say_failed(c, q, why);
	} else {
		q->failed = false;
		c->read++;
	}
	congest_next(c);
}

/* The next queue that opens; behind the last one is the end. */
static void
congest_next(struct congest *c)
{
	for (; c->at < c->n; c->at++) {
		struct congest_queue *q = &c->of[c->at];
		struct listing_job job = { q->queue, q->folder, q->directory,
			on_congest_found, on_congest_done, c };

		c->listing = listing_begin(loop_base(c->loop), &job);
		if (c->listing != NULL)
			return;
		say_failed(c, q, strerror(errno));
	}
	congest_end(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct congest *c = arg;

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
	c->at = c->read = 0;
	congest_next(c);
}

struct congest *
congest_new(struct loop *loop, struct sink *sink,
    const struct plugin_queue *const *queues, size_t n)
{
	struct congest *c = mem_new(sizeof(*c), 0, 0);

	CHECK(n <= CONF_MTAS);
	c->loop = loop;
	c->sink = sink;
	for (c->n = 0; c->n < n; c->n++) {
		struct congest_queue *q = &c->of[c->n];

		q->queue = queues[c->n];
		if (q->queue->spool != NULL)
			q->folder =
			    folder_new(loop_base(loop), q->queue->spool);
	}
	c->timer = evtimer_new(loop_base(loop), on_timer, c);
	CHECK(c->timer != NULL);
	return c;
}

void
congest_conf(struct congest *c, const struct conf *conf)
{
	if (c->n == 0)
		return;
	listing_free(c->listing);
	c->listing = NULL;
	for (size_t i = 0; i < c->n; i++) {
		struct congest_queue *q = &c->of[i];
		struct mta mta;

		mta_init(&mta);
		q->queue->look(&mta, conf_mta_directory(conf, q->queue->name));
		mem_free(q->directory);
		q->directory = mem_str(mta.queue_directory);
	}
	c->on = conf->setup.congestion.messages > 0;
	c->interval_ms = conf->setup.congestion.ms;
	c->late_s = conf->congestion_age_ms / 1000;
	evtimer_del(c->timer);
	wait_for_next(c, c->interval_ms);
}

void
congest_told(struct congest *c, const char *name, const struct mta *mta)
{
	for (size_t i = 0; i < c->n; i++) {
		struct congest_queue *q = &c->of[i];

		if (strcmp(q->queue->name, name) != 0)
			continue;
		/* What fails elsewhere is told anew. */
		if (q->directory == NULL ||
		    strcmp(q->directory, mta->queue_directory) != 0)
			q->failed = false;
		mem_free(q->directory);
		q->directory = mem_str(mta->queue_directory);
		mem_free(q->delimiters);
		q->delimiters = mem_str(mta->delimiters);
	}
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
	for (size_t i = 0; i < c->n; i++) {
		folder_free(c->of[i].folder);
		mem_free(c->of[i].directory);
		mem_free(c->of[i].delimiters);
	}
	event_free(c->timer);
	backlog_done(&c->backlog);
	mem_free(c);
}
