/* test_history_limit.c - what flaps is kept a few times, and counted; beside it
 * everything else is kept. */

#include "io/history_limit.h"

#include <stdio.h>

#include "base/str.h"
#include "t/tap.h"

#define DAY_MS UINT64_C(86400000)

/* A pattern that moves every ten seconds for a day. */
START_TEST(what_flaps_is_bounded)
{
	struct history_limit *limit = history_limit_new();
	uint32_t flaps = str_hash(0, "flaps.example"), before;
	uint32_t kept = 0, counted = 0, n = 0;

	for (struct mono now = { 1 }; now.ms < DAY_MS; now.ms += 10000) {
		n++;
		if (!history_limit_pass(limit, flaps, now, &before))
			continue;
		kept++;
		counted += before;
		ck_assert(kept > HISTORY_BURST || before == 0);
	}
	ck_assert_uint_ge(kept, HISTORY_BURST + 46);
	ck_assert_uint_le(kept, HISTORY_BURST + 48);
	ck_assert_uint_le(n - kept - counted, 180); /* of the last half hour */
	history_limit_free(limit);
}
END_TEST

START_TEST(what_happens_once_is_kept)
{
	struct history_limit *limit = history_limit_new();
	struct mono now = { 1 };
	uint32_t before, flaps = str_hash(0, "flaps.example");
	size_t lost = 0;
	char name[32];

	for (size_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "d%zu.example", i);
		history_limit_pass(limit, flaps, now, &before);
		lost +=
		    !history_limit_pass(limit, str_hash(0, name), now, &before);
	}
	ck_assert_uint_le(lost, 1); /* in the place of what flaps */
	/* Of no subject, any. */
	for (size_t i = 0; i < 5000; i++)
		ck_assert(history_limit_pass(limit, 0, now, &before));
	history_limit_free(limit);
}
END_TEST

/* Quiet for a day, it is as new. */
START_TEST(it_comes_back)
{
	struct history_limit *limit = history_limit_new();
	struct mono now = { 1 };
	uint32_t before, kept = 0;

	for (size_t i = 0; i < 100; i++)
		kept += history_limit_pass(limit, 7, now, &before);
	ck_assert_uint_eq(kept, HISTORY_BURST);
	now.ms += DAY_MS;
	ck_assert(history_limit_pass(limit, 7, now, &before));
	ck_assert_uint_eq(before, 100 - HISTORY_BURST);
	for (kept = 0; history_limit_pass(limit, 7, now, &before);)
		kept++;
	ck_assert_uint_eq(kept, HISTORY_BURST - 1);
	history_limit_free(limit);
}
END_TEST

START_TEST(words_make_a_number)
{
	ck_assert_uint_ne(str_hash(0, ""), 0);
	ck_assert_uint_ne(
	    str_hash(str_hash(0, "a"), "bc"), str_hash(str_hash(0, "ab"), "c"));
	ck_assert_uint_eq(str_hash(0, "a"), str_hash(0, "a"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("history_limit");
	TCase *tc = tcase_create("history_limit");

	tcase_add_test(tc, what_flaps_is_bounded);
	tcase_add_test(tc, what_happens_once_is_kept);
	tcase_add_test(tc, it_comes_back);
	tcase_add_test(tc, words_make_a_number);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
