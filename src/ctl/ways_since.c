/*
 * ways_since.c - since when a way is out, and why: what servers say of their
 * drains stands in the document, what this one found out in its own links.
 */

#include <string.h>

#include "base/mem.h"
#include "ctl/ways.h"

static const char *
since_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool
json_is_text(const json_t *object, const char *key, const char *text)
{
	const char *is = since_text(object, key);

	return is != NULL && strcmp(is, text) == 0;
}

static void
drain_take(struct ways_one *one, const json_t *drain)
{
	one->since = json_integer_value(json_object_get(drain, "since"));
	one->until = json_integer_value(json_object_get(drain, "until"));
	one->by = since_text(drain, "by");
	one->reason = since_text(drain, "reason");
}

/* Of a connector: of all of it, or of this bridgehead alone. */
static void
connector_drain(const struct document *doc, struct ways_one *one)
{
	uint32_t at = document_connector(doc, one->connector);
	const json_t *list, *drain;
	size_t i;

	if (at == UINT32_MAX)
		return;
	list = json_array_get(
	    json_object_get(doc->root, "connectors"), doc->connectors.v[at].at);
	json_array_foreach(json_object_get(list, "drained"), i, drain)
	{
		const char *whose = since_text(drain, "server");

		if (whose == NULL || strcmp(whose, one->neighbour) == 0)
			drain_take(one, drain);
	}
}

/* Of the neighbour itself, which gives no transit. */
static void
server_drain(const struct document *doc, struct ways_one *one)
{
	uint32_t at = document_server(doc, one->neighbour);
	const json_t *s;

	if (at == UINT32_MAX || doc->servers.v[at].state != DOCUMENT_DRAIN)
		return;
	s = json_array_get(
	    json_object_get(doc->root, "servers"), doc->servers.v[at].at);
	one->since = json_integer_value(json_object_get(s, "drain_since"));
	one->until = json_integer_value(json_object_get(s, "drain_until"));
	one->by = since_text(s, "drain_by");
	one->reason = since_text(s, "drain_reason");
}

/* In a document a connector is NAME, NAME:BRIDGEHEAD or NAME@SERVER. */
static bool
is_link_of(const struct ways_one *one, const json_t *link)
{
	const char *name = since_text(link, "connector");
	size_t n = name == NULL ? 0 : strlen(name);

	if (one->connector == NULL)
		return json_is_text(link, "use", "member") &&
		       json_is_text(link, "server", one->neighbour);
	return name != NULL && strncmp(one->connector, name, n) == 0 &&
	       (one->connector[n] == '\0' || one->connector[n] == ':' ||
		   one->connector[n] == '@') &&
	       json_is_text(link, "bridgehead", one->neighbour);
}

/* The last of its addresses to go is when all were gone. */
static void
link_take(const struct ways *ways, struct ways_one *one, const json_t *link)
{
	const json_t *error = json_object_get(link, "last_error");
	int64_t since = ways->now - (int64_t)json_integer_value(
					json_object_get(link, "since_s"));

	if (since <= one->since)
		return;
	one->since = since;
	one->reason = since_text(link, "reason");
	if (one->reason == NULL)
		one->reason = since_text(error, "said");
	if (one->reason == NULL)
		one->reason = since_text(error, "what");
}

static void
own_link(const struct ways *ways, struct ways_one *one)
{
	const json_t *link;
	size_t i, n = 0, down = 0;

	json_array_foreach(ways->links, i, link)
	{
		if (!is_link_of(one, link))
			continue;
		n++;
		down += json_is_text(link, "state", "down");
	}
	if (n == 0 || down < n)
		return;
	one->verdict = WAYS_CONNECTOR_OUT;
	one->why = "down";
	json_array_foreach(ways->links, i, link) if (is_link_of(one, link))
	    link_take(ways, one, link);
}

void
ways_since(
    const struct ways *ways, const struct document *doc, struct ways_one *one)
{
	bool cut = one->why != NULL && strcmp(one->why, "cut") == 0;

	if (cut)
		return; /* for this question alone */
	if (one->connector != NULL && one->why != NULL)
		connector_drain(doc, one);
	else
		server_drain(doc, one);
	own_link(ways, one);
}
