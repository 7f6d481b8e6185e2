#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/count.h"
#include "io/log_limit.h"
#include "io/sink.h"
#include "t/tap.h"

static void
collect(void *ctx, int priority, const char *line)
{
	buf_printf(ctx, "<%d>%s\n", priority, line);
}

static const struct {
	struct event event;
	const char *line;
} rows[] = {
	{ { EVENT_NBR_STATE, .peer = "mx2.x.org", .from = "sync",
	      .to = "full" },
	    "<5>nbr-state: peer=mx2.x.org, from=sync, to=full\n" },
	{ { EVENT_SESSION_REFUSED, .peer = "mx2.x.org", .reason = "revoked" },
	    "<4>session-refused: peer=mx2.x.org, reason=revoked\n" },
	{ { EVENT_LSA_REFUSED, .peer = "a.b", .origin = "c.d", .name = "*",
	      .reason = "claim-not-allowed" },
	    "<4>lsa-refused: peer=a.b, origin=c.d, id=*, "
	    "reason=claim-not-allowed\n" },
	{ { EVENT_LSA_INSTALLED, .origin = "c.d", .name = "x", .from = "space",
	      .value = 7 },
	    "<7>lsa-installed: origin=c.d, id=x, type=space, sequence=7\n" },
	{ { EVENT_LSA_PURGED, .origin = "c.d", .name = "x" },
	    "<5>lsa-purged: origin=c.d, id=x\n" },
	{ { EVENT_LINK_STATE, .name = "l-p", .peer = "a.b", .from = "up",
	      .to = "down", .reason = "busy", .text = "421 4.3.2 \x1b[2J" },
	    "<5>link-state: connector=l-p, bridgehead=a.b, from=up, "
	    "to=down, reason=busy, said=\"421 4.3.2 ?[2J\"\n" },
	{ { EVENT_MAIL_STATE, .peer = "a.b", .from = "up", .to = "down" },
	    "<5>mail-state: server=a.b, from=up, to=down\n" },
	{ { EVENT_MTA_STATE, .from = "up", .to = "down" },
	    "<3>mta-state: from=up, to=down\n" },
	{ { EVENT_MTA_ASKS, .from = "yes", .to = "no", .reason = "domains" },
	    "<3>mta-asks: from=yes, to=no, missing=domains\n" },
	{ { EVENT_SPACE_STATE, .name = "x.org", .from = "up", .to = "down" },
	    "<4>space-state: pattern=x.org, from=up, to=down\n" },
	{ { EVENT_SERVER_STATE, .from = "starting", .to = "up",
	      .reason = "all back" },
	    "<5>server-state: from=starting, to=up, reason=\"all back\"\n" },
	{ { EVENT_ROUTES, .value = 3, .total = 120, .name = "17",
	      .reason = "a.x b.x c.x", .from = "mx2.x.org",
	      .to = "unreachable (no-path)", .text = "link mx2.x.org down" },
	    "<5>routes: generation=17, moved=3, total=120, "
	    "patterns=\"a.x b.x c.x\", from=mx2.x.org, to=\"unreachable "
	    "(no-path)\", "
	    "cause=\"link mx2.x.org down\"\n" },
	{ { EVENT_KEY, .name = "x.org", .from = "2023-11-14T22:13:20Z",
	      .to = "leaving" },
	    "<4>key-leaves: pattern=x.org, until=2023-11-14T22:13:20Z, "
	    "state=leaving\n" },
	{ { EVENT_KEYS, .value = 950 }, "<4>keys-leave: more=950\n" },
	{ { EVENT_LARGE_LOST, .peer = "a.b", .value = 14000 },
	    "<4>large-packets-lost: peer=a.b, octets=14000\n" },
	{ { EVENT_ALONE, .to = "alone" }, "<3>alone: state=alone\n" },
	{ { EVENT_BEHIND, .value = 12000 }, "<3>table-behind: ms=12000\n" },
	{ { EVENT_FIGHT, .origin = "a.b", .value = 1 },
	    "<4>fight-back: origin=a.b, times=1\n" },
	{ { EVENT_CLONE, .origin = "a.b", .value = 9 },
	    "<3>clone: origin=a.b, times=9\n" },
	{ { EVENT_BREACH, .origin = "a.b", .value = 4294967295 },
	    "<3>key-misused: origin=a.b, epoch=4294967295\n" },
	{ { EVENT_RELAY_DENIED, .name = "x.org" },
	    "<4>relay-denied: pattern=x.org\n" },
	{ { EVENT_CLAIM_DENIED, .name = "x.org" },
	    "<4>claim-denied: pattern=x.org\n" },
	{ { EVENT_LIST_DENIED, .name = "x.org", .value = 3 },
	    "<4>list-denied: pattern=x.org, refused=3\n" },
	{ { EVENT_LIST_OLDER, .origin = "a.b", .to = "waits" },
	    "<4>list-unread: origin=a.b, state=waits\n" },
	{ { EVENT_ISSUE_TIME, .origin = "a.b", .value = 90000 },
	    "<4>issue-time: origin=a.b, seconds=90000\n" },
	{ { EVENT_LSDB_FULL, .value = 200000, .total = 9 },
	    "<3>lsdb-full: lsas=200000, octets=9\n" },
	{ { EVENT_LSDB_FILLING, .origin = "a.b", .value = 3277, .total = 9 },
	    "<4>lsdb-filling: origin=a.b, lsas=3277, octets=9\n" },
	{ { EVENT_LSDB_BAD, .value = 1 }, "<3>lsdb-bad: lsas=1\n" },
	{ { EVENT_RESTORED, .value = 12, .total = 1 },
	    "<5>restored: lsas=12, refused=1\n" },
	{ { EVENT_CONFIRM, .value = 60, .total = 100 },
	    "<3>confirm-wanted: moved=60, total=100\n" },
	{ { EVENT_FORGOTTEN, .origin = "a.b" }, "<5>forgotten: origin=a.b\n" },
	{ { EVENT_REVOKED, .origin = "a.b", .name = "ab12" },
	    "<4>key-revoked: server=a.b, key=ab12\n" },
	{ { EVENT_OWN_REVOKED, .peer = "a.b" },
	    "<3>own-key-revoked: peer=a.b\n" },
	{ { EVENT_DIFFERS, .peer = "a.b", .to = "differs", .value = 300 },
	    "<4>database-differs: peer=a.b, state=differs, seconds=300\n" },
	{ { EVENT_EXPIRED, .peer = "a.b", .value = 86400 },
	    "<3>certificate-expired: peer=a.b, seconds=86400\n" },
	{ { EVENT_CONGESTION, .peer = "a.b", .from = "none", .to = "light",
	      .value = 20, .total = 120 },
	    "<5>congestion: bridgehead=a.b, from=none, to=light, late=20, "
	    "waiting=120\n" },
	{ { EVENT_REPORT_REFUSED, .reason = "format", .value = 3 },
	    "<4>report-refused: times=3, reason=format\n" },
	{ { EVENT_SHORTAGE, .to = "short", .reason = "no-descriptor" },
	    "<3>own-shortage: state=short, reason=no-descriptor\n" },
	{ { EVENT_COMMAND, .name = "modem", .peer = "a.b", .to = "silent",
	      .reason = "command-timeout" },
	    "<4>probe-command: bridgehead=a.b, command=modem, state=silent, "
	    "reason=command-timeout\n" },
	{ { EVENT_UNCLAIMED, .origin = "a.b", .name = "x", .from = "paris",
	      .to = "counts" },
	    "<4>connector-unclaimed: origin=a.b, connector=x, group=paris, "
	    "state=counts\n" },
	{ { EVENT_SHARE, .origin = "a.b", .value = 80, .total = 10 },
	    "<4>share-jumped: server=a.b, percent=80, before=10\n" },
	{ { EVENT_AUTHORITY, .value = 86400 },
	    "<3>authority-over: seconds=86400\n" },
	{ { EVENT_ADDRESS, .origin = "a.b", .name = "192.0.2.1:25",
	      .from = "c.d", .to = "down" },
	    "<3>address-claimed: origin=a.b, address=192.0.2.1:25, "
	    "owner=c.d, state=down\n" },
	{ { EVENT_ROUTE_REFUSED, .peer = "a.b", .from = "192.0.2.1:25",
	      .name = "x.org", .to = "refused", .value = 60 },
	    "<3>route-refused: server=a.b, pattern=x.org, hop=192.0.2.1:25, "
	    "state=refused, seconds=60\n" },
	{ { EVENT_HELD, .name = "x.org", .peer = "4X1", .to = "12:00Z" },
	    "<3>held-too-long: message=4X1, pattern=x.org, until=12:00Z\n" },
	{ { EVENT_DRAIN, .origin = "a.b", .to = "drain", .reason = "disk" },
	    "<5>server-drain: server=a.b, state=drain, reason=disk\n" },
	{ { EVENT_OVERRIDE, .name = "freeze", .to = "on", .peer = "joe" },
	    "<5>override: by=joe, what=freeze, state=on\n" },
};

