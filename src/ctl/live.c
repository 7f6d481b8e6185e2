#include "ctl/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/plan.h"
#include "ctl/show.h"
#include "ctl/value.h"

#define AWAY_OCTETS 60   /* of names in a line of status */
#define STATUS_COLUMN 18 /* behind the longest key, certificate_until */

static void
print(struct buf *out)
{
	show_flush(out);
	buf_done(out);
}

const char *
live_text(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

static int64_t
live_number(const json_t *line, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(line, key));
}

/* `3d04h`, `5h02m`, `7m10s`, `12s` */
static void
age_cell(struct grid *grid, int64_t s)
{
	if (s >= 86400)
		grid_printf(grid, "%" PRId64 "d%02dh", s / 86400,
		    (int)(s % 86400 / 3600));
	else if (s >= 3600)
		grid_printf(
		    grid, "%dh%02dm", (int)(s / 3600), (int)(s % 3600 / 60));
	else if (s >= 60)
		grid_printf(grid, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else
		grid_printf(grid, "%ds", (int)s);
}

/* The names of an array of strings, with commas. */
static void
names_cell(struct grid *grid, const json_t *list)
{
	struct buf all = { 0 };
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one);

		buf_printf(
		    &all, "%s%s", i > 0 ? ", " : "", s == NULL ? "?" : s);
	}
	buf_u8(&all, 0);
	grid_cell(grid, (const char *)all.p);
	buf_done(&all);
}

/* One row of a table for each line of an answer. */
typedef void row_make(struct grid *grid, const json_t *line);

struct rows {
	struct grid grid;
	row_make *make;
};

static void
live_row_add(void *ctx, const json_t *line)
{
	struct rows *rows = ctx;

	rows->make(&rows->grid, line);
}

static int
table_show(const struct buf *answer, const char *const *head, row_make *make)
{
	struct rows rows = { .make = make };
	struct buf out = { 0 };
	int status;

	grid_init(&rows.grid, head);
	status = client_each(answer, live_row_add, &rows);
	/* A line that is no JSON leaves whole rows behind. */
	grid_write(&rows.grid, grid_terminal(), &out);
	print(&out);
	return status;
}

int
live_table(const struct call *call, const char *request,
    const char *const *head, row_make *make)
{
	struct buf answer = { 0 };
	int status = client_read(call, request, &answer);

	if (status == CALL_OK && call->json)
		show_flush(&answer);
	else if (status == CALL_OK)
		status = table_show(&answer, head, make);
	buf_done(&answer);
	return status;
}

/* An array of objects: their servers, a line's worth; --json has them all. */
static void
away_write(struct buf *out, const json_t *list)
{
	size_t n = json_array_size(list), i, at = out->n;

	for (i = 0; i < n && out->n - at < AWAY_OCTETS; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "",
		    live_text(json_array_get(list, i), "server"));
	if (n == 0)
		buf_text(out, "none");
	else if (i < n)
		buf_printf(out, " and %zu more", n - i);
}

/* What reporters told: `milter accepted=120 refused=1, evidence ok=3`. */
static void
reports_write(struct buf *out, json_t *reports)
{
	const char *kind, *word, *comma = "";
	json_t *value, *count;

	json_object_foreach(reports, kind, value)
	{
		if (json_is_integer(value)) {
			buf_printf(out, "%s%s=%" PRId64, comma, kind,
			    (int64_t)json_integer_value(value));
			continue;
		}
		buf_printf(out, "%s%s", comma, kind);
		json_object_foreach(value, word, count) buf_printf(out,
		    " %s=%" PRId64, word, (int64_t)json_integer_value(count));
		comma = ", ";
	}
}

static void
moment_write(struct buf *out, const json_t *value)
{
	char text[VALUE_TIME];

	value_time_text((int64_t)json_integer_value(value), text);
	buf_text(out, text);
}

/* Whose mail has waited for a hold the longest, and when that ends. */
static void
held_write(struct buf *out, const json_t *held)
{
	buf_printf(out, "%s: ", live_text(held, "pattern"));
	if (*live_text(held, "message") != '\0')
		buf_printf(out, "message %s, ", live_text(held, "message"));
	buf_text(out, "since ");
	moment_write(out, json_object_get(held, "came"));
	buf_text(out, ", given up at ");
	moment_write(out, json_object_get(held, "gives_up"));
}

