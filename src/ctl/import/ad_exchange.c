/*
 * ad_exchange.c - the objects of Exchange in Active Directory: servers, routing
 * groups and their connectors (2000 and 2003), connectors to the outside,
 * accepted domains.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "ctl/import/ad.h"

#define HUB_TRANSPORT 32
#define STYLE_NEVER 0
#define STYLE_ALWAYS 2
#define STYLE_REMOTE 3
#define LOCAL "local:"
#define ADDRESS "ncacn_ip_tcp:"

/* ncacn_ip_tcp:mx1.example.org among others. */
static const char *
network_name(const struct entry *entry)
{
	const struct entry_value *value;

	for (size_t i = 0;
	     (value = entry_value(entry, "networkaddress", i)) != NULL; i++)
		if (strncasecmp(value->p, ADDRESS, strlen(ADDRESS)) == 0)
			return value->p + strlen(ADDRESS);
	return NULL;
}

/* One of 2007 or later without this role carries no mail between servers. */
static bool
has_transport(const struct entry *entry)
{
	int64_t roles;

	return !entry_number(entry, "msexchcurrentserverroles", &roles) ||
	       (roles & HUB_TRANSPORT) != 0;
}

static void
exchange_server_take(struct ad *ad, const struct entry *entry)
{
	const char *site = entry_text(entry, "msexchserversite");
	const char *rg = entry_text(entry, "msexchhomeroutinggroup");
	const char *name = network_name(entry);
	struct ad_group *group = site != NULL ? ad_group(ad, site)
	                         : rg != NULL ? ad_group(ad, rg)
	                                      : NULL;
	size_t number;

	if (!has_transport(entry))
		return;
	if (name == NULL) {
		import_note(ad->im, entry->where,
		    "see its networkAddress: ncacn_ip_tcp:NAME",
		    "this server has no host name, and is left out");
		return;
	}
	number = ad_server_add(ad, entry, name, group);
	if (number == SIZE_MAX)
		return;
	vec_push(&ad->names, mem_str(entry->is));
	vec_push(&ad->numbers, number);
}

void
ad_exchange_servers(struct ad *ad)
{
	for (size_t i = 0; i < ad->entries->list.n; i++)
		if (entry_is(&ad->entries->list.v[i], "msexchexchangeserver"))
			exchange_server_take(ad, &ad->entries->list.v[i]);
}

/* The routing group in which it stands. */
static struct ad_group *
group_around(const struct ad *ad, const struct entry *entry)
{
	for (const char *at = entry_above(entry->is); at != NULL;
	     at = entry_above(at)) {
		struct ad_group *group = ad_group(ad, at);

		if (group != NULL)
			return group;
	}
	return NULL;
}

/* Servers that an attribute names by their virtual servers, as a group of their
 * own; none: those of `otherwise`. */
static void
named_servers(struct ad *ad, const struct entry *entry, const char *attribute,
    const struct ad_group *otherwise, struct ad_group *out)
{
	const struct entry_value *value;

	*out = (struct ad_group){ .entry = entry };
	for (size_t i = 0; (value = entry_value(entry, attribute, i)) != NULL;
	     i++) {
		size_t number = ad_server(ad, value->p);

		if (number == SIZE_MAX)
			import_note(ad->im, entry->where,
			    "name a server that is there",
			    "bridgehead %.200s is not known", value->p);
		else
			vec_push(&out->servers, number);
	}
	for (size_t i = 0; otherwise != NULL && out->servers.n == 0 &&
			   i < otherwise->servers.n;
	     i++)
		vec_push(&out->servers, otherwise->servers.v[i]);
}

static void
senders_note(struct ad *ad, const struct entry *entry, const char *attribute)
{
	import_note(ad->im, entry->where, "write allow-senders or deny-senders",
	    "whom %s names has no address here", attribute);
}

/* The address of an object that a file has beside the configuration; the
 * caller's, or NULL. */
static char *
sender_of(const struct ad *ad, const char *dn)
{
	char *is = entry_dn(dn), *address = NULL;
	const struct entry *object = entries_find(ad->entries, is);
	const char *mail = object == NULL ? NULL : entry_text(object, "mail");

	if (mail != NULL && strchr(mail, '@') != NULL)
		address = import_pattern(mail);
	mem_free(is);
	return address;
}

