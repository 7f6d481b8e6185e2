/*
 * test_table_file.c - the milter's table: written, bent, read in place.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/trace/mtable.h"
#include "t/core/cheap.h"
#include "t/core/filed.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *address, *pattern;
	enum route_kind kind;
} lookups[] = {
	{ "u@paris.example.org", "u@paris.example.org", ROUTE_REMOTE },
	{ "v@paris.example.org", "paris.example.org", ROUTE_HOLD },
	{ "v@a.paris.example.org", ".example.org", ROUTE_REMOTE },
	{ "v@example.org", "*", ROUTE_REMOTE },
	{ "v@example.net", "*", ROUTE_REMOTE },
	{ "\"a@b\"@paris.example.org", "paris.example.org", ROUTE_HOLD },
	{ "nobody", NULL, ROUTE_HERE },
	{ "@", NULL, ROUTE_HERE },
	{ "", NULL, ROUTE_HERE },
};

START_TEST(the_most_specific_pattern_is_found)
{
	struct mtable_route r;
	struct mtable t;
	uint8_t *p = filed_open(&t);
	int rc = mtable_route(&t, lookups[_i].address, &r);

	if (lookups[_i].pattern == NULL) {
		ck_assert_int_eq(rc, RC_NONE);
	} else {
		ck_assert_int_eq(rc, RC_OK);
		ck_assert_str_eq(r.pattern, lookups[_i].pattern);
		ck_assert_int_eq(r.kind, lookups[_i].kind);
	}
	free(p);
}
END_TEST

START_TEST(a_route_comes_back_as_it_was)
{
	struct mtable_route r;
	struct mtable t;
	uint8_t *p = filed_open(&t);
	char a[ADDR_TEXT];

	ck_assert_int_eq(mtable_route(&t, "x@a.example.org", &r), RC_OK);
	ck_assert(r.relay && !r.last_resort);
	ck_assert_str_eq(r.server, "mx9.example.org");
	ck_assert_uint_eq(r.nhops, 2);
	ck_assert_uint_eq(r.since.epoch, 3);
	ck_assert_uint_eq(r.since.generation, 6);
	ck_assert_str_eq(r.hop[0].name, "mx2.example.org");
	ck_assert_str_eq(addr_text(&r.hop[0].addr, a), "192.0.2.1:25");
	ck_assert_str_eq(addr_text(&r.hop[1].addr, a), "[2001:db8::2]:587");
	ck_assert(!r.hop[0].alternate && r.hop[1].alternate);
	ck_assert(mtable_next_hop(&r, "mx2.example.org"));
	ck_assert(mtable_next_hop(&r, "mx3.example.org"));
	ck_assert(!mtable_next_hop(&r, "mx9.example.org"));
	ck_assert_uint_eq(t.net.left, 5);
	ck_assert_str_eq(t.transport, "lsrd");
	ck_assert(!t.by_name);
	ck_assert_str_eq(t.mta.delimiters, "+-");
	ck_assert(t.mta.filters_local);
	ck_assert(!t.mta.filters_smtp && !t.mta.copies);
	ck_assert(memcmp(t.net.p, "a net", 5) == 0);
	free(p);
}
END_TEST

static const struct {
	char letter;
	const char *name;
} owners[] = {
	{ 'a', "mx1.example.org" },
	{ 'b', "mx1.example.org" },
	{ 'c', "mx3.example.org" },
	{ 'd', NULL },
};

START_TEST(a_key_is_found_by_its_digest)
{
	uint8_t digest[CRYPTO_DIGEST], public_key[CRYPTO_PUBLIC];
	struct mtable_key key;
	struct mtable t;
	uint8_t *p = filed_open(&t);
	bool found;

	cheap_key(owners[_i].letter, digest);
	cheap_public(owners[_i].letter, public_key);
	found = mtable_key(&t, digest, &key);
	ck_assert_int_eq(found, owners[_i].name != NULL);
	if (found) {
		ck_assert_str_eq(key.name, owners[_i].name);
		ck_assert(
		    memcmp(key.public_key, public_key, CRYPTO_PUBLIC) == 0);
	}
	free(p);
}
END_TEST

static const struct {
	uint64_t wall_ms, epoch, generation;
} times[] = {
	{ 99999, 3, 7 },
	{ 3000, 3, 7 },
	{ 2999, 3, 5 }, /* 3,4 came after 3,5 and was not taken */
	{ 2000, 3, 5 },
	{ 1999, 2, 9 },
	{ 1000, 2, 9 },
	{ 999, 2, 9 }, /* the oldest that is known */
	{ 0, 2, 9 },
};

START_TEST(a_time_has_its_version)
{
	struct mtable t;
	uint8_t *p = filed_open(&t);
	struct mtable_version v = mtable_then(&t, times[_i].wall_ms);

	ck_assert_uint_eq(v.epoch, times[_i].epoch);
	ck_assert_uint_eq(v.generation, times[_i].generation);
	ck_assert_uint_eq(t.now.generation, 7);
	free(p);
}
END_TEST

