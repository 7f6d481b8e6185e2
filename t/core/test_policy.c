/* What a connector admits, and which patterns an address meets. */

#include "core/lsa/match.h"
#include "core/lsa/policy.h"
#include "core/paths/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/paths/net.h"
#include "t/tap.h"

/* Minutes of a week that begins on Monday 2026-11-16. */
#define MONDAY INT64_C(1794787200)
#define AT(day, hour, minute) (MONDAY + (day)*86400 + (hour)*3600 + (minute)*60)

static const struct {
	const char *text;
	int rc;
} schedules[] = {
	{ "mon-fri 08:00-18:00, sat 10:00-12:00", RC_OK },
	{ "mon", RC_OK },
	{ "22:00-06:00", RC_OK },
	{ "00:00-24:00", RC_OK },
	{ "fri-mon  00:00-00:00 ,tue", RC_OK },
	{ "", RC_FORMAT },
	{ " ", RC_FORMAT },
	{ "mon,", RC_FORMAT },
	{ ",mon", RC_FORMAT },
	{ "mon;tue", RC_FORMAT },
	{ "monday", RC_FORMAT },
	{ "mon-", RC_FORMAT },
	{ "mon08:00-09:00", RC_FORMAT },
	{ "mon 8:00-09:00", RC_FORMAT },
	{ "mon 08:00", RC_FORMAT },
	{ "mon 08:00-", RC_FORMAT },
	{ "mon 24:00-06:00", RC_FORMAT },
	{ "mon 08:60-09:00", RC_FORMAT },
	{ "mon 08:00-24:01", RC_FORMAT },
	{ "mon 08:00-09:00 10:00-11:00", RC_FORMAT },
	{ "Mon", RC_FORMAT },
	{ "\tmon\t08:00-09:00\t,\ttue", RC_OK },
	{ "mon 0:800-09:00", RC_FORMAT },
	{ "mon 08.00-09:00", RC_FORMAT },
	{ "mon 08:x0-09:00", RC_FORMAT },
	{ "mon 08:0x-09:00", RC_FORMAT },
	{ "mon 08:00-09:0", RC_FORMAT },
};

START_TEST(schedule_text)
{
	const char *text = schedules[_i].text;
	char *copy = mem_dup(text, strlen(text)); /* exact, so ASan guards */

	ck_assert_msg(
	    policy_schedule_check(copy) == schedules[_i].rc, "%s", text);
	mem_free(copy);
}
END_TEST

static const struct {
	const char *text;
	int64_t time;
	bool open;
} times[] = {
	{ "mon-fri 08:00-18:00", AT(0, 8, 0), true },
	{ "mon-fri 08:00-18:00", AT(0, 7, 59), false },
	{ "mon-fri 08:00-18:00", AT(4, 17, 59), true },
	{ "mon-fri 08:00-18:00", AT(4, 18, 0), false },
	{ "mon-fri 08:00-18:00", AT(5, 12, 0), false },
	{ "mon 08:00-09:00, sat 10:00-12:00", AT(5, 11, 0), true },
	{ "sat-mon", AT(6, 3, 0), true },
	{ "sat-mon", AT(0, 23, 59), true },
	{ "sat-mon", AT(1, 0, 0), false },
	{ "fri 22:00-06:00", AT(4, 23, 0), true },
	{ "fri 22:00-06:00", AT(5, 5, 59), true },
	{ "fri 22:00-06:00", AT(5, 6, 0), false },
	{ "fri 22:00-06:00", AT(4, 5, 0), false },
	{ "sun 22:00-06:00", AT(0, 5, 0), true },
	{ "22:00-06:00", AT(2, 1, 0), true },
	{ "22:00-06:00", AT(2, 12, 0), false },
	{ "tue 00:00-24:00", AT(1, 23, 59), true },
	{ "thu", 0, true }, /* 1 January 1970 */
	{ "fri", 0, false },
	{ "wed 23:59-24:00", -1, true }, /* a clock before that */
	{ "thu", -1, false },
	{ "no schedule", 0, false },
};

