/*
 * check.h - `check` of this server: its configuration and keys, its tables,
 * what the MTA is told about them, and what the daemon says. Exit status as
 * monitoring plugins have it: 0 all is well, 1 warning, 2 critical, 3 it
 * could not be found out.
 */

#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/vec.h"
#include "cfg/conf.h"
#include "ctl/verbs.h"

/* A note is said and is no finding: what could not be looked at. */
enum check_level {
	CHECK_NOTE = 0,
	CHECK_WARNING = 1,
	CHECK_CRITICAL = 2,
	CHECK_UNKNOWN = 3
};

struct check_finding {
	enum check_level level;
	char *what;   /* a word */
	char *text;   /* what is wrong */
	char *remedy; /* a command line or advice; may be NULL */
};

/* What a monitoring system draws. */
struct check_perf {
	bool known; /* the daemon has told */
	int64_t routes, holds, away, sessions, full;
};

struct check_list {
	VEC(struct check_finding) list;
	struct check_perf perf;
	bool exim;    /* it is Exim alone: for texts */
	bool expires; /* this server's certificate, and its file says so */
};

/* What a finding is about; lent. */
struct check_about {
	enum check_level level;
	const char *what;
	const char *remedy; /* may be NULL */
};

#define CHECK_ABOUT(level, what, remedy)                                       \
	((struct check_about){ level, what, remedy })

/* The text is as printf. Nothing in it or in the remedy is ever run. */
__attribute__((format(printf, 3, 4))) void check_find(
    struct check_list *list, struct check_about about, const char *fmt, ...);

int check_live(const struct call *call);

/* What the daemon says of itself, its peers and links. */
void check_health(struct check_list *list, const struct call *call);

struct stat;

/* The tables, and what Postfix's main.cf and master.cf say. */
void check_postfix(
    struct check_list *list, const struct conf *conf, const struct call *call);

/* The same of Exim's. */
void check_exim(struct check_list *list, const struct conf *conf);

/* The probes that are commands; `path` is that of lsrd.conf. */
void check_commands(
    struct check_list *list, const struct conf *conf, const char *path);

/* True if the file of a table is there and not empty: *st tells of it. Else
 * that is found. */
bool check_table(struct check_list *list, const char *path, struct stat *st);

/* The commands that take all of it out again, of the one that lsrd.conf names,
 * or both (undo.h; exim_undo.c). Exit status. */
int check_undo(
    const struct conf *conf, const struct call *call, struct buf *out);
int check_postfix_undo(
    const struct conf *conf, const struct call *call, struct buf *out);
int check_exim_undo(const struct conf *conf, struct buf *out);

#endif