START_TEST(golden)
{
	struct buf out = { 0 };
	struct sink *sink = sink_new(collect, &out);
	char *lines;

	sink_debug(sink, true);
	sink_event(sink, &rows[_i].event);
	lines = buf_string(&out);
	ck_assert_str_eq(lines, rows[_i].line);
	mem_free(lines);
	sink_free(sink);
}
END_TEST

START_TEST(every_kind_has_a_line)
{
	ck_assert_uint_eq(sizeof(rows) / sizeof(rows[0]), EVENT_KINDS);
	for (size_t i = 0; i < EVENT_KINDS; i++)
		ck_assert_uint_eq(rows[i].event.kind, i);
}
END_TEST

START_TEST(nothing_raw_in_a_line)
{
	struct event event = { EVENT_NBR_STATE,
		.peer = "a\nb\x1b[31m\xff, \"x\"=y", .reason = "" };
	struct buf out = { 0 };
	struct sink *sink = sink_new(collect, &out);
	char *line, huge[4000];

	sink_event(sink, &event);
	line = buf_string(&out);
	ck_assert_str_eq(
	    line, "<5>nbr-state: peer=\"a?b?[31m?, 'x'=y\", reason=\"\"\n");
	mem_free(line);
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	event.peer = huge;
	sink_event(sink, &event);
	ck_assert_uint_lt(out.n, 300);
	buf_reset(&out);
	sink_say(sink, SINK_NOTICE, "start", "what=%s", "a\r\nb");
	line = buf_string(&out);
	ck_assert_str_eq(line, "<5>start: what=a??b\n");
	mem_free(line);
	sink_free(sink);
}
END_TEST

