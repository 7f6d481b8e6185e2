#include "io/store_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/journal.h"
#include "io/store_file.h"
#include "sys/clock.h"
#include "sys/file.h"

#define STORE_WHATS (SAVE_OVERRIDES + 1)

/* A journal may grow by so much, and by as much as its first frames have. */
#define GROW_MIN ((uint64_t)256 << 10)
/* So much waits for the disk; then the whole is as good. */
#define WAITS_MAX ((size_t)8 << 20)

/* The state's file, and how it goes on. */
struct store_journal {
	struct seal seal;
	struct journal now;  /* octets 0: none of this life */
	struct journal next; /* that is being written, in place of it */
	uint64_t first;      /* octets of the whole in it */
	bool whole_due;      /* what waits is not all that changed, */
	bool whole_asked;    /* nor was it in what is being written */
	bool whole;          /* is being written */
	size_t taken;        /* so much of what waits is being written */
};

/* One file: what is being written, and what is to be written next. */
struct store {
	struct store_io *io;
	enum save_what what;
	bool waits;      /* something is to be written next: */
	struct buf next; /* the file's octets, or frames of a journal */
	uint32_t next_number;
	uint32_t number;    /* of what is written */
	pid_t child;        /* 0: none */
	struct event *done; /* the child's end */
	int done_fd;
	bool failing; /* and the engine has been told */
	struct event *retry;
};

struct store_io {
	struct loop *loop;
	struct sink *sink;
	char *dir;
	const struct crypto *crypto;
	pid_t (*fork)(void *ctx);
	void *fork_ctx;
	struct store stores[STORE_WHATS];
	struct store_journal journal;
};

static const char *const names[] = {
	[SAVE_EPOCH] = "epoch",
	[SAVE_STATE] = JOURNAL_NAME,
	[SAVE_OVERRIDES] = "overrides",
};

static const enum file_what files[] = {
	[SAVE_EPOCH] = FILE_EPOCH,
	[SAVE_STATE] = FILE_STATE,
	[SAVE_OVERRIDES] = FILE_OVERRIDES,
};

#define NAME_BEFORE "state"

static void store_io_begin(struct store *store);

static void
saved(struct store *store, uint32_t number)
{
	struct input in = { .kind = IN_SAVED, .who = number };

	loop_step(store->io->loop, &in);
}

static void
tell_file(struct store *store, const char *reason)
{
	struct input in = { .kind = IN_FILE, .reason = reason };

	in.value = files[store->what];
	store->failing = reason != NULL;
	loop_step(store->io->loop, &in);
}

static void
say_not_saved(const struct store *store, int error)
{
	sink_say(store->io->sink, SINK_ERROR, "save-failed",
	    "file=%s/%s, error=%s", store->io->dir, names[store->what],
	    strerror(error));
}

/* The file is to be written still: later once more. */
static void
not_saved(struct store *store, int error)
{
	struct timeval tv = { STORE_IO_RETRY_MS / 1000, 0 };

	say_not_saved(store, error);
	if (!store->waits)
		store->next_number = store->number;
	store->waits = true;
	evtimer_add(store->retry, &tv);
	tell_file(store, file_reason(error));
}

