#include "io/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/random.h>

#include "base/check.h"
#include "base/rc.h"
#include "sys/file.h"

#define JOURNAL_VERSION 1
#define JOURNAL_FRESH JOURNAL_NAME ".new"
#define SALT_AT 12

static const char magic[] = "lsrdjrnl";

/* Frames of the whole on their way to the disk. */
struct journal_file {
	struct journal *journal;
	int fd;
	struct buf out;
	int error;
};

/* The head up to its code. */
static void
journal_head_put(const struct journal *journal, struct buf *out)
{
	buf_text(out, magic);
	buf_u32(out, JOURNAL_VERSION);
	buf_bytes(out, journal->salt, sizeof(journal->salt));
}

static void
head_code(const struct journal *journal, uint8_t code[SEAL_CODE])
{
	struct buf head = { 0 };

	journal_head_put(journal, &head);
	seal_code(journal->seal, &head, "", 0, code);
	buf_done(&head);
}

void
journal_put_head(struct journal *journal, struct buf *out)
{
	uint8_t code[SEAL_CODE];

	head_code(journal, code);
	journal_head_put(journal, out);
	buf_bytes(out, code, sizeof(code));
	journal->octets = JOURNAL_HEAD;
}

static void
code_of(const struct journal *journal, const void *octets, size_t n,
    uint8_t code[SEAL_CODE])
{
	struct buf head = { 0 };

	buf_bytes(&head, journal->salt, sizeof(journal->salt));
	buf_u64(&head, journal->octets);
	buf_u32(&head, (uint32_t)n);
	seal_code(journal->seal, &head, octets, n, code);
	buf_done(&head);
}

void
journal_put(
    struct journal *journal, const void *octets, size_t n, struct buf *out)
{
	uint8_t code[SEAL_CODE];

	CHECK(n > 0 && n < UINT32_MAX);
	code_of(journal, octets, n, code);
	buf_u32(out, (uint32_t)n);
	buf_bytes(out, octets, n);
	buf_bytes(out, code, sizeof(code));
	journal->octets += 4 + n + SEAL_CODE;
}

int
journal_get_head(struct journal *journal, struct cur *in)
{
	const uint8_t *word, *salt, *said;
	uint8_t code[SEAL_CODE];
	uint32_t version;

	if (in->left < JOURNAL_HEAD)
		return RC_SHORT;
	word = cur_bytes(in, sizeof(magic) - 1);
	version = cur_u32(in);
	salt = cur_bytes(in, JOURNAL_SALT);
	said = cur_bytes(in, SEAL_CODE);
	if (memcmp(word, magic, sizeof(magic) - 1) != 0)
		return RC_FORMAT;
	if (version != JOURNAL_VERSION)
		return RC_VERSION;
	memcpy(journal->salt, salt, JOURNAL_SALT);
	journal->octets = JOURNAL_HEAD;
	journal->end = 0;
	head_code(journal, code);
	journal->ours = memcmp(code, said, sizeof(code)) == 0;
	return RC_OK;
}

/* The next octets that have the form of a frame. */
static bool
frame_next(struct journal *journal, struct cur *in, struct journal_frame *frame)
{
	struct cur c = *in;
	uint32_t n = cur_u32(&c);
	const uint8_t *octets = cur_bytes(&c, n);
	const uint8_t *said = cur_bytes(&c, SEAL_CODE);
	uint8_t code[SEAL_CODE];

	if (c.bad || n == 0)
		return false;
	if (journal->ours)
		code_of(journal, octets, n, code);
	*frame = (struct journal_frame){ octets, n,
		journal->ours && memcmp(code, said, sizeof(code)) == 0 };
	journal->octets += 4 + (uint64_t)n + SEAL_CODE;
	*in = c;
	return true;
}

/* Whether a frame of ours follows: then this was one, too, and was changed. */
static bool
ours_follows(struct journal *journal, struct cur in)
{
	struct journal next = *journal;
	struct journal_frame frame;

	if (journal->end == 0) {
		journal->end = journal->octets;
		while (frame_next(&next, &in, &frame))
			if (frame.ours)
				journal->end = next.octets;
	}
	return journal->octets < journal->end;
}

