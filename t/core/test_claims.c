/*
 * test_claims.c - what certificates vouch for, to octets of a saved state and
 * back: whole, cut anywhere, and out of the grammar.
 */

#include <string.h>

#include "base/buf.h"
#include "base/rc.h"
#include "core/node/signers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

static char name[] = "mx1.example.org", group[] = "london", any[] = "*";
static char space[] = "london.example", paris[] = "paris";
static char *spaces[] = { space }, *groups[] = { paris, any };
static const struct claims whole = { .name = name,
	.group = group,
	.not_before = 5,
	.not_after = 7,
	.spaces = spaces,
	.nspaces = 1,
	.relays = spaces,
	.nrelays = 1,
	.connectors = groups,
	.nconnectors = 2 };

START_TEST(octets_and_back)
{
	struct buf out = { 0 }, again = { 0 };
	struct claims *c;
	struct cur in;

	claims_encode(&out, &whole);
	in = cur_over(out.p, out.n);
	ck_assert_int_eq(claims_decode(&in, &c), RC_OK);
	ck_assert_uint_eq(in.left, 0);
	claims_encode(&again, c);
	ck_assert_mem_eq(out.p, again.p, out.n);
	ck_assert(claims_space(c, "london.example"));
	ck_assert(!claims_relay(c, "paris.example"));
	ck_assert(claims_connector(c, "rome"));
	claims_free(c);
	for (size_t n = 0; n < out.n; n++) {
		in = cur_over(out.p, n);
		ck_assert_int_eq(claims_decode(&in, &c), RC_FORMAT);
		ck_assert_ptr_null(c);
	}
	buf_done(&out);
	buf_done(&again);
}
END_TEST

/* One octet that is another. */
static const struct {
	const char *at; /* that text */
	char is;        /* and its first octet now */
} spoilt[] = {
	{ "mx1.", '-' },
	{ "x1.", '\0' },
	{ "ndon", 'N' },
	{ "london.example", '@' },
	{ "paris", '%' },
	{ "*", '+' },
};

START_TEST(spoilt_is_refused)
{
	struct buf out = { 0 };
	struct claims *c;
	struct cur in;
	uint8_t *at;

	claims_encode(&out, &whole);
	at = memmem(out.p, out.n, spoilt[_i].at, strlen(spoilt[_i].at));
	ck_assert_ptr_nonnull(at);
	*at = (uint8_t)spoilt[_i].is;
	in = cur_over(out.p, out.n);
	ck_assert_int_eq(claims_decode(&in, &c), RC_FORMAT);
	ck_assert_ptr_null(c);
	buf_done(&out);
}
END_TEST

/* More texts than there are octets for. */
START_TEST(counts_are_bounded)
{
	struct buf out = { 0 };
	struct claims *c;
	struct cur in;

	claims_encode(&out, &whole);
	out.p[out.n - 13] = 0xff; /* two, of 5 and 1 octets: the last 12 */
	in = cur_over(out.p, out.n);
	ck_assert_int_eq(claims_decode(&in, &c), RC_FORMAT);
	buf_done(&out);
}
END_TEST

/* Groups by name, without the one that means all. */
START_TEST(connectors_by_name)
{
	const struct claims c = { .connectors = groups, .nconnectors = 1 };

	ck_assert(claims_connector(&c, "paris"));
	ck_assert(!claims_connector(&c, "rome"));
}
END_TEST

/* Whom the state has vouched for: one certificate or two. */
static const struct {
	uint8_t said;
	size_t has;
	bool taken;
} vouched[] = {
	{ 0, 0, false },
	{ 1, 1, true },
	{ 2, 2, true },
	{ 3, 3, false },
	{ 2, 1, false },
	{ 1, 0, false },
};

START_TEST(vouched_before)
{
	static const uint8_t by[CRYPTO_DIGEST] = { 7 };
	struct signers signers = { 0 };
	struct buf out = { 0 };

	buf_bytes(&out, by, sizeof(by));
	buf_u8(&out, vouched[_i].said);
	for (size_t i = 0; i < vouched[_i].has; i++)
		claims_encode(&out, &whole);
	for (int times = 0; times < 2; times++) /* the second takes its place */
		signers_vouched(&signers, cur_over(out.p, out.n));
	ck_assert((signers.vouched != NULL) == vouched[_i].taken);
	if (signers.vouched != NULL) {
		ck_assert_str_eq(signers.vouched->name, name);
		ck_assert_mem_eq(signers.vouched_by, by, sizeof(by));
	}
	signers_done(&signers);
	buf_done(&out);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("claims");
	TCase *tc = tcase_create("claims");

	tcase_add_test(tc, octets_and_back);
	tcase_add_loop_test(tc, spoilt_is_refused, 0, ROWS(spoilt));
	tcase_add_test(tc, counts_are_bounded);
	tcase_add_test(tc, connectors_by_name);
	tcase_add_loop_test(tc, vouched_before, 0, ROWS(vouched));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
