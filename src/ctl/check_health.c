/*
 * check_health.c - the part of `check` that asks the daemon how it is, and
 * finds what has been ill for longer than a restart takes.
 */

#include "ctl/check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/procs.h"
#include "ctl/value.h"

/* A restart, and a link that comes back, take less. */
#define PATIENCE_S 60

#define DAY 86400

/* A hold whose oldest message has no longer than this is an emergency. */
#define SOON_S (6 * 3600)

#define WARN_DAYS 30
#define AUTHORITY_WARN_DAYS 90

static const char *
check_health_text(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

static int64_t
check_health_number(const json_t *line, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(line, key));
}

/* --- status ------------------------------------------------------------------ */

static void
find_away(struct check_list *list, const json_t *away)
{
	const json_t *one;
	size_t i;

	json_array_foreach(away, i, one)
	{
		const char *server = check_health_text(one, "server");
		struct buf remedy = { 0 };
		char *advice;

		if (*server == '\0')
			continue;
		buf_printf(&remedy, "if it is gone for good: lsrctl forget %s",
		    server);
		advice = buf_string(&remedy);
		check_find(list, CHECK_ABOUT(CHECK_WARNING, "away", advice),
		    "%s is away", server);
		mem_free(advice);
	}
}

static void
find_state(struct check_list *list, const json_t *line)
{
	const char *state = check_health_text(line, "state"), *reason;
	char until[32] = "";

	if (strcmp(state, "drain") == 0) {
		reason = check_health_text(line, "drain_reason");
		if (json_object_get(line, "drain_until") != NULL)
			value_time_text(
			    check_health_number(line, "drain_until"), until);
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "drain",
			"lsrctl ready ends what lsrctl drain began"),
		    "this server is drained: it gives no transit%s%s%s%s",
		    *until == '\0' ? "" : ", until ", until,
		    *reason == '\0' ? "" : ": ", reason);
	}
}

/* What the daemon says itself: why there is no transit, what is short. */
static void
find_troubles(struct check_list *list, const json_t *troubles)
{
	const json_t *one;
	size_t i;

	json_array_foreach(troubles, i, one)
	{
		bool critical =
		    strcmp(check_health_text(one, "level"), "critical") == 0;

		check_find(list,
		    CHECK_ABOUT(critical ? CHECK_CRITICAL : CHECK_WARNING,
			check_health_text(one, "word"),
			check_health_text(one, "remedy")),
		    "%s", check_health_text(one, "text"));
	}
}

/* The milter runs, and has neither table nor key: its log says which. */
static void
find_unmarked(struct check_list *list, const json_t *milter)
{
	int64_t unmarked = check_health_number(milter, "unready");

	if (unmarked > 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "milter",
			"its log has unready; systemctl restart lsrd-milter"),
		    "lsrd-milter has let %" PRId64 " messages pass without a "
		    "mark, and none with one since: it is not ready",
		    unmarked);
}

static bool
maillog_find(void *ctx, pid_t pid, const struct buf *args)
{
	static const char name[] = "lsrd-maillog";
	size_t n = args->n > 0 ? strnlen((const char *)args->p, args->n) : 0;
	bool *runs = ctx;

	(void)pid;
	*runs =
	    n >= sizeof(name) - 1 && memcmp(args->p + n - (sizeof(name) - 1),
					 name, sizeof(name) - 1) == 0;
	return !*runs;
}

/* Whoever should have told of deliveries, and what mends that. */
static const char *
maillog_remedy(const struct check_list *list)
{
	bool runs = false;

	if (list->exim)
		return "see WHAT REAL MAIL TELLS in lsrd-exim(7)";
	procs_each(maillog_find, &runs);
	return runs ? "it runs: journalctl -u lsrd-maillog says which log it "
	              "reads; is that Postfix's, and was mail sent?"
	            : "systemctl enable --now lsrd-maillog";
}

/*
 * Who has no reporter is not told of refused mail, and what waits for a refused
 * route waits until somebody looks. That there is none cannot be told from a
 * quiet hour, but from a day without a delivery.
 */