START_TEST(debug_is_off_at_first)
{
	struct event event = { EVENT_LSA_INSTALLED, .origin = "a.b" };
	struct buf out = { 0 };
	struct sink *sink = sink_new(collect, &out);

	sink_event(sink, &event);
	ck_assert_uint_eq(out.n, 0);
	ck_assert(!sink_is_debug(sink));
	sink_free(sink);
}
END_TEST

/* An alarm that ends is none, and the level decides what is written. */
START_TEST(levels)
{
	struct event event = { EVENT_MTA_STATE, .from = "down", .to = "up" };
	struct buf out = { 0 };
	struct sink *sink = sink_new(collect, &out);
	char *line;

	sink_event(sink, &event);
	line = buf_string(&out);
	ck_assert_str_eq(line, "<5>mta-state: from=down, to=up\n");
	mem_free(line);
	sink_level(sink, SINK_ERROR);
	sink_event(sink, &event);
	sink_say(sink, SINK_WARNING, "x", "a=b");
	ck_assert_uint_eq(out.n, 0);
	sink_debug(sink, true);
	sink_event(sink, &event);
	ck_assert_uint_ne(out.n, 0);
	buf_done(&out);
	sink_free(sink);
}
END_TEST

START_TEST(strangers)
{
	struct addr four = { 4, { 192, 0, 2, 7 }, 51044 };
	struct addr six = { 6,
		{ 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 },
		51044 };
	struct buf out = { 0 };
	struct sink *sink = sink_new(collect, &out);
	char *lines;

	sink_refused(sink, &six, "unknown-key");
	for (int i = 0; i < 100; i++)
		sink_refused(sink, &four, "not-allowed");
	lines = buf_string(&out);
	ck_assert_str_eq(lines,
	    "<4>peer refused from unknown[2001:db8::9]:51044: "
	    "reason=unknown-key\n"
	    "<4>peer refused from unknown[192.0.2.7]:51044: "
	    "reason=not-allowed\n"
	    "<4>peer refused from unknown[192.0.2.7]:51044: "
	    "reason=not-allowed\n"
	    "<4>peer refused from unknown[192.0.2.7]:51044: "
	    "reason=not-allowed\n");
	mem_free(lines);
	for (uint16_t i = 0; i < 10000; i++) { /* from everywhere */
		four.ip[2] = (uint8_t)(i >> 8);
		four.ip[3] = (uint8_t)i;
		sink_refused(sink, &four, "x");
	}
	ck_assert_uint_lt(out.n, 60 * 80);
	buf_done(&out);
	sink_free(sink);
}
END_TEST

/* A reason that was not told yet is told, however often others were. */
START_TEST(another_reason)
{
	struct buf log = { 0 };
	struct sink *sink = sink_new(collect, &log);

	for (int i = 0; i < 9; i++)
		sink_say(sink, SINK_REMOTE, "dial-failed",
		    "peer=a.example, reason=refused, try=%d", i);
	buf_reset(&log);
	sink_say(sink, SINK_REMOTE, "dial-failed",
	    "peer=a.example, reason=x-lsa-2-blanked");
	buf_u8(&log, 0);
	ck_assert_str_eq((const char *)log.p,
	    "<4>dial-failed: peer=a.example, reason=x-lsa-2-blanked\n");
	buf_done(&log);
	sink_free(sink);
}
END_TEST

