#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ctl/events.h"
#include "ctl/grid.h"
#include "ctl/live.h"
#include "ctl/value.h"

/* What did not move since the daemon's start has neither. */
static void
since_make(struct grid *grid, const json_t *line)
{
	const json_t *since = json_object_get(line, "since");
	const json_t *cause = json_object_get(line, "cause");
	char when[VALUE_TIME] = "-";
	struct buf text = { 0 };
	char *why;

	if (since != NULL)
		value_time_text((int64_t)json_integer_value(since), when);
	if (cause != NULL)
		events_cause(&text, cause);
	why = buf_string(&text);
	grid_cell(grid, table_text(line, "pattern"));
	grid_cell(grid, *table_text(line, "unreachable") != '\0'
			    ? "held"
			    : table_text(line, "server"));
	grid_cell(grid, when);
	grid_cell(grid, *why == '\0' ? "-" : why);
	mem_free(why);
}

int
live_routes_since(const struct call *call)
{
	static const char *const head[] = { "PATTERN", "SERVER", "SINCE",
		"BECAUSE OF", NULL };

	if (call->ngiven > 1)
		return call_usage("routes --since: the daemon's own routes "
				  "alone have moved; leave the others out");
	return live_table(call, "routes", head, since_make);
}
