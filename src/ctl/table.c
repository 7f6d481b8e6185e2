#include "ctl/table.h"

#include <inttypes.h>

#include "base/mem.h"
#include "ctl/client.h"

const char *
table_text(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

int64_t
table_number(const json_t *line, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(line, key));
}

char *
table_names(const json_t *line, const char *key)
{
	struct buf all = { 0 };
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(line, key), i, one)
	{
		const char *s = json_string_value(one);

		buf_printf(
		    &all, "%s%s", i > 0 ? ", " : "", s == NULL ? "?" : s);
	}
	return buf_string(&all);
}

void
table_number_cell(struct grid *grid, const json_t *line, const char *key)
{
	const json_t *value = json_object_get(line, key);

	if (json_is_integer(value))
		grid_printf(
		    grid, "%" PRId64, (int64_t)json_integer_value(value));
	else
		grid_cell(grid, "-");
}

struct table_rows {
	struct grid grid;
	table_row *make;
};

static void
table_row_add(void *ctx, const json_t *line)
{
	struct table_rows *rows = ctx;

	rows->make(&rows->grid, line);
}

int
table_write(const struct buf *lines, const char *const *head, table_row *make,
    struct buf *out)
{
	struct table_rows rows = { .make = make };
	int status;

	grid_init(&rows.grid, head);
	status = client_each(lines, table_row_add, &rows);
	/* A line that is no JSON leaves whole rows behind. */
	grid_write(&rows.grid, grid_terminal(), out);
	return status;
}
