#include "plugins/exim/reading.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/str.h"
#include "plugins/exim/listens.h"
#include "plugins/exim/shown.h"

/* A domain that nobody has. */
#define ELSEWHERE "lsrd-check.invalid"
#define LIFETIME_MAX 8640000u /* 100 days: as of Postfix */

/* Debian's, most others', and where its own makefile puts it. */
static const char *const programs[] = { "exim4", "exim", "/usr/exim/bin/exim" };
#define NPROGRAMS (sizeof(programs) / sizeof(programs[0]))

enum step { STEP_CONFIG, STEP_OPTIONS, STEP_RETRY, STEP_LOCAL, STEP_DONE };

struct plugin_reading {
	const struct plugin_want *want;
	enum step step;
	size_t program;
	bool known; /* shown was read */
	struct shown shown;
	char *options, *retry, *local; /* the answers; NULL: it failed */
	struct buf ask;                /* which domains are local */
};

/* Whether each is of the domains that this Exim delivers. What has no domain of
 * one name is none. */
static struct plugin_reading *
reading_exim_begin(const struct plugin_want *want)
{
	struct plugin_reading *r = mem_new(sizeof(*r), 0, 0);

	r->want = want;
	for (size_t i = 0; i < want->nhere; i++) {
		const char *at = strchr(want->here[i], '@');
		const char *domain = at == NULL ? want->here[i] : at + 1;

		if (*domain != '*' && *domain != '.')
			buf_printf(&r->ask,
			    "${if match_domain{%s}{+local_domains}{%s}}\n",
			    domain, want->here[i]);
	}
	buf_u8(&r->ask, 0);
	return r;
}

static bool
reading_exim_ask(struct plugin_reading *r, struct plugin_question *q)
{
	static const char *const args[][2] = { [STEP_CONFIG] = { "-bP",
						   "config" },
		[STEP_OPTIONS] = { "-bP", NULL },
		[STEP_RETRY] = { "-brt", ELSEWHERE },
		[STEP_LOCAL] = { "-be", NULL } };

	*q = (struct plugin_question){ 0 };
	if (r->step == STEP_LOCAL && r->ask.n <= 1)
		r->step = STEP_DONE;
	if (r->step == STEP_DONE)
		return false;
	q->argv[0] = programs[r->program];
	q->argv[1] = args[r->step][0];
	q->argv[2] = args[r->step][1];
	if (r->step == STEP_LOCAL)
		q->input = (const char *)r->ask.p;
	return true;
}

/* The program may be another one. */
static void
take_config(struct plugin_reading *r, const char *answer)
{
	if (answer != NULL) {
		r->known = shown_read(&r->shown, answer);
		r->step = r->known ? STEP_OPTIONS : STEP_DONE;
	} else if (++r->program == NPROGRAMS) {
		r->step = STEP_DONE;
	}
}

static void
reading_exim_take(struct plugin_reading *r, const char *answer)
{
	switch (r->step) {
	case STEP_CONFIG:
		take_config(r, answer);
		return;
	case STEP_OPTIONS:
		r->options = mem_str(answer);
		break;
	case STEP_RETRY:
		r->retry = mem_str(answer);
		break;
	case STEP_LOCAL:
		r->local = mem_str(answer);
		break;
	case STEP_DONE:
		return;
	}
	r->step++;
}

/* --- whether it asks --------------------------------------------------------- */

static void
reading_exim_note(
    struct mta *out, enum mta_asks asks, const char *what, const char *name)
{
	size_t n = strlen(out->missing);

	out->asks = asks;
	snprintf(out->missing + n, sizeof(out->missing) - n, "%s%s%s",
	    n > 0 ? ", " : "", what, name);
}

static void
table_of(const struct plugin_reading *r, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s.cdb", r->want->tables, name);
}

