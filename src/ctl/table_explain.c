/*
 * table_explain.c - where an address goes, and why, for a person.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/fold.h"
#include "ctl/table.h"
#include "ctl/value.h"

#define TEXT_COLUMN 14

/* "down since 2026-11-21T14:30:00Z until ... by alice: new disks" */
static void
verdict_cell(struct grid *grid, const json_t *one)
{
	int64_t since = table_number(one, "since");
	int64_t until = table_number(one, "until");
	const char *by = table_text(one, "by");
	const char *reason = table_text(one, "reason");
	struct buf text = { 0 };
	char at[VALUE_TIME];

	buf_text(&text, table_text(one, "verdict"));
	if (since > 0)
		buf_printf(&text, " since %s", value_time_text(since, at));
	if (until > 0)
		buf_printf(&text, " until %s", value_time_text(until, at));
	if (*by != '\0')
		buf_printf(&text, " by %s", by);
	if (*reason != '\0')
		buf_printf(&text, ": %s", reason);
	if (json_is_true(json_object_get(one, "listed")))
		buf_text(&text, ", of an address-space-file");
	buf_u8(&text, 0);
	grid_cell(grid, (const char *)text.p);
	buf_done(&text);
}

static void
candidate_row(struct grid *grid, const json_t *one)
{
	grid_cell(grid, table_text(one, "pattern"));
	grid_cell(grid, table_text(one, "server"));
	table_number_cell(grid, one, "cost");
	table_number_cell(grid, one, "hops");
	verdict_cell(grid, one);
}

/* `not-loop-free` alone does not say what it would have cost. */
static void
way_row(struct grid *grid, const json_t *one)
{
	const char *connector = table_text(one, "connector");
	const char *verdict = table_text(one, "verdict");
	int64_t cost = table_number(one, "more_cost");
	int64_t hops = table_number(one, "more_hops");

	grid_cell(grid, table_text(one, "neighbour"));
	grid_cell(grid, *connector != '\0' ? connector : "(group)");
	table_number_cell(grid, one, "cost");
	table_number_cell(grid, one, "hops");
	if (cost > 0)
		grid_printf(grid, "%s, costs %" PRId64 " more", verdict, cost);
	else if (hops > 0)
		grid_printf(grid, "%s, hops: %" PRId64 " more", verdict, hops);
	else
		verdict_cell(grid, one);
}

/* A table of an array, behind an empty line. */
static void
array_write(struct buf *out, const json_t *list, const char *const *head,
    table_row *make)
{
	const json_t *one;
	struct grid grid;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	buf_u8(out, '\n');
	grid_init(&grid, head);
	json_array_foreach(list, i, one) make(&grid, one);
	grid_write(&grid, grid_terminal(), out);
}

/* A hold says it itself. */
static void
leaves_line(struct buf *out, const json_t *line)
{
	const json_t *when = json_object_get(line, "leaves");
	char end[VALUE_TIME], text[64];

	if (when == NULL || *table_text(line, "reason") != '\0')
		return;
	value_time_text((int64_t)json_integer_value(when), end);
	snprintf(text, sizeof(text), "not claimed any more, leaves at %s", end);
	fold_labelled(out, "because", TEXT_COLUMN, text);
}

static void
metric_line(struct buf *out, const json_t *line)
{
	char text[64];

	if (json_object_get(line, "cost") == NULL)
		return;
	snprintf(text, sizeof(text), "%" PRId64 ", %" PRId64 " hops",
	    table_number(line, "cost"), table_number(line, "hops"));
	fold_labelled(out, "cost", TEXT_COLUMN, text);
}

static void
names_line(
    struct buf *out, const json_t *line, const char *key, const char *label)
{
	char *names = table_names(line, key);

	if (*names != '\0')
		fold_labelled(out, label, TEXT_COLUMN, names);
	mem_free(names);
}

static void
explain_write(void *ctx, const json_t *line)
{
	static const char *const candidates[] = { "PATTERN", "SERVER", "COST",
		"HOPS", "VERDICT", NULL };
	static const char *const ways[] = { "WAY BY", "CONNECTOR", "COST",
		"HOPS", "VERDICT", NULL };
	static const struct {
		const char *key, *label;
	} texts[] = {
		{ "address", "address" },
		{ "from", "from" },
		{ "result", "result" },
		{ "reason", "because" },
		{ "unreachable", "because" },
		{ "pattern", "pattern" },
		{ "server", "server" },
		{ "way", "by" },
		{ "transport", "transport" },
	};
	struct buf *out = ctx;

	if (out->n > 0)
		buf_u8(out, '\n');
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (*table_text(line, texts[i].key) != '\0')
			fold_labelled(out, texts[i].label, TEXT_COLUMN,
			    table_text(line, texts[i].key));
	leaves_line(out, line);
	metric_line(out, line);
	names_line(out, line, "next_hops", "next hops");
	names_line(out, line, "alternates", "alternates");
	names_line(out, line, "path", "path");
	array_write(out, json_object_get(line, "candidates"), candidates,
	    candidate_row);
	array_write(out, json_object_get(line, "ways"), ways, way_row);
}

int
table_explain(const struct buf *lines, struct buf *out)
{
	return client_each(lines, explain_write, out);
}
