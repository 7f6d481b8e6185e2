#include "io/mta_io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/child.h"
#include "sys/clock.h"

#define FILES_MAX 4
#define ANSWER_MAX 1048576
#define PROGRAM_MAX 256

static const struct mta_io_times usual = { 3000, 5000, 10000, 300000, 2000,
	60000 };

/* As a file was when it was looked at. */
struct glance {
	uint64_t device, inode, size;
	struct timespec changed;
	bool whole; /* not empty, and its last line has its end */
};

struct mta_io {
	struct event_base *base;
	struct sink *sink;
	const struct plugin_mta *mta;
	const char *programs;
	struct mta_io_times times;
	void (*told)(void *ctx, const struct mta *mta);
	void *ctx;

	bool on;
	struct plugin_want want;
	const char **here; /* of want */
	struct mta last;
	struct event *look, *late;
	struct child *child;
	struct plugin_reading *reading; /* NULL: none under way */
	bool dropped;                   /* it is of no use any more */
	bool due;                       /* another one, whatever the files */
	struct buf answer;
	struct glance seen[FILES_MAX]; /* at the beginning of the reading */
	struct mono begun;
	bool said_unread;
};

static void
mta_io_set_timer(struct event *timer, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	CHECK(evtimer_add(timer, &tv) == 0);
}

static bool
ends_well(const char *path)
{
	FILE *f = fopen(path, "re");
	bool well;

	if (f == NULL)
		return false;
	well = fseek(f, -1, SEEK_END) == 0 && fgetc(f) == '\n';
	fclose(f);
	return well;
}

static struct glance
glance_at(const struct mta_io *io, const char *file)
{
	const char *dir = io->want.configuration;
	struct glance g = { 0 };
	char path[512];
	struct stat st;

	if (dir == NULL)
		dir = io->mta->directory;
	snprintf(path, sizeof(path), "%s%s%s", *file == '/' ? "" : dir,
	    *file == '/' ? "" : "/", file);
	if (stat(path, &st) != 0)
		return g;
	g.device = (uint64_t)st.st_dev;
	g.inode = (uint64_t)st.st_ino;
	g.size = (uint64_t)st.st_size;
	g.changed = st.st_ctim;
	g.whole = st.st_size > 0 && ends_well(path);
	return g;
}

