/*
 * complete.h - what a half-written command line may go on with: for the prompt,
 * and by the verb `complete` for the shells' completions, so that all of them
 * know verbs, options and names alike.
 *
 * Names of servers, connectors and patterns are those of --topology, or the
 * daemon's, who is given a short while to answer. Whatever goes wrong is no
 * complaint: there is nothing to offer then.
 */

#ifndef CTL_COMPLETE_H
#define CTL_COMPLETE_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/verbs.h"

#define COMPLETE_FILES ":files" /* the one line where a file is to be named */

/* What was asked for a moment ago, for who completes again and again. All zero
 * at first. */
struct complete {
	const struct call *before; /* options of the program, or NULL */
	json_t *names;
	char *self;    /* the daemon's server; NULL: a document, or not known */
	int64_t until; /* they are asked for anew */
};

/* Lines, in the order of their tables: what `words[n - 1]` may become, whose
 * line has begun with the others. */
void complete_words(
    struct complete *c, char *const *words, size_t n, struct buf *out);

void complete_done(struct complete *c);

/* `complete -- WORD...` */
int complete_verb(const struct call *call);

#endif
