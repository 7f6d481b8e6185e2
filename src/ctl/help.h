/*
 * help.h - what lsrctl says of itself, from the table of verbs.
 */

#ifndef CTL_HELP_H
#define CTL_HELP_H

#include <stdio.h>

#include "ctl/verbs.h"

int help_all(FILE *to);
int help_verb(const struct verb *verb);
int help_version(void);

/* `help`, `help VERB`, and for completion `help words [VERB]`: the verbs,
 * or the options of one, a line each. */
int help_run(const struct call *call);

#endif
