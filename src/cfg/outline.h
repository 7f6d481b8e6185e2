/*
 * outline.h - what stands where in one configuration file: the gatekeeper
 * before libconfuse, and the memory of line numbers.
 *
 * libconfuse stops at its first error, forgets where a section began, takes
 * the last of two equal options, and keeps a half-read string of a bad file
 * for the next file. So a file is first read here, in a strict subset of
 * what libconfuse understands:
 *
 *     statement = WORD ("=" / "+=") (value / "{" [value *("," value)] "}")
 *               / WORD [value] "{" *statement "}"
 *     value     = WORD / "'" text "'" / '"' text '"'
 *
 * with comments from # or // to the end of the line and between the marks
 * of C. A line ends with a line feed, a carriage return before it or not. A
 * string ends on its line; backslash stands before a backslash or a
 * quote alone.
 */

#ifndef CFG_OUTLINE_H
#define CFG_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "cfg/conf.h"

#define OUTLINE_TOP ((size_t)-1) /* the parent of what is in no section */
#define OUTLINE_FILE_OCTETS (4u << 20)
#define OUTLINE_BAD_LINES 100 /* named one by one; nobody reads more */

struct outline_item {
	char *name;
	char *title;    /* of a section, lower case; or NULL */
	size_t parent;  /* its section's number, or OUTLINE_TOP */
	size_t at, end; /* octets of the text it spans; end 0: it broke off */
	const char *file;
	unsigned line;
	bool section;
	bool braces;  /* an option whose values stand in { } */
	bool append;  /* += */
	bool refused; /* complained of: as if it were not there */
};

struct outline {
	VEC(struct outline_item) items;
	size_t *order; /* their numbers by parent, name, title, number */
};

/*
 * Reads a file whole. On RC_OK *text is the caller's, with a NUL behind it, and
 * on RC_FORMAT, too: it has others. RC_IO: errno tells; RC_LONG above
 * OUTLINE_FILE_OCTETS.
 */
int outline_file(const char *path, char **text, size_t *octets);

/*
 * Appends the items of `text`, in order. The first break of the grammar is
 * a complaint and ends it: false; what is no token below it is one, too, once
 * for each line. `file` is lent to the items. Comments
 * become blanks: libconfuse takes them between statements alone.
 */
bool outline_read(struct outline *outline, const char *file, char *text,
    struct complaints *complaints);

/* Orders the items for outline_find(); after the last outline_read(). */
void outline_sort(struct outline *outline);

/* The first item of this name and title (NULL: none) there, or NULL. */
const struct outline_item *outline_find(const struct outline *outline,
    size_t parent, const char *name, const char *title);

void outline_done(struct outline *outline);

#endif