/* Those who are named, to a list that policy_done() ends; true: all. */
static bool
senders_read(const struct ad *ad, const struct entry *entry,
    const char *attribute, char ***out, size_t *n)
{
	const struct entry_value *value;
	bool all = true;

	*out = mem_new(0, LIMIT_SENDERS, sizeof(**out));
	for (size_t i = 0; (value = entry_value(entry, attribute, i)) != NULL;
	     i++) {
		char *address =
		    *n == LIMIT_SENDERS ? NULL : sender_of(ad, value->p);

		all = all && address != NULL;
		if (address != NULL)
			(*out)[(*n)++] = address;
	}
	return all;
}

/* Who is admitted is either known in full, groups and all, or nobody is
 * refused for it; who is refused counts one by one. */
static void
connector_senders(struct ad *ad, const struct entry *entry, struct policy *out)
{
	bool whole =
	    senders_read(ad, entry, "authorig", &out->allow, &out->nallow);
	bool groups = entry_value(entry, "dlmemsubmitperms", 0) != NULL;

	if (!whole)
		senders_note(ad, entry, "authOrig");
	if (groups)
		senders_note(ad, entry, "dLMemSubmitPerms");
	for (; (!whole || groups) && out->nallow > 0; out->nallow--)
		mem_free(out->allow[out->nallow - 1]);
	if (!senders_read(ad, entry, "unauthorig", &out->deny, &out->ndeny))
		senders_note(ad, entry, "unauthOrig");
	if (entry_value(entry, "dlmemrejectperms", 0) != NULL)
		senders_note(ad, entry, "dLMemRejectPerms");
}

