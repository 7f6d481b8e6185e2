#include "publish/serve.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/rc.h"
#include "publish/aside.h"
#include "publish/copy.h"
#include "publish/got.h"
#include "publish/judge.h"
#include "publish/mtable_file.h"
#include "publish/wire.h"
#include "sys/clock.h"
#include "sys/say.h"

#define OWN_PAUSE_MS 10
#define OWN_TELL 10 /* pauses */

/* The milter's table waits for the end of a burst, but not for ever. One that
 * is large waits longer: all of it is written for whatever changed, and that is
 * to take a twentieth of a processor at most. That it is behind the MTA's does
 * no harm: t/sim/mail --behind 60. */
#define MILTER_QUIET_MS 20
#define MILTER_WAIT_MS 1000
#define MILTER_SHARE 20
#define MILTER_WAIT_MAX_MS 60000
#define MILTER_AGAIN_MS 5000 /* after a failure */

/* Somebody may take a table away, and the MTA defers all mail until it is back;
 * it is looked for as often as lsrd looks at the MTA's configuration. */
#define LOOK_MS 3000

struct server {
	int fd;
	const struct plugin_export *plugin;
	const struct owner *owner;
	struct plugin_setup setup;
	bool has_setup;
	struct plugin_watch watch;
	struct plugin_run *run; /* NULL: not open */
	struct got got;
	struct copy copy;
	bool noted;       /* that something was published here */
	uint64_t written; /* generation of the tables; 0: none of ours yet */
	struct mtable_file milter;
	uint64_t milter_quiet; /* written when nothing came for so long, */
	uint64_t milter_at;    /* and at the latest then; 0: not due */
	uint64_t milter_took;  /* ms, the last time */
	uint64_t milter_began; /* and when */
	struct aside aside;    /* writes it */
	uint64_t aside_of;     /* the generation that it is */
	uint64_t look_at;      /* at the tables */
	bool whole_due; /* the tables are behind: differences will not do */
	bool missed;    /* the batch that comes differs from another table */
	struct buf in;
	struct buf frames; /* of the batch that is coming in */
	bool gone;         /* nobody listens any more */
};

static void
serve_say(struct server *s, struct buf *out)
{
	size_t at = 0;

	while (at < out->n && !s->gone) {
		ssize_t n = send(s->fd, out->p + at, out->n - at, MSG_NOSIGNAL);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EINTR)
			s->gone = true;
	}
	buf_done(out);
}

static void
at_phase(void *ctx, enum plugin_phase phase)
{
	struct buf out = { 0 };

	wire_put_phase(&out, phase);
	serve_say(ctx, &out);
}

static void
serve_pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

/* A publisher that was killed may still wait for the disk, and own the
 * tables. */
static int
own(struct server *s)
{
	for (unsigned i = 0; !s->gone; i++) {
		int rc = owner_claim(s->owner);

		if (rc == RC_OK)
			return EX_OK;
		if (rc != RC_STATE) {
			say_text("lsrd-publish", LOG_ERR, "claim-failed",
			    "%s/owner: %s", s->owner->tables, strerror(errno));
			return EX_CANTCREAT;
		}
		if (i % OWN_TELL == 0)
			at_phase(s, PLUGIN_WORKING);
		serve_pause_ms(OWN_PAUSE_MS);
	}
	return EX_OK;
}

static int
open_run(struct server *s)
{
	struct judge judge;
	int rc = judge_tables(s->plugin, &s->setup, &judge);

	if (rc == RC_OK) {
		struct plugin_start start = {
			.broken = judge.broken,
			.watch = &s->watch,
		};

		at_phase(s, PLUGIN_WORKING);
		rc = s->plugin->open(&s->run, &s->setup, &start);
	}
	return rc;
}

static void
close_run(struct server *s)
{
	s->plugin->close(s->run);
	s->run = NULL;
	s->whole_due = true;
}

/* A batch that is being published, and what became of it. */
struct batch {
	struct got_changes changes; /* that were written last */
	struct wire_ack ack;
};

static int
write_changes(struct server *s, bool whole, struct batch *batch,
    struct plugin_report *report)
{
	struct got_changes *changes = &batch->changes;

	got_changes_done(changes);
	if (whole)
		got_all(&s->got, changes);
	else
		got_since(&s->got, cur_over(s->frames.p, s->frames.n), changes);
	return s->plugin->write(s->run, changes->v, changes->n, whole, report);
}

