#include "io/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/child.h"
#include "io/own.h"
#include "publish/copy.h"
#include "publish/wire.h"
#include "sys/clock.h"
#include "sys/file.h"

/* For a word of the publisher's. The greatest is far above what a disk needs
 * that is of any use: a publisher killed each time would never get through. */
#define PATIENCE_MS 500
#define PATIENCE_MAX_MS 32000
#define INSTALLED PROGRAM_DIRECTORY "/lsrd-publish"
/* Patterns that wait for a publisher that is busy, some of them again and again:
 * then it is simpler to name all. */
#define MOVED_MAX 1000000
#define PAUSE_FIRST_MS 50 /* before another publisher, and after a failure */
#define PAUSE_MAX_MS 10000

/* How long the publisher may be silent, and was at most in this batch. */
struct pace {
	uint64_t patience_ms, longest_ms;
};

struct publish {
	struct sink *sink;
	const char *mta;
	struct publish_calls calls;

	char *program, *tables, *state;
	struct plugin_setup setup;

	const struct rib *wanted; /* the newest table, lent */
	uint64_t handed;          /* what the publisher has or is getting */
	VEC(char *)
	moved;                    /* patterns that differ from that, or do not
				     any more; some more than once */
	struct buf annex;         /* the newest, whose table that is */
	struct mtable_annex said; /* over that */
	unsigned annex_due;       /* parts that the publisher is to get */
	int milter;               /* how the writing of it went last */
	bool whole;               /* it is to get all of it */
	bool setup_due;           /* and the names before that */
	bool busy;                /* an acknowledgement is outstanding */

	struct child *child;
	struct buf in;
	struct event *watch; /* it is late */
	struct event *again; /* the pause is over */
	enum plugin_phase phase;
	struct mono since;   /* it was given a batch, or said a word */
	struct pace pace[2]; /* outside of a lock, and within */
	bool slow;           /* it needs more than PATIENCE_MS: told */
	uint64_t pause_ms;
};

static void publish_hand_over(struct publish *p);

static void
publish_set_timer(struct event *timer, uint64_t ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	evtimer_add(timer, &tv);
}

static void
moved_clear(struct publish *p)
{
	for (size_t i = 0; i < p->moved.n; i++)
		mem_free(p->moved.v[i]);
	p->moved.n = 0;
}

/* Another try after a while that doubles, until one succeeds. */
static void
try_again(struct publish *p)
{
	p->busy = false;
	p->whole = true;
	evtimer_del(p->watch);
	publish_set_timer(p->again, p->pause_ms);
	p->pause_ms =
	    p->pause_ms * 2 < PAUSE_MAX_MS ? p->pause_ms * 2 : PAUSE_MAX_MS;
}

static void
on_publish_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	publish_hand_over(arg);
}

static const char *
phase_word(enum plugin_phase phase)
{
	return phase == PLUGIN_LOCKING ? "locked" : "working";
}

static struct pace *
pace_now(struct publish *p)
{
	return &p->pace[p->phase == PLUGIN_LOCKING];
}

static void
pace_wait(struct publish *p)
{
	p->since = clock_mono();
	publish_set_timer(p->watch, pace_now(p)->patience_ms);
}

static void
pace_heard(struct publish *p)
{
	struct pace *pace = pace_now(p);
	uint64_t ms = mono_since(p->since, clock_mono());

	if (ms > pace->longest_ms)
		pace->longest_ms = ms;
}

/* A batch that needed more than the usual patience, or one that did not after
 * such: once each. */
static void
pace_tell(struct publish *p, const struct pace *most)
{
	bool over = most->patience_ms == PATIENCE_MS;

	if (p->slow ? !over : most->longest_ms <= PATIENCE_MS)
		return;
	p->slow = !p->slow;
	sink_say(p->sink, p->slow ? SINK_WARNING : SINK_NOTICE,
	    "publisher-slow",
	    "state=%s, ms=%" PRIu64 ", patience-ms=%" PRIu64 ", mta=%s",
	    p->slow ? "slow" : "over", most->longest_ms, most->patience_ms,
	    p->mta);
	p->calls.file(
	    p->calls.ctx, FILE_TABLE, p->slow ? "the disk is slow" : NULL);
}

/* A batch is written: the next has twice the time of this one's longest
 * silence, so that a slow disk costs no publisher for each. */
