#include "ctl/plan_open.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/client.h"
#include "ctl/show.h"
#include "ctl/value.h"

/* What the daemon sees, as a document. */
static int
load_live(const struct call *call, struct document **doc, struct buf *said)
{
	struct buf answer = { 0 };
	int status = client_read(call, "export", &answer);

	if (status == CALL_OK && document_decode((const char *)answer.p,
				     answer.n, doc, said) != RC_OK)
		status = CALL_USAGE;
	buf_done(&answer);
	return status;
}

static int
plan_open_load(const struct call *call, struct document **doc)
{
	const char *what = call->topology;
	struct buf complaints = { 0 };
	int status;
	char *text;

	if (what == NULL)
		status = load_live(call, doc, &complaints);
	else
		status = document_load(what, doc, &complaints) == RC_OK
		             ? CALL_OK
		             : CALL_USAGE;
	text = buf_string(&complaints);
	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		call_usage("%s: %s",
		    what != NULL ? what : "the daemon's database", line);
	mem_free(text);
	return status;
}

static int
change_connector(
    struct document *doc, const char *name, size_t len, const char *cost)
{
	char *copy = mem_dup(name, len);
	uint32_t i = document_connector(doc, copy);
	uint64_t n = 0;
	int status = CALL_OK;

	if (i == UINT32_MAX)
		status = call_usage("no connector is called `%s`", copy);
	else if (cost == NULL)
		doc->connectors.v[i].cut = true;
	else if (!value_number(cost, 65535, &n))
		status = call_usage(
		    "--cost %s: must be an integer from 0 to 65535", name);
	else
		doc->connectors.v[i].cost = (uint32_t)n;
	mem_free(copy);
	return status;
}

static int
change_server(struct document *doc, const char *name)
{
	uint32_t i = document_server(doc, name);

	if (i == UINT32_MAX)
		return call_usage("no server is called `%s`", name);
	if (doc->servers.v[i].state != DOCUMENT_DOWN)
		doc->servers.v[i].state = DOCUMENT_DRAIN;
	return CALL_OK;
}

static int
plan_open_change(const struct call *call, struct document *doc)
{
	int status = CALL_OK;

	for (size_t i = 0; i < call->ngiven && status == CALL_OK; i++) {
		const char *name = call->given[i].name;
		const char *value = call->given[i].value;
		const char *is = value == NULL ? NULL : strrchr(value, '=');

		if (strcmp(name, "drain") == 0)
			status = change_server(doc, value);
		else if (strcmp(name, "cut") == 0)
			status =
			    change_connector(doc, value, strlen(value), NULL);
		else if (strcmp(name, "cost") == 0 && is == NULL)
			status =
			    call_usage("--cost %s: must be CONNECTOR=N", value);
		else if (strcmp(name, "cost") == 0)
			status = change_connector(
			    doc, value, (size_t)(is - value), is + 1);
	}
	return status;
}

void
plan_done(struct plan *plan)
{
	show_flush(&plan->out);
	buf_done(&plan->out);
	net_done(&plan->before);
	net_done(&plan->net);
	document_free(plan->doc);
}

int
plan_open(const struct call *call, struct plan *plan)
{
	return plan_open_changed(call, NULL, plan);
}

int
plan_open_changed(const struct call *call, const struct plan_change *change,
    struct plan *plan)
{
	int status;

	*plan = (struct plan){ 0 };
	status = plan_open_load(call, &plan->doc);
	if (status != CALL_OK)
		return status;
	document_net(plan->doc, &plan->before);
	status = plan_open_change(call, plan->doc);
	if (status != CALL_OK) {
		plan_done(plan);
		return status;
	}
	if (change != NULL)
		change->make(change->ctx, plan->doc);
	document_find(plan->doc);
	document_net(plan->doc, &plan->net);
	return CALL_OK;
}

static void
name_take(void *ctx, const json_t *line)
{
	char **name = ctx;

	if (*name == NULL)
		*name =
		    mem_str(json_string_value(json_object_get(line, "server")));
}

/* The server that is asked: the daemon's own, unless another is named. The
 * caller's; NULL after a complaint, with *status. */
static char *
from_name(const struct call *call, int *status)
{
	const char *given = call_option(call, "from");
	struct buf answer = { 0 };
	char *name = mem_str(given);

	*status = CALL_OK;
	if (given == NULL && call->topology != NULL) {
		*status = call_usage(
		    "%s: --from SERVER is missing", call->verb->name);
	} else if (given == NULL) {
		*status = client_read(call, "status", &answer);
		if (*status == CALL_OK)
			*status = client_each(&answer, name_take, &name);
	}
	buf_done(&answer);
	return name;
}

static int
plan_open_named(const struct call *call, struct plan *plan, const char *name,
    uint32_t *from)
{
	int status = plan_open(call, plan);

	if (status != CALL_OK)
		return status;
	*from = document_server(plan->doc, name);
	if (*from == UINT32_MAX)
		status = call_usage("no server is called `%s`", name);
	else if (!plan->net.servers.v[*from].present)
		status = call_usage("--from %s: is down", name);
	if (status != CALL_OK)
		plan_done(plan);
	return status;
}

int
plan_open_from(const struct call *call, struct plan *plan, uint32_t *from)
{
	int status;
	char *name = from_name(call, &status);

	if (status == CALL_OK && name == NULL)
		status = call_usage("the daemon does not say its name");
	if (status == CALL_OK)
		status = plan_open_named(call, plan, name, from);
	mem_free(name);
	return status;
}

void
plan_table(
    struct plan *plan, int (*table)(const struct buf *lines, struct buf *out))
{
	struct buf lines = plan->out;

	plan->out = (struct buf){ 0 };
	table(&lines, &plan->out);
	buf_done(&lines);
}
