#include "ctl/import/ad.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/import/directory.h"
#include "ctl/import/run.h"

#define IGNORE_SCHEDULES 1
#define BRIDGES_REQUIRED 2

/* clang-format off */
const struct verb_option import_ad_options[] = {
	DIRECTORY_OPTIONS,
	IMPORT_OPTIONS,
	{ NULL, NULL, NULL },
};
/* clang-format on */

static const char *const attributes[] = { "objectClass", "cn", "siteList",
	"cost", "msExchCost", "delivContLength", "schedule", "options",
	"siteObject", "siteLinkList", "dNSHostName", "bridgeheadTransportList",
	"networkAddress", "msExchHomeRoutingGroup", "msExchServerSite",
	"msExchCurrentServerRoles", "msExchDestinationRGDN",
	"msExchTargetBridgeheadServersDN", "msExchSourceBridgeheadServersDN",
	"routingList", "msExchSmtpSmartHost", "authOrig", "unauthOrig",
	"dLMemSubmitPerms", "dLMemRejectPerms", "activationSchedule",
	"activationStyle", "msExchAcceptedDomainName",
	"msExchAcceptedDomainFlags", NULL };

static const struct directory_search search = {
	"(|(objectClass=site)(objectClass=siteLink)(objectClass=siteLinkBridge)"
	"(objectClass=subnet)(objectClass=server)"
	"(objectClass=interSiteTransport)(objectClass=msExchExchangeServer)"
	"(objectClass=msExchRoutingGroup)"
	"(objectClass=msExchRoutingGroupConnector)"
	"(objectClass=msExchRoutingSMTPConnector)(objectClass=mailGateway)"
	"(objectClass=msExchAcceptedDomain))",
	attributes, "configurationNamingContext"
};

static void
ad_done(struct ad *ad)
{
	for (size_t i = 0; i < ad->groups.n; i++) {
		mem_free(ad->groups.v[i].word);
		vec_done(&ad->groups.v[i].servers);
		vec_done(&ad->groups.v[i].bridgeheads);
	}
	for (size_t i = 0; i < ad->names.n; i++)
		mem_free(ad->names.v[i]);
	vec_done(&ad->groups);
	vec_done(&ad->names);
	vec_done(&ad->numbers);
}

struct ad_group *
ad_group(const struct ad *ad, const char *dn)
{
	char *is = entry_dn(dn);
	struct ad_group *found = NULL;

	for (size_t i = 0; found == NULL && i < ad->groups.n; i++)
		if (strcmp(ad->groups.v[i].entry->is, is) == 0)
			found = &ad->groups.v[i];
	mem_free(is);
	return found;
}

static bool
is_word_taken(const struct ad *ad, const char *word)
{
	for (size_t i = 0; i < ad->groups.n; i++)
		if (strcmp(ad->groups.v[i].word, word) == 0)
			return true;
	return false;
}

/* Its name as a word; a second of the same gets a number. */
static void
group_add(struct ad *ad, const struct entry *entry)
{
	struct ad_group group = { .entry = entry };
	char *name = entry_rdn(entry->dn);
	struct buf other = { 0 };

	group.word = import_word(name);
	if (group.word == NULL) {
		import_note(ad->im, entry->where,
		    "give it a name with letters or digits",
		    "\"%.200s\" is no name: this site is left out", name);
		mem_free(name);
		return;
	}
	if (is_word_taken(ad, group.word)) {
		import_note(ad->im, entry->where,
		    "give one of them another name",
		    "a second site or routing group is called %s", group.word);
		buf_printf(&other, "%.50s-%zu", group.word, ad->groups.n);
		mem_free(group.word);
		group.word = buf_string(&other);
	}
	mem_free(name);
	vec_push(&ad->groups, group);
}

size_t
ad_server_add(struct ad *ad, const struct entry *entry, const char *name,
    struct ad_group *group)
{
	struct import_server *server;
	size_t number;

