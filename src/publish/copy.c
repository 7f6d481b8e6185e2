#include "publish/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/crc64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"

#define MAGIC 0x4c535231u /* "LSR1" */
#define GROUP_HEAD 16     /* magic, length, digest */
#define NUMBER_OCTETS 16  /* a generation, its digest */

/* A whole table of a million routes. */
#define FILE_MAX ((size_t)512 << 20)

/* The copy may grow by this, and by as much as the whole table takes. */
#define GROW_MIN ((size_t)256 << 10)

/* Zeros that are put behind a group that comes to the end of the file. */
#define ZEROS ((size_t)64 << 10)

/* Room on the disk is taken only where there is so many times as much. */
#define SCARCE 16

static char *
with_suffix(const char *path, const char *suffix)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s%s", path, suffix);
	return buf_string(&b);
}

void
copy_init(struct copy *copy, const char *directory)
{
	*copy = (struct copy){ .fd = -1 };
	copy->path = with_suffix(directory, "/routes");
}

static void
let_go(struct copy *copy)
{
	if (copy->fd >= 0)
		close(copy->fd);
	copy->fd = -1;
}

void
copy_done(struct copy *copy)
{
	let_go(copy);
	mem_free(copy->path);
	copy->path = NULL;
}

static void
put_group(struct buf *out, const uint8_t *p, size_t n)
{
	buf_u32(out, MAGIC);
	buf_u32(out, (uint32_t)n);
	buf_u64(out, crc64(p, n));
	buf_bytes(out, p, n);
}

static int
write_out(int fd, const struct buf *b)
{
	if (file_put(fd, b->p, b->n) != RC_OK)
		return RC_IO;
	return fdatasync(fd) == 0 ? RC_OK : RC_IO;
}

/* Over what is there: a file of one sector, which takes its room once. */
int
copy_note(const struct copy *copy, uint64_t generation)
{
	char *path = with_suffix(copy->path, ".number");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), rc = RC_IO;
	struct buf b = { 0 };

	mem_free(path);
	buf_u64(&b, generation);
	buf_u64(&b, crc64(b.p, b.n));
	if (fd >= 0) {
		rc = write_out(fd, &b);
		close(fd);
	}
	buf_done(&b);
	return rc;
}

uint64_t
copy_noted(const struct copy *copy)
{
	char *path = with_suffix(copy->path, ".number");
	struct buf b = { 0 };
	uint64_t generation = 0;
	struct cur in;

	if (file_load(path, FILE_MAX, &b) == RC_OK && b.n == NUMBER_OCTETS) {
		in = cur_over(b.p, b.n);
		generation = cur_u64(&in);
		if (cur_u64(&in) != crc64(b.p, 8))
			generation = 0;
	}
	mem_free(path);
	buf_done(&b);
	return generation;
}

/* The new file takes the old one's place, and that one steps aside. */
static int
copy_put_in_place(const char *path, const char *made)
{
	char *before = with_suffix(path, ".before");
	int rc = RC_OK;

	unlink(before);
	if (link(path, before) != 0 && errno != ENOENT)
		rc = RC_IO;
	if (rc == RC_OK && rename(made, path) != 0)
		rc = RC_IO;
	mem_free(before);
	return rc == RC_OK ? file_sync_name(path) : rc;
}

/* A full disk later is no reason to forget what is published: room for what
 * is added until it is written anew. Not of a disk that is nearly full: then
 * the tables need it more. */
static void
copy_reserve(int fd, size_t first)
{
	struct statvfs disk;
	size_t room = first + GROW_MIN + ZEROS;

	if (fstatvfs(fd, &disk) == 0 &&
	    disk.f_bavail > SCARCE * room / disk.f_frsize)
		(void)fallocate(
		    fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)(first + room));
}

static int
make_file(struct copy *copy, const struct buf *group)
{
	char *made = with_suffix(copy->path, ".new");
	int rc = RC_IO;
	int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0)
		rc = write_out(fd, group);
	if (rc == RC_OK) {
		(void)copy_note(copy, copy_noted(copy)); /* takes its room */
		rc = copy_put_in_place(copy->path, made);
	}
	if (rc == RC_OK) {
		copy->fd = fd;
		copy_reserve(fd, group->n);
	} else {
		int err = errno;

		if (fd >= 0)
			close(fd);
		unlink(made);
		errno = err;
	}
	mem_free(made);
	return rc;
}

/* The one before may be given up for the new one, while there is another. */
static bool
drop_before(const struct copy *copy)
{
	char *before = with_suffix(copy->path, ".before");
	struct stat one, other;
	bool dropped = stat(copy->path, &one) == 0 &&
	               stat(before, &other) == 0 &&
	               one.st_ino != other.st_ino && unlink(before) == 0;

	if (!dropped)
		errno = ENOSPC;
	mem_free(before);
	return dropped;
}

int
copy_whole(
    struct copy *copy, const struct got *got, const struct plugin_setup *setup)
{
	struct buf frames = { 0 };
	struct buf group = { 0 };
	int rc;

