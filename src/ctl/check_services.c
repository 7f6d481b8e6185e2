/*
 * check_services.c - the part of `check` that looks at master.cf: the
 * services that our tables name, and what they must not lack.
 */

#include "ctl/check_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/lsa/way.h"
#include "ctl/undo.h"

/* A service, and an option that it must not lack. */
struct option {
	const char *service;
	const char *name;
	const char *value;
};

/*
 * Our clone of the smtp client is where the site's own is: in the same
 * chroot, with the options that the site gave it.
 */
static void
clone_line(const struct postfix *p, struct buf *out)
{
	const char *smtp = postconf_service(p, "smtp/unix");
	const char *end = p->options.text + p->options.n;
	char chroot[8] = "y";

	if (smtp != NULL)
		postconf_field(smtp, 4, chroot, sizeof(chroot));
	buf_printf(out,
	    "%s unix - - %s - - smtp -o syslog_name=postfix/$service_name "
	    "-o smtp_connect_timeout=5s -o smtp_fallback_relay= "
	    "-o smtp_header_checks= -o "
	    "smtp_delivery_status_filter=" POSTCONF_ROUTE_REFUSED,
	    p->conf->transport, chroot);
	for (const char *at = p->options.text; at != NULL && at < end;
	     at += strlen(at) + 1) {
		const char *name = at + strlen("smtp/unix/"), *value;

		if (strncmp(at, "smtp/unix/", strlen("smtp/unix/")) != 0)
			continue;
		value = strstr(name, " = ");
		if (value == NULL || strncmp(name, "syslog_name", 11) == 0 ||
		    strncmp(name, "smtp_connect_timeout", 20) == 0 ||
		    strncmp(name, "smtp_fallback_relay", 19) == 0 ||
		    strncmp(name, "smtp_header_checks", 18) == 0 ||
		    strncmp(name, "smtp_delivery_status", 20) == 0)
			continue;
		buf_printf(
		    out, " -o {%.*s=%s}", (int)(value - name), name, value + 3);
	}
}

static void
hold_line(const struct postfix *p, struct buf *out)
{
	buf_printf(out,
	    "%s unix - n n - - pipe -o soft_bounce=yes user=nobody "
	    "argv=/bin/sh -c {printf '4.4.4 %%s' \"$$1\"; exit 75} "
	    "lsrd-hold ${nexthop}",
	    p->conf->hold_transport);
}

/* What master.cf has and master(8) was not told of; only root can look. */
static void
check_told(const struct postfix *p, const char *name)
{
	const char *queue = postconf_full(p, "queue_directory");
	char own[512], other[512];

	snprintf(own, sizeof(own), "%s/private/%s", queue, name);
	snprintf(other, sizeof(other), "%s/private/rewrite", queue);
	if (access(other, F_OK) == 0 && access(own, F_OK) != 0 &&
	    errno == ENOENT)
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "service", "postfix reload"),
		    "master.cf has the service %s, and Postfix has not read it "
		    "yet: mail for it waits",
		    name);
}

/* True when the service is there. */
static bool
check_services_one(const struct postfix *p, const char *name,
    void (*make)(const struct postfix *p, struct buf *out))
{
	struct buf b = { 0 };
	char service[128], text[192];
	char *line;

	snprintf(service, sizeof(service), "%s/unix", name);
	if (p->services.text == NULL)
		return true;
	if (postconf_service(p, service) != NULL) {
		check_told(p, name);
		return true;
	}
	snprintf(text, sizeof(text), "master.cf has no service %s", name);
	make(p, &b);
	line = buf_string(&b);
	postconf_want_service(p, service, line, text);
	mem_free(line);
	return false;
}

/* An option with another value is the administrator's decision. */
static void
check_option(const struct postfix *p, enum check_level level,
    const struct option *option)
{
	char name[192];

	snprintf(
	    name, sizeof(name), "%s/unix/%s", option->service, option->name);
	if (postconf_option(p, name) == NULL)
		postconf_want_option(p, level, name, option->value);
}

/* --- transports of connectors ---------------------------------------------------- */

/* What Postfix's client wants to know of a server of the organization, whatever
 * its service is called: as `lsrd` has it. */
static void
check_client(const struct postfix *p, const char *name, const char *program)
{
	const struct option all[] = {
		{ name, "smtp_header_checks", "" },
		{ name, "smtp_delivery_status_filter", POSTCONF_ROUTE_REFUSED },
		{ name, "lmtp_header_checks", "" },
		{ name, "lmtp_delivery_status_filter", POSTCONF_ROUTE_REFUSED },
	};
	char option[192];
	const char *level;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strncmp(all[i].name, program, 4) == 0)
			check_option(p, CHECK_CRITICAL, &all[i]);
	check_option(p, CHECK_WARNING,
	    &(struct option){ name, "syslog_name", "postfix/$service_name" });
	snprintf(option, sizeof(option), "%s/unix/smtp_tls_security_level",
	    p->conf->transport);
	level = postconf_option(p, option);
	if (level != NULL && strcmp(program, "smtp") == 0)
		check_option(p, CHECK_CRITICAL,
		    &(struct option){ name, "smtp_tls_security_level", level });
}