static size_t
lines_of(const struct buf *log)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++)
		n += log->p[i] == '\n';
	return n;
}

/* Of every kind: an origin that varies all it can, then a thousand of them. */
START_TEST(nobody_fills_the_log)
{
	struct buf log = { 0 };
	struct sink *sink = sink_new(collect, &log);
	char id[16], origin[16];

	for (int i = 0; i < 20000; i++) {
		struct event event = rows[_i].event;

		snprintf(id, sizeof(id), "x%d", i);
		snprintf(origin, sizeof(origin), "o%d", i % 1000);
		event.value = (uint64_t)i;
		if (i < 10000) {
			event.name = event.origin != NULL ? id : event.name;
			event.to = event.to != NULL ? "down" : NULL;
		} else {
			event.name = event.peer = event.origin = origin;
		}
		sink_event(sink, &event);
		if (i == 9999)
			ck_assert_uint_le(lines_of(&log), 60);
	}
	ck_assert_uint_le(lines_of(&log), 600);
	if (_i == EVENT_LSA_INSTALLED)
		ck_assert_uint_eq(lines_of(&log), 0);
	else
		ck_assert_uint_ge(lines_of(&log), 3);
	buf_done(&log);
	sink_free(sink);
}
END_TEST

/* An event's texts are the engine's, and gone with its next step. */
START_TEST(reasons_are_counted)
{
	struct count count = { 0 };
	struct buf out = { 0 };
	struct json j = { .out = &out };
	char reason[] = "expired";

	count_one(&count, "lsa-refused", reason);
	count_one(&count, "lsa-refused", NULL);
	memset(reason, 'x', sizeof(reason) - 1);
	count_one(&count, "lsa-refused", "expired");
	count_show(&count, &j, NULL);
	buf_u8(&out, 0);
	ck_assert_str_eq((const char *)out.p,
	    "[{\"event\":\"lsa-refused\",\"reason\":\"expired\",\"n\":2},"
	    "{\"event\":\"lsa-refused\",\"n\":1}]");
	buf_done(&out);
	count_done(&count);
}
END_TEST

START_TEST(levels_of_refusals)
{
	struct event event = { EVENT_SESSION_REFUSED, .peer = "mx2.x.org",
		.reason = "second-session" };
	struct buf log = { 0 };
	struct sink *sink = sink_new(collect, &log);

	sink_event(sink, &event);
	ck_assert_mem_eq(log.p, "<5>session-refused: ", 20);
	buf_done(&log);
	sink_free(sink);
}
END_TEST

START_TEST(limits_count)
{
	struct log_limit *limit = log_limit_new(2, 1000, 3);
	uint64_t left;

	ck_assert(log_limit_pass(limit, "a", (struct mono){ 5 }, &left));
	ck_assert(log_limit_pass(limit, "a", (struct mono){ 5 }, &left));
	ck_assert(!log_limit_pass(limit, "a", (struct mono){ 6 }, &left));
	ck_assert(!log_limit_pass(limit, "a", (struct mono){ 1004 }, &left));
	ck_assert(log_limit_pass(limit, "b", (struct mono){ 1004 }, &left));
	ck_assert_uint_eq(left, 0);
	ck_assert(log_limit_pass(limit, "a", (struct mono){ 1005 }, &left));
	ck_assert_uint_eq(left, 2);
	ck_assert(log_limit_pass(limit, "c", (struct mono){ 1006 }, &left));
	/* A fourth: b, quiet the longest, is forgotten, the others are not. */
	ck_assert(log_limit_pass(limit, "d", (struct mono){ 1007 }, &left));
	ck_assert(log_limit_pass(limit, "a", (struct mono){ 1008 }, &left));
	ck_assert(!log_limit_pass(limit, "a", (struct mono){ 1009 }, &left));
	log_limit_free(limit);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sink");
	TCase *tc = tcase_create("sink");

	tcase_add_loop_test(tc, golden, 0, EVENT_KINDS);
	tcase_add_test(tc, every_kind_has_a_line);
	tcase_add_test(tc, nothing_raw_in_a_line);
	tcase_add_test(tc, debug_is_off_at_first);
	tcase_add_test(tc, levels);
	tcase_add_test(tc, strangers);
	tcase_add_test(tc, another_reason);
	tcase_add_loop_test(tc, nobody_fills_the_log, 0, EVENT_KINDS);
	tcase_add_test(tc, reasons_are_counted);
	tcase_add_test(tc, levels_of_refusals);
	tcase_add_test(tc, limits_count);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
