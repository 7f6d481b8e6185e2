#include "publish/mtable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"

/* 10 000 servers with two keys each, and a net of as many; twenty times. */
#define ANNEX_MAX ((size_t)256 << 20)

/* A table of a million routes. */
#define FILE_MAX ((size_t)512 << 20)

static char *
join(const char *path, const char *more)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s%s", path, more);
	return buf_string(&b);
}

/* The file's octets; none when it cannot be read, or is too long. */
static void
mtable_file_read(const char *path, struct buf *out)
{
	if (file_load(path, FILE_MAX, out) != RC_OK)
		buf_reset(out);
}

void
mtable_file_init(struct mtable_file *m, const char *state_directory)
{
	struct buf file = { 0 };
	struct mtable t;

	*m =
	    (struct mtable_file){ .directory = join(state_directory, "/milter"),
		    .path = join(state_directory, "/milter/table") };
	mtable_file_read(m->path, &file);
	if (mtable_open(&t, file.p, file.n) == RC_OK)
		mtable_history(&t, &m->past);
	buf_done(&file);
}

void
mtable_file_done(struct mtable_file *m)
{
	mem_free(m->directory);
	mem_free(m->path);
	buf_done(&m->annex);
	buf_done(&m->part);
}

int
mtable_file_take(struct mtable_file *m, struct cur body)
{
	struct mtable_annex annex;
	bool more;
	int rc = wire_get_annex(&body, &more);

	if (rc != RC_OK)
		return rc;
	if (m->part.n + body.left > ANNEX_MAX)
		return RC_LONG;
	buf_bytes(&m->part, body.p, body.left);
	if (more)
		return RC_OK;
	rc = mtable_annex_decode(m->part.p, m->part.n, &annex);
	if (rc != RC_OK)
		return rc;
	buf_done(&m->annex);
	m->annex = m->part;
	m->part = (struct buf){ 0 };
	m->known = annex;
	m->due = true;
	return RC_OK;
}

void
mtable_file_published(
    struct mtable_file *m, uint64_t generation, uint64_t wall_ms)
{
	struct mtable_version version = m->known.version;

	if (m->annex.n == 0 || version.generation != generation)
		return;
	/* The epoch was lost with the rest, and begins anew. */
	if (m->past.n > 0 && mtable_order(version, m->past.v[0].version) < 0)
		m->past.n = 0;
	mtable_history_add(&m->past, version, wall_ms);
	m->due = true;
}

/* Its folder's group: the milter reads it, and a folder in a sandbox may lack
 * the bit that gives files its group. */
static void
group_give(int fd, const char *directory)
{
	struct stat st;

	if (stat(directory, &st) == 0)
		(void)!fchown(fd, (uid_t)-1, st.st_gid);
}

/* Beside its place and into it. Where its folder is not there: nothing. */
static int
mtable_file_put(const char *directory, const char *path, const struct buf *b)
{
	char *made = join(path, ".new");
	int fd, rc, err;

	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0) {
		rc = errno == ENOENT ? RC_OK : RC_IO;
		mem_free(made);
		return rc;
	}
	group_give(fd, directory);
	rc = file_put(fd, b->p, b->n);
	if (close(fd) != 0)
		rc = RC_IO;
	if (rc == RC_OK && rename(made, path) != 0)
		rc = RC_IO;
	err = errno;
	if (rc != RC_OK)
		unlink(made);
	mem_free(made);
	errno = err;
	return rc;
}

static int
mtable_file_add(void *ctx, const uint8_t *octets, size_t n)
{
	return mtable_add(ctx, octets, n);
}

int
mtable_file_write(struct mtable_file *m, const struct got *got,
    const struct plugin_setup *setup)
{
	struct mtable_writer w = { 0 };
	struct buf file = { 0 };
	int rc, err;

	if (!m->due || m->past.n == 0 || m->annex.n == 0 ||
	    mtable_order(m->known.version, m->past.v[0].version) != 0)
		return RC_OK;
	m->known.transport = setup->transport;
	m->known.by_name = setup->by_name;
	rc = got_walk(got, mtable_file_add, &w);
	if (rc == RC_OK) {
		mtable_end(&w, &m->known, &m->past, &file);
		rc = mtable_file_put(m->directory, m->path, &file);
	}
	err = errno;
	mtable_writer_done(&w);
	buf_done(&file);
	errno = err;
	if (rc == RC_OK)
		m->due = false;
	return rc;
}

bool
mtable_file_verify(const char *state_directory)
{
	char *path = join(state_directory, "/milter/table");
	struct buf file = { 0 };
	struct mtable t;
	bool bad;

	mtable_file_read(path, &file);
	bad = access(path, F_OK) == 0 &&
	      mtable_open(&t, file.p, file.n) != RC_OK && unlink(path) == 0;
	buf_done(&file);
	mem_free(path);
	return bad;
}
