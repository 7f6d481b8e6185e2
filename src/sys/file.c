#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/mem.h"
#include "base/rc.h"

int
file_put(int fd, const void *octets, size_t n)
{
	const char *p = octets;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return RC_IO;
		p += done;
		n -= (size_t)done;
	}
	return RC_OK;
}

int
file_take(int fd, size_t most, struct buf *out)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RC_IO;
		if ((size_t)n > most - out->n)
			return RC_LONG;
		buf_bytes(out, chunk, (size_t)n);
	}
	return RC_OK;
}

const char *
file_reason(int error)
{
	switch (error) {
	case ENOSPC:
		return "no space left on the disk";
	case EDQUOT:
		return "the quota is used up";
	case EROFS:
		return "the disk is mounted read-only";
	case EACCES:
	case EPERM:
		return "not permitted";
	case ENOENT:
	case ENOTDIR:
		return "its folder is missing";
	default:
		return "the system refuses it";
	}
}

void
file_close(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

int
file_load(const char *path, size_t most, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return errno == ENOENT ? RC_NONE : RC_IO;
	rc = file_take(fd, most, out);
	file_close(fd);
	return rc;
}

int
file_load_regular(const char *path, size_t most, struct buf *out)
{
	/* O_NONBLOCK: else open() itself waits for a FIFO's other end. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? RC_NONE : RC_IO;
	if (fstat(fd, &st) != 0)
		rc = RC_IO;
	else
		rc = S_ISREG(st.st_mode) ? file_take(fd, most, out) : RC_STATE;
	file_close(fd);
	return rc;
}

/* To a file of this name that nobody else has made. */
static int
file_fresh(const char *path, const void *octets, size_t n)
{
	int fd, rc;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return RC_IO;
	rc = file_put(fd, octets, n);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	file_close(fd);
	return rc;
}

int
file_replace(const char *path, const void *octets, size_t n)
{
	struct buf name = { 0 };
	struct stat st;
	char *fresh;
	int rc, error;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return RC_STATE;
	buf_printf(&name, "%s.new", path);
	fresh = buf_string(&name);
	rc = file_fresh(fresh, octets, n);
	if (rc == RC_OK && rename(fresh, path) != 0)
		rc = RC_IO;
	if (rc != RC_OK) {
		error = errno;
		unlink(fresh);
		errno = error;
	}
	mem_free(fresh);
	return rc;
}

int
file_sync_name(const char *path)
{
	char *folder = mem_str(path);
	int fd, rc;

	*strrchr(folder, '/') = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mem_free(folder);
	if (fd < 0)
		return RC_IO;
	rc = fsync(fd) == 0 ? RC_OK : RC_IO;
	file_close(fd);
	return rc;
}
