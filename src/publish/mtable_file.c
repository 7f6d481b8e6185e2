#include "publish/mtable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "publish/wire.h"
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

/* What decides where mail goes, and stands in no route. */
static uint64_t
besides_sum(const struct mtable_mta *mta, bool by_name)
{
	struct buf all = { 0 };
	uint64_t sum;

	buf_u8(&all, by_name);
	buf_u8(&all, mta->filters_smtp);
	buf_u8(&all, mta->filters_local);
	buf_u8(&all, mta->copies);
	buf_text(&all, mta->delimiters);
	sum = crc64(all.p, all.n);
	buf_done(&all);
	return sum;
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
	if (mtable_open(&t, file.p, file.n) == RC_OK) {
		mtable_history(&t, &m->past);
		mtable_book_read(&m->book, &t);
		mtable_limits_read(&m->limits, t.net);
		m->besides = besides_sum(&t.mta, t.by_name);
	}
	buf_done(&file);
}

void
mtable_file_done(struct mtable_file *m)
{
	mem_free(m->directory);
	mem_free(m->path);
	for (size_t i = 0; i < MTABLE_PARTS; i++)
		buf_done(&m->annex[i]);
	buf_done(&m->part);
	mtable_book_done(&m->book);
	vec_done(&m->limits.sums);
}

/* A part is whole: it takes the place of the one before. The head says what
 * the others belong to, and comes last. */
static int
part_take(struct mtable_file *m, enum mtable_part part)
{
	struct mtable_annex annex = m->known;
	int rc =
	    mtable_annex_take(&annex, part, cur_over(m->part.p, m->part.n));

	if (rc != RC_OK)
		return rc;
	buf_done(&m->annex[part]);
	m->annex[part] = m->part;
	m->part = (struct buf){ 0 };
	m->known = annex;
	m->net_new |= part == MTABLE_NET;
	m->has &= ~(1u << MTABLE_HEAD);
	m->has |= 1u << part;
	m->due = true;
	return RC_OK;
}

int
mtable_file_take(struct mtable_file *m, struct cur body, bool *all)
{
	enum mtable_part part;
	bool more;
	int rc = wire_get_annex(&body, &part, &more);

	*all = rc == RC_OK && part == MTABLE_HEAD && !more;
	if (rc != RC_OK)
		return rc;
	if (m->part.n + body.left > ANNEX_MAX)
		return RC_LONG;
	buf_bytes(&m->part, body.p, body.left);
	return more ? RC_OK : part_take(m, part);
}

static void
note_routes(struct mtable_file *m, const struct mtable_published *p,
    struct mtable_version version)
{
	mtable_book_mark(&m->book);
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].route != NULL)
			mtable_book_set(&m->book, p->list[i].route, version);
		else
			mtable_book_drop(&m->book, p->list[i].pattern, version);
	if (p->whole)
		mtable_book_sweep(&m->book, version);
}

/* The annex is in force. True: some of the limits before are none any more. */
static bool
limits_went(struct mtable_file *m)
{
	struct mtable_limits next = { 0 };
	bool went;

	if (!m->net_new)
		return false;
	mtable_limits_read(&next, m->known.net);
	went = !mtable_limits_within(&m->limits, &next);
	vec_done(&m->limits.sums);
	m->limits = next;
	m->net_new = false;
	return went;
}

/* Without an annex nobody reads it. Routes are noted all the same: the next one
 * may come with no more than what changes then. */
void
mtable_file_published(struct mtable_file *m, const struct mtable_published *p)
{
	bool known = m->has == MTABLE_ALL &&
	             m->known.version.generation == p->generation;
	struct mtable_version version = { 0, p->generation };
	uint64_t besides;

	if (!known && p->n == 0 && !p->whole)
		return; /* the annex belongs to the batch that follows */
	if (known)
		version = m->known.version;
	note_routes(m, p, version);
	m->by_name = p->setup->by_name;
	snprintf(m->transport, sizeof(m->transport), "%s", p->setup->transport);
	if (!known) {
		m->besides = 0;
		return;
	}
	besides = besides_sum(&m->known.mta, m->by_name);
	/* The epoch was lost with the rest, and begins anew. */
	if (m->past.n > 0 && mtable_order(version, m->past.v[0].version) < 0)
		m->past.n = 0;
	if (limits_went(m) || m->past.n == 0 || besides != m->besides)
		mtable_book_other(&m->book, version);
	m->besides = besides;
	mtable_history_add(&m->past, version, p->wall_ms);
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

int
mtable_file_write(struct mtable_file *m)
{
	struct mtable_writer w = { 0 };
	struct buf file = { 0 };
	int rc, err;

	if (!m->due || m->past.n == 0 || m->has != MTABLE_ALL ||
	    mtable_order(m->known.version, m->past.v[0].version) != 0)
		return RC_OK;
	m->known.transport = m->transport;
	m->known.by_name = m->by_name;
	mtable_book_write(&m->book, m->known.version, &w);
	mtable_end(&w, &m->known, &m->past, &file);
	rc = mtable_file_put(m->directory, m->path, &file);
	err = errno;
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
