/*
 * exim.h - Exim's configuration as its own program tells it, read once, and
 * findings whose remedy is a line of it, with the place where it goes.
 *
 * Such a remedy has one of four forms, the last of them for a line that is
 * there and says something else:
 *
 *     FILE: LINE                          at its end; it is made if need be
 *     FILE, below "LINE": LINE
 *     FILE, above "LINE": LINE
 *     FILE, in place of "LINE": LINE
 *
 * Values are lent until exim_close().
 */

#ifndef CTL_EXIM_H
#define CTL_EXIM_H

#include <stdbool.h>

#include "ctl/check.h"
#include "plugins/exim/shown.h"

/* How the configuration is written. */
enum exim_form {
	EXIM_PLAIN,   /* one file, as Exim comes */
	EXIM_UNSPLIT, /* Debian's, from exim4.conf.template */
	EXIM_SPLIT,   /* Debian's, from conf.d */
	EXIM_FORMS
};

struct exim {
	struct check_list *list;
	const struct conf *conf;
	const char *tables;  /* where ours for Exim lie */
	char *program;       /* as it is found */
	char *version;       /* what exim -bV writes */
	char *configuration; /* the file that it reads */
	char *options;       /* the main section, with defaults */
	char *complaint;     /* why it cannot be read */
	struct shown shown;
	enum exim_form form;
	bool wanted;  /* a line of the configuration is */
	bool unasked; /* our tables are asked of nothing */
};

/* False: there is no Exim here, or it does not tell; `complaint` says why where
 * it is the configuration. */
bool exim_open(struct exim *x);
void exim_close(struct exim *x);

/* What `exim A B` writes, whatever its status up to 2, the caller's; NULL when
 * it fails or takes longer than 30 s. `input`, B: NULL: none. */
char *exim_run(
    const struct exim *x, const char *a, const char *b, const char *input);

/* Calls `each` with every file that the configuration is made of, ours and what
 * Debian makes of them apart. */
void exim_files(
    const struct exim *x, void (*each)(void *ctx, const char *path), void *ctx);

/* A word of "Support for", or of the lookups: "PROXY". */
bool exim_can(const struct exim *x, const char *word);

/* Where conf/exim is installed, and what brings a file of it. */
#define EXIM_SHARE MTADIR "/exim"
#define EXIM_BRINGS(name) ".include_if_exists " EXIM_SHARE "/" name

/* The value of an option of the main section, with defaults; the caller's, NULL
 * where Exim does not know it. */
char *exim_option(const struct exim *x, const char *name);

/* The path of a table of ours, "transport.cdb"; the caller's. */
char *exim_table(const struct exim *x, const char *name);

/* Where a line goes that is missing. */
enum exim_place {
	EXIM_AT_MACROS, /* above the line that brings `main` */
	EXIM_AT_MAIN,
	EXIM_AT_ACL,
	EXIM_AT_MARKS, /* above the line that brings `routers` */
	EXIM_AT_ROUTERS,
	EXIM_AT_DEFAULT, /* the router for strangers' domains */
	EXIM_AT_TRANSPORTS,
	EXIM_AT_RETRY,
	EXIM_PLACES
};

struct exim_line {
	enum exim_place place;
	const char *line;
};

#define EXIM_LINE(place, line) ((struct exim_line){ place, line })

/* A finding whose remedy is that line there; `level` and the text are as of
 * check_find(). */
__attribute__((format(printf, 4, 5))) void exim_want(struct exim *x,
    enum check_level level, struct exim_line line, const char *fmt, ...);

/*
 * A finding whose remedy puts `word` into a list of the main section:
 * `debian` is its name in update-exim4.conf.conf, `plain` what the line begins
 * with elsewhere.
 */
struct exim_list {
	const char *debian, *plain, *word;
};
void exim_want_in(struct exim *x, enum check_level level,
    const struct exim_list *list, const char *text);

#endif
