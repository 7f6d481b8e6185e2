/* The arguments of options, well and badly written. */

#include "ctl/value.h"

#include <string.h>

#include "base/mem.h"
#include "t/tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define NO UINT64_MAX

static const struct {
	const char *text;
	uint64_t most, value;
} numbers[] = {
	{ "0", 9, 0 },
	{ "65535", 65535, 65535 },
	{ "65536", 65535, NO },
	{ "007", 9, 7 },
	{ "", 9, NO },
	{ "-1", 9, NO },
	{ "+1", 9, NO },
	{ " 1", 9, NO },
	{ "1 ", 9, NO },
	{ "0x1", 99, NO },
	{ "18446744073709551614", UINT64_MAX - 1, UINT64_MAX - 1 },
	{ "18446744073709551615", UINT64_MAX - 1, NO },
	{ "99999999999999999999999", UINT64_MAX - 1, NO },
};

START_TEST(number)
{
	char *text = mem_dup(numbers[_i].text, strlen(numbers[_i].text));
	uint64_t value = NO;
	bool read = value_number(text, numbers[_i].most, &value);

	ck_assert_msg(read == (numbers[_i].value != NO), "`%s`", text);
	ck_assert_msg(value == numbers[_i].value, "`%s`", text);
	mem_free(text);
}
END_TEST

static const struct {
	const char *text;
	char unit;
	long value;
} times[] = {
	{ "5", 's', 5 },
	{ "5", 'd', 432000 },
	{ "5s", 'd', 5 },
	{ "90m", 's', 5400 },
	{ "2h", 's', 7200 },
	{ "1w", 's', 604800 },
	{ "2m30s", 's', 150 },
	{ "1d12h", 's', 129600 },
	{ "", 's', 0 },
	{ "never", 's', 0 },
	{ "-5d", 's', 0 },
};

START_TEST(seconds)
{
	ck_assert_int_eq(
	    value_seconds(times[_i].text, times[_i].unit), times[_i].value);
	ck_assert_int_gt(value_seconds("99999999999999999999w9w", 's'), 0);
}
END_TEST

static const struct {
	const char *text;
	uint64_t value;
} sizes[] = {
	{ "10", 10 },
	{ "1K", 1024 },
	{ "20M", 20971520 },
	{ "3G", UINT64_C(3221225472) },
	{ "M", NO },
	{ "1m", NO },
	{ "1MB", NO },
	{ "1.5M", NO },
	{ "-1K", NO },
	{ "99999999G", NO },
};

START_TEST(size)
{
	char *text = mem_dup(sizes[_i].text, strlen(sizes[_i].text));
	uint64_t value = NO;

	ck_assert_msg(
	    value_size(text, &value) == (sizes[_i].value != NO), "`%s`", text);
	ck_assert_msg(value == sizes[_i].value, "`%s`", text);
	mem_free(text);
}
END_TEST

static const struct {
	const char *text;
	int64_t value;
} moments[] = {
	{ "0", 0 },
	{ "1795271400", 1795271400 },
	{ "1970-01-01T00:00Z", 0 },
	{ "2026-11-21T14:30Z", 1795271400 },
	{ "2026-11-21T14:30", 1795271400 },
	{ "2026-11-21T14:30:07Z", 1795271407 },
	{ "2026-11-21 14:30:07", 1795271407 },
	{ "2024-02-29T00:00Z", 1709164800 },
	{ "2026-02-29T00:00Z", -1 },
	{ "2026-13-01T00:00Z", -1 },
	{ "2026-00-01T00:00Z", -1 },
	{ "2026-11-21T24:00Z", -1 },
	{ "2026-11-21T14:60Z", -1 },
	{ "2026-11-21T14:30+01:00", -1 },
	{ "2026-11-21", -1 },
	{ "1969-12-31T23:59Z", -1 },
	{ "noon", -1 },
	{ "", -1 },
	{ "-5", -1 },
};

START_TEST(moment)
{
	char *text = mem_dup(moments[_i].text, strlen(moments[_i].text));
	int64_t value = -1;

	ck_assert_msg(
	    value_time(text, &value) == (moments[_i].value >= 0), "`%s`", text);
	ck_assert_msg(value == moments[_i].value, "`%s`", text);
	mem_free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("value");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, number, 0, ROWS(numbers));
	tcase_add_loop_test(tc, seconds, 0, ROWS(times));
	tcase_add_loop_test(tc, size, 0, ROWS(sizes));
	tcase_add_loop_test(tc, moment, 0, ROWS(moments));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
