#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/policy.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/live.h"
#include "ctl/plan.h"
#include "ctl/show.h"
#include "ctl/subject.h"
#include "ctl/value.h"

/* No word of a request may hold what ends one. */
static bool
is_word(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int
option_add(struct buf *request, const struct call_given *given)
{
	const char *name = given->name, *value = given->value;
	uint64_t size;
	int64_t at;

	if (strcmp(name, "size") == 0 && value_size(value, &size))
		buf_printf(request, " size=%" PRIu64, size);
	else if (strcmp(name, "at") == 0 && value_time(value, &at))
		buf_printf(request, " at=%" PRId64, at);
	else if (strcmp(name, "sender") == 0 && is_word(value))
		buf_printf(request, " sender=%s", value);
	else if (strcmp(name, "priority") == 0 && policy_priority(value) != 0)
		buf_printf(request, " priority=%s", value);
	else if (strcmp(name, "size") == 0 || strcmp(name, "at") == 0 ||
		 strcmp(name, "sender") == 0 || strcmp(name, "priority") == 0)
		return call_usage("--%s %s: not of the form it should have; "
				  "see lsrctl(1)",
		    name, value);
	return CALL_OK;
}

static int
request_make(const struct call *call, const char *address, struct buf *request)
{
	buf_printf(request, "explain %s", address);
	for (size_t i = 0; i < call->ngiven; i++)
		if (option_add(request, &call->given[i]) != CALL_OK)
			return CALL_USAGE;
	buf_u8(request, 0);
	return CALL_OK;
}

static const char *
live_explain_word(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

static void
list_line(
    struct buf *out, const json_t *line, const char *key, const char *label)
{
	const json_t *list = json_object_get(line, key), *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	json_array_foreach(list, i, one)
	    buf_printf(out, "%-14s%s\n", i == 0 ? label : "",
		json_string_value(one) == NULL ? "?" : json_string_value(one));
}

static void
number_cell(struct grid *grid, const json_t *line, const char *key)
{
	const json_t *value = json_object_get(line, key);

	if (json_is_integer(value))
		grid_printf(
		    grid, "%" PRId64, (int64_t)json_integer_value(value));
	else
		grid_cell(grid, "-");
}

static void
candidates_write(struct buf *out, const json_t *list)
{
	static const char *const head[] = { "PATTERN", "SERVER", "COST", "HOPS",
		"VERDICT", NULL };
	const json_t *one;
	struct grid grid;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	buf_u8(out, '\n');
	grid_init(&grid, head);
	json_array_foreach(list, i, one)
	{
		grid_cell(&grid, live_explain_word(one, "pattern"));
		grid_cell(&grid, live_explain_word(one, "server"));
		number_cell(&grid, one, "cost");
		number_cell(&grid, one, "hops");
		grid_cell(&grid, live_explain_word(one, "verdict"));
	}
	grid_write(&grid, grid_terminal(), out);
}

/* A hold says it itself. */
static void
leaves_line(struct buf *out, const json_t *line)
{
	const json_t *when = json_object_get(line, "leaves");
	char end[VALUE_TIME];

	if (when == NULL || live_explain_word(line, "reason")[0] != '\0')
		return;
	value_time_text((int64_t)json_integer_value(when), end);
	buf_printf(
	    out, "%-14snot claimed any more, leaves at %s\n", "because", end);
}

struct explained {
	struct buf out;
	bool routed;
};

static void
explain_write(void *ctx, const json_t *line)
{
	static const struct {
		const char *key, *label;
	} all[] = {
		{ "address", "address" },
		{ "from", "from" },
		{ "result", "result" },
		{ "reason", "because" },
		{ "unreachable", "because" },
		{ "pattern", "pattern" },
		{ "server", "server" },
		{ "way", "by" },
	};
	struct explained *e = ctx;
	const char *result = live_explain_word(line, "result");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (live_explain_word(line, all[i].key)[0] != '\0')
			buf_printf(&e->out, "%-14s%s\n", all[i].label,
			    live_explain_word(line, all[i].key));
	leaves_line(&e->out, line);
	if (json_object_get(line, "cost") != NULL)
		buf_printf(&e->out, "%-14s%" PRId64 ", %" PRId64 " hops\n",
		    "cost",
		    (int64_t)json_integer_value(json_object_get(line, "cost")),
		    (int64_t)json_integer_value(json_object_get(line, "hops")));
	list_line(&e->out, line, "next_hops", "next hops");
	list_line(&e->out, line, "alternates", "alternates");
	list_line(&e->out, line, "path", "path");
	candidates_write(&e->out, json_object_get(line, "candidates"));
	e->routed =
	    strcmp(result, "remote") == 0 || strcmp(result, "here") == 0;
}

/* As the published table says, which knows more than a document. */
static int
published_explain(const struct call *call, const char *address)
{
	struct buf request = { 0 }, answer = { 0 };
	struct explained e = { 0 };
	int status = request_make(call, address, &request);

	if (status == CALL_OK)
		status = client_read(call, (const char *)request.p, &answer);
	if (status == CALL_OK)
		status = client_each(&answer, explain_write, &e);
	if (status == CALL_OK) {
		show_flush(call->json ? &answer : &e.out);
		status = e.routed ? CALL_OK : CALL_NO;
	}
	buf_done(&request);
	buf_done(&answer);
	buf_done(&e.out);
	return status;
}

/* What only the whole net can tell: from elsewhere, or after a change. */
static bool
needs_net(const struct call *call)
{
	static const char *const options[] = { "from", "cut", "drain", "cost",
		"ways" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (call_has(call, options[i]))
			return true;
	return false;
}

int
live_explain(const struct call *call)
{
	struct subject subject;
	int status;

	if (needs_net(call))
		return plan_explain(call);
	status = subject_read(call->operands[0], &subject);
	for (size_t i = 0; status <= CALL_NO && i < subject.addresses.n; i++) {
		int is;

		if (!call->json && i > 0)
			puts("");
		is = published_explain(call, subject.addresses.v[i]);
		status = is > status ? is : status;
	}
	subject_done(&subject);
	return status;
}

/* The topology document of the live database: JSON in either case. */
int
live_export(const struct call *call)
{
	struct buf answer = { 0 };
	int status = client_read(call, "export", &answer);

	if (status == CALL_OK)
		show_flush(&answer);
	buf_done(&answer);
	return status;
}
