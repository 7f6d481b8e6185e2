#include "plugins/exim/cdb_file.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/tree.h"
#include "sys/file.h"

#define FILE_MODE 0644

/* Room for the next file, besides the octets that this one has. */
#define FILE_RESERVE ((off_t)64 << 10)

/* Of a file whose path is to lead to it. */
struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct cdb_row {
	struct tree_node node;
	char *key, *value;
	bool set; /* since the last mark */
};

struct cdb_file {
	char *path, *made; /* its own, and that of the next one */
	struct tree rows;
	bool behind; /* the file is not as `rows` are */
	struct identity is;
};

static int
cdb_by_key(const void *key, const struct tree_node *node)
{
	return str_order(key, tree_entry(node, struct cdb_row, node)->key);
}

static struct cdb_row *
row_find(const struct cdb_file *file, const char *key)
{
	struct tree_node *node = tree_find(&file->rows, key, cdb_by_key);

	return node == NULL ? NULL : tree_entry(node, struct cdb_row, node);
}

static void
row_put(struct cdb_file *file, char *key, char *value)
{
	struct cdb_row *row = mem_new(sizeof(*row), 0, 0);

	row->key = key;
	row->value = value;
	tree_insert(&file->rows, &row->node, key, cdb_by_key);
}

static void
row_drop(struct cdb_file *file, struct cdb_row *row)
{
	tree_remove(&file->rows, &row->node);
	mem_free(row->key);
	mem_free(row->value);
	mem_free(row);
}

struct cdb_file *
cdb_file_new(const char *path)
{
	struct cdb_file *file = mem_new(sizeof(*file), 0, 0);
	struct buf made = { 0 };

	file->path = mem_str(path);
	buf_printf(&made, "%s.new", path);
	file->made = buf_string(&made);
	file->behind = true;
	return file;
}

void
cdb_file_free(struct cdb_file *file)
{
	struct tree_node *node;

	if (file == NULL)
		return;
	while ((node = tree_first(&file->rows)) != NULL)
		row_drop(file, tree_entry(node, struct cdb_row, node));
	mem_free(file->path);
	mem_free(file->made);
	mem_free(file);
}

/* A text of the file, the caller's; NULL: it is outside, or has a NUL. */
static char *
cdb_text_at(const struct cdb *cdb, unsigned at, unsigned n)
{
	const void *p = cdb_get(cdb, n, at);
	char *text;

	if (p == NULL || memchr(p, '\0', n) != NULL)
		return NULL;
	text = mem_new(1, n, 1);
	memcpy(text, p, n);
	return text;
}

/* What a lookup finds for the key is this value, and nothing else. */
static bool
leads_to(struct cdb *cdb, const char *key, const char *value)
{
	size_t n = strlen(value);
	const void *p;

	if (cdb_find(cdb, key, (unsigned)strlen(key)) <= 0 ||
	    cdb_datalen(cdb) != n)
		return false;
	p = cdb_getdata(cdb);
	return n == 0 || (p != NULL && memcmp(p, value, n) == 0);
}

/* The record that the file stands at. */
static bool
record_take(struct cdb_file *file, struct cdb *cdb)
{
	char *key = cdb_text_at(cdb, cdb_keypos(cdb), cdb_keylen(cdb));
	char *value = cdb_text_at(cdb, cdb_datapos(cdb), cdb_datalen(cdb));

	if (key != NULL && value != NULL && row_find(file, key) == NULL &&
	    leads_to(cdb, key, value)) {
		row_put(file, key, value);
		return true;
	}
	mem_free(key);
	mem_free(value);
	return false;
}

static void
identify(struct cdb_file *file, const struct stat *st)
{
	file->is.device = st->st_dev;
	file->is.inode = st->st_ino;
	file->is.size = st->st_size;
	file->is.changed = st->st_mtim;
}

int
cdb_file_read(struct cdb_file *file, int fd)
{
	unsigned at;
	struct stat st;
	struct cdb cdb;
	int more = 0;

	if (fstat(fd, &st) != 0)
		return RC_IO;
	if (!S_ISREG(st.st_mode) || cdb_init(&cdb, fd) != 0)
		return RC_FORMAT;
	cdb_seqinit(&at, &cdb);
	while ((more = cdb_seqnext(&at, &cdb)) > 0)
		if (!record_take(file, &cdb))
			break;
	cdb_free(&cdb);
	if (more != 0)
		return RC_FORMAT;
	identify(file, &st);
	file->behind = false;
	return RC_OK;
}

int
cdb_file_open(struct cdb_file **out, const char *path)
{
	struct cdb_file *file;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	*out = NULL;
	if (fd < 0)
		return errno == ENOENT ? RC_NONE : RC_IO;
	file = cdb_file_new(path);
	rc = cdb_file_read(file, fd);
	file_close(fd);
	if (rc == RC_OK)
		*out = file;
	else
		cdb_file_free(file);
	return rc;
}

