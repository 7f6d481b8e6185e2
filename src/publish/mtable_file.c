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

#define NEWS_SHARE 64 /* of the table, at most */

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
	struct buf file = { 0 }, more = { 0 };
	struct mtable t, news;

	*m =
	    (struct mtable_file){ .directory = join(state_directory, "/milter"),
		    .path = join(state_directory, "/milter/table") };
	m->news = join(m->path, MTABLE_NEWS);
	mtable_file_read(m->path, &file);
	mtable_file_read(m->news, &more);
	if (mtable_open(&t, file.p, file.n) == RC_OK) {
		(void)mtable_follow(&t, &news, more.p, more.n);
		mtable_history(&t, &m->past);
		mtable_book_read(&m->book, &t);
		mtable_limits_read(&m->limits, t.net);
		m->besides = besides_sum(&t.mta, t.by_name);
	}
	buf_done(&more);
	buf_done(&file);
}

void
mtable_file_done(struct mtable_file *m)
{
	mem_free(m->directory);
	mem_free(m->path);
	mem_free(m->news);
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
	m->besides_due |= part != MTABLE_HEAD;
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

/* Beside its place and into it. RC_NONE: its folder is not there. */
static int
mtable_file_put(const char *directory, const char *path, const struct buf *b)
{
	char *made = join(path, ".new");
	int fd, rc, err;

	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0) {
		rc = errno == ENOENT ? RC_NONE : RC_IO;
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

bool
mtable_file_begin(struct mtable_file *m)
{
	if (!m->due || m->past.n == 0 || m->has != MTABLE_ALL ||
	    mtable_order(m->known.version, m->past.v[0].version) != 0)
		return false;
	m->due = false;
	m->besides_now = m->besides_due;
	m->besides_due = false;
	return true;
}

void
mtable_file_end(
    struct mtable_file *m, int rc, const struct mtable_written *written)
{
	if (rc == RC_OK) {
		m->whole = *written;
		return;
	}
	m->due = true;
	m->besides_due |= m->besides_now;
}

/* The annex, with what the publisher itself knows. */
static struct mtable_annex
annex_whole(const struct mtable_file *m)
{
	struct mtable_annex annex = m->known;

	annex.transport = m->transport;
	annex.by_name = m->by_name;
	return annex;
}

/* The table that news would be of still has its name: somebody may take it
 * away. */
static bool
whole_is_there(const struct mtable_file *m)
{
	uint8_t head[MTABLE_SUM_END];
	int fd = open(m->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		close(fd);
	return n > 0 && mtable_sum(head, (size_t)n) == m->whole.sum;
}

/* What has moved since the table, if news can tell it. */
static bool
news_make(const struct mtable_file *m, struct buf *out)
{
	const struct mtable_version *whole = &m->whole.version;
	struct mtable_annex annex = annex_whole(m);
	struct mtable_writer w = { 0 };

	if (m->whole.sum == 0 || m->besides_now ||
	    mtable_order(annex.version, *whole) < 0 ||
	    mtable_order(m->book.floor, *whole) > 0 || !whole_is_there(m))
		return false;
	mtable_book_news(&m->book, *whole, annex.version, &w);
	mtable_end_news(&w, m->whole.sum, &annex, &m->past, out);
	return out->n <= m->whole.octets / NEWS_SHARE;
}

/* News of the table before it count for nothing from then on. */
static int
whole_write(const struct mtable_file *m, struct mtable_written *out)
{
	struct mtable_annex annex = annex_whole(m);
	struct mtable_writer w = { 0 };
	struct buf file = { 0 };
	int rc, err;

	mtable_book_write(&m->book, annex.version, &w);
	mtable_end(&w, &annex, &m->past, &file);
	rc = mtable_file_put(m->directory, m->path, &file);
	err = errno;
	if (rc == RC_OK) {
		*out = (struct mtable_written){ annex.version,
			mtable_sum(file.p, file.n), file.n };
		unlink(m->news);
	}
	buf_done(&file);
	errno = err;
	return rc;
}

int
mtable_file_write(const struct mtable_file *m, struct mtable_written *out)
{
	struct buf news = { 0 };
	int rc, err;

	*out = m->whole;
	rc = news_make(m, &news) ? mtable_file_put(m->directory, m->news, &news)
	                         : whole_write(m, out);
	err = errno;
	if (rc == RC_NONE) {
		*out = (struct mtable_written){ .sum = 0 };
		rc = RC_OK;
	}
	buf_done(&news);
	errno = err;
	return rc;
}

/* Whether the file is there, and no good; it is none any more then. */
static bool
torn_remove(const char *path, int rc)
{
	return rc != RC_OK && access(path, F_OK) == 0 && unlink(path) == 0;
}

bool
mtable_file_verify(const char *state_directory)
{
	char *path = join(state_directory, "/milter/table");
	char *beside = join(path, MTABLE_NEWS);
	struct buf file = { 0 }, more = { 0 };
	struct mtable t, news;
	bool torn;
	int rc;

	mtable_file_read(beside, &more);
	mtable_file_read(path, &file);
	rc = mtable_open(&t, file.p, file.n);
	torn = torn_remove(path, rc);
	if (rc == RC_OK)
		rc = mtable_follow(&t, &news, more.p, more.n);
	torn_remove(beside, rc);
	buf_done(&more);
	buf_done(&file);
	mem_free(beside);
	mem_free(path);
	return torn;
}
