/*
 * check_copies.c - the part of `check` for connectors with limits: what makes
 * other recipients of those that lsrd-milter(8) sees, what gives a message to a
 * content filter where lsrd cannot see it, and the way round by our own smtpd.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/trace/mtable.h"

/* --- the way round ----------------------------------------------------------- */

/* The nth service whose name begins with that of our transport, and is neither
 * that nor the hold; "" when there are no more. */
static void
way_round(const struct postfix *p, size_t nth, char *out, size_t room)
{
	const char *own = p->conf->transport;
	const char *at = p->services.text;

	out[0] = '\0';
	for (size_t i = 0; at != NULL && i < p->services.n;
	     i += strlen(at + i) + 1) {
		char type[16];

		postconf_field(at + i, 0, out, room);
		postconf_field(at + i, 1, type, sizeof(type));
		if (strncmp(out, own, strlen(own)) == 0 &&
		    strcmp(out, own) != 0 && strcmp(type, "unix") == 0 &&
		    strcmp(out, p->conf->hold_transport) != 0 && nth-- == 0)
			return;
	}
	out[0] = '\0';
}

/* Without the one a message goes round until Postfix gives it up, with generic
 * maps others take the place of recipients before these are routed. */
static void
check_way_round(const struct postfix *p, const char *service)
{
	char option[160];

	snprintf(option, sizeof(option), "%s/unix/smtp_header_checks", service);
	if (postconf_option(p, option) == NULL)
		postconf_want_option(p, CHECK_CRITICAL, option, "");
	snprintf(option, sizeof(option), "%s/unix/smtp_generic_maps", service);
	if (postconf_option(p, option) == NULL)
		postconf_want_option(p, CHECK_WARNING, option, "");
	snprintf(
	    option, sizeof(option), "%s_destination_recipient_limit", service);
	if (strcmp(postconf_full(p, option), "1") != 0)
		postconf_want(p, CHECK_WARNING, option, "1",
		    "recipients that come by our own smtpd again are judged "
		    "together, and need not have one way");
}

void
check_ways_round(const struct postfix *p)
{
	char again[64], service[64];

	snprintf(again, sizeof(again), "%.50s-again", p->conf->transport);
	for (size_t i = 0;; i++) {
		way_round(p, i, service, sizeof(service));
		if (service[0] == '\0')
			return;
		if (strcmp(service, again) == 0)
			check_way_round(p, service);
	}
}

static void
check_copies(const struct postfix *p)
{
	static const char *const names[] = { "always_bcc", "sender_bcc_maps",
		"recipient_bcc_maps", "virtual_alias_maps", "canonical_maps",
		"recipient_canonical_maps", "masquerade_domains" };
	bool masks = strstr(postconf_full(p, "masquerade_classes"),
			 "envelope_recipient") != NULL;
	size_t n = sizeof(names) / sizeof(names[0]) - !masks;
	char service[64];

	way_round(p, 0, service, sizeof(service));
	for (size_t i = 0; i < n && service[0] == '\0'; i++)
		if (*postconf_full(p, names[i]) != '\0')
			check_find(p->list,
			    CHECK_ABOUT(CHECK_WARNING, "copies",
				"lsrd-milter(8), Copies: a transport "
				"lsrd-again, and --reinject"),
			    "%s: who gets a message in the end is not known "
			    "when the limits of connectors are judged, so one "
			    "that they do not admit takes the published route",
			    names[i]);
}

/* --- content filters by a rule ------------------------------------------------ */

