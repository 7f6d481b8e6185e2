/* test_report.c - the line of a reporter. */

#include <stdlib.h>
#include <string.h>

#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/wire/report.h"
#include "t/tap.h"

#define SIXTY_FOUR                                                             \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"

static const struct {
	const char *line;
	int rc;
} lines[] = {
	{ "milter accepted=120 refused=1 misrouted=0", RC_OK },
	{ "milter accepted=120\n", RC_OK },
	{ "milter", RC_OK },
	{ "evidence hop=198.51.100.5:25 ok=3 failed=0 refused=2", RC_OK },
	{ "evidence hop=198.51.100.5 ok=3", RC_OK },
	{ "route hop=198.51.100.5:25 to=u@paris.example refused=1", RC_OK },
	{ "route to=u@paris.example hop=198.51.100.5 ok=1", RC_OK },
	{ "route to=a=b@paris.example hop=198.51.100.5 ok=1", RC_OK },
	{ "route hop=198.51.100.5:25 refused=1", RC_MISSING },
	{ "route to=u@paris.example refused=1", RC_MISSING },
	{ "route hop=198.51.100.5:25 to=paris.example", RC_FORMAT },
	{ "route hop=198.51.100.5:25 to=@paris.example", RC_FORMAT },
	{ "route hop=198.51.100.5:25 to=u@*", RC_FORMAT },
	{ "route hop=198.51.100.5:25 to=", RC_FORMAT },
	{ "route hop=198.51.100.5:25 to=u@paris.example@\n\n", RC_FORMAT },
	{ "route hop=198.51.100.5:25 to=u@a.example to=v@a.example", RC_TWICE },
	{ "route hop=198.51.100.5:25 to=u@paris.example replies=1", RC_NAME },
	{ "evidence hop=198.51.100.5:25 to=u@paris.example", RC_NAME },
	{ "evidence hop=198.51.100.5 replies=3", RC_OK },
	{ "queue waiting=420 late=35 hop=[2001:db8::5]:25", RC_OK },
	{ "queue hop=192.0.2.1:25 waiting=1000000000", RC_OK },
	{ "queue hop=192.0.2.1:25 waiting=1000000001", RC_RANGE },
	{ "queue hop=192.0.2.1:25 waiting=99999999999999999999999", RC_RANGE },
	{ "queue hop=192.0.2.1:25 waiting=-1", RC_FORMAT },
	{ "queue hop=192.0.2.1:25 waiting=", RC_FORMAT },
	{ "queue hop=192.0.2.1:25 waiting", RC_FORMAT },
	{ "queue hop=192.0.2.1:25  waiting=1", RC_FORMAT },
	{ "queue hop=192.0.2.1:25 ", RC_FORMAT },
	{ "queue hop=192.0.2.256:25 waiting=1", RC_FORMAT },
	{ "queue hop=mx.example.org:25 waiting=1", RC_FORMAT },
	{ "queue waiting=1", RC_MISSING },
	{ "evidence ok=3", RC_MISSING },
	{ "evidence by=fax ok=3", RC_OK },
	{ "evidence hop=192.0.2.1:25 by=thin ok=3", RC_OK },
	{ "evidence by=thin hop=192.0.2.1 refused=1", RC_OK },
	{ "evidence by=fax by=fax ok=3", RC_TWICE },
	{ "evidence by= ok=3", RC_FORMAT },
	{ "evidence by=fax:x ok=3", RC_FORMAT },
	{ "evidence by=a/b ok=3", RC_FORMAT },
	{ "evidence by=error ok=3", RC_FORMAT },
	{ "queue by=fax waiting=1", RC_NAME },
	{ "route by=fax to=u@paris.example ok=1", RC_NAME },
	{ "evidence hop=192.0.2.1:25 hop=192.0.2.1:25 ok=1", RC_TWICE },
	{ "evidence hop=192.0.2.1:25 ok=1 ok=1", RC_TWICE },
	{ "evidence hop=192.0.2.1:25 waiting=1", RC_NAME },
	{ "evidence hop=192.0.2.1:25 okay=1", RC_NAME },
	{ "evidence by=" SIXTY_FOUR "x ok=3", RC_LONG },
	{ "route hop=192.0.2.1:25 to=" SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR
		SIXTY_FOUR SIXTY_FOUR "@a.example",
	    RC_LONG },
	{ "milter hop=192.0.2.1:25", RC_NAME },
	{ "milters accepted=1", RC_NAME },
	{ " milter accepted=1", RC_NAME },
	{ "milter accepted=1\n\n", RC_FORMAT },
	{ "", RC_FORMAT },
	{ "\n", RC_FORMAT },
};

