/*
 * table.h - lookup tables of Postfix as text: KEY VALUE lines of a source file
 * or of `postmap -s`, `/PATTERN/FLAGS VALUE` lines of a regexp or pcre table,
 * and inline:{{KEY = VALUE}, ...}.
 */

#ifndef CTL_IMPORT_TABLE_H
#define CTL_IMPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table_entry {
	const char *key;   /* lower case; of a regexp the expression itself */
	const char *value; /* may be "" */
	unsigned line;
	bool regexp;
	bool odd; /* cannot be said: if/endif, `!`, or no line of a table */
};

/* Calls each() with every entry, lent for the call. */
typedef void import_table_each(void *ctx, const struct table_entry *entry);
void import_table_text(const char *text, import_table_each *each, void *ctx);
void import_table_regexp(const char *text, import_table_each *each, void *ctx);
void import_table_inline(const char *text, import_table_each *each, void *ctx);

#endif
