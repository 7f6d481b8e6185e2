#include "io/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/rc.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TAKEN 65536

void
history_file_init(struct history_file *file, const char *dir, uint64_t most)
{
	*file = (struct history_file){ .dir = dir, .most = most, .fd = -1 };
}

void
history_file_done(struct history_file *file)
{
	if (file->fd >= 0)
		file_close(file->fd);
	file->fd = -1;
}

/* A line that was torn is ended: what follows is whole. */
static int
end_torn(struct history_file *file)
{
	char last = '\n';

	if (file->octets > 0 &&
	    pread(file->fd, &last, 1, (off_t)file->octets - 1) != 1)
		return RC_IO;
	if (last == '\n')
		return RC_OK;
	file->octets++;
	return file_put(file->fd, "\n", 1);
}

/* For our group, who may ask what the daemon knows, too. */
static int
history_file_open(struct history_file *file, int dirfd)
{
	struct stat st;

	file->fd = openat(dirfd, HISTORY_NAME,
	    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (file->fd < 0)
		return RC_IO;
	if (fchmod(file->fd, 0640) == 0 && fstat(file->fd, &st) == 0) {
		file->octets = (uint64_t)st.st_size;
		if (end_torn(file) == RC_OK)
			return RC_OK;
	}
	history_file_done(file);
	return RC_IO;
}

/* Somebody took it away, or put another in its place. */
static bool
is_gone(const struct history_file *file, int dirfd)
{
	struct stat ours, there;

	return fstat(file->fd, &ours) != 0 ||
	       fstatat(dirfd, HISTORY_NAME, &there, AT_SYMLINK_NOFOLLOW) != 0 ||
	       ours.st_ino != there.st_ino || ours.st_dev != there.st_dev;
}

static int
open_with_room(struct history_file *file, int dirfd, size_t n)
{
	int rc = RC_OK;

	if (file->fd >= 0 && is_gone(file, dirfd))
		history_file_done(file);
	if (file->fd < 0)
		rc = history_file_open(file, dirfd);
	if (rc != RC_OK || file->octets == 0 ||
	    file->octets + n <= file->most / 2)
		return rc;
	if (renameat(dirfd, HISTORY_NAME, dirfd, HISTORY_BEFORE) != 0)
		return RC_IO;
	history_file_done(file);
	return history_file_open(file, dirfd);
}

/* All, or none: what of it is there already is cut off again, or else ended
 * when the file is opened anew. */
static int
put_whole(struct history_file *file, const struct buf *all)
{
	int error;

	if (file_put(file->fd, all->p, all->n) == RC_OK) {
		file->octets += all->n;
		return RC_OK;
	}
	error = errno;
	if (ftruncate(file->fd, (off_t)file->octets) != 0)
		history_file_done(file);
	errno = error;
	return RC_IO;
}

static void
lost_put(const struct history_file *file, struct buf *out)
{
	uint64_t ms = clock_wall_ms();

	if (file->lost > 0)
		buf_printf(out,
		    "{\"at\":%" PRIu64 ".%03u,\"kind\":\"lost\","
		    "\"records\":%" PRIu64 "}\n",
		    ms / 1000, (unsigned)(ms % 1000), file->lost);
}

int
history_file_add(struct history_file *file, const char *lines, size_t n)
{
	int dirfd = open(file->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf all = { 0 };
	int rc = RC_IO;

	lost_put(file, &all);
	buf_bytes(&all, lines, n);
	if (dirfd >= 0) {
		rc = open_with_room(file, dirfd, all.n);
		if (rc == RC_OK)
			rc = put_whole(file, &all);
		file_close(dirfd);
	}
	buf_done(&all);
	if (rc == RC_OK) {
		file->lost = 0;
		return 0;
	}
	rc = errno != 0 ? errno : EIO;
	for (size_t i = 0; i < n; i++)
		file->lost += lines[i] == '\n';
	return rc;
}

/* So much of it is whole lines. */
static size_t
lines_end(const struct buf *in)
{
	size_t n = in->n;

	while (n > 0 && in->p[n - 1] != '\n')
		n--;
	return n;
}

/* What is whole is written; returns as history_file_add(). */
static int
lines_write(struct history_file *file, struct buf *in)
{
	size_t whole = lines_end(in);
	int is = history_file_add(file, (const char *)in->p, whole);

	memmove(in->p, in->p + whole, in->n - whole);
	in->n -= whole;
	return is;
}

int
history_file_serve(int fd, const char *dir, uint64_t most)
{
	struct history_file file;
	struct buf in = { 0 };
	uint8_t block[TAKEN], is = 0, said = 0;
	ssize_t n;

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "lsrd-history");
	history_file_init(&file, dir, most);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		buf_bytes(&in, block, n < 0 ? 0 : (size_t)n);
		if (lines_end(&in) > 0)
			is = (uint8_t)lines_write(&file, &in);
		if (is != said && write(fd, &is, 1) == 1)
			said = is;
	}
	buf_done(&in);
	history_file_done(&file);
	return n == 0 ? 0 : 1;
}
