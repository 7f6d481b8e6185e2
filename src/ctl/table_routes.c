/*
 * table_routes.c - routes, and routes before and after a change, as tables.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/fold.h"
#include "ctl/look.h"
#include "ctl/table.h"
#include "ctl/value.h"

#define SIDE_COLUMN 14 /* where what a side of a move says begins */

static void
names_cell(struct grid *grid, const json_t *line, const char *key)
{
	char *names = table_names(line, key);

	grid_cell(grid, names);
	mem_free(names);
}

/* And the transport, where that is not that of all routes. */
static void
next_hops_cell(struct grid *grid, const json_t *line)
{
	const char *by = table_text(line, "transport");
	char *names = table_names(line, "next_hops");

	grid_printf(grid, "%s%s%s", names, *by == '\0' ? "" : " by ", by);
	mem_free(names);
}

/* When a key that was ours leaves; else the way out. A hold says it itself. */
static void
leaves_cell(struct grid *grid, const json_t *line)
{
	char end[VALUE_TIME];

	if (json_object_get(line, "leaves") == NULL) {
		grid_cell(grid, table_text(line, "way"));
		return;
	}
	value_time_text(table_number(line, "leaves"), end);
	grid_printf(grid, "not claimed any more, leaves at %s", end);
}

static void
route_row(struct grid *grid, const json_t *line)
{
	const char *why = table_text(line, "unreachable");

	grid_cell(grid, table_text(line, "pattern"));
	table_number_cell(grid, line, "cost");
	table_number_cell(grid, line, "hops");
	grid_cell(grid, table_text(line, "server"));
	if (why[0] != '\0') {
		grid_printf(grid, "held: %s", why);
		grid_cell(grid, "");
	} else if (json_is_true(json_object_get(line, "here"))) {
		grid_cell(grid, "here");
		leaves_cell(grid, line);
	} else {
		next_hops_cell(grid, line);
		if (json_is_true(json_object_get(line, "last_resort")))
			grid_cell(grid, "last resort");
		else
			names_cell(grid, line, "alternates");
	}
	names_cell(grid, line, "path");
}

int
table_routes(const struct buf *lines, struct buf *out)
{
	static const char *const head[] = { "PATTERN", "COST", "HOPS", "SERVER",
		"NEXT HOPS", "ALTERNATES", "PATH", NULL };

	return table_write(lines, head, route_row, out);
}

struct moves {
	struct buf *out;
	char *from; /* whose were told last */
};

static void
side_write(struct buf *out, const char *label, const json_t *side)
{
	const char *why = table_text(side, "unreachable");
	struct buf text = { 0 };
	char *all, *hops = table_names(side, "next_hops");

	if (*why != '\0')
		buf_printf(&text, "unreachable: %s", why);
	else
		buf_printf(&text, "%scost %" PRId64 ", hops %" PRId64 "%s%s",
		    *hops == '\0' ? "here, " : "", table_number(side, "cost"),
		    table_number(side, "hops"), *hops == '\0' ? "" : ", by ",
		    hops);
	all = buf_string(&text);
	fold_labelled(out, label, SIDE_COLUMN, all);
	mem_free(all);
	mem_free(hops);
}

/* A route that moved; or, at the end, how many did. */
static void
move_write(void *ctx, const json_t *line)
{
	struct moves *m = ctx;
	const char *from = table_text(line, "from");

	if (json_object_get(line, "moved") != NULL) {
		buf_printf(m->out,
		    "%" PRId64 " servers, %" PRId64 " routes: %" PRId64
		    " moved, %" PRId64 " unreachable\n",
		    table_number(line, "servers"), table_number(line, "routes"),
		    table_number(line, "moved"),
		    table_number(line, "unreachable"));
		return;
	}
	if (m->from == NULL || strcmp(m->from, from) != 0) {
		buf_text(m->out, "from ");
		look_put(m->out, from);
		buf_u8(m->out, '\n');
		mem_free(m->from);
		m->from = mem_str(from);
	}
	look_put(m->out, table_text(line, "pattern"));
	buf_u8(m->out, '\n');
	side_write(m->out, "  before", json_object_get(line, "before"));
	side_write(m->out, "  after", json_object_get(line, "after"));
}

int
table_moves(const struct buf *lines, struct buf *out)
{
	struct moves m = { .out = out };
	int status = client_each(lines, move_write, &m);

	mem_free(m.from);
	return status;
}
