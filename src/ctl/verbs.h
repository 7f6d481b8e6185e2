/*
 * verbs.h - the verbs of lsrctl, one table. Help, completion and the check
 * of the manual follow it.
 *
 * A verb is one word or two (`export json`). It says which options it takes
 * beside the global ones, and has a function for the running daemon, for a
 * topology document (--topology FILE), or for both. To add one: a row in
 * verbs.c, its function in a file of its own, a paragraph in lsrctl(1).
 *
 * Exit status: CALL_OK and the others below; each function returns one.
 */

#ifndef CTL_VERBS_H
#define CTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

enum call_status {
	CALL_OK = 0,
	CALL_NO = 1,    /* the question was answered, and not all is well */
	CALL_USAGE = 2, /* usage, a bad document, a failing system */
	CALL_DOWN = 3   /* no daemon */
};

struct verb_option {
	const char *name; /* without the two hyphens */
	const char
	    *value; /* what stands for its argument in help; NULL: none */
	const char *help;
};

struct call_given {
	const char *name, *value; /* value is NULL where none belongs */
};

/* One invocation. Strings are those of the command line. */
struct call {
	const struct verb *verb;
	bool json;
	const char *topology;     /* NULL: ask the daemon */
	const char *socket;       /* control socket; NULL: the default */
	const char *config;       /* lsrd.conf that names it; or NULL */
	const char *colour;       /* when; NULL: on a terminal */
	int patience_ms;          /* of the daemon's answer; 0: the default */
	bool is_prompt;           /* the line was typed at one */
	struct buf *complaint;    /* why it was not asked; NULL: stderr */
	struct call_given *given; /* the verb's own options, in order */
	size_t ngiven;
	char **operands; /* ends with NULL */
	size_t noperands;
};

typedef int verb_run(const struct call *call);

struct verb {
	const char *name;
	const char *operands;              /* for help; NULL: none */
	size_t least, most;                /* how many operands */
	const char *help;                  /* one line */
	const struct verb_option *options; /* ends with a NULL name; or NULL */
	verb_run *live;                    /* NULL: needs --topology */
	verb_run *plan;                    /* NULL: cannot work on a document */
};

/* All verbs in the order of help; ends with a NULL name. */
extern const struct verb verbs[];

/* Those before and after every verb; ends with a NULL name. */
extern const struct verb_option verbs_global[];

/* What prints no JSON: a verb, or one with this option. Under --json it is
 * refused, so that whatever is printed then is JSON. */
struct verb_plain {
	const char *verb, *option; /* NULL: in any case */
	const char *instead;       /* what says the same; NULL: nothing */
};

/* Ends with a NULL verb. */
extern const struct verb_plain verbs_plain[];

/* The row that an invocation meets, or NULL. */
const struct verb_plain *verbs_plain_of(const struct call *call);

/* The last value given for this option of the verb, or NULL. */
const char *call_option(const struct call *call, const char *name);

/* Whether it was given. */
bool call_has(const struct call *call, const char *name);

/* A complaint on standard error, behind "lsrctl: "; returns CALL_USAGE. */
__attribute__((format(printf, 1, 2))) int call_usage(const char *fmt, ...);

#endif
