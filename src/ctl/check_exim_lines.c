/*
 * check_exim_lines.c - the part of `check` that looks for the lines of Exim's
 * configuration by which it asks our tables. What a site has stays.
 */

#include "ctl/check_exim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/value.h"

#define HOPS_LEAST 100
#define LIFETIME_LEAST_S (4 * 86400)
#define CONNECT_MOST_S 30

static const char *
main_value(const struct exim *x, const char *name)
{
	return shown_value(&x->shown, SHOWN_MAIN, "", name);
}

static bool
names_in(const struct exim *x, enum shown_section section, const char *name)
{
	char *path = exim_table(x, name);
	bool is = shown_find(&x->shown, section, path, NULL) != NULL;

	mem_free(path);
	return is;
}

/* --- whom it relays for ------------------------------------------------------- */

static const struct exim_list relay_to = { "dc_relay_domains",
	"domainlist relay_to_domains", "+lsrd_domains" };
static const struct exim_list servers = { "dc_relay_nets",
	"hostlist relay_from_hosts", "+lsrd_servers" };

static bool
exim_admits(const struct exim *x, const char *name)
{
	char *path = exim_table(x, name);
	bool is = shown_admits(&x->shown, path);

	mem_free(path);
	return is;
}

/* `main` is there, and looks for the tables somewhere else: all that follows
 * from it does, too. */
static bool
asks_others(const struct exim *x)
{
	return main_value(x, "domainlist lsrd_domains") != NULL &&
	       !names_in(x, SHOWN_MAIN, "domains.cdb");
}

static void
want_folder(struct exim *x)
{
	char line[512];

	snprintf(line, sizeof(line), "LSRD_TABLES = %s", x->tables);
	x->unasked = true;
	exim_want(x, CHECK_CRITICAL, EXIM_LINE(EXIM_AT_MACROS, line),
	    "Exim's configuration asks tables in another folder than %s",
	    x->tables);
}

static void
check_exim_main(struct exim *x)
{
	if (!names_in(x, SHOWN_MAIN, "domains.cdb") &&
	    !names_in(x, SHOWN_ACL, "domains.cdb"))
		exim_want(x, CHECK_CRITICAL,
		    EXIM_LINE(EXIM_AT_MAIN, EXIM_BRINGS("main")),
		    "Exim's configuration does not name %s/domains.cdb",
		    x->tables);
	if (!exim_admits(x, "domains.cdb"))
		exim_want_in(x, CHECK_CRITICAL, &relay_to,
		    "no access list lets in the domains of the organization "
		    "(domains.cdb): mail for them is refused");
	if (!exim_admits(x, SETUP_EXIM_SERVERS))
		exim_want_in(x, CHECK_WARNING, &servers,
		    "own servers are not let through: what has to go by this "
		    "one to where it does not relay is refused");
}

/* --- routers ---------------------------------------------------------------------- */

/* What to move: a line that brings a file, or the router. */
static void
put_router(struct buf *b, const struct exim *x, const struct shown_line *line)
{
	if (*line->file == '\0' || strcmp(line->file, x->configuration) == 0)
		buf_printf(b, "%s:", line->block);
	else
		buf_printf(b, ".include_if_exists %s", line->file);
}

/* Ours is there, and another stands before it. */
static void
check_exim_order(struct exim *x, const char *table, const char *relayed)
{
	const struct shown_line *line =
	    shown_find(&x->shown, SHOWN_ROUTERS, table, NULL);
	const char *taker = shown_taker(&x->shown, line->block, relayed);
	struct buf b = { 0 };
	char *remedy;

	if (taker == NULL)
		return;
	buf_text(&b, "move \"");
	put_router(&b, x, line);
	buf_printf(&b, "\" above \"%s:\"", taker);
	remedy = buf_string(&b);
	check_find(x->list, CHECK_ABOUT(CHECK_CRITICAL, "exim", remedy),
	    "the router %s stands before %s and takes all mail for others: %s "
	    "is asked of nothing",
	    taker, line->block, table);
	mem_free(remedy);
	x->wanted = x->unasked = true;
}

