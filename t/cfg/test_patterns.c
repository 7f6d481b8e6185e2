/* test_patterns.c - a file of patterns as others write one, and as nobody should:
 * what is taken, what is told, and that neither takes a daemon's time. */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/patterns.h"
#include "t/core/cpu.h"
#include "t/tap.h"

#define TEXT(s) s, sizeof(s) - 1
#define UMLAUT "\xc3\xbc"

static const struct {
	const char *what, *text;
	size_t len;
	const char *taken, *told;
} rows[] = {
	{ "as Postfix has it", TEXT("b.example OK\n# no\n\na.example\tx\n"),
	    "a.example b.example ", "" },
	{ "of Windows, and the last has no end", TEXT("a.example\r\nb.example"),
	    "a.example b.example ", "" },
	{ "of all kinds",
	    TEXT("u@a.example\n.a.example\n.example\nA.Example\n"),
	    ".a.example .example a.example u@a.example ", "" },
	{ "what continues a line", TEXT("a.example\n b.example\n\tc.example\n"),
	    "a.example ", "" },
	{ "what is none", TEXT("*\n@a.example\na..b\na.example.\n"), "",
	    "1 2 3 4 " },
	{ "in two spellings",
	    TEXT("xn--bcher-kva.example\nb" UMLAUT "cher.example\nB" UMLAUT
		 "CHER.example\n"),
	    "xn--bcher-kva.example ", "2 3 " },
	{ "no UTF-8",
	    TEXT("b\xfc"
		 "cher.example\n"),
	    "", "1 " },
	{ "a NUL in an address", TEXT("us\0er@a.example\nu@a.example\n"),
	    "u@a.example ", "1 " },
	{ "one that would hide what follows", TEXT("a.example\0.b\n"), "",
	    "1 " },
	{ "one at the beginning", TEXT("\0a.example\n"), "", "1 " },
	{ "what a terminal obeys", TEXT("\033[2Ja.example\n"), "", "1 " },
	{ "nothing", TEXT(""), "", "" },
};

START_TEST(lines)
{
	struct complaints complaints = { 0 };
	struct patterns out = { 0 };
	struct buf taken = { 0 }, told = { 0 };
	/* as long as it is, for the sanitizer */
	char *text = mem_dup(rows[_i].text, rows[_i].len);

	ck_assert_int_eq(patterns_read(cur_over(text, rows[_i].len), "list",
			     &complaints, &out),
	    RC_OK);
	for (size_t i = 0; i < out.v.n; i++)
		buf_printf(&taken, "%s ", out.v.v[i].pattern);
	for (size_t i = 0; i < complaints.list.n; i++) {
		ck_assert(complaints.list.v[i].warning);
		ck_assert_ptr_null(strchr(complaints.list.v[i].text, '\033'));
		buf_printf(&told, "%u ", complaints.list.v[i].line);
	}
	buf_u8(&taken, 0);
	buf_u8(&told, 0);
	ck_assert_msg(strcmp((char *)taken.p, rows[_i].taken) == 0, "%s: %s",
	    rows[_i].what, (char *)taken.p);
	ck_assert_msg(strcmp((char *)told.p, rows[_i].told) == 0, "%s: %s",
	    rows[_i].what, (char *)told.p);
	buf_done(&taken);
	buf_done(&told);
	complaints_done(&complaints);
	patterns_done(&out);
	mem_free(text);
}
END_TEST

/* The longest file there may be, of this again and again. */
static const struct {
	const char *unit;
	int rc;
	size_t told;
} long_ones[] = {
	{ "\n", RC_OK, 0 },
	{ "# a comment\n", RC_OK, 0 },
	{ "a", RC_OK, 1 },
	{ UMLAUT, RC_OK, 1 },
	{ UMLAUT ".", RC_OK, 1 },
	{ "a..b\n", RC_LIMIT, PATTERNS_TOLD + 1 },
	{ "a.b\n", RC_LIMIT, PATTERNS_TOLD + 1 },
};

START_TEST(no_file_takes_long)
{
	size_t k = strlen(long_ones[_i].unit), n = PATTERNS_FILE_MAX;
	char *text = mem_new(0, n, 1);
	struct complaints complaints = { 0 };
	struct patterns out = { 0 };
	double took;

	for (size_t i = 0; i < n; i++)
		text[i] = long_ones[_i].unit[i % k];
	took = cpu_ms();
	ck_assert_int_eq(
	    patterns_read(cur_over(text, n), "list", &complaints, &out),
	    long_ones[_i].rc);
	took = cpu_ms() - took;
	printf("# %.1f ms\n", took);
	ck_assert_uint_eq(complaints.list.n, long_ones[_i].told);
	ck_assert(took < 1500);
	complaints_done(&complaints);
	patterns_done(&out);
	mem_free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("patterns");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, lines, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tc, no_file_takes_long, 0,
	    (int)(sizeof(long_ones) / sizeof(long_ones[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
