/*
 * grid.h - a table that fits the terminal (ctl/look.h). Where the columns do
 * not fit beside each other, the widest ones leave the row until the others do:
 * the first stands in a line above it, unless it is as in the row before; any
 * other in lines below it, behind its name, where it has something to say.
 * Nothing is cut off; what could move a terminal's cursor is shown as `?`.
 */

#ifndef CTL_GRID_H
#define CTL_GRID_H

#include <stddef.h>

#include "base/buf.h"
#include "base/vec.h"

#define GRID_COLUMNS_MAX 12

struct grid {
	size_t ncolumns;
	VEC(char *) cells; /* row by row, the head first */
};

/* Begins with the head; `names` ends with NULL. */
void grid_init(struct grid *grid, const char *const *names);

/* The next cell, from the left. NULL counts as "". */
void grid_cell(struct grid *grid, const char *text);

__attribute__((format(printf, 2, 3))) void grid_printf(
    struct grid *grid, const char *fmt, ...);

/* Writes it for a terminal of so many columns, and ends it. */
void grid_write(struct grid *grid, size_t columns, struct buf *out);

/* How many there are: a pipe has no end. */
size_t grid_terminal(void);

#endif
