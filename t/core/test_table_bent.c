/*
 * test_table_bent.c - a table of the milter that is torn, or in which one thing is
 * what it cannot be: the reason for which it is refused.
 */

#include <stdlib.h>
#include <string.h>

#include "base/crc64.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "t/core/filed.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

START_TEST(what_is_torn_is_refused)
{
	struct mtable t;
	uint8_t *p = filed_open(&t);
	size_t whole = t.n;

	for (size_t n = 0; n < whole; n++) {
		uint8_t *cut = malloc(n == 0 ? 1 : n);

		memcpy(cut, p, n);
		ck_assert_int_ne(mtable_open(&t, cut, n), RC_OK);
		free(cut);
	}
	free(p);
}
END_TEST

START_TEST(what_is_bent_is_refused)
{
	struct mtable t;
	uint8_t *p = filed_open(&t);
	size_t whole = t.n;

	for (size_t i = 0; i < whole; i++) {
		p[i] ^= 0x40;
		ck_assert_int_ne(mtable_open(&t, p, whole), RC_OK);
		p[i] ^= 0x40;
	}
	free(p);
}
END_TEST

/* With its checksum made right: the octet at, from the file's beginning. */
static const struct {
	const char *what;
	size_t at;
	uint8_t to;
	int rc;
} bends[] = {
	{ "another magic", 0, 'X', RC_FORMAT },
	{ "another version", 7, 5, RC_VERSION },
	{ "a version that never was", 7, 0, RC_VERSION },
	{ "longer than it is", 15, 0xff, RC_SHORT },
	{ "a generation not in the history", 39, 8, RC_RANGE },
	{ "no history", 43, 0, RC_RANGE },
	{ "too much history", 43, 65, RC_RANGE },
	{ "a history out of order", 73 + 24 + 8, 9, RC_RANGE },
	{ "the last out of order", 73 + 24, 2, RC_RANGE },
	{ "a history that says one twice", 73 + 24 + 8, 7, RC_RANGE },
	{ "more delimiters than there may be", 62, 16, RC_RANGE },
	{ "a delimiter that is a NUL", 63, 0, RC_RANGE },
	{ "keys out of order", 66 + 72, 0xff, RC_RANGE },
	{ "a key's name outside the file", 66 + 72 + 64, 0xff, RC_NAME },
	{ "too many keys", 44, 0xff, RC_SHORT },
	{ "too many routes", 48, 0xff, RC_SHORT },
	{ "a net longer than the file", 52, 0xff, RC_SHORT },
	{ "a record outside the file", 66 + 72 + 3 * 68, 0xff, RC_NAME },
	{ "two records the same", 66 + 72 + 3 * 68 + 7, 0, RC_RANGE },
	{ "a route of a later table", 66 + 72 + 3 * 68 + 4 * 4 + 5 + 15, 8,
	    RC_RANGE },
};

static void
sum_again(uint8_t *p, size_t n)
{
	uint64_t crc = crc64(p + 24, n - 24);

	for (int i = 0; i < 8; i++)
		p[16 + i] = (uint8_t)(crc >> (56 - 8 * i));
}

START_TEST(bent_and_summed_again_is_refused)
{
	struct mtable t;
	uint8_t *p = filed_open(&t);
	size_t n = t.n;
	int rc;

	p[bends[_i].at] = bends[_i].to;
	sum_again(p, n);
	rc = mtable_open(&t, p, n);
	ck_assert_msg(
	    rc == bends[_i].rc, "%s: %s", bends[_i].what, rc_word(rc));
	free(p);
}
END_TEST

/* The record of .example.org, octet by octet: its pattern from 2 on, kind, flags,
 * the server from 18 on, how many hops, and the first of them from 34 on. */
static const struct {
	const char *what;
	size_t at;
	uint8_t to;
	int rc;
} bent_records[] = {
	{ "as it was", 15, 1, RC_OK },
	{ "an empty pattern", 1, 0, RC_NAME },
	{ "a pattern that is none", 3, '|', RC_NAME },
	{ "a pattern with a NUL", 3, 0, RC_NAME },
	{ "a kind that is none", 14, ROUTE_HOLD + 1, RC_RANGE },
	{ "a flag that is none", 15, 4, RC_RANGE },
	{ "a server that is no host", 18, '/', RC_NAME },
	{ "a server that is too long", 16, 1, RC_NAME },
	{ "more hops than there may be", 33, LIMIT_NEXT_HOPS + 1, RC_RANGE },
	{ "no hop", 33, 0, RC_RANGE },
	{ "a hold has no need of one", 14, ROUTE_HOLD, RC_OK },
	{ "a hop that is no host", 36, '/', RC_NAME },
	{ "an address of no family", 51, 5, RC_RANGE },
	{ "an address without a port", 57, 0, RC_RANGE },
	{ "neither alternate nor not", 58, 2, RC_RANGE },
};

