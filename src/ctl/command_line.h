/*
 * command_line.h - reads a command line of lsrctl and runs its verb: options
 * before the verb and behind it, then operands.
 */

#ifndef CTL_COMMAND_LINE_H
#define CTL_COMMAND_LINE_H

#include "ctl/verbs.h"

/* The exit status. `before` is what every verb is given first: the options of
 * the program itself, at a prompt; or NULL. */
int command_line_run(const struct call *before, int argc, char **argv);

#endif