	if (group == NULL) {
		import_note(ad->im, entry->where,
		    "put it into a site, or its address into a subnet of one",
		    "%.200s is in no site that is known", name);
		return SIZE_MAX;
	}
	server = import_server_add(ad->im, entry->where, name, group->word);
	if (server == NULL)
		return SIZE_MAX;
	number = (size_t)(server - ad->im->servers.v);
	for (size_t i = 0; i < group->servers.n; i++)
		if (group->servers.v[i] == number)
			return number;
	vec_push(&group->servers, number);
	return number;
}

size_t
ad_server(const struct ad *ad, const char *dn)
{
	char *is = entry_dn(dn);
	size_t found = SIZE_MAX;

	for (const char *at = is; at != NULL && found == SIZE_MAX;
	     at = entry_above(at))
		for (size_t i = 0; i < ad->names.n; i++)
			if (strcmp(ad->names.v[i], at) == 0)
				found = ad->numbers.v[i];
	mem_free(is);
	return found;
}

uint32_t
ad_cost(struct ad *ad, const struct entry *entry, uint32_t otherwise)
{
	int64_t cost;

	if (entry_number(entry, "msexchcost", &cost) ||
	    entry_number(entry, "cost", &cost))
		return import_cost(ad->im, entry->where, cost);
	if (entry_value(entry, "cost", 0) != NULL)
		import_note(ad->im, entry->where, "write a number",
		    "its cost is no number: %" PRIu32 " is taken", otherwise);
	return otherwise;
}

uint64_t
ad_most(struct ad *ad, const struct entry *entry)
{
	int64_t kilobytes;

	if (!entry_number(entry, "delivcontlength", &kilobytes) ||
	    kilobytes == 0)
		return 0;
	if (kilobytes > 0 && kilobytes < INT32_MAX)
		return (uint64_t)kilobytes * 1024;
	import_note(ad->im, entry->where, "write kilobytes",
	    "its size limit of %" PRId64 " cannot be", kilobytes);
	return 0;
}

/* Bridgeheads alone, where the site prefers some. */
static const size_t *
ends_of(const struct ad_group *group, size_t *n)
{
	if (group->bridgeheads.n > 0) {
		*n = group->bridgeheads.n;
		return group->bridgeheads.v;
	}
	*n = group->servers.n;
	return group->servers.v;
}