static void
find_reports(struct check_list *list, const json_t *line)
{
	const json_t *reports = json_object_get(line, "reports");
	const json_t *evidence = json_object_get(reports, "evidence");
	int64_t silent = evidence == NULL
	                     ? check_health_number(line, "uptime_s")
	                     : check_health_number(evidence, "age_s");

	find_unmarked(list, json_object_get(reports, "milter"));
	if ((evidence != NULL && silent < DAY) || silent < PATIENCE_S ||
	    check_health_number(line, "sessions") == 0 ||
	    check_health_number(line, "routes") == 0)
		return;
	check_find(list,
	    CHECK_ABOUT(silent < DAY ? CHECK_NOTE : CHECK_WARNING,
		list->exim ? "events" : "maillog", maillog_remedy(list)),
	    "%s has told of no delivery %s: a next hop that answers and "
	    "refuses "
	    "mail is found out by it alone",
	    list->exim ? "Exim" : "lsrd-maillog",
	    silent < DAY ? "yet" : "for a day");
}

/*
 * The ways out are those of postsuper(1), where what is on hold does not expire
 * and -r gives it a new time; or Exim's, which tries nothing that is frozen.
 */
static void
put_ways_out(struct buf *out, const char *id, bool exim)
{
	if (*id != '\0' && exim)
		buf_printf(out,
		    "exim -Mf %s keeps it until timeout_frozen_after, and -Mt "
		    "when there is a path; ",
		    id);
	else if (*id != '\0')
		buf_printf(out,
		    "postsuper -h %s keeps it, and -r when there is a path; ",
		    id);
	buf_text(out,
	    exim ? "or a longer LSRD_LIFETIME"
		 : "or a longer maximal_queue_lifetime, then postfix reload");
}

/* Exim's have a hyphen in it, Postfix's never: of two MTAs it tells whose. */
static bool
held_by_exim(const struct check_list *list, const char *id)
{
	return *id == '\0' ? list->exim : strchr(id, '-') != NULL;
}

/* A hold ends as the MTA's bounce. */
static void
find_held(struct check_list *list, const json_t *held)
{
	const char *id = check_health_text(held, "message");
	bool exim = held_by_exim(list, id);
	int64_t ends = check_health_number(held, "gives_up");
	int64_t left = ends - (int64_t)time(NULL);
	char came[VALUE_TIME], when[VALUE_TIME];
	struct buf remedy = { 0 };
	char *advice;

	if (held == NULL || left >= DAY)
		return;
	buf_printf(&remedy, "lsrctl explain %s shows what is missing; ",
	    check_health_text(held, "pattern"));
	put_ways_out(&remedy, id, exim);
	advice = buf_string(&remedy);
	value_time_text(check_health_number(held, "came"), came);
	value_time_text(ends, when);
	check_find(list,
	    CHECK_ABOUT(
		left < SOON_S ? CHECK_CRITICAL : CHECK_WARNING, "held", advice),
	    "mail for %s has waited for a path since %s%s%s: %s gives it up "
	    "and bounces it at %s",
	    check_health_text(held, "pattern"), came,
	    *id == '\0' ? "" : ", message ", id, exim ? "Exim" : "Postfix",
	    when);
	mem_free(advice);
}

static void
find_numbers(struct check_list *list, const json_t *line)
{
	int64_t holds = check_health_number(line, "holds");
	int64_t moves = check_health_number(line, "confirm_moves");
	char when[32];

	if (json_is_true(json_object_get(line, "alone")))
		check_find(list,
		    CHECK_ABOUT(
			CHECK_CRITICAL, "alone", "lsrctl peers shows why"),
		    "no session with any server");
	if (holds > 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "holds",
			"lsrctl routes shows which, and why"),
		    "%" PRId64 " patterns are on hold", holds);
	if (moves > 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "confirm",
			"lsrctl confirm; or change the file back, and reload"),
		    "a reload is held, not in force: it moves %" PRId64
		    " routes",
		    moves);
	if (json_object_get(line, "leaves") != NULL) {
		value_time_text(check_health_number(line, "leaves"), when);
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "leaving",
			"lsrctl routes shows which; claim it again where its "
			"mail is to be delivered"),
		    "%" PRId64 " patterns that nobody claims leave the tables, "
		    "the first at %s",
		    check_health_number(line, "leaving"), when);
	}
}

