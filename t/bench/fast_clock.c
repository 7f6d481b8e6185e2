/*
 * fast_clock.c - preloaded into Postfix by verify-hold: its calendar runs
 * $FAST_CLOCK times as fast from the second $FAST_CLOCK_FROM on, and what it
 * waits for in its event loop comes so much sooner. So hours of verify(8) take
 * minutes. Everything else, such as a pause of smtpd(8), takes its own time.
 */

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double
factor(void)
{
	const char *text = getenv("FAST_CLOCK");

	return text == NULL ? 1 : strtod(text, NULL);
}

static double
fast_now(void)
{
	const char *from = getenv("FAST_CLOCK_FROM");
	struct timespec now;
	double begun;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	begun = from == NULL ? 0 : strtod(from, NULL);
	return begun +
	       ((double)now.tv_sec + (double)now.tv_nsec / 1e9 - begun) *
	           factor();
}

time_t
time(time_t *out)
{
	time_t now = (time_t)fast_now();

	if (out != NULL)
		*out = now;
	return now;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	double now = fast_now();

	(void)zone;
	out->tv_sec = (time_t)now;
	out->tv_usec = (suseconds_t)((now - (double)out->tv_sec) * 1e6);
	return 0;
}

/* As glibc's, by the system call itself: there is no other way round us. */
int
epoll_wait(int fd, struct epoll_event *events, int room, int ms)
{
	if (ms > 0)
		ms = (int)((double)ms / factor()) + 1;
	return (int)syscall(SYS_epoll_pwait, fd, events, room, ms, NULL, 8);
}
