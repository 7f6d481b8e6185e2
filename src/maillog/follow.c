#include "maillog/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

/* The name of today's file. */
static void
name_of_today(struct follow *f)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };
	char name[FOLLOW_PATH], date[16];
	size_t n = 0;

	localtime_r(&now, &tm);
	for (const char *p = f->path; *p != '\0' && n + 16 < sizeof(name);
	     p++) {
		if (p[0] != '%' || (p[1] != 'D' && p[1] != 'M')) {
			name[n++] = *p;
			continue;
		}
		strftime(
		    date, sizeof(date), p[1] == 'D' ? "%Y%m%d" : "%Y%m", &tm);
		memcpy(name + n, date, strlen(date));
		n += strlen(date);
		p++;
	}
	name[n] = '\0';
	memcpy(f->today, name, n + 1);
}

static void
file_open(struct follow *f, int whence)
{
	struct stat st;

	f->fd = open(f->today, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return;
	if (fstat(f->fd, &st) != 0 || lseek(f->fd, 0, whence) < 0) {
		close(f->fd);
		f->fd = -1;
		return;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->n = 0;
	f->skipping = false;
}

void
follow_begin(struct follow *f, const char *path)
{
	memset(f, 0, sizeof(*f));
	f->path = path;
	f->fd = STDIN_FILENO;
	if (path == NULL)
		return;
	name_of_today(f);
	file_open(f, SEEK_END);
}

/* Another file bears the name, or this one was cut short. */
static bool
is_turned_over(struct follow *f)
{
	struct stat st;

	name_of_today(f);
	if (stat(f->today, &st) != 0)
		return false; /* the new one comes soon */
	if (st.st_dev != f->dev || st.st_ino != f->ino)
		return true;
	return st.st_size < lseek(f->fd, 0, SEEK_CUR);
}

/* At the end of the file: what has become of it? */
static void
at_end(struct follow *f)
{
	poll(NULL, 0, FOLLOW_WAIT_MS);
	if (f->fd >= 0 && is_turned_over(f)) {
		close(f->fd);
		f->fd = -1;
	}
	if (f->fd < 0) {
		name_of_today(f);
		file_open(f, SEEK_SET);
	}
}

static void
split(struct follow *f, void (*line)(void *ctx, const char *line, size_t n),
    void *ctx)
{
	size_t start = 0;
	const char *end;

	while ((end = memchr(f->line + start, '\n', f->n - start)) != NULL) {
		if (!f->skipping)
			line(ctx, f->line + start,
			    (size_t)(end - f->line) - start);
		f->skipping = false;
		start = (size_t)(end - f->line) + 1;
	}
	f->n -= start;
	memmove(f->line, f->line + start, f->n);
	if (f->n == sizeof(f->line)) {
		f->skipping = true;
		f->n = 0;
	}
}

bool
follow_read(struct follow *f,
    void (*line)(void *ctx, const char *line, size_t n), void *ctx)
{
	struct pollfd ready = { .fd = f->fd, .events = POLLIN };
	ssize_t n;

	if (f->path == NULL && poll(&ready, 1, FOLLOW_WAIT_MS) <= 0)
		return true;
	n = f->fd < 0 ? 0 : read(f->fd, f->line + f->n, sizeof(f->line) - f->n);
	if (n > 0) {
		f->n += (size_t)n;
		split(f, line, ctx);
	} else if (f->path != NULL) {
		at_end(f);
	} else {
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	}
	return true;
}

void
follow_end(struct follow *f)
{
	if (f->path != NULL && f->fd >= 0)
		close(f->fd);
}
