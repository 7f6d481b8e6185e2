/*
 * live_override.c - what is said beside the configuration, for a time: drains,
 * costs, pins, a frozen table.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "ctl/change.h"
#include "ctl/client.h"
#include "ctl/complain.h"
#include "ctl/live.h"
#include "ctl/value.h"
#include "ctl/what_if.h"

/* clang-format off */
const struct verb_option live_drain_options[] = {
	CHANGE_TIMES,
	{ "dry-run", NULL, "show which routes would move, and change nothing" },
	{ "force",   NULL, "also where something would have no path" },
	{ "wait",    NULL, "return when nothing goes there any more" },
	{ NULL, NULL, NULL },
};

const struct verb_option live_cost_options[] = {
	CHANGE_TIMES,
	{ "dry-run", NULL, "show which routes would move, and change nothing" },
	{ NULL, NULL, NULL },
};

const struct verb_option live_times_options[] = {
	CHANGE_TIMES,
	{ NULL, NULL, NULL },
};
/* clang-format on */

#define WAIT_EACH_MS 1000
#define WAIT_TOLD_S 10

/* The operands of drain and ready: none, a connector, and its bridgehead. */
static struct what_if
drained_of(const struct call *call)
{
	return (struct what_if){
		.connector = call->noperands > 0 ? call->operands[0] : NULL,
		.bridgehead = call->noperands > 1 ? call->operands[1] : NULL,
	};
}

static void
drained_add(const struct what_if *what, struct buf *request)
{
	if (what->connector != NULL)
		buf_printf(request, " connector=%s", what->connector);
	if (what->bridgehead != NULL)
		buf_printf(request, " bridgehead=%s", what->bridgehead);
}

static void
connector_find(void *ctx, const json_t *line)
{
	struct what_if *what = ctx;
	const char *name =
	    json_string_value(json_object_get(line, "connector"));

	if (name != NULL && what->connector != NULL &&
	    strcmp(name, what->connector) == 0)
		what->connector = NULL;
}

/* Words that are no connector of ours: another server's name, most likely. */
static int
drained_check(const struct call *call, const struct what_if *what)
{
	struct what_if looked = *what;
	struct buf answer = { 0 };
	int status;

	if (what->connector == NULL)
		return CALL_OK;
	if ((what->bridgehead != NULL && !str_is_host(what->bridgehead)) ||
	    strchr(what->connector, ' ') != NULL)
		return call_usage(
		    "write %s CONNECTOR BRIDGEHEAD", call->verb->name);
	status = client_read(call, "links", &answer);
	if (status == CALL_OK)
		status = client_each(&answer, connector_find, &looked);
	buf_done(&answer);
	if (status != CALL_OK || looked.connector == NULL)
		return status;
	if (str_is_host(what->connector))
		return call_usage(
		    "%s: is no connector of this server; another server's "
		    "drain is its own word: run `lsrctl %s` there, or drain "
		    "the connector that leads to it from here",
		    what->connector, call->verb->name);
	return call_usage(
	    "%s: this server has no connector of that name: lsrctl links",
	    what->connector);
}

/* What would move at every server, by what was known when it was asked; and
 * then what the daemon says to the request, which is with `try=yes`. */
static int
dry_run(const struct call *call, const struct what_if *what,
    const struct buf *request)
{
	int status = what_if(call, what);

	return status != CALL_OK ? status : change_ask(call, request, NULL);
}

/* --- waiting ----------------------------------------------------------------- */

struct waiting {
	const struct what_if *what;
	time_t began;
	bool unread;      /* the queue, since then */
	size_t routes;    /* that lead there */
	uint64_t waiting; /* recipients in our queue for it */
};

/* A bridgehead of the connector, or anybody where the server itself drains: its
 * own queue is to run down. */
