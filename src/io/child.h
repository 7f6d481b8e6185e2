/*
 * child.h - one helper process on the other end of a socket pair.
 *
 *        child_start             end of file, or child_kill
 *   none -----------> running --------------------------> ending --> none
 *                                                          (reaped: gone)
 *
 * The helper has the socket as its standard input, our standard error
 * output, and nothing else that is open here. One that is to be read
 * (child_read) has it as its standard output as well, writes its errors
 * nowhere, and is left to end by itself when it has closed that. A killed process that the
 * system does not let go of (a disk that hangs) is waited for, never for
 * longer than a timer's tick at a time. The program ignores SIGPIPE.
 */

#ifndef IO_CHILD_H
#define IO_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <event2/event.h>

struct child;

struct child_calls {
	/* n octets have come from it; lent for the call. */
	void (*took)(void *ctx, const unsigned char *octets, size_t n);

	/* It is gone: another may be started. `status` as of waitpid(2). */
	void (*gone)(void *ctx, int status);
	void *ctx;
};

struct child *child_new(
    struct event_base *base, const struct child_calls *calls);

/* `argv` ends with NULL and begins with the program's path. RC_OK, or RC_IO
 * with errno; not while one is there. */
int child_start(struct child *child, char *const argv[]);

/* The same for a program that is searched in PATH, gets `input` (NULL: none)
 * and an end of file behind it, and tells something. */
int child_read(struct child *child, char *const argv[], const char *input);

/* True from child_start() until gone(). */
bool child_is_there(const struct child *child);
pid_t child_pid(const struct child *child);

/* Queues octets for it; they are copied. Nothing happens without a child. */
void child_send(struct child *child, const void *octets, size_t n);

/* Octets of it that it has not taken yet. */
size_t child_waiting(const struct child *child);

/* Gives it of them what it takes at once: before the end. */
void child_flush(struct child *child);

/* SIGKILL; gone() follows. */
void child_kill(struct child *child);

/* Closes the socket: the helper ends by itself, and is killed if it has not
 * within a second. Blocks for so long: for the end of the program. */
void child_free(struct child *child);

#endif
