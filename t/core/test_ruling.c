/* test_ruling.c - lsrd-milter(8), Limits of connectors: one case a row. */

#include <stdio.h>
#include <string.h>

#include "core/trace/ruling.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* A recipient in a letter: p plain, a or b its own way, c the first hop of a's,
 * h held, n never. */
static struct admit_answer
answer_of(char letter)
{
	struct admit_answer a = { .kind = ADMIT_PLAIN };

	switch (letter) {
	case 'a':
	case 'b':
	case 'c':
		a.kind = ADMIT_ROUTE;
		a.nhops = letter == 'c' ? 1 : 2;
		a.hop[0].addr = (struct addr){ 4, { 192, 0, 2, 1 }, 25 };
		a.hop[1].addr = (struct addr){ 6,
			{ 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)letter }, 587 };
		snprintf(a.hop[0].name, sizeof(a.hop[0].name), "mx1.x");
		snprintf(a.hop[1].name, sizeof(a.hop[1].name), "mx2.x");
		break;
	case 'h':
		a.kind = ADMIT_HOLD;
		snprintf(a.why, sizeof(a.why), "no way (schedule)");
		break;
	case 'n':
		a.kind = ADMIT_NEVER;
		snprintf(a.why, sizeof(a.why), "no way (size)");
		break;
	}
	return a;
}

static const struct {
	const char *recipients;
	bool first, sendmail;
	const char *ruling, *text;
} rows[] = {
	{ "", true, false, "passes", "" },
	{ "ppp", true, false, "passes", "" },
	{ "aa", true, false, "steered",
	    "lsrd:[192.0.2.1]:25, [2001:db8::61]:587" },
	{ "a", false, false, "steered",
	    "lsrd:[192.0.2.1]:25, [2001:db8::61]:587" },
	{ "hh", true, false, "held", "no way (schedule)" },
	/* "552 5.3.4 only at the first hop; in every other case it is held" */
	{ "n", true, false, "never", "no way (size)" },
	{ "n", false, false, "held", "no way (size)" },
	{ "nh", false, false, "held", "no way (size)" },
	/* Different ways: the whole is asked for again. */
	{ "pa", true, false, "split", NULL },
	{ "ab", true, false, "split", NULL },
	{ "ah", false, false, "split", NULL },
	{ "nh", true, false, "split", NULL },
	/* sendmail(1) has nobody who would try again. */
	{ "pp", true, true, "passes", "" },
	{ "a", true, true, "steered",
	    "lsrd:[192.0.2.1]:25, [2001:db8::61]:587" },
	{ "h", true, true, "reinject", "smtp:[127.0.0.1]:10026" },
	{ "n", true, true, "reinject", "smtp:[127.0.0.1]:10026" },
	{ "pa", true, true, "reinject", "smtp:[127.0.0.1]:10026" },
};

START_TEST(messages_are_ruled)
{
	struct mtable table = { .transport = "lsrd" };
	struct admit_answer answers[8];
	struct ruling_ask ask = { .answers = answers,
		.n = strlen(rows[_i].recipients),
		.first = rows[_i].first,
		.reinject = rows[_i].sendmail ? "smtp:[127.0.0.1]:10026" : NULL,
		.table = &table };
	struct buf out = { 0 };
	enum ruling ruling;
	char *text;

	for (size_t i = 0; i < ask.n; i++)
		answers[i] = answer_of(rows[_i].recipients[i]);
	ruling = ruling_make(&ask, &out);
	text = buf_string(&out);
	ck_assert_str_eq(ruling_word(ruling), rows[_i].ruling);
	if (rows[_i].text != NULL)
		ck_assert_str_eq(text, rows[_i].text);
	else
		ck_assert_ptr_null(strchr(text, '%'));
	mem_free(text);
}
END_TEST

START_TEST(hops_may_be_named)
{
	struct mtable table = { .transport = "relay", .by_name = true };
	struct admit_answer answer = answer_of('a');
	struct ruling_ask ask = { .answers = &answer, .n = 1, .table = &table };
	struct buf out = { 0 };
	char *text;

	ck_assert_int_eq(ruling_make(&ask, &out), RULING_STEERED);
	text = buf_string(&out);
	ck_assert_str_eq(text, "relay:[mx1.x]:25, [mx2.x]:587");
	mem_free(text);
}
END_TEST

