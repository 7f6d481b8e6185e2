/* test_labels.c - a domain's two spellings, of patterns and addresses. */

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "idn/labels.h"
#include "t/tap.h"

/* What a person writes, inside, and the other key; "-": none. */
static const struct {
	const char *text, *a, *u;
} rows[] = {
	{ "a.example", "a.example", "-" },
	{ "A.Example", "a.example", "-" },
	{ "*", "*", "-" },
	{ "bücher.example", "xn--bcher-kva.example", "bücher.example" },
	{ "BÜCHER.Example", "xn--bcher-kva.example", "bücher.example" },
	{ "XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example" },
	/* u and two dots: the same after NFC */
	{ "bu\xcc\x88"
	  "cher.example",
	    "xn--bcher-kva.example", "bücher.example" },
	{ ".bücher.example", ".xn--bcher-kva.example", ".bücher.example" },
	{ "Info@bücher.example", "info@xn--bcher-kva.example",
	    "info@bücher.example" },
	{ "a.bücher.straße.example", "a.xn--bcher-kva.xn--strae-oqa.example",
	    "a.bücher.straße.example" },
	{ "пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f",
	    "пример.испытание" },
	{ ".испытание", ".xn--80akhbyknj4f", ".испытание" },
	{ "例え.テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト" },
	/* The dots of other scripts are dots. */
	{ "bücher。example", "xn--bcher-kva.example", "bücher.example" },
	/* Looks like an A-label and is none, or none that leads back. */
	{ "xn--a.example", "xn--a.example", "-" },
	{ "xn--bcher-kva1.example", "xn--bcher-kva1.example", "-" },
	{ "xn--abc-.example", "xn--abc-.example", "-" },
	{ "axn--bcher-kva.example", "axn--bcher-kva.example", "-" },
	{ "", "", "-" },
	{ "@", "@", "-" },
	{ ".", ".", "-" },
};

START_TEST(both_spellings)
{
	char *a = labels_to_a(rows[_i].text);
	char *u = labels_to_u(a);

	ck_assert_str_eq(a, rows[_i].a);
	ck_assert_str_eq(u == NULL ? "-" : u, rows[_i].u);
	mem_free(a);
	mem_free(u);
}
END_TEST

/* What cannot be converted is no pattern afterwards. */
static const char *const bad[] = { "b\xfc"
				   "cher.example",
	"\xff\xfe", "büch er.example", "bü_cher.example", "\xe2\x80\x8d.x.org",
	"bücher..example", "ü@a.example", "u@ü", "-ü.example",
	/* more than 63 octets as an A-label */
	"üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü.org" };

START_TEST(what_is_none_stays_none)
{
	char *a = labels_to_a(bad[_i]);

	ck_assert_msg(!str_is_pattern(a), "%s became %s", bad[_i], a);
	mem_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("idn/labels");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(
	    tc, both_spellings, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tc, what_is_none_stays_none, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