static int
decode(struct report *r, const char *line, size_t n)
{
	uint8_t *copy = malloc(n + (n == 0)); /* exact, so ASan guards it */
	int rc;

	memcpy(copy, line, n);
	rc = report_decode(r, copy, n);
	free(copy);
	return rc;
}

START_TEST(reads_or_refuses)
{
	const char *line = lines[_i].line;
	struct report r;
	int rc = decode(&r, line, strlen(line));

	ck_assert_msg(rc == lines[_i].rc, "%s: %s", line, rc_word(rc));
}
END_TEST

START_TEST(bounded)
{
	char line[LIMIT_REPORT_OCTETS + 2] = "milter accepted=1";
	struct report r;

	ck_assert_int_eq(decode(&r, line, sizeof(line) - 1), RC_LONG);
	ck_assert_int_eq(decode(&r, line, sizeof(line) - 2), RC_FORMAT);
	ck_assert_int_eq(decode(&r, line, 17), RC_OK);
	ck_assert_int_eq(decode(&r, "milter\0accepted=1", 17), RC_FORMAT);
}
END_TEST

START_TEST(means_what_it_says)
{
	static const char line[] =
	    "evidence hop=198.51.100.5:25 ok=3 failed=1 refused=2";
	static const char by[] = "evidence by=fax ok=3";
	struct report r;
	struct buf out = { 0 };
	char text[ADDR_TEXT];

	ck_assert_int_eq(decode(&r, line, strlen(line)), RC_OK);
	ck_assert_int_eq(r.kind, REPORT_EVIDENCE);
	ck_assert_str_eq(addr_text(&r.hop, text), "198.51.100.5:25");
	ck_assert_uint_eq(r.count[REPORT_OK], 3);
	ck_assert_uint_eq(r.count[REPORT_FAILED], 1);
	ck_assert_uint_eq(r.count[REPORT_TURNED], 2);
	report_encode(&out, &r);
	ck_assert_uint_eq(out.n, strlen(line));
	ck_assert_mem_eq(out.p, line, out.n);
	buf_reset(&out);
	ck_assert_int_eq(decode(&r, by, strlen(by)), RC_OK);
	report_encode(&out, &r);
	ck_assert_uint_eq(out.n, strlen(by));
	ck_assert_mem_eq(out.p, by, out.n);
	buf_done(&out);
}
END_TEST

/* Every count at its most fits into a line. */
START_TEST(longest_fits)
{
	for (int kind = 0; kind < REPORT_KINDS; kind++) {
		struct report r = { .kind = (enum report_kind)kind }, again;
		struct buf out = { 0 };

		if (kind != REPORT_MILTER)
			ck_assert(addr_read(&r.hop,
			    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"));
		if (kind == REPORT_ROUTE) {
			memset(r.to, 'x', LIMIT_REPORT_RECIPIENT);
			r.to[64] = '@';
		}
		for (int i = 0; i < REPORT_COUNTS; i++)
			r.count[i] = UINT64_MAX;
		report_encode(&out, &r);
		ck_assert_int_eq(
		    decode(&again, (const char *)out.p, out.n), RC_OK);
		for (int i = 0; i < REPORT_COUNTS; i++)
			ck_assert(again.count[i] ==
				  (report_count_word(r.kind, i) == NULL
					  ? 0
					  : LIMIT_REPORT_COUNT));
		buf_done(&out);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_loop_test(
	    tc, reads_or_refuses, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tc, bounded);
	tcase_add_test(tc, means_what_it_says);
	tcase_add_test(tc, longest_fits);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