START_TEST(schedule_times)
{
	ck_assert_msg(policy_schedule_open(times[_i].text, times[_i].time) ==
			  times[_i].open,
	    "row %d: %s", _i, times[_i].text);
}
END_TEST

static const struct {
	const char *pattern, *sender;
	bool meets;
} senders[] = {
	{ "a@x.example", "a@x.example", true },
	{ "a@x.example", "b@x.example", false },
	{ "x.example", "b@x.example", true },
	{ "x.example", "b@y.x.example", false },
	{ ".x.example", "b@y.x.example", true },
	{ ".x.example", "b@x.example", false },
	{ "*", "b@x.example", true },
	{ "*", "", true },
	{ "<>", "", true },
	{ "<>", "<>", true },
	{ "<>", "a@x.example", false },
	{ "x.example", "", false },
	{ "x.example", "x.example", false },
};

START_TEST(senders_meet)
{
	ck_assert_msg(policy_sender_meets(senders[_i].pattern,
			  senders[_i].sender) == senders[_i].meets,
	    "row %d: %s", _i, senders[_i].pattern);
}
END_TEST

static char *inside[] = { (char[]){ "x.example" }, (char[]){ ".x.example" } };
static char *outside[] = { (char[]){ "bulk@x.example" } };

static const struct {
	const char *what;
	struct policy policy;
	struct policy_message message;
	enum policy_verdict verdict;
} rows[] = {
	{ "no limit", { 0 }, { 99, 1, "a@b", 5 }, POLICY_ADMITS },
	{ "the size itself", { .max_size = 10 }, { 10, 0, NULL, -1 },
	    POLICY_ADMITS },
	{ "an octet more", { .max_size = 10 }, { 11, 0, NULL, -1 },
	    POLICY_SIZE },
	{ "not known", { .max_size = 10, .priorities = 1 }, { 0, 0, NULL, -1 },
	    POLICY_ADMITS },
	{ "priority", { .priorities = POLICY_URGENT | POLICY_NORMAL },
	    { 0, POLICY_NON_URGENT, NULL, -1 }, POLICY_PRIORITY },
	{ "its priority", { .priorities = POLICY_URGENT },
	    { 0, POLICY_URGENT, NULL, -1 }, POLICY_ADMITS },
	{ "allowed", { .allow = inside, .nallow = 2 },
	    { 0, 0, "a@b.x.example", -1 }, POLICY_ADMITS },
	{ "not allowed", { .allow = inside, .nallow = 2 },
	    { 0, 0, "a@y.example", -1 }, POLICY_SENDER },
	{ "denied before allowed",
	    { .allow = inside, .nallow = 2, .deny = outside, .ndeny = 1 },
	    { 0, 0, "bulk@x.example", -1 }, POLICY_SENDER },
	{ "closed", { .schedule = (char[]){ "fri" } }, { 0, 0, NULL, 0 },
	    POLICY_SCHEDULE },
	{ "open", { .schedule = (char[]){ "thu" } }, { 0, 0, NULL, 0 },
	    POLICY_ADMITS },
	{ "a small one by day",
	    { .schedule = (char[]){ "thu" },
		.large_size = 10,
		.large_schedule = (char[]){ "fri" } },
	    { 10, 0, NULL, 0 }, POLICY_ADMITS },
	{ "a large one by its own schedule",
	    { .schedule = (char[]){ "thu" },
		.large_size = 10,
		.large_schedule = (char[]){ "fri" } },
	    { 11, 0, NULL, 0 }, POLICY_SCHEDULE },
	{ "which may be the only one",
	    { .large_size = 10, .large_schedule = (char[]){ "thu" } },
	    { 11, 0, NULL, 0 }, POLICY_ADMITS },
	{ "the first of all",
	    { .max_size = 1, .deny = outside, .ndeny = 1, .priorities = 1 },
	    { 2, 2, "bulk@x.example", 0 }, POLICY_SIZE },
};

