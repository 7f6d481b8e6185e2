/*
 * meant.h - which verb, or option, somebody means who did not write it out.
 *
 * Any beginning that only one verb has stands for it; for one that changes
 * something none does: what is unique today may be two tomorrow, and a letter
 * that was forgotten must not drain a server.
 */

#ifndef CTL_MEANT_H
#define CTL_MEANT_H

#include "base/buf.h"
#include "ctl/verbs.h"

/* The verb that these words begin with, written out: and how many of them it
 * takes. NULL: none. */
const struct verb *meant_exact(char **words, size_t *n);

/* The same, or the only one that they are a beginning of. NULL: none; `several`
 * then has the names of those it may be, if any, with commas. */
const struct verb *meant_verb(char **words, size_t *n, struct buf *several);

/* For a command line: the verb to run; NULL after a complaint. */
const struct verb *meant_to_run(char **words, size_t *n);

/* A complaint about `--name...` as it was written, which is none of the verb's
 * options (NULL: none is given yet), or is more than one. CALL_USAGE. */
int meant_no_option(const struct verb *verb, const char *written);

#endif