/* A list of its own, which policy_done() ends. */
static char **
senders_copy(char *const *v, size_t n)
{
	char **copy = n == 0 ? NULL : mem_new(0, n, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = mem_str(v[i]);
	return copy;
}

static void
senders_put(struct policy *out, const struct policy *senders)
{
	out->allow = senders_copy(senders->allow, senders->nallow);
	out->nallow = senders->nallow;
	out->deny = senders_copy(senders->deny, senders->ndeny);
	out->ndeny = senders->ndeny;
}

void
ad_connect(struct ad *ad, const struct ad_link *link,
    const struct ad_group *from, const struct ad_group *to)
{
	size_t n, m;
	const size_t *a = ends_of(from, &n), *b = ends_of(to, &m);
	struct buf name = { 0 };
	char *text;

	buf_printf(&name, "%.30s--%.30s", from->word, to->word);
	text = buf_string(&name);
	for (size_t i = 0; i < n && m > 0; i++) {
		struct import_connector *c = import_connector_add(ad->im,
		    link->entry->where, link->name != NULL ? link->name : text,
		    ad->im->servers.v[a[i]].name);

		if (c == NULL)
			break;
		c->cost = link->cost;
		c->policy.max_size = link->most;
		c->policy.schedule = mem_str(link->schedule);
		if (link->senders != NULL)
			senders_put(&c->policy, link->senders);
		if (link->never)
			c->state = "drain";
		for (size_t k = 0; k < m; k++)
			import_connector_to(c, ad->im->servers.v[b[k]].name);
	}
	mem_free(text);
}

/* An address and how many of its bits count: `10.1.0.0/16`. */
struct subnet {
	struct addr addr;
	unsigned bits;
};

static bool
subnet_read(const char *text, struct subnet *out)
{
	char *copy = mem_str(text), *slash = strchr(copy, '/'), *end = NULL;
	unsigned long bits = 0;
	bool good = slash != NULL && slash[1] >= '0' && slash[1] <= '9';

	if (good) {
		*slash = '\0';
		bits = strtoul(slash + 1, &end, 10);
		good = *end == '\0' && addr_read(&out->addr, copy) &&
		       out->addr.port == 0 &&
		       bits <= (out->addr.family == 4 ? 32 : 128);
	}
	out->bits = (unsigned)bits;
	mem_free(copy);
	return good;
}

static bool
is_in_subnet(const struct subnet *subnet, const struct addr *addr)
{
	unsigned bits = subnet->bits;

	if (addr->family != subnet->addr.family)
		return false;
	for (size_t i = 0; bits > 0; i++) {
		unsigned n = bits < 8 ? bits : 8;
		uint8_t mask = (uint8_t)(0xff << (8 - n));

		if ((addr->ip[i] & mask) != (subnet->addr.ip[i] & mask))
			return false;
		bits -= n;
	}
	return true;
}

/* The site of the narrowest subnet that has it; NULL: none. */
static struct ad_group *
site_of_address(struct ad *ad, const struct addr *addr)
{
	struct ad_group *found = NULL;
	unsigned best = 0;

	for (size_t i = 0; i < ad->entries->list.n; i++) {
		const struct entry *e = &ad->entries->list.v[i];
		const char *site = entry_text(e, "siteobject");
		struct subnet subnet;
		char *name;

		if (site == NULL || !entry_is(e, "subnet"))
			continue;
		name = entry_rdn(e->dn);
		if (subnet_read(name, &subnet) && is_in_subnet(&subnet, addr) &&
		    (found == NULL || subnet.bits > best)) {
			found = ad_group(ad, site);
			best = subnet.bits;
		}
		mem_free(name);
	}
	return found;
}

static void
subnets_judge(struct ad *ad)
{
	for (size_t i = 0; i < ad->entries->list.n; i++) {
		const struct entry *e = &ad->entries->list.v[i];
		struct subnet subnet;
		char *name;

		if (!entry_is(e, "subnet"))
			continue;
		name = entry_rdn(e->dn);
		if (!subnet_read(name, &subnet))
			import_note(ad->im, e->where,
			    "call it ADDRESS/BITS, as 192.0.2.0/24",
			    "\"%.200s\" is no subnet", name);
		mem_free(name);
	}
}

/* Those of --hosts that Exchange does not know, by their addresses. */
static void
hosts_place(struct ad *ad)
{
	for (size_t i = 0; i < ad->hosts->list.n; i++) {
		const struct import_host *host = &ad->hosts->list.v[i];
		struct ad_group *site;
		struct entry entry = { .where = (char *)(uintptr_t)host->name };

		if (import_server(ad->im, host->name) != NULL)
			continue;
		site = site_of_address(ad, &host->addr);
		(void)ad_server_add(ad, &entry, host->name, site);
	}
}

/* CN=MX1,CN=Servers,CN=London,CN=Sites: the site is two above. */
static struct ad_group *
site_of_server(const struct ad *ad, const struct entry *entry)
{
	const char *above = entry_above(entry->is);

	above = above == NULL ? NULL : entry_above(above);
	return above == NULL ? NULL : ad_group(ad, above);
}

static void
server_entry_take(struct ad *ad, const struct entry *entry, bool all)
{
	struct ad_group *site = site_of_server(ad, entry);
	const char *name = entry_text(entry, "dnshostname");
	bool preferred =
	    entry_value(entry, "bridgeheadtransportlist", 0) != NULL;
	struct import_server *known;
	size_t number = SIZE_MAX;
	char *lower;

	if (site == NULL)
		return;
	if (name == NULL) {
		if (all || preferred)
			import_note(ad->im, entry->where, "set its dNSHostName",
			    "this server has no host name, and is left out");
		return;
	}
	lower = mem_str(name);
	str_lower(lower);
	known = import_server(ad->im, lower);
	if (known != NULL && strcmp(known->group, site->word) == 0)
		number = (size_t)(known - ad->im->servers.v);
	else if (known == NULL && all)
		number = ad_server_add(ad, entry, name, site);
	mem_free(lower);
	if (preferred && number != SIZE_MAX)
		vec_push(&site->bridgeheads, number);
}

static void
server_entries_take(struct ad *ad)
{
	bool all = ad->im->servers.n == 0;

	for (size_t i = 0; i < ad->entries->list.n; i++)
		if (entry_is(&ad->entries->list.v[i], "server"))
			server_entry_take(ad, &ad->entries->list.v[i], all);
}

/* Of CN=IP,CN=Inter-Site Transports, for all its links. */
static void
transports_take(struct ad *ad)
{
	for (size_t i = 0; i < ad->entries->list.n; i++) {
		const struct entry *e = &ad->entries->list.v[i];
		int64_t options = 0;

		if (!entry_is(e, "intersitetransport") ||
		    !entry_number(e, "options", &options))
			continue;
		ad->any_time =
		    ad->any_time || (options & IGNORE_SCHEDULES) != 0;
		if ((options & BRIDGES_REQUIRED) != 0)
			import_note(ad->im, e->where,
			    "raise the costs of links that mail is not to "
			    "cross",
			    "its links are not transitive: lsrd's are, and "
			    "site link bridges do not count");
	}
}

static void
ad_sites_take(struct ad *ad)
{
	for (size_t i = 0; i < ad->entries->list.n; i++)
		if (entry_is(&ad->entries->list.v[i], "site"))
			group_add(ad, &ad->entries->list.v[i]);
	for (size_t i = 0; i < ad->entries->list.n; i++)
		if (entry_is(&ad->entries->list.v[i], "msexchroutinggroup"))
			group_add(ad, &ad->entries->list.v[i]);
}

/* In an organization of Exchange most sites have none. */
static void
sites_without_servers(struct ad *ad)
{
	for (size_t i = 0; i < ad->groups.n && ad->names.n == 0; i++)
		if (ad->groups.v[i].servers.n == 0)
			import_note(ad->im, ad->groups.v[i].entry->where,
			    "name its mail servers by --hosts, and their "
			    "subnets in the directory",
			    "no server is known in %s: it is no routing "
			    "group",
			    ad->groups.v[i].word);
}

static int
ad_source(const struct call *call, const struct import_hosts *hosts,
    struct import *im)
{
	struct entries entries = { 0 };
	struct ad ad = { .im = im, .hosts = hosts, .entries = &entries };
	const char *port = strrchr(call->operands[0], ':');
	int status = directory_load(call, &search, im, &entries);

	if (status == CALL_OK && port != NULL &&
	    (strncmp(port, ":3268", 5) == 0 || strncmp(port, ":3269", 5) == 0))
		import_note(im, call->operands[0],
		    "ask a domain controller, at port 389 or 636",
		    "a global catalog has no costs and no schedules");
	if (status == CALL_OK) {
		ad_sites_take(&ad);
		transports_take(&ad);
		subnets_judge(&ad);
		ad_exchange_servers(&ad);
		hosts_place(&ad);
		server_entries_take(&ad);
		sites_without_servers(&ad);
		ad_links_take(&ad);
		ad_exchange_connectors(&ad);
	}
	ad_done(&ad);
	entries_done(&entries);
	return status;
}

int
import_ad(const struct call *call)
{
	return import_run(call, ad_source);
}