static void
pace_settle(struct publish *p)
{
	const struct pace *most = &p->pace[0];

	for (size_t i = 0; i < 2; i++) {
		struct pace *pace = &p->pace[i];

		pace->patience_ms = 2 * pace->longest_ms;
		if (pace->patience_ms < PATIENCE_MS)
			pace->patience_ms = PATIENCE_MS;
		if (pace->patience_ms > PATIENCE_MAX_MS)
			pace->patience_ms = PATIENCE_MAX_MS;
		if (pace->longest_ms > most->longest_ms)
			most = pace;
	}
	pace_tell(p, most);
}

static void
on_publish_late(evutil_socket_t fd, short what, void *arg)
{
	struct publish *p = arg;
	struct pace *pace = pace_now(p);

	(void)fd;
	(void)what;
	sink_say(p->sink, SINK_ERROR, "publisher-killed",
	    "phase=%s, pid=%d, late-ms=%" PRIu64 ", mta=%s",
	    phase_word(p->phase), (int)child_pid(p->child), pace->patience_ms,
	    p->mta);
	if (pace->patience_ms < PATIENCE_MAX_MS)
		pace->patience_ms *= 2;
	child_kill(p->child);
}

static void
on_phase(struct publish *p, struct cur body)
{
	enum plugin_phase phase;

	if (wire_get_phase(body, &phase) != RC_OK)
		return;
	if (p->busy)
		pace_heard(p);
	p->phase = phase;
	if (p->busy)
		pace_wait(p);
}

static void
on_failed(struct publish *p, const struct wire_ack *ack)
{
	sink_say(p->sink, SINK_ERROR, "publish-failed",
	    "reason=%s, error=\"%s\", generation=%" PRIu64 ", mta=%s",
	    rc_word(ack->result),
	    ack->result == RC_IO ? strerror(ack->error) : "none",
	    ack->generation, p->mta);
	try_again(p);
}

static void
on_ack(struct publish *p, struct cur body)
{
	struct wire_ack ack;

	if (wire_get_ack(body, &ack) != RC_OK || !p->busy)
		return;
	pace_heard(p);
	p->phase = PLUGIN_WORKING;
	if (ack.result != RC_OK) {
		on_failed(p, &ack);
		return;
	}
	p->busy = false;
	evtimer_del(p->watch);
	p->pause_ms = PAUSE_FIRST_MS;
	pace_settle(p);
	sink_say(p->sink, SINK_DEBUG, "published",
	    "generation=%" PRIu64 ", keys=%u, locks=%u, lock-max-us=%u, mta=%s",
	    ack.generation, ack.keys, ack.locks, ack.max_us, p->mta);
	if (ack.copy_behind)
		sink_say(p->sink, SINK_WARNING, "publish-copy",
		    "directory=%s, reason=\"cannot be written\"", p->tables);
	p->calls.file(p->calls.ctx, FILE_COPY,
	    ack.copy_behind ? file_reason(ack.error) : NULL);
	p->calls.done(p->calls.ctx, ack.generation, ack.made);
	publish_hand_over(p);
}

/* The milter goes on with the one before: said once. */
static void
on_milter(struct publish *p, struct cur body)
{
	struct wire_table said;

	if (wire_get_table(body, &said) != RC_OK)
		return;
	if (said.result != RC_OK && said.result != p->milter)
		sink_say(p->sink, SINK_WARNING, "milter-table",
		    "directory=%s/milter, reason=%s, error=\"%s\"", p->state,
		    rc_word(said.result),
		    said.result == RC_IO ? strerror(said.error) : "none");
	else
		sink_say(p->sink, SINK_DEBUG, "milter-table",
		    "generation=%" PRIu64 ", ms=%u", said.generation, said.ms);
	p->milter = said.result;
	p->calls.file(p->calls.ctx, FILE_MILTER,
	    said.result == RC_OK   ? NULL
	    : said.result == RC_IO ? file_reason(said.error)
				   : rc_word(said.result));
}

static void
on_publish_octets(void *ctx, const unsigned char *octets, size_t n)
{
	struct publish *p = ctx;
	struct wire_frame frame;
	struct cur in;
	int rc;

	buf_bytes(&p->in, octets, n);
	in = cur_over(p->in.p, p->in.n);
	while ((rc = wire_frame(&in, &frame)) == RC_OK) {
		cur_bytes(&in, frame.octets);
		if (frame.type == WIRE_PHASE)
			on_phase(p, frame.body);
		else if (frame.type == WIRE_ACK)
			on_ack(p, frame.body);
		else if (frame.type == WIRE_TABLE)
			on_milter(p, frame.body);
	}
	if (in.left > 0 && in.left < p->in.n)
		memmove(p->in.p, in.p, in.left);
	p->in.n = in.left;
	if (rc != RC_SHORT)
		child_kill(p->child);
}