bool
cdb_file_is_ours(struct cdb_file *file)
{
	const struct identity *is = &file->is;
	struct stat st;

	if (is->inode != 0 && stat(file->path, &st) == 0 &&
	    st.st_dev == is->device && st.st_ino == is->inode &&
	    st.st_size == is->size && st.st_mtim.tv_sec == is->changed.tv_sec &&
	    st.st_mtim.tv_nsec == is->changed.tv_nsec)
		return true;
	file->behind = true;
	return false;
}

bool
cdb_file_set(struct cdb_file *file, const char *key, const char *value)
{
	struct cdb_row *row = row_find(file, key);

	if (row == NULL && value == NULL)
		return false;
	if (row != NULL && value != NULL) {
		row->set = true;
		if (strcmp(row->value, value) == 0)
			return false;
		mem_free(row->value);
		row->value = mem_str(value);
	} else if (value == NULL) {
		row_drop(file, row);
	} else {
		row_put(file, mem_str(key), mem_str(value));
		row_find(file, key)->set = true;
	}
	file->behind = true;
	return true;
}

void
cdb_file_mark(struct cdb_file *file)
{
	for (struct tree_node *node = tree_first(&file->rows); node != NULL;
	     node = tree_next(node))
		tree_entry(node, struct cdb_row, node)->set = false;
}

size_t
cdb_file_sweep(struct cdb_file *file)
{
	struct tree_node *node = tree_first(&file->rows), *next;
	size_t n = 0;

	for (; node != NULL; node = next) {
		struct cdb_row *row = tree_entry(node, struct cdb_row, node);

		next = tree_next(node);
		if (row->set)
			continue;
		row_drop(file, row);
		n++;
	}
	file->behind |= n > 0;
	return n;
}

/* What is there and no file of ours alone (a link, a pipe, somebody else's)
 * gives way. */
static int
made_open(const char *path)
{
	int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags, FILE_MODE);
	struct stat st;

	if (fd < 0 && errno != EACCES && errno != EPERM && errno != ELOOP)
		return -1;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1 && st.st_uid == geteuid())
		return fd;
	if (fd >= 0)
		close(fd);
	return unlink(path) == 0 ? open(path, flags | O_EXCL, FILE_MODE) : -1;
}

/* The next file, empty, with its room; what a killed writer left is gone. */
static int
room_open(struct cdb_file *file, off_t octets)
{
	int fd = made_open(file->made);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || fchmod(fd, FILE_MODE) != 0 ||
	    (st.st_size > 0 && ftruncate(fd, 0) != 0)) {
		file_close(fd);
		return -1;
	}
	if (octets > 0 && st.st_blocks * 512 < octets)
		(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, octets);
	return fd;
}

static int
put_rows(const struct cdb_file *file, int fd)
{
	struct cdb_make make;
	int err = 0;

	if (cdb_make_start(&make, fd) != 0)
		return -1;
	for (struct tree_node *node = tree_first(&file->rows);
	     node != NULL && err == 0; node = tree_next(node)) {
		const struct cdb_row *row =
		    tree_entry(node, struct cdb_row, node);

		if (cdb_make_add(&make, row->key, (unsigned)strlen(row->key),
			row->value, (unsigned)strlen(row->value)) != 0)
			err = errno == 0 ? EIO : errno;
	}
	/* It frees what it holds, whatever became of it. */
	if (cdb_make_finish(&make) != 0 && err == 0)
		err = errno == 0 ? EIO : errno;
	errno = err;
	return err == 0 ? 0 : -1;
}

static int
write_next(struct cdb_file *file)
{
	int fd = room_open(file, 0), rc = RC_IO;
	struct stat st;

	if (fd < 0)
		return RC_IO;
	if (put_rows(file, fd) == 0 && fsync(fd) == 0 && fstat(fd, &st) == 0 &&
	    rename(file->made, file->path) == 0)
		rc = file_sync_name(file->path);
	if (rc == RC_OK) {
		identify(file, &st);
	} else {
		int err = errno;

		unlink(file->made); /* what a full disk needs most is room */
		errno = err;
	}
	file_close(fd);
	return rc;
}

int
cdb_file_write(struct cdb_file *file)
{
	int rc, fd;

	if (!file->behind)
		return RC_OK;
	rc = write_next(file);
	if (rc != RC_OK)
		return rc;
	file->behind = false;
	fd = room_open(file, file->is.size + FILE_RESERVE);
	if (fd >= 0)
		close(fd);
	return RC_OK;
}

bool
cdb_file_walk(const struct cdb_file *file,
    bool (*entry)(void *ctx, const char *key, const char *value), void *ctx)
{
	bool more = true;

	for (struct tree_node *node = tree_first(&file->rows);
	     node != NULL && more; node = tree_next(node)) {
		const struct cdb_row *row =
		    tree_entry(node, struct cdb_row, node);

		more = entry(ctx, row->key, row->value);
	}
	return more;
}

size_t
cdb_file_count(const struct cdb_file *file)
{
	return file->rows.n;
}
