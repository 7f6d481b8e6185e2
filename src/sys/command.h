/*
 * command.h - a program's command line as a table: a row is an option. What
 * getopt_long(3) wants, the help and the complaints are made of it, so that
 * all programs answer -h, -V and what they do not know in the same way.
 *
 * lsrctl alone has a reader of its own (ctl/verbs.c): its verbs have options.
 */

#ifndef SYS_COMMAND_H
#define SYS_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#define COMMAND_LONG 256 /* added to a key: --name alone, without a letter */

struct command_option {
	int key;           /* its letter */
	const char *name;  /* --name */
	const char *value; /* what the help calls it; NULL: it takes none */
	const char *help;  /* of one line or more */
};

struct command {
	const char *name;  /* of the program */
	const char *usage; /* the first lines of the help, after "usage: " */
	const char *see;   /* its last: the manual pages */
	const char *with;  /* libraries, for -V; NULL: none is worth a word */
	/* The last has no name. --version and --help are not among them. */
	const struct command_option *options;
	/* Takes one, with its value or NULL; false: that is no value for it. */
	bool (*take)(void *ctx, int key, const char *value);
	bool operands; /* what is no option is left: argv from `optind` on */
};

/*
 * Gives every option of argv to command->take. Returns -1 to go on, or an
 * exit status (sysexits.h) when that was all: --version and --help, or a
 * fault, of which the user has been told.
 */
int command_read(
    const struct command *command, void *ctx, int argc, char **argv);

/* What --help writes. */
void command_help(const struct command *command, FILE *to);

#endif