/* Those of a connector whose address spaces are for everybody. */
static void
senders_tell(struct ad *ad, const struct entry *entry)
{
	static const char *const names[] = { "authorig", "unauthorig",
		"dlmemsubmitperms", "dlmemrejectperms" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (entry_value(entry, names[i], 0) != NULL)
			import_note(ad->im, entry->where,
			    "have the mail server refuse them",
			    "address spaces are for all senders: %s does not "
			    "count",
			    names[i]);
}

/* When it is active: never, always, at the times of its schedule, or when the
 * other end asks. The caller's; NULL: always, or *never. */
static char *
connector_week(struct ad *ad, const struct entry *entry, bool *never)
{
	int64_t style;

	if (!entry_number(entry, "activationstyle", &style))
		return ad_week(ad, entry, "activationschedule", never);
	if (style == STYLE_NEVER)
		import_note(ad->im, entry->where,
		    "open it at some time, or take it away",
		    "this connector is never active");
	if (style == STYLE_REMOTE)
		import_note(ad->im, entry->where,
		    "write schedule, or deliver to a transport that waits",
		    "it sends when the other end asks: always is taken");
	*never = style == STYLE_NEVER;
	if (*never || style == STYLE_REMOTE || style == STYLE_ALWAYS)
		return NULL;
	return ad_week(ad, entry, "activationschedule", never);
}

static void
rg_connector_take(struct ad *ad, const struct entry *entry)
{
	const struct ad_group *from = group_around(ad, entry), *to = NULL;
	const char *target = entry_text(entry, "msexchdestinationrgdn");
	struct ad_group sources, targets;
	struct policy senders = { 0 };
	struct ad_link link = { .entry = entry, .senders = &senders };
	char *name = entry_rdn(entry->dn), *schedule;

	to = target == NULL ? NULL : ad_group(ad, target);
	named_servers(
	    ad, entry, "msexchsourcebridgeheadserversdn", from, &sources);
	named_servers(
	    ad, entry, "msexchtargetbridgeheadserversdn", to, &targets);
	link.name = name;
	link.cost = ad_cost(ad, entry, 1);
	link.most = ad_most(ad, entry);
	schedule = connector_week(ad, entry, &link.never);
	link.schedule = schedule;
	connector_senders(ad, entry, &senders);
	sources.word = mem_str(from == NULL ? "none" : from->word);
	targets.word = mem_str(to == NULL ? "none" : to->word);
	if (sources.servers.n == 0 || targets.servers.n == 0)
		import_note(ad->im, entry->where,
		    "name its bridgeheads, or the group that it leads to",
		    "this connector leads from nobody, or to nobody");
	ad_connect(ad, &link, &sources, &targets);
	vec_done(&sources.servers);
	vec_done(&targets.servers);
	mem_free(sources.word);
	mem_free(targets.word);
	policy_done(&senders);
	mem_free(schedule);
	mem_free(name);
}

/* [192.0.2.1];gw.example.org: the first; the caller's, or NULL. */
static char *
smart_host(const char *text)
{
	struct buf b = { 0 };
	size_t n;

	text += strspn(text, " ;,");
	n = strcspn(text, " ;,");
	if (n == 0)
		return NULL;
	buf_text(&b, "smtp:");
	if (*text == '[')
		buf_bytes(&b, text, n);
	else
		buf_printf(&b, "[%.*s]", (int)n, text);
	return buf_string(&b);
}

/* SMTP:*.example.org;10, and Local:SMTP:... of its routing group alone. */
static void
space_take_of(struct ad *ad, const struct entry *entry, const char *text,
    const struct ad_group *sources)
{
	const char *host = entry_text(entry, "msexchsmtpsmarthost");
	bool local = strncasecmp(text, LOCAL, strlen(LOCAL)) == 0;
	char *copy, *cost, *way;

	text += local ? strlen(LOCAL) : 0;
	if (strncasecmp(text, "smtp:", 5) != 0) {
		import_note(ad->im, entry->where,
		    "its gateway can be reached as `deliver = TRANSPORT:`",
		    "%.200s is no address space of SMTP", text);
		return;
	}
	copy = mem_str(text + 5);
	cost = strchr(copy, ';');
	if (cost != NULL)
		*cost++ = '\0';
	way = host == NULL ? NULL : smart_host(host);
	for (size_t i = 0; i < sources->servers.n; i++) {
		struct import_space *space = import_space_add(ad->im,
		    entry->where, ad->im->servers.v[sources->servers.v[i]].name,
		    copy, way);

		if (space == NULL)
			break;
		space->local = local;
		space->cost = cost == NULL ? 1
		                           : import_cost(ad->im, entry->where,
						 strtol(cost, NULL, 10));
	}
	mem_free(way);
	mem_free(copy);
}

static void
smtp_connector_take(struct ad *ad, const struct entry *entry)
{
	const struct ad_group *around = group_around(ad, entry);
	const struct entry_value *value;
	struct ad_group sources;
	bool never = false;
	char *schedule = connector_week(ad, entry, &never);

	named_servers(
	    ad, entry, "msexchsourcebridgeheadserversdn", around, &sources);
	if (never || schedule != NULL)
		import_note(ad->im, entry->where,
		    "deliver to a transport that waits",
		    "address spaces have no schedule: %s",
		    never ? "they are left out" : "always is taken");
	if (sources.servers.n == 0)
		import_note(ad->im, entry->where, "name its bridgeheads",
		    "this connector has no server that is known");
	for (size_t i = 0;
	     !never && (value = entry_value(entry, "routinglist", i)) != NULL;
	     i++)
		space_take_of(ad, entry, value->p, &sources);
	if (ad_most(ad, entry) > 0)
		import_note(ad->im, entry->where,
		    "have the mail server refuse larger ones",
		    "address spaces have no size limits");
	senders_tell(ad, entry);
	vec_done(&sources.servers);
	mem_free(schedule);
}

/* Every server of Exchange takes them, and finds the mailbox by itself. */
static void
accepted_take(struct ad *ad, const struct entry *entry)
{
	const char *name = entry_text(entry, "msexchaccepteddomainname");

	for (size_t i = 0; name != NULL && i < ad->numbers.n; i++) {
		const char *server = ad->im->servers.v[ad->numbers.v[i]].name;
		struct import_space *space =
		    import_space_add(ad->im, entry->where, server, name, NULL);

		if (space == NULL)
			return;
		space->relay = strcmp(space->pattern, "*") != 0;
	}
}

void
ad_exchange_connectors(struct ad *ad)
{
	for (size_t i = 0; i < ad->entries->list.n; i++) {
		const struct entry *e = &ad->entries->list.v[i];

		if (entry_is(e, "msexchroutinggroupconnector"))
			rg_connector_take(ad, e);
		else if (entry_is(e, "msexchroutingsmtpconnector"))
			smtp_connector_take(ad, e);
		else if (entry_is(e, "mailgateway"))
			import_note(ad->im, e->where,
			    "its gateway can be reached as `deliver = "
			    "TRANSPORT:`",
			    "a connector that is not of SMTP is left out");
		if (entry_is(e, "msexchaccepteddomain"))
			accepted_take(ad, e);
	}
}