/* Those whose tables may say FILTER (access(5), header_checks(5)). */
static const char *const rules[] = { "header_checks", "mime_header_checks",
	"nested_header_checks", "body_checks", "smtpd_client_restrictions",
	"smtpd_helo_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	"smtpd_data_restrictions", "smtpd_end_of_data_restrictions" };
#define RULES (sizeof(rules) / sizeof(rules[0]))
#define RULES_ALL 4 /* so many of them see what sendmail(1) brings, too */

/* Types that postmap lists, and those that nobody can. The texts of all others
 * lsrd reads itself. */
static const char *const listed[] = {
	"hash:", "btree:", "lmdb:", "cdb:", "sdbm:", "dbm:", NULL
};
static const char *const closed[] = { "ldap:", "mysql:", "pgsql:", "sqlite:",
	"memcache:", "socketmap:", "tcp:", "nis:", "mongodb:", NULL };

static bool
begins_with(const char *word, const char *const *types)
{
	for (; *types != NULL; types++)
		if (strncmp(word, *types, strlen(*types)) == 0)
			return true;
	return false;
}

/* A line `key<TAB>FILTER transport:destination` among them. */
static bool
lists_filter(const char *lines)
{
	while (lines != NULL && *lines != '\0') {
		const char *value = lines + strcspn(lines, "\t\n");

		value += *value == '\t';
		if (strncasecmp(value, "FILTER", 6) == 0 &&
		    (value[6] == ' ' || value[6] == '\t'))
			return true;
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
	return false;
}

static void
check_rule_table(
    const struct postfix *p, const char *parameter, const char *table)
{
	struct postfix_run run = { "postmap", "-s", table, NULL, NULL };
	char *lines;

	if (begins_with(table, closed)) {
		check_find(p->list, CHECK_ABOUT(CHECK_NOTE, "filter", NULL),
		    "not asked: whether %s in %s has a FILTER, which a route "
		    "of a message's own would go before",
		    table, parameter);
		return;
	}
	lines = postfix_run(p, &run);
	if (lines == NULL)
		check_find(p->list, CHECK_ABOUT(CHECK_NOTE, "filter", NULL),
		    "not asked%s: whether %s in %s has a FILTER",
		    geteuid() == 0 ? "" : ": needs root", table, parameter);
	else if (lists_filter(lines))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "filter",
			"give the service a content_filter instead, or keep "
			"the table's text beside it: lsrd-milter(8), A content "
			"filter on this host"),
		    "%s in %s has a FILTER that lsrd does not see: a message "
		    "that gets a route of its own is not scanned",
		    table, parameter);
	mem_free(lines);
}

/* Its tables, however deep in other ones, each once. */
static void
check_rule_words(
    const struct postfix *p, const char *parameter, const char *value)
{
	struct words seen = { { 0 } };
	static const char between[] = " \t,{}=";

	for (value += strspn(value, between); *value != '\0';
	     value += strspn(value, between)) {
		size_t n = strcspn(value, between);
		char *word;
		bool again = false;

		if (n > 6 && strncmp(value, "proxy:", 6) == 0)
			value += 6, n -= 6;
		word = mem_dup(value, n);
		value += n;
		for (size_t i = 0; i < seen.list.n; i++)
			again |= strcmp(seen.list.v[i], word) == 0;
		if (!again &&
		    (begins_with(word, listed) || begins_with(word, closed)))
			check_rule_table(p, parameter, word);
		vec_push(&seen.list, word);
	}
	words_done(&seen);
}

/* A parameter that lsrd has not found one in; master.cf's values, too. */
static void
check_rule(const struct postfix *p, const char *parameter)
{
	const char *at = p->options.text;

	check_rule_words(p, parameter, postconf_full(p, parameter));
	for (size_t i = 0; at != NULL && i < p->options.n;
	     i += strlen(at + i) + 1) {
		const char *value = strstr(at + i, " = ");
		char name[192];

		if (value == NULL)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(value - (at + i)),
		    at + i);
		if (strrchr(name, '/') != NULL &&
		    strcmp(strrchr(name, '/') + 1, parameter) == 0)
			check_rule_words(p, name, value + 3);
	}
}

void
check_limits(const struct postfix *p, const struct mtable_mta *known)
{
	check_copies(p);
	for (size_t i = 0; i < RULES; i++)
		if (!known->filters_smtp ||
		    (i < RULES_ALL && !known->filters_local))
			check_rule(p, rules[i]);
}
