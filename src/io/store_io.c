#include "io/store_io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/store_file.h"
#include "sys/file.h"

#define STORE_WHATS (SAVE_STATE + 1)

/* One file: what is being written, and what is to be written next. */
struct store {
	struct store_io *io;
	enum save_what what;
	bool waits;      /* something is to be written next: */
	struct buf next; /* the file's octets, for the epoch */
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
	struct store stores[STORE_WHATS];
};

static const char *const names[] = {
	[SAVE_EPOCH] = "epoch",
	[SAVE_STATE] = "state",
};

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

	in.value = store->what == SAVE_EPOCH ? FILE_EPOCH : FILE_STATE;
	store->failing = reason != NULL;
	loop_step(store->io->loop, &in);
}

/* The file is to be written still: later once more. */
static void
not_saved(struct store *store, int error)
{
	struct timeval tv = { STORE_IO_RETRY_MS / 1000, 0 };

	sink_say(store->io->sink, SINK_ERROR, "save-failed",
	    "file=%s/%s, error=%s", store->io->dir, names[store->what],
	    strerror(error));
	if (!store->waits)
		store->next_number = store->number;
	store->waits = true;
	evtimer_add(store->retry, &tv);
	tell_file(store, file_reason(error));
}

static void
written(struct store *store, int error)
{
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

/* The child's exit status is an errno, or 0. */
static int
reap(struct store *store)
{
	int status = 0;

	while (waitpid(store->child, &status, 0) < 0 && errno == EINTR)
		;
	event_free(store->done);
	close(store->done_fd);
	store->child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

static void
on_store_io_done(evutil_socket_t fd, short what, void *arg)
{
	struct store *store = arg;

	(void)fd;
	(void)what;
	written(store, reap(store));
}

/* An errno, or 0. */
static int
write_now(struct store *store)
{
	const struct store_io *io = store->io;
	struct buf state = { 0 }, *file = &store->next;
	int rc;

	if (store->what == SAVE_STATE) {
		file = &state;
		store_file_open(file, SAVE_STATE);
		engine_save(loop_engine(io->loop), file);
		store_file_close(file, io->crypto);
	}
	rc = store_file_write(io->dir, names[store->what], file->p, file->n);
	buf_done(&state);
	if (rc == RC_OK)
		return 0;
	return errno != 0 ? errno : EIO;
}

/* In the child: nothing of the parent's may be touched or kept open. */
static void
child(struct store *store, int end)
{
	if (end != 3 && dup2(end, 3) != 3)
		_exit(EIO);
	(void)close_range(4, ~0U, 0);
	_exit(write_now(store));
}

/* A child for it; else an errno: nobody may wait for it here. */
static int
store_io_hand_over(struct store *store)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	store->child = fork();
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
	if (store->what == SAVE_EPOCH) {
		written(store, write_now(store));
		return;
	}
	error = store_io_hand_over(store);
	if (error != 0)
		not_saved(store, error);
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

static void
do_save(void *ctx, const struct effect *fx)
{
	struct store_io *io = ctx;
	struct store *store;

	CHECK((unsigned)fx->what < STORE_WHATS);
	store = &io->stores[fx->what];
	if (fx->what == SAVE_EPOCH) {
		buf_reset(&store->next);
		store_file_encode(
		    &store->next, SAVE_EPOCH, fx->bytes, fx->len, io->crypto);
	}
	store->waits = true;
	store->next_number = fx->who;
	if (store->child == 0)
		store_io_begin(store);
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
	rc = store_file_read(io->dir, names[what], &file, &file_n);
	if (rc == RC_NONE)
		return RC_NONE;
	if (rc == RC_OK)
		rc = store_file_decode(
		    file, file_n, (uint32_t)what, io->crypto, &inner);
	if (rc == RC_OK) {
		*n = file_n - STORE_FILE_HEAD;
		*octets = mem_dup(inner, *n);
	} else {
		sink_say(io->sink, SINK_ERROR, "state-refused",
		    "file=%s/%s, reason=%s", io->dir, names[what], rc_word(rc));
		store_file_aside(io->dir, names[what]);
	}
	mem_free(file);
	return rc;
}

void
store_io_free(struct store_io *io)
{
	if (io == NULL)
		return;
	loop_carry(io->loop, FX_SAVE, NULL, NULL);
	for (size_t i = 0; i < STORE_WHATS; i++) {
		struct store *store = &io->stores[i];

		if (store->child != 0 && reap(store) != 0)
			store->waits = true;
		if (store->waits)
			(void)write_now(store);
		buf_done(&store->next);
		event_free(store->retry);
	}
	mem_free(io->dir);
	mem_free(io);
}
