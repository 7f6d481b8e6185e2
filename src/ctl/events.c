#include "ctl/events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/rc.h"
#include "cfg/conf.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/history_read.h"
#include "ctl/show.h"
#include "ctl/value.h"
#include "io/history_file.h"

#define STATE_FOLDER "/var/lib/lsrd"
#define LAST 100        /* records, unless more are asked for */
#define LOOK_MS 200     /* watch looks for more so often */
#define LONGEST 1048576 /* no record is longer */

/* clang-format off */
#define FILTERS                                                                \
	{ "server",  "SERVER",  "that name this server" },                     \
	{ "pattern", "PATTERN", "that name this pattern" },                    \
	{ "kind",    "KIND",    "of this kind, or of several: routes,lsa" },   \
	{ "folder",  "FOLDER",  "where the daemon keeps its state" }

const struct verb_option events_options[] = {
	{ "since",   "TIME",    "not before 2026-11-21T14:30Z, or the last 2h" },
	{ "until",   "TIME",    "nor after that" },
	FILTERS,
	{ "last",    "N",       "so many at most; 100 unless since is given" },
	{ NULL, NULL, NULL },
};

const struct verb_option events_watch_options[] = {
	FILTERS,
	{ NULL, NULL, NULL },
};
/* clang-format on */

/* A time, or how long ago. */
static bool
moment_read(const char *text, double *out)
{
	int64_t at;
	long ago;

	if (value_time(text, &at) &&
	    strspn(text, "0123456789") < strlen(text)) {
		*out = (double)at;
		return true;
	}
	ago = value_seconds(text, 's');
	if (ago <= 0)
		return false;
	*out = ago > 1000000000 ? (double)ago : (double)(time(NULL) - ago);
	return true;
}

static int
moment_take(const struct call *call, const char *option, double *out)
{
	const char *text = call_option(call, option);

	if (text == NULL || moment_read(text, out))
		return CALL_OK;
	return call_usage("--%s %s: must be like 2026-11-21T14:30Z, or 2h ago "
			  "as 2h",
	    option, text);
}

static int
want_read(const struct call *call, struct history_want *want)
{
	const char *last = call_option(call, "last");
	uint64_t n = LAST;
	int status;

	want->server = call_option(call, "server");
	want->pattern = call_option(call, "pattern");
	want->kind = call_option(call, "kind");
	status = moment_take(call, "since", &want->since);
	if (status == CALL_OK)
		status = moment_take(call, "until", &want->until);
	if (status != CALL_OK)
		return status;
	if (want->since > 0)
		n = 0;
	if (last != NULL && !value_number(last, 1000000000, &n))
		return call_usage("--last %s: must be a number", last);
	want->last = n;
	return CALL_OK;
}

char *
events_folder(const struct call *call)
{
	const char *given = call_option(call, "folder");
	struct complaints complaints = { 0 };
	char *folder = NULL;
	struct conf *conf;

	if (given != NULL || call->config == NULL)
		return mem_str(given != NULL ? given : STATE_FOLDER);
	if (conf_load(call->config, NULL, &conf, &complaints) == RC_OK)
		folder = mem_str(conf->state_directory);
	else
		call_usage(
		    "%s: cannot be read; --folder says where the history "
		    "is",
		    call->config);
	complaints_done(&complaints);
	conf_free(conf);
	return folder;
}

/* How soon the table of this record was published, if that is known. */
static uint64_t
published_ms(const struct history_found *found, const json_t *record)
{
	json_t *generation = json_object_get(record, "generation");

	for (size_t i = 0; i < found->published.n; i++) {
		const json_t *one = found->published.v[i];

		if (json_equal(generation, json_object_get(one, "generation")))
			return 1 + (uint64_t)json_integer_value(
				       json_object_get(one, "after_ms"));
	}
	return 0;
}

static bool
is_kind(const json_t *record, const char *kind)
{
	const char *is = json_string_value(json_object_get(record, "kind"));

	return is != NULL && strcmp(is, kind) == 0;
}

static void
line_put(struct buf *out, const json_t *record)
{
	char *text =
	    json_dumps(record, JSON_COMPACT | JSON_PRESERVE_ORDER |
				   JSON_ENSURE_ASCII | JSON_REAL_PRECISION(13));

	buf_printf(out, "%s\n", text);
	free(text);
}