static int
write_tables(
    struct server *s, struct batch *batch, struct plugin_report *report)
{
	int rc = s->run == NULL ? open_run(s) : RC_OK;

	if (rc == RC_OK)
		rc = write_changes(s, s->whole_due, batch, report);
	if (rc == RC_MISSING)
		rc = write_changes(s, true, batch, report);
	if (rc == RC_OK)
		s->whole_due = false;
	else
		close_run(s);
	return rc;
}

/* Before the tables, so that it is never behind them. */
static int
write_copy(struct server *s)
{
	if (s->whole_due)
		return copy_whole(&s->copy, &s->got, &s->setup);
	return copy_add(
	    &s->copy, cur_over(s->frames.p, s->frames.n), &s->got, &s->setup);
}

static uint32_t
to_u32(uint64_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static uint64_t
between(uint64_t least, uint64_t n, uint64_t most)
{
	return n < least ? least : n > most ? most : n;
}

/* The milter's table waits for a quiet moment, from the first change on. */
static void
milter_due(struct server *s, const struct got_changes *changes)
{
	struct mtable_published published = { .generation = s->written,
		.wall_ms = clock_wall_ms(),
		.list = changes->v,
		.n = changes->n,
		.whole = changes->whole,
		.setup = &s->setup };

	mtable_file_published(&s->milter, &published);
	s->milter_quiet =
	    between(MILTER_QUIET_MS, 4 * s->milter_took, MILTER_WAIT_MAX_MS);
	if (s->milter_at == 0)
		s->milter_at =
		    clock_mono().ms + between(MILTER_WAIT_MS,
					  MILTER_SHARE * s->milter_took,
					  MILTER_WAIT_MAX_MS);
}

static int
milter_write(void *ctx, struct aside_told *told)
{
	struct mtable_written out;
	int rc = mtable_file_write(ctx, &out);

	*told = (struct aside_told){ { out.version.epoch,
	    out.version.generation, out.sum, out.octets } };
	return rc;
}

static void
milter_written(struct server *s, int rc, const struct aside_told *told)
{
	struct mtable_written written = { { told->v[0], told->v[1] },
		told->v[2], told->v[3] };
	int err = errno;

	mtable_file_end(&s->milter, rc, &written);
	errno = err;
}

/* What became of the milter's table. */
static void
milter_say(struct server *s, int rc)
{
	struct wire_table said = { .generation = s->aside_of,
		.result = rc,
		.error = rc == RC_IO ? errno : 0 };
	uint64_t now = clock_mono().ms;
	struct buf out = { 0 };

	s->milter_took = now - s->milter_began;
	said.ms = to_u32(s->milter_took);
	if (rc != RC_OK) {
		s->milter_quiet = MILTER_AGAIN_MS;
		s->milter_at = now + MILTER_AGAIN_MS;
	}
	wire_put_table(&out, &said);
	serve_say(s, &out);
}

/* In a process of its own: what moves meanwhile does not wait for it. */
static void
milter_begin(struct server *s)
{
	s->milter_began = clock_mono().ms;
	s->milter_at = 0;
	s->aside_of = s->written;
	if (!mtable_file_begin(&s->milter) ||
	    aside_begin(&s->aside, milter_write, &s->milter) == RC_OK)
		return;
	milter_written(s, RC_IO, &(struct aside_told){ { 0 } });
	milter_say(s, RC_IO);
}

static void
milter_end(struct server *s)
{
	struct aside_told told;
	int rc = aside_end(&s->aside, &told);

	milter_written(s, rc, &told);
	milter_say(s, rc);
}

/*
 * Keys that the copy on the disk lacks: after a start nobody would know them.
 * They wait, and the rest is written. What cannot be read says nothing, and a
 * table is better than none. True if any wait.
 */
static bool
withhold(struct server *s)
{
	struct plugin_setup setup;
	struct got kept = { .generation = 0 };
	struct copy copy;
	bool any = false;

	copy_init(&copy, s->owner->tables);
	if (copy_load(&copy, &kept, &setup) == RC_OK)
		any = got_narrow(&s->got, &kept);
	got_clear(&kept);
	copy_done(&copy);
	return any;
}

/* An empty table may be refused: it must not reach the copy first. False: not
 * all of it may be published, and ack->error tells why. */
static bool
serve_keep(struct server *s, struct wire_ack *ack)
{
	s->noted = s->noted || owner_publish(s->owner) == RC_OK;
	if (s->noted && write_copy(s) == RC_OK)
		return true;
	ack->copy_behind = true;
	ack->error = errno;
	(void)copy_note(&s->copy, s->got.generation);
	s->whole_due = true;
	return !withhold(s);
}

static void
serve_write_batch(struct server *s, struct batch *batch, bool empty)
{
	struct wire_ack *ack = &batch->ack;
	struct plugin_report report = { 0 };

	at_phase(s, PLUGIN_WORKING);
	ack->result = write_tables(s, batch, &report);
	if (ack->result == RC_IO)
		ack->error = errno;
	else if (empty && ack->result == RC_OK)
		ack->copy_behind = write_copy(s) != RC_OK;
	ack->keys = to_u32(report.keys);
	ack->locks = report.locks;
	ack->made = report.made;
	ack->max_us = to_u32(report.max_us);
}

/* A batch is complete. */
static void
serve_publish(struct server *s)
{
	struct batch batch = { .ack.generation = s->got.generation };
	struct wire_ack *ack = &batch.ack;
	struct buf out = { 0 };
	bool empty = s->got.tree.n == 0;
	bool all = empty || serve_keep(s, ack);
	int error = ack->error;

	serve_write_batch(s, &batch, empty);
	if (!all && ack->result == RC_OK) {
		ack->result = RC_IO;
		ack->error = error;
		s->whole_due = true;
	}
	if (ack->result == RC_OK)
		s->written = s->got.generation;
	wire_put_ack(&out, ack);
	serve_say(s, &out);
	if (ack->result == RC_OK)
		milter_due(s, &batch.changes);
	got_changes_done(&batch.changes);
	buf_reset(&s->frames);
}

static int
on_setup(struct server *s, struct cur body)
{
	struct plugin_setup setup;
	int rc = wire_get_setup(body, &setup);

	if (rc != RC_OK)
		return rc;
	setup.directory = s->owner->tables;
	s->setup = setup;
	s->has_setup = true;
	close_run(s);
	return RC_OK;
}

static void
batch_begin(struct server *s, const struct wire_batch *batch)
{
	if ((batch->flags & WIRE_WHOLE) != 0) {
		got_clear(&s->got);
		s->whole_due = true;
		s->missed = false;
	} else if (batch->since == 0 || batch->since != s->got.generation) {
		s->missed = true;
	}
}

/* What differs from a table that we do not have is of no use: nothing of it is
 * taken, and lsrd sends the whole. */
static int
batch_refuse(struct server *s, const struct wire_batch *batch)
{
	struct wire_ack ack = { .generation = batch->generation,
		.result = RC_MISSING };
	struct buf out = { 0 };

	if ((batch->flags & WIRE_MORE) != 0)
		return RC_OK;
	s->missed = false;
	wire_put_ack(&out, &ack);
	serve_say(s, &out);
	return RC_OK;
}

static int
on_batch(struct server *s, const struct wire_frame *frame, const uint8_t *p)
{
	struct cur body = frame->body;
	struct wire_batch batch;
	int rc = wire_get_batch(&body, &batch);

	if (rc != RC_OK)
		return rc;
	if (!s->has_setup)
		return RC_STATE;
	if (s->frames.n == 0)
		batch_begin(s, &batch);
	if (s->missed)
		return batch_refuse(s, &batch);
	at_phase(s, PLUGIN_WORKING);
	rc = got_take(&s->got, &batch, body);
	if (rc != RC_OK)
		return rc;
	buf_bytes(&s->frames, p, frame->octets);
	if ((batch.flags & WIRE_MORE) == 0)
		serve_publish(s);
	return RC_OK;
}

/* An annex belongs to the table there is, or to the batch that follows. */
static int
on_annex(struct server *s, struct cur body)
{
	const struct got_changes none = { .n = 0 };
	bool all;
	int rc = mtable_file_take(&s->milter, body, &all);

	if (rc == RC_OK && s->written != 0 && all)
		milter_due(s, &none);
	return rc;
}

/* Takes the frames that have come; keeps what is not complete. */
static int
serve_take(struct server *s)
{
	struct cur in = cur_over(s->in.p, s->in.n);
	struct wire_frame frame;
	int rc;

	while ((rc = wire_frame(&in, &frame)) == RC_OK) {
		const uint8_t *p = cur_bytes(&in, frame.octets);

		if (frame.type == WIRE_SETUP)
			rc = on_setup(s, frame.body);
		else if (frame.type == WIRE_BATCH)
			rc = on_batch(s, &frame, p);
		else if (frame.type == WIRE_ANNEX)
			rc = on_annex(s, frame.body);
		else
			rc = RC_RANGE;
		if (rc != RC_OK)
			return rc;
	}
	/* a large one comes in many pieces: what stays where it is is not moved */
	if (in.left > 0 && in.left < s->in.n)
		memmove(s->in.p, in.p, in.left);
	s->in.n = in.left;
	return rc == RC_SHORT ? RC_OK : rc;
}

enum next { NEXT_OCTETS, NEXT_MILTER, NEXT_WRITTEN, NEXT_LOOK };

/* Waits for octets, or until it is time for something else. */
static enum next
serve_wait(struct server *s)
{
	struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN },
		{ .fd = s->aside.fd, .events = POLLIN } };
	uint64_t now = clock_mono().ms, wait;
	enum next next = NEXT_LOOK;

	if (s->in.n > 0 || s->frames.n > 0)
		return NEXT_OCTETS;
	wait = s->look_at > now ? s->look_at - now : 0;
	if (s->milter_at != 0 && s->aside.fd < 0) {
		uint64_t left = s->milter_at > now ? s->milter_at - now : 0;

		if (left > s->milter_quiet)
			left = s->milter_quiet;
		if (left < wait) {
			wait = left;
			next = NEXT_MILTER;
		}
	}
	if (poll(fds, 2, (int)wait) == 0)
		return next;
	return fds[0].revents == 0 && fds[1].revents != 0 ? NEXT_WRITTEN
	                                                  : NEXT_OCTETS;
}