static bool
glance_same(const struct glance *a, const struct glance *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* True if the files are as they were; *settled: nobody is writing them. */
static bool
files_same(const struct mta_io *io, bool *settled)
{
	int64_t now = (int64_t)clock_wall_ms();
	bool same = true;

	*settled = true;
	for (size_t i = 0; io->mta->files[i] != NULL; i++) {
		struct glance g = glance_at(io, io->mta->files[i]);
		int64_t age = now - ((int64_t)g.changed.tv_sec * 1000 +
					g.changed.tv_nsec / 1000000);

		same = same && glance_same(&g, &io->seen[i]);
		/* A clock that was set back makes nothing young. */
		if (age >= 0 && (uint64_t)age < (g.whole ? io->times.young_ms
							 : io->times.half_ms))
			*settled = false;
	}
	return same;
}

static void
say_unread(struct mta_io *io)
{
	if (io->last.asks == MTA_UNKNOWN && !io->said_unread)
		sink_say(io->sink, SINK_WARNING, "mta-unread",
		    "configuration=%s, reason=\"%s\"",
		    io->want.configuration == NULL ? io->mta->directory
						   : io->want.configuration,
		    io->last.missing);
	io->said_unread = io->last.asks == MTA_UNKNOWN;
}

static void
mta_io_tell(struct mta_io *io)
{
	say_unread(io);
	if (io->told != NULL)
		io->told(io->ctx, &io->last);
}

static void
end_reading(struct mta_io *io)
{
	struct plugin_reading *reading = io->reading;
	bool settled, same = files_same(io, &settled);

	io->reading = NULL;
	io->mta->end(reading, io->dropped ? NULL : &io->last);
	if (io->dropped) {
		mta_io_set_timer(io->look, 0);
		return;
	}
	/* A "yes" needs no second look, whoever writes. */
	io->last.writing = io->last.asks == MTA_NO && (!same || !settled);
	if (io->last.writing) {
		io->last.asks = io->last.asks_default = MTA_UNKNOWN;
		snprintf(io->last.missing, sizeof(io->last.missing),
		    "the files are being written");
	}
	io->due = !same || !settled;
	mta_io_tell(io);
	mta_io_set_timer(io->look, io->times.look_ms);
}

/* Where it usually is, or else by PATH. */
static void
find_program(const struct mta_io *io, const char *name, char out[PROGRAM_MAX])
{
	snprintf(out, PROGRAM_MAX, "%s/%s", io->programs, name);
	if (access(out, X_OK) != 0)
		snprintf(out, PROGRAM_MAX, "%s", name);
}

static void
next_question(struct mta_io *io)
{
	struct plugin_question q;

	while (!io->dropped && io->mta->ask(io->reading, &q)) {
		char *argv[PLUGIN_ARGS] = { NULL }, program[PROGRAM_MAX];
		int rc;

		find_program(io, q.argv[0], program);
		for (size_t i = 0; i < PLUGIN_ARGS - 1 && q.argv[i]; i++)
			argv[i] = mem_str(i == 0 ? program : q.argv[i]);
		buf_reset(&io->answer);
		rc = child_read(io->child, argv, q.input);
		for (size_t i = 0; argv[i] != NULL; i++)
			mem_free(argv[i]);
		if (rc == RC_OK) {
			mta_io_set_timer(io->late, io->times.deadline_ms);
			return;
		}
		io->mta->take(io->reading, NULL);
	}
	end_reading(io);
}

static void
on_mta_io_octets(void *ctx, const unsigned char *octets, size_t n)
{
	struct mta_io *io = ctx;

	if (io->answer.n + n <= ANSWER_MAX)
		buf_bytes(&io->answer, octets, n);
	else
		child_kill(io->child);
}

static void
on_mta_io_gone(void *ctx, int status)
{
	struct mta_io *io = ctx;

	evtimer_del(io->late);
	if (io->reading == NULL)
		return;
	buf_u8(&io->answer, 0);
	if (!io->dropped)
		io->mta->take(io->reading,
		    status == 0 ? (const char *)io->answer.p : NULL);
	next_question(io);
}

static void
on_mta_io_late(evutil_socket_t fd, short what, void *arg)
{
	struct mta_io *io = arg;

	(void)fd;
	(void)what;
	child_kill(io->child);
}

static void
begin_reading(struct mta_io *io)
{
	io->dropped = io->due = false;
	for (size_t i = 0; io->mta->files[i] != NULL; i++)
		io->seen[i] = glance_at(io, io->mta->files[i]);
	io->begun = clock_mono();
	io->reading = io->mta->begin(&io->want);
	next_question(io);
}

static bool
asks_all(const struct mta *mta)
{
	return mta->asks == MTA_YES && mta->asks_default == MTA_YES;
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct mta_io *io = arg;
	uint64_t since = mono_since(io->begun, clock_mono());
	bool settled;

	(void)fd;
	(void)what;
	if (io->reading != NULL || !io->on)
		return;
	if (io->due || !files_same(io, &settled) ||
	    since >= io->times.latest_ms ||
	    (since >= io->times.again_ms && !asks_all(&io->last)))
		begin_reading(io);
	else
		mta_io_set_timer(io->look, io->times.look_ms);
}

struct mta_io *
mta_io_new(struct event_base *base, struct sink *sink,
    const struct plugin_mta *mta, const char *programs)
{
	struct mta_io *io = mem_new(sizeof(*io), 0, 0);
	struct child_calls calls = { on_mta_io_octets, on_mta_io_gone, io };

	io->base = base;
	io->sink = sink;
	io->mta = mta;
	io->programs = programs;
	io->times = usual;
	mta_init(&io->last);
	io->child = child_new(base, &calls);
	io->look = evtimer_new(base, on_look, io);
	io->late = evtimer_new(base, on_mta_io_late, io);
	CHECK(io->look != NULL && io->late != NULL);
	return io;
}

void
mta_io_conf(struct mta_io *io, const struct conf *conf)
{
	const struct setup *setup = &conf->setup;

	if (io->mta == NULL)
		return;
	mem_free(io->here);
	io->here = mem_new(0, setup->nspaces + 1, sizeof(*io->here));
	io->want = (struct plugin_want){
		.configuration = conf_mta_directory(conf, io->mta->name),
		.tables = conf_tables(conf, io->mta->name),
		.transport = conf->transport,
		.hold = conf->hold_transport,
		.here = io->here,
	};
	for (size_t i = 0; i < setup->nspaces; i++)
		if (setup->spaces[i].way == NULL && !setup->spaces[i].listed)
			io->here[io->want.nhere++] = setup->spaces[i].pattern;
	io->on = !setup->mta.none;
	evtimer_del(io->look);
	io->due = true;
	if (io->reading == NULL) {
		mta_io_set_timer(io->look, 0);
		return;
	}
	io->dropped = true;
	child_kill(io->child);
}

void
mta_io_times(struct mta_io *io, const struct mta_io_times *times)
{
	io->times = *times;
}

bool
mta_io_reads(const struct mta_io *io)
{
	return io->on;
}

const struct mta *
mta_io_last(const struct mta_io *io)
{
	return &io->last;
}

void
mta_io_watch(struct mta_io *io, void (*told)(void *ctx, const struct mta *mta),
    void *ctx)
{
	io->told = told;
	io->ctx = ctx;
}

void
mta_io_free(struct mta_io *io)
{
	if (io == NULL)
		return;
	if (io->reading != NULL)
		io->mta->end(io->reading, NULL);
	io->reading = NULL;
	child_kill(io->child);
	child_free(io->child);
	event_free(io->look);
	event_free(io->late);
	buf_done(&io->answer);
	mta_done(&io->last);
	mem_free(io->here);
	mem_free(io);
}