START_TEST(the_history_is_bounded)
{
	struct mtable_history h = { .n = 0 };

	for (uint64_t i = 1; i <= 200; i++)
		mtable_history_add(&h, (struct mtable_version){ 1, i }, i * 10);
	ck_assert_uint_eq(h.n, MTABLE_HISTORY);
	ck_assert_uint_eq(h.v[0].version.generation, 200);
	ck_assert_uint_eq(h.v[h.n - 1].version.generation, 137);
	mtable_history_add(&h, (struct mtable_version){ 1, 200 }, 5000);
	ck_assert_uint_eq(h.v[0].wall_ms, 2000);
}
END_TEST

START_TEST(versions_are_ordered_by_epoch_first)
{
	struct mtable_version a = { 1, 9 }, b = { 2, 1 }, c = { 2, 2 };

	ck_assert_int_lt(mtable_order(a, b), 0);
	ck_assert_int_lt(mtable_order(b, c), 0);
	ck_assert_int_gt(mtable_order(c, a), 0);
	ck_assert_int_eq(mtable_order(b, b), 0);
}
END_TEST

/* News of generation 8: an old pattern by mx8, and one that the table lacks. */
static void
news_make(const struct mtable *t, struct buf *out)
{
	const struct mtable_mta mta = { .delimiters = "=" };
	struct mtable_history h;
	struct mtable_writer w = { 0 };
	struct buf keys = { 0 }, net = { 0 }, octets = { 0 };
	struct mtable_annex annex;

	mtable_history(t, &h);
	mtable_history_add(&h, (struct mtable_version){ 3, 8 }, 4000);
	buf_u32(&keys, 0);
	mtable_annex_encode(
	    &octets, (struct mtable_version){ 3, 8 }, &mta, &keys, &net);
	ck_assert_int_eq(
	    mtable_annex_decode(octets.p, octets.n, &annex), RC_OK);
	filed_route(&w, "example.com", "mx8.example.org", NULL);
	filed_route(&w, "paris.example.org", "mx8.example.org", NULL);
	mtable_end_news(&w, t->sum, &annex, &h, out);
	buf_done(&octets);
	buf_done(&keys);
}

START_TEST(news_are_in_place_of_the_table)
{
	static const char *const order[] = { "*", ".example.org", "example.com",
		"paris.example.org", "u@paris.example.org" };
	struct mtable_walk walk = { 0 };
	const struct mtable *in;
	struct buf octets = { 0 };
	struct mtable t, news;
	uint8_t *p = filed_open(&t);
	struct mtable_route r;
	struct mtable_key key;
	uint32_t i, n = 0;

	news_make(&t, &octets);
	ck_assert_int_eq(mtable_follow(&t, &news, octets.p, octets.n), RC_OK);
	ck_assert_uint_eq(t.now.generation, 8);
	ck_assert_uint_eq(mtable_then(&t, 3999).generation, 7);
	ck_assert_uint_eq(mtable_then(&t, 4000).generation, 8);
	ck_assert_str_eq(t.mta.delimiters, "=");
	ck_assert_uint_eq(t.more, 1);
	ck_assert(mtable_key(&t, t.keys, &key)); /* the table's, as the net */
	ck_assert_uint_eq(t.net.left, 5);
	while ((in = mtable_next(&t, &walk, &i)) != NULL) {
		mtable_at(in, i, &r);
		ck_assert_str_eq(r.pattern, order[n++]);
		ck_assert_int_eq(in == &news, n == 3 || n == 4);
	}
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(mtable_route(&t, "v@paris.example.org", &r), RC_OK);
	ck_assert_str_eq(r.hop[0].name, "mx8.example.org");
	ck_assert_int_eq(mtable_route(&t, "v@example.com", &r), RC_OK);
	ck_assert_str_eq(r.pattern, "example.com");
	ck_assert_int_eq(mtable_route(&t, "u@paris.example.org", &r), RC_OK);
	ck_assert_str_eq(r.hop[0].name, "mx3.example.org");
	buf_done(&octets);
	free(p);
}
END_TEST

/* With any octet bent, or cut off, they count for nothing; so do those of
 * another table, and those of one that was not made for any. */
