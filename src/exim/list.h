/*
 * list.h - lists as Exim writes them into an argument.
 *
 *     $lheader_NAME:  the fields of that name; a colon between, those inside
 *                     doubled; 64 KiB at most, then cut
 *     $recipients     a comma and a blank between; one inside is in a quoted
 *                     local part (RFC 5321 4.1.2)
 */

#ifndef EXIM_LIST_H
#define EXIM_LIST_H

#include <stdbool.h>

/* As Exim has it for all fields of a name together. */
#define LIST_FIELDS 65536

/* The next one in `out`, which has room for all of *text, or false: there is
 * none. *text goes behind it. */
bool list_field(const char **text, char *out);
bool list_recipient(const char **text, char *out);

#endif