/* The one that is in force; its file may be closed to who asks, or newer. */
static void
find_own_certificate(struct check_list *list, const json_t *line)
{
	static const char remedy[] =
	    "lsrctl reload, if there is a newer one; else, where the "
	    "authority is: lsrctl keys issue --renew server.pem";
	int64_t left = check_health_number(line, "certificate_until") -
	               (int64_t)time(NULL);

	if (list->expires || json_object_get(line, "certificate_until") == NULL)
		return;
	if (left <= 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_CRITICAL, "certificate", remedy),
		    "the certificate that lsrd uses has expired");
	else if (left / DAY < WARN_DAYS)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "certificate", remedy),
		    "the certificate that lsrd uses expires in %" PRId64
		    " days",
		    left / DAY);
}

/* Nothing ends with it, but every server needs a copy of the next one. */
static void
find_authority(struct check_list *list, const json_t *line)
{
	static const char remedy[] =
	    "where authority.key is: lsrctl keys authority --renew, then "
	    "authority.pem to every server, and lsrctl reload there";
	int64_t left =
	    check_health_number(line, "authority_until") - (int64_t)time(NULL);

	if (json_object_get(line, "authority_until") == NULL)
		return;
	if (left <= 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "authority", remedy),
		    "the authority's certificate has expired; it is believed "
		    "on");
	else if (left / DAY < AUTHORITY_WARN_DAYS)
		check_find(list,
		    CHECK_ABOUT(
			left / DAY < WARN_DAYS ? CHECK_WARNING : CHECK_NOTE,
			"authority", remedy),
		    "the authority's certificate expires in %" PRId64 " days",
		    left / DAY);
}

/* Two are trusted while one follows the other, and not for ever. */
static void
find_second(struct check_list *list, const json_t *line)
{
	if (json_object_get(line, "second_authority") == NULL)
		return;
	check_find(list,
	    CHECK_ABOUT(CHECK_NOTE, "authority",
		"lsrctl keys list shows who is certified by which; take "
		"second-authority out when nobody is by it"),
	    "two authorities are trusted");
}

static void
on_check_health_status(void *ctx, const json_t *line)
{
	struct check_list *list = ctx;

	find_state(list, line);
	find_troubles(list, json_object_get(line, "troubles"));
	find_numbers(list, line);
	find_held(list, json_object_get(line, "oldest_held"));
	find_own_certificate(list, line);
	find_authority(list, line);
	find_second(list, line);
	find_reports(list, line);
	find_away(list, json_object_get(line, "away"));
	list->perf.routes = check_health_number(line, "routes");
	list->perf.holds = check_health_number(line, "holds");
	list->perf.sessions = check_health_number(line, "sessions");
	list->perf.full = check_health_number(line, "full");
	list->perf.away =
	    (int64_t)json_array_size(json_object_get(line, "away"));
	list->perf.known = true;
}

/* --- peers --------------------------------------------------------------------- */

static void
find_certificate(struct check_list *list, const char *peer, int64_t until)
{
	static const char remedy[] = "where the authority is: lsrctl keys "
				     "issue --renew, for that server; then "
				     "lsrctl reload there";
	int64_t left = until - (int64_t)time(NULL);

	if (left < 0)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "certificate", remedy),
		    "%s: its certificate has expired, or this host's clock is "
		    "wrong",
		    peer);
	else if (left / DAY < WARN_DAYS)
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "certificate", remedy),
		    "%s: its certificate expires in %" PRId64 " days", peer,
		    left / DAY);
}

static const char *
peer_remedy(const char *reason)
{
	if (strcmp(reason, "expired") == 0)
		return "compare the clocks of both, then keys show there";
	if (strcmp(reason, "timeout") == 0)
		return "does a filter on the way, or there, drop TCP 691? else "
		       "is that host up";
	return "is lsrd running there? its log and ours say more";
}

static void
on_peer(void *ctx, const json_t *line)
{
	struct check_list *list = ctx;
	const char *peer = check_health_text(line, "peer"),
		   *reason = check_health_text(line, "reason");
	bool dated = strcmp(reason, "expired") == 0;
	int64_t since = check_health_number(line, "since_s");

	if (json_object_get(line, "certificate_until") != NULL)
		find_certificate(
		    list, peer, check_health_number(line, "certificate_until"));
	if (since < PATIENCE_S)
		return;
	if (json_is_false(json_object_get(line, "begun")))
		check_find(list,
		    CHECK_ABOUT(CHECK_WARNING, "peer",
			"is its disk full? lsrctl check there says more"),
		    "%s: it has started, and says nothing for %" PRId64 " s",
		    peer, since);
	if (strcmp(check_health_text(line, "state"), "full") == 0)
		return;
	check_find(list,
	    CHECK_ABOUT(CHECK_WARNING, "peer", peer_remedy(reason)),
	    "%s: no session for %" PRId64 " s%s%s%s%s", peer, since,
	    *reason == '\0' ? "" : ": ", reason,
	    dated ? " (a certificate or a clock)" : "",
	    json_is_true(json_object_get(line, "silent"))
		? "; its mail service answers, and mail goes there"
		: "");
}

