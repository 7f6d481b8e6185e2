#include "cfg/schema.h"

#include <inttypes.h>
#include <string.h>

#include "base/near.h"
#include "cfg/conf.h"
#include "cfg/setting.h"
#include "core/lsa/limits.h"

static const char *const carriers[] = { "tcp", "x-lsa-2", "none", NULL };
static const char *const accepts[] = { "address", "certificate", NULL };
static const char *const scopes[] = { "organization", "routing-group", NULL };
static const char *const hops[] = { "address", "name", NULL };
static const char *const mtas[] = { "postfix", "exim", "both", "none", NULL };
static const char *const levels[] = { "error", "warning", "remote", "notice",
	"debug", NULL };

#define KEYS "/etc/lsrd/keys/"
#define HOUR_MS 3600000

/* clang-format off */
#define IN_CONF_STRUCT(field) offsetof(struct conf, field)
#define IN_SETUP(field) offsetof(struct conf, setup.field)
#define IN_PEER(field) offsetof(struct setup_peer, field)
#define IN_CONNECTOR(field) offsetof(struct setup_connector, field)
#define IN_BRIDGEHEAD(field) offsetof(struct setup_bridgehead, field)
#define IN_SPACE(field) offsetof(struct setup_space, field)

const struct schema schema_options[] = {
	{ "", "organization", NULL, NULL, SCHEMA_HOST, SCHEMA_RESTART, 0, 0, IN_SETUP(organization), 0, "the name of the organization, shown and logged" },
	{ "", "routing-group", NULL, NULL, SCHEMA_WORD, SCHEMA_RESTART, 0, 0, IN_SETUP(group), 0, "the routing group that this server is a member of" },
	{ "", "server", NULL, NULL, SCHEMA_HOST, SCHEMA_RESTART, 0, 0, IN_SETUP(server), 0, "the name of this server, as its certificate has it" },
	{ "", "include-dir", NULL, NULL, SCHEMA_INCLUDE, SCHEMA_RELOAD, 0, 0, SCHEMA_NOWHERE, 0, "a folder whose files *.conf are read, too" },

	{ "", "key", KEYS "server.key", NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(key), 0, "this server's private key" },
	{ "", "certificate", KEYS "server.pem", NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(certificate), 0, "this server's certificate" },
	{ "", "previous-certificate", NULL, NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(previous_certificate), 0, "the one before, as long as something is signed by it" },
	{ "", "authority", KEYS "authority.pem", NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(authority), 0, "the authority's certificate, which is the organization" },
	{ "", "second-authority", NULL, NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(second_authority), 0, "another one that is trusted as well, while the authority changes" },
	{ "", "mark-key", KEYS "mark.key", NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(mark_key), 0, "the key that marks on messages are signed with" },
	{ "", "previous-mark-key", NULL, NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(previous_mark_key), 0, "the one before, as long as its marks are on their way" },

	{ "", "peer-listen", NULL, NULL, SCHEMA_ADDRESSES, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(listen), IN_CONF_STRUCT(nlisten), "where to listen for peers" },
	{ "", "peer-address", NULL, NULL, SCHEMA_FOUR, SCHEMA_RELOAD, 0, 0, IN_SETUP(announced.listen), IN_SETUP(announced.nlisten), "where peers reach us, if that is elsewhere" },
	{ "", "peer-accept", "address", accepts, SCHEMA_FLAG, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(by_certificate), 0, "from whom sessions are taken" },
	{ "", "smtp", NULL, NULL, SCHEMA_FOUR, SCHEMA_RELOAD, 0, 0, IN_SETUP(announced.smtp), IN_SETUP(announced.nsmtp), "where this server's mail service is, for the others" },
	{ "", "position", NULL, NULL, SCHEMA_POSITION, SCHEMA_RELOAD, 0, 0, IN_SETUP(announced.position), 0, "where this server is on the earth: longitude, latitude" },
	{ "", "srv-domain", NULL, NULL, SCHEMA_HOST, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(srv_domain), 0, "look for peers in DNS, at _lsrd._tcp below this name" },
	{ "", "keep-alive", "500ms", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 100, 60000, IN_SETUP(times.keepalive_ms), 0, "between two signs of life in a session" },
	{ "", "dead-time", "1400ms", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 200, 10 * 60000, IN_SETUP(times.dead_ms), 0, "a peer that is silent for so long is gone" },
	{ "", "probe-interval", "7s", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 100, HOUR_MS, IN_SETUP(times.probe_ms), 0, "between two probes of a mail service that is up" },
	{ "", "probe-timeout", "15s", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 100, 60000, IN_CONF_STRUCT(probe_timeout_ms), 0, "a probe without a reply for so long has failed" },
	{ "", "digest-interval", "3m", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 1000, HOUR_MS, IN_SETUP(times.digest_ms), 0, "between two comparisons of databases" },

	{ "", "drain", "no", NULL, SCHEMA_BOOLEAN, SCHEMA_RELOAD, 0, 0, IN_SETUP(drain.on), 0, "ask the others for no transit" },
	{ "", "drain-reason", NULL, NULL, SCHEMA_TEXT, SCHEMA_RELOAD, 0, LIMIT_REASON_OCTETS, IN_SETUP(drain.reason), 0, "why, for the others to read" },
	{ "", "address-space-file", NULL, NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(list), 0, "a file of patterns that are delivered here, one a line" },
	{ "", "address-space-file-cost", "0", NULL, SCHEMA_INTEGER, SCHEMA_RELOAD, 0, LIMIT_COST_MAX, IN_CONF_STRUCT(list_cost), 0, "what the last step to each of them costs" },
	{ "", "confirm-above", "100%", NULL, SCHEMA_PERCENT, SCHEMA_RELOAD, 0, 100, IN_SETUP(confirm_percent), 0, "a reload that moves more routes waits for lsrctl confirm" },
	{ "", "retry-mail", "yes", NULL, SCHEMA_BOOLEAN, SCHEMA_RELOAD, 0, 0, IN_SETUP(mta.retry), 0, "have the MTA try mail again whose route has moved" },
	{ "", "congestion-interval", "30s", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 1000, HOUR_MS, IN_SETUP(congestion.ms), 0, "between two readings of the MTA's queue" },
	{ "", "congestion-age", "1m", NULL, SCHEMA_DURATION, SCHEMA_RELOAD, 1000, 24 * HOUR_MS, IN_CONF_STRUCT(congestion_age_ms), 0, "a message that waits longer is late" },
	{ "", "congestion-messages", "20", NULL, SCHEMA_INTEGER, SCHEMA_RELOAD, 0, 1000000, IN_SETUP(congestion.messages), 0, "so many late messages are congestion" },
	{ "", "lab", "no", NULL, SCHEMA_BOOLEAN, SCHEMA_RESTART, 0, 0, IN_SETUP(lab), 0, "allow loopback as a next hop, for tests" },

	{ "", "transport", "lsrd", NULL, SCHEMA_TRANSPORT, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(transport), 0, "the transport of remote routes in the tables" },
	{ "", "hold-transport", "lsrd-hold", NULL, SCHEMA_TRANSPORT, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(hold_transport), 0, "the transport of routes that wait" },
	{ "", "next-hop", "address", hops, SCHEMA_FLAG, SCHEMA_RESTART, 0, 0, IN_SETUP(mta.by_name), 0, "how next hops are published" },
	{ "", "mta", NULL, mtas, SCHEMA_CHOICE, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(mta), 0, "whose tables are published; not set, what is installed" },
	{ "", "postfix-directory", NULL, NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(postfix_directory), 0, "where main.cf is" },

	{ "", "user", "_lsrd", NULL, SCHEMA_USER, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(user), 0, "the account that lsrd runs as" },
	{ "", "state-directory", "/var/lib/lsrd", NULL, SCHEMA_PATH, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(state_directory), 0, "what survives a restart" },
	{ "", "table-directory", "/var/lib/lsrd/postfix", NULL, SCHEMA_PATH, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(table_directory), 0, "the MTA's tables" },
	{ "", "control-socket", "/run/lsrd/control", NULL, SCHEMA_PATH, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(control_socket), 0, "where lsrctl asks" },
	{ "", "front-socket", NULL, NULL, SCHEMA_PATH, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(front_socket), 0, "where lsrd-front brings sessions" },
	{ "", "report-socket", "/run/lsrd/report", NULL, SCHEMA_PATH, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(report_socket), 0, "where reports arrive" },
	{ "", "probe-socket", "/run/lsrd-probe/ask", NULL, SCHEMA_PATH, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(probe_socket), 0, "where lsrd-probe runs commands" },
	{ "", "publisher", NULL, NULL, SCHEMA_PATH, SCHEMA_RESTART, 0, 0, IN_CONF_STRUCT(publisher), 0, "the program that writes the tables" },
	{ "", "log-level", "notice", levels, SCHEMA_CHOICE, SCHEMA_RELOAD, 0, 0, IN_CONF_STRUCT(log_level), 0, "the least that is logged" },

	{ "peer", "address", NULL, NULL, SCHEMA_ADDRESSES, SCHEMA_RELOAD, 0, 0, IN_PEER(addrs), IN_PEER(naddrs), "where to dial it, in this order" },

	{ "connector", "routing-group", NULL, NULL, SCHEMA_WORD, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(group), 0, "the routing group that it leads to" },
	{ "connector", "bridgehead", NULL, NULL, SCHEMA_ANY, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(any), 0, "any: the servers of that group are its bridgeheads" },
	{ "connector", "peer", "tcp", carriers, SCHEMA_CHOICE, SCHEMA_RELOAD, 0, 0, SCHEMA_NOWHERE, 0, "by which carrier to peer with its bridgeheads" },
	{ "connector", "cost", "10", NULL, SCHEMA_INTEGER, SCHEMA_RELOAD, 1, LIMIT_COST_MAX, SCHEMA_NOWHERE, 0, "what a way by it costs" },
	{ "connector", "drain", "no", NULL, SCHEMA_BOOLEAN, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(drain), 0, "send no mail by it" },
	{ "connector", "transport", NULL, NULL, SCHEMA_BY, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(transport), 0, "the MTA's transport that takes its mail" },
	{ "connector", "probe", NULL, NULL, SCHEMA_ASKS, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(probe), 0, "how its bridgeheads are probed" },
	{ "connector", "max-message-size", NULL, NULL, SCHEMA_SIZE, SCHEMA_RELOAD, 1, INT64_MAX, IN_CONNECTOR(policy.max_size), 0, "the largest message that goes by it" },
	{ "connector", "priorities", NULL, NULL, SCHEMA_PRIORITIES, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(policy.priorities), 0, "the priorities that go by it" },
	{ "connector", "allow-senders", NULL, NULL, SCHEMA_SENDERS, SCHEMA_RELOAD, 0, LIMIT_SENDERS, IN_CONNECTOR(policy.allow), IN_CONNECTOR(policy.nallow), "the senders that go by it" },
	{ "connector", "deny-senders", NULL, NULL, SCHEMA_SENDERS, SCHEMA_RELOAD, 0, LIMIT_SENDERS, IN_CONNECTOR(policy.deny), IN_CONNECTOR(policy.ndeny), "the senders that do not" },
	{ "connector", "schedule", NULL, NULL, SCHEMA_SCHEDULE, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(policy.schedule), 0, "when it is open" },
	{ "connector", "large-message-size", NULL, NULL, SCHEMA_SIZE, SCHEMA_RELOAD, 1, INT64_MAX, IN_CONNECTOR(policy.large_size), 0, "a larger message goes by large-schedule" },
	{ "connector", "large-schedule", NULL, NULL, SCHEMA_SCHEDULE, SCHEMA_RELOAD, 0, 0, IN_CONNECTOR(policy.large_schedule), 0, "when it is open for large messages" },

	{ "bridgehead", "smtp", NULL, NULL, SCHEMA_FOUR, SCHEMA_RELOAD, 0, 0, IN_BRIDGEHEAD(smtp), IN_BRIDGEHEAD(nsmtp), "its mail service, where that is not as it says itself" },
	{ "bridgehead", "peer", NULL, carriers, SCHEMA_CHOICE, SCHEMA_RELOAD, 0, 0, IN_BRIDGEHEAD(carrier), 0, "its own carrier, in place of the connector's" },
	{ "bridgehead", "peer-address", NULL, NULL, SCHEMA_ADDRESS, SCHEMA_RELOAD, 0, 0, IN_BRIDGEHEAD(verb), 0, "where it takes X-LSA-2, if not at smtp" },
	{ "bridgehead", "cost", NULL, NULL, SCHEMA_INTEGER, SCHEMA_RELOAD, 1, LIMIT_COST_MAX, IN_BRIDGEHEAD(cost), 0, "its own cost, in place of the connector's" },
	{ "bridgehead", "transport", NULL, NULL, SCHEMA_BY, SCHEMA_RELOAD, 0, 0, IN_BRIDGEHEAD(transport), 0, "its own transport, in place of the connector's" },
	{ "bridgehead", "probe", NULL, NULL, SCHEMA_ASKS, SCHEMA_RELOAD, 0, 0, IN_BRIDGEHEAD(probe), 0, "how it is probed, in place of the connector's" },

	{ "address-space", "deliver", "here", NULL, SCHEMA_WAY, SCHEMA_RELOAD, 0, 0, IN_SPACE(way), 0, "where its mail goes from here" },
	{ "address-space", "cost", "0", NULL, SCHEMA_INTEGER, SCHEMA_RELOAD, 0, LIMIT_COST_MAX, IN_SPACE(cost), 0, "what its last step costs" },
	{ "address-space", "scope", "organization", scopes, SCHEMA_FLAG, SCHEMA_RELOAD, 0, 0, IN_SPACE(local), 0, "who may use it" },
	{ "address-space", "fallback", "no", NULL, SCHEMA_BOOLEAN, SCHEMA_RELOAD, 0, 0, IN_SPACE(fallback), 0, "use a less specific pattern where no claim is reached" },
	{ "address-space", "relay", NULL, NULL, SCHEMA_BOOLEAN, SCHEMA_RELOAD, 0, 0, IN_SPACE(relay), 0, "take its mail from outside for it" },
	{ "address-space", "probe", "no", NULL, SCHEMA_PROBE, SCHEMA_RELOAD, 0, 0, IN_SPACE(probe), 0, "probe the way out" },
	{ 0 },
};
/* clang-format on */

