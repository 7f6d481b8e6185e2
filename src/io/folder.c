#include "io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/tree.h"
#include "base/vec.h"
#include "sys/spare.h"

#define FOLDER_PATH 512

/* As a file was when it was read; all 0: it was not there. */
struct folder_stamp {
	uint64_t inode, size;
	struct timespec changed;
};

/* The files of a message. */
enum { FOLDER_OWN, FOLDER_DONE, FOLDER_SAYS, FOLDER_FILES };

struct folder_to {
	char *recipient;
	bool answered, put_off;
};

struct folder_message {
	struct tree_node node;
	char id[PLUGIN_ID];
	struct folder_stamp stamp[FOLDER_FILES];
	uint64_t came, round;
	bool deferred, frozen;
	VEC(struct folder_to) to;
};

struct folder {
	const struct plugin_spool *spool;
	struct folder_job job;
	char *directory; /* the job's, copied */
	struct event *slice;
	struct tree messages; /* by id */
	uint64_t round;
	VEC(char) below; /* folders yet to be read, by their one letter */
	char letter;     /* of the one that is read; 0: the folder itself */
	DIR *dir;        /* NULL: nothing is under way */
	size_t seen;     /* messages of this round */
	int failed;      /* errno of a file that must not be read; 0: none */
	struct buf octets[FOLDER_FILES];
};

static int
folder_by_id(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct folder_message, node)->id);
}

static void
message_clear(struct folder_message *m)
{
	for (size_t i = 0; i < m->to.n; i++)
		mem_free(m->to.v[i].recipient);
	vec_done(&m->to);
}

static void
message_free(struct folder *f, struct folder_message *m)
{
	tree_remove(&f->messages, &m->node);
	message_clear(m);
	mem_free(m);
}

static struct folder_message *
message_get(struct folder *f, const char *id)
{
	struct tree_node *node = tree_find(&f->messages, id, folder_by_id);
	struct folder_message *m;

	if (node != NULL)
		return tree_entry(node, struct folder_message, node);
	m = mem_new(sizeof(*m), 0, 0);
	memcpy(m->id, id, strlen(id) + 1);
	tree_insert(&f->messages, &m->node, m->id, folder_by_id);
	return m;
}

/* The path of one of its files. */
static void
folder_path(
    const struct folder *f, const char *id, int which, char path[FOLDER_PATH])
{
	static const char *const endings[FOLDER_FILES] = {
		[FOLDER_OWN] = "-H", [FOLDER_DONE] = "-J", [FOLDER_SAYS] = ""
	};
	const char below[] = { f->letter, f->letter == '\0' ? '\0' : '/',
		'\0' };

	snprintf(path, FOLDER_PATH, "%s/%s/%s%s%s", f->directory,
	    which == FOLDER_SAYS ? f->spool->said : f->spool->folder, below, id,
	    endings[which]);
}

static struct folder_stamp
folder_stamp_of(const struct stat *st)
{
	struct folder_stamp stamp = { .inode = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size,
		.changed = st->st_ctim };

	return stamp;
}

