/*
 * test_listed_octets.c - lists and grants to octets and back: what is refused of
 * them and why, each flag, and how long a pattern may be.
 */

#include <string.h>

#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "t/core/world.h"
#include "t/tap.h"

#define SERVER "h.x"

/* --- what is refused ------------------------------------------------------------ */

static const struct {
	const char *what;
	struct lsa_key key;
	int rc;
	size_t len;
	const char *body;
} bad[] = {
	{ "list without cost", { SERVER, "!", LSA_LIST }, RC_MISSING, 14,
	    "\0\2\0\1\0\0\3\0\5\0\3a.b" },
	{ "list without flags", { SERVER, "!", LSA_LIST }, RC_MISSING, 17,
	    "\0\1\0\4\0\0\0\1\0\3\0\5\0\3a.b" },
	{ "list of nothing", { SERVER, "!", LSA_LIST }, RC_MISSING, 17,
	    "\0\1\0\4\0\0\0\1\0\2\0\1\0\0\3\0\0" },
	{ "list cost too great", { SERVER, "!", LSA_LIST }, RC_RANGE, 22,
	    "\0\1\0\4\0\1\0\0\0\2\0\1\0\0\3\0\5\0\3a.b" },
	{ "list with a flag too many", { SERVER, "!", LSA_LIST }, RC_RANGE, 22,
	    "\0\1\0\4\0\0\0\1\0\2\0\1\x10\0\3\0\5\0\3a.b" },
	{ "grant of a scope", { SERVER, "!", LSA_GRANT }, RC_RANGE, 14,
	    "\0\2\0\1\2\0\3\0\5\0\3a.b" },
	{ "grant twice", { SERVER, "!", LSA_GRANT }, RC_TWICE, 23,
	    "\0\2\0\1\0\0\3\0\5\0\3a.b\0\3\0\5\0\3c.b" },
	{ "grant of *", { SERVER, "!", LSA_GRANT }, RC_NAME, 12,
	    "\0\2\0\1\0\0\3\0\3\0\1*" },
	{ "grant of no domain", { SERVER, "!", LSA_GRANT }, RC_NAME, 14,
	    "\0\2\0\1\0\0\3\0\5\0\3a|b" },
	{ "grant with a NUL", { SERVER, "!", LSA_GRANT }, RC_NAME, 14,
	    "\0\2\0\1\0\0\3\0\5\0\3a\0b" },
	{ "one that does not fit", { SERVER, "!", LSA_GRANT }, RC_SHORT, 14,
	    "\0\2\0\1\0\0\3\0\5\0\4a.b" },
	{ "more octets the same than there are", { SERVER, "!", LSA_GRANT },
	    RC_RANGE, 17, "\0\2\0\1\0\0\3\0\x8\0\3a.b\4\1c" },
	{ "fewer octets the same than there are", { SERVER, "!", LSA_GRANT },
	    RC_TWICE, 18, "\0\2\0\1\0\0\3\0\x9\0\3a.b\1\2.c" },
	{ "one twice", { SERVER, "!", LSA_GRANT }, RC_RANGE, 16,
	    "\0\2\0\1\0\0\3\0\7\0\3a.b\3\0" },
	{ "one that is before the last", { SERVER, "!", LSA_GRANT }, RC_TWICE,
	    17, "\0\2\0\1\0\0\3\0\x8\0\3a.b\2\1a" },
	{ "one before its beginning", { SERVER, "b.b", LSA_GRANT }, RC_RANGE,
	    14, "\0\2\0\1\0\0\3\0\5\0\3a.b" },
	{ "a cost of three octets", { SERVER, "!", LSA_LIST }, RC_SHORT, 21,
	    "\0\1\0\3\0\0\1\0\2\0\1\0\0\3\0\5\0\3a.b" },
	{ "a cost of five octets", { SERVER, "!", LSA_LIST }, RC_SHORT, 23,
	    "\0\1\0\5\0\0\0\1\0\0\2\0\1\0\0\3\0\5\0\3a.b" },
	{ "no octet of flags", { SERVER, "!", LSA_GRANT }, RC_SHORT, 13,
	    "\0\2\0\0\0\3\0\5\0\3a.b" },
	{ "two octets of flags", { SERVER, "!", LSA_GRANT }, RC_SHORT, 15,
	    "\0\2\0\2\0\0\0\3\0\5\0\3a.b" },
	{ "cut behind its flags", { SERVER, "!", LSA_GRANT }, RC_SHORT, 8,
	    "\0\2\0\1\0\0\3\0" },
	{ "list that begins at *", { SERVER, "*", LSA_LIST }, RC_NAME, 0, "" },
	{ "grant for nobody", { "", "!", LSA_GRANT }, RC_NAME, 0, "" },
};