/* --- links ---------------------------------------------------------------------- */

static void
on_link(void *ctx, const json_t *line)
{
	struct check_list *list = ctx;
	const char *use = check_health_text(line, "use"), *connector;

	/* The own one is a trouble of status. */
	if (strcmp(check_health_text(line, "state"), "down") != 0 ||
	    strcmp(use, "self") == 0 ||
	    check_health_number(line, "since_s") < PATIENCE_S)
		return;
	connector = check_health_text(line, "connector");
	check_find(list,
	    CHECK_ABOUT(CHECK_WARNING, "link", "lsrctl links shows it"),
	    "%s %s: %s at %s is down for %" PRId64 " s", use,
	    *connector != '\0' ? connector : "",
	    *check_health_text(line, "bridgehead") != '\0'
		? check_health_text(line, "bridgehead")
	    : *check_health_text(line, "server") != '\0'
		? check_health_text(line, "server")
		: check_health_text(line, "space"),
	    check_health_text(line, "smtp"),
	    check_health_number(line, "since_s"));
}

/* --- clocks --------------------------------------------------------------------- */

/* A certificate that was issued in the future tells of a clock: there, or
 * here. */
struct clocks {
	struct check_list *list;
	int64_t now;
	unsigned ahead;
	char name[300];
};

static void
on_check_health_lsa(void *ctx, const json_t *line)
{
	struct clocks *clocks = ctx;

	if (check_health_number(line, "issued") - clocks->now > DAY &&
	    clocks->ahead++ == 0)
		snprintf(clocks->name, sizeof(clocks->name), "%s",
		    check_health_text(line, "origin"));
}

static void
check_clocks(struct check_list *list, const struct call *call)
{
	struct clocks clocks = { .list = list, .now = (int64_t)time(NULL) };
	struct buf request = { 0 }, answer = { 0 };

	buf_printf(&request, "after=%" PRId64, clocks.now + DAY);
	buf_u8(&request, 0);
	if (client_db(call, (const char *)request.p, &answer) == CALL_OK &&
	    client_each(&answer, on_check_health_lsa, &clocks) == CALL_OK &&
	    clocks.ahead > 0)
		check_find(list,
		    CHECK_ABOUT(
			CHECK_WARNING, "clock", "compare date here and there"),
		    "a clock is wrong: %u advertisements are from the future, "
		    "the first of %s; if they are of many servers, it is this "
		    "host's",
		    clocks.ahead, clocks.name);
	buf_done(&request);
	buf_done(&answer);
}

/* To whom it is closed it may well run. */
static void
find_silent(struct check_list *list, const struct call *call)
{
	char *why = buf_string(call->complaint);
	bool closed = strstr(why, strerror(EACCES)) != NULL;

	check_find(list,
	    closed
		? CHECK_ABOUT(CHECK_UNKNOWN, "daemon",
		      "as root: usermod -aG GROUP USER, with the group of that "
		      "socket")
		: CHECK_ABOUT(
		      CHECK_CRITICAL, "daemon", "systemctl status lsrd"),
	    "the daemon %s%s%s", closed ? "cannot be asked" : "does not answer",
	    *why == '\0' ? "" : ": ", why);
	mem_free(why);
}

void
check_health(struct check_list *list, const struct call *call)
{
	static const struct {
		const char *request;
		void (*each)(void *ctx, const json_t *line);
	} rows[] = {
		{ "status", on_check_health_status },
		{ "peers", on_peer },
		{ "links", on_link },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf answer = { 0 };
		bool ok =
		    client_read(call, rows[i].request, &answer) == CALL_OK &&
		    client_each(&answer, rows[i].each, list) == CALL_OK;

		buf_done(&answer);
		if (ok)
			continue;
		find_silent(list, call);
		return;
	}
	check_clocks(list, call);
}