static void
check_exim_routers(struct exim *x)
{
	char *transport = exim_table(x, "transport.cdb");
	char *all = exim_table(x, "default.cdb");
	char *relayed = exim_table(x, "domains.cdb");
	const char *router = shown_router(&x->shown, transport);
	const char *strangers = shown_router(&x->shown, all);

	if (router == NULL)
		exim_want(x, CHECK_CRITICAL,
		    EXIM_LINE(EXIM_AT_ROUTERS, EXIM_BRINGS("routers")),
		    "no router asks %s", transport);
	else
		check_exim_order(x, transport, relayed);
	if (strangers == NULL)
		exim_want(x, CHECK_CRITICAL,
		    EXIM_LINE(EXIM_AT_DEFAULT, EXIM_BRINGS("default")),
		    "no router asks the table of * (%s)", all);
	else
		check_exim_order(x, all, NULL);
	x->unasked |= router == NULL || strangers == NULL;
	mem_free(transport);
	mem_free(all);
	mem_free(relayed);
}

/* --- the transport ----------------------------------------------------------------- */

static void
check_exim_transport(struct exim *x)
{
	const char *name = x->conf->transport;
	const struct shown *s = &x->shown;
	const char *driver = shown_value(s, SHOWN_TRANSPORTS, name, "driver");
	const char *randomize =
	    shown_value(s, SHOWN_TRANSPORTS, name, "hosts_randomize");
	const char *wait =
	    shown_value(s, SHOWN_TRANSPORTS, name, "connect_timeout");

	if (driver == NULL) {
		exim_want(x, CHECK_CRITICAL,
		    EXIM_LINE(EXIM_AT_TRANSPORTS, EXIM_BRINGS("transports")),
		    "there is no transport %s: our routers name it", name);
		return;
	}
	if (randomize != NULL && strcmp(randomize, "false") != 0 &&
	    strcmp(randomize, "no") != 0)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"take hosts_randomize out of the transport"),
		    "the transport %s tries next hops in any order: alternates "
		    "come before better ones",
		    name);
	if (wait == NULL || value_seconds(wait, 's') > CONNECT_MOST_S)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"connect_timeout = 5s in the transport"),
		    "the transport %s waits %s for a next hop that is dead, "
		    "for each message",
		    name, wait == NULL ? "five minutes" : wait);
}

/* --- how long mail waits, and how far it goes ------------------------------------------ */

/* Without ours a host that failed is left alone for hours. */
static void
check_exim_retry(struct exim *x)
{
	if (!names_in(x, SHOWN_RETRY, "transport.cdb"))
		exim_want(x, CHECK_CRITICAL,
		    EXIM_LINE(EXIM_AT_RETRY, EXIM_BRINGS("retry")),
		    "no retry rule of ours: mail for a next hop that is back "
		    "waits for hours, and bounces where it was away for long");
}

/* What a rule says of the age of a message (conf/exim/retry). */
static void
check_exim_lifetime(struct exim *x)
{
	static const char age[] = "<{$message_age}{";

	for (size_t i = 0; i < x->shown.lines.n; i++) {
		const struct shown_line *l = &x->shown.lines.v[i];
		const char *at =
		    l->section == SHOWN_RETRY ? strstr(l->value, age) : NULL;
		long is = at == NULL ? 0 : atol(at + strlen(age));

		if (at == NULL || is >= LIFETIME_LEAST_S)
			continue;
		exim_want(x, CHECK_WARNING,
		    EXIM_LINE(EXIM_AT_MACROS, "LSRD_LIFETIME = 345600"),
		    "mail waits for %ld s alone: a site that is away for "
		    "longer has its mail bounced",
		    is);
		return;
	}
}

/* marks.main says it, too, and no option may be set twice. */
static void
check_exim_hops(struct exim *x)
{
	static const char line[] = "received_headers_max = 100";
	char *is = exim_option(x, "received_headers_max");
	bool low = is == NULL || atoi(is) < HOPS_LEAST;

	if (low && main_value(x, "received_headers_max") != NULL)
		check_find(x->list,
		    CHECK_ABOUT(CHECK_CRITICAL, "exim",
			"received_headers_max = 100, where that is said"),
		    "received_headers_max is %s: a short loop would bounce",
		    is == NULL ? "not known" : is);
	else if (low && !exim_wants_marks(x))
		exim_want(x, CHECK_CRITICAL, EXIM_LINE(EXIM_AT_MAIN, line),
		    "received_headers_max is %s: a short loop would bounce",
		    is == NULL ? "not known" : is);
	mem_free(is);
}

/* --- asking for another attempt ----------------------------------------------------------- */

