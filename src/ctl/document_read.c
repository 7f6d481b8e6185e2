#include "ctl/document_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/rc.h"

#define FAULTS_MOST 20
#define COST_MOST 65535

struct reader {
	struct document *doc;
	struct buf *complaints;
	size_t faults;
	/* The object at hand, list[index]; list is NULL for the root. */
	const char *list;
	size_t index;
	json_t *object;
};

/* A complaint about a key of the object at hand; `key` may be NULL. */
__attribute__((format(printf, 3, 4))) static void
fault(struct reader *r, const char *key, const char *fmt, ...)
{
	char text[400];
	va_list args;

	r->faults++;
	if (r->faults > FAULTS_MOST)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (r->list != NULL)
		buf_printf(r->complaints, "%s[%zu]", r->list, r->index);
	if (r->list != NULL && key != NULL)
		buf_text(r->complaints, ".");
	buf_printf(r->complaints, "%s: %s\n", key != NULL ? key : "", text);
}

/* A string that must be there and not be empty, or NULL. */
static const char *
need_text(struct reader *r, const char *key)
{
	json_t *value = json_object_get(r->object, key);

	if (value == NULL)
		fault(r, key, "is missing");
	else if (!json_is_string(value))
		fault(r, key, "must be a string");
	else if (json_string_length(value) == 0)
		fault(r, key, "is empty");
	else
		return json_string_value(value);
	return NULL;
}

static uint32_t
need_server(struct reader *r)
{
	const char *name = need_text(r, "server");
	uint32_t server;

	if (name == NULL)
		return UINT32_MAX;
	server = document_server(r->doc, name);
	if (server == UINT32_MAX)
		fault(r, "server", "no server is called `%.200s`", name);
	return server;
}

static uint32_t
take_cost(struct reader *r, bool needed)
{
	json_t *value = json_object_get(r->object, "cost");

	if (value == NULL) {
		if (needed)
			fault(r, "cost", "is missing");
		return 0;
	}
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > COST_MOST) {
		fault(r, "cost", "must be an integer from 0 to %d", COST_MOST);
		return 0;
	}
	return (uint32_t)json_integer_value(value);
}

/* The word's place in the list (which ends with NULL); 0 when not given. */
static int
take_word(struct reader *r, const char *key, const char *const *words)
{
	json_t *value = json_object_get(r->object, key);
	struct buf known = { 0 };
	char *text;

	if (value == NULL)
		return 0;
	for (int i = 0; words[i] != NULL && json_is_string(value); i++)
		if (strcmp(json_string_value(value), words[i]) == 0)
			return i;
	for (int i = 0; words[i] != NULL; i++)
		buf_printf(&known, "%s%s", i == 0 ? "" : ", ", words[i]);
	text = buf_string(&known);
	fault(r, key, "must be one of %s", text);
	mem_free(text);
	return 0;
}

static bool
take_bool(struct reader *r, const char *key)
{
	json_t *value = json_object_get(r->object, key);

	if (value != NULL && !json_is_boolean(value))
		fault(r, key, "must be true or false");
	return value != NULL && json_is_true(value);
}

static void
server_position(struct reader *r, struct document_server *server)
{
	json_t *value = json_object_get(r->object, "position");

	if (value == NULL)
		return;
	server->has_position = json_array_size(value) == 2 &&
	                       json_is_number(json_array_get(value, 0)) &&
	                       json_is_number(json_array_get(value, 1));
	if (!server->has_position) {
		fault(r, "position", "must be [longitude, latitude]");
		return;
	}
	for (size_t i = 0; i < 2; i++)
		/* The sum makes -0 a 0, which is what is read back. */
		server->position[i] =
		    0.0 + json_number_value(json_array_get(value, i));
}

static void
server_read(struct reader *r)
{
	static const char *const states[] = { "up", "starting", "drain", "down",
		NULL };
	struct document_server server = { 0 };

	server.name = need_text(r, "name");
	server.group = need_text(r, "routing_group");
	server.state = (enum document_state)take_word(r, "state", states);
	server.away = take_bool(r, "away");
	server_position(r, &server);
	server.at = r->index;
	if (server.name != NULL && server.group != NULL)
		vec_push(&r->doc->servers, server);
}

/* Where bridgeheads are named, the routing group is shown only. */
static void
connector_any(struct reader *r, struct document_connector *connector)
{
	static const char *const words[] = { "any", NULL };
	const struct document_server *from;

	if (json_object_get(r->object, "bridgehead") == NULL)
		return;
	take_word(r, "bridgehead", words);
	connector->any = need_text(r, "routing_group");
	if (connector->any == NULL || connector->server == UINT32_MAX)
		return;
	from = &r->doc->servers.v[connector->server];
	if (strcmp(from->group, connector->any) == 0)
		fault(r, "routing_group", "is the group of its own server");
}

