/*
 * check_postfix.c - the part of `check` that asks Postfix: which of the
 * lines of lsrd-postfix(7) are missing, as commands that put them there.
 */

#include "ctl/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "ctl/postconf.h"

#define HOPS_LEAST 100

/* `parameter` is to have `table` in it; `line` is what it is to say then. */
static void
check_map(const struct postfix *p, const char *parameter, const char *table,
    const char *form)
{
	char *is = postconf_ask(p, "-xh", parameter, NULL);
	char *raw = postconf_ask(p, "-h", parameter, NULL);
	struct buf line = { 0 }, text = { 0 };
	char *a, *b;

	if (is != NULL && raw != NULL && !postconf_word(is, table)) {
		buf_printf(&line, "%s = %s%s%s", parameter, form,
		    *raw == '\0' ? "" : ", ", raw);
		buf_printf(&text, "%s does not ask %s", parameter, table);
		a = buf_string(&line);
		b = buf_string(&text);
		postconf_want(p, "-e", a, b);
		mem_free(a);
		mem_free(b);
	}
	mem_free(is);
	mem_free(raw);
}

/* Sub-domains only by their own keys. */
static void
check_parents(const struct postfix *p)
{
	static const char name[] = "parent_domain_matches_subdomains";
	char *is = postconf_ask(p, "-xh", name, NULL);
	struct buf line = { 0 };
	bool bad = false;
	char *a, *rest = NULL;

	buf_printf(&line, "%s =", name);
	for (char *w = is == NULL ? NULL : strtok_r(is, ", \t\n", &rest);
	     w != NULL; w = strtok_r(NULL, ", \t\n", &rest)) {
		if (strcmp(w, "relay_domains") == 0 ||
		    strcmp(w, "transport_maps") == 0)
			bad = true;
		else
			buf_printf(&line, " %s", w);
	}
	a = buf_string(&line);
	if (bad)
		postconf_want(
		    p, "-e", a, "a domain's key opens all of its sub-domains");
	mem_free(a);
	mem_free(is);
}

static void
check_hops(const struct postfix *p)
{
	char *is = postconf_ask(p, "-xh", "hopcount_limit", NULL);

	if (is != NULL && atoi(is) < HOPS_LEAST)
		postconf_want(p, "-e", "hopcount_limit = 100",
		    "hopcount_limit is low: a short loop would bounce");
	mem_free(is);
}

static void
check_recipients(const struct postfix *p)
{
	char *is = postconf_ask(p, "-xh", "relay_recipient_maps", NULL);

	if (is != NULL && *is != '\0')
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "postfix",
			"postconf -e 'relay_recipient_maps ='"),
		    "relay_recipient_maps refuses users it does not list");
	mem_free(is);
}

static void
check_types(const struct postfix *p)
{
	char *is = postconf_ask(p, "-m", NULL, NULL);

	if (is != NULL && !postconf_word(is, "lmdb"))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "postfix",
			"apt-get install postfix-lmdb"),
		    "Postfix cannot read LMDB tables");
	mem_free(is);
}

/* A service of master.cf, and the one option that it must not lack. */
struct service {
	const char *name;
	const char *option; /* with its "=" */
	const char *value;
	const char *entry; /* the rest of its line; NULL: another row has it */
};

/* An option with another value is the administrator's decision. */
static void
check_service(const struct postfix *p, const struct service *s)
{
	struct buf b = { 0 };
	char *service, *is, *line, *text;

	buf_printf(&b, "%s/unix", s->name);
	service = buf_string(&b);
	is = postconf_ask(p, "-M", service, NULL);
	if ((is == NULL || *is == '\0') && s->entry != NULL) {
		buf_printf(&b, "%s=%s unix %s", service, s->name, s->entry);
		line = buf_string(&b);
		buf_printf(&b, "master.cf has no service %s", s->name);
		text = buf_string(&b);
		postconf_want(p, "-Me", line, text);
		mem_free(line);
		mem_free(text);
	} else if (is != NULL && *is != '\0' && strstr(is, s->option) == NULL) {
		buf_printf(&b, "%s/%s%s", service, s->option, s->value);
		line = buf_string(&b);
		buf_printf(&b, "the service %s is without %s%s", s->name,
		    s->option, s->value);
		text = buf_string(&b);
		postconf_want(p, "-Pe", line, text);
		mem_free(line);
		mem_free(text);
	}
	mem_free(is);
	mem_free(service);
}