static void
link_count(void *ctx, const json_t *line)
{
	struct waiting *w = ctx;
	const char *connector =
	    json_string_value(json_object_get(line, "connector"));
	const char *server =
	    json_string_value(json_object_get(line, "bridgehead"));
	const json_t *age = json_object_get(line, "queue_read_s");

	/* Both are whole seconds, with what is behind them cut off. */
	w->unread |=
	    age != NULL && json_integer_value(age) >= time(NULL) - w->began;
	if (w->what->connector != NULL &&
	    (connector == NULL || strcmp(connector, w->what->connector) != 0))
		return;
	if (w->what->bridgehead != NULL &&
	    (server == NULL || strcmp(server, w->what->bridgehead) != 0))
		return;
	w->waiting +=
	    (uint64_t)json_integer_value(json_object_get(line, "waiting"));
	w->routes +=
	    (size_t)json_integer_value(json_object_get(line, "routes"));
}

static int
wait_look(const struct call *call, struct waiting *w)
{
	struct buf answer = { 0 };
	int status = client_read(call, "links", &answer);

	w->routes = 0;
	w->waiting = 0;
	w->unread = false;
	if (status == CALL_OK)
		status = client_each(&answer, link_count, w);
	buf_done(&answer);
	return status;
}

/* What waits, as far as that is known by now. */
static void
wait_tell(const struct waiting *w)
{
	if (w->unread)
		complain_progress("lsrctl: %zu routes lead there, and the "
				  "queue is yet to be read\n",
		    w->routes);
	else
		complain_progress("lsrctl: %zu routes lead there, %" PRIu64
				  " recipients wait\n",
		    w->routes, w->waiting);
}

/* Until no route leads there and, by a reading of the queue that began after
 * the drain, nothing waits for it. */
static int
wait_for(const struct call *call, const struct what_if *what)
{
	struct waiting w = { .what = what, .began = time(NULL) };
	time_t told = 0;
	int calm = 0, status;

	for (;;) {
		status = wait_look(call, &w);
		if (status != CALL_OK)
			return status;
		if (what->connector == NULL)
			w.routes = 0; /* of others, who have heard */
		calm =
		    w.routes == 0 && w.waiting == 0 && !w.unread ? calm + 1 : 0;
		if (calm > 1)
			break;
		if (calm == 0 && time(NULL) - told >= WAIT_TOLD_S) {
			wait_tell(&w);
			told = time(NULL);
		}
		usleep(WAIT_EACH_MS * 1000);
	}
	return CALL_OK;
}

int
live_drained(const struct call *call)
{
	struct what_if here = { 0 };

	return wait_for(call, &here);
}

static int
drain_ask(const struct call *call, const struct what_if *what,
    const struct buf *request)
{
	return change_ask(call, request,
	    what->connector == NULL
		? "draining: no transit by this server; `lsrctl ready` ends it"
		: "draining: no mail goes there; `lsrctl ready` with the same "
		  "words ends it");
}

int
live_drain(const struct call *call)
{
	struct what_if what = drained_of(call);
	struct buf request = { 0 };
	bool tried = call_has(call, "dry-run");
	int status = drained_check(call, &what);

	buf_text(&request, "drain");
	drained_add(&what, &request);
	buf_text(&request, call_has(call, "force") ? " force=yes" : "");
	buf_text(&request, tried ? " try=yes" : "");
	if (status == CALL_OK)
		status = change_words(call, &request);
	if (status == CALL_OK)
		status = tried ? dry_run(call, &what, &request)
		               : drain_ask(call, &what, &request);
	buf_done(&request);
	if (status != CALL_OK || tried || !call_has(call, "wait"))
		return status;
	status = wait_for(call, &what);
	if (status == CALL_OK && !call->json)
		puts("nothing leads there, and nothing waits for it");
	return status;
}

int
live_ready(const struct call *call)
{
	struct what_if what = drained_of(call);
	struct buf request = { 0 };
	int status = drained_check(call, &what);

	buf_text(&request, "ready");
	drained_add(&what, &request);
	if (status == CALL_OK)
		status = change_words(call, &request);
	if (status == CALL_OK)
		status = change_ask(call, &request, "the drain is over");
	buf_done(&request);
	return status;
}