/* Each on a line of its own, and under it what to do. */
static void
troubles_write(struct buf *out, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (i > 0)
			buf_printf(out, "\n%*s", STATUS_COLUMN, "");
		buf_printf(out, "%s: %s\n%*s%s", live_text(one, "word"),
		    live_text(one, "text"), STATUS_COLUMN + 2, "",
		    live_text(one, "remedy"));
	}
	if (json_array_size(list) == 0)
		buf_text(out, "none");
}

static void
status_write(void *ctx, const json_t *line)
{
	struct buf *out = ctx;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)line, key, value)
	{
		size_t at = out->n;

		buf_printf(out, "%-*s ", STATUS_COLUMN - 1, key);
		for (; at < out->n; at++)
			if (out->p[at] == '_')
				out->p[at] = ' ';
		if (json_is_string(value))
			buf_text(out, json_string_value(value));
		else if (strcmp(key, "leaves") == 0 ||
			 strcmp(key, "certificate_until") == 0 ||
			 strcmp(key, "authority_until") == 0 ||
			 strcmp(key, "drain_since") == 0 ||
			 strcmp(key, "drain_until") == 0)
			moment_write(out, value);
		else if (json_is_integer(value))
			buf_printf(out, "%" PRId64,
			    (int64_t)json_integer_value(value));
		else if (strcmp(key, "troubles") == 0)
			troubles_write(out, value);
		else if (json_is_array(value))
			away_write(out, value);
		else if (strcmp(key, "oldest_held") == 0)
			held_write(out, value);
		else if (json_is_object(value))
			reports_write(out, value);
		else
			buf_text(out, json_is_true(value) ? "yes" : "no");
		buf_u8(out, '\n');
	}
}

int
live_status(const struct call *call)
{
	struct buf answer = { 0 }, out = { 0 };
	int status = client_read(call, "status", &answer);

	if (status == CALL_OK && !call->json)
		status = client_each(&answer, status_write, &out);
	print(call->json && status == CALL_OK ? &answer : &out);
	buf_done(&answer);
	buf_done(&out);
	return status;
}

/* Why there is none, or what is wrong with the one there is. */
static const char *
peer_reason(const json_t *line)
{
	if (json_is_true(json_object_get(line, "large_packets_lost")))
		return "large packets vanish; look at MTU";
	if (json_object_get(line, "differs_s") != NULL &&
	    live_number(line, "differs_s") > 60)
		return "its database is another: lsrctl db --diff";
	if (*live_text(line, "told") != '\0')
		return live_text(line, "told");
	return live_text(line, "reason");
}

/* That it drains, by its own word. */
static void
drain_cell(struct grid *grid, const json_t *drain)
{
	char since[VALUE_TIME], until[VALUE_TIME];
	const char *by = live_text(drain, "by");
	const char *why = live_text(drain, "reason");

	value_time_text(live_number(drain, "since"), since);
	value_time_text(live_number(drain, "until"), until);
	grid_printf(grid, "drains%s%s%s%s%s%s%s%s",
	    json_object_get(drain, "since") != NULL ? " since " : "",
	    json_object_get(drain, "since") != NULL ? since : "",
	    *by != '\0' ? " by " : "", by,
	    json_object_get(drain, "until") != NULL ? " until " : "",
	    json_object_get(drain, "until") != NULL ? until : "",
	    *why != '\0' ? ": " : "", why);
}

static void
peers_make(struct grid *grid, const json_t *line)
{
	grid_cell(grid, live_text(line, "peer"));
	grid_cell(grid, live_text(line, "routing_group"));
	grid_cell(grid, live_text(line, "carrier"));
	if (strcmp(live_text(line, "state"), "sync") == 0)
		grid_printf(grid, "sync %" PRIu64 "%%",
		    (uint64_t)live_number(line, "percent"));
	else
		grid_cell(grid, live_text(line, "state"));
	age_cell(grid, live_number(line, "since_s"));
	grid_cell(grid,
	    json_is_true(json_object_get(line, "announced")) ? "yes" : "no");
	grid_cell(grid, live_text(line, "mail"));
	if (json_object_get(line, "drain") != NULL)
		drain_cell(grid, json_object_get(line, "drain"));
	else
		grid_cell(grid, peer_reason(line));
}

int
live_peers(const struct call *call)
{
	static const char *const head[] = { "PEER", "GROUP", "CARRIER", "STATE",
		"SINCE", "ANNOUNCED", "MAIL", "REASON", NULL };

	return live_table(call, "peers", head, peers_make);
}