START_TEST(news_that_are_no_good_change_nothing)
{
	struct buf octets = { 0 };
	struct mtable t, was, news;
	uint8_t *p = filed_open(&t);

	was = t;
	news_make(&t, &octets);
	for (size_t i = 0; i < octets.n; i++) {
		octets.p[i] ^= 0x40;
		ck_assert_int_ne(
		    mtable_follow(&t, &news, octets.p, octets.n), RC_OK);
		octets.p[i] ^= 0x40;
		ck_assert_int_ne(mtable_follow(&t, &news, octets.p, i), RC_OK);
	}
	ck_assert_int_eq(mtable_follow(&t, &news, p, t.n), RC_FORMAT);
	ck_assert_int_eq(mtable_open(&news, octets.p, octets.n), RC_FORMAT);
	t.sum++;
	ck_assert_int_eq(
	    mtable_follow(&t, &news, octets.p, octets.n), RC_STATE);
	t.sum--;
	t.now.generation += 2;
	ck_assert_int_eq(
	    mtable_follow(&t, &news, octets.p, octets.n), RC_STATE);
	t.now.generation -= 2;
	t.format--;
	ck_assert_int_eq(
	    mtable_follow(&t, &news, octets.p, octets.n), RC_STATE);
	t.format++;
	ck_assert_int_eq(memcmp(&t, &was, sizeof(t)), 0);
	buf_done(&octets);
	free(p);
}
END_TEST

/* The same table as a writer of before made it: less is said of the routes, and
 * by the first of the MTA. */
static void
older(const struct mtable *t, uint32_t format, struct buf *out)
{
	size_t head = format == 1 ? 62 : 66, routes = head + 72 + 3 * 68;
	struct buf records = { 0 }, names = { 0 };
	uint64_t base = routes + 4 * 4 + t->net.left, crc;

	buf_bytes(out, t->p, head);
	buf_bytes(out, t->history, 72);
	for (uint32_t i = 0; i < 3; i++) {
		const uint8_t *key = t->keys + (size_t)i * 68;
		struct mtable_key k;

		ck_assert(mtable_key(t, key, &k));
		buf_bytes(out, key, 64);
		buf_u32(out, (uint32_t)(base + names.n));
		buf_u8(&names, (uint8_t)strlen(k.name));
		buf_text(&names, k.name);
	}
	for (uint32_t i = 0; i < t->nroutes; i++) {
		struct cur record = mtable_record_at(t, i);

		buf_u32(out, (uint32_t)(base + names.n + records.n));
		buf_bytes(&records, record.p, record.left);
	}
	buf_bytes(out, t->net.p, t->net.left);
	buf_bytes(out, names.p, names.n);
	buf_bytes(out, records.p, records.n);
	out->p[7] = (uint8_t)format;
	for (int i = 0; i < 8; i++)
		out->p[8 + i] = (uint8_t)((uint64_t)out->n >> (56 - 8 * i));
	crc = crc64(out->p + 24, out->n - 24);
	for (int i = 0; i < 8; i++)
		out->p[16 + i] = (uint8_t)(crc >> (56 - 8 * i));
	buf_done(&records);
	buf_done(&names);
}

/* Of one that does not say since when routes are what they are it is known that
 * they are now; of the first nothing of what the MTA does. */
START_TEST(versions_of_before_are_read)
{
	struct mtable t, was;
	uint8_t *p = filed_open(&t);
	struct buf file = { 0 };
	struct mtable_route r;

	older(&t, (uint32_t)_i, &file);
	ck_assert_int_eq(mtable_open(&was, file.p, file.n), RC_OK);
	ck_assert_str_eq(was.mta.delimiters, _i == 1 ? "" : "+-");
	ck_assert_int_eq(was.mta.filters_local, _i != 1);
	ck_assert_uint_eq(was.nroutes, 4);
	for (uint32_t i = 0; i < was.nroutes; i++) {
		mtable_at(&was, i, &r);
		ck_assert_int_eq(mtable_order(r.since, was.now), 0);
	}
	ck_assert_int_eq(mtable_route(&was, "x@a.example.org", &r), RC_OK);
	ck_assert_str_eq(r.hop[1].name, "mx3.example.org");
	buf_done(&file);
	free(p);
}
END_TEST

START_TEST(the_checksum_is_that_of_others)
{
	/* The check value of CRC-64/XZ. */
	ck_assert_uint_eq(crc64("123456789", 9), 0x995dc9bbdf1939fau);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table_file");
	TCase *tc = tcase_create("table_file");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, the_most_specific_pattern_is_found, 0, COUNT(lookups));
	tcase_add_test(tc, a_route_comes_back_as_it_was);
	tcase_add_loop_test(tc, a_key_is_found_by_its_digest, 0, COUNT(owners));
	tcase_add_loop_test(tc, a_time_has_its_version, 0, COUNT(times));
	tcase_add_test(tc, the_history_is_bounded);
	tcase_add_test(tc, versions_are_ordered_by_epoch_first);
	tcase_add_test(tc, news_are_in_place_of_the_table);
	tcase_add_test(tc, news_that_are_no_good_change_nothing);
	tcase_add_loop_test(tc, versions_of_before_are_read, 1, 3);
	tcase_add_test(tc, the_checksum_is_that_of_others);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
