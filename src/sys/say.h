/*
 * say.h - log lines of the programs that face strangers: a stable word, a
 * colon, key=value with commas between; the program's manual explains the
 * words. Nothing that a client said is ever in a line.
 */

#ifndef SYS_SAY_H
#define SYS_SAY_H

#include <stdbool.h>
#include <stdint.h>

#include <syslog.h>

#include "base/mono.h"
#include "sys/journald.h"

#define SAY_LINES 20 /* of what others cause, in SAY_WINDOW_MS */
#define SAY_WINDOW_MS 10000

struct say {
	bool to_stderr; /* or to the journal, where that is it */
	struct journald journald;
	int most;           /* the least important priority that is said */
	struct mono window; /* its end */
	uint32_t lines;     /* in it */
	uint32_t left_out;
};

/* `ident` is lent for ever. All priorities are said, until say->most is set. */
void say_open(struct say *say, const char *ident, bool to_stderr);
void say_end(struct say *say);

/* What happens to ourselves; `priority` as of syslog(3). */
__attribute__((format(printf, 3, 4))) void say_line(
    struct say *say, int priority, const char *fmt, ...);

/*
 * For a program that says little, in sentences, and not in lines of a word and
 * pairs: "ident: text" on the standard error output. The word is for the
 * journal alone, which has the text as it is.
 */
__attribute__((format(printf, 4, 5))) void say_text(
    const char *ident, int priority, const char *word, const char *fmt, ...);

/* True when one more line of what others cause may be said now; *left_out is
 * how many were not since the last. */
bool say_allows(struct say *say, struct mono now, uint32_t *left_out);

/* What others cause: limited, and counted (left-out=N) beyond. */
__attribute__((format(printf, 4, 5))) void say_limited(
    struct say *say, int priority, struct mono now, const char *fmt, ...);

#endif
