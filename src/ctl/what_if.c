#include "ctl/what_if.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/plan.h"

static void
server_take(void *ctx, const json_t *line)
{
	char **out = ctx;
	const char *name = json_string_value(json_object_get(line, "server"));

	if (name != NULL && *out == NULL)
		*out = mem_str(name);
}

/* What we are called; the caller's, or NULL after a complaint. */
static char *
own_name(const struct call *call, int *status)
{
	struct buf answer = { 0 };
	char *name = NULL;

	*status = client_read(call, "status", &answer);
	if (*status == CALL_OK)
		*status = client_each(&answer, server_take, &name);
	buf_done(&answer);
	return name;
}

/* The connector's name in the document begins so: NAME, NAME:BRIDGEHEAD or
 * NAME@SERVER (core/view/view.h). */
static bool
is_called(const struct document_connector *c, const char *name)
{
	size_t n = strlen(name);

	return strncmp(c->name, name, n) == 0 &&
	       (c->name[n] == '\0' || c->name[n] == ':' || c->name[n] == '@');
}

static void
way_drop(const struct document *doc, struct document_connector *c,
    const char *bridgehead)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->to.n; i++)
		if (strcmp(doc->servers.v[c->to.v[i]].name, bridgehead) != 0)
			c->to.v[kept++] = c->to.v[i];
	c->to.n = kept;
}

static void
connector_change(const struct document *doc, struct document_connector *c,
    const struct what_if *change)
{
	if (change->cost != NULL)
		c->cost = (uint32_t)strtoul(change->cost, NULL, 10);
	else if (change->bridgehead != NULL)
		way_drop(doc, c, change->bridgehead);
	else
		c->cut = true;
}

struct changing {
	const struct what_if *change;
	const char *self;
};

/* For plan_open.c. */
static void
document_change(void *ctx, struct document *doc)
{
	const struct changing *changing = ctx;
	const struct what_if *change = changing->change;
	uint32_t self = document_server(doc, changing->self);

	if (change->connector == NULL && self != UINT32_MAX)
		doc->servers.v[self].state = DOCUMENT_DRAIN;
	for (size_t i = 0; change->connector != NULL && i < doc->connectors.n;
	     i++) {
		struct document_connector *c = &doc->connectors.v[i];

		if (c->server == self && is_called(c, change->connector))
			connector_change(doc, c, change);
	}
}

int
what_if(const struct call *call, const struct what_if *change)
{
	struct changing changing = { .change = change };
	struct call asked = { .verb = call->verb,
		.json = call->json,
		.socket = call->socket,
		.config = call->config };
	int status;
	char *self = own_name(call, &status);

	if (status == CALL_OK && self == NULL)
		status = CALL_DOWN;
	changing.self = self;
	if (status == CALL_OK)
		status = plan_compare(&asked,
		    &(struct plan_change){ document_change, &changing });
	mem_free(self);
	return status;
}
