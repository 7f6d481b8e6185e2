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

static void
print(struct buf *out)
{
	show_flush(out);
	buf_done(out);
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

int
live_show(const struct call *call, struct buf *answer, const char *const *head,
    table_row *make)
{
	struct buf out = { 0 };
	int status =
	    call->json ? CALL_OK : table_write(answer, head, make, &out);

	print(call->json ? answer : &out);
	buf_done(call->json ? &out : answer);
	return status;
}

int
live_table(const struct call *call, const char *request,
    const char *const *head, table_row *make)
{
	struct buf answer = { 0 };
	int status = client_read(call, request, &answer);

	if (status == CALL_OK)
		return live_show(call, &answer, head, make);
	buf_done(&answer);
	return status;
}

/* Why there is none, or what is wrong with the one there is. */
static const char *
peer_reason(const json_t *line)
{
	if (json_is_true(json_object_get(line, "large_packets_lost")))
		return "large packets vanish; look at MTU";
	if (json_is_false(json_object_get(line, "begun")))
		return "started, and says nothing yet";
	if (json_object_get(line, "differs_s") != NULL &&
	    table_number(line, "differs_s") > 60)
		return "its database is another: lsrctl db --diff";
	if (*table_text(line, "told") != '\0')
		return table_text(line, "told");
	return table_text(line, "reason");
}

/* That it drains, by its own word. */
static void
drain_cell(struct grid *grid, const json_t *drain)
{
	char since[VALUE_TIME], until[VALUE_TIME];
	const char *by = table_text(drain, "by");
	const char *why = table_text(drain, "reason");

	value_time_text(table_number(drain, "since"), since);
	value_time_text(table_number(drain, "until"), until);
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
	grid_cell(grid, table_text(line, "peer"));
	grid_cell(grid, table_text(line, "routing_group"));
	grid_cell(grid, table_text(line, "carrier"));
	if (strcmp(table_text(line, "state"), "sync") == 0)
		grid_printf(grid, "sync %" PRIu64 "%%",
		    (uint64_t)table_number(line, "percent"));
	else
		grid_cell(grid, table_text(line, "state"));
	age_cell(grid, table_number(line, "since_s"));
	grid_cell(grid,
	    json_is_true(json_object_get(line, "announced")) ? "yes" : "no");
	grid_cell(grid, table_text(line, "mail"));
	grid_cell(grid, table_text(line, "program"));
	if (json_object_get(line, "drain") != NULL)
		drain_cell(grid, json_object_get(line, "drain"));
	else
		grid_cell(grid, peer_reason(line));
}

int
live_peers(const struct call *call)
{
	static const char *const head[] = { "PEER", "GROUP", "CARRIER", "STATE",
		"SINCE", "ANNOUNCED", "MAIL", "RUNS", "REASON", NULL };

	return live_table(call, "peers", head, peers_make);
}

/* Why it is down, and what was wrong last, though it may be well by now. */
static void
error_cell(struct grid *grid, const json_t *line)
{
	const json_t *error = json_object_get(line, "last_error");
	const char *reason = table_text(line, "reason");
	const char *what = table_text(error, "what");
	const char *said = table_text(error, "said");
	char at[VALUE_TIME] = "";

	if (error == NULL) {
		grid_cell(grid, reason);
		return;
	}
	value_time_text(table_number(error, "at"), at);
	grid_printf(grid, "%s%s%s at %s%s%s",
	    strcmp(reason, what) == 0 ? "" : reason,
	    *reason != '\0' && strcmp(reason, what) != 0 ? "; " : "", what, at,
	    *said != '\0' ? ": " : "", said);
}

static void
links_make(struct grid *grid, const json_t *line)
{
	const char *connector = table_text(line, "connector");
	const char *space = table_text(line, "space"), *by;

	if (connector[0] != '\0')
		grid_printf(grid, "connector %s%s", connector,
		    json_is_true(json_object_get(line, "found")) ? ", found"
								 : "");
	else if (space[0] != '\0')
		grid_printf(grid, "space %s", space);
	else
		grid_cell(grid, table_text(line, "use"));
	grid_cell(grid, connector[0] != '\0' ? table_text(line, "bridgehead")
					     : table_text(line, "server"));
	by = table_text(line, "transport");
	grid_printf(grid, "%s%s%s", table_text(line, "smtp"),
	    *by == '\0' ? "" : " by ", by);
	if (json_object_get(line, "cost") != NULL)
		grid_printf(grid, "%" PRId64, table_number(line, "cost"));
	else
		grid_cell(grid, "");
	grid_cell(grid, table_text(line, "state"));
	age_cell(grid, table_number(line, "since_s"));
	grid_printf(grid, "%" PRId64, table_number(line, "failures"));
	grid_printf(grid, "%" PRId64, table_number(line, "congestion"));
	grid_printf(grid, "%" PRId64, table_number(line, "waiting"));
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

static void
unreachable_count(void *ctx, const json_t *line)
{
	size_t *n = ctx;

	*n += json_object_get(line, "unreachable") != NULL;
}

int
live_routes(const struct call *call)
{
	struct buf answer = { 0 }, out = { 0 };
	size_t unreachable = 0;
	int status;

	if (call_has(call, "since"))
		return live_routes_since(call);
	if (call->ngiven > 0)
		return plan_routes(call);
	status = client_read(call, "routes", &answer);
	if (status == CALL_OK)
		status = client_each(&answer, unreachable_count, &unreachable);
	if (status == CALL_OK && !call->json)
		status = table_routes(&answer, &out);
	print(call->json && status == CALL_OK ? &answer : &out);
	buf_done(&answer);
	return status == CALL_OK && unreachable > 0 ? CALL_NO : status;
}