const struct schema_section schema_sections[] = {
	{ "peer", "" },
	{ "connector", "" },
	{ "bridgehead", "connector" },
	{ "address-space", "" },
	{ NULL, NULL },
};

bool
schema_is_list(const struct schema *option)
{
	return option->type == SCHEMA_ADDRESSES ||
	       option->type == SCHEMA_FOUR || option->type == SCHEMA_SENDERS ||
	       option->type == SCHEMA_PRIORITIES ||
	       option->type == SCHEMA_POSITION;
}

const char *
schema_key(const struct schema *option)
{
	return option->type == SCHEMA_ANY ? "Bridgehead" : option->name;
}

const struct schema *
schema_find(const char *section, const char *name)
{
	for (const struct schema *s = schema_options; s->name != NULL; s++)
		if (strcmp(s->section, section) == 0 &&
		    strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

const struct schema_section *
schema_find_section(const char *around, const char *name)
{
	const struct schema_section *s = schema_sections;

	for (; s->name != NULL; s++)
		if (strcmp(s->around, around) == 0 &&
		    strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

const char *
schema_nearest(const char *section, const char *name)
{
	struct near near;

	near_init(&near, name);
	for (const struct schema *s = schema_options; s->name != NULL; s++)
		if (strcmp(s->section, section) == 0)
			near_offer(&near, s->name);
	for (const struct schema_section *s = schema_sections; s->name != NULL;
	     s++)
		if (strcmp(s->around, section) == 0)
			near_offer(&near, s->name);
	return near.best;
}

static const struct {
	enum schema_type type;
	const char *text;
} forms[] = {
	{ SCHEMA_TEXT,
	    "printable text of at most 120 octets, without \" and \\" },
	{ SCHEMA_HOST, "a host name such as \"mx1.example.org\"" },
	{ SCHEMA_WORD, "a name of a-z, 0-9, '.', '_' and '-', at most 63" },
	{ SCHEMA_USER, "the name of an account" },
	{ SCHEMA_PATH, "an absolute path" },
	{ SCHEMA_TRANSPORT, "the name of a service in master.cf" },
	{ SCHEMA_WAY, "here, or a transport as \"smtp:[gw.example.org]:25\"" },
	{ SCHEMA_BY,
	    "a transport as \"thin\" or \"lmtp:[gw.example.org]:24\"" },
	{ SCHEMA_ASKS, "smtp, lmtp, none, an address as in \"tcp "
		       "192.0.2.1:102\", or a name as in \"command modem\"" },
	{ SCHEMA_SCHEDULE, "a schedule as lsrd.conf(5) shows" },
	{ SCHEMA_BOOLEAN, "yes or no" },
	{ SCHEMA_ANY, "any, or bridgehead \"NAME\" { } for each of them" },
	{ SCHEMA_ADDRESS, "an address with its port, as \"192.0.2.1:25\"" },
	{ SCHEMA_ADDRESSES, "addresses with ports, as { \"192.0.2.1:691\", "
			    "\"[2001:db8::1]:691\" }" },
	{ SCHEMA_FOUR, "up to four addresses with ports, as { "
		       "\"192.0.2.1:25\", \"[2001:db8::1]:25\" }" },
	{ SCHEMA_SENDERS, "a list of addresses, domains, \"*\" or \"<>\"" },
	{ SCHEMA_PRIORITIES, "a list of urgent, normal and non-urgent" },
	{ SCHEMA_POSITION,
	    "longitude and latitude in degrees, as { -0.1, 51.5 }" },
	{ SCHEMA_PROBE, "no, yes, or an address as \"192.0.2.1:25\"" },
	{ SCHEMA_INCLUDE, "an absolute path" },
};

static void
describe_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (i > 0)
			buf_text(out, words[i + 1] == NULL ? " or " : ", ");
		buf_text(out, words[i]);
	}
}

void
schema_describe(struct buf *out, const struct schema *option)
{
	enum schema_type type = option->type;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].type == type)
			buf_text(out, forms[i].text);
	if (option->words != NULL)
		describe_words(out, option->words);
	if (type == SCHEMA_INTEGER)
		buf_printf(out,
		    "a decimal integer from %" PRId64 " to %" PRId64,
		    option->min, option->max);
	if (type == SCHEMA_PERCENT)
		buf_text(out, "a share from 0% to 100%");
	if (type == SCHEMA_SIZE)
		buf_text(out, "a size as 500k, 20M or 1G");
	if (type == SCHEMA_DURATION) {
		buf_text(out, "a duration from ");
		setting_duration(out, (uint32_t)option->min);
		buf_text(out, " to ");
		setting_duration(out, (uint32_t)option->max);
		buf_text(out, ", as 250ms, 5s, 2m or 1h");
	}
}