bool
journal_get(
    struct journal *journal, struct cur *in, struct journal_frame *frame)
{
	struct cur rest = *in;

	if (!frame_next(journal, &rest, frame))
		return false;
	if (journal->ours && !frame->ours && !ours_follows(journal, rest))
		return false;
	*in = rest;
	return true;
}

static void
file_flush(struct journal_file *file)
{
	if (file->error == 0 &&
	    file_put(file->fd, file->out.p, file->out.n) != RC_OK)
		file->error = errno != 0 ? errno : EIO;
	buf_reset(&file->out);
}

void
journal_file_add(struct journal_file *file, const void *octets, size_t n)
{
	journal_put(file->journal, octets, n, &file->out);
	file_flush(file);
}

static int
whole_put(int fd, struct journal *journal,
    void (*write)(struct journal_file *file, void *ctx), void *ctx)
{
	struct journal_file file = { .journal = journal, .fd = fd };

	journal_put_head(journal, &file.out);
	file_flush(&file);
	write(&file, ctx);
	buf_done(&file.out);
	if (file.error == 0 && fsync(fd) != 0)
		file.error = errno;
	errno = file.error;
	return file.error == 0 ? RC_OK : RC_IO;
}

/* The file of that name in the folder, or -1 with errno. */
static int
open_in(int dirfd, const char *name, int flags)
{
	return openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int
whole_in(int dirfd, struct journal *journal,
    void (*write)(struct journal_file *file, void *ctx), void *ctx)
{
	int fd, rc;

	/* What a power cut left there; where it cannot go, that is why. */
	if (unlinkat(dirfd, JOURNAL_FRESH, 0) != 0 && errno != ENOENT)
		return RC_IO;
	fd = open_in(dirfd, JOURNAL_FRESH, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return RC_IO;
	rc = whole_put(fd, journal, write, ctx);
	file_close(fd);
	if (rc == RC_OK &&
	    renameat(dirfd, JOURNAL_FRESH, dirfd, JOURNAL_NAME) == 0)
		return fsync(dirfd) == 0 ? RC_OK : RC_IO;
	rc = errno;
	(void)unlinkat(dirfd, JOURNAL_FRESH, 0);
	errno = rc;
	return RC_IO;
}

int
journal_write(const char *dir, struct journal *journal,
    void (*write)(struct journal_file *file, void *ctx), void *ctx)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dirfd < 0)
		return RC_IO;
	rc = whole_in(dirfd, journal, write, ctx);
	file_close(dirfd);
	return rc;
}

/* Whether it is the one that we have written. */
static bool
is_it(int fd, const struct journal *journal)
{
	uint8_t salt[JOURNAL_SALT];

	return pread(fd, salt, sizeof(salt), SALT_AT) == sizeof(salt) &&
	       memcmp(salt, journal->salt, sizeof(salt)) == 0 &&
	       lseek(fd, 0, SEEK_END) >= (off_t)journal->octets &&
	       lseek(fd, (off_t)journal->octets, SEEK_SET) >= 0;
}

static void
frames_put(struct journal *journal, const struct buf *frames, struct buf *out)
{
	struct cur in = cur_over(frames->p, frames->n);

	while (in.left > 0) {
		struct cur one = cur_sub(&in, cur_u32(&in));

		journal_put(journal, one.p, one.left, out);
	}
}

/* What a try before has left there is overwritten: by the same octets, and
 * what has come to them since. */
int
journal_append(
    const char *dir, struct journal *journal, const struct buf *frames)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct journal next = *journal;
	struct buf out = { 0 };
	int rc = RC_IO;

	if (dirfd < 0)
		return RC_IO;
	fd = open_in(dirfd, JOURNAL_NAME, O_RDWR);
	file_close(dirfd);
	if (fd < 0)
		return RC_IO;
	if (is_it(fd, journal)) {
		frames_put(&next, frames, &out);
		if (file_put(fd, out.p, out.n) == RC_OK && fdatasync(fd) == 0)
			rc = RC_OK;
	} else {
		errno = ESTALE;
	}
	file_close(fd);
	buf_done(&out);
	if (rc == RC_OK)
		*journal = next;
	return rc;
}