static bool
stamps_same(const struct folder_stamp *a, const struct folder_stamp *b)
{
	return a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Looks at all of them; false: they are as they were. */
static bool
message_changed(const struct folder *f, struct folder_message *m)
{
	bool changed = false;

	for (int i = 0; i < FOLDER_FILES; i++) {
		struct folder_stamp now = { 0 };
		char path[FOLDER_PATH];
		struct stat st;

		folder_path(f, m->id, i, path);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
			now = folder_stamp_of(&st);
		changed |= !stamps_same(&now, &m->stamp[i]);
		m->stamp[i] = now;
	}
	return changed;
}

/* Whether this errno is about this process, and not about the file. */
static bool
folder_cannot(int err)
{
	return err == EACCES || err == EPERM || err == EMFILE ||
	       err == ENFILE || err == ENOMEM || err == EIO;
}

static void
file_fill(int fd, struct buf *out, size_t most)
{
	while (out->n < most) {
		uint8_t some[16384];
		size_t want = most - out->n;
		ssize_t n =
		    read(fd, some, want < sizeof(some) ? want : sizeof(some));

		if (n <= 0)
			return;
		buf_bytes(out, some, (size_t)n);
	}
}

/* The end of a log begins with a whole line. */
static void
file_cut(struct buf *out)
{
	const uint8_t *lf = memchr(out->p, '\n', out->n);
	size_t n = lf == NULL ? out->n : (size_t)(lf + 1 - out->p);

	memmove(out->p, out->p + n, out->n - n);
	out->n -= n;
}

/* Reads one of its files, as far as that is of use; no file is an empty one. */
static void
file_read(struct folder *f, const struct folder_message *m, int which)
{
	struct buf *out = &f->octets[which];
	bool tail = which == FOLDER_SAYS;
	char path[FOLDER_PATH];
	off_t from = (off_t)m->stamp[which].size - FOLDER_SAID;
	int fd;

	buf_reset(out);
	if (m->stamp[which].inode == 0)
		return;
	folder_path(f, m->id, which, path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (folder_cannot(errno))
			f->failed = errno;
		return;
	}
	if (spare_reached(fd)) { /* it can wait */
		f->failed = EMFILE;
	} else if (!tail || from <= 0) {
		file_fill(fd, out, f->spool->most);
	} else if (lseek(fd, from, SEEK_SET) == from) {
		file_fill(fd, out, FOLDER_SAID);
		if (out->n > 0)
			file_cut(out);
	}
	close(fd);
}

static void
on_folder_found(void *ctx, const struct plugin_queued *found)
{
	struct folder_message *m = ctx;
	struct folder_to to = { mem_str(found->recipient), found->answered,
		found->put_off };

	m->came = found->came;
	m->deferred = found->deferred;
	m->frozen = found->frozen;
	vec_push(&m->to, to);
}

/* What is not whole is read again the next time. */
static void
message_read(struct folder *f, struct folder_message *m)
{
	struct plugin_message message = { .id = m->id };
	struct plugin_text *const text[FOLDER_FILES] = {
		[FOLDER_OWN] = &message.own,
		[FOLDER_DONE] = &message.done,
		[FOLDER_SAYS] = &message.said,
	};

	message_clear(m);
	for (int i = 0; i < FOLDER_FILES; i++) {
		file_read(f, m, i);
		text[i]->p = (const char *)f->octets[i].p;
		text[i]->n = f->octets[i].n;
	}
	if (f->spool->read(&message, on_folder_found, m) != RC_OK)
		memset(m->stamp, 0, sizeof(m->stamp));
}

static void
message_tell(const struct folder *f, const struct folder_message *m)
{
	struct plugin_queued one = { .id = m->id,
		.came = m->came,
		.deferred = m->deferred,
		.frozen = m->frozen };

	for (size_t i = 0; i < m->to.n; i++) {
		one.recipient = m->to.v[i].recipient;
		one.answered = m->to.v[i].answered;
		one.put_off = m->to.v[i].put_off;
		f->job.found(f->job.ctx, &one);
	}
}

/* True if files were read for it. */
static bool
folder_message(struct folder *f, const char *id)
{
	struct folder_message *m = message_get(f, id);
	bool changed = message_changed(f, m);

	f->seen++;
	m->round = f->round;
	if (changed)
		message_read(f, m);
	message_tell(f, m);
	return changed;
}

/* What was not seen is there no more. */
static void
folder_forget(struct folder *f)
{
	struct tree_node *next;

	for (struct tree_node *node = tree_first(&f->messages); node != NULL;
	     node = next) {
		struct folder_message *m =
		    tree_entry(node, struct folder_message, node);

		next = tree_next(node);
		if (m->round != f->round)
			message_free(f, m);
	}
}

static void
folder_close(struct folder *f)
{
	if (f->dir != NULL)
		closedir(f->dir);
	f->dir = NULL;
}

static void
folder_end(struct folder *f, const char *why)
{
	struct folder_job job = f->job;

	folder_stop(f);
	if (why == NULL)
		folder_forget(f);
	job.done(job.ctx, why);
}

/* Opens the folder itself, or the one of the letter. */
static bool
folder_open(struct folder *f)
{
	char path[FOLDER_PATH];
	int fd;

	folder_path(f, "", FOLDER_OWN, path);
	path[strlen(path) - 2] = '\0';
	fd = open(path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (spare_reached(fd)) {
		close(fd);
		errno = EMFILE;
		return false;
	}
	f->dir = fdopendir(fd);
	CHECK(f->dir != NULL);
	return true;
}

/* The next of the folders below; false: all were read. */
static bool
folder_next(struct folder *f)
{
	folder_close(f);
	while (f->below.n > 0) {
		f->letter = f->below.v[--f->below.n];
		if (folder_open(f))
			return true;
		if (folder_cannot(errno)) {
			f->failed = errno;
			return false;
		}
	}
	return false;
}

static void
folder_wait(struct folder *f)
{
	struct timeval at_once = { 0, 0 };

	CHECK(evtimer_add(f->slice, &at_once) == 0);
}

static void
on_folder_slice(evutil_socket_t fd, short what, void *arg)
{
	struct folder *f = arg;
	size_t looked = 0, got = 0;

	(void)fd;
	(void)what;
	while (looked++ < FOLDER_LOOK && got < FOLDER_READ && f->failed == 0 &&
	       f->seen < FOLDER_MOST) {
		const struct dirent *entry = readdir(f->dir);
		char id[PLUGIN_ID];
		enum plugin_file file;

		if (entry == NULL) {
			if (folder_next(f))
				continue;
			folder_end(
			    f, f->failed == 0 ? NULL : strerror(f->failed));
			return;
		}
		file = f->spool->file(entry->d_name, id);
		if (file == PLUGIN_FILE_FOLDER && f->letter == '\0')
			vec_push(&f->below, entry->d_name[0]);
		else if (file == PLUGIN_FILE_MESSAGE)
			got += folder_message(f, id);
	}
	if (f->failed != 0 || f->seen >= FOLDER_MOST)
		folder_end(f, f->failed == 0 ? NULL : strerror(f->failed));
	else
		folder_wait(f);
}

struct folder *
folder_new(struct event_base *base, const struct plugin_spool *spool)
{
	struct folder *f = mem_new(sizeof(*f), 0, 0);

	f->spool = spool;
	f->slice = evtimer_new(base, on_folder_slice, f);
	CHECK(f->slice != NULL);
	return f;
}

bool
folder_read(struct folder *f, const struct folder_job *job)
{
	folder_stop(f);
	f->job = *job;
	mem_free(f->directory);
	f->directory = mem_str(job->directory);
	f->letter = '\0';
	f->seen = 0;
	f->failed = 0;
	f->round++;
	if (!folder_open(f))
		return false;
	folder_wait(f);
	return true;
}

void
folder_stop(struct folder *f)
{
	evtimer_del(f->slice);
	folder_close(f);
	vec_done(&f->below);
}

void
folder_free(struct folder *f)
{
	struct tree_node *node;

	if (f == NULL)
		return;
	folder_stop(f);
	event_free(f->slice);
	while ((node = tree_first(&f->messages)) != NULL)
		message_free(f, tree_entry(node, struct folder_message, node));
	for (int i = 0; i < FOLDER_FILES; i++)
		buf_done(&f->octets[i]);
	mem_free(f->directory);
	mem_free(f);
}