START_TEST(judges)
{
	ck_assert_msg(policy_judge(&rows[_i].policy, &rows[_i].message) ==
			  rows[_i].verdict,
	    "%s", rows[_i].what);
}
END_TEST

START_TEST(words)
{
	ck_assert_uint_eq(policy_priority("non-urgent"), POLICY_NON_URGENT);
	ck_assert_uint_eq(policy_priority("Urgent"), 0);
}
END_TEST

static const struct {
	const char *address, *patterns, *delimiters;
} addresses[] = {
	{ "u@a.b.example", "u@a.b.example a.b.example .b.example .example *",
	    NULL },
	{ "u@example", "u@example example *", NULL },
	{ "\"u@v\"@a.b", "\"u@v\"@a.b a.b .b *", NULL },
	{ "u@a.b.", "u@a.b. a.b. .b. *", NULL },
	{ "u+x@a", "u+x@a a *", NULL },
	{ "u+x@a", "u+x@a a *", "" },
	{ "u+x@a", "u+x@a u@a a *", "+" },
	{ "+x@a", "+x@a a *", "+" },
	{ "u-request@a", "u-request@a a *", "-" },
	{ "u-requesx@a", "u-requesx@a u@a a *", "-" },
	{ "-request@a", "-request@a a *", "-" },
	{ "u+x+y@a.b", "u+x+y@a.b u@a.b a.b .b *", "+" },
	{ "u-x+y@a", "u-x+y@a u@a a *", "+-" },
	{ "u-x@a", "u-x@a a *", "+" },
	{ "+x@a", "+x@a a *", "+" },
	{ "u+@a", "u+@a u@a a *", "+" },
	{ "u@a+b", "u@a+b a+b *", "+" },
	{ "u+x@v@a", "u+x@v@a u@a a *", "+" },
	{ "postmaster+x@a", "postmaster+x@a postmaster@a a *", "+" },
	{ "double-bounce@a", "double-bounce@a a *", "-" },
	{ "mailer-daemon@a", "mailer-daemon@a a *", "-" },
	{ "owner-list@a", "owner-list@a a *", "-" },
	{ "list-request@a", "list-request@a a *", "-" },
	{ "-request@a", "-request@a a *", "-" },
	{ "list-x@a", "list-x@a list@a a *", "-" },
	{ "owner-list+x@a", "owner-list+x@a owner-list@a a *", "+" },
	{ "owner-list@a", "owner-list@a owner@a a *", "@-" },
	{ "list-request@a", "list-request@a list@a a *", "@+-" },
	{ "postmaster@a", "postmaster@a a *", "@-" },
	{ "\"u@v-x\"@a", "\"u@v-x\"@a \"u@v@a a *", "@-" },
	{ "u@a", "u@a a *", "@" },
};

START_TEST(address_meets)
{
	char *address = mem_str(addresses[_i].address);
	struct match m = match_over(address, addresses[_i].delimiters);
	char all[200] = "";
	const char *pattern;

	while ((pattern = match_next(&m)) != NULL) {
		strcat(all, all[0] != '\0' ? " " : "");
		strcat(all, pattern);
	}
	ck_assert_str_eq(all, addresses[_i].patterns);
	mem_free(address);
}
END_TEST

/* As lsrctl shows it. */
static char here[] = "a.example", nights[] = "22:00-06:00";
static char *these[] = { here };
static const struct {
	struct policy policy;
	const char *json;
} told[] = {
	{ { 0 }, "" },
	{ { .max_size = 7 }, "\"max_message_size\":7" },
	{ { .deny = these, .ndeny = 1 },
	    "\"senders\":{\"allow\":[],\"deny\":[\"a.example\"]}" },
	{ { .allow = these, .nallow = 1 },
	    "\"senders\":{\"allow\":[\"a.example\"],\"deny\":[]}" },
	{ { .priorities = POLICY_URGENT | POLICY_NORMAL },
	    "\"priorities\":[\"urgent\",\"normal\"]" },
	{ { .schedule = nights }, "\"schedule\":\"22:00-06:00\"" },
	{ { .large_size = 9, .large_schedule = nights },
	    "\"large_message_size\":9,\"large_schedule\":\"22:00-06:00\"" },
};

