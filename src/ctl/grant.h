/*
 * grant.h - `lsrctl grant`: the authority grants a server a list of patterns,
 * in chunks (core/lsa/lsa_list.h), and remembers what it has granted: of
 * another list only the chunks that are others are signed anew.
 *
 * The file grants/SERVER in the authority's folder, and what --output writes,
 * is a line that begins with GRANT_MARK, then an LSA a line in hexadecimal:
 * `lsrctl inject` takes all of them.
 */

#ifndef CTL_GRANT_H
#define CTL_GRANT_H

#include "base/buf.h"
#include "ctl/verbs.h"

#define GRANT_MARK '#'
#define GRANT_FILE_MAX ((size_t)64 << 20)

extern const struct verb_option grant_options[];

int grant_run(const struct call *call);

/* Hands the daemon each line of such a text, until one is refused. CALL_OK;
 * what is known there already is none. Tells how many were taken: a person, or
 * with `json` a program. */
int grant_inject(const struct call *call, const struct buf *text, bool json);

#endif