/* One transport for a list; what that is given by its own name is all. */
START_TEST(hops_may_have_a_transport)
{
	struct mtable table = { .transport = "relay" };
	struct admit_answer answer = answer_of('a');
	struct ruling_ask ask = { .answers = &answer, .n = 1, .table = &table };
	static const struct {
		const char *one, *two, *want;
	} all[] = {
		{ "thin", "thin", "thin:[192.0.2.1]:25, [2001:db8::61]:587" },
		{ "thin", NULL, "thin:[192.0.2.1]:25" },
		{ NULL, "thin", "relay:[192.0.2.1]:25" },
		{ "lmtp:unix:/run/gw", "thin", "lmtp:unix:/run/gw" },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf out = { 0 };
		char *text;

		answer.hop[0].by = all[i].one;
		answer.hop[1].by = all[i].two;
		ck_assert_int_eq(ruling_make(&ask, &out), RULING_STEERED);
		text = buf_string(&out);
		ck_assert_str_eq(text, all[i].want);
		mem_free(text);
	}
}
END_TEST

static const struct {
	const char *pair;
	bool odd;
} pairs[] = {
	{ "pp", false },
	{ "aa", false },
	{ "ab", true },
	{ "pa", true },
	{ "ca", true },
	{ "ac", true },
	{ "hh", false },
	{ "nn", false },
	{ "nh", true },
	{ "ap", true },
};

START_TEST(the_odd_ones_come_alone)
{
	struct admit_answer a = answer_of(pairs[_i].pair[0]),
			    b = answer_of(pairs[_i].pair[1]);

	ck_assert_int_eq(ruling_is_odd(&a, &b, true), pairs[_i].odd);
}
END_TEST

static const struct {
	const char *what, *client, *sender;
	uint64_t declared, now_ms;
	bool known;
} tries[] = {
	{ "the same", "192.0.2.9", "u@a.x", 0, 1000, true },
	{ "at the end of its hour", "192.0.2.9", "u@a.x", 0, 3601000, true },
	{ "after it", "192.0.2.9", "u@a.x", 0, 3601001, false },
	{ "another client", "192.0.2.8", "u@a.x", 0, 1000, false },
	{ "another sender", "192.0.2.9", "v@a.x", 0, 1000, false },
	{ "one that ends otherwise", "192.0.2.9", "u@a.y", 0, 1000, false },
	{ "none", "192.0.2.9", "", 0, 1000, false },
	{ "another size", "192.0.2.9", "u@a.x", 7, 1000, false },
};

START_TEST(a_split_is_remembered_for_an_hour)
{
	static struct ruling_memory memory;
	struct policy_message m = { .size = 5000, .priority = POLICY_URGENT };
	struct policy_message out = { 0 };
	struct ruling_try who = { "192.0.2.9", "u@a.x", 0 };
	struct ruling_try now = { tries[_i].client, tries[_i].sender,
		tries[_i].declared };
	bool known;

	ruling_remember(&memory, &who, &m, 1000);
	known = ruling_recall(&memory, &now, tries[_i].now_ms, &out);
	ck_assert_msg(known == tries[_i].known, "%s", tries[_i].what);
	if (known) {
		ck_assert_uint_eq(out.size, 5000);
		ck_assert_uint_eq(out.priority, POLICY_URGENT);
	}
}
END_TEST

START_TEST(the_memory_is_bounded)
{
	static struct ruling_memory memory;
	struct policy_message m = { .size = 1 };
	struct ruling_try first = { "192.0.2.9", "u@a.x", 0 };

	ruling_remember(&memory, &first, &m, 0);
	for (uint64_t i = 1; i < LIMIT_SPLITS; i++) {
		struct ruling_try other = { "192.0.2.9", "u@a.x", i };

		ruling_remember(&memory, &other, &m, 0);
	}
	ck_assert(ruling_recall(&memory, &first, 0, &m));
	ruling_remember(
	    &memory, &(struct ruling_try){ "192.0.2.7", "u@a.x", 0 }, &m, 0);
	ck_assert(!ruling_recall(&memory, &first, 0, &m));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ruling");
	TCase *tc = tcase_create("ruling");

	tcase_add_loop_test(tc, messages_are_ruled, 0, COUNT(rows));
	tcase_add_test(tc, hops_may_be_named);
	tcase_add_test(tc, hops_may_have_a_transport);
	tcase_add_loop_test(tc, the_odd_ones_come_alone, 0, COUNT(pairs));
	tcase_add_loop_test(
	    tc, a_split_is_remembered_for_an_hour, 0, COUNT(tries));
	tcase_add_test(tc, the_memory_is_bounded);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
