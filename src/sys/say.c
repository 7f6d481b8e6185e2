#include "sys/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
say_open(struct say *say, const char *ident, bool to_stderr)
{
	memset(say, 0, sizeof(*say));
	say->journald.fd = -1;
	say->to_stderr = to_stderr;
	say->most = LOG_DEBUG;
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
	else
		journald_open(&say->journald, ident);
}

static void
say_put(struct say *say, int priority, const char *line)
{
	if (priority > say->most)
		return;
	if (!say->to_stderr)
		syslog(priority, "%s", line);
	else if (journald_put(&say->journald, priority, NULL, line))
		return;
	else if (isatty(2))
		fprintf(stderr, "%s\n", line);
	else
		fprintf(stderr, "<%d>%s\n", priority, line);
}

void
say_end(struct say *say)
{
	journald_close(&say->journald);
}

void
say_line(struct say *say, int priority, const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	say_put(say, priority, line);
}

void
say_text(
    const char *ident, int priority, const char *word, const char *fmt, ...)
{
	struct journald journald;
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!journald_open(&journald, ident) ||
	    !journald_put(&journald, priority, word, text))
		fprintf(stderr, "%s: %s\n", ident, text);
	journald_close(&journald);
}

bool
say_allows(struct say *say, struct mono now, uint32_t *left_out)
{
	if (mono_due(say->window, now)) {
		say->window = mono_after(now, SAY_WINDOW_MS);
		say->lines = 0;
	}
	if (++say->lines > SAY_LINES) {
		say->left_out++;
		return false;
	}
	*left_out = say->left_out;
	say->left_out = 0;
	return true;
}

void
say_limited(
    struct say *say, int priority, struct mono now, const char *fmt, ...)
{
	char line[512];
	uint32_t left_out;
	size_t n;
	va_list args;

	if (!say_allows(say, now, &left_out))
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	n = strlen(line);
	if (left_out > 0)
		snprintf(line + n, sizeof(line) - n, ", left-out=%u",
		    (unsigned)left_out);
	say_put(say, priority, line);
}