static void
found_show(const struct call *call, const struct history_found *found)
{
	const char *pattern = call_option(call, "pattern");
	struct buf out = { 0 };

	for (size_t i = found->records.n; i-- > 0;) {
		const json_t *record = found->records.v[i];

		if (call->json)
			line_put(&out, record);
		else if (!is_kind(record, "published") ||
			 call_has(call, "kind"))
			events_record(&out, record, pattern,
			    published_ms(found, record), grid_terminal());
		if (out.n > 65536)
			show_flush(&out);
	}
	show_flush(&out);
	buf_done(&out);
}

int
events_show(const struct call *call)
{
	struct history_want want = { 0 };
	struct history_found found = { 0 };
	int status = want_read(call, &want);
	char *folder = status == CALL_OK ? events_folder(call) : NULL;

	if (folder == NULL)
		return CALL_USAGE;
	status = history_load(folder, &want, &found);
	mem_free(folder);
	if (status != CALL_OK)
		return status;
	found_show(call, &found);
	status = found.records.n > 0 ? CALL_OK : CALL_NO;
	history_found_done(&found);
	return status;
}

/* The file that grows, and what of its last line has come. */
struct watched {
	const struct call *call;
	struct history_want want;
	char *path;
	int fd;
	ino_t inode;
	struct buf line;
};

static void
watched_line(struct watched *w, const char *p, size_t n)
{
	json_t *record = history_line(p, n, &w->want);
	struct buf out = { 0 };

	if (record == NULL)
		return;
	if (w->call->json)
		line_put(&out, record);
	else
		events_record(
		    &out, record, w->want.pattern, 0, grid_terminal());
	show_flush(&out);
	buf_done(&out);
	json_decref(record);
}

static void
watched_take(struct watched *w, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n') {
			if (w->line.n < LONGEST)
				buf_u8(&w->line, (uint8_t)p[i]);
			continue;
		}
		watched_line(w, (const char *)w->line.p, w->line.n);
		buf_reset(&w->line);
	}
}

static void
watched_read(struct watched *w)
{
	char block[65536];
	ssize_t n;

	while (w->fd >= 0 && (n = read(w->fd, block, sizeof(block))) > 0)
		watched_take(w, block, (size_t)n);
}

/* Another has its name now: what was put behind the old one is read first. */
static void
watched_look(struct watched *w)
{
	struct stat st;

	watched_read(w);
	if (stat(w->path, &st) != 0 || (w->fd >= 0 && st.st_ino == w->inode))
		return;
	if (w->fd >= 0)
		close(w->fd);
	buf_reset(&w->line);
	w->fd = open(w->path, O_RDONLY | O_CLOEXEC);
	if (w->fd >= 0 && fstat(w->fd, &st) == 0)
		w->inode = st.st_ino;
	watched_read(w);
}

static int
watched_begin(struct watched *w)
{
	struct stat st;

	w->fd = open(w->path, O_RDONLY | O_CLOEXEC);
	if (w->fd < 0 || fstat(w->fd, &st) != 0 ||
	    lseek(w->fd, 0, SEEK_END) < 0)
		return call_usage("%s: %s", w->path, strerror(errno));
	w->inode = st.st_ino;
	return CALL_OK;
}

/* Until it is interrupted, or nobody reads what it says. */
static int
watch_on(struct watched *w)
{
	struct timespec wait = { 0, LOOK_MS * 1000000 };
	int status = watched_begin(w);

	while (status == CALL_OK) {
		watched_look(w);
		if (fflush(stdout) != 0)
			break;
		nanosleep(&wait, NULL);
	}
	if (w->fd >= 0)
		close(w->fd);
	buf_done(&w->line);
	mem_free(w->path);
	return status;
}

int
events_watch(const struct call *call)
{
	struct watched w = { .call = call, .fd = -1 };
	struct buf path = { 0 };
	int status = want_read(call, &w.want);
	char *folder = status == CALL_OK ? events_folder(call) : NULL;

	if (folder == NULL)
		return CALL_USAGE;
	buf_printf(&path, "%s/" HISTORY_NAME, folder);
	w.path = buf_string(&path);
	mem_free(folder);
	return watch_on(&w);
}
