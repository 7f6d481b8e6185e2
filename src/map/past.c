#include "map/past.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "map/state.h"
#include "sys/file.h"

#define PAST_NAME "topology."
#define PAST_DIGITS 13
#define PAST_DUMP                                                              \
	(JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY |                \
	    JSON_REAL_PRECISION(15))

struct past_file {
	uint64_t from; /* milliseconds */
	uint64_t octets;
};

struct past {
	char *folder;
	uint64_t most;
	VEC(struct past_file) files; /* the oldest first */
	uint64_t whole;              /* octets of the newest one's first line */
	struct state state;          /* rest is NULL: none */
	bool away;
	uint64_t last; /* the moment of the last line */
	int error;     /* said, and not again */
};

/* A state that is read from lines, and the moment it holds from. */
struct past_reading {
	struct state state;
	double time;
	bool away;
};

/* --- lines ----------------------------------------------------------------------- */

static double
past_time(const json_t *line)
{
	return json_number_value(json_object_get(line, "time"));
}

/* False: it is none, or fits not to what was before. */
static bool
past_follow(struct past_reading *r, const json_t *line)
{
	const json_t *whole = json_object_get(line, "whole");
	const json_t *differs = json_object_get(line, "differs");
	const json_t *away = json_object_get(line, "away");

	r->time = past_time(line);
	if (json_is_boolean(away))
		r->away = json_is_true(away);
	if (whole != NULL) {
		state_done(&r->state);
		return state_read(&r->state, whole);
	}
	if (r->state.rest == NULL)
		return false;
	return differs == NULL || state_apply(&r->state, differs);
}

static char *
past_path(const struct past *p, uint64_t from)
{
	struct buf out = { 0 };

	buf_printf(
	    &out, "%s/" PAST_NAME "%0*" PRIu64, p->folder, PAST_DIGITS, from);
	return buf_string(&out);
}

/* The file of its place, whole; false: it cannot be read. */
static bool
past_load(const struct past *p, size_t i, struct buf *out)
{
	char *path = past_path(p, p->files.v[i].from);
	int rc = file_load(path, (size_t)p->most, out);

	mem_free(path);
	return rc == RC_OK;
}

/* Calls each() for every line until it returns false, or one is none. */
static void
past_each(
    const struct buf *text, bool (*each)(void *ctx, json_t *line), void *ctx)
{
	const char *at = (const char *)text->p, *end = at + text->n;
	bool on = true;

	while (on && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		json_t *line;

		if (stop == NULL)
			return; /* it was just being written */
		line = json_loadb(at, (size_t)(stop - at), 0, NULL);
		on = json_is_object(line) && each(ctx, line);
		json_decref(line);
		at = stop + 1;
	}
}

/* --- reading ----------------------------------------------------------------------- */

struct past_search {
	struct past_reading r;
	double until;
	bool found;
};

static bool
past_search_line(void *ctx, json_t *line)
{
	struct past_search *s = ctx;

	if (past_time(line) > s->until)
		return false;
	s->found = past_follow(&s->r, line);
	return s->found;
}

/* The file that has this moment, or SIZE_MAX: before the first. */
static size_t
past_file_of(const struct past *p, double at)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < p->files.n; i++)
		if ((double)p->files.v[i].from / 1000 <= at)
			found = i;
	return found;
}

/* What was at that moment; false: nothing is known. The caller ends s->r.state. */
static bool
past_search(const struct past *p, double at, struct past_search *s)
{
	size_t i = past_file_of(p, at);
	struct buf text = { 0 };

	*s = (struct past_search){ .until = at };
	if (i != SIZE_MAX && past_load(p, i, &text))
		past_each(&text, past_search_line, s);
	buf_done(&text);
	return s->r.state.rest != NULL;
}

static void
past_dump(const json_t *what, struct buf *out)
{
	char *text = json_dumps(what, PAST_DUMP);

	if (text != NULL)
		buf_text(out, text);
	free(text);
}

bool
past_at(const struct past *p, double at, struct buf *out)
{
	struct past_search s;
	json_t *document;

	if (!past_search(p, at, &s))
		return false;
	document = state_document(&s.r.state);
	json_object_set_new(document, "time", json_real(s.r.time));
	json_object_set_new(document, "away", json_boolean(s.r.away));
	past_dump(document, out);
	buf_u8(out, '\n');
	json_decref(document);
	state_done(&s.r.state);
	return true;
}

