#include "ctl/import/own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/asks.h"
#include "core/lsa/limits.h"
#include "core/lsa/way.h"
#include "ctl/import/directory.h"
#include "ctl/import/run.h"

/* clang-format off */
const struct verb_option import_ldap_options[] = {
	DIRECTORY_OPTIONS,
	IMPORT_OPTIONS,
	{ NULL, NULL, NULL },
};
/* clang-format on */

static const char *const own_attributes[] = { "objectClass", "cn", "lsrdName",
	"lsrdRoutingGroup", "lsrdSmtp", "lsrdPeerAddress", "lsrdState",
	"lsrdMta", "lsrdServers", "lsrdOwner", "lsrdBridgehead", "lsrdCost",
	"lsrdMaxMessageSize", "lsrdSchedule", "lsrdLargeMessageSize",
	"lsrdLargeSchedule", "lsrdAllowSender", "lsrdDenySender",
	"lsrdPriority", "lsrdTransport", "lsrdProbe", "lsrdPattern",
	"lsrdDeliver", "lsrdScope", "lsrdFallback", "lsrdRelay", NULL };

static const struct directory_search own_search = {
	"(|(objectClass=lsrdOrganization)(objectClass=lsrdServer)"
	"(objectClass=lsrdConnector)(objectClass=lsrdAddressSpace))",
	own_attributes, "namingContexts"
};

struct own {
	struct import *im;
	const struct entries *entries;
};

/* What this value of an attribute is not. */
static void
value_wrong(const struct own *own, const struct entry *entry, const char *name,
    const char *value, const char *remedy)
{
	import_note(own->im, entry->where, remedy, "%s = %.200s is left out",
	    name, value);
}

static void
addresses_take(const struct own *own, const struct entry *entry,
    struct import_server *server, bool peer)
{
	const char *name = peer ? "lsrdpeeraddress" : "lsrdsmtp";
	const struct entry_value *value;

	for (size_t i = 0; (value = entry_value(entry, name, i)) != NULL; i++) {
		struct addr addr;

		if (addr_read(&addr, value->p) && addr_is_hop(&addr, false))
			import_server_reach(server, &addr, peer);
		else
			value_wrong(own, entry, name, value->p,
			    "write an address with its port, as 192.0.2.1:25");
	}
}

static const char *
word_of(const struct own *own, const struct entry *entry, const char *name,
    const char *const *words)
{
	const char *text = entry_text(entry, name);

	for (size_t i = 0; text != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0)
			return words[i];
	if (text != NULL)
		value_wrong(own, entry, name, text,
		    "write one of the words of the schema");
	return NULL;
}

static void
own_server_take(const struct own *own, const struct entry *entry)
{
	static const char *const states[] = { "up", "starting", "drain", "down",
		NULL };
	static const char *const mtas[] = { "exim", "postfix", NULL };
	const char *name = entry_text(entry, "lsrdname");
	const char *group = entry_text(entry, "lsrdroutinggroup");
	struct import_server *server;
	const char *word;

	if (name == NULL || group == NULL) {
		import_note(own->im, entry->where,
		    "set lsrdName and lsrdRoutingGroup",
		    "a server without a name or a routing group is left out");
		return;
	}
	server = import_server_add(own->im, entry->where, name, group);
	if (server == NULL)
		return;
	addresses_take(own, entry, server, false);
	addresses_take(own, entry, server, true);
	word = word_of(own, entry, "lsrdstate", states);
	if (word != NULL)
		server->state = word;
	word = word_of(own, entry, "lsrdmta", mtas);
	server->mta = word != NULL && *word == 'e' ? word : NULL;
}

struct owners {
	VEC(char *) list;
};

static void
owner_push(struct owners *owners, const char *name)
{
	char *lower = mem_str(name);

	str_lower(lower);
	vec_push(&owners->list, lower);
}

