/*
 * check_milter.c - the part of `check` that asks Postfix about lsrd-milter:
 * is it asked, is its route taken, and do marks stay inside.
 */

#include "ctl/check_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/undo.h"

#define PLACE "lsrd/milter"
#define MILTER                                                                 \
	"{ unix:" PLACE ", default_action=accept, connect_timeout=2s, "        \
	"command_timeout=2s, content_timeout=2s }"
#define ROUTE "regexp:{{/^LSR-Route: (.*)/ FILTER $$1}}"
#define LEAVING "regexp:{{/^LSR-(Trace|Route):/ IGNORE}}"

/*
 * A parameter, what is to be in it, and what puts it there; `follows` is what
 * it may name instead, where a site gives both the same.
 */
static const struct want {
	const char *parameter, *holds, *first, *follows, *text;
} wants[] = {
	{ "smtpd_milters", PLACE, MILTER, NULL, "does not ask lsrd-milter" },
	{ "non_smtpd_milters", PLACE, MILTER, "smtpd_milters",
	    "does not ask lsrd-milter" },
	{ "milter_header_checks", "LSR-Route", ROUTE, NULL,
	    "sends mail over connectors that do not admit it" },
	{ "smtp_header_checks", "LSR-", LEAVING, NULL,
	    "lets marks out of the organization" },
	{ "lmtp_header_checks", "LSR-", LEAVING, "smtp_header_checks",
	    "lets marks out of the organization" },
};

/*
 * Never by the name of another parameter where the site's two differ: local
 * mail would pass filters that it did not, and one in both lists twice.
 */
static void
check_want(const struct postfix *p, const struct want *want)
{
	const char *raw = postconf_raw(p, want->parameter);
	struct buf b = { 0 };
	char *line, *text, *follows;

	buf_printf(&b, "$%s", want->follows == NULL ? " " : want->follows);
	follows = buf_string(&b);
	if (strstr(postconf_full(p, want->parameter), want->holds) == NULL &&
	    strstr(raw, follows) == NULL) {
		bool alike =
		    want->follows != NULL && *raw == '\0' &&
		    (*postconf_full(p, want->follows) == '\0' ||
			undo_is_ours(p->undo, postconf_full(p, want->follows)));

		buf_printf(&b, "%s%s%s", alike ? follows : want->first,
		    *raw == '\0' ? "" : ", ", raw);
		line = buf_string(&b);
		buf_printf(&b, "%s %s", want->parameter, want->text);
		text = buf_string(&b);
		postconf_want(p, CHECK_WARNING, want->parameter, line, text);
		mem_free(line);
		mem_free(text);
	}
	mem_free(follows);
}

/* --- what Postfix makes of a message besides -------------------------------- */

/*
 * The transport to a content filter is none that leaves the organization: it
 * must not take the marks off, or there are none on what comes back. `seen`
 * are those that were looked at, each with a NUL behind it.
 */
static void
check_filter(const struct postfix *p, const char *filter, struct buf *seen)
{
	char name[64] = "", program[16] = "", text[160];
	const char *line;
	size_t n = strcspn(filter, ": ,");

	if (n == 0 || n >= sizeof(name))
		return;
	memcpy(name, filter, n);
	for (size_t at = 0; at < seen->n;) {
		const char *before = (const char *)seen->p + at;

		if (strcmp(before, name) == 0)
			return;
		at += strlen(before) + 1;
	}
	buf_bytes(seen, name, n + 1);
	snprintf(text, sizeof(text), "%s/unix", name);
	line = postconf_service(p, text);
	if (line != NULL)
		postconf_field(line, 7, program, sizeof(program));
	if (strcmp(program, "smtp") != 0 && strcmp(program, "lmtp") != 0)
		return;
	snprintf(text, sizeof(text), "%s_header_checks", program);
	if (strstr(postconf_full(p, text), "LSR-") == NULL)
		return;
	snprintf(text, sizeof(text), "%s/unix/%s_header_checks", name, program);
	if (postconf_option(p, text) == NULL)
		postconf_want_option(p, CHECK_WARNING, text, "");
}

static void
check_filters(const struct postfix *p)
{
	static const char option[] = "/content_filter = ";
	const char *at = p->options.text;
	struct buf seen = { 0 };

	check_filter(p, postconf_full(p, "content_filter"), &seen);
	for (size_t i = 0; at != NULL && i < p->options.n;
	     i += strlen(at + i) + 1) {
		const char *value = strstr(at + i, option);

		if (value != NULL)
			check_filter(p, value + strlen(option), &seen);
	}
	buf_done(&seen);
}

/* --- entrances ---------------------------------------------------------------- */