static void
check_transport(const struct postfix *p, const char *name)
{
	char service[128], program[32] = "";
	const char *line;

	snprintf(service, sizeof(service), "%s/unix", name);
	line = postconf_service(p, service);
	if (line == NULL) {
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "service",
			"transports.cf beside route-refused.regexp has some to "
			"copy"),
		    "master.cf has no service %s, to which lsrd.conf has mail "
		    "of a connector handed: it waits",
		    name);
		return;
	}
	check_told(p, name);
	postconf_field(line, 7, program, sizeof(program));
	if (strcmp(program, "smtp") == 0 || strcmp(program, "lmtp") == 0)
		check_client(p, name, program);
	else
		check_option(p, CHECK_CRITICAL,
		    &(struct option){ name, "soft_bounce", "yes" });
}

/* Once each. */
static void
transport_name_add(struct words *out, const char *by)
{
	size_t n = by == NULL ? 0 : way_by_name(by), at = 0;

	while (at < out->list.n && (strlen(out->list.v[at]) != n ||
				       strncmp(out->list.v[at], by, n) != 0))
		at++;
	if (by != NULL && at == out->list.n)
		vec_push(&out->list, mem_dup(by, n));
}

void
check_transport_names(const struct setup *setup, struct words *out)
{
	for (size_t i = 0; i < setup->nconnectors; i++) {
		const struct setup_connector *c = &setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			transport_name_add(out, c->bridgeheads[k].by);
		if (c->any)
			transport_name_add(out, c->every.by);
	}
}

static void
check_transports(const struct postfix *p)
{
	struct words names = { { 0 } };

	check_transport_names(&p->conf->setup, &names);
	for (size_t i = 0; i < names.list.n; i++)
		check_transport(p, names.list.v[i]);
	words_done(&names);
}

/* Whether strangers reach this smtpd: submission has rules of its own. */
static bool
is_port_25(const char *name)
{
	const char *port = strrchr(name, ':');

	port = port == NULL ? name : port + 1;
	return strcmp(port, "25") == 0 || strcmp(port, "smtp") == 0 ||
	       strcmp(port, "smtpd") == 0;
}

/* Whether a service that rewrites, or listens, needs main.cf's value of it. */
static bool
needs_ours(const char *option, const char *value, bool rewrites, bool listens)
{
	if (strcmp(option, "transport_maps") == 0 ||
	    strcmp(option, "sender_dependent_default_transport_maps") == 0)
		return rewrites;
	if (strcmp(option, "relay_domains") == 0)
		return rewrites || listens;
	/* without a list nobody is refused for want of an entry */
	if (strcmp(option, "relay_recipient_maps") == 0)
		return listens && value[strspn(value, " ")] != '\0';
	return listens && strcmp(option, "smtpd_relay_restrictions") == 0;
}

/*
 * One option of one service: what master.cf says there hides main.cf, and
 * with it our tables.
 */
static void
check_hidden(const struct postfix *p, const char *name, const char *value)
{
	char service[100], program[32] = "", which[64];
	size_t n = strlen(name) - strlen(strrchr(name, '/') + 1) - 1;
	const char *line, *option = name + n + 1;
	bool rewrites, listens;

	snprintf(service, sizeof(service), "%.*s", (int)n, name);
	snprintf(
	    which, sizeof(which), "%.*s", (int)strcspn(service, "/"), service);
	line = postconf_service(p, service);
	if (line == NULL || undo_is_ours(p->undo, value))
		return;
	postconf_field(line, 7, program, sizeof(program));
	rewrites = strcmp(program, "trivial-rewrite") == 0;
	listens = strcmp(program, "smtpd") == 0 && is_port_25(which);
	if (needs_ours(option, value, rewrites, listens))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "overridden",
			"if that is not meant: take it out there"),
		    "the service %s of master.cf has %s of its own, and what "
		    "main.cf says of our tables does not count",
		    service, option);
}

static void
check_all_hidden(const struct postfix *p)
{
	const char *end = p->options.text + p->options.n;

	for (const char *at = p->options.text; at != NULL && at < end;
	     at += strlen(at) + 1) {
		const char *value = strstr(at, " =");
		char name[192];

		if (value == NULL)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(value - at), at);
		if (strrchr(name, '/') != NULL)
			check_hidden(p, name, value + 2);
	}
}

void
check_services(const struct postfix *p)
{
	const struct option clone[] = {
		{ p->conf->transport, "smtp_connect_timeout", "5s" },
		{ p->conf->transport, "smtp_header_checks", "" },
		{ p->conf->transport, "smtp_delivery_status_filter",
		    POSTCONF_ROUTE_REFUSED },
	};
	const struct option fallback = { p->conf->transport,
		"smtp_fallback_relay", "" };
	const struct option hold = { p->conf->hold_transport, "soft_bounce",
		"yes" };

	if (check_services_one(p, p->conf->transport, clone_line)) {
		if (*postconf_full(p, fallback.name) != '\0')
			check_option(p, CHECK_CRITICAL, &fallback);
		for (size_t i = 0; i < sizeof(clone) / sizeof(clone[0]); i++)
			check_option(p, CHECK_CRITICAL, &clone[i]);
	}
	if (check_services_one(p, p->conf->hold_transport, hold_line))
		check_option(p, CHECK_CRITICAL, &hold);
	if (p->services.text != NULL)
		check_transports(p);
	check_all_hidden(p);
}