/* Whose it is: who is named, else the server's entry above. */
static void
owners_of(
    const struct own *own, const struct entry *entry, struct owners *owners)
{
	const struct entry_value *value;
	const struct entry *server;

	for (size_t i = 0; (value = entry_value(entry, "lsrdowner", i)) != NULL;
	     i++)
		owner_push(owners, value->p);
	for (const char *at = entry_above(entry->is);
	     at != NULL && owners->list.n == 0; at = entry_above(at)) {
		server = entries_find(own->entries, at);
		if (server != NULL && entry_text(server, "lsrdname") != NULL)
			owner_push(owners, entry_text(server, "lsrdname"));
	}
	if (owners->list.n == 0)
		import_note(own->im, entry->where,
		    "set lsrdOwner, or put it below the entry of its server",
		    "this is nobody's");
}

static void
owners_done(struct owners *owners)
{
	for (size_t i = 0; i < owners->list.n; i++)
		mem_free(owners->list.v[i]);
	vec_done(&owners->list);
}

static uint64_t
own_size(const struct own *own, const struct entry *entry, const char *name)
{
	int64_t size = 0;

	if (entry_number(entry, name, &size) && size > 0)
		return (uint64_t)size;
	if (entry_value(entry, name, 0) != NULL)
		value_wrong(own, entry, name, "it", "write octets");
	return 0;
}

/* The caller's, or NULL. */
static char *
own_schedule(const struct own *own, const struct entry *entry, const char *name)
{
	const char *text = entry_text(entry, name);

	if (text == NULL || policy_schedule_check(text) == RC_OK)
		return mem_str(text);
	value_wrong(own, entry, name, text,
	    "write it as mon-fri 08:00-18:00, sat 10:00-12:00");
	return NULL;
}

static bool
is_sender(const char *text)
{
	return strcmp(text, "<>") == 0 || str_is_pattern(text);
}

static void
senders_take(const struct own *own, const struct entry *entry, const char *name,
    char ***out, size_t *n)
{
	const struct entry_value *value;

	for (size_t i = 0; (value = entry_value(entry, name, i)) != NULL; i++) {
		if (!is_sender(value->p) || *n >= LIMIT_SENDERS) {
			value_wrong(own, entry, name, value->p,
			    "write user@dom, dom, .dom, * or <>; 64 at most");
			continue;
		}
		if (*out == NULL)
			*out = mem_new(0, LIMIT_SENDERS, sizeof(**out));
		(*out)[(*n)++] = mem_str(value->p);
	}
}

static void
own_policy(
    const struct own *own, const struct entry *entry, struct policy *policy)
{
	const struct entry_value *value;

	policy->max_size = own_size(own, entry, "lsrdmaxmessagesize");
	policy->schedule = own_schedule(own, entry, "lsrdschedule");
	policy->large_schedule = own_schedule(own, entry, "lsrdlargeschedule");
	policy->large_size = own_size(own, entry, "lsrdlargemessagesize");
	if ((policy->large_size == 0) != (policy->large_schedule == NULL)) {
		value_wrong(own, entry, "lsrdlargeschedule", "it",
		    "set lsrdLargeMessageSize and lsrdLargeSchedule, or "
		    "neither");
		mem_free(policy->large_schedule);
		policy->large_schedule = NULL;
		policy->large_size = 0;
	}
	senders_take(
	    own, entry, "lsrdallowsender", &policy->allow, &policy->nallow);
	senders_take(
	    own, entry, "lsrddenysender", &policy->deny, &policy->ndeny);
	for (size_t i = 0;
	     (value = entry_value(entry, "lsrdpriority", i)) != NULL; i++) {
		if (policy_priority(value->p) == 0)
			value_wrong(own, entry, "lsrdPriority", value->p,
			    "write urgent, normal or non-urgent");
		policy->priorities |= policy_priority(value->p);
	}
}

/* How mail there is handed on, and how it is asked. */
static void
own_handling(const struct own *own, const struct entry *entry,
    struct import_connector *c)
{
	const char *transport = entry_text(entry, "lsrdtransport");
	const char *probe = entry_text(entry, "lsrdprobe");
	struct asks asks;

	if (transport != NULL && way_by(transport) == RC_OK)
		c->transport = mem_str(transport);
	else if (transport != NULL)
		value_wrong(own, entry, "lsrdTransport", transport,
		    "write NAME or NAME:NEXTHOP, of a transport that "
		    "delivers");
	if (probe != NULL && asks_read(&asks, probe) == RC_OK)
		c->probe = mem_str(probe);
	else if (probe != NULL)
		value_wrong(own, entry, "lsrdProbe", probe,
		    "write smtp, lmtp, none, tcp ADDRESS or command NAME");
}

