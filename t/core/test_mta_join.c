/*
 * test_mta_join.c - two MTAs on one host, as one: what is asked of both, what
 * both can, and what is of one alone; and whether a reading is another.
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

/* Of what both have, who stands first has it; who has none takes the other's. */
START_TEST(what_one_has)
{
	postfix.bind4 = (struct addr){ 4, { 192, 0, 2, 1 }, 0 };
	postfix.bind6 = (struct addr){ 6, { [15] = 1 }, 0 };
	exim.bind4 = (struct addr){ 4, { 192, 0, 2, 2 }, 0 };
	exim.lifetime_s = postfix.lifetime_s + 1;
	memset(postfix.delimiters, '+', sizeof(postfix.delimiters) - 1);
	strcpy(exim.delimiters, "-");
	mta_patterns_add(&postfix.routed, "b.example");
	mta_patterns_add(&exim.routed, "a.example");
	mta_patterns_add(&exim.routed, "b.example");
	mta_join(&both, of, 2);
	ck_assert(addr_equal(&both.bind4, &postfix.bind4));
	ck_assert(addr_equal(&both.bind6, &postfix.bind6));
	ck_assert_uint_eq(both.lifetime_s, postfix.lifetime_s);
	ck_assert_str_eq(both.delimiters, postfix.delimiters);
	ck_assert_uint_eq(both.routed.n, 2);
	ck_assert(mta_routes(&both, "a.example"));
	ck_assert(mta_routes(&both, "b.example"));
}
END_TEST

/* A reading that differs in one thing is news, whichever it is. */
#define OTHER(name, change)                                                    \
	static void other_##name(struct mta *mta)                              \
	{                                                                      \
		change;                                                        \
	}
OTHER(asks, mta->asks = MTA_NO)
OTHER(asks_default, mta->asks_default = MTA_NO)
OTHER(missing, mta->missing[0] = 'x')
OTHER(read, mta->read = false)
OTHER(ipv4, mta->ipv4 = false)
OTHER(ipv6, mta->ipv6 = false)
OTHER(dns, mta->dns = false)
OTHER(native, mta->native = true)
OTHER(chroot, mta->chroot = true)
OTHER(bind4, mta->bind4.family = 4)
OTHER(bind6, mta->bind6.family = 6)
OTHER(delimiters, mta->delimiters[0] = '+')
OTHER(queue, mta->queue_directory[0] = '\0')
OTHER(lifetime, mta->lifetime_s++)
OTHER(utf8, mta->utf8 = false)
OTHER(nsmtp, mta->nsmtp++)
OTHER(smtp, mta->smtp[0].port++)
OTHER(filters_smtp, mta->filters_smtp = true)
OTHER(filters_local, mta->filters_local = true)
OTHER(copies, mta->copies = true)
OTHER(local, mta_patterns_add(&mta->local, "b.example"))
OTHER(local_name, mta->local.v[0][0] = 'x')
OTHER(routed, mta_patterns_add(&mta->routed, "b.example"))
OTHER(routed_name, mta->routed.v[0][0] = 'x')

static void (*const others[])(struct mta *mta) = { other_asks,
	other_asks_default, other_missing, other_read, other_ipv4, other_ipv6,
	other_dns, other_native, other_chroot, other_bind4, other_bind6,
	other_delimiters, other_queue, other_lifetime, other_utf8, other_nsmtp,
	other_smtp, other_filters_smtp, other_filters_local, other_copies,
	other_local, other_local_name, other_routed, other_routed_name };

START_TEST(another_is_news)
{
	exim.smtp[0] = (struct addr){ 4, { 192, 0, 2, 1 }, 25 };
	exim.nsmtp = 1;
	mta_patterns_add(&exim.local, "a.example");
	mta_patterns_add(&exim.routed, "a.example");
	mta_copy(&both, &exim);
	ck_assert(mta_same(&both, &exim));
	others[_i](&both);
	ck_assert(!mta_same(&both, &exim));
	ck_assert(!mta_same(&exim, &both));
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
	tcase_add_test(tc, what_one_has);
	tcase_add_loop_test(
	    tc, another_is_news, 0, sizeof(others) / sizeof(others[0]));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