/* A word that goes into a request as it is. */
static bool
is_one_word(const char *s)
{
	return *s != '\0' && strpbrk(s, " \t\r\n") == NULL;
}

int
live_cost(const struct call *call)
{
	struct what_if what = { .connector = call->operands[0],
		.cost = call->operands[1] };
	bool back = strcmp(what.cost, "configured") == 0;
	bool tried = call_has(call, "dry-run");
	struct buf request = { 0 };
	uint64_t n = 0;
	int status = drained_check(
	    call, &(struct what_if){ .connector = what.connector });

	if (status == CALL_OK && !back &&
	    (!value_number(what.cost, 65535, &n) || n == 0))
		status = call_usage(
		    "%s: a cost from 1 to 65535, or `configured`", what.cost);
	buf_printf(&request, "%s connector=%s", back ? "uncost" : "cost",
	    what.connector);
	if (!back)
		buf_printf(&request, " cost=%s", what.cost);
	buf_text(&request, tried ? " try=yes" : "");
	if (status == CALL_OK)
		status = change_words(call, &request);
	if (status == CALL_OK && tried && !back)
		status = dry_run(call, &what, &request);
	else if (status == CALL_OK)
		status = change_ask(call, &request,
		    tried  ? "the configured cost would count again"
		    : back ? "the configured cost counts again"
			   : "that cost counts for its time");
	buf_done(&request);
	return status;
}

static int
asked_for(const struct call *call, const char *verb, const char *done)
{
	static const char *const words[] = { "pattern", "hop" };
	struct buf request = { 0 };
	int status = CALL_OK;

	buf_text(&request, verb);
	for (size_t i = 0; i < call->noperands && status == CALL_OK; i++) {
		if (!is_one_word(call->operands[i]))
			status = call_usage(
			    "`%s`: is no such word", call->operands[i]);
		buf_printf(&request, " %s=%s", words[i], call->operands[i]);
	}
	if (status == CALL_OK)
		status = change_words(call, &request);
	if (status == CALL_OK)
		status = change_ask(call, &request, done);
	buf_done(&request);
	return status;
}

int
live_pin(const struct call *call)
{
	return asked_for(call, "pin",
	    "pinned for its time, as long as that is a next hop or alternate");
}

int
live_unpin(const struct call *call)
{
	return asked_for(call, "unpin", "the pin is over");
}

int
live_freeze(const struct call *call)
{
	return asked_for(call, "freeze",
	    "frozen: routes stay as they are; `lsrctl unfreeze` ends it");
}

int
live_unfreeze(const struct call *call)
{
	return asked_for(call, "unfreeze", "routes move again");
}

static void
override_row(struct grid *grid, const json_t *line)
{
	const json_t *until = json_object_get(line, "until");
	const json_t *since = json_object_get(line, "since");
	const char *what = table_text(line, "override");
	const char *name = table_text(line, "connector");
	char at[VALUE_TIME];

	if (json_object_get(line, "pattern") != NULL)
		name = table_text(line, "pattern");
	if (json_object_get(line, "cost") != NULL)
		grid_printf(grid, "%s %" PRId64, what,
		    (int64_t)json_integer_value(json_object_get(line, "cost")));
	else
		grid_cell(grid, what);
	grid_printf(grid, "%s%s%s",
	    *name != '\0'                ? name
	    : strcmp(what, "drain") == 0 ? "this server"
					 : "the table",
	    *table_text(line, "server") != '\0' ? " " : "",
	    table_text(line, "server"));
	grid_cell(grid, table_text(line, "by"));
	grid_cell(grid, since == NULL
			    ? ""
			    : value_time_text(json_integer_value(since), at));
	grid_cell(grid, until == NULL
			    ? "taken back"
			    : value_time_text(json_integer_value(until), at));
	grid_cell(grid, table_text(line, "reason"));
}

int
live_overrides(const struct call *call)
{
	static const char *const head[] = { "WHAT", "OF", "BY", "SINCE",
		"UNTIL", "REASON", NULL };

	return live_table(call, "overrides", head, override_row);
}