static void
take_off(struct buf *b, size_t n)
{
	if (n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

/* What becomes of the journal: it is as long, or another; or as it was, and
 * then goes on growing where it cannot be written anew. */
static void
journal_written(struct store *store, int error)
{
	struct store_journal *j = &store->io->journal;

	if (error == 0) {
		if (j->whole)
			j->first = j->next.octets;
		j->now = j->next;
		take_off(&store->next, j->taken);
	} else if (error == ESTALE || error == ENOENT) {
		j->now.octets = 0;
	} else if (j->whole) {
		j->first = j->now.octets;
	}
	j->whole_due |= error != 0 && j->whole_asked;
	j->taken = 0;
}

static void
written(struct store *store, int error)
{
	if (store->what == SAVE_STATE)
		journal_written(store, error);
	if (error != 0) {
		not_saved(store, error);
		return;
	}
	if (store->failing)
		tell_file(store, NULL);
	saved(store, store->number);
	if (store->waits && store->child == 0)
		store_io_begin(store);
}

/* The child's exit status is an errno, or 0; before, it says how long the
 * journal is now. */
static int
reap(struct store *store)
{
	uint64_t *octets = &store->io->journal.next.octets;
	int status = 0;
	bool told = read(store->done_fd, octets, sizeof(*octets)) ==
	            (ssize_t)sizeof(*octets);

	while (waitpid(store->child, &status, 0) < 0 && errno == EINTR)
		;
	event_free(store->done);
	close(store->done_fd);
	store->child = 0;
	if (!WIFEXITED(status) || (WEXITSTATUS(status) == 0 && !told))
		return EIO;
	return WEXITSTATUS(status);
}

static void
on_store_io_done(evutil_socket_t fd, short what, void *arg)
{
	struct store *store = arg;

	(void)fd;
	(void)what;
	written(store, reap(store));
}

static void
add_frame(void *file, const uint8_t *octets, size_t n)
{
	journal_file_add(file, octets, n);
}

static void
add_whole(struct journal_file *file, void *ctx)
{
	const struct store_io *io = ctx;

	engine_save(loop_engine(io->loop), add_frame, file);
}

/* The state of before is in the journal now. */
static int
state_before_drop(const struct store_io *io)
{
	return store_file_drop(io->dir, NAME_BEFORE);
}

static int
journal_now(struct store *store)
{
	struct store_io *io = store->io;
	struct journal *next = &io->journal.next;
	int rc;

	if (!io->journal.whole)
		return journal_append(io->dir, next, &store->next);
	rc = journal_write(io->dir, next, add_whole, io);
	return rc == RC_OK ? state_before_drop(io) : rc;
}

/* An errno, or 0. */
static int
write_now(struct store *store)
{
	const struct store_io *io = store->io;
	int rc;

	if (store->what == SAVE_STATE)
		rc = journal_now(store);
	else
		rc = store_file_write(
		    io->dir, names[store->what], store->next.p, store->next.n);
	if (rc == RC_OK)
		return 0;
	return errno != 0 ? errno : EIO;
}

/* What is written now: what waits, or the whole, which has it. */
static void
journal_begin(struct store *store)
{
	struct store_journal *j = &store->io->journal;

	j->whole = j->whole_due || j->now.octets == 0 ||
	           j->now.octets + store->next.n > 2 * j->first + GROW_MIN;
	j->whole_asked = j->whole_due;
	j->whole_due = false;
	j->taken = store->next.n;
	j->next = j->now;
	j->next.seal = &j->seal;
	if (j->whole)
		CHECK(getrandom(j->next.salt, JOURNAL_SALT, 0) == JOURNAL_SALT);
}

/* In the child: nothing of the parent's may be touched or kept open; and it
 * does not outlive it. */
static void
child(struct store *store, int end)
{
	const uint64_t *octets = &store->io->journal.next.octets;
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (end != 3 && dup2(end, 3) != 3)
		_exit(EIO);
	(void)close_range(4, ~0U, 0);
	error = write_now(store);
	if (error == 0 && write(3, octets, sizeof(*octets)) < 0)
		error = EIO;
	_exit(error);
}

/* A child for it; else an errno: nobody may wait for it here. */
static int
store_io_hand_over(struct store *store)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	store->child = store->io->fork(store->io->fork_ctx);
	if (store->child == 0)
		child(store, ends[1]);
	close(ends[1]);
	if (store->child < 0) {
		store->child = 0;
		close(ends[0]);
		return EAGAIN;
	}
	store->done_fd = ends[0];
	store->done = event_new(loop_base(store->io->loop), ends[0], EV_READ,
	    on_store_io_done, store);
	CHECK(store->done != NULL && event_add(store->done, NULL) == 0);
	return 0;
}

static void
store_io_begin(struct store *store)
{
	int error;

	evtimer_del(store->retry);
	store->number = store->next_number;
	store->waits = false;
	if (store->what != SAVE_STATE) {
		written(store, write_now(store));
		return;
	}
	journal_begin(store);
	error = store_io_hand_over(store);
	if (error != 0)
		written(store, error);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct store *store = arg;

	(void)fd;
	(void)what;
	if (store->child == 0 && store->waits)
		store_io_begin(store);
}

/* What changed waits for the file; or all did. */
static void
journal_wait(struct store *store, const struct effect *fx)
{
	struct store_journal *j = &store->io->journal;

	if (fx->len > 0 && store->next.n + fx->len < WAITS_MAX) {
		buf_u32(&store->next, (uint32_t)fx->len);
		buf_bytes(&store->next, fx->bytes, fx->len);
		return;
	}
	buf_reset(&store->next);
	j->taken = 0;
	j->whole_due = true;
}

static void
do_save(void *ctx, const struct effect *fx)
{
	struct store_io *io = ctx;
	struct store *store;

	CHECK((unsigned)fx->what < STORE_WHATS);
	store = &io->stores[fx->what];
	if (fx->what != SAVE_STATE) {
		buf_reset(&store->next);
		store_file_encode(
		    &store->next, fx->what, fx->bytes, fx->len, io->crypto);
	} else {
		journal_wait(store, fx);
	}
	store->waits = true;
	store->next_number = fx->who;
	if (store->child == 0)
		store_io_begin(store);
}

static pid_t
fork_plain(void *ctx)
{
	(void)ctx;
	return fork();
}

struct store_io *
store_io_new(struct loop *loop, struct sink *sink, const char *dir,
    const struct crypto *crypto)
{
	struct store_io *io = mem_new(sizeof(*io), 0, 0);

	io->loop = loop;
	io->sink = sink;
	io->dir = mem_str(dir);
	io->crypto = crypto;
	io->fork = fork_plain;
	for (size_t i = 0; i < STORE_WHATS; i++) {
		struct store *store = &io->stores[i];

		store->io = io;
		store->what = (enum save_what)i;
		store->retry = evtimer_new(loop_base(loop), on_retry, store);
		CHECK(store->retry != NULL);
	}
	loop_carry(loop, FX_SAVE, do_save, io);
	return io;
}

void
store_io_fork(struct store_io *io, pid_t (*hand)(void *ctx), void *ctx)
{
	io->fork = hand;
	io->fork_ctx = ctx;
}

void
store_io_key(struct store_io *io, const struct evp_pkey_st *key)
{
	struct seal seal;

	seal_init(&seal, key);
	if (memcmp(&seal, &io->journal.seal, sizeof(seal)) == 0)
		return;
	io->journal.seal = seal;
	io->journal.whole_due = true; /* all by this key */
}

static void
say_state_refused(const struct store_io *io, const char *name, int rc)
{
	sink_say(io->sink, SINK_ERROR, "state-refused", "file=%s/%s, reason=%s",
	    io->dir, name, rc_word(rc));
	store_file_aside(io->dir, name);
}

static const char *
name_before_of(enum save_what what)
{
	return what == SAVE_STATE ? NAME_BEFORE : names[what];
}

int
store_io_load(
    struct store_io *io, enum save_what what, uint8_t **octets, size_t *n)
{
	const uint8_t *inner = NULL;
	uint8_t *file;
	size_t file_n;
	int rc;

	*octets = NULL;
	*n = 0;
	rc = store_file_read(io->dir, name_before_of(what), &file, &file_n);
	if (rc == RC_NONE)
		return RC_NONE;
	if (rc == RC_OK)
		rc = store_file_decode(
		    file, file_n, (uint32_t)what, io->crypto, &inner);
	if (rc == RC_OK) {
		*n = file_n - STORE_FILE_HEAD;
		*octets = mem_dup(inner, *n);
	} else {
		say_state_refused(io, name_before_of(what), rc);
	}
	mem_free(file);
	return rc;
}

/* What is not as we wrote it: frames that are judged, octets that are not
 * read. */
static void
say_doubted(const struct store_io *io, size_t frames, size_t octets)
{
	if (frames == 0 && octets == 0)
		return;
	sink_say(io->sink, SINK_WARNING, "state-doubted",
	    "file=%s/" JOURNAL_NAME ", parts=%zu, torn-octets=%zu", io->dir,
	    frames, octets);
}

static void
give_part(struct store_io *io, const struct journal_frame *frame)
{
	struct input in = { .kind = IN_RESTORE,
		.who = SAVE_PART,
		.bytes = frame->octets,
		.len = frame->n,
		.made = frame->ours };

	loop_step(io->loop, &in);
}

static int
journal_read(struct store_io *io, struct cur in)
{
	struct journal journal = { .seal = &io->journal.seal };
	struct journal_frame frame;
	size_t doubted = 0;
	int rc = journal_get_head(&journal, &in);

	if (rc != RC_OK)
		return rc;
	while (journal_get(&journal, &in, &frame)) {
		give_part(io, &frame);
		doubted += !frame.ours;
	}
	say_doubted(io, doubted, in.left);
	return RC_OK;
}

void
store_io_parts(struct store_io *io)
{
	uint8_t *file;
	size_t n;
	int rc;

	if (store_file_is(io->dir, NAME_BEFORE))
		return;
	rc = store_file_read(io->dir, JOURNAL_NAME, &file, &n);
	if (rc == RC_OK)
		rc = journal_read(io, cur_over(file, n));
	if (rc != RC_OK && rc != RC_NONE)
		say_state_refused(io, JOURNAL_NAME, rc);
	mem_free(file);
}

static uint64_t
left_ms(struct mono end)
{
	struct mono now = clock_mono();

	return mono_due(end, now) ? 0 : mono_since(now, end);
}

/* Whether the child has come to its end by then; else its error is that. */
static bool
ends_by(struct store *store, struct mono end, int *error)
{
	struct pollfd done = { .fd = store->done_fd, .events = POLLIN };
	int got;

	do
		got = poll(&done, 1, (int)left_ms(end));
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	*error = reap(store);
	if (store->what == SAVE_STATE)
		journal_written(store, *error);
	return true;
}

/* It goes on by itself, or hangs, until we are gone: then it is killed. */
static void
leave_alone(struct store *store)
{
	say_not_saved(store, ETIMEDOUT);
	event_free(store->done);
	close(store->done_fd);
	store->child = 0;
}

/* What is being written, and what waits, once: nobody hears of it any more,
 * and a disk that hangs is not waited for. */
static void
store_io_end(struct store *store, struct mono end)
{
	int error = 0;

	if (store->child != 0 && !ends_by(store, end, &error)) {
		leave_alone(store);
		return;
	}
	if (!store->waits && error == 0)
		return;
	if (store->what == SAVE_STATE)
		journal_begin(store);
	error = store_io_hand_over(store);
	if (error == 0 && !ends_by(store, end, &error))
		leave_alone(store);
	else if (error != 0)
		say_not_saved(store, error);
}

void
store_io_free(struct store_io *io)
{
	struct mono end = mono_after(clock_mono(), STORE_IO_STOP_MS);

	if (io == NULL)
		return;
	loop_carry(io->loop, FX_SAVE, NULL, NULL);
	for (size_t i = 0; i < STORE_WHATS; i++) {
		struct store *store = &io->stores[i];

		store_io_end(store, end);
		buf_done(&store->next);
		event_free(store->retry);
	}
	mem_free(io->dir);
	mem_free(io);
}