/* The value of an option of a service as `postconf -P` has it, or of main.cf. */
static const char *
at_service(const struct postfix *p, const char *name, const char *parameter)
{
	char option[160];
	const char *value;

	snprintf(option, sizeof(option), "%s/inet/%s", name, parameter);
	value = postconf_option(p, option);
	return value == NULL ? postconf_full(p, parameter) : value;
}

/* Behind a filter of this host, most likely: nobody else comes there. */
static bool
is_inside(const char *name)
{
	return strncmp(name, "127.", 4) == 0 ||
	       strncmp(name, "[::1]", 5) == 0 ||
	       strncmp(name, "localhost:", 10) == 0;
}

/* What the services that take mail by SMTP have, one by one. */
struct entrances {
	bool filters, proxies; /* one of them does */
	char plain[64];        /* takes mail from outside without a filter */
	char deaf[64];         /* does not ask lsrd-milter */
	char deaf_inside[64];
};

static void
entrance_see(const struct postfix *p, const char *name, struct entrances *out)
{
	bool filters = *at_service(p, name, "content_filter") != '\0';
	bool proxies = *at_service(p, name, "smtpd_proxy_filter") != '\0';
	bool asks = strstr(at_service(p, name, "smtpd_milters"), PLACE) != NULL;
	bool inside = is_inside(name);
	char *deaf = inside ? out->deaf_inside : out->deaf;

	out->filters |= filters;
	out->proxies |= proxies;
	if (!filters && !proxies && !inside && out->plain[0] == '\0')
		snprintf(out->plain, sizeof(out->plain), "%s", name);
	if (!asks && !proxies && deaf[0] == '\0')
		snprintf(deaf, sizeof(out->deaf), "%s", name);
}

static struct entrances
entrances_see(const struct postfix *p)
{
	const char *at = p->services.text;
	struct entrances all = { 0 };
	char name[64], type[16], program[16];

	for (size_t i = 0; at != NULL && i < p->services.n;
	     i += strlen(at + i) + 1) {
		postconf_field(at + i, 0, name, sizeof(name));
		postconf_field(at + i, 1, type, sizeof(type));
		postconf_field(at + i, 7, program, sizeof(program));
		if (strcmp(type, "inet") == 0 && strcmp(program, "smtpd") == 0)
			entrance_see(p, name, &all);
	}
	return all;
}

void
check_entrances(const struct postfix *p, bool limits)
{
	struct entrances all = entrances_see(p);
	bool lists = strstr(postconf_full(p, "smtpd_milters"), PLACE) != NULL;

	if (all.filters && all.plain[0] != '\0' && limits)
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "filter",
			"give it the same content_filter; lsrd-milter(8), A "
			"content filter on this host"),
		    "%s takes mail without a content filter, and others have "
		    "one: what comes by it gets no route of its own where "
		    "connectors have limits",
		    all.plain);
	if (lists && all.deaf[0] != '\0')
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "filter",
			"put $smtpd_milters' entry for lsrd-milter into the "
			"-o smtpd_milters= of that service"),
		    "%s does not ask lsrd-milter: what comes by it has no mark "
		    "when it leaves",
		    all.deaf);
	if (lists && all.deaf_inside[0] != '\0' &&
	    (all.proxies || (all.filters && limits)))
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "filter",
			"take -o smtpd_milters= away from it, or name "
			"lsrd-milter there"),
		    "%s, behind a filter, does not ask lsrd-milter: %s",
		    all.deaf_inside,
		    all.proxies ? "what comes by smtpd_proxy_filter has no mark"
				: "nothing gets a route of its own where "
				  "connectors have limits");
}

/* The queue that lsrd-milter and its unit expect. */
#define QUEUE "/var/spool/postfix"

/* A milter that has died, or was never started: mail is accepted unmarked. One
 * beside a queue that was moved listens where nobody asks. */
static void
check_socket(const struct postfix *p)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *queue = postconf_full(p, "queue_directory");

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.80s/" PLACE, queue);
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0 &&
	    errno != EACCES)
		check_find(p->list,
		    CHECK_ABOUT(CHECK_WARNING, "milter",
			strcmp(queue, QUEUE) == 0
			    ? "systemctl status lsrd-milter"
			    : "lsrd-milter listens in " QUEUE " unless its -p "
			      "names that place: LSRD_MILTER_ARGS in "
			      "/etc/default/lsrd-milter; its folder and "
			      "ReadWritePaths of the unit go with it"),
		    "lsrd-milter does not answer at %s: %s: messages get no "
		    "mark, and those with limits no way of their own",
		    sun.sun_path, strerror(errno));
	close(fd);
}

void
check_milter(const struct postfix *p)
{
	check_socket(p);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		check_want(p, &wants[i]);
	check_filters(p);
	check_ways_round(p);
}
