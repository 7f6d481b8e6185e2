/*
 * shown.h - Exim's configuration as `exim -bP config` shows it to anybody who
 * asks: macros expanded, included files put in, lines joined. What is in it
 * was set by somebody; defaults are not.
 *
 *     # 1 "/etc/exim/configure"      what follows is of this file
 *     spool_directory = /var/spool   the main section: options
 *     begin acl
 *       acl_check_rcpt:              a block: an ACL, a router, a transport
 *         accept                     its lines
 *
 * Values are lent until shown_done().
 */

#ifndef EXIM_SHOWN_H
#define EXIM_SHOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

enum shown_section {
	SHOWN_MAIN,
	SHOWN_ACL,
	SHOWN_ROUTERS,
	SHOWN_TRANSPORTS,
	SHOWN_RETRY,
	SHOWN_OTHER /* rewrite, authenticators, local_scan */
};

struct shown_line {
	enum shown_section section;
	const char *block; /* the ACL, router or transport; "" outside */
	const char *name;  /* of an option, without "hide" and "no_" */
	const char *value; /* without quotes; "true" or "false" of one that
			      has none; all of a line that is no option */
	const char *file;  /* that says it; "" where that is not shown */
};

struct shown {
	char *text; /* owned; cut into the parts of the lines */
	VEC(struct shown_line) lines;
};

/* False: it is none. In either case shown_done() ends it. */
bool shown_read(struct shown *out, const char *text);
void shown_done(struct shown *shown);

/* What a block, or "" the main section, sets; of several the last. NULL: it
 * leaves the default. */
const char *shown_value(const struct shown *shown, enum shown_section section,
    const char *block, const char *name);

/* The block behind this one (as it was returned; NULL: the first) in a section,
 * in order; NULL: there is none. */
const char *shown_next(
    const struct shown *shown, enum shown_section section, const char *block);

/* The file of a section's first line; "" where there is none. */
const char *shown_file(const struct shown *shown, enum shown_section section);

/* True if the text names the file, by this name or another. */
bool shown_names(const char *text, const char *path);

/* The first line behind `after` (NULL: of all) in a section that names the
 * file, NULL. */
const struct shown_line *shown_find(const struct shown *shown,
    enum shown_section section, const char *path,
    const struct shown_line *after);

/* True if an ACL goes by the file: itself, or by a list of the main section that
 * names it, by others if need be. */
bool shown_admits(const struct shown *shown, const char *path);

/* The first router that asks this table of ours; NULL. */
const char *shown_router(const struct shown *shown, const char *table);

/*
 * The router before `ours` (as shown_router() returns it; NULL: at the end) that
 * would take the mail of others' domains, whichever they are: nothing that it
 * says keeps it to some domains, senders, local parts or conditions. With
 * `relayed`, the file of the domains that are relayed, also one that is for
 * these. NULL: there is none.
 */
const char *shown_taker(
    const struct shown *shown, const char *ours, const char *relayed);

#endif
