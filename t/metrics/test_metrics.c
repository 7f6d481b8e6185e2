/*
 * test_metrics.c - what lsrd-metrics decides without a socket: whose Host is
 * ours, which form is wanted, and the text that is made of what lsrd told.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/accept.h"
#include "metrics/families.h"
#include "sys/host.h"
#include "t/tap.h"

static const char *const names[] = { "watch.example.org" };

static const struct {
	const char *host;
	bool ours;
} hosts[] = {
	{ "127.0.0.1", true },
	{ "127.0.0.1:9691", true },
	{ "192.0.2.1", true },
	{ "[::1]", true },
	{ "[::1]:9691", true },
	{ "localhost", true },
	{ "LOCALHOST:1", true },
	{ "Watch.Example.org:9691", true },
	{ "", false },
	{ ":9691", false },
	{ "watch.example.org.evil", false },
	{ "localhost.evil", false },
	{ "127.0.0.1.evil", false },
	{ "[::1", false },
	{ "[::1]evil", false },
	{ "[evil]", false },
	{ "evil", false },
};

START_TEST(host)
{
	ck_assert_int_eq(
	    host_is_ours(hosts[_i].host, names, 1), hosts[_i].ours);
}
END_TEST

static const struct {
	const char *accept;
	bool open;
} accepts[] = {
	{ NULL, false },
	{ "", false },
	{ "*/*", false },
	{ "text/plain", false },
	{ "application/openmetrics-text", true },
	{ "text/plain;q=0.5, application/openmetrics-text;version=1.0.0",
	    true },
	{ "application/openmetrics-text;q=0,text/plain", false },
	{ "application/openmetrics-text;q=0.0", false },
	{ "application/openmetrics-text;q=0.5,*/*;q=0", true },
	{ "xapplication/openmetrics-text", false },
};

START_TEST(accept)
{
	ck_assert_int_eq(
	    accept_wants_open(accepts[_i].accept), accepts[_i].open);
}
END_TEST

static const char lines[] =
    "{\"of\":\"server\",\"state\":\"drain\",\"uptime_ms\":1500,"
    "\"reload_at\":1700000000,\"reload_good\":false,"
    "\"held_oldest_s\":90,"
    "\"certificate_until\":-5,\"routes\":{\"remote\":7,\"hold\":2},"
    "\"alone\":true,\"present\":3,\"away\":1,\"runs\":9,"
    "\"reports\":{\"milter\":{\"reports\":4,\"refused\":2},\"refused\":1}}\n"
    "{\"of\":\"daemon\",\"version\":\"1\",\"moved\":11,\"events\":["
    "{\"event\":\"lsa-refused\",\"reason\":\"claim\",\"n\":2},"
    "{\"event\":\"lsa-refused\",\"reason\":\"signature\",\"n\":3}],"
    "\"tables\":{\"sum_us\":1500001,\"buckets\":[[100,1],[1000,4],[0,5]]}}\n"
    "{\"of\":\"peer\",\"peer\":\"a\\\\b\\\"c\\nd\",\"full\":false,"
    "\"round_trip_us\":1234}\n"
    "{\"of\":\"peer\",\"left_out\":6}\n"
    "{\"of\":\"link\",\"use\":\"connector\",\"connector\":\"x\",\"to\":\"m\","
    "\"state\":\"up\",\"waiting\":5,\"oldest_s\":77}\n"
    "{\"of\":\"link\",\"use\":\"connector\",\"connector\":\"y\",\"to\":\"m\","
    "\"state\":\"down\",\"waiting\":5,\"oldest_s\":77}\n"
    "{\"of\":\"link\",\"use\":\"connector\",\"connector\":\"z\",\"to\":\"n\","
    "\"state\":\"unknown\",\"waiting\":0}\n"
    "{\"of\":\"link\",\"left_out\":0}\n"
    "{\"of\":\"something of a later version\"}\n";

static char *
sheet_of(const char *text, bool open)
{
	struct buf out = { 0 };
	struct sheet sheet = { &out, open };
	struct told told;

	told_init(&told);
	ck_assert(told_read(&told, text, strlen(text)));
	families_put(&sheet, &told);
	told_done(&told);
	return buf_string(&out);
}