/* lsrd has another begin, with the whole table, and watches that one write. */
static int
look(struct server *s)
{
	s->look_at = clock_mono().ms + LOOK_MS;
	if (s->run == NULL || s->plugin->intact(s->run))
		return EX_OK;
	say_text("lsrd-publish", LOG_WARNING, "table-changed",
	    "%s: a table was taken away or changed: all are written anew",
	    s->owner->tables);
	return EX_TEMPFAIL;
}

static int
serve_receive(struct server *s)
{
	uint8_t chunk[65536];
	ssize_t n = recv(s->fd, chunk, sizeof(chunk), 0);
	int rc;

	if (n < 0 && errno == EINTR)
		return EX_OK;
	if (n <= 0) {
		s->gone = true;
		return EX_OK;
	}
	buf_bytes(&s->in, chunk, (size_t)n);
	rc = serve_take(s);
	if (rc == RC_OK)
		return EX_OK;
	say_text("lsrd-publish", LOG_ERR, "bad-frame", "a bad frame: %s",
	    rc_word(rc));
	return EX_DATAERR;
}

static int
serve_run(struct server *s)
{
	int code = EX_OK;

	while (!s->gone && code == EX_OK)
		switch (serve_wait(s)) {
		case NEXT_OCTETS:
			code = serve_receive(s);
			break;
		case NEXT_MILTER:
			milter_begin(s);
			break;
		case NEXT_WRITTEN:
			milter_end(s);
			break;
		case NEXT_LOOK:
			code = look(s);
			break;
		}
	return code;
}

int
serve(int fd, const struct plugin_export *plugin, const struct owner *owner)
{
	struct server s = {
		.fd = fd,
		.plugin = plugin,
		.owner = owner,
		.whole_due = true,
	};
	int code;

	s.watch.at = at_phase;
	s.watch.ctx = &s;
	copy_init(&s.copy, owner->tables);
	mtable_file_init(&s.milter, owner->state);
	aside_init(&s.aside);
	code = own(&s);
	if (code == EX_OK)
		code = serve_run(&s);
	plugin->close(s.run);
	got_clear(&s.got);
	copy_done(&s.copy);
	aside_done(&s.aside);
	mtable_file_done(&s.milter);
	buf_done(&s.in);
	buf_done(&s.frames);
	return code;
}