/* Why it is down, and what was wrong last, though it may be well by now. */
static void
error_cell(struct grid *grid, const json_t *line)
{
	const json_t *error = json_object_get(line, "last_error");
	const char *reason = live_text(line, "reason");
	const char *what = live_text(error, "what");
	const char *said = live_text(error, "said");
	char at[VALUE_TIME] = "";

	if (error == NULL) {
		grid_cell(grid, reason);
		return;
	}
	value_time_text(live_number(error, "at"), at);
	grid_printf(grid, "%s%s%s at %s%s%s",
	    strcmp(reason, what) == 0 ? "" : reason,
	    *reason != '\0' && strcmp(reason, what) != 0 ? "; " : "", what, at,
	    *said != '\0' ? ": " : "", said);
}

static void
links_make(struct grid *grid, const json_t *line)
{
	const char *connector = live_text(line, "connector");
	const char *space = live_text(line, "space");

	if (connector[0] != '\0')
		grid_printf(grid, "connector %s", connector);
	else if (space[0] != '\0')
		grid_printf(grid, "space %s", space);
	else
		grid_cell(grid, live_text(line, "use"));
	grid_cell(grid, connector[0] != '\0' ? live_text(line, "bridgehead")
					     : live_text(line, "server"));
	grid_cell(grid, live_text(line, "smtp"));
	if (json_object_get(line, "cost") != NULL)
		grid_printf(grid, "%" PRId64, live_number(line, "cost"));
	else
		grid_cell(grid, "");
	grid_cell(grid, live_text(line, "state"));
	age_cell(grid, live_number(line, "since_s"));
	grid_printf(grid, "%" PRId64, live_number(line, "failures"));
	grid_printf(grid, "%" PRId64, live_number(line, "congestion"));
	grid_printf(grid, "%" PRId64, live_number(line, "waiting"));
	error_cell(grid, line);
}

int
live_links(const struct call *call)
{
	static const char *const head[] = { "LINK", "SERVER", "SMTP", "COST",
		"STATE", "SINCE", "FAILURES", "CONGESTION", "WAITING",
		"LAST ERROR", NULL };

	return live_table(call, "links", head, links_make);
}

/* When a key that was ours leaves; else the way out. A hold says it itself. */
static void
leaves_cell(struct grid *grid, const json_t *line, const char *way)
{
	char end[VALUE_TIME];

	if (json_object_get(line, "leaves") == NULL) {
		grid_cell(grid, way);
		return;
	}
	value_time_text(live_number(line, "leaves"), end);
	grid_printf(grid, "not claimed any more, leaves at %s", end);
}

static void
routes_make(struct grid *grid, const json_t *line)
{
	bool here = json_is_true(json_object_get(line, "here"));
	const char *why = live_text(line, "unreachable");
	const char *way = live_text(line, "way");

	grid_cell(grid, live_text(line, "pattern"));
	if (why[0] != '\0') {
		grid_cell(grid, "-");
		grid_cell(grid, "-");
		grid_printf(grid, "held: %s", why);
		grid_cell(grid, "");
		return;
	}
	grid_printf(grid, "%" PRId64, live_number(line, "cost"));
	grid_printf(grid, "%" PRId64, live_number(line, "hops"));
	if (here) {
		grid_cell(grid, "here");
		leaves_cell(grid, line, way);
		return;
	}
	names_cell(grid, json_object_get(line, "next_hops"));
	if (json_is_true(json_object_get(line, "last_resort")))
		grid_cell(grid, "last resort");
	else
		names_cell(grid, json_object_get(line, "alternates"));
}

static void
unreachable_count(void *ctx, const json_t *line)
{
	size_t *n = ctx;

	*n += json_object_get(line, "unreachable") != NULL;
}

int
live_routes(const struct call *call)
{
	static const char *const head[] = { "PATTERN", "COST", "HOPS",
		"NEXT HOPS", "ALTERNATES", NULL };
	struct buf answer = { 0 };
	size_t unreachable = 0;
	int status;

	if (call->ngiven > 0)
		return plan_routes(call);
	status = client_read(call, "routes", &answer);
	if (status == CALL_OK)
		status = client_each(&answer, unreachable_count, &unreachable);
	if (status == CALL_OK && call->json)
		show_flush(&answer);
	else if (status == CALL_OK)
		status = table_show(&answer, head, routes_make);
	buf_done(&answer);
	return status == CALL_OK && unreachable > 0 ? CALL_NO : status;
}
