#include "publish/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"

static char *
path_in(const char *directory, const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s", directory, name);
	return buf_string(&b);
}

static int
set_one(const char *directory)
{
	char *path = path_in(directory, "published");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	int rc = fd >= 0 && fsync(fd) == 0 ? RC_OK : RC_IO;

	if (fd >= 0)
		close(fd);
	mem_free(path);
	return rc;
}

int
owner_publish(const struct owner *owner)
{
	int state = set_one(owner->state);

	return set_one(owner->tables) == RC_OK ? RC_OK : state;
}

static bool
is_there(const char *directory)
{
	char *path = path_in(directory, "published");
	struct stat st;
	/* A file that cannot be looked at counts as there: an empty table
	 * would bounce. */
	bool is = stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);

	mem_free(path);
	return is;
}

bool
owner_published(const struct owner *owner)
{
	return is_there(owner->tables) || is_there(owner->state);
}

int
owner_claim(const struct owner *owner)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = path_in(owner->tables, "owner");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int err;

	mem_free(path);
	if (fd < 0)
		return RC_IO;
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return RC_OK; /* held until the process ends */
	err = errno;
	close(fd);
	errno = err;
	return err == EAGAIN || err == EACCES ? RC_STATE : RC_IO;
}