static bool
has_acl(const struct exim *x, const char *name)
{
	const char *acl = NULL;

	while ((acl = shown_next(&x->shown, SHOWN_ACL, acl)) != NULL)
		if (strcmp(acl, name) == 0)
			return true;
	return false;
}

/* An ACL that `main` names is in the file `acl`. */
static void
check_exim_acls(struct exim *x)
{
	static const struct {
		const char *option, *ours;
	} acls[] = { { "acl_smtp_etrn", "lsrd_etrn" },
		{ "acl_not_smtp", "lsrd_not_smtp" } };

	for (size_t i = 0; i < sizeof(acls) / sizeof(acls[0]); i++) {
		const char *is = main_value(x, acls[i].option);

		if (has_acl(x, acls[i].ours) ||
		    (is != NULL && strcmp(is, acls[i].ours) != 0))
			continue;
		exim_want(x, CHECK_CRITICAL,
		    EXIM_LINE(EXIM_AT_ACL, EXIM_BRINGS("acl")),
		    "there is no access list %s, by which %s goes",
		    acls[i].ours, acls[i].option);
		return;
	}
}

static void
check_exim_etrn(struct exim *x)
{
	const char *acl = main_value(x, "acl_smtp_etrn");

	if (x->conf->setup.mta.retry && (acl == NULL || *acl == '\0') &&
	    names_in(x, SHOWN_MAIN, "domains.cdb"))
		exim_want(x, CHECK_WARNING,
		    EXIM_LINE(EXIM_AT_MAIN, "acl_smtp_etrn = lsrd_etrn"),
		    "Exim takes no ETRN from lsrd: mail that waits is not "
		    "tried "
		    "again when its route has moved");
}

/* The access list asks ours, or is one of ours, or says so itself. */
static bool
asks_refused(const struct exim *x, const char *acl)
{
	for (size_t i = 0; i < x->shown.lines.n; i++) {
		const struct shown_line *l = &x->shown.lines.v[i];

		if (l->section == SHOWN_ACL && strcmp(l->block, acl) == 0 &&
		    strstr(l->value, "lsrd_refused") != NULL)
			return true;
	}
	return strstr(acl, "lsrd_refused") != NULL;
}

/* What a next hop refuses for the route's sake. A list of ours that is named
 * and not there has been told of. */
static void
check_exim_refused(struct exim *x)
{
	const char *acl = main_value(x, "acl_not_smtp");
	bool none = acl == NULL || *acl == '\0';

	if (!names_in(x, SHOWN_MAIN, "domains.cdb") ||
	    (!none && (asks_refused(x, acl) || strncmp(acl, "lsrd_", 5) == 0)))
		return;
	check_find(x->list,
	    CHECK_ABOUT(CHECK_WARNING, "exim",
		none ? "acl_not_smtp = lsrd_not_smtp, in the main section"
		     : "at the head of that access list: deny acl = "
		       "lsrd_refused"),
	    "acl_not_smtp is %s, which does not ask lsrd_refused: what a next "
	    "hop will not relay bounces",
	    none ? "empty" : acl);
}

/* --- behind lsrd-front ---------------------------------------------------------------------- */

static void
check_exim_front(struct exim *x)
{
	const char *hosts = main_value(x, "hosts_proxy");

	if (x->conf->front_socket == NULL)
		return;
	if (!exim_can(x, "PROXY"))
		check_find(x->list,
		    CHECK_ABOUT(CHECK_WARNING, "exim",
			"apt-get install exim4-daemon-heavy"),
		    "front-socket is set, and this Exim does not speak the "
		    "PROXY "
		    "protocol: behind lsrd-front it takes each client for this "
		    "host");
	else if (hosts == NULL || *hosts == '\0')
		exim_want(x, CHECK_WARNING,
		    EXIM_LINE(EXIM_AT_MAIN,
			"hosts_proxy = ${if eq{$received_port}{2525}"
			"{<; 127.0.0.1 ; ::1}{}}"),
		    "front-socket is set, and hosts_proxy is not: behind "
		    "lsrd-front Exim takes each client for this host");
}

void
check_exim_lines(struct exim *x)
{
	if (asks_others(x)) {
		want_folder(x);
	} else {
		check_exim_main(x);
		check_exim_routers(x);
		check_exim_retry(x);
	}
	check_exim_transport(x);
	check_exim_lifetime(x);
	check_exim_hops(x);
	check_exim_acls(x);
	check_exim_etrn(x);
	check_exim_refused(x);
	check_exim_front(x);
}
