/*
 * complain.h - what is wrong, on standard error: a line for each complaint, or
 * under --json one object at the end, when the exit status is known:
 *
 *   {"error":{"code":CODE,"status":N,"text":TEXT,"more":[TEXT,...]}}
 *
 * Standard output has answers alone, so that what reads them need not tell the
 * two apart. With exit status 0 it was a warning, and the key says so.
 */

#ifndef CTL_COMPLAIN_H
#define CTL_COMPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* The statuses that verbs end with, for help and the manual; `verb` is NULL
 * where it is every verb that does not say otherwise. */
struct complain_exit {
	const char *verb;
	int status;
	const char *code; /* of an error that ends so, unless it has its own */
	const char *help;
};

/* Ends with a NULL code. */
extern const struct complain_exit complain_exits[];

/* Before an invocation says anything. */
void complain_begin(bool json);

/* A complaint behind "lsrctl: ", or one that begins otherwise. */
void complain_line(const char *text);
void complain_bare(const char *text);

/* A word for what is wrong now, where the exit status says too little. The first
 * that is set counts. */
void complain_code(const char *code);

/* Nobody is to be told until it is taken back. */
void complain_mute(bool mute);

/* How far something has come: for who watches, and no complaint. */
__attribute__((format(printf, 1, 2))) void complain_progress(
    const char *fmt, ...);

/* The invocation ends so. */
void complain_end(int status);

#endif