START_TEST(a_wrong_list_is_refused)
{
	uint8_t zero[CRYPTO_DIGEST] = { 0 };
	struct lsa_draft draft = { .key = bad[_i].key,
		.org = zero,
		.signer = zero,
		.seq = 7,
		.body = (const uint8_t *)bad[_i].body,
		.body_len = bad[_i].len };
	struct buf out = { 0 };
	struct lsa *lsa;
	int rc;

	lsa_encode(&out, &draft, &world_seal);
	rc = lsa_decode(out.p, out.n, &world_seal, &lsa);
	ck_assert_msg(rc == bad[_i].rc, "%s: %s", bad[_i].what, rc_word(rc));
	ck_assert_ptr_null(lsa);
	buf_done(&out);
}
END_TEST

/* --- to octets and back ----------------------------------------------------------- */

/* A list has all that a claim has, a grant nothing but the right to relay. */
START_TEST(flags_come_back)
{
	struct lsa_space space = { .cost = 7,
		.down = _i & 1,
		.local = _i & 2,
		.fallback = _i & 4,
		.relay = _i & 8 };
	uint8_t zero[CRYPTO_DIGEST] = { 0 };
	struct buf packed = { 0 };

	lsa_list_pack(&packed, "", "a.b");
	for (uint8_t type = LSA_LIST; type <= LSA_GRANT; type++) {
		struct lsa_draft draft = { .key = { SERVER, "!", type },
			.org = zero,
			.signer = zero,
			.seq = 7 };
		struct buf body = { 0 }, out = { 0 };
		const struct lsa_space *back;
		struct lsa *lsa;

		lsa_list_encode(&body, type, &space, &packed);
		draft.body = body.p;
		draft.body_len = body.n;
		lsa_encode(&out, &draft, &world_seal);
		ck_assert_int_eq(
		    lsa_decode(out.p, out.n, &world_seal, &lsa), RC_OK);
		back = &lsa_list(lsa)->space;
		ck_assert_uint_eq(back->cost, type == LSA_LIST ? 7 : 0);
		ck_assert_int_eq(back->down, type == LSA_LIST && space.down);
		ck_assert_int_eq(back->local, type == LSA_LIST && space.local);
		ck_assert_int_eq(
		    back->fallback, type == LSA_LIST && space.fallback);
		ck_assert_int_eq(back->relay, space.relay);
		lsa_free(lsa);
		buf_done(&body);
		buf_done(&out);
	}
	buf_done(&packed);
}
END_TEST

/* A pattern may be as long as that and no longer, in one or by what it has the
 * same as the one before. */
START_TEST(a_pattern_ends)
{
	char text[LIMIT_LISTED_OCTETS + 2];
	uint8_t zero[CRYPTO_DIGEST] = { 0 };
	size_t n = LIMIT_LISTED_OCTETS + (size_t)_i;
	struct buf body = { 0 }, out = { 0 };
	struct lsa_draft draft = { .key = { SERVER, "!", LSA_GRANT },
		.org = zero,
		.signer = zero,
		.seq = 7 };
	struct lsa *lsa;

	for (size_t i = 0; i < n; i++)
		text[i] = i == 60 ? '@' : i > 60 && i % 20 == 9 ? '.' : 'a';
	text[n - 1] = 'b';
	text[n] = '\0';
	ck_assert_int_eq(lsa_list_takes(text), _i == 0);
	buf_bytes(&body, "\0\2\0\1\0\0\3", 7);
	buf_u16(&body, (uint16_t)(2 + 100 + 2 + n - 98));
	buf_u8(&body, 0);
	buf_u8(&body, 100);
	buf_bytes(&body, text, 98);
	buf_u8(&body, '0');
	buf_u8(&body, '0');
	buf_u8(&body, 98);
	buf_u8(&body, (uint8_t)(n - 98));
	buf_bytes(&body, text + 98, n - 98);
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&out, &draft, &world_seal);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &world_seal, &lsa),
	    _i == 0 ? RC_OK : RC_RANGE);
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("listed_octets");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, a_wrong_list_is_refused, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_loop_test(tc, flags_come_back, 0, 16);
	tcase_add_loop_test(tc, a_pattern_ends, 0, 2);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
