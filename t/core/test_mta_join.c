/*
 * test_mta_join.c - two MTAs on one host, as one: what is asked of both, what
 * both can, and what is of one alone.
 */

#include <stdio.h>
#include <string.h>

#include "core/lsa/mta.h"
#include "t/tap.h"

#define UNKNOWN MTA_UNKNOWN
#define YES MTA_YES
#define NO MTA_NO

static const struct {
	enum mta_asks postfix, exim, both;
	const char *missing;
} rows[] = {
	{ YES, YES, YES, "" },
	{ YES, NO, NO, "exim: no exim" },
	{ NO, YES, NO, "postfix: no postfix" },
	{ NO, NO, NO, "postfix: no postfix, exim: no exim" },
	{ YES, UNKNOWN, UNKNOWN, "exim: no exim" },
	{ UNKNOWN, YES, UNKNOWN, "postfix: no postfix" },
	{ NO, UNKNOWN, NO, "postfix: no postfix, exim: no exim" },
	{ UNKNOWN, UNKNOWN, UNKNOWN, "postfix: no postfix, exim: no exim" },
};

static struct mta postfix, exim, both;
static const struct mta_of of[] = { { "postfix", &postfix },
	{ "exim", &exim } };

static void
begin(void)
{
	mta_init(&postfix);
	mta_init(&exim);
	postfix.read = exim.read = true;
	postfix.asks = exim.asks = MTA_YES;
	postfix.asks_default = exim.asks_default = MTA_YES;
}

static void
end(void)
{
	mta_done(&postfix);
	mta_done(&exim);
	mta_done(&both);
}

/* One is not made up for by the other; and so the table of `*`. */
START_TEST(each_is_to_ask)
{
	postfix.asks = postfix.asks_default = rows[_i].postfix;
	exim.asks = exim.asks_default = rows[_i].exim;
	if (postfix.asks != MTA_YES)
		strcpy(postfix.missing, "no postfix");
	if (exim.asks != MTA_YES)
		strcpy(exim.missing, "no exim");
	mta_join(&both, of, 2);
	ck_assert_int_eq(both.asks, rows[_i].both);
	ck_assert_int_eq(both.asks_default, rows[_i].both);
	ck_assert_str_eq(both.missing, rows[_i].missing);
}
END_TEST

START_TEST(what_each_can)
{
	exim.ipv6 = false;
	exim.utf8 = false;
	strcpy(postfix.delimiters, "+");
	strcpy(exim.delimiters, "-+");
	postfix.lifetime_s = 5 * 86400;
	exim.lifetime_s = 4 * 86400;
	postfix.filters_smtp = true;
	exim.bind6 = (struct addr){ 6, { [15] = 7 }, 0 };
	strcpy(exim.queue_directory, "/var/spool/exim4");
	mta_patterns_add(&postfix.local, "a.example");
	mta_patterns_add(&postfix.local, "b.example");
	mta_patterns_add(&exim.local, "b.example");
	mta_patterns_add(&postfix.routed, "c.example");
	mta_join(&both, of, 2);
	ck_assert(both.read && both.ipv4 && !both.ipv6 && !both.utf8);
	ck_assert_str_eq(both.delimiters, "+-");
	ck_assert_uint_eq(both.lifetime_s, 4 * 86400);
	ck_assert(both.filters_smtp && !both.filters_local);
	ck_assert(addr_equal(&both.bind6, &exim.bind6));
	ck_assert_str_eq(both.queue_directory, "/var/spool/postfix");
	ck_assert(!mta_has(&both, "a.example") && mta_has(&both, "b.example"));
	ck_assert(mta_routes(&both, "c.example"));
}
END_TEST

/* Of one that could not be read nothing is known but that. */
START_TEST(one_is_not_read)
{
	struct mta *unread = _i == 0 ? &postfix : &exim;
	struct mta *known = _i == 0 ? &exim : &postfix;

	unread->read = false;
	unread->asks = MTA_UNKNOWN;
	known->ipv6 = false;
	mta_patterns_add(&known->local, "a.example");
	mta_join(&both, of, 2);
	ck_assert_int_eq(both.asks, MTA_UNKNOWN);
	ck_assert(both.read && !both.ipv6 && mta_has(&both, "a.example"));
}
END_TEST

/* Being written is no reason where the other positively does not ask. */
START_TEST(one_is_being_written)
{
	postfix.asks = MTA_UNKNOWN;
	postfix.writing = true;
	exim.asks = _i == 0 ? MTA_YES : MTA_NO;
	mta_join(&both, of, 2);
	ck_assert(both.writing == (_i == 0));
}
END_TEST

START_TEST(one_alone_stays_as_it_is)
{
	strcpy(exim.missing, "exim -bP config fails");
	exim.asks = MTA_UNKNOWN;
	mta_join(&both, of + 1, 1);
	ck_assert(mta_same(&both, &exim));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mta_join");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(
	    tc, each_is_to_ask, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, what_each_can);
	tcase_add_loop_test(tc, one_is_not_read, 0, 2);
	tcase_add_loop_test(tc, one_is_being_written, 0, 2);
	tcase_add_test(tc, one_alone_stays_as_it_is);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
