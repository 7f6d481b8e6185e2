#include "ctl/listens.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"

#define LISTENS "0A"

/* Words of 32 bits in this machine's order, in hexadecimal. */
static bool
proc_ip_read(const char *hex, struct addr *out)
{
	size_t n = strlen(hex);

	if (n != 8 && n != 32)
		return false;
	for (size_t i = 0; i < n / 8; i++) {
		char word[9] = { 0 };
		uint32_t bits;

		memcpy(word, hex + 8 * i, 8);
		bits = (uint32_t)strtoul(word, NULL, 16);
		memcpy(out->ip + 4 * i, &bits, sizeof(bits));
	}
	out->family = n == 8 ? 4 : 6;
	return true;
}

bool
listens_read(const char *line, struct listens_one *out)
{
	char ip[33], state[3];
	unsigned port;

	*out = (struct listens_one){ 0 };
	if (sscanf(line, "%*d: %32[0-9A-F]:%4x %*s %2s %*s %*s %*s %*s %*s %lu",
		ip, &port, state, &out->inode) != 4 ||
	    strcmp(state, LISTENS) != 0)
		return false;
	out->addr.port = (uint16_t)port;
	return proc_ip_read(ip, &out->addr);
}

bool
listens_beyond(const struct listens_one *one)
{
	return !addr_is_loopback(&one->addr);
}

static void
listens_table(struct listens *l, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		struct listens_one one;

		if (listens_read(line, &one))
			vec_push(&l->list, one);
	}
	if (f != NULL)
		fclose(f);
}

/* Those of its sockets that listen get its name. */
static void
process_look(struct listens *l, pid_t pid, const char *name)
{
	char path[64], link[512], is[64];
	struct dirent *d;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	fds = opendir(path);
	while (fds != NULL && (d = readdir(fds)) != NULL) {
		unsigned long inode;
		ssize_t n;

		snprintf(link, sizeof(link), "%s/%s", path, d->d_name);
		n = readlink(link, is, sizeof(is) - 1);
		is[n < 0 ? 0 : n] = '\0';
		if (sscanf(is, "socket:[%lu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < l->list.n; i++) {
			struct listens_one *one = &l->list.v[i];

			/* of several that share it the first, as a rule */
			if (one->inode != inode ||
			    (one->pid != 0 && one->pid < pid))
				continue;
			one->pid = pid;
			snprintf(one->name, sizeof(one->name), "%s", name);
		}
	}
	if (fds != NULL)
		closedir(fds);
}

static bool
listens_process(void *ctx, pid_t pid, const struct buf *args)
{
	char path[64], *name;
	struct buf b = { 0 };

	(void)args;
	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	if (file_load(path, 256, &b) == RC_OK) {
		name = buf_string(&b);
		name[strcspn(name, "\n")] = '\0';
		process_look(ctx, pid, name);
		mem_free(name);
	}
	buf_done(&b);
	return true;
}

static int
by_port(const void *a, const void *b)
{
	const struct listens_one *x = a, *y = b;

	if (x->addr.port != y->addr.port)
		return x->addr.port < y->addr.port ? -1 : 1;
	return addr_order(&x->addr, &y->addr);
}

void
listens_find(struct listens *out)
{
	*out = (struct listens){ { 0 } };
	listens_table(out, "/proc/net/tcp");
	listens_table(out, "/proc/net/tcp6");
	if (out->list.n > 0)
		procs_each(listens_process, out);
	if (out->list.n > 1)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), by_port);
}

void
listens_done(struct listens *listens)
{
	vec_done(&listens->list);
}