static void
check_services(const struct postfix *p, const struct conf *conf)
{
	const struct service rows[] = {
		{ conf->transport, "smtp_connect_timeout=", "5s",
		    "- - y - - smtp -o syslog_name=postfix/$service_name "
		    "-o smtp_connect_timeout=5s -o smtp_fallback_relay= "
		    "-o smtp_header_checks=" },
		{ conf->transport, "smtp_header_checks=", "", NULL },
		{ conf->hold_transport, "soft_bounce=", "yes",
		    "- n n - - pipe -o soft_bounce=yes user=nobody "
		    "argv=/bin/sh -c {printf '4.4.4 %s' \"$$1\"; exit 75} "
		    "lsrd-hold ${nexthop}" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_service(p, &rows[i]);
}

/* Postfix opens it as root, its programs ask it as anybody. */
static void
check_table(struct check_list *list, const char *directory, const char *name)
{
	struct buf b = { 0 };
	struct stat st;
	char *path;

	buf_printf(&b, "%s/%s.lmdb", directory, name);
	path = buf_string(&b);
	if (stat(path, &st) != 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "table",
			errno == ENOENT ? "systemctl start lsrd-tables lsrd"
					: NULL),
		    "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size == 0)
		check_find(list,
		    CHECK_ABOUT(
			CHECK_CRITICAL, "table", "systemctl restart lsrd"),
		    "%s: is no table", path);
	else if ((st.st_mode & S_IROTH) == 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "table", "chmod o+r it"),
		    "%s: cannot be read by everybody", path);
	mem_free(path);
}

static void
check_tables(struct check_list *list, const char *directory)
{
	static const char *const names[] = { "transport", "default",
		"domains" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_table(list, directory, names[i]);
}

static void
check_maps(const struct postfix *p, const char *directory)
{
	static const struct {
		const char *parameter, *table, *form;
	} rows[] = {
		{ "transport_maps", "transport", "%s" },
		{ "sender_dependent_default_transport_maps", "default",
		    "pipemap:{static:*, %s}" },
		{ "relay_domains", "domains", "%s" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *hole = strstr(rows[i].form, "%s");
		struct buf table = { 0 }, form = { 0 };
		char *a, *b;

		buf_printf(&table, "lmdb:%s/%s", directory, rows[i].table);
		a = buf_string(&table);
		buf_bytes(&form, rows[i].form, (size_t)(hole - rows[i].form));
		buf_printf(&form, "%s%s", a, hole + 2);
		b = buf_string(&form);
		check_map(p, rows[i].parameter, a, b);
		mem_free(a);
		mem_free(b);
	}
}

void
check_postfix(struct check_list *list, const struct conf *conf)
{
	struct postfix p = { list, conf->postfix_directory };
	char *version = postconf_ask(&p, "-h", "mail_version", NULL);

	check_tables(list, conf->table_directory);
	if (version == NULL) {
		check_find(list, CHECK_ABOUT(CHECK_UNKNOWN, "postfix", NULL),
		    "postconf tells nothing: is Postfix set up here?");
		return;
	}
	mem_free(version);
	check_types(&p);
	check_maps(&p, conf->table_directory);
	check_parents(&p);
	check_hops(&p);
	check_recipients(&p);
	check_services(&p, conf);
	if (conf->setup.nmark > 0) {
		check_milter(&p);
		check_frozen(&p, conf->state_directory);
	}
}