START_TEST(a_bent_record_is_refused)
{
	struct mtable t;
	uint8_t *p = filed_open(&t),
		*record = p + (mtable_record_at(&t, 1).p - p);
	size_t n = t.n;
	int rc;

	record[bent_records[_i].at] = bent_records[_i].to;
	sum_again(p, n);
	rc = mtable_open(&t, p, n);
	ck_assert_msg(rc == bent_records[_i].rc, "%s: %s",
	    bent_records[_i].what, rc_word(rc));
	free(p);
}
END_TEST

START_TEST(one_key_twice_is_refused)
{
	struct mtable t;
	uint8_t *p = filed_open(&t), *first = p + 66 + 72;
	size_t n = t.n;

	memcpy(first + 68, first, CRYPTO_DIGEST);
	sum_again(p, n);
	ck_assert_int_eq(mtable_open(&t, p, n), RC_RANGE);
	free(p);
}
END_TEST

START_TEST(a_bent_annex_is_refused)
{
	struct mtable_key key;
	struct buf octets = { 0 }, net = { 0 }, list = { 0 };
	const struct mtable_mta mta = { .copies = true };
	struct mtable_annex a;

	filed_key(&key, 'a', "mx1.example.org");
	mtable_keys_encode(&list, &key, 1);
	mtable_annex_encode(
	    &octets, (struct mtable_version){ 1, 1 }, &mta, &list, &net);
	for (size_t n = 0; n < octets.n; n++)
		ck_assert_int_ne(mtable_annex_decode(octets.p, n, &a), RC_OK);
	ck_assert_int_eq(mtable_annex_decode(octets.p, octets.n, &a), RC_OK);
	octets.p[octets.n - 1] = '/';
	ck_assert_int_eq(mtable_annex_decode(octets.p, octets.n, &a), RC_NAME);
	buf_done(&octets);
	buf_done(&list);
}
END_TEST

/* Keys come in order, and a part has nothing behind it. */
START_TEST(a_bent_part_is_refused)
{
	struct mtable_key keys[2];
	struct buf octets = { 0 }, net = { 0 }, list = { 0 };
	const struct mtable_mta mta = { .copies = true };
	struct mtable_annex a;
	struct cur part;

	filed_key(&keys[0], 'a', "mx1.example.org");
	filed_key(&keys[1], 'b', "mx2.example.org");
	mtable_keys_encode(&list, keys, 2);
	buf_text(&net, "a net");
	mtable_annex_encode(
	    &octets, (struct mtable_version){ 1, 1 }, &mta, &list, &net);
	ck_assert_int_eq(mtable_annex_decode(octets.p, octets.n, &a), RC_OK);
	for (enum mtable_part p = MTABLE_HEAD; p <= MTABLE_KEYS; p++) {
		if (p == MTABLE_NET)
			continue;
		part = mtable_annex_part(&a, p);
		ck_assert_int_eq(mtable_annex_take(&a, p, part), RC_OK);
		ck_assert_int_ne(
		    mtable_annex_take(&a, p, cur_over(part.p, part.left - 1)),
		    RC_OK);
		ck_assert_int_eq(
		    mtable_annex_take(&a, p, cur_over(part.p, part.left + 1)),
		    RC_LONG);
	}
	ck_assert_int_eq(mtable_annex_decode(octets.p, octets.n, &a), RC_OK);
	part = mtable_annex_part(&a, MTABLE_KEYS);
	ck_assert_uint_eq(a.nkeys, 2);
	/* The first key's digest becomes that of the second. */
	octets.p[part.p - octets.p + 4] = 0xff;
	ck_assert_int_eq(mtable_annex_decode(octets.p, octets.n, &a), RC_RANGE);
	buf_done(&octets);
	buf_done(&list);
	buf_done(&net);
}
END_TEST

START_TEST(routes_out_of_order)
{
	struct mtable t;
	uint8_t *p = filed_open(&t),
		*record = p + (mtable_record_at(&t, 3).p - p);
	size_t n = t.n;

	record[2] = 'a'; /* u@paris.example.org, behind paris.example.org */
	sum_again(p, n);
	ck_assert_int_eq(mtable_open(&t, p, n), RC_RANGE);
	free(p);
}
END_TEST

START_TEST(one_route_twice_is_refused)
{
	struct mtable t;
	uint8_t *p = filed_open(&t), *first = p + (t.routes - p);
	size_t n = t.n;

	memcpy(first + 4, first, 4);
	sum_again(p, n);
	ck_assert_int_eq(mtable_open(&t, p, n), RC_RANGE);
	free(p);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table_bent");
	TCase *tc = tcase_create("table_bent");

	tcase_add_test(tc, what_is_torn_is_refused);
	tcase_add_test(tc, what_is_bent_is_refused);
	tcase_add_loop_test(
	    tc, bent_and_summed_again_is_refused, 0, COUNT(bends));
	tcase_add_loop_test(
	    tc, a_bent_record_is_refused, 0, COUNT(bent_records));
	tcase_add_test(tc, one_key_twice_is_refused);
	tcase_add_test(tc, a_bent_annex_is_refused);
	tcase_add_test(tc, a_bent_part_is_refused);
	tcase_add_test(tc, routes_out_of_order);
	tcase_add_test(tc, one_route_twice_is_refused);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