/* A router that takes all stands before ours: our tables are asked of nothing. */
static enum mta_asks
asks_by_router(
    const struct plugin_reading *r, const char *name, const char **taker)
{
	char table[PATH_MAX], domains[PATH_MAX];
	bool all = strcmp(name, "default") == 0;
	const char *router;

	table_of(r, name, table);
	table_of(r, "domains", domains);
	router = shown_router(&r->shown, table);
	*taker = router == NULL
	             ? NULL
	             : shown_taker(&r->shown, router, all ? NULL : domains);
	return router != NULL && *taker == NULL ? MTA_YES : MTA_NO;
}

static void
reading_exim_judge(const struct plugin_reading *r, struct mta *out)
{
	char table[PATH_MAX];
	const char *taker;

	out->asks = MTA_YES;
	if (asks_by_router(r, "transport", &taker) != MTA_YES)
		reading_exim_note(out, MTA_NO,
		    taker == NULL ? "a router with transport.cdb"
				  : "our router before the router ",
		    taker == NULL ? "" : taker);
	table_of(r, "domains", table);
	if (!shown_admits(&r->shown, table))
		reading_exim_note(
		    out, MTA_NO, "domains.cdb in relay_to_domains", "");
	out->asks_default = asks_by_router(r, "default", &taker);
}

/* --- facts -------------------------------------------------------------------- */

/* The value of an option in lines `name = value`; the caller's, NULL. */
static char *
option_of(const char *lines, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = lines; at != NULL && *at != '\0';
	     at = str_next_line(at))
		if (strncmp(at, name, n) == 0 && strncmp(at + n, " = ", 3) == 0)
			return mem_dup(at + n + 3, strcspn(at + n + 3, "\n"));
	return NULL;
}

static bool
option_is(const char *lines, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = lines; at != NULL && *at != '\0';
	     at = str_next_line(at))
		if (strncmp(at, name, n) == 0 &&
		    (at[n] == '\n' || at[n] == '\0'))
			return true;
	return false;
}

/* `1w2d3h4m5s`, as Exim writes a time; 0 when it is none. */
static uint32_t
read_exim_time(const char *s)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 },
		{ 'm', 60 }, { 's', 1 } };
	uint32_t all = 0;
	char *end;

	for (;; s = end + 1) {
		unsigned long n = strtoul(s, &end, 10);
		size_t i = 0;

		if (end == s || n > LIFETIME_MAX)
			return all;
		while (i < 4 && units[i].unit != *end)
			i++;
		if (units[i].unit != *end ||
		    n > (LIFETIME_MAX - all) / units[i].seconds)
			return all;
		all += (uint32_t)n * units[i].seconds;
	}
}

/* `Retry rule: *  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h;`: until the last of its
 * ends. Without a rule the first failure is the last. */
static uint32_t
read_lifetime(const char *answer)
{
	uint32_t longest = 0;

	for (const char *at = answer; (at = strchr(at, ',')) != NULL; at++)
		if (at > answer + 1 &&
		    (at[-1] == 'F' || at[-1] == 'G' || at[-1] == 'H') &&
		    at[-2] == ' ') {
			uint32_t is = read_exim_time(at + 1);

			longest = is > longest ? is : longest;
		}
	return longest;
}

/* Rules of ours (conf/exim/retry) go by the age of the message alone:
 * `"${if <{$message_age}{345600}...`. */
static uint32_t
read_age(const struct shown *s)
{
	static const char age[] = "<{$message_age}{";

	for (size_t i = 0; i < s->lines.n; i++) {
		const char *at = s->lines.v[i].section == SHOWN_RETRY
		                     ? strstr(s->lines.v[i].value, age)
		                     : NULL;
		unsigned long n =
		    at == NULL ? 0 : strtoul(at + strlen(age), NULL, 10);

		if (n > 0 && n <= LIFETIME_MAX)
			return (uint32_t)n;
	}
	return 0;
}

static void
read_interface(struct mta *out, const char *value)
{
	struct addr addr;

	if (!addr_read(&addr, value))
		return; /* it depends on something, or there are several */
	*(addr.family == 4 ? &out->bind4 : &out->bind6) = addr;
}

/* From where the transport that our routers name connects. */
static void
read_bound(const struct plugin_reading *r, struct mta *out)
{
	const char *interface = shown_value(&r->shown, SHOWN_TRANSPORTS,
	    r->want->transport == NULL ? "lsrd" : r->want->transport,
	    "interface");

	out->bind4 = out->bind6 = (struct addr){ 0 };
	if (interface != NULL)
		read_interface(out, interface);
}

