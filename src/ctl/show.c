#include "ctl/show.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

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

/* Returns how many columns it took. */
static size_t
show_put(struct buf *out, const char *text)
{
	size_t n = 0;

	for (; text[n] != '\0'; n++)
		buf_u8(
		    out, (uint8_t)(text[n] < 0x20 || text[n] > 0x7e ? '?'
								    : text[n]));
	return n;
}

static void
show_fill(struct buf *out, size_t at, size_t column)
{
	for (; at < column; at++)
		buf_u8(out, ' ');
}

void
show_words(
    struct buf *out, const char *label, const char *const *words, size_t n)
{
	size_t column = 2;

	buf_text(out, "  ");
	column += show_put(out, label);
	show_fill(out, column, INDENT);
	column = column < INDENT ? INDENT : column;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]) + (i + 1 < n);

		if (column > INDENT && column + 1 + len > SHOW_COLUMNS) {
			buf_text(out, "\n");
			show_fill(out, 0, INDENT);
			column = INDENT;
		} else if (i > 0) {
			buf_text(out, " ");
			column++;
		}
		show_put(out, words[i]);
		if (i + 1 < n)
			buf_text(out, ",");
		column += len;
	}
	buf_text(out, "\n");
}

static void
show_servers(struct buf *out, const char *label, const struct net *net,
    const uint32_t *servers, size_t n)
{
	const char **names = mem_new(0, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = show_name_of(net, servers[i]);
	show_words(out, label, names, n);
	mem_free(names);
}

static void
show_word(struct buf *out, const char *label, const char *word)
{
	show_words(out, label, &word, 1);
}

void
show_text(struct buf *out, const char *label, const char *text)
{
	size_t room = SHOW_COLUMNS - INDENT;

	while (strlen(text) > room) {
		size_t n = room;
		char line[SHOW_COLUMNS];

		while (n > 0 && text[n] != ' ')
			n--;
		if (n == 0)
			break;
		memcpy(line, text, n);
		line[n] = '\0';
		show_word(out, label, line);
		label = "";
		text += n + 1;
	}
	show_word(out, label, text);
}

/* A name, a word if there is one, and a metric at the right edge. */
struct row {
	const char *name, *word, *cost, *hops;
};

#define WORD_COLUMN 44
#define METRIC_COLUMN 58

static void
show_row(struct buf *out, const struct row *row)
{
	size_t room = row->word != NULL ? WORD_COLUMN : METRIC_COLUMN;
	size_t n = show_put(out, row->name);

	if (n >= room) {
		buf_text(out, "\n");
		n = 0;
	}
	show_fill(out, n, room);
	if (row->word != NULL)
		show_fill(out, room + show_put(out, row->word), METRIC_COLUMN);
	buf_printf(out, "%14s%8s\n", row->cost, row->hops);
}

static void
show_metric_row(
    struct buf *out, const char *name, const char *word, uint64_t metric)
{
	char cost[24] = "-", hops[24] = "-";
	struct row row = { name, word, cost, hops };

	if (metric != GRAPH_NONE) {
		snprintf(cost, sizeof(cost), "%llu",
		    (unsigned long long)graph_cost(metric));
		snprintf(hops, sizeof(hops), "%u", graph_hops(metric));
	}
	show_row(out, &row);
}

void
show_routes_head(struct buf *out)
{
	static const struct row head = { "PATTERN", NULL, "COST", "HOPS" };

	show_row(out, &head);
}

static void
show_ways(
    struct buf *out, const struct net *net, const struct routes_one *route)
{
	show_servers(out, "next hops", net, route->hops.v, route->hops.n);
	if (route->alternates.n > 0)
		show_servers(out, "alternates", net, route->alternates.v,
		    route->alternates.n);
	show_servers(out, "path", net, route->path.v, route->path.n);
}

void
show_route_table(struct buf *out, const struct show_route *r)
{
	const struct routes_one *route = r->route;

	show_metric_row(out, r->pattern, NULL, route->metric);
	if (route->kind == ROUTES_NONE) {
		show_text(out, "unreachable", r->why);
		return;
	}
	show_word(out, route->kind == ROUTES_HERE ? "here" : "server",
	    show_name_of(r->net, route->server));
	if (route->kind == ROUTES_REMOTE)
		show_ways(out, r->net, route);
}

static void
show_side(struct buf *out, const char *label, const struct show_route *r)
{
	char text[80];

	if (r->route->kind == ROUTES_NONE) {
		char *why = NULL;
		struct buf b = { 0 };

		buf_printf(&b, "unreachable: %s", r->why);
		why = buf_string(&b);
		show_text(out, label, why);
		mem_free(why);
		return;
	}
	snprintf(text, sizeof(text), "%scost %llu, hops %u%s",
	    r->route->kind == ROUTES_HERE ? "here, " : "",
	    (unsigned long long)graph_cost(r->route->metric),
	    graph_hops(r->route->metric),
	    r->route->kind == ROUTES_HERE ? "" : ", by");
	show_text(out, label, text);
	if (r->route->kind == ROUTES_REMOTE)
		show_servers(
		    out, "", r->net, r->route->hops.v, r->route->hops.n);
}

void
show_move_table(struct buf *out, const struct show_move *m, bool first)
{
	if (first) {
		buf_text(out, "from ");
		show_put(out, m->from);
		buf_text(out, "\n");
	}
	show_put(out, m->before.pattern);
	buf_text(out, "\n");
	show_side(out, "before", &m->before);
	show_side(out, "after", &m->after);
}

void
show_count_table(struct buf *out, const struct show_count *count)
{
	buf_printf(out,
	    "%llu servers, %llu routes: %llu moved, %llu unreachable\n",
	    (unsigned long long)count->servers,
	    (unsigned long long)count->routes, (unsigned long long)count->moved,
	    (unsigned long long)count->unreachable);
}

static void
show_candidates(struct buf *out, const struct show_explain *e)
{
	static const struct row head = { "CANDIDATE", "VERDICT", "COST",
		"HOPS" };
	const char *last = NULL;

	if (e->explain->candidates.n == 0)
		return;
	buf_text(out, "\n");
	show_row(out, &head);
	for (size_t i = 0; i < e->explain->candidates.n; i++) {
		const struct explain_candidate *c =
		    &e->explain->candidates.v[i];

		if (last == NULL || strcmp(last, c->claim->pattern) != 0) {
			show_put(out, c->claim->pattern);
			buf_text(out, ":\n");
		}
		last = c->claim->pattern;
		show_metric_row(out, show_name_of(e->net, c->claim->server),
		    explain_verdict_word(c->verdict), c->metric);
	}
}

void
show_explain_table(struct buf *out, const struct show_explain *e)
{
	const struct explain *x = e->explain;
	char metric[60];

	show_word(out, "address", e->address);
	show_word(out, "from", e->from);
	show_word(out, "result", explain_result_word(x->result));
	if (x->pattern != NULL)
		show_word(out, "pattern", x->pattern);
	if (x->result <= EXPLAIN_HERE) {
		show_word(out, "server", show_name_of(e->net, x->route.server));
		snprintf(metric, sizeof(metric), "%llu",
		    (unsigned long long)graph_cost(x->route.metric));
		show_word(out, "cost", metric);
		snprintf(
		    metric, sizeof(metric), "%u", graph_hops(x->route.metric));
		show_word(out, "hops", metric);
	}
	if (x->result == EXPLAIN_REMOTE)
		show_ways(out, e->net, &x->route);
	if (x->result == EXPLAIN_HOLD)
		show_text(out, "because", x->why);
	show_candidates(out, e);
	if (e->ways != NULL)
		ways_table(out, e->ways);
}

void
show_flush(struct buf *out)
{
	if (out->n > 0)
		fwrite(out->p, 1, out->n, stdout);
	buf_reset(out);
}
