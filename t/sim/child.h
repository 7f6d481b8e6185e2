/*
 * child.h - a scene is played in a process of its own, which says how it was: an
 * engine that stops at once is a find like any other, and has a place.
 */

#ifndef T_SIM_CHILD_H
#define T_SIM_CHILD_H

#include <sys/types.h>

#include "t/sim/scene.h"

/* What a child has to say of its play. */
struct said {
	bool failed;
	unsigned line;
	uint64_t ms, trace, steps, letters, cpu_us;
	char title[128];
	char why[500]; /* begins with CHILD_STOPPED where it stopped */
};

#define CHILD_STOPPED "it stopped by signal"

struct child {
	pid_t pid;
	int in;
};

/* True in the child, which writes to *out; it ends by exit(). */
bool child_begins(struct child *child, int *out);

/* In the child: plays it, run->in is open, and says how it was. */
void child_play(struct scene_run *run, int out);

/* True: it said something; else it has ended, and why is said of it. */
bool child_says(const struct child *child, struct said *said);

/* Lets it end; `stopped`: child_says() has seen it end. */
void child_ends(const struct child *child, bool stopped);

/* All of it: what is to be known of the run is in it. */
void child_run(struct scene_run *run);

#endif
