/*
 * check_services.c - the part of `check` that looks at master.cf: the
 * services that our tables name, and what they must not lack.
 */

#include "ctl/postconf.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

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

/* True when the service is there. */
static bool
check_service(const struct postfix *p, const char *name,
    void (*make)(const struct postfix *p, struct buf *out))
{
	struct buf b = { 0 };
	char service[128], text[192];
	char *line;

	snprintf(service, sizeof(service), "%s/unix", name);
	if (p->services.text == NULL || postconf_service(p, service) != NULL)
		return true;
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

void
check_services(const struct postfix *p)
{
	const struct option clone[] = {
		{ p->conf->transport, "smtp_connect_timeout", "5s" },
		{ p->conf->transport, "smtp_header_checks", "" },
		{ p->conf->transport, "smtp_delivery_status_filter",
		    POSTCONF_ROUTE_REFUSED },
	};
	const struct option hold = { p->conf->hold_transport, "soft_bounce",
		"yes" };

	if (check_service(p, p->conf->transport, clone_line))
		for (size_t i = 0; i < sizeof(clone) / sizeof(clone[0]); i++)
			check_option(p, CHECK_CRITICAL, &clone[i]);
	if (check_service(p, p->conf->hold_transport, hold_line))
		check_option(p, CHECK_CRITICAL, &hold);
}
