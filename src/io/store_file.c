#include "io/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/cur.h"
#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"

#define STORE_FILE_VERSION 1
#define STORE_FILE_DIGEST_AT (STORE_FILE_HEAD - CRYPTO_DIGEST)

static const char magic[] = "lsrdsave";

static void
store_file_open(struct buf *out, uint32_t what)
{
	static const uint8_t digest[CRYPTO_DIGEST];

	buf_text(out, magic);
	buf_u32(out, STORE_FILE_VERSION);
	buf_u32(out, what);
	buf_u64(out, 0);
	buf_bytes(out, digest, sizeof(digest));
}

static void
store_file_close(struct buf *out, const struct crypto *crypto)
{
	uint8_t digest[CRYPTO_DIGEST];
	struct buf length = { 0 };

	buf_u64(&length, out->n - STORE_FILE_HEAD);
	memcpy(out->p + STORE_FILE_DIGEST_AT - length.n, length.p, length.n);
	buf_done(&length);
	crypto->digest(crypto->ctx, out->p, out->n, digest);
	memcpy(out->p + STORE_FILE_DIGEST_AT, digest, sizeof(digest));
}

void
store_file_encode(struct buf *out, uint32_t what, const void *octets, size_t n,
    const struct crypto *crypto)
{
	store_file_open(out, what);
	buf_bytes(out, octets, n);
	store_file_close(out, crypto);
}

int
store_file_decode(uint8_t *file, size_t n, uint32_t what,
    const struct crypto *crypto, const uint8_t **inner)
{
	struct cur cur = cur_over(file, n);
	const uint8_t *word = cur_bytes(&cur, sizeof(magic) - 1);
	uint32_t version = cur_u32(&cur);
	uint32_t is = cur_u32(&cur);
	uint64_t length = cur_u64(&cur);
	uint8_t said[CRYPTO_DIGEST], digest[CRYPTO_DIGEST];

	*inner = NULL;
	if (n < STORE_FILE_HEAD)
		return RC_SHORT;
	if (memcmp(word, magic, sizeof(magic) - 1) != 0 || is != what)
		return RC_FORMAT;
	if (version != STORE_FILE_VERSION)
		return RC_VERSION;
	if (length != n - STORE_FILE_HEAD)
		return length > n - STORE_FILE_HEAD ? RC_SHORT : RC_LONG;
	memcpy(said, file + STORE_FILE_DIGEST_AT, sizeof(said));
	memset(file + STORE_FILE_DIGEST_AT, 0, sizeof(said));
	crypto->digest(crypto->ctx, file, n, digest);
	memcpy(file + STORE_FILE_DIGEST_AT, said, sizeof(said));
	if (memcmp(said, digest, sizeof(said)) != 0)
		return RC_DIGEST;
	*inner = file + STORE_FILE_HEAD;
	return RC_OK;
}

/* close() that tells of an error and keeps an earlier one. */
static bool
close_well(int fd, bool well)
{
	int error = errno;

	if (close(fd) != 0 && well)
		return false;
	errno = error;
	return well;
}

/* Nothing is left of what failed, and errno tells what did. */
static int
store_file_give_up(int dirfd, const char *fresh)
{
	int error = errno;

	(void)unlinkat(dirfd, fresh, 0);
	errno = error;
	return RC_IO;
}

static int
write_in(int dirfd, const char *name, const void *octets, size_t n)
{
	char fresh[64];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", name);
	/* What a power cut left there; where it cannot go, that is why. */
	if (unlinkat(dirfd, fresh, 0) != 0 && errno != ENOENT)
		return RC_IO;
	fd = openat(dirfd, fresh,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return RC_IO;
	if (!close_well(
		fd, file_put(fd, octets, n) == RC_OK && fsync(fd) == 0) ||
	    renameat(dirfd, fresh, dirfd, name) != 0)
		return store_file_give_up(dirfd, fresh);
	return fsync(dirfd) == 0 ? RC_OK : RC_IO;
}

int
store_file_write(
    const char *dir, const char *name, const void *octets, size_t n)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dirfd < 0)
		return RC_IO;
	rc = write_in(dirfd, name, octets, n);
	(void)close_well(dirfd, false);
	return rc;
}

static bool
store_file_read_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = read(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static void
store_file_path_of(char *path, size_t room, const char *dir, const char *name)
{
	snprintf(path, room, "%s/%s", dir, name);
}

int
store_file_read(const char *dir, const char *name, uint8_t **octets, size_t *n)
{
	char path[4096];
	struct stat st;
	int fd, rc = RC_OK;

	*octets = NULL;
	*n = 0;
	store_file_path_of(path, sizeof(path), dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? RC_NONE : RC_IO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = RC_IO;
	else if (st.st_size > (off_t)STORE_FILE_MAX)
		rc = RC_LONG;
	if (rc == RC_OK) {
		*n = (size_t)st.st_size;
		*octets = mem_new(0, *n, 1);
		if (!store_file_read_all(fd, *octets, *n))
			rc = RC_IO;
	}
	(void)close_well(fd, false);
	if (rc != RC_OK) {
		mem_free(*octets);
		*octets = NULL;
		*n = 0;
	}
	return rc;
}

void
store_file_aside(const char *dir, const char *name)
{
	char path[4096], bad[4096];

	store_file_path_of(path, sizeof(path), dir, name);
	if ((size_t)snprintf(bad, sizeof(bad), "%s/%s.bad", dir, name) <
	    sizeof(bad))
		(void)rename(path, bad);
}

bool
store_file_is(const char *dir, const char *name)
{
	char path[4096];

	store_file_path_of(path, sizeof(path), dir, name);
	return access(path, F_OK) == 0;
}

int
store_file_drop(const char *dir, const char *name)
{
	char path[4096];

	store_file_path_of(path, sizeof(path), dir, name);
	if (unlink(path) != 0)
		return errno == ENOENT ? RC_OK : RC_IO;
	return file_sync_name(path);
}
