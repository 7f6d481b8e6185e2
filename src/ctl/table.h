/*
 * table.h - what verbs answer, for a person: made of the very JSON lines that
 * --json prints, whether the daemon said them or a document was asked. So both
 * forms say the same, and there is one of each table.
 */

#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/grid.h"

/* Adds the row of a line. */
typedef void table_row(struct grid *grid, const json_t *line);

/* Each appends what is to be shown. CALL_OK, or CALL_DOWN after a complaint
 * about a line that is no JSON. */
int table_write(const struct buf *lines, const char *const *head,
    table_row *make, struct buf *out);
int table_routes(const struct buf *lines, struct buf *out);
int table_explain(const struct buf *lines, struct buf *out);
int table_moves(const struct buf *lines, struct buf *out);

/* Parts of lines: a text, "" where there is none; a number, 0 where there is
 * none; the strings of an array with commas, the caller's. */
const char *table_text(const json_t *line, const char *key);
int64_t table_number(const json_t *line, const char *key);
char *table_names(const json_t *line, const char *key);

/* A number's cell; `-` where there is none. */
void table_number_cell(struct grid *grid, const json_t *line, const char *key);

#endif