bool
past_compare(const struct past *p, double from, double until, struct buf *out)
{
	struct past_search was, is;
	bool good = past_search(p, from, &was);
	json_t *both;

	if (!good)
		return false;
	good = past_search(p, until, &is);
	if (good) {
		both = state_compare(&was.r.state, &is.r.state);
		json_object_set_new(both, "from", json_real(was.r.time));
		json_object_set_new(both, "until", json_real(is.r.time));
		past_dump(both, out);
		buf_u8(out, '\n');
		json_decref(both);
	}
	state_done(&was.r.state);
	state_done(&is.r.state);
	return good;
}

struct past_listing {
	double since, until;
	size_t n;
	struct buf *out;
};

/* A line from behind `since`; one that begins a file is left out, as what it
 * tells is known, but for what it has of a moment nobody saw. */
static bool
past_list_line(void *ctx, json_t *line)
{
	struct past_listing *l = ctx;

	if (past_time(line) > l->until || l->n == PAST_LINES)
		return false;
	if (past_time(line) <= l->since)
		return true;
	buf_u8(l->out, ',');
	past_dump(line, l->out);
	l->n++;
	return true;
}

bool
past_list(const struct past *p, double since, double until, struct buf *out)
{
	struct past_listing l = { since, until, 0, out };
	struct past_search s;
	json_t *document;

	if (p->files.n == 0)
		return false;
	if (since < (double)p->files.v[0].from / 1000)
		l.since = (double)p->files.v[0].from / 1000;
	if (!past_search(p, l.since, &s))
		return false;
	document = state_document(&s.r.state);
	buf_printf(out, "[{\"time\":%.3f,\"away\":%s,\"whole\":", s.r.time,
	    s.r.away ? "true" : "false");
	past_dump(document, out);
	buf_u8(out, '}');
	json_decref(document);
	state_done(&s.r.state);
	for (size_t i = past_file_of(p, l.since); i < p->files.n; i++) {
		struct buf text = { 0 };

		if ((double)p->files.v[i].from / 1000 <= until &&
		    past_load(p, i, &text))
			past_each(&text, past_list_line, &l);
		buf_done(&text);
	}
	buf_text(out, "]\n");
	return true;
}

void
past_extent(const struct past *p, struct buf *out)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < p->files.n; i++)
		octets += p->files.v[i].octets;
	if (p->files.n == 0)
		buf_text(out, "{}\n");
	else
		buf_printf(out,
		    "{\"from\":%.3f,\"until\":%.3f,\"octets\":%" PRIu64 "}\n",
		    (double)p->files.v[0].from / 1000, (double)p->last / 1000,
		    octets);
}

/* --- writing ----------------------------------------------------------------------- */

static void
past_fail(struct past *p)
{
	if (p->error != errno)
		fprintf(stderr, "<4>lsrd-map: %s: no history: %s\n", p->folder,
		    strerror(errno));
	p->error = errno;
}

/* The oldest go, until so many octets have room; never the newest. */
static void
past_make_room(struct past *p, uint64_t n)
{
	uint64_t all = n;
	size_t gone = 0;

	for (size_t i = 0; i < p->files.n; i++)
		all += p->files.v[i].octets;
	while (all > p->most && gone + 1 < p->files.n) {
		char *path = past_path(p, p->files.v[gone].from);

		(void)unlink(path);
		mem_free(path);
		all -= p->files.v[gone++].octets;
	}
	if (gone == 0)
		return;
	memmove(p->files.v, p->files.v + gone,
	    (p->files.n - gone) * sizeof(*p->files.v));
	p->files.n -= gone;
}

/* To the end of the newest; one that was torn there begins another line. */
static bool
past_write(struct past *p, const struct buf *line)
{
	struct past_file *file = &p->files.v[p->files.n - 1];
	char *path = past_path(p, file->from);
	int fd = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	bool good = fd >= 0 && file_put(fd, line->p, line->n) == RC_OK;

	mem_free(path);
	if (good)
		p->error = 0;
	else
		past_fail(p);
	if (fd >= 0)
		file_close(fd);
	file->octets += good ? line->n : 0;
	return good;
}

static void
past_line(struct buf *out, uint64_t now, const char *key, const json_t *what)
{
	buf_printf(out, "{\"time\":%" PRIu64 ".%03u,\"%s\":", now / 1000,
	    (unsigned)(now % 1000), key);
	past_dump(what, out);
	buf_text(out, "}\n");
}

/* Another file, with all of it. */
static bool
past_begin(struct past *p, const struct state *state, uint64_t now)
{
	struct past_file file = { now, 0 };
	json_t *document = state_document(state);
	struct buf line = { 0 };
	bool good;

	past_line(&line, now, "whole", document);
	json_decref(document);
	past_make_room(p, line.n);
	vec_push(&p->files, file);
	good = line.n < p->most && past_write(p, &line);
	if (!good)
		p->files.n--;
	p->whole = line.n;
	buf_done(&line);
	return good;
}

