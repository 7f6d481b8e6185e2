#include "ctl/grid.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "ctl/fold.h"
#include "ctl/look.h"

#define GAP 2    /* between two columns */
#define INDENT 4 /* of a row whose first cell stands above it */

void
grid_init(struct grid *grid, const char *const *names)
{
	memset(grid, 0, sizeof(*grid));
	while (names[grid->ncolumns] != NULL)
		grid->ncolumns++;
	CHECK(grid->ncolumns <= GRID_COLUMNS_MAX);
	for (size_t i = 0; i < grid->ncolumns; i++)
		grid_cell(grid, names[i]);
}

void
grid_cell(struct grid *grid, const char *text)
{
	vec_push(&grid->cells, mem_str(text == NULL ? "" : text));
}

void
grid_printf(struct grid *grid, const char *fmt, ...)
{
	char piece[512], *all;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(piece, sizeof(piece), fmt, ap);
	va_end(ap);
	CHECK(n >= 0);
	if ((size_t)n < sizeof(piece)) {
		grid_cell(grid, piece);
		return;
	}
	all = mem_new(0, (size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(all, (size_t)n + 1, fmt, ap);
	va_end(ap);
	vec_push(&grid->cells, all);
}

/* Where a column stands. */
enum place { PLACE_ROW, PLACE_ABOVE, PLACE_BELOW };

struct layout {
	const char *const *head;
	size_t n;
	size_t width[GRID_COLUMNS_MAX];
	enum place place[GRID_COLUMNS_MAX];
	size_t label; /* the column where what stands below begins */
};

static void
widths_find(struct layout *l, const struct grid *grid)
{
	for (size_t i = 0; i < grid->cells.n; i++) {
		size_t w = look_put(NULL, grid->cells.v[i]);

		if (w > l->width[i % l->n])
			l->width[i % l->n] = w;
	}
}

static size_t
row_width(const struct layout *l)
{
	size_t sum = l->place[0] == PLACE_ABOVE ? INDENT : 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->place[i] == PLACE_ROW)
			sum += l->width[i] + GAP;
	return sum - GAP;
}

/* The widest column of the row leaves it; false: the row is empty. */
static bool
widest_leaves(struct layout *l)
{
	size_t widest = l->n;

	for (size_t i = 0; i < l->n; i++)
		if (l->place[i] == PLACE_ROW &&
		    (widest == l->n || l->width[i] >= l->width[widest]))
			widest = i;
	if (widest == l->n)
		return false;
	l->place[widest] = widest == 0 ? PLACE_ABOVE : PLACE_BELOW;
	return true;
}

static void
layout_find(struct layout *l, const struct grid *grid, size_t columns)
{
	widths_find(l, grid);
	while (row_width(l) > columns && widest_leaves(l))
		continue;
	for (size_t i = 0; i < l->n; i++)
		if (l->place[i] == PLACE_BELOW &&
		    l->label < INDENT + strlen(l->head[i]) + GAP)
			l->label = INDENT + strlen(l->head[i]) + GAP;
}

/* Columns that say how something is; a pattern may be called `down`, too. */
static enum look_colour
cell_colour(const struct layout *l, size_t column, const char *text)
{
	static const char *const states[] = { "STATE", "MAIL", "NEXT HOPS",
		"VERDICT", "GOES", "RESULT", "SEVERITY" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(l->head[column], states[i]) == 0)
			return look_of_state(text);
	return LOOK_PLAIN;
}

static void
spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_u8(out, ' ');
}

/* Without blanks at the end of the line. */
static void
line_end(struct buf *out)
{
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	buf_u8(out, '\n');
}

static void
row_write(
    struct buf *out, const struct layout *l, char *const *row, bool is_head)
{
	bool any = false;

	if (l->place[0] == PLACE_ABOVE)
		spaces(out, INDENT);
	for (size_t i = 0; i < l->n; i++) {
		size_t n;

		if (l->place[i] != PLACE_ROW)
			continue;
		any = true;
		n = look_paint(out,
		    is_head ? LOOK_HEAD : cell_colour(l, i, row[i]), row[i]);
		spaces(out, l->width[i] - n + GAP);
	}
	if (any)
		line_end(out);
}

static void
below_write(struct buf *out, const struct layout *l, char *const *row)
{
	for (size_t i = 0; i < l->n; i++) {
		struct buf label = { 0 };
		char *text;

		if (l->place[i] != PLACE_BELOW || *row[i] == '\0')
			continue;
		spaces(&label, INDENT);
		for (const char *c = l->head[i]; *c != '\0'; c++)
			buf_u8(&label, (uint8_t)tolower((unsigned char)*c));
		text = buf_string(&label);
		fold_labelled(out, text, l->label, row[i]);
		mem_free(text);
	}
}

void
grid_write(struct grid *grid, size_t columns, struct buf *out)
{
	struct layout l = { .head = (const char *const *)grid->cells.v,
		.n = grid->ncolumns };

	CHECK(grid->cells.n % l.n == 0);
	layout_find(&l, grid, columns);
	for (size_t i = 0; i < grid->cells.n; i += l.n) {
		char *const *row = grid->cells.v + i;

		if (l.place[0] == PLACE_ABOVE &&
		    (i == 0 || strcmp(row[0], row[-(ptrdiff_t)l.n]) != 0)) {
			look_paint(
			    out, i == 0 ? LOOK_HEAD : LOOK_PLAIN, row[0]);
			line_end(out);
		}
		row_write(out, &l, row, i == 0);
		if (i > 0)
			below_write(out, &l, row);
	}
	for (size_t i = 0; i < grid->cells.n; i++)
		mem_free(grid->cells.v[i]);
	vec_done(&grid->cells);
}

size_t
grid_terminal(void)
{
	return look_now()->columns;
}