START_TEST(limits_as_json)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	char *text;

	policy_tell(&j, NULL);
	policy_tell(&j, &told[_i].policy);
	text = buf_string(&out);
	ck_assert_str_eq(text, told[_i].json);
	mem_free(text);
}
END_TEST

START_TEST(no_address)
{
	ck_assert(!match_is_address(""));
	ck_assert(!match_is_address("a"));
	ck_assert(!match_is_address("@a"));
	ck_assert(!match_is_address("a@"));
	ck_assert(!match_is_address("a@*"));
	ck_assert(match_is_address("a@b"));
}
END_TEST

/* Who has so long a name that it does not fit without its extension meets all
 * else; one octet less, and that too. */
START_TEST(a_long_user_has_no_extension)
{
	char address[LIMIT_SENDER_OCTETS + 8];
	size_t n = LIMIT_SENDER_OCTETS - 2 + (size_t)_i; /* and "@a" */
	struct match m;

	memset(address, 'u', n);
	memcpy(address + n, "+x@a", 5);
	m = match_over(address, "+");
	ck_assert_str_eq(match_next(&m), address);
	if (_i == 0)
		ck_assert_uint_eq(strlen(match_next(&m)), LIMIT_SENDER_OCTETS);
	ck_assert_str_eq(match_next(&m), "a");
	ck_assert_str_eq(match_next(&m), "*");
}
END_TEST

/* Each of its parts alone is a limit. */
START_TEST(any_part_is_a_limit)
{
	char text[] = "mon", *list[] = { text };
	const struct policy parts[] = {
		{ .max_size = 1 },
		{ .priorities = POLICY_URGENT },
		{ .allow = list, .nallow = 1 },
		{ .deny = list, .ndeny = 1 },
		{ .schedule = text },
		{ .large_size = 1, .large_schedule = text },
	};
	const struct policy none = { 0 };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert(policy_has_limits(&parts[i]));
	ck_assert(!policy_has_limits(&none));
	ck_assert(!policy_has_limits(NULL));
}
END_TEST

START_TEST(claims_of_a_pattern)
{
	static const char *const patterns[] = { "*", ".b", "b", "b", "b", "c" };
	struct net net = { 0 };
	size_t n;

	for (uint32_t i = 0; i < 6; i++) {
		struct net_claim claim = { .pattern = patterns[i],
			.server = i };

		vec_push(&net.claims, claim);
	}
	ck_assert_ptr_eq(net_claims(&net, "b", &n), net.claims.v + 2);
	ck_assert_uint_eq(n, 3);
	net_claims(&net, "*", &n);
	ck_assert_uint_eq(n, 1);
	net_claims(&net, "a", &n);
	ck_assert_uint_eq(n, 0);
	net_claims(&net, "d", &n);
	ck_assert_uint_eq(n, 0);
	net_done(&net);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, schedule_text, 0, ROWS(schedules));
	tcase_add_loop_test(tc, schedule_times, 0, ROWS(times));
	tcase_add_loop_test(tc, senders_meet, 0, ROWS(senders));
	tcase_add_loop_test(tc, judges, 0, ROWS(rows));
	tcase_add_test(tc, words);
	tcase_add_loop_test(tc, address_meets, 0, ROWS(addresses));
	tcase_add_loop_test(tc, limits_as_json, 0, ROWS(told));
	tcase_add_test(tc, no_address);
	tcase_add_loop_test(tc, a_long_user_has_no_extension, 0, 2);
	tcase_add_test(tc, any_part_is_a_limit);
	tcase_add_test(tc, claims_of_a_pattern);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