static bool
past_is_full(const struct past *p)
{
	uint64_t n = p->files.v[p->files.n - 1].octets - p->whole;

	return n > PAST_LEAST && n > p->whole;
}

static void
past_add(struct past *p, uint64_t now, const char *key, const json_t *what)
{
	struct buf line = { 0 };

	past_line(&line, now, key, what);
	past_make_room(p, line.n);
	(void)past_write(p, &line);
	buf_done(&line);
}

static uint64_t
past_now(struct past *p, uint64_t now)
{
	/* a clock that is set back must not turn lines around */
	p->last = now > p->last ? now : p->last + 1;
	return p->last;
}

/* Whole where there is nothing to differ from, or it has become long. */
static bool
past_keep(struct past *p, const struct state *state, uint64_t now)
{
	json_t *differs = NULL;

	if (p->files.n == 0 || p->state.rest == NULL || past_is_full(p) ||
	    state_is_other(&p->state, state))
		return past_begin(p, state, past_now(p, now));
	differs = state_differs(&p->state, state);
	if (differs != NULL)
		past_add(p, past_now(p, now), "differs", differs);
	json_decref(differs);
	return true;
}

void
past_take(struct past *p, const void *document, size_t n, uint64_t now)
{
	json_t *root = json_loadb(document, n, JSON_DISABLE_EOF_CHECK, NULL);
	struct state state;

	if (!json_is_object(root) || !state_read(&state, root)) {
		json_decref(root);
		return;
	}
	json_decref(root);
	if (!past_keep(p, &state, now)) {
		state_done(&state);
		return;
	}
	state_done(&p->state);
	p->state = state;
}

void
past_away(struct past *p, bool away, uint64_t now)
{
	json_t *what;

	if (p->files.n == 0 || p->away == away)
		return;
	p->away = away;
	what = json_boolean(away);
	past_add(p, past_now(p, now), "away", what);
	json_decref(what);
}

/* --- from beginning to end ----------------------------------------------------------- */

static int
past_order(const void *a, const void *b)
{
	const struct past_file *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void
past_find(struct past *p, const char *name)
{
	struct past_file file = { 0 };
	struct stat st;
	size_t n = sizeof(PAST_NAME) - 1;
	char *path;

	if (strncmp(name, PAST_NAME, n) != 0 ||
	    strlen(name + n) != PAST_DIGITS ||
	    strspn(name + n, "0123456789") != PAST_DIGITS)
		return;
	file.from = strtoull(name + n, NULL, 10);
	path = past_path(p, file.from);
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		file.octets = (uint64_t)st.st_size;
		vec_push(&p->files, file);
	}
	mem_free(path);
}

/* What the newest ends with is what the next differs from. A line that was torn
 * ends the file: the next one is a whole. */
static void
past_resume(struct past *p)
{
	struct past_search s = { .until = 1e15 };
	const uint8_t *stop;
	struct buf text = { 0 };

	if (p->files.n == 0)
		return;
	p->last = p->files.v[p->files.n - 1].from;
	if (past_load(p, p->files.n - 1, &text) && text.n > 0)
		past_each(&text, past_search_line, &s);
	stop = text.n == 0 ? NULL : memchr(text.p, '\n', text.n);
	p->whole = stop == NULL ? 0 : (uint64_t)(stop - text.p) + 1;
	if (s.r.time * 1000 > (double)p->last)
		p->last = (uint64_t)(s.r.time * 1000 + 0.5);
	p->away = s.r.away;
	if (s.found && text.p[text.n - 1] == '\n')
		p->state = s.r.state;
	else
		state_done(&s.r.state);
	buf_done(&text);
}

struct past *
past_new(const char *folder, uint64_t most)
{
	struct past *p = mem_new(sizeof(*p), 0, 0);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	p->folder = mem_str(folder);
	p->most = most;
	if (dir == NULL) {
		past_fail(p);
		return p;
	}
	while ((entry = readdir(dir)) != NULL)
		past_find(p, entry->d_name);
	closedir(dir);
	if (p->files.n > 1)
		qsort(p->files.v, p->files.n, sizeof(*p->files.v), past_order);
	past_resume(p);
	return p;
}

void
past_free(struct past *p)
{
	if (p == NULL)
		return;
	state_done(&p->state);
	vec_done(&p->files);
	mem_free(p->folder);
	mem_free(p);
}
