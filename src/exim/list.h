/*
 * list.h - lists as Exim writes them into an argument.
 *
 *     $lheader_NAME:  the fields of that name; a colon between, those inside
 *                     doubled; 64 KiB at most, then cut
 *     $recipients     a comma and a blank between; one inside is in a quoted
 *                     local part (RFC 5321 4.1.2)
 *
 * An empty field makes the first of these ambiguous: `a::b` are three fields or
 * one. So it matters whether a colon can be in a field that counts.
 */

#ifndef EXIM_LIST_H
#define EXIM_LIST_H

#include <stdbool.h>

/* The next one in `out`, which has room for all of *text, or false: there is
 * none. *text goes behind it. `plain`: no colon is in any that counts. */
bool list_field(const char **text, bool plain, char *out);
bool list_recipient(const char **text, char *out);

#endif
