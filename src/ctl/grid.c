#include "ctl/grid.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/check.h"

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
	char *copy = mem_str(text == NULL ? "" : text);

	for (char *c = copy; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	vec_push(&grid->cells, copy);
}

void
grid_printf(struct grid *grid, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	grid_cell(grid, text);
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
row_write(struct buf *out, char *const *cell, size_t from, size_t to,
    const size_t *width)
{
	for (size_t i = from; i < to; i++) {
		size_t n = strlen(cell[i]);

		buf_text(out, cell[i]);
		spaces(out, n < width[i] ? width[i] - n + 2 : 2);
	}
	line_end(out);
}

void
grid_write(struct grid *grid, size_t columns, struct buf *out)
{
	size_t width[GRID_COLUMNS_MAX] = { 0 }, sum = 0, n = grid->ncolumns;
	bool fits;

	CHECK(grid->cells.n % n == 0);
	for (size_t i = 0; i < grid->cells.n; i++) {
		size_t w = strlen(grid->cells.v[i]);

		if (w > width[i % n])
			width[i % n] = w;
	}
	for (size_t i = 0; i < n; i++)
		sum += width[i] + (i > 0 ? 2 : 0);
	fits = sum <= columns;
	for (size_t i = 0; i < grid->cells.n; i += n) {
		char *const *row = grid->cells.v + i;

		if (!fits &&
		    (i == 0 || strcmp(row[0], row[-(ptrdiff_t)n]) != 0))
			row_write(out, row, 0, 1, width);
		if (!fits)
			spaces(out, 4);
		row_write(out, row, fits ? 0 : 1, n, width);
	}
	for (size_t i = 0; i < grid->cells.n; i++)
		mem_free(grid->cells.v[i]);
	vec_done(&grid->cells);
}

size_t
grid_terminal(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
		return 80;
	return size.ws_col;
}
