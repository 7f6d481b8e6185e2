/*
 * export_forms.c - one function for each form. What is quoted how:
 *
 *     NetJSON    names are JSON strings
 *     DOT        a plain name is its node's; any other is #N, and its label
 *                has the name, in which \, " and & have escapes of their own
 *     GraphML    a plain name is its node's id; any other is :N; the name is
 *                data in any case
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ctl/export.h"
#include "ctl/markup.h"

/* --- NetJSON ------------------------------------------------------------------- */

/* A group's name may be a server's, too. */
static void
netjson_id(
    const struct export *x, uint32_t node, const char *key, struct json *j)
{
	struct buf id = { 0 };
	char *text;

	if (x->nodes.v[node].server == NULL)
		buf_text(&id, "routing-group:");
	buf_text(&id, x->nodes.v[node].name);
	text = buf_string(&id);
	json_str(j, key, text);
	mem_free(text);
}

static void
netjson_node(const struct export *x, uint32_t i, struct json *j)
{
	const struct export_node *node = &x->nodes.v[i];

	json_open(j, NULL, '{');
	netjson_id(x, i, "id", j);
	json_str(j, "label", node->name);
	json_open(j, "properties", '{');
	json_str(j, "kind", node->server == NULL ? "routing-group" : "server");
	if (node->server != NULL) {
		json_str(j, "routing_group", node->group);
		json_str(j, "state", document_state_word(node->server->state));
		export_patterns(x, i, "patterns", j);
	}
	json_close(j, '}');
	json_close(j, '}');
}

void
export_netjson(const struct export *x, struct buf *out)
{
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	json_str(&j, "type", "NetworkGraph");
	json_str(&j, "protocol", "lsrd");
	json_str(&j, "version", PACKAGE_VERSION);
	json_str(&j, "metric", "cost");
	json_str(&j, "label", x->doc->organization);
	json_open(&j, "nodes", '[');
	for (uint32_t i = 0; i < x->nodes.n; i++)
		netjson_node(x, i, &j);
	json_close(&j, ']');
	json_open(&j, "links", '[');
	for (size_t i = 0; i < x->edges.n; i++) {
		const struct export_edge *e = &x->edges.v[i];

		json_open(&j, NULL, '{');
		netjson_id(x, e->from, "source", &j);
		netjson_id(x, e->to, "target", &j);
		json_uint(&j, "cost", e->cost);
		json_open(&j, "properties", '{');
		if (e->connector != NULL)
			json_str(&j, "connector", e->connector);
		json_str(&j, "state", e->state);
		json_close(&j, '}');
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	json_line(&j);
}

/* --- DOT ----------------------------------------------------------------------- */

/* Inside the quotes of a label: a backslash begins an escape there, an
 * ampersand an entity, and a quotation mark ends it. */
static void
dot_text(struct buf *out, const char *text)
{
	while (*text != '\0') {
		uint32_t c;
		size_t n = utf8_read(text, &c);

		if (c == '\\')
			buf_text(out, "\\\\");
		else if (c == '"')
			buf_text(out, "\\\"");
		else if (c == '&')
			buf_text(out, "&amp;");
		else if (c < ' ' || c == 0x7f || c == UTF8_NONE)
			buf_text(out, "\xef\xbf\xbd"); /* U+FFFD */
		else
			buf_bytes(out, text, n);
		text += n;
	}
}

static void
dot_id(const struct export *x, uint32_t node, struct buf *out)
{
	const struct export_node *is = &x->nodes.v[node];

	if (is->server != NULL && export_is_plain(is->name))
		buf_printf(out, "\"%s\"", is->name);
	else
		buf_printf(out, "\"#%" PRIu32 "\"", node);
}

static void
dot_node(const struct export *x, uint32_t i, struct buf *out)
{
	const struct export_node *node = &x->nodes.v[i];

	buf_text(out, "\t\t");
	dot_id(x, i, out);
	buf_text(out, " [label=\"");
	dot_text(out, node->name);
	buf_text(out, "\"");
	if (node->server == NULL)
		buf_text(out, ", shape=point");
	else if (node->server->state == DOCUMENT_DOWN)
		buf_text(out, ", color=gray, fontcolor=gray");
	else if (node->server->state != DOCUMENT_UP)
		buf_text(out, ", style=dashed");
	if (node->server != NULL && node->server->has_position)
		buf_printf(out, ", pos=\"%.6f,%.6f!\"",
		    node->server->position[0], node->server->position[1]);
	buf_text(out, "];\n");
}

/* A frame round each routing group. */
static void
dot_groups(const struct export *x, struct buf *out)
{
	const struct document *doc = x->doc;
	VEC(uint32_t) *of = mem_new(0, (size_t)doc->ngroups + 1, sizeof(*of));

	for (uint32_t i = 0; i < doc->servers.n; i++)
		vec_push(&of[doc->servers.v[i].group_number], i);
	for (uint32_t g = 0; g < doc->ngroups; g++) {
		buf_printf(out, "\tsubgraph \"cluster_%" PRIu32 "\" {\n", g);
		buf_text(out, "\t\tlabel=\"");
		dot_text(out, doc->servers.v[of[g].v[0]].group);
		buf_text(out, "\";\n");
		for (size_t i = 0; i < of[g].n; i++)
			dot_node(x, of[g].v[i], out);
		buf_text(out, "\t}\n");
		vec_done(&of[g]);
	}
	for (uint32_t i = (uint32_t)doc->servers.n; i < x->nodes.n; i++)
		dot_node(x, i, out);
	mem_free(of);
}

void
export_dot(const struct export *x, struct buf *out)
{
	buf_text(out, "digraph {\n\tlabel=\"");
	dot_text(out, x->doc->organization);
	buf_text(out, "\";\n");
	dot_groups(x, out);
	for (size_t i = 0; i < x->edges.n; i++) {
		const struct export_edge *e = &x->edges.v[i];

		buf_text(out, "\t");
		dot_id(x, e->from, out);
		buf_text(out, " -> ");
		dot_id(x, e->to, out);
		buf_text(out, " [label=\"");
		if (e->connector != NULL) {
			dot_text(out, e->connector);
			buf_printf(out, " (%" PRIu32 ")", e->cost);
		}
		buf_printf(out, "\"%s];\n",
		    e->connector == NULL             ? ", style=dotted"
		    : strcmp(e->state, "down") == 0  ? ", color=gray"
		    : strcmp(e->state, "drain") == 0 ? ", style=dashed"
						     : "");
	}
	buf_text(out, "}\n");
}

/* --- GraphML ------------------------------------------------------------------- */

static void
graphml_id(const struct export *x, uint32_t node, struct buf *out)
{
	const struct export_node *is = &x->nodes.v[node];

	if (is->server != NULL && export_is_plain(is->name))
		buf_printf(out, "\"%s\"", is->name);
	else
		buf_printf(out, "\":%" PRIu32 "\"", node);
}

static void
graphml_data(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "<data key=\"%s\">", key);
	markup_exact(out, text);
	buf_text(out, "</data>");
}

