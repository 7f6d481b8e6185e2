/*
 * runner.h - the process that runs lsrctl, apart from the one that strangers
 * speak to, which can start no program.
 *
 *     runner_ask(id, target, out, said) --> is it a row of query.h?
 *         --> lsrctl --json WORDS, its output to `out`, its complaint to `said`
 *         --> runner_told(id, status)
 *
 * It takes targets and not words, and reads them itself: whatever becomes of
 * the other process, it can have run what the rows have and nothing else. An
 * lsrctl that is stopped, or outlives us, is killed.
 */

#ifndef MAP_RUNNER_H
#define MAP_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#define RUNNER_RUNNING 16  /* at once; the other process asks for fewer */
#define RUNNER_REFUSED 255 /* a status that lsrctl has not */

struct runner_settings {
	const char *lsrctl; /* the program */
	const char *socket; /* lsrd's control socket */
	const char *folder; /* where lsrd keeps its history */
	const char *user;   /* to become, if root */
};

/* Starts it; returns our end of the socket, or -1: errno tells. Before threads
 * and descriptors of any kind. */
int runner_start(const struct runner_settings *settings);

/* The descriptors are given away. False: errno tells. */
bool runner_ask(int runner, uint32_t id, const char *target, int out, int said);

/* It is not waited for any more. */
void runner_stop(int runner, uint32_t id);

/* What has ended, and how; false: nothing at the moment. *gone: it never will
 * again. Never waits. */
bool runner_told(int runner, uint32_t *id, int *status, bool *gone);

#endif
