/*
 * lines.h - two texts compared line by line, as diff(1) shows it.
 */

#ifndef CTL_LINES_H
#define CTL_LINES_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends `-LINE` for each of `was` alone, `+LINE` for each of `is` alone, in
 * their order, and before the first of a section its heading. True if any. */
bool lines_differ(const char *was, const char *is, struct buf *out);

#endif