static void
connector_to(struct reader *r, struct document_connector *connector)
{
	json_t *list = json_object_get(r->object, "to"), *value;
	size_t i;

	if (list == NULL && connector->any != NULL)
		return;
	if (list == NULL) {
		fault(r, "to", "is missing");
		return;
	}
	if (!json_is_array(list)) {
		fault(r, "to", "must be a list of servers");
		return;
	}
	json_array_foreach(list, i, value)
	{
		const char *name = json_string_value(value);
		uint32_t server = UINT32_MAX;
		char key[40];

		snprintf(key, sizeof(key), "to[%zu]", i);
		if (name == NULL) {
			fault(r, key, "must be the name of a server");
			continue;
		}
		server = document_server(r->doc, name);
		if (server == UINT32_MAX)
			fault(r, key, "no server is called `%.200s`", name);
		vec_push(&connector->to, server);
	}
}

/* A list of strings at `key` of `object`, as copies. */
static void
take_list(
    struct reader *r, json_t *object, const char *key, char ***out, size_t *n)
{
	json_t *list = json_object_get(object, key), *value;
	char path[40];
	size_t i;

	snprintf(path, sizeof(path), "senders.%s", key);
	if (list == NULL)
		return;
	if (!json_is_array(list)) {
		fault(r, path, "must be a list of patterns");
		return;
	}
	*out = mem_new(0, json_array_size(list) + 1, sizeof(**out));
	json_array_foreach(list, i, value)
	{
		if (json_string_length(value) == 0)
			fault(r, path, "[%zu] must be a pattern", i);
		else
			(*out)[(*n)++] = mem_str(json_string_value(value));
	}
}

static void
policy_priorities(struct reader *r, struct policy *policy)
{
	json_t *list = json_object_get(r->object, "priorities"), *value;
	size_t i;

	if (list != NULL && !json_is_array(list))
		fault(r, "priorities", "must be a list of words");
	json_array_foreach(list, i, value)
	{
		const char *word = json_string_value(value);
		uint8_t bit = word != NULL ? policy_priority(word) : 0;

		if (bit == 0)
			fault(r, "priorities",
			    "[%zu] must be urgent, normal or non-urgent", i);
		policy->priorities |= bit;
	}
}

static char *
schedule_read(struct reader *r, const char *key, json_t *schedule)
{
	if (json_is_string(schedule) &&
	    policy_schedule_check(json_string_value(schedule)) == RC_OK)
		return mem_str(json_string_value(schedule));
	fault(r, key, "must be like `mon-fri 08:00-18:00, sat 10:00-12:00`");
	return NULL;
}

/* The second schedule: both keys or none. */
static void
large_read(struct reader *r, struct policy *policy)
{
	json_t *size = json_object_get(r->object, "large_message_size");
	json_t *schedule = json_object_get(r->object, "large_schedule");

	if (size == NULL && schedule == NULL)
		return;
	if (!json_is_integer(size) || json_integer_value(size) < 1) {
		fault(r, "large_message_size",
		    "must be a number of octets, with large_schedule");
		return;
	}
	policy->large_size = (uint64_t)json_integer_value(size);
	policy->large_schedule = schedule_read(r, "large_schedule", schedule);
}

static void
policy_read(struct reader *r, struct policy *policy)
{
	json_t *size = json_object_get(r->object, "max_message_size");
	json_t *senders = json_object_get(r->object, "senders");
	json_t *schedule = json_object_get(r->object, "schedule");

	if (size != NULL &&
	    (!json_is_integer(size) || json_integer_value(size) < 1))
		fault(r, "max_message_size",
		    "must be a number of octets, 1 or more");
	else if (size != NULL)
		policy->max_size = (uint64_t)json_integer_value(size);
	if (senders != NULL && !json_is_object(senders))
		fault(r, "senders", "must be {\"allow\": [], \"deny\": []}");
	take_list(r, senders, "allow", &policy->allow, &policy->nallow);
	take_list(r, senders, "deny", &policy->deny, &policy->ndeny);
	policy_priorities(r, policy);
	if (schedule != NULL)
		policy->schedule = schedule_read(r, "schedule", schedule);
	large_read(r, policy);
}

static void
connector_read(struct reader *r)
{
	static const char *const states[] = { "up", "drain", "down", NULL };
	static const enum document_state meaning[] = { DOCUMENT_UP,
		DOCUMENT_DRAIN, DOCUMENT_DOWN };
	struct document_connector connector = { 0 };

	connector.name = need_text(r, "name");
	connector.server = need_server(r);
	connector_any(r, &connector);
	connector_to(r, &connector);
	connector.cost = take_cost(r, true);
	connector.state = meaning[take_word(r, "state", states)];
	connector.at = r->index;
	policy_read(r, &connector.policy);
	if (connector.name == NULL)
		connector.name = "";
	vec_push(&r->doc->connectors, connector);
}