	let_go(copy);
	wire_put_setup(&frames, setup);
	got_put(got, &frames);
	put_group(&group, frames.p, frames.n);
	rc = make_file(copy, &group);
	if (rc != RC_OK && errno == ENOSPC && drop_before(copy))
		rc = make_file(copy, &group);
	if (rc == RC_OK)
		copy->octets = copy->first = copy->length = group.n;
	buf_done(&frames);
	buf_done(&group);
	return rc;
}

/* Once for many groups. Without room for them the group is as good. */
static void
copy_lengthen(struct copy *copy, size_t end)
{
	uint8_t *zeros = mem_new(ZEROS, 0, 0);

	if (lseek(copy->fd, (off_t)end, SEEK_SET) >= 0 &&
	    file_put(copy->fd, zeros, ZEROS) == RC_OK)
		copy->length = end + ZEROS;
	mem_free(zeros);
}

static int
copy_put(struct copy *copy, const struct buf *group)
{
	size_t end = copy->octets + group->n;

	if (end > copy->length)
		copy_lengthen(copy, end);
	if (lseek(copy->fd, (off_t)copy->octets, SEEK_SET) < 0)
		return RC_IO;
	copy->octets = end;
	return write_out(copy->fd, group);
}

int
copy_add(struct copy *copy, struct cur frames, const struct got *got,
    const struct plugin_setup *setup)
{
	struct buf group = { 0 };
	int rc;

	if (copy->fd < 0 ||
	    copy->octets + frames.left > 2 * copy->first + GROW_MIN)
		return copy_whole(copy, got, setup);
	put_group(&group, frames.p, frames.left);
	rc = copy_put(copy, &group);
	buf_done(&group);
	if (rc != RC_OK) {
		int err = errno;

		let_go(copy); /* half a group: the next one is whole */
		errno = err;
	}
	return rc;
}

/* A difference is from the table before it, or a group is missing. */
static int
begin_batch(struct got *got, const struct wire_batch *batch)
{
	if ((batch->flags & WIRE_WHOLE) != 0)
		got_clear(got);
	else if (batch->since != 0 && batch->since != got->generation)
		return RC_FORMAT;
	return RC_OK;
}

/* The frames of one group into the table. */
static int
take_group(struct got *got, struct plugin_setup *setup, struct cur frames)
{
	struct wire_frame frame;
	struct wire_batch batch;
	bool begun = false;

	while (frames.left > 0) {
		int rc = wire_frame(&frames, &frame);

		if (rc != RC_OK)
			return RC_FORMAT;
		cur_bytes(&frames, frame.octets);
		if (frame.type == WIRE_SETUP) {
			rc = wire_get_setup(frame.body, setup);
		} else {
			rc = wire_get_batch(&frame.body, &batch);
			if (rc == RC_OK && !begun)
				rc = begin_batch(got, &batch);
			begun = true;
			if (rc == RC_OK)
				rc = got_take(got, &batch, frame.body);
		}
		if (rc != RC_OK)
			return RC_FORMAT;
	}
	return RC_OK;
}

/* The next group with its digest, or none. */
static bool
next_group(struct cur *in, struct cur *body)
{
	struct cur c = *in;
	uint32_t magic = cur_u32(&c);
	uint32_t n = cur_u32(&c);
	uint64_t crc = cur_u64(&c);

	if (c.bad || magic != MAGIC || c.left < n)
		return false;
	*body = cur_sub(&c, n);
	if (crc64(body->p, body->left) != crc)
		return false;
	*in = c;
	return true;
}

/* A group that holds, anywhere behind: what is broken is not just the end. */
static bool
goes_on(struct cur in)
{
	struct cur body;

	for (; in.left >= GROUP_HEAD; cur_u8(&in)) {
		struct cur c = in;

		if (next_group(&c, &body))
			return true;
	}
	return false;
}

static int
load_file(const char *path, struct got *got, struct plugin_setup *setup)
{
	struct buf file = { 0 };
	struct cur in, body;
	size_t groups = 0;
	int rc = file_load(path, FILE_MAX, &file);

	in = cur_over(file.p, file.n);
	while (rc == RC_OK && next_group(&in, &body)) {
		rc = take_group(got, setup, body);
		groups++;
	}
	if (rc == RC_OK && (groups == 0 || goes_on(in)))
		rc = RC_DIGEST;
	buf_done(&file);
	return rc;
}

int
copy_load(struct copy *copy, struct got *got, struct plugin_setup *setup)
{
	int rc;

	got_clear(got);
	rc = load_file(copy->path, got, setup);
	if (rc != RC_OK)
		got_clear(got);
	return rc;
}

int
copy_load_before(struct copy *copy, struct got *got, struct plugin_setup *setup)
{
	struct copy before = { .path = with_suffix(copy->path, ".before") };
	int rc = copy_load(&before, got, setup);

	mem_free(before.path);
	return rc;
}

bool
copy_exists(const struct copy *copy)
{
	char *before = with_suffix(copy->path, ".before");
	struct stat st;
	bool is = stat(copy->path, &st) == 0 || stat(before, &st) == 0;

	mem_free(before);
	return is;
}
