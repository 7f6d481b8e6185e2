/*
 * postconf.h - what Postfix's own postconf(1) says of its configuration, and
 * findings whose remedy is a command of it.
 */

#ifndef CTL_POSTCONF_H
#define CTL_POSTCONF_H

#include <stdbool.h>

#include "ctl/check.h"

struct postfix {
	struct check_list *list;
	const char *directory; /* of main.cf; NULL: Postfix's default */
};

/*
 * postconf [-c DIRECTORY] FIRST SECOND THIRD; the last two may be NULL. What
 * it writes, the caller's; NULL when it fails.
 */
char *postconf_ask(const struct postfix *p, const char *first,
    const char *second, const char *third);

/* A critical finding whose remedy is `postconf OPTION 'LINE'`. */
void postconf_want(const struct postfix *p, const char *option,
    const char *line, const char *text);

/* The same as a warning. */
void postconf_advise(const struct postfix *p, const char *option,
    const char *line, const char *text);

/* True if one of the words of a list is exactly this. */
bool postconf_word(const char *list, const char *word);

/* What a program writes, up to 1 MB, less the last line feed: the caller's.
 * NULL when it fails. */
char *postconf_run(char *const argv[]);

/* Names messages that are kept on hops which are none any more; where there
 * is a table for lsrd-milter(8) in lsrd's directory, and for root alone. */
void check_frozen(const struct postfix *p, const char *state_directory);

/* What lsrd-milter(8) needs; called when this server has a mark key. */
void check_milter(const struct postfix *p);

#endif
