#include "ctl/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/find.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "ctl/document_read.h"

void
document_free(struct document *doc)
{
	if (doc == NULL)
		return;
	for (size_t i = 0; i < doc->connectors.n; i++) {
		vec_done(&doc->connectors.v[i].to);
		policy_done(&doc->connectors.v[i].policy);
	}
	vec_done(&doc->servers);
	vec_done(&doc->connectors);
	vec_done(&doc->claims);
	json_decref(doc->root);
	mem_free(doc);
}

const char *
document_state_word(enum document_state state)
{
	static const char *const words[] = { "up", "starting", "drain",
		"down" };

	return words[state];
}

static json_t *
parse(const char *path, struct buf *complaints)
{
	json_error_t error;
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	json_t *root;

	if (file == NULL) {
		buf_printf(complaints, "%s\n", strerror(errno));
		return NULL;
	}
	root = json_loadf(file, 0, &error);
	if (root == NULL && ferror(file))
		buf_printf(complaints, "cannot be read\n");
	else if (root == NULL)
		buf_printf(complaints, "line %d, column %d: not JSON: %s\n",
		    error.line, error.column, error.text);
	if (file != stdin)
		fclose(file);
	return root;
}

/* Takes the tree over. */
static int
document_of(json_t *root, struct document **out, struct buf *complaints)
{
	struct document *doc;

	*out = NULL;
	if (root == NULL)
		return RC_FORMAT;
	doc = mem_new(sizeof(*doc), 0, 0);
	doc->root = root;
	if (document_read(doc, complaints) != RC_OK) {
		document_free(doc);
		return RC_FORMAT;
	}
	*out = doc;
	return RC_OK;
}

int
document_load(const char *path, struct document **out, struct buf *complaints)
{
	return document_of(parse(path, complaints), out, complaints);
}

int
document_decode(
    const char *octets, size_t n, struct document **out, struct buf *complaints)
{
	json_t *root = json_loadb(octets, n, 0, NULL);

	if (root == NULL)
		buf_text(complaints, "not JSON\n");
	return document_of(root, out, complaints);
}

uint32_t
document_server(const struct document *doc, const char *name)
{
	size_t at = find_text(
	    FIND_LIST(document_server, name, doc->servers.v, doc->servers.n),
	    name);

	return at == FIND_NONE ? UINT32_MAX : (uint32_t)at;
}

uint32_t
document_connector(const struct document *doc, const char *name)
{
	size_t at = find_text(FIND_LIST(document_connector, name,
				  doc->connectors.v, doc->connectors.n),
	    name);

	return at == FIND_NONE ? UINT32_MAX : (uint32_t)at;
}

/* A part for each group of two or more that are present. */
static void
parts_make(const struct document *doc, struct net *net)
{
	uint32_t *members = mem_new(0, doc->ngroups + 1, sizeof(*members));
	uint32_t *part = mem_new(0, doc->ngroups + 1, sizeof(*part));
	uint32_t n = (uint32_t)net->servers.n;

	for (uint32_t i = 0; i < n; i++)
		members[net->servers.v[i].group] += net->servers.v[i].present;
	for (uint32_t g = 0; g < doc->ngroups; g++)
		if (members[g] > 1)
			part[g] = n + net->parts++;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t g = net->servers.v[i].group;
		struct net_step there = { i, part[g], 0, 1, NULL };
		struct net_step back = { part[g], i, 0, 0, NULL };

		if (!net->servers.v[i].present || members[g] < 2)
			continue;
		vec_push(&net->steps, there);
		vec_push(&net->steps, back);
	}
	mem_free(members);
	mem_free(part);
}

void
document_net(const struct document *doc, struct net *net)
{
	*net = (struct net){ 0 };
	for (size_t i = 0; i < doc->servers.n; i++) {
		const struct document_server *s = &doc->servers.v[i];
		struct net_server server = { s->name, s->group_number,
			s->state != DOCUMENT_DOWN, s->state == DOCUMENT_UP };

		vec_push(&net->servers, server);
	}
	parts_make(doc, net);
	for (size_t i = 0; i < doc->connectors.n; i++) {
		const struct document_connector *c = &doc->connectors.v[i];

		if (c->cut || c->state != DOCUMENT_UP)
			continue;
		for (size_t k = 0; k < c->to.n; k++) {
			struct net_step step = { c->server, c->to.v[k], c->cost,
				1, &c->policy };

			if (step.from != step.to)
				vec_push(&net->steps, step);
		}
	}
	for (size_t i = 0; i < doc->claims.n; i++)
		vec_push(&net->claims, doc->claims.v[i].is);
}

/* The shortest text that reads back as the same number. */
static void
write_number(struct buf *out, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	buf_text(out, text);
}

static void
document_write_servers(const struct document *doc, struct json *j)
{
	json_open(j, "servers", '[');
	for (size_t i = 0; i < doc->servers.n; i++) {
		const struct document_server *s = &doc->servers.v[i];

		json_open(j, NULL, '{');
		json_str(j, "name", s->name);
		json_str(j, "routing_group", s->group);
		if (s->has_position) {
			json_open(j, "position", '[');
			write_number(j->out, s->position[0]);
			buf_text(j->out, ",");
			write_number(j->out, s->position[1]);
			json_close(j, ']');
		}
		json_str(j, "state", document_state_word(s->state));
		if (s->away)
			json_bool(j, "away", true);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_connectors(const struct document *doc, struct json *j)
{
	json_open(j, "connectors", '[');
	for (size_t i = 0; i < doc->connectors.n; i++) {
		const struct document_connector *c = &doc->connectors.v[i];

		json_open(j, NULL, '{');
		json_str(j, "name", c->name);
		json_str(j, "server", doc->servers.v[c->server].name);
		json_open(j, "to", '[');
		for (size_t k = 0; k < c->to.n; k++)
			json_str(j, NULL, doc->servers.v[c->to.v[k]].name);
		json_close(j, ']');
		if (c->any != NULL) {
			json_str(j, "bridgehead", "any");
			json_str(j, "routing_group", c->any);
		}
		json_uint(j, "cost", c->cost);
		json_str(j, "state", document_state_word(c->state));
		policy_tell(j, &c->policy);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_claims(const struct document *doc, struct json *j)
{
	json_open(j, "address_spaces", '[');
	for (size_t i = 0; i < doc->claims.n; i++) {
		const struct net_claim *c = &doc->claims.v[i].is;

		json_open(j, NULL, '{');
		json_str(j, "pattern", c->pattern);
		json_str(j, "server", doc->servers.v[c->server].name);
		json_uint(j, "cost", c->cost);
		if (c->local)
			json_str(j, "scope", "routing-group");
		if (c->fallback)
			json_bool(j, "fallback", true);
		if (c->relay)
			json_bool(j, "relay", true);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
document_write(const struct document *doc, struct buf *out)
{
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	json_str(&j, "format", DOCUMENT_FORMAT);
	json_str(&j, "organization", doc->organization);
	document_write_servers(doc, &j);
	write_connectors(doc, &j);
	write_claims(doc, &j);
	json_close(&j, '}');
	json_line(&j);
}
