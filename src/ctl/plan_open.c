#include "ctl/plan_open.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/show.h"
#include "ctl/value.h"

static int
plan_open_load(const struct call *call, struct document **doc)
{
	struct buf complaints = { 0 };
	int rc = document_load(call->topology, doc, &complaints);
	char *text = buf_string(&complaints);

	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		call_usage("%s: %s", call->topology, line);
	mem_free(text);
	return rc == RC_OK ? CALL_OK : CALL_USAGE;
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
		const char *is = strrchr(value, '=');

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
	document_net(plan->doc, &plan->net);
	return CALL_OK;
}

int
plan_open_from(const struct call *call, struct plan *plan, uint32_t *from)
{
	const char *name = call_option(call, "from");
	int status;

	if (name == NULL)
		return call_usage(
		    "%s: --from SERVER is missing", call->verb->name);
	status = plan_open(call, plan);
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