static void
claim_read(struct reader *r)
{
	static const char *const scopes[] = { "organization", "routing-group",
		NULL };
	struct document_claim claim = { { 0 }, r->index };

	claim.is.pattern = need_text(r, "pattern");
	claim.is.server = need_server(r);
	claim.is.cost = take_cost(r, false);
	claim.is.local = take_word(r, "scope", scopes) == 1;
	claim.is.fallback = take_bool(r, "fallback");
	claim.is.relay = take_bool(r, "relay");
	if (claim.is.pattern != NULL)
		vec_push(&r->doc->claims, claim);
}

static void
document_read_list_read(
    struct reader *r, const char *key, void (*read)(struct reader *))
{
	json_t *list = json_object_get(r->doc->root, key);

	r->list = NULL;
	if (list == NULL)
		fault(r, key, "is missing");
	else if (!json_is_array(list))
		fault(r, key, "must be a list");
	r->list = key;
	for (r->index = 0; r->index < json_array_size(list); r->index++) {
		r->object = json_array_get(list, r->index);
		if (json_is_object(r->object))
			read(r);
		else
			fault(r, NULL, "must be an object");
	}
}

static int
by_server_name(const void *x, const void *y)
{
	const struct document_server *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : a->at < b->at ? -1 : 1;
}

static int
by_connector_name(const void *x, const void *y)
{
	const struct document_connector *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : a->at < b->at ? -1 : 1;
}

static int
by_claim(const void *x, const void *y)
{
	const struct document_claim *a = x, *b = y;
	int c = strcmp(a->is.pattern, b->is.pattern);

	if (c != 0)
		return c;
	if (a->is.server != b->is.server)
		return a->is.server < b->is.server ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

static void
twice(struct reader *r, size_t index, const char *key, const char *name,
    size_t first)
{
	r->index = index;
	fault(
	    r, key, "`%.200s` stands at %s[%zu] already", name, r->list, first);
}

static void
servers_sort(struct reader *r)
{
	struct document_server *v = r->doc->servers.v;
	size_t n = r->doc->servers.n;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_server_name);
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i - 1].name, v[i].name) == 0)
			twice(r, v[i].at, "name", v[i].name, v[i - 1].at);
}

/* Numbers the routing groups in the order of their names. */
static void
document_read_groups_number(struct document *doc)
{
	size_t n = doc->servers.n, kept = 0;
	const char **names = mem_new(0, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = doc->servers.v[i].group;
	find_sort_texts(names, n);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	for (size_t i = 0; i < n; i++)
		doc->servers.v[i].group_number = (uint32_t)find_text(
		    FIND_TEXTS(names, kept), doc->servers.v[i].group);
	doc->ngroups = (uint32_t)kept;
	mem_free(names);
}

static void
connectors_sort(struct reader *r)
{
	struct document_connector *v = r->doc->connectors.v;
	size_t n = r->doc->connectors.n;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_connector_name);
	for (size_t i = 1; i < n; i++)
		if (v[i].name[0] != '\0' &&
		    strcmp(v[i - 1].name, v[i].name) == 0)
			twice(r, v[i].at, "name", v[i].name, v[i - 1].at);
}

static void
claims_sort(struct reader *r)
{
	struct document_claim *v = r->doc->claims.v;
	size_t n = r->doc->claims.n;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_claim);
	for (size_t i = 1; i < n; i++)
		if (v[i].is.server != UINT32_MAX &&
		    v[i - 1].is.server == v[i].is.server &&
		    strcmp(v[i - 1].is.pattern, v[i].is.pattern) == 0)
			twice(r, v[i].at, "pattern", v[i].is.pattern,
			    v[i - 1].at);
}

int
document_read(struct document *doc, struct buf *complaints)
{
	struct reader r = { .doc = doc, .complaints = complaints };
	const char *format;

	r.object = doc->root;
	if (!json_is_object(doc->root)) {
		buf_printf(complaints, "line 1: must be a JSON object\n");
		return RC_FORMAT;
	}
	format = need_text(&r, "format");
	if (format != NULL && strcmp(format, DOCUMENT_FORMAT) != 0)
		fault(&r, "format", "must be " DOCUMENT_FORMAT);
	if (r.faults > 0)
		return RC_FORMAT;
	doc->organization = need_text(&r, "organization");
	document_read_list_read(&r, "servers", server_read);
	servers_sort(&r);
	document_read_groups_number(doc);
	document_read_list_read(&r, "connectors", connector_read);
	connectors_sort(&r);
	document_read_list_read(&r, "address_spaces", claim_read);
	claims_sort(&r);
	if (r.faults == 0)
		document_find(doc);
	if (r.faults > FAULTS_MOST)
		buf_printf(complaints, "and %zu faults more\n",
		    r.faults - FAULTS_MOST);
	return r.faults == 0 ? RC_OK : RC_FORMAT;
}
