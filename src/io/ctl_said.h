/*
 * ctl_said.h - what a request to change something says, for the log: its words
 * as the pairs of a line.
 *
 *     cost connector=a-b cost=50 for=600 by=joe reason=works in the street
 *     , connector="a-b", cost="50", until="2026-11-29T15:10:00Z",
 *     reason="works in the street"
 *
 * Who asks is root, or root has let him; still nothing but printable text of a
 * bounded length comes from here. `by` is not said: who asks is known better.
 */

#ifndef IO_CTL_SAID_H
#define IO_CTL_SAID_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/lsa/limits.h"

#define CTL_SAID_WHO (LIMIT_WHO_OCTETS + 32)

/* Who asks: by the kernel's word, and the login that he names, which may be
 * empty. */
const char *ctl_said_who(
    unsigned uid, const char *login, char out[CTL_SAID_WHO]);

/* Appends it, with a NUL behind. `now` in seconds since 1970: what is asked for
 * so many seconds has an end. */
void ctl_said(struct buf *out, const char *line, uint64_t now);

/* The login that he tells of himself, as far as it may stand in a line; else
 * `out`, which is all zero, stays. */
void ctl_said_by(const char *line, char *out, size_t room);

#endif