static void
graphml_node(const struct export *x, uint32_t i, struct buf *out)
{
	const struct export_node *node = &x->nodes.v[i];
	struct buf patterns = { 0 };
	struct json j = { .out = &patterns };
	char *text;

	buf_text(out, "<node id=");
	graphml_id(x, i, out);
	buf_text(out, ">");
	graphml_data(out, "name", node->name);
	if (node->server != NULL) {
		export_patterns(x, i, NULL, &j);
		text = buf_string(&patterns);
		graphml_data(out, "routing_group", node->group);
		graphml_data(
		    out, "state", document_state_word(node->server->state));
		graphml_data(out, "patterns", text);
		mem_free(text);
	}
	if (node->server != NULL && node->server->has_position)
		buf_printf(out,
		    "<data key=\"longitude\">%.6f</data>"
		    "<data key=\"latitude\">%.6f</data>",
		    node->server->position[0], node->server->position[1]);
	buf_text(out, "</node>\n");
}

static void
graphml_head(const struct export *x, struct buf *out)
{
	static const struct {
		const char *id, *of, *type;
	} keys[] = {
		{ "organization", "graph", "string" },
		{ "name", "node", "string" },
		{ "routing_group", "node", "string" },
		{ "state", "node", "string" },
		{ "patterns", "node", "string" },
		{ "longitude", "node", "double" },
		{ "latitude", "node", "double" },
		{ "connector", "edge", "string" },
		{ "cost", "edge", "long" },
		{ "edge_state", "edge", "string" },
	};

	buf_text(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		buf_printf(out,
		    "<key id=\"%s\" for=\"%s\" attr.name=\"%s\" "
		    "attr.type=\"%s\"/>\n",
		    keys[i].id, keys[i].of, keys[i].id, keys[i].type);
	buf_text(out, "<graph id=\"lsrd\" edgedefault=\"directed\">");
	graphml_data(out, "organization", x->doc->organization);
	buf_text(out, "\n");
}

void
export_graphml(const struct export *x, struct buf *out)
{
	graphml_head(x, out);
	for (uint32_t i = 0; i < x->nodes.n; i++)
		graphml_node(x, i, out);
	for (size_t i = 0; i < x->edges.n; i++) {
		const struct export_edge *e = &x->edges.v[i];

		buf_printf(out, "<edge id=\"e%zu\" source=", i);
		graphml_id(x, e->from, out);
		buf_text(out, " target=");
		graphml_id(x, e->to, out);
		buf_text(out, ">");
		if (e->connector != NULL)
			graphml_data(out, "connector", e->connector);
		buf_printf(
		    out, "<data key=\"cost\">%" PRIu32 "</data>", e->cost);
		graphml_data(out, "edge_state", e->state);
		buf_text(out, "</edge>\n");
	}
	buf_text(out, "</graph>\n</graphml>\n");
}
