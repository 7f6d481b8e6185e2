#include "io/local.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/rc.h"

#define LOCAL_BACKLOG 64

/* Is anybody there? If not, what is left of him goes. */
static int
clear_way(const struct sockaddr_un *sun, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (fd < 0)
		return RC_IO;
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	if (rc == 0 || errno == EAGAIN)
		rc = RC_STATE;
	else if (errno == ECONNREFUSED)
		rc = unlink(sun->sun_path) == 0 ? RC_OK : RC_IO;
	else
		rc = errno == ENOENT ? RC_OK : RC_IO;
	close(fd);
	return rc;
}

/* Where there is no such group, or we are not of it, it stays our group's. */
static int
give_to(const char *path, const char *group)
{
	const struct group *g = group == NULL ? NULL : getgrnam(group);

	return g == NULL ? 0 : chown(path, (uid_t)-1, g->gr_gid);
}

static int
socket_at(const struct sockaddr_un *sun, int type, const char *group)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0117);
	int rc;

	rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
	umask(mask);
	if (rc == 0) {
		(void)give_to(sun->sun_path, group);
		if (type == SOCK_STREAM)
			rc = listen(fd, LOCAL_BACKLOG);
	}
	if (rc == 0)
		return fd;
	if (fd >= 0) {
		rc = errno;
		close(fd);
		errno = rc;
	}
	return -1;
}

static int
open_at(const char *path, int type, const char *group, int *fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int rc;

	*fd = -1;
	if (strlen(path) >= sizeof(sun.sun_path))
		return RC_LONG;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	rc = clear_way(&sun, type);
	if (rc != RC_OK)
		return rc;
	*fd = socket_at(&sun, type, group);
	return *fd < 0 ? RC_IO : RC_OK;
}

int
local_listen(const char *path, const char *group, int *fd)
{
	return open_at(path, SOCK_STREAM, group, fd);
}

int
local_datagram(const char *path, const char *group, int *fd)
{
	return open_at(path, SOCK_DGRAM, group, fd);
}
