#include "ctl/trace.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/paths/explain.h"
#include "ctl/grid.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"
#include "ctl/subject.h"

#define TRACE_MOST 40 /* hops, as in the published table (lsrd(8)) */

struct trace {
	struct plan plan;
	const char *address;
	bool json;
	struct grid grid;
	char why[ROUTES_WHY]; /* of a hold where it ends */
};

static const char *
trace_name(const struct trace *t, uint32_t server)
{
	return t->plan.net.servers.v[server].name;
}

static void
trace_json(struct trace *t, uint32_t at, const struct explain *e)
{
	struct json j = { .out = &t->plan.out };

	json_open(&j, NULL, '{');
	json_str(&j, "address", t->address);
	json_str(&j, "server", trace_name(t, at));
	json_str(&j, "result", explain_result_word(e->result));
	if (e->pattern != NULL)
		json_str(&j, "pattern", e->pattern);
	if (e->result <= EXPLAIN_HERE) {
		json_uint(&j, "cost", graph_cost(e->route.metric));
		json_uint(&j, "hops", graph_hops(e->route.metric));
	}
	json_open(&j, "next_hops", '[');
	for (size_t i = 0; i < e->route.hops.n; i++)
		json_str(&j, NULL, trace_name(t, e->route.hops.v[i]));
	json_close(&j, ']');
	if (e->result == EXPLAIN_HOLD)
		json_str(&j, "unreachable", e->why);
	json_close(&j, '}');
	json_line(&j);
}

static void
trace_row(struct trace *t, uint32_t at, const struct explain *e)
{
	struct buf hops = { 0 };
	char *text;

	grid_cell(&t->grid, trace_name(t, at));
	grid_cell(&t->grid, e->pattern == NULL ? "-" : e->pattern);
	if (e->result <= EXPLAIN_HERE) {
		grid_printf(&t->grid, "%" PRIu64,
		    (uint64_t)graph_cost(e->route.metric));
		grid_printf(&t->grid, "%u", graph_hops(e->route.metric));
	} else {
		grid_cell(&t->grid, "-");
		grid_cell(&t->grid, "-");
	}
	for (size_t i = 0; i < e->route.hops.n; i++)
		buf_printf(&hops, "%s%s", i == 0 ? "to " : ", or ",
		    trace_name(t, e->route.hops.v[i]));
	if (e->result != EXPLAIN_REMOTE)
		buf_text(&hops, explain_result_word(e->result));
	if (e->result == EXPLAIN_HOLD)
		memcpy(t->why, e->why, sizeof(t->why));
	text = buf_string(&hops);
	grid_cell(&t->grid, text);
	mem_free(text);
}

/* What this server does with it; the server that has it next, or none. */
static uint32_t
trace_step(struct trace *t, uint32_t at, enum explain_result *result)
{
	struct explain_question q = { .from = at, .address = t->address };
	uint32_t next = UINT32_MAX;
	struct explain e;

	q.message.time = -1;
	explain_run(&e, &t->plan.net, &q);
	*result = e.result;
	if (e.result == EXPLAIN_REMOTE && e.route.hops.n > 0)
		next = e.route.hops.v[0];
	if (t->json)
		trace_json(t, at, &e);
	else
		trace_row(t, at, &e);
	explain_done(&e);
	return next;
}

static int
trace_from(struct trace *t, uint32_t at)
{
	static const char *const head[] = { "AT", "PATTERN", "COST", "HOPS",
		"GOES", NULL };
	enum explain_result result = EXPLAIN_REMOTE;

	if (!t->json)
		grid_init(&t->grid, head);
	for (unsigned i = 0; i <= TRACE_MOST && at != UINT32_MAX; i++)
		at = trace_step(t, at, &result);
	if (!t->json)
		grid_write(&t->grid, grid_terminal(), &t->plan.out);
	if (result == EXPLAIN_HOLD && !t->json)
		show_text(&t->plan.out, "because", t->why);
	show_flush(&t->plan.out);
	return result == EXPLAIN_HERE ? CALL_OK : CALL_NO;
}

int
trace_run(const struct call *call)
{
	struct trace t = { .json = call->json };
	const char *message = call_option(call, "message");
	struct subject subject;
	uint32_t from;
	int status;

	if (message != NULL)
		return call->noperands > 0 || call->ngiven > 1 ||
		               call->topology != NULL
		           ? call_usage("trace --message FILE: nothing else "
					"goes with it")
		           : trace_message(call, message);
	if (call->noperands == 0)
		return call_usage("trace: ADDRESS is missing");
	status = subject_read(call->operands[0], &subject);
	if (status == CALL_OK)
		status = plan_open_from(call, &t.plan, &from);
	if (status != CALL_OK) {
		subject_done(&subject);
		return status;
	}
	for (size_t i = 0; i < subject.addresses.n; i++) {
		int is;

		t.address = subject.addresses.v[i];
		if (!t.json && subject.addresses.n > 1)
			buf_printf(&t.plan.out, "%s%s\n", i > 0 ? "\n" : "",
			    t.address);
		is = trace_from(&t, from);
		status = is > status ? is : status;
	}
	plan_done(&t.plan);
	subject_done(&subject);
	return status;
}
