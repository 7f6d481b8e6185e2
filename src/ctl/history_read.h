/*
 * history_read.h - the history on disk (io/history_file.h), read from its end:
 * what an hour ago was is there at once, however long the file is.
 *
 * A line that is no record is passed over: it was torn by a power cut, or is
 * just being written.
 */

#ifndef CTL_HISTORY_READ_H
#define CTL_HISTORY_READ_H

#include <jansson.h>

#include "base/vec.h"
#include "ctl/verbs.h"

/* What is asked for; NULL and 0: whatever it is. */
struct history_want {
	const char *server;  /* named somewhere in the record */
	const char *pattern; /* the same */
	const char *kind;    /* or several, with commas between */
	double since, until; /* seconds since 1970 */
	size_t last;         /* so many at most; 0: all */
};

struct history_found {
	VEC(json_t *) records; /* the newest first; owned */
	VEC(json_t *)
	published; /* the same: those that say when a table was,
				    of which it is asked, whatever is wanted */
};

/* Takes from these octets what is wanted, from the end on, until `last` are
 * there or one is from before `since`: true then, for what is before them is
 * not wanted. */
bool history_take(const char *p, size_t n, const struct history_want *want,
    struct history_found *found);

/* The same of one line; NULL: it is no record, or not wanted. */
json_t *history_line(const char *p, size_t n, const struct history_want *want);

/* Whether a record names this somewhere. */
bool history_names(const json_t *record, const char *name);

/* Both files of the folder. CALL_OK, or CALL_USAGE after a complaint. */
int history_load(const char *dir, const struct history_want *want,
    struct history_found *found);

void history_found_done(struct history_found *found);

#endif