/* Who is behind a proxy waits there for a line of its; then the usual port, which
 * is the proxy's, leads to it. */
static void
reading_exim_listens(const struct plugin_reading *r, struct mta *out)
{
	char *proxy = option_of(r->options, "hosts_proxy");
	char *interfaces = option_of(r->options, "local_interfaces");
	char *ports = option_of(r->options, "daemon_smtp_ports");
	char *tls = option_of(r->options, "tls_on_connect_ports");

	listens_read(out, interfaces, ports, tls);
	if (proxy != NULL && *proxy != '\0')
		out->nsmtp = 0;
	mem_free(proxy);
	mem_free(interfaces);
	mem_free(ports);
	mem_free(tls);
}

/* Our host lists say `byname`: as the system finds names. */
static void
reading_exim_facts(const struct plugin_reading *r, struct mta *out)
{
	char *spool = option_of(r->options, "spool_directory");
	char *utf8 = option_of(r->options, "smtputf8_advertise_hosts");

	out->ipv4 = true;
	out->ipv6 = !option_is(r->options, "disable_ipv6");
	out->dns = false;
	out->native = true;
	out->chroot = false;
	if (spool != NULL && *spool == '/' &&
	    strlen(spool) < sizeof(out->queue_directory))
		snprintf(out->queue_directory, sizeof(out->queue_directory),
		    "%s", spool);
	if (utf8 != NULL)
		out->utf8 = *utf8 != '\0';
	if (read_age(&r->shown) > 0)
		out->lifetime_s = read_age(&r->shown);
	else if (r->retry != NULL)
		out->lifetime_s = read_lifetime(r->retry);
	read_bound(r, out);
	reading_exim_listens(r, out);
	out->read = true;
	mem_free(spool);
	mem_free(utf8);
}

/* Lines of -be: the pattern, behind a prompt where it has one. */
static bool
is_answered(const char *lines, const char *pattern)
{
	size_t n = strlen(pattern);

	for (const char *at = lines; at != NULL && *at != '\0';
	     at = str_next_line(at)) {
		while (*at == '>' || *at == ' ')
			at++;
		if (strncmp(at, pattern, n) == 0 &&
		    (at[n] == '\n' || at[n] == '\0'))
			return true;
	}
	return false;
}

static void
reading_exim_local(const struct plugin_reading *r, struct mta *out)
{
	mta_patterns_done(&out->local);
	mta_patterns_done(&out->routed); /* `here` leaves it to its routers */
	for (size_t i = 0; i < r->want->nhere; i++)
		if (is_answered(r->local, r->want->here[i]))
			mta_patterns_add(&out->local, r->want->here[i]);
}

static void
reading_exim_end(struct plugin_reading *r, struct mta *out)
{
	if (out != NULL) {
		out->asks = out->asks_default = MTA_UNKNOWN;
		out->missing[0] = '\0';
		if (r->known && r->options != NULL) {
			reading_exim_judge(r, out);
			reading_exim_facts(r, out);
			reading_exim_local(r, out);
		} else {
			reading_exim_note(
			    out, MTA_UNKNOWN, "exim -bP config fails", "");
		}
	}
	shown_done(&r->shown);
	buf_done(&r->ask);
	mem_free(r->options);
	mem_free(r->retry);
	mem_free(r->local);
	mem_free(r);
}

/* In the order in which Debian's looks for them; then the others'. What they
 * include is seen by the reading that comes in any case. */
static const char *const files[] = { "/etc/exim4/exim4.conf",
	"/var/lib/exim4/config.autogenerated", "/etc/exim/configure",
	"/usr/exim/configure", NULL };

const struct plugin_mta reading_exim = {
	.name = "exim",
	.files = files,
	.directory = "/etc/exim4",
	.begin = reading_exim_begin,
	.ask = reading_exim_ask,
	.take = reading_exim_take,
	.end = reading_exim_end,
};