static void
on_publish_gone(void *ctx, int status)
{
	struct publish *p = ctx;

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		sink_say(p->sink, SINK_ERROR, "publisher-gone",
		    "%s=%d, program=%s, mta=%s",
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status)
					: WEXITSTATUS(status),
		    p->program, p->mta);
	buf_reset(&p->in);
	try_again(p);
}

static void
set_text(char *out, size_t room, const char *text)
{
	CHECK(strlen(text) < room);
	memcpy(out, text, strlen(text) + 1);
}

static void
publish_replace(char **text, const char *with)
{
	mem_free(*text);
	*text = mem_str(with);
}

void
publish_conf(struct publish *p, const struct conf *conf)
{
	struct plugin_setup setup = { 0 };
	const char *tables = conf_tables(conf, p->mta);
	bool moved = p->tables != NULL && strcmp(p->tables, tables) != 0;

	set_text(setup.transport, sizeof(setup.transport), conf->transport);
	set_text(setup.hold, sizeof(setup.hold), conf->hold_transport);
	setup.by_name = conf->setup.mta.by_name;
	setup.lab = conf->setup.lab;
	own_find(&setup, &conf->setup);
	publish_replace(
	    &p->program, conf->publisher ? conf->publisher : INSTALLED);
	publish_replace(&p->tables, tables);
	publish_replace(&p->state, conf->state_directory);
	p->setup = setup;
	p->setup_due = true;
	p->whole = true;
	if (moved)
		child_kill(p->child);
	else
		publish_hand_over(p);
}

static int
moved_order(const void *a, const void *b)
{
	return str_order(*(char *const *)a, *(char *const *)b);
}

/* What each pattern that moved has now. Returns how many these are. */
static size_t
put_moved(struct publish *p, struct wire_writer *w)
{
	const struct rib *rib = p->wanted;
	size_t n = 0;

	if (p->moved.n > 1)
		qsort(p->moved.v, p->moved.n, sizeof(*p->moved.v), moved_order);
	for (size_t i = 0; i < p->moved.n; i++) {
		const char *pattern = p->moved.v[i];
		const struct route *route;

		if (i > 0 && strcmp(p->moved.v[i - 1], pattern) == 0)
			continue;
		route = rib_find(rib, pattern);
		if (route != NULL)
			wire_set(w, route);
		else
			wire_gone(w, pattern);
		n++;
	}
	return n;
}

/* Appends the batch to `out`; returns how many routes it names. */
static size_t
make_batch(struct publish *p, struct buf *out)
{
	const struct rib *rib = p->wanted;
	struct wire_writer w;
	size_t n = rib->n;

	wire_begin(&w, out, rib->generation, p->whole ? 0 : p->handed);
	for (size_t i = 0; p->whole && i < rib->n; i++)
		wire_set(&w, &rib->routes[i]);
	if (!p->whole)
		n = put_moved(p, &w);
	wire_end(&w);
	moved_clear(p);
	p->handed = rib->generation;
	return n;
}

static bool
is_running(struct publish *p)
{
	char mta[16];
	char *argv[] = { p->program, (char[]){ "--tables" }, p->tables,
		(char[]){ "--state" }, p->state, (char[]){ "--mta" }, mta,
		NULL };

	if (child_is_there(p->child))
		return true;
	set_text(mta, sizeof(mta), p->mta);
	if (child_start(p->child, argv) != RC_OK) {
		sink_say(p->sink, SINK_ERROR, "publisher-gone",
		    "error=\"%s\", program=%s, mta=%s", strerror(errno),
		    p->program, p->mta);
		try_again(p);
		return false;
	}
	sink_say(p->sink, SINK_NOTICE, "publisher-start",
	    "pid=%d, program=%s, mta=%s", (int)child_pid(p->child), p->program,
	    p->mta);
	p->whole = true;
	p->setup_due = true;
	p->annex_due = p->annex.n > 0 ? MTABLE_ALL : 0;
	return true;
}

static void
hand_annex(struct publish *p)
{
	struct buf out = { 0 };

	if (p->annex_due == 0)
		return;
	wire_put_annex(&out, &p->said, p->annex_due);
	child_send(p->child, out.p, out.n);
	buf_done(&out);
	p->annex_due = 0;
}

