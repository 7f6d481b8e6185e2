#include "daemon/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/rc.h"
#include "sys/sandbox.h"
#include "sys/sock.h"

static bool
is_any(const struct addr *addr)
{
	for (size_t i = 0; i < (addr->family == 4 ? 4 : 16); i++)
		if (addr->ip[i] != 0)
			return false;
	return true;
}

/* A socket at [::] may listen for IPv4, too: the system's default. */
static bool
listens_at(int fd, const struct addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	struct addr at;
	int six_only = 1;

	if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0)
		return false;
	at = sock_addr((struct sockaddr *)&sa);
	if (addr_equal(&at, addr))
		return true;
	if (at.port != addr->port || at.family == 0 || !is_any(&at))
		return false;
	n = sizeof(six_only);
	if (at.family == 6)
		(void)getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &six_only, &n);
	return at.family == addr->family || !six_only;
}

int
priv_bind(const struct conf *conf, struct priv_sockets *sockets,
    const struct addr **failed)
{
	size_t inherited = sockets->n;

	*failed = NULL;
	for (size_t i = 0; i < conf->nlisten; i++) {
		const struct addr *addr = &conf->listen[i];
		size_t k = 0;
		int fd;

		while (k < inherited && !listens_at(sockets->fd[k], addr))
			k++;
		if (k < inherited)
			continue;
		*failed = addr;
		if (sockets->n == PRIV_SOCKETS)
			return RC_LIMIT;
		fd = sock_listen(addr);
		if (fd < 0)
			return RC_IO;
		sockets->fd[sockets->n++] = fd;
	}
	return RC_OK;
}

/* /run/lsrd of /run/lsrd/control; false when there is no such part. */
static bool
parent_of(const char *path, char *out, size_t room)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path || (size_t)(slash - path) >= room)
		return false;
	memcpy(out, path, (size_t)(slash - path));
	out[slash - path] = '\0';
	return true;
}

/* True if nobody but root can put something else in the place of `path`. */
static bool
is_in_roots(const char *path)
{
	char parent[4096];
	struct stat st;

	return parent_of(path, parent, sizeof(parent)) &&
	       lstat(parent, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == 0 && (st.st_mode & 022) == 0;
}

/*
 * Made where it is missing. What is in somebody else's folder is not root's
 * to make: it is left until we are `pw` (priv.h).
 */
static int
folder(const char *path, mode_t mode, const struct passwd *pw)
{
	bool root = geteuid() == 0 && pw != NULL && pw->pw_uid != 0;
	struct stat st;
	int fd, rc;

	if (root && !is_in_roots(path))
		return 0;
	if (mkdir(path, mode) != 0)
		return errno == EEXIST ? 0 : -1;
	if (!root)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	rc = fstat(fd, &st) != 0 || fchown(fd, pw->pw_uid, pw->pw_gid) != 0 ? -1
	                                                                    : 0;
	close(fd);
	return rc;
}

/*
 * Where the milter reads its table: its group may, nobody else, whoever made
 * the folder. Files get their group from it (publish/mtable_file.c), by the bit
 * or, where a sandbox forbids that, by what writes them. A failure is none of
 * ours: then nobody reads a table there, and the milter says so.
 */
static void
milter_folder(const struct conf *conf, const struct passwd *pw)
{
	const struct group *group = getgrnam("lsrd-mark");
	char path[4096];
	struct stat st;
	int fd;
	int n =
	    snprintf(path, sizeof(path), "%s/milter", conf->state_directory);

	if (n < 0 || (size_t)n >= sizeof(path) || folder(path, 0750, pw) != 0)
		return;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && group != NULL &&
	    (st.st_gid != group->gr_gid || (st.st_mode & 07777) != 02750) &&
	    fchown(fd, (uid_t)-1, group->gr_gid) == 0 && fchmod(fd, 02750) != 0)
		(void)fchmod(fd, 0750);
	close(fd);
}

int
priv_folders(const struct conf *conf, const char **failed)
{
	static char parent[4096];
	const struct passwd *pw = getpwnam(conf->user);

	*failed = conf->state_directory;
	if (folder(conf->state_directory, 0755, pw) != 0)
		return RC_IO;
	milter_folder(conf, pw);
	*failed = conf->table_directory;
	if (folder(conf->table_directory, 0755, pw) != 0)
		return RC_IO;
	*failed = conf->exim_tables;
	if (*failed != NULL && folder(*failed, 0755, pw) != 0)
		return RC_IO;
	*failed = parent;
	if (parent_of(conf->control_socket, parent, sizeof(parent)) &&
	    folder(parent, 0755, pw) != 0)
		return RC_IO;
	return RC_OK;
}

int
priv_drop(const char *user, bool lab)
{
	int rc = sandbox_drop(user);

	return rc == RC_STATE && lab ? RC_OK : rc;
}
