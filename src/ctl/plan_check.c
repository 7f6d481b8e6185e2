/*
 * plan_check.c - `check` of a topology document: what it holds, and what in
 * it deserves a second look.
 */

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/paths/routes.h"
#include "ctl/plan.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"

struct check {
	struct plan plan;
	struct json json;
	bool as_json;
	size_t found;
};

static void
plan_check_find(struct check *c, const char *what, const char *name)
{
	c->found++;
	if (c->as_json) {
		json_open(&c->json, NULL, '{');
		json_str(&c->json, "what", what);
		json_str(&c->json, "name", name);
		json_close(&c->json, '}');
		json_line(&c->json);
	} else {
		show_text(&c->plan.out, what, name);
	}
}

/* Servers that present ones cannot all reach, or that reach nobody. */
static void
check_servers(struct check *c)
{
	const struct net *net = &c->plan.net;
	struct graph *g = graph_new(net, NULL, NULL);
	uint32_t present = 0;

	for (uint32_t i = 0; i < net->servers.n; i++)
		present += net->servers.v[i].present;
	for (uint32_t i = 0; i < net->servers.n; i++) {
		const char *name = net->servers.v[i].name;

		if (!net->servers.v[i].present)
			plan_check_find(c, "is down", name);
		else if (present > 1 && g->in.first[i] == g->in.end[i])
			plan_check_find(c, "no way in", name);
		else if (present > 1 && g->out.first[i] == g->out.end[i])
			plan_check_find(c, "no way out", name);
	}
	graph_free(g);
}

static void
check_connectors(struct check *c)
{
	const struct document *doc = c->plan.doc;

	for (size_t i = 0; i < doc->connectors.n; i++) {
		const struct document_connector *k = &doc->connectors.v[i];
		size_t away = 0;

		for (size_t t = 0; t < k->to.n; t++)
			away += k->to.v[t] != k->server;
		if (away == 0)
			plan_check_find(c, "leads nowhere", k->name);
	}
}

static void
check_patterns(struct check *c)
{
	const struct net *net = &c->plan.net;
	struct routes *a = routes_new(net, NULL);

	for (size_t p = 0; p < a->npatterns; p++) {
		bool present = false;

		for (uint32_t i = a->claims[p]; i < a->claims[p + 1]; i++)
			present =
			    present ||
			    net->servers.v[net->claims.v[i].server].present;
		if (!present)
			plan_check_find(c, "all down", routes_text(a, p));
	}
	routes_free(a);
}

int
plan_check(const struct call *call)
{
	struct check c = { .as_json = call->json };
	int status;

	if (call_has(call, "undo") || call_has(call, "nagios"))
		return call_usage(
		    "--undo and --nagios are of a server, not of a document");
	status = plan_open(call, &c.plan);
	if (status != CALL_OK)
		return status;
	c.json.out = &c.plan.out;
	check_servers(&c);
	check_connectors(&c);
	check_patterns(&c);
	if (call->json) {
		json_open(&c.json, NULL, '{');
		json_uint(&c.json, "servers", c.plan.doc->servers.n);
		json_uint(&c.json, "routing_groups", c.plan.doc->ngroups);
		json_uint(&c.json, "connectors", c.plan.doc->connectors.n);
		json_uint(&c.json, "address_spaces", c.plan.doc->claims.n);
		json_uint(&c.json, "found", c.found);
		json_close(&c.json, '}');
		json_line(&c.json);
	} else {
		buf_printf(&c.plan.out,
		    "%zu servers in %u routing groups, %zu connectors, "
		    "%zu address spaces: %zu found\n",
		    c.plan.doc->servers.n, c.plan.doc->ngroups,
		    c.plan.doc->connectors.n, c.plan.doc->claims.n, c.found);
	}
	plan_done(&c.plan);
	return c.found > 0 ? CALL_NO : CALL_OK;
}