static void
has_line(const char *sheet, const char *line, bool there)
{
	char *whole = mem_new(strlen(line) + 3, 0, 0);

	sprintf(whole, "\n%s\n", line);
	ck_assert_msg(
	    (strstr(sheet, whole) != NULL) == there, "%s in %s", line, sheet);
	mem_free(whole);
}

static const char *const samples[] = {
	"lsrd_state{state=\"drain\"} 1",
	"lsrd_state{state=\"up\"} 0",
	"lsrd_uptime_seconds 1.500",
	"lsrd_certificate_expiry_timestamp_seconds -5",
	"lsrd_routes{kind=\"hold\"} 2",
	"lsrd_alone 1",
	"lsrd_servers{presence=\"away\"} 1",
	"lsrd_spf_runs_total 9",
	"lsrd_route_changes_total 11",
	"lsrd_loops_detected_total 2",
	"lsrd_reports_total{kind=\"milter\"} 4",
	"lsrd_reports_refused_total 1",
	"lsrd_events_total{event=\"lsa-refused\"} 5",
	"lsrd_lsas_refused_total{reason=\"signature\"} 3",
	"lsrd_peer_up{peer=\"a\\\\b\\\"c\\nd\"} 0",
	"lsrd_peers_left_out 6",
	"lsrd_link_up{connector=\"x\",to=\"m\",use=\"connector\"} 1",
	"lsrd_link_up{connector=\"y\",to=\"m\",use=\"connector\"} 0",
	"lsrd_queue_recipients{nexthop=\"m\",use=\"connector\"} 5",
	"lsrd_queue_oldest_age_seconds{nexthop=\"m\",use=\"connector\"} 77",
	"lsrd_queue_held_oldest_age_seconds 90",
	"lsrd_config_last_reload_successful 0",
	"lsrd_config_last_reload_timestamp_seconds 1700000000",
	"lsrd_peer_round_trip_seconds{peer=\"a\\\\b\\\"c\\nd\"} 0.001234",
	"lsrd_spf_duration_seconds_bucket{le=\"0.0001\"} 1",
	"lsrd_spf_duration_seconds_bucket{le=\"0.001\"} 4",
	"lsrd_spf_duration_seconds_bucket{le=\"+Inf\"} 5",
	"lsrd_spf_duration_seconds_sum 1.500001",
	"lsrd_spf_duration_seconds_count 5",
};

START_TEST(samples_of_text)
{
	char *plain = sheet_of(lines, false), *open = sheet_of(lines, true);

	has_line(plain, samples[_i], true);
	has_line(open, samples[_i], true);
	has_line(plain, "# TYPE lsrd_spf_runs_total counter", true);
	has_line(open, "# TYPE lsrd_spf_runs counter", true);
	has_line(plain, "# TYPE lsrd_build_info gauge", true);
	has_line(open, "# TYPE lsrd_build info", true);
	has_line(open, "# UNIT lsrd_uptime_seconds seconds", true);
	has_line(open, "# UNIT lsrd_peer_sent_bytes bytes", true);
	ck_assert(strstr(plain, "# UNIT") == NULL);
	ck_assert(strstr(plain, "to=\"n\",use=\"connector\"} 1") == NULL);
	ck_assert(strcmp(open + strlen(open) - 6, "# EOF\n") == 0);
	ck_assert(strstr(plain, "EOF") == NULL);
	mem_free(plain);
	mem_free(open);
}
END_TEST

START_TEST(no_answer)
{
	struct buf out = { 0 };
	struct sheet sheet = { &out, false };
	struct told told;
	char *text;

	families_put(&sheet, NULL);
	text = buf_string(&out);
	has_line(text, "lsrd_up 0", true);
	ck_assert(strstr(text, "lsrd_build") == NULL);
	mem_free(text);
	told_init(&told);
	ck_assert(!told_read(&told, "", 0));
	ck_assert(!told_read(&told, "[1]\n", 4));
	ck_assert(!told_read(&told, "{\"of\":\"server\"}\n{", 17));
	told_done(&told);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("metrics");
	TCase *c = tcase_create("metrics");

	tcase_add_loop_test(c, host, 0, N(hosts));
	tcase_add_loop_test(c, accept, 0, N(accepts));
	tcase_add_loop_test(c, samples_of_text, 0, N(samples));
	tcase_add_test(c, no_answer);
	suite_add_tcase(s, c);
	return tap_run(s);
}