static void
own_connector_add(
    const struct own *own, const struct entry *entry, const char *owner)
{
	const char *name = entry_text(entry, "cn");
	const struct entry_value *value;
	struct import_connector *c = import_connector_add(
	    own->im, entry->where, name == NULL ? "connector" : name, owner);
	int64_t cost;

	if (c == NULL)
		return;
	if (entry_number(entry, "lsrdcost", &cost))
		c->cost = import_cost(own->im, entry->where, cost);
	own_policy(own, entry, &c->policy);
	own_handling(own, entry, c);
	for (size_t i = 0;
	     (value = entry_value(entry, "lsrdbridgehead", i)) != NULL; i++) {
		char *lower = mem_str(value->p);

		str_lower(lower);
		import_connector_to(c, lower);
		mem_free(lower);
	}
}

static void
own_space_add(
    const struct own *own, const struct entry *entry, const char *owner)
{
	static const char *const scopes[] = { "organization", "routing-group",
		NULL };
	const char *pattern = entry_text(entry, "lsrdpattern");
	const char *way = entry_text(entry, "lsrddeliver"), *scope;
	bool here = way == NULL || strcmp(way, "here") == 0;
	struct import_space *space;
	int64_t cost = 0;

	space = import_space_add(own->im, entry->where, owner,
	    pattern == NULL ? "" : pattern, here ? NULL : way);
	if (space == NULL)
		return;
	if (entry_number(entry, "lsrdcost", &cost) && cost != 0)
		space->cost = import_cost(own->im, entry->where, cost);
	scope = word_of(own, entry, "lsrdscope", scopes);
	space->local = scope != NULL && *scope == 'r';
	space->fallback = entry_bool(entry, "lsrdfallback");
	space->relay = entry_value(entry, "lsrdrelay", 0) == NULL
	                   ? here
	                   : entry_bool(entry, "lsrdrelay");
	space->relay = space->relay && strcmp(space->pattern, "*") != 0;
}

static void
owned_take(const struct own *own, const struct entry *entry,
    void (*add)(
	const struct own *own, const struct entry *entry, const char *owner))
{
	struct owners owners = { 0 };

	owners_of(own, entry, &owners);
	for (size_t i = 0; i < owners.list.n; i++)
		add(own, entry, owners.list.v[i]);
	owners_done(&owners);
}

/* A directory that is filled, or answered, by half says another number. */
static int
own_count(const struct own *own)
{
	for (size_t i = 0; i < own->entries->list.n; i++) {
		const struct entry *e = &own->entries->list.v[i];
		const char *name = entry_text(e, "cn");
		int64_t servers;

		if (!entry_is(e, "lsrdorganization"))
			continue;
		if (name != NULL && str_is_host(name) &&
		    own->im->organization == NULL)
			own->im->organization = mem_str(name);
		if (entry_number(e, "lsrdservers", &servers) &&
		    servers != (int64_t)own->im->servers.n)
			return call_usage("%s: says lsrdServers = %" PRId64
					  ", and %zu are there: nothing is "
					  "imported",
			    e->where, servers, own->im->servers.n);
	}
	return CALL_OK;
}

static int
own_source(const struct call *call, const struct import_hosts *hosts,
    struct import *im)
{
	struct entries entries = { 0 };
	struct own own = { im, &entries };
	int status = directory_load(call, &own_search, im, &entries);

	(void)hosts;
	for (size_t i = 0; status == CALL_OK && i < entries.list.n; i++)
		if (entry_is(&entries.list.v[i], "lsrdserver"))
			own_server_take(&own, &entries.list.v[i]);
	for (size_t i = 0; status == CALL_OK && i < entries.list.n; i++) {
		const struct entry *e = &entries.list.v[i];

		if (entry_is(e, "lsrdconnector"))
			owned_take(&own, e, own_connector_add);
		else if (entry_is(e, "lsrdaddressspace"))
			owned_take(&own, e, own_space_add);
	}
	if (status == CALL_OK)
		status = own_count(&own);
	entries_done(&entries);
	return status;
}

int
import_ldap(const struct call *call)
{
	return import_run(call, own_source);
}
