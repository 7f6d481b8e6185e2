/*
 * grid.h - a table that fits a terminal. When the columns do not fit beside
 * each other, the first one of a row has a line of its own, unless it is as
 * in the row before, and the others the next. Nothing is cut off; what could move a terminal's cursor is shown
 * as `?`.
 */

#ifndef CTL_GRID_H
#define CTL_GRID_H

#include <stddef.h>

#include "base/buf.h"
#include "base/vec.h"

#define GRID_COLUMNS_MAX 10

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

/* The width of standard output's terminal; 80 where there is none. */
size_t grid_terminal(void);

#endif
