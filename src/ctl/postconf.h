/*
 * postconf.h - Postfix's configuration as its own postconf(1) tells it, read
 * once, and findings whose remedy is a command of it.
 *
 * Values are lent until postconf_close(). Each command that a finding names
 * is noted for the way back (undo.h): what stood there before it.
 */

#ifndef CTL_POSTCONF_H
#define CTL_POSTCONF_H

#include <stdbool.h>

#include "ctl/check.h"

/* The lines `NAME = VALUE` of one answer. */
struct postconf_lines {
	char *text; /* each line, and the last one, ends with NUL */
	size_t n;
};

struct postfix {
	struct check_list *list;
	const struct conf *conf;
	const char *directory; /* of main.cf; NULL: Postfix's default */
	struct undo *undo;
	struct postconf_lines set;     /* what main.cf says itself */
	struct postconf_lines raw;     /* all, as written */
	struct postconf_lines full;    /* all, with $ expanded */
	struct postconf_lines options; /* SERVICE/TYPE/OPTION, master.cf */
	struct postconf_lines services;
	struct postconf_lines types; /* of tables */
};

/* False when postconf does not answer: there is no Postfix here. */
bool postconf_open(struct postfix *p);
void postconf_close(struct postfix *p);

/* A parameter as it is written, or with what it names put in; "" where
 * Postfix does not know it. */
const char *postconf_raw(const struct postfix *p, const char *name);
const char *postconf_full(const struct postfix *p, const char *name);

/* What main.cf says itself; NULL where it leaves the default. */
const char *postconf_set(const struct postfix *p, const char *name);

/* `SERVICE/TYPE/OPTION` of master.cf; NULL where it is not given. */
const char *postconf_option(const struct postfix *p, const char *name);

/* The line of a service, "smtp/unix", with single blanks; NULL. */
const char *postconf_service(const struct postfix *p, const char *service);

bool postconf_has_type(const struct postfix *p, const char *type);

/* The text of a line of `services` that is word N, in out. */
void postconf_field(const char *line, size_t n, char *out, size_t room);

/* A finding whose remedy is `postconf -e 'NAME = VALUE'`. */
void postconf_want(const struct postfix *p, enum check_level level,
    const char *name, const char *value, const char *text);

/* The same for a service of master.cf (`-M`) or an option of one (`-P`). */
void postconf_want_service(const struct postfix *p, const char *service,
    const char *line, const char *text);
void postconf_want_option(const struct postfix *p, enum check_level level,
    const char *option, const char *value);

/* `postconf [-c DIRECTORY] OPTION 'TEXT'`, quoted for a shell. */
void postconf_command(struct buf *out, const struct postfix *p,
    const char *option, const char *text);

/* True if one of the words of a list is exactly this. */
bool postconf_word(const char *list, const char *word);

/* The words of a list; what is in braces is one. Begin with { 0 }. */
struct words {
	VEC(char *) list;
};
void words_split(struct words *words, const char *text);
void words_done(struct words *words);

/*
 * PROGRAM [-c DIRECTORY] A B C: what it writes, up to 16 MB, less the last line
 * feed; the caller's. NULL when it fails. What is NULL is left out; `input` is
 * what it reads.
 */
struct postfix_run {
	const char *program, *a, *b;
	const struct buf *input; /* NULL: nothing */
	const char *c;
};
char *postfix_run(const struct postfix *p, const struct postfix_run *run);

#endif
