#include "ctl/procs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
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

/* Sockets that listen, by their inodes, and who holds one. */
struct listeners {
	uint16_t port; /* of these alone; 0: of any */
	VEC(unsigned long) sockets;
	const char *wanted; /* the name of a holder; NULL: any */
	char name[PROCS_NAME];
};

static void
sockets_of(struct listeners *l, const char *table)
{
	FILE *f = fopen(table, "re");
	char line[512], state[3];
	unsigned long inode;
	unsigned at;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line,
			"%*d: %*[0-9A-F]:%x %*s %2s %*s %*s %*s %*s %*s %lu",
			&at, state, &inode) == 3 &&
		    strcmp(state, LISTENS) == 0 &&
		    (l->port == 0 || at == l->port))
			vec_push(&l->sockets, inode);
	if (f != NULL)
		fclose(f);
}

static bool
is_listener(const struct listeners *l, const char *link)
{
	unsigned long inode;

	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return false;
	for (size_t i = 0; i < l->sockets.n; i++)
		if (l->sockets.v[i] == inode)
			return true;
	return false;
}

static bool
holds_socket(const struct listeners *l, pid_t pid)
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
		found = is_listener(l, is);
	}
	if (fds != NULL)
		closedir(fds);
	return found;
}

static bool
on_process(void *ctx, pid_t pid, const struct buf *args)
{
	struct listeners *l = ctx;
	struct buf b = { 0 };
	char *name;

	(void)args;
	if (!proc_load(pid, "comm", &b))
		return true;
	name = buf_string(&b);
	name[strcspn(name, "\n")] = '\0';
	if ((l->wanted == NULL || strcmp(name, l->wanted) == 0) &&
	    holds_socket(l, pid))
		snprintf(l->name, sizeof(l->name), "%s", name);
	mem_free(name);
	return l->name[0] == '\0';
}

static void
listeners_look(struct listeners *l)
{
	sockets_of(l, "/proc/net/tcp");
	sockets_of(l, "/proc/net/tcp6");
	if (l->sockets.n > 0)
		procs_each(on_process, l);
	vec_done(&l->sockets);
}

bool
procs_listener(uint16_t port, char out[PROCS_NAME])
{
	struct listeners l = { .port = port };

	listeners_look(&l);
	memcpy(out, l.name, sizeof(l.name));
	return out[0] != '\0';
}

bool
procs_listens(const char *name)
{
	struct listeners l = { .wanted = name };

	listeners_look(&l);
	return l.name[0] != '\0';
}
