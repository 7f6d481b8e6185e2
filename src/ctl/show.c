#include "ctl/show.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "ctl/fold.h"

/* Where what follows a label begins. */
#define INDENT 14

static const char *
show_name_of(const struct net *net, uint32_t server)
{
	return net->servers.v[server].name;
}

static void
names_json(struct json *j, const char *key, const struct net *net,
    const uint32_t *servers, size_t n)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < n; i++)
		json_str(j, NULL, show_name_of(net, servers[i]));
	json_close(j, ']');
}

static void
metric_json(struct json *j, uint64_t metric)
{
	json_uint(j, "cost", graph_cost(metric));
	json_uint(j, "hops", graph_hops(metric));
}

void
show_route_json(struct buf *out, const struct show_route *r)
{
	const struct routes_one *route = r->route;
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	json_str(&j, "pattern", r->pattern);
	if (route->kind == ROUTES_HERE)
		json_bool(&j, "here", true);
	if (route->kind == ROUTES_NONE) {
		json_str(&j, "unreachable", r->why);
	} else {
		json_str(&j, "server", show_name_of(r->net, route->server));
		metric_json(&j, route->metric);
	}
	if (route->kind == ROUTES_REMOTE) {
		names_json(
		    &j, "next_hops", r->net, route->hops.v, route->hops.n);
		names_json(&j, "alternates", r->net, route->alternates.v,
		    route->alternates.n);
		names_json(&j, "path", r->net, route->path.v, route->path.n);
	}
	json_close(&j, '}');
	json_line(&j);
}

static void
side_json(struct json *j, const char *key, const struct show_route *r)
{
	json_open(j, key, '{');
	if (r->route->kind == ROUTES_NONE) {
		json_str(j, "unreachable", r->why);
	} else {
		if (r->route->kind == ROUTES_HERE)
			json_bool(j, "here", true);
		else
			names_json(j, "next_hops", r->net, r->route->hops.v,
			    r->route->hops.n);
		metric_json(j, r->route->metric);
	}
	json_close(j, '}');
}

void
show_move_json(struct buf *out, const struct show_move *m)
{
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	json_str(&j, "from", m->from);
	json_str(&j, "pattern", m->before.pattern);
	side_json(&j, "before", &m->before);
	side_json(&j, "after", &m->after);
	json_close(&j, '}');
	json_line(&j);
}

void
show_count_json(struct buf *out, const struct show_count *count)
{
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	json_uint(&j, "servers", count->servers);
	json_uint(&j, "routes", count->routes);
	json_uint(&j, "moved", count->moved);
	json_uint(&j, "unreachable", count->unreachable);
	json_close(&j, '}');
	json_line(&j);
}

void
show_explain_json(struct buf *out, const struct show_explain *e)
{
	const struct routes_one *route = &e->explain->route;
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	json_str(&j, "address", e->address);
	json_str(&j, "from", e->from);
	json_str(&j, "result", explain_result_word(e->explain->result));
	if (e->explain->pattern != NULL)
		json_str(&j, "pattern", e->explain->pattern);
	if (e->explain->result <= EXPLAIN_HERE) {
		json_str(&j, "server", show_name_of(e->net, route->server));
		metric_json(&j, route->metric);
	}
	if (e->explain->result == EXPLAIN_REMOTE) {
		names_json(
		    &j, "next_hops", e->net, route->hops.v, route->hops.n);
		names_json(&j, "alternates", e->net, route->alternates.v,
		    route->alternates.n);
		names_json(&j, "path", e->net, route->path.v, route->path.n);
	}
	if (e->explain->result == EXPLAIN_HOLD)
		json_str(&j, "unreachable", e->explain->why);
	json_open(&j, "candidates", '[');
	for (size_t i = 0; i < e->explain->candidates.n; i++) {
		const struct explain_candidate *c =
		    &e->explain->candidates.v[i];

		json_open(&j, NULL, '{');
		json_str(&j, "pattern", c->claim->pattern);
		json_str(&j, "server", show_name_of(e->net, c->claim->server));
		if (c->metric != GRAPH_NONE)
			metric_json(&j, c->metric);
		json_str(&j, "verdict", explain_verdict_word(c->verdict));
		json_close(&j, '}');
	}
	json_close(&j, ']');
	if (e->ways != NULL)
		ways_json(&j, e->ways);
	json_close(&j, '}');
	json_line(&j);
}

void
show_text(struct buf *out, const char *label, const char *text)
{
	struct buf b = { 0 };
	char *indented;

	buf_printf(&b, "  %s", label);
	indented = buf_string(&b);
	fold_labelled(out, indented, INDENT, text);
	mem_free(indented);
}

void
show_flush(struct buf *out)
{
	if (out->n > 0)
		fwrite(out->p, 1, out->n, stdout);
	buf_reset(out);
}
