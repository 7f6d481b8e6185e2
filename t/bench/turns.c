/*
 * turns.c - how long the loop of a program stays away from epoll_wait(2), which
 * is how late its keep-alives may be: preloaded, it writes the longest turns so
 * far to the file that LSRD_TURNS names, whenever there is a longer one.
 *
 *     worst=MS cpu=MS
 *
 * `worst` is by the clock, and also of whoever else has the processor; `cpu`
 * is what the loop's own thread used in one turn. Those of a start are none:
 * nothing is counted before the file that LSRD_TURNS_FROM names is there. Of the
 * programs that inherit it only lsrd is looked at.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>

typedef int waits(int fd, struct epoll_event *events, int max, int timeout);

static double
ms_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
turn_write(double worst, double cpu)
{
	FILE *f = fopen(getenv("LSRD_TURNS"), "w");

	if (f == NULL)
		return;
	fprintf(f, "worst=%.0f cpu=%.0f\n", worst, cpu);
	fclose(f);
}

/* The turn that ends here: its end is the next wait's begin. */
static void
turn_end(double clock, double cpu)
{
	static double worst, worst_cpu;
	const char *from = getenv("LSRD_TURNS_FROM");
	double wall = ms_of(CLOCK_MONOTONIC) - clock;
	double used = ms_of(CLOCK_THREAD_CPUTIME_ID) - cpu;

	if (clock == 0 || (from != NULL && access(from, F_OK) != 0))
		return;
	if (wall < worst + 1 && used < worst_cpu + 1)
		return;
	worst = wall > worst ? wall : worst;
	worst_cpu = used > worst_cpu ? used : worst_cpu;
	turn_write(worst, worst_cpu);
}

int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	static waits *real;
	static double clock, cpu;
	int n;

	if (real == NULL)
		real = (waits *)(uintptr_t)dlsym(RTLD_NEXT, "epoll_wait");
	if (strcmp(program_invocation_short_name, "lsrd") == 0)
		turn_end(clock, cpu);
	n = real(fd, events, max, timeout);
	clock = ms_of(CLOCK_MONOTONIC);
	cpu = ms_of(CLOCK_THREAD_CPUTIME_ID);
	return n;
}
