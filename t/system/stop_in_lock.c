/*
 * stop_in_lock.c - preloaded into lsrd-publish by a test: once the file
 * $STOP_IN_LOCK exists, the process stops itself (SIGSTOP) right after it has
 * got an exclusive lock on a table of Postfix, or is amid the octets of one of
 * Exim, and the file goes. Where $STOP_PARENT names a file, who started it is
 * stopped before, and its pid written there: it kills nobody until it is told to
 * go on. While $SLOW_IN_LOCK exists it waits in the lock instead, as for a slow
 * disk, each time. So a publisher that hangs at the worst place needs no hook in
 * lsrd-publish.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOW_MS 700

int fcntl(int fd, int cmd, ...);
int fcntl64(int fd, int cmd, ...);

static int
is_table(int fd, const char *suffix)
{
	char link[64], path[4096];
	ssize_t n, m = (ssize_t)strlen(suffix);

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	return n > m && memcmp(path + n - m, suffix, (size_t)m) == 0;
}

static void
stop_here(void)
{
	const char *told = getenv("STOP_PARENT");
	FILE *file = told == NULL ? NULL : fopen(told, "w");

	if (file != NULL) {
		kill(getppid(), SIGSTOP);
		fprintf(file, "%d\n", (int)getppid());
		fclose(file);
	}
	raise(SIGSTOP);
}

static void
maybe_stop(int fd, int cmd, const void *arg)
{
	const char *file = getenv("STOP_IN_LOCK");
	const char *slow = getenv("SLOW_IN_LOCK");
	const struct flock *lock = arg;
	struct timespec wait = { .tv_nsec = SLOW_MS * 1000000L };

	if ((cmd != F_OFD_SETLK && cmd != F_OFD_SETLKW) ||
	    lock->l_type != F_WRLCK || file == NULL || !is_table(fd, ".lmdb"))
		return;
	if (unlink(file) == 0)
		stop_here();
	if (slow != NULL && access(slow, F_OK) == 0)
		nanosleep(&wait, NULL);
}

static int
pass(const char *name, int fd, int cmd, void *arg)
{
	union {
		void *symbol;
		int (*function)(int fd, int cmd, ...);
	} real = { .symbol = dlsym(RTLD_NEXT, name) };
	int rc = real.function(fd, cmd, arg);

	if (rc == 0)
		maybe_stop(fd, cmd, arg);
	return rc;
}

int
fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return pass("fcntl", fd, cmd, arg);
}

int
fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return pass("fcntl64", fd, cmd, arg);
}

ssize_t
write(int fd, const void *octets, size_t n)
{
	const char *file = getenv("STOP_IN_LOCK");
	union {
		void *symbol;
		ssize_t (*function)(int fd, const void *octets, size_t n);
	} real = { .symbol = dlsym(RTLD_NEXT, "write") };

	if (file != NULL && is_table(fd, ".cdb.new") &&
	    lseek(fd, 0, SEEK_CUR) > 0 && unlink(file) == 0)
		stop_here();
	return real.function(fd, octets, n);
}
