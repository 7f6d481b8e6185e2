/*
 * follow.h - the end of a file that grows and is turned over, or of a pipe,
 * line by line. A name with %D or %M in it is another one each day (20261129)
 * or month (202611), by local time, as Exim has them: the new file is read once
 * it is there.
 */

#ifndef MAILLOG_FOLLOW_H
#define MAILLOG_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>

#define FOLLOW_LINE 4096 /* a longer line is passed over */
#define FOLLOW_WAIT_MS 250
#define FOLLOW_PATH 4096

struct follow {
	const char *path; /* as it was given; NULL: standard input; lent */
	char today[FOLLOW_PATH]; /* with the date of today */
	int fd;                  /* -1: there is none yet */
	dev_t dev;
	ino_t ino;
	char line[FOLLOW_LINE];
	size_t n;
	bool skipping; /* the rest of a line that is too long */
};

/* From the end of the file, or the beginning of the pipe. A file that is not
 * there is waited for. */
void follow_begin(struct follow *follow, const char *path);

/*
 * Waits FOLLOW_WAIT_MS at most and gives each whole line, without its line
 * feed, lent for the call. False: the pipe has ended.
 */
bool follow_read(struct follow *follow,
    void (*line)(void *ctx, const char *line, size_t n), void *ctx);

void follow_end(struct follow *follow);

#endif
