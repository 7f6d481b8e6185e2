/*
 * prompt.h - lsrctl without a verb, on a terminal: command lines one after
 * another, by libedit, with completion and a history. Each is run by a process of
 * its own, so that what ends a command does not end the prompt.
 */

#ifndef CTL_PROMPT_H
#define CTL_PROMPT_H

#include "ctl/verbs.h"

/* Is there somebody who types, and was it built with libedit? */
bool prompt_can(void);

/* Until `quit`, or the end of what is typed: the status of the last command.
 * `before` has the options of the program itself. */
int prompt_run(const struct call *before);

#endif
