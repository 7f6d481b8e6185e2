/*
 * bench_spool.c - what it costs to read Exim's queue, of its files: the first
 * time, and again when nothing has changed. How long the loop is kept from
 * others is the longest slice.
 *
 * usage: bench_spool DIRECTORY   (with `input` in it), or bench_spool -N, for
 * so many messages in a folder of its own
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "io/folder.h"
#include "plugins/exim/spool.h"
#include "t/temp.h"

static size_t found;
static const char *why;
static struct event_base *base;

static double
seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
on_found(void *ctx, const struct plugin_queued *one)
{
	(void)ctx;
	(void)one;
	found++;
}

static void
on_done(void *ctx, const char *text)
{
	bool *done = ctx;

	why = text;
	*done = true;
}

static void
make(const char *dir, int n)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/input", dir);
	mkdir(path, 0700);
	for (int i = 0; i < n; i++) {
		FILE *f;

		snprintf(
		    path, sizeof(path), "%s/input/1xXV3U-%06d-00-H", dir, i);
		f = fopen(path, "w");
		if (f == NULL)
			exit(1);
		fprintf(f,
		    "1xXV3U-%06d-00-H\nDebian-exim 101 103\n<a@ex.test>\n"
		    "1795920860 0\n-received_time_usec .616671\n-ident x\n"
		    "-received_protocol local\n-body_linecount 50\nXX\n1\n"
		    "u%d@tokyo.example\n\n131P Received: from x\n%0999d\n",
		    i, i, 0);
		fclose(f);
	}
}

static void
read_once(struct folder *folder, const char *dir, const char *what)
{
	bool done = false;
	struct folder_job job = { dir, on_found, on_done, &done };
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	double wall = seconds(CLOCK_MONOTONIC), longest = 0;

	found = 0;
	if (!folder_read(folder, &job)) {
		perror(dir);
		exit(1);
	}
	while (!done) {
		double t = seconds(CLOCK_PROCESS_CPUTIME_ID);

		event_base_loop(base, EVLOOP_ONCE);
		t = seconds(CLOCK_PROCESS_CPUTIME_ID) - t;
		longest = t > longest ? t : longest;
	}
	printf(
	    "%s: recipients=%zu cpu_ms=%.1f wall_ms=%.1f slice_ms=%.2f%s%s\n",
	    what, found, (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3,
	    (seconds(CLOCK_MONOTONIC) - wall) * 1e3, longest * 1e3,
	    why == NULL ? "" : ", ", why == NULL ? "" : why);
}

int
main(int argc, char **argv)
{
	char made[TEMP_FOLDER];
	const char *dir = argc > 1 ? argv[1] : "-10000";
	struct folder *folder;

	base = event_base_new();
	folder = folder_new(base, &spool_files);
	if (dir[0] == '-') {
		temp_make(made);
		make(made, atoi(dir + 1));
		dir = made;
	}
	read_once(folder, dir, "first");
	read_once(folder, dir, "again");
	folder_free(folder);
	event_base_free(base);
	if (dir == made)
		temp_end(made);
	return 0;
}
