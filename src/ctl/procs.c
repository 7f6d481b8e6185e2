#include "ctl/procs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"

#define TEXT_MAX (1u << 20)
#define LISTENS "0A"

/* A file of a process; false: it is gone, or not ours to read. */
static bool
proc_load(pid_t pid, const char *name, struct buf *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	return file_load(path, TEXT_MAX, out) == RC_OK;
}

static bool
is_below_us(pid_t pid)
{
	struct stat ours, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/root", (long)pid);
	return stat("/", &ours) == 0 && stat(path, &its) == 0 &&
	       ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

void
procs_each(
    bool (*each)(void *ctx, pid_t pid, const struct buf *args), void *ctx)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	bool more = true;

	while (proc != NULL && more && (d = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)atol(d->d_name);
		struct buf args = { 0 };

		if (pid > 0 && is_below_us(pid) &&
		    proc_load(pid, "cmdline", &args) && args.n > 0) {
			buf_u8(&args, 0);
			more = each(ctx, pid, &args);
		}
		buf_done(&args);
	}
	if (proc != NULL)
		closedir(proc);
}

bool
procs_has(const struct buf *args, const char *text, bool whole)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < args->n;) {
		const char *is = (const char *)args->p + i;

		if (strncmp(is, text, n) == 0 && (!whole || is[n] == '\0'))
			return true;
		i += strlen(is) + 1;
	}
	return false;
}

/* The number behind `name` at the beginning of a line. */
static int64_t
number_in(struct buf *text, const char *name)
{
	char *all = buf_string(text), *at = strstr(all, name);
	int64_t n = at == NULL ? 0 : strtoll(at + strlen(name), NULL, 10);

	mem_free(all);
	return n;
}

/* Field 22 of its stat, in ticks since the boot: behind a name that may have
 * anything in it. */
int64_t
procs_began(pid_t pid)
{
	struct buf b = { 0 };
	unsigned long long ticks = 0;
	int64_t boot;
	char *text, *at;

	if (!proc_load(pid, "stat", &b))
		return 0;
	text = buf_string(&b);
	at = strrchr(text, ')');
	for (int i = 0; at != NULL && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (at != NULL)
		ticks = strtoull(at, NULL, 10);
	mem_free(text);
	if (file_load("/proc/stat", TEXT_MAX, &b) != RC_OK)
		return 0;
	boot = number_in(&b, "\nbtime ");
	return boot == 0 ? 0
	                 : boot + (int64_t)(ticks / (unsigned long long)sysconf(
							_SC_CLK_TCK));
}

bool
procs_in_group(pid_t pid, gid_t group)
{
	struct buf b = { 0 };
	char *text, *at, *end;
	bool is = false;

	if (!proc_load(pid, "status", &b))
		return true;
	text = buf_string(&b);
	at = strstr(text, "\nGroups:");
	at = at == NULL ? text + strlen(text) : at + strlen("\nGroups:");
	while (*at != '\n' && !is) {
		unsigned long gid = strtoul(at, &end, 10);

		if (end == at)
			break;
		is = gid == group;
		at = end;
		at += strspn(at, " \t");
	}
	mem_free(text);
	return is;
}

/* --- who listens ---------------------------------------------------------------- */

/* The inode of a socket that listens at the port; 0. */
static unsigned long
socket_of(const char *table, uint16_t port)
{
	FILE *f = fopen(table, "re");
	char line[512], state[3];
	unsigned at;
	unsigned long inode = 0;

	while (f != NULL && inode == 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line,
			"%*d: %*[0-9A-F]:%x %*s %2s %*s %*s %*s %*s %*s %lu",
			&at, state, &inode) != 3 ||
		    at != port || strcmp(state, LISTENS) != 0)
			inode = 0;
	if (f != NULL)
		fclose(f);
	return inode;
}

struct holder {
	char socket[64]; /* "socket:[INODE]" */
	char *name;
};

static bool
holds_socket(pid_t pid, const char *socket)
{
	char path[64], link[512], is[64];
	struct dirent *d;
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	fds = opendir(path);
	while (fds != NULL && !found && (d = readdir(fds)) != NULL) {
		ssize_t n;

		snprintf(link, sizeof(link), "%s/%s", path, d->d_name);
		n = readlink(link, is, sizeof(is) - 1);
		is[n < 0 ? 0 : n] = '\0';
		found = strcmp(is, socket) == 0;
	}
	if (fds != NULL)
		closedir(fds);
	return found;
}

static bool
on_process(void *ctx, pid_t pid, const struct buf *args)
{
	struct holder *h = ctx;
	struct buf b = { 0 };
	char *name;

	(void)args;
	if (!holds_socket(pid, h->socket) || !proc_load(pid, "comm", &b))
		return true;
	name = buf_string(&b);
	snprintf(h->name, PROCS_NAME, "%.*s", (int)strcspn(name, "\n"), name);
	mem_free(name);
	return false;
}

bool
procs_listener(uint16_t port, char out[PROCS_NAME])
{
	struct holder h = { .name = out };
	unsigned long inode = socket_of("/proc/net/tcp", port);

	if (inode == 0)
		inode = socket_of("/proc/net/tcp6", port);
	out[0] = '\0';
	if (inode == 0)
		return false;
	snprintf(h.socket, sizeof(h.socket), "socket:[%lu]", inode);
	procs_each(on_process, &h);
	return out[0] != '\0';
}