/* The newest table to the publisher, if it is free to take one. */
static void
publish_hand_over(struct publish *p)
{
	struct buf out = { 0 };
	size_t moved;

	if (p->busy || p->wanted == NULL || p->tables == NULL ||
	    evtimer_pending(p->again, NULL) || !is_running(p))
		return;
	if (!p->whole && p->wanted->generation == p->handed) {
		hand_annex(p);
		return;
	}
	if (p->setup_due)
		wire_put_setup(&out, &p->setup);
	hand_annex(p);
	moved = make_batch(p, &out);
	if (moved == 0 && !p->whole && p->annex.n == 0) {
		buf_done(&out);
		p->calls.done(p->calls.ctx, p->handed, false);
		return;
	}
	child_send(p->child, out.p, out.n);
	buf_done(&out);
	p->setup_due = false;
	p->whole = false;
	p->busy = true;
	p->phase = PLUGIN_WORKING;
	p->pace[0].longest_ms = p->pace[1].longest_ms = 0;
	pace_wait(p);
}

void
publish_saved(const char *directory, struct buf *out)
{
	struct plugin_setup setup = { .directory = directory };
	struct got_changes all = { 0 };
	struct got got = { 0 };
	struct copy copy;

	copy_init(&copy, directory);
	if (copy_load(&copy, &got, &setup) == RC_OK ||
	    copy_load_before(&copy, &got, &setup) == RC_OK) {
		got_all(&got, &all);
		buf_u64(out, got.generation);
		buf_u32(out, (uint32_t)all.n);
		for (size_t i = 0; i < all.n; i++)
			route_encode(out, all.v[i].route);
		buf_u64(out, copy_noted(&copy));
	}
	got_changes_done(&all);
	got_clear(&got);
	copy_done(&copy);
}

/* What is to get the whole needs no patterns, and neither does who could name
 * the whole table by now. */
static void
note_moved(struct publish *p, const struct publish_news *news)
{
	const struct rib_changes *changes = news->changes;

	p->whole |= changes == NULL || changes->whole;
	for (size_t i = 0; !p->whole && i < changes->list.n; i++) {
		const struct rib_change *c = &changes->list.v[i];

		vec_push(&p->moved,
		    mem_str(c->to != NULL ? c->to->pattern : c->from->pattern));
	}
	p->whole |= p->moved.n > MOVED_MAX;
	if (p->whole)
		moved_clear(p);
}

/* Of it goes on what is not as it was: the keys of all servers are large, and
 * seldom others. Where they stand they stay. */
static void
note_annex(struct publish *p, const struct publish_news *news)
{
	unsigned kept = p->annex.n == 0 ? 0 : news->kept & MTABLE_ALL;

	if (kept == MTABLE_ALL)
		return;
	p->annex_due |= (MTABLE_ALL & ~kept) | 1u << MTABLE_HEAD;
	if (kept == MTABLE_BESIDES && news->n == p->annex.n) {
		struct cur head = cur_over(news->annex, p->said.head.left);

		memcpy(p->annex.p, head.p, head.left);
		head.p = p->annex.p;
		CHECK(mtable_annex_take(&p->said, MTABLE_HEAD, head) == RC_OK);
		return;
	}
	buf_reset(&p->annex);
	buf_bytes(&p->annex, news->annex, news->n);
	CHECK(mtable_annex_decode(p->annex.p, p->annex.n, &p->said) == RC_OK);
}

void
publish_table(struct publish *p, const struct publish_news *news)
{
	p->wanted = news->rib;
	note_moved(p, news);
	if (news->n > 0)
		note_annex(p, news);
	publish_hand_over(p);
}

struct publish *
publish_new(struct event_base *base, struct sink *sink, const char *mta,
    const struct publish_calls *told)
{
	struct publish *p = mem_new(sizeof(*p), 0, 0);
	struct child_calls calls = {
		.took = on_publish_octets,
		.gone = on_publish_gone,
		.ctx = p,
	};

	p->sink = sink;
	p->mta = mta;
	p->calls = *told;
	p->child = child_new(base, &calls);
	p->watch = evtimer_new(base, on_publish_late, p);
	p->again = evtimer_new(base, on_publish_again, p);
	CHECK(p->watch != NULL && p->again != NULL);
	p->pace[0].patience_ms = p->pace[1].patience_ms = PATIENCE_MS;
	p->pause_ms = PAUSE_FIRST_MS;
	return p;
}

void
publish_free(struct publish *p)
{
	if (p == NULL)
		return;
	child_free(p->child);
	event_free(p->watch);
	event_free(p->again);
	moved_clear(p);
	vec_done(&p->moved);
	buf_done(&p->annex);
	buf_done(&p->in);
	mem_free(p->program);
	mem_free(p->tables);
	mem_free(p->state);
	mem_free(p);
}
