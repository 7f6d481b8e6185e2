#include "cfg/judge.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/lsa/way.h"
#include "sys/installed.h"

#define EXIM_TABLES "/var/lib/lsrd/exim"

#define AT_TOP(name)                                                           \
	(struct build_place)                                                   \
	{                                                                      \
		.option = (name)                                               \
	}

static void
required_judge(const struct build *b)
{
	const struct setup *s = &b->conf->setup;
	const struct {
		const char *name, *value, *remedy;
	} all[] = {
		{ "organization", s->organization,
		    "write organization = \"example.org\"" },
		{ "routing-group", s->group,
		    "write routing-group = \"london\"" },
		{ "server", s->server,
		    "write server = \"mx1.london.example.org\", this host's "
		    "name" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct build_place place = AT_TOP(all[i].name);

		if (all[i].value == NULL && !build_is_set(b, &place))
			build_complain(b, &place, all[i].remedy,
			    "%s is not set", all[i].name);
	}
}

static void
position_judge(const struct build *b)
{
	struct build_place place = AT_TOP("position");

	if (b->conf->setup.announced.position.n == 1)
		build_complain(b, &place,
		    "write longitude and latitude in degrees, as "
		    "{ -0.1, 51.5 }",
		    "position: one number is no position");
}

/* An address that others are told, or that we dial. */
static void
hop_judge(const struct build *b, const struct build_place *place,
    const struct addr *addr)
{
	char text[ADDR_TEXT];

	if (addr_is_hop(addr, b->conf->setup.lab))
		return;
	build_complain(b, place,
	    addr_is_loopback(addr)
		? "loopback is for lab = yes; write an address of the network"
		: "write one address of one host",
	    "%s = \"%s\": no address that another server can reach",
	    place->option, addr_text(addr, text));
}

/* Own addresses that the configuration does not give follow from those it
 * does. */
static void
announced_fill(struct conf *conf)
{
	struct setup *s = &conf->setup;

	for (size_t i = 0; i < conf->nlisten && s->announced.nlisten < 4; i++)
		if (addr_is_hop(&conf->listen[i], s->lab))
			s->announced.listen[s->announced.nlisten++] =
			    conf->listen[i];
}

static void
mail_fill(struct setup *s)
{
	for (size_t i = 0; i < s->announced.nlisten; i++) {
		struct addr one = s->announced.listen[i];
		bool known = false;

		one.port = 25;
		for (size_t k = 0; k < s->announced.nsmtp; k++)
			known =
			    known || addr_equal(&s->announced.smtp[k], &one);
		if (!known)
			s->announced.smtp[s->announced.nsmtp++] = one;
	}
}

static void
addresses_judge(const struct build *b)
{
	struct build_place listen = AT_TOP("peer-listen");
	struct build_place peer = AT_TOP("peer-address");
	struct build_place smtp = AT_TOP("smtp");
	struct setup *s = &b->conf->setup;

	for (size_t i = 0; i < s->announced.nlisten; i++)
		hop_judge(b, &peer, &s->announced.listen[i]);
	for (size_t i = 0; i < s->announced.nsmtp; i++)
		hop_judge(b, &smtp, &s->announced.smtp[i]);
	if (!build_is_set(b, &peer))
		announced_fill(b->conf);
	if (b->conf->nlisten > 0 && s->announced.nlisten == 0)
		build_warn(b, &listen,
		    "set peer-address to what the others are to dial",
		    "peer-listen names no address that another server can "
		    "reach");
	if (!build_is_set(b, &smtp))
		mail_fill(s);
	if (s->announced.nsmtp == 0 && !build_is_set(b, &smtp))
		build_complain(b, &smtp,
		    "write smtp = { \"192.0.2.10:25\" }, where the other "
		    "servers reach this host's mail service",
		    "smtp is not set, and does not follow from peer-address "
		    "or peer-listen");
}

static void
times_judge(const struct build *b)
{
	struct setup *s = &b->conf->setup;
	struct build_place place = AT_TOP("dead-time");
	struct build_place keepalive = AT_TOP("keep-alive");

	if (build_is_set(b, &keepalive) && !build_is_set(b, &place))
		s->times.dead_ms = 3 * s->times.keepalive_ms;
	if (s->times.dead_ms < 2 * s->times.keepalive_ms)
		build_complain(b, &place,
		    "write at least twice keep-alive; three times is usual",
		    "dead-time is less than two times keep-alive: one lost "
		    "packet would end a session");
}

static bool
is_own_name(const struct build *b, const char *name)
{
	const char *own = b->conf->setup.server;

	return own != NULL && strcmp(own, name) == 0;
}

static void
peers_judge(const struct build *b)
{
	const struct setup *s = &b->conf->setup;

	for (size_t i = 0; i < s->npeers; i++) {
		const struct setup_peer *peer = &s->peers[i];
		struct build_place place = { .section = "peer",
			.title = peer->name };

		if (is_own_name(b, peer->name))
			build_complain(b, &place, "remove this section",
			    "peer \"%s\": this is the server itself",
			    peer->name);
		place.option = "address";
		for (size_t k = 0; k < peer->naddrs; k++)
			hop_judge(b, &place, &peer->addrs[k]);
	}
}

/* The group that another connector says the bridgehead is in, or NULL. */
static const struct setup_connector *
elsewhere(const struct setup *s, const struct setup_connector *here,
    const char *bridgehead)
{
	for (const struct setup_connector *c = s->connectors; c < here; c++) {
		if (c->group == NULL || strcmp(c->group, here->group) == 0)
			continue;
		for (size_t i = 0; i < c->nbridgeheads; i++)
			if (strcmp(c->bridgeheads[i].name, bridgehead) == 0)
				return c;
	}
	return NULL;
}

static void
reached_judge(const struct build *b, struct build_place place,
    const struct setup_bridgehead *one)
{
	place.option = "smtp";
	for (size_t i = 0; i < one->nsmtp; i++)
		hop_judge(b, &place, &one->smtp[i]);
	place.option = "peer-address";
	if (one->verb.family == 0)
		return;
	hop_judge(b, &place, &one->verb);
	if (one->carrier != SETUP_XLSA2)
		build_warn(b, &place,
		    "write peer = x-lsa-2 beside it; for port 691 write "
		    "address in a section peer",
		    "bridgehead \"%s\": peer-address is for X-LSA-2 alone",
		    one->name);
}

/* Exim's transport has another name, and takes a host alone. */
static void
exim_by_judge(
    const struct build *b, const struct build_place *place, const char *by)
{
	struct buf whole = { 0 };
	struct way way;
	char *text;

	buf_printf(&whole, "%s%s", by, strchr(by, ':') == NULL ? ":" : "");
	text = buf_string(&whole);
	if (way_read(&way, text) != RC_OK || !way_is_driver(way.transport))
		build_complain(b, place,
		    "name it of letters, digits and _, a letter first, and "
		    "give a host in brackets or none, as "
		    "\"lsrd_thin:[gw.example.org]:25\"",
		    "transport = \"%s\": no transport of Exim's", by);
	mem_free(text);
}

/* Which transport takes the mail: its own, the connector's, or `lsrd`, that of
 * all routes. */
static void
by_judge(const struct build *b, const struct setup_connector *c,
    struct setup_bridgehead *one)
{
	struct build_place place = { "connector", c->name,
		one->transport == NULL ? NULL : one->name, "transport" };
	const struct conf *conf = b->conf;
	size_t n;

	one->by = one->transport == NULL ? c->transport : one->transport;
	if (one->by == NULL)
		return;
	n = way_by_name(one->by);
	if (strcmp(one->by, conf->transport) == 0)
		one->by = NULL;
	else if (strncmp(one->by, conf->transport, n) == 0 &&
		 conf->transport[n] == '\0')
		build_complain(b, &place,
		    "leave the next hop out, or name another transport",
		    "transport = \"%s\": that is lsrd's own, whose next hops "
		    "follow from smtp",
		    one->by);
	else if (strncmp(one->by, conf->hold_transport, n) == 0 &&
		 conf->hold_transport[n] == '\0')
		build_complain(b, &place, "name a transport that delivers",
		    "transport = \"%s\": mail would wait there", one->by);
	else if (conf_writes(conf, "exim"))
		exim_by_judge(b, &place, one->by);
}

static void
bridgehead_judge(const struct build *b, const struct setup_connector *c,
    const struct setup_bridgehead *one)
{
	struct build_place place = { "connector", c->name, one->name, NULL };
	const struct setup_connector *other;

	if (is_own_name(b, one->name))
		build_complain(b, &place,
		    "name a server of the routing group it leads to",
		    "bridgehead \"%s\": this is the server itself", one->name);
	other =
	    c->group == NULL ? NULL : elsewhere(&b->conf->setup, c, one->name);
	if (other != NULL)
		build_complain(b, &place,
		    "a server is in one routing group; mend one of the two",
		    "bridgehead \"%s\": in routing group \"%s\" here, in "
		    "\"%s\" by connector \"%s\"",
		    one->name, c->group, other->group, other->name);
	reached_judge(b, place, one);
}

/* How mail for it is handed on, and how it is asked: its own word or the
 * connector's. */
static void
handling_judge(const struct build *b, const struct setup_connector *c,
    struct setup_bridgehead *one)
{
	by_judge(b, c, one);
	asks_read(&one->asks, one->probe == NULL ? c->probe : one->probe);
}

static void
bridgeheads_judge(const struct build *b, struct setup_connector *c)
{
	struct build_place place = { .section = "connector", .title = c->name };

	if (c->nbridgeheads == 0 && !c->any)
		build_complain(b, &place,
		    "write bridgehead \"mx1.paris.example.org\" { "
		    "smtp = \"198.51.100.5:25\" }, or bridgehead = any",
		    "connector \"%s\": names no bridgehead", c->name);
	if (c->nbridgeheads > LIMIT_BRIDGEHEADS)
		build_complain(b, &place, "at most 64; use a second connector",
		    "connector \"%s\": %zu bridgeheads", c->name,
		    c->nbridgeheads);
	for (size_t k = 0; k < c->nbridgeheads; k++) {
		bridgehead_judge(b, c, &c->bridgeheads[k]);
		handling_judge(b, c, &c->bridgeheads[k]);
	}
	if (c->any)
		handling_judge(b, c, &c->every);
}

static void
judge_connectors(const struct build *b)
{
	const struct setup *s = &b->conf->setup;

	for (size_t i = 0; i < s->nconnectors; i++) {
		struct setup_connector *c = &s->connectors[i];
		struct build_place place = { .section = "connector",
			.title = c->name,
			.option = "routing-group" };

		if (c->group == NULL && !build_is_set(b, &place))
			build_complain(b, &place,
			    "write routing-group = \"paris\", where it leads "
			    "to",
			    "connector \"%s\": routing-group is not set",
			    c->name);
		if (c->group != NULL && s->group != NULL &&
		    strcmp(c->group, s->group) == 0)
			build_complain(b, &place,
			    "members of a group reach each other without a "
			    "connector",
			    "connector \"%s\": leads to our own routing group",
			    c->name);
		place.option = "large-message-size";
		if ((c->policy.large_size == 0) !=
		    (c->policy.large_schedule == NULL))
			build_complain(b, &place,
			    "write large-message-size = 5M and large-schedule "
			    "= \"20:00-06:00\", or neither",
			    "connector \"%s\": large-message-size and "
			    "large-schedule go together",
			    c->name);
		bridgeheads_judge(b, c);
	}
}

/* Exim has no service of another name, and no nexthop of another form. */
static void
exim_way_judge(
    const struct build *b, const struct build_place *place, const char *text)
{
	struct way way;

	if (way_read(&way, text) != RC_OK)
		build_complain(b, place,
		    "write deliver = \"remote_smtp:[gw.example.org]:25\", or "
		    "\"my_transport:\" where the transport knows the host",
		    "deliver = \"%s\": Exim needs a transport and a host in "
		    "brackets",
		    text);
	else if (!way_is_driver(way.transport))
		build_complain(b, place,
		    "name it of letters, digits and _, a letter first, in "
		    "Exim's configuration and here",
		    "deliver = \"%s\": no transport of Exim can be called %s",
		    text, way.transport);
}

/* A way out by our own transports would come back to us. */
static void
way_judge(const struct build *b, const struct setup_space *one)
{
	const char *const own[] = { b->conf->transport,
		b->conf->hold_transport };
	struct build_place place = { .section = "address-space",
		.title = one->pattern,
		.option = "deliver" };

	if (one->way != NULL && conf_writes(b->conf, "exim"))
		exim_way_judge(b, &place, one->way);
	for (size_t i = 0; one->way != NULL && i < 2; i++) {
		size_t n = strlen(own[i]);

		if (strncmp(one->way, own[i], n) == 0 && one->way[n] == ':')
			build_complain(b, &place,
			    "name a transport of the MTA's own",
			    "deliver = \"%s\": that is lsrd's own transport",
			    one->way);
	}
}

static void
spaces_judge(const struct build *b)
{
	const struct setup *s = &b->conf->setup;
	struct build_place top = { 0 };

	size_t listed = 0;

	for (size_t i = 0; i < s->nspaces; i++) {
		const struct setup_space *one = &s->spaces[i];
		struct build_place place = { .section = "address-space",
			.title = one->pattern,
			.option = "relay" };

		listed += one->listed;
		if (one->listed)
			continue;
		way_judge(b, one);
		if (strcmp(one->pattern, "*") == 0 && one->relay)
			build_complain(b, &place, "write relay = no",
			    "address-space \"*\": relay = yes would relay "
			    "for anybody");
		place.option = "probe";
		if (one->probe.family != 0 && one->way == NULL)
			build_complain(b, &place,
			    "remove it; this host's own mail service is "
			    "probed anyway",
			    "address-space \"%s\": a probe of what is "
			    "delivered here",
			    one->pattern);
	}
	if (s->nspaces - listed + s->nconnectors + 2 > LIMIT_ORIGIN_LSAS)
		build_complain(b, &top,
		    "put them into a file: address-space-file",
		    "%zu address spaces and connectors: a server may announce "
		    "%d in all",
		    s->nspaces - listed + s->nconnectors,
		    LIMIT_ORIGIN_LSAS - 2);
}

/* Exim's tables beside Postfix's. */
static char *
sibling(const char *directory)
{
	const char *slash = strrchr(directory, '/');
	struct buf b = { 0 };

	buf_bytes(&b, directory, (size_t)(slash - directory));
	buf_text(&b, "/exim");
	return buf_string(&b);
}

static void
mta_can_be(const struct build *b)
{
	struct build_place mta = AT_TOP("mta");

#ifndef HAVE_CDB
	if (conf_writes(b->conf, "exim"))
		build_complain(b, &mta,
		    "install lsrd as built with tinycdb (libcdb-dev), or "
		    "write mta = postfix",
		    "mta: this lsrd was built without Exim's tables");
#endif
	if (b->conf->exim_tables != NULL &&
	    strcmp(b->conf->exim_tables, b->conf->table_directory) == 0)
		build_complain(b, &mta,
		    "set table-directory to another folder: Exim's are in the "
		    "folder exim beside it",
		    "mta = both: the tables of both would be in %s",
		    b->conf->exim_tables);
}

/* What is not said of the MTA follows from what is installed. */
static void
mta_judge(const struct build *b)
{
	struct build_place mta = AT_TOP("mta");
	struct build_place tables = AT_TOP("table-directory");
	struct conf *conf = b->conf;

	if (!build_is_set(b, &mta) && strcmp(installed_mta(""), "exim") == 0)
		conf->mta = CONF_MTA_EXIM;
	conf->setup.mta.none = conf->mta == CONF_MTA_NONE;
	conf->setup.mta.beside = conf->mta == CONF_MTA_EXIM   ? SETUP_EXIM
	                         : conf->mta == CONF_MTA_BOTH ? SETUP_BOTH
	                                                      : SETUP_POSTFIX;
	if (conf->mta == CONF_MTA_EXIM && !build_is_set(b, &tables)) {
		mem_free(conf->table_directory);
		conf->table_directory = mem_str(EXIM_TABLES);
	}
	if (conf->mta == CONF_MTA_BOTH)
		conf->exim_tables = sibling(conf->table_directory);
	mta_can_be(b);
}

void
judge_conf(const struct build *build)
{
	required_judge(build);
	position_judge(build);
	mta_judge(build);
	addresses_judge(build);
	times_judge(build);
	peers_judge(build);
	judge_connectors(build);
	spaces_judge(build);
}
