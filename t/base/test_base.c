/* test_base.c - cursor, buffer, addresses, names, tree, JSON. */

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/find.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/tree.h"
#include "base/utf8.h"
#include "base/wall.h"
#include "t/tap.h"

START_TEST(lines_without_their_ends)
{
	static const char *const wanted[] = { "one", "", "three" };
	struct cur c = cur_over("one\n\nthree", 10), line;

	for (size_t i = 0; i < 3; i++) {
		line = cur_line(&c);
		ck_assert_uint_eq(line.left, strlen(wanted[i]));
		ck_assert_int_eq(memcmp(line.p, wanted[i], line.left), 0);
	}
	ck_assert(c.left == 0 && !c.bad);
	c = cur_over("\n", 1);
	ck_assert_uint_eq(cur_line(&c).left, 0);
	ck_assert(c.left == 0 && !c.bad);
	c = cur_over(NULL, 0);
	ck_assert_uint_eq(cur_line(&c).left, 0);
	ck_assert(!c.bad);
}
END_TEST

START_TEST(cursor_is_sticky)
{
	uint8_t *p = malloc(3); /* exact, so ASan guards it */
	struct cur c;

	memcpy(p, "\x01\x02\x03", 3);
	c = cur_over(p, 3);
	ck_assert_uint_eq(cur_u16(&c), 0x0102);
	ck_assert_uint_eq(cur_u16(&c), 0);
	ck_assert(c.bad);
	ck_assert_uint_eq(cur_u8(&c), 0);
	free(p);
}
END_TEST

START_TEST(buffer_fills_lengths)
{
	struct buf b = { 0 };
	size_t hole;

	buf_u8(&b, 7);
	hole = buf_hole16(&b);
	buf_text(&b, "abc");
	buf_fill16(&b, hole);
	buf_printf(&b, "%d", 42);
	ck_assert_uint_eq(b.n, 8);
	ck_assert(memcmp(b.p,
		      "\x07\x00\x03"
		      "abc42",
		      8) == 0);
	buf_done(&b);
}
END_TEST

static const struct {
	const char *text;
	uint8_t family;
	uint8_t ip[16];
	bool hop;
} addrs[] = {
	{ "192.0.2.1", 4, { 192, 0, 2, 1 }, true },
	{ "127.0.0.1", 4, { 127, 0, 0, 1 }, false },
	{ "0.0.0.0", 4, { 0 }, false },
	{ "169.254.1.1", 4, { 169, 254, 1, 1 }, false },
	{ "224.0.0.1", 4, { 224, 0, 0, 1 }, false },
	{ "255.255.255.255", 4, { 255, 255, 255, 255 }, false },
	{ "2001:db8::1", 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 }, true },
	{ "::1", 6, { [15] = 1 }, false },
	{ "::", 6, { 0 }, false },
	{ "::ffff:7f00:1", 6, { [10] = 0xff, 0xff, 127, 0, 0, 1 }, false },
	{ "fe80::1", 6, { 0xfe, 0x80, [15] = 1 }, false },
	{ "ff02::1", 6, { 0xff, 2, [15] = 1 }, false },
	{ "2001:db8:0:1::", 6, { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1 }, true },
	{ "1:0:0:2::3", 6, { 0, 1, 0, 0, 0, 0, 0, 2, [15] = 3 }, true },
};

START_TEST(addresses)
{
	struct addr a = { .family = addrs[_i].family, .port = 25 }, b;
	char out[ADDR_TEXT];

	memcpy(a.ip, addrs[_i].ip, 16);
	ck_assert_str_eq(addr_ip_text(&a, out), addrs[_i].text);
	ck_assert_msg(addr_is_hop(&a, false) == addrs[_i].hop, "%s", out);
	ck_assert(addr_read(&b, addr_text(&a, out)) && addr_equal(&a, &b));
	a.port = 0;
	ck_assert(!addr_is_hop(&a, false));
	ck_assert(addr_read(&b, addrs[_i].text) && addr_equal(&a, &b));
}
END_TEST

static const struct {
	const char *text, *same; /* NULL: no address */
} texts[] = {
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1::8", "1::8" },
	{ "::8", "::8" },
	{ "[::]:65535", "[::]:65535" },
	{ "[0:0:0:0:0:0:0:1]:25", "[::1]:25" },
	{ "2001:0DB8::00ff", "2001:db8::ff" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "192.0.2.1:1", "192.0.2.1:1" },
	{ "1:2:3:4:5:6:7", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "1:2:3:4:5:6:7::8", NULL },
	{ "1::2::3", NULL },
	{ "1:", NULL },
	{ ":1", NULL },
	{ ":::", NULL },
	{ ":::1", NULL },
	{ "12345::", NULL },
	{ "::ffff:192.0.2.1", NULL },
	{ "[::1]", NULL },
	{ "[::1", NULL },
	{ "[::1]25", NULL },
	{ "[192.0.2.1]:25", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.1.", NULL },
	{ "192.0.2.01", NULL },
	{ "192.0.2.1:0", NULL },
	{ "192.0.2.1:065", NULL },
	{ "192.0.2.1:65536", NULL },
	{ "192.0.2.1:999999", NULL },
	{ "192.0.2.1: 25", NULL },
	{ " 192.0.2.1", NULL },
	{ "", NULL },
};

START_TEST(texts_of_addresses)
{
	struct addr a;
	char out[ADDR_TEXT];

	ck_assert_msg(addr_read(&a, texts[_i].text) == (texts[_i].same != NULL),
	    "%s", texts[_i].text);
	if (texts[_i].same == NULL)
		return;
	if (a.port == 0)
		addr_ip_text(&a, out);
	else
		addr_text(&a, out);
	ck_assert_str_eq(out, texts[_i].same);
}
END_TEST

static const struct {
	const char *name;
	bool host, word, pattern;
} names[] = {
	{ "mx1.london.example.org", true, true, true },
	{ "london", false, true, false },
	{ "london_2", false, true, false },
	{ "", false, false, false },
	{ "a..b", false, true, false },
	{ ".example.org", false, false, true },
	{ ".example", false, false, true },
	{ ".", false, false, false },
	{ "*", false, false, true },
	{ "user@example.org", false, false, true },
	{ "user+tag@example.org", false, false, true },
	{ "u|x@example.org", false, false, false },
	{ "u@", false, false, false },
	{ "@example.org", false, false, false },
	{ "MX.example.org", false, false, false },
	{ "-a.example.org", false, false, false },
	{ "a-.example.org", false, true, false },
	{ "example.org.", false, true, false },
	{ "192.0.2.1", false, true, false },
	{ "a\nb.example", false, false, false },
	{ "${run{x}}.example", false, false, false },
	{ "[192.0.2.1]", false, false, false },
	{ "\xc3\xa4.example", false, false, false },
};

START_TEST(grammar_of_names)
{
	const char *s = names[_i].name;

	ck_assert_msg(str_is_host(s) == names[_i].host, "host %s", s);
	ck_assert_msg(str_is_word(s) == names[_i].word, "word %s", s);
	ck_assert_msg(str_is_pattern(s) == names[_i].pattern, "pattern %s", s);
}
END_TEST

static const struct {
	const char *claim, *pattern;
	bool covers;
} covers[] = {
	{ "a.example", "a.example", true },
	{ "a.example", "u@a.example", true },
	{ "a.example", "b.a.example", false },
	{ "a.example", ".a.example", false },
	{ ".a.example", ".a.example", true },
	{ ".a.example", "b.a.example", true },
	{ ".a.example", ".b.a.example", true },
	{ ".a.example", "u@b.a.example", true },
	{ ".a.example", "a.example", false },
	{ ".a.example", "u@a.example", false },
	{ ".a.example", "ba.example", false },
	{ "*", "*", true },
	{ "*", "a.example", false },
	{ ".a.example", "*", false },
};

START_TEST(coverage_of_claims)
{
	ck_assert_msg(str_covers(covers[_i].claim, covers[_i].pattern) ==
			  covers[_i].covers,
	    "%s %s", covers[_i].claim, covers[_i].pattern);
}
END_TEST

struct number {
	struct tree_node node;
	uint32_t v;
};

static int
number_order(const void *key, const struct tree_node *node)
{
	uint32_t k = *(const uint32_t *)key;
	uint32_t v = tree_entry(node, const struct number, node)->v;

	return k < v ? -1 : k > v;
}

START_TEST(tree_keeps_order)
{
	struct number *all = calloc(1000, sizeof(*all));
	struct tree t = { 0 };
	struct rng rng = { 1 };
	size_t n = 0;
	uint32_t last = 0;

	for (size_t i = 0; i < 1000; i++) {
		all[i].v = (uint32_t)rng_below(&rng, 3000);
		if (tree_find(&t, &all[i].v, number_order) != NULL)
			all[i].v = UINT32_MAX;
		else
			tree_insert(&t, &all[i].node, &all[i].v, number_order);
	}
	for (size_t i = 0; i < 1000; i += 3)
		if (all[i].v != UINT32_MAX)
			tree_remove(&t, &all[i].node);
	for (struct tree_node *x = tree_first(&t); x; x = tree_next(x), n++) {
		struct number *it = tree_entry(x, struct number, node);

		ck_assert(n == 0 || it->v > last);
		last = it->v;
	}
	ck_assert_uint_eq(n, t.n);
	free(all);
}
END_TEST

START_TEST(json_escapes)
{
	struct buf b = { 0 };
	struct json j = { .out = &b };
	char *s;

	json_open(&j, NULL, '{');
	json_str(&j, "a", "x\"\\\n");
	json_open(&j, "b", '[');
	json_int(&j, NULL, -1);
	json_uint(&j, NULL, INT64_MAX);
	json_uint(&j, NULL, UINT64_MAX);
	json_bool(&j, NULL, true);
	json_close(&j, ']');
	json_hex(&j, "h", (const uint8_t *)"\x01\xff", 2);
	json_close(&j, '}');
	s = buf_string(&b);
	ck_assert_str_eq(s,
	    "{\"a\":\"x\\\"\\\\\\u000a\",\"b\":[-1,9223372036854775807,"
	    "9223372036854775807,true],\"h\":\"01ff\"}");
	mem_free(s);
}
END_TEST

/* Only ASCII, whatever the octets; a reader gets the same characters. */
static const struct {
	const char *text, *json, *shown;
} strange[] = {
	{ "b\xc3\xbc"
	  "cher",
	    "\"b\\u00fccher\"",
	    "b\xc3\xbc"
	    "cher" },
	{ "\xf0\x9f\x93\xa7", "\"\\ud83d\\udce7\"", "\xf0\x9f\x93\xa7" },
	{ "a\xff"
	  "b",
	    "\"a\\ufffdb\"", "a?b" },
	{ "\xc2\x9b"
	  "31m",
	    "\"\\u009b31m\"", "?31m" },
	{ "\x1b[2J\n", "\"\\u001b[2J\\u000a\"", "?[2J?" },
	{ "\xe2\x80\xae"
	  "x",
	    "\"\\u202ex\"", "?x" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", "???" },
	{ "\xc0\x80", "\"\\ufffd\\ufffd\"", "??" },
	{ "\xe2\x82", "\"\\ufffd\\ufffd\"", "??" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", "????" },
};

START_TEST(text_of_others)
{
	struct buf b = { 0 }, shown = { 0 };
	struct json j = { .out = &b };
	char *s;

	json_str(&j, NULL, strange[_i].text);
	s = buf_string(&b);
	ck_assert_str_eq(s, strange[_i].json);
	mem_free(s);
	utf8_show(&shown, strange[_i].text);
	s = buf_string(&shown);
	ck_assert_str_eq(s, strange[_i].shown);
	mem_free(s);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

struct found {
	int unlike;
	const char *name;
};

START_TEST(a_text_is_found)
{
	static const struct found v[] = { { 1, "a" }, { 2, "c" }, { 3, "c" },
		{ 4, "e" }, { 5, "g" } };
	static const char *const sorted[] = { "b", "d" };
	const size_t n = sizeof(v) / sizeof(v[0]);

	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(
		    v[find_text(FIND_LIST(found, name, v, n), v[i].name)].name,
		    v[i].name);
	ck_assert_uint_eq(
	    find_text(FIND_LIST(found, name, v, n), "b"), FIND_NONE);
	ck_assert_uint_eq(
	    find_text(FIND_LIST(found, name, NULL, 0), "b"), FIND_NONE);
	ck_assert_uint_eq(find_text(FIND_TEXTS(sorted, 2), "d"), 1);
	ck_assert_uint_eq(find_text_from(FIND_LIST(found, name, v, n), "c"), 1);
	ck_assert_uint_eq(find_text_from(FIND_LIST(found, name, v, n), "d"), 3);
	ck_assert_uint_eq(find_text_from(FIND_LIST(found, name, v, n), "h"), n);
	for (size_t i = 0; i < n; i++)
		for (char text[2] = "`"; text[0] <= 'h'; text[0]++)
			ck_assert_uint_eq(
			    find_text_near(FIND_LIST(found, name, v, i), text),
			    find_text_from(FIND_LIST(found, name, v, i), text));
}
END_TEST

static const struct {
	uint64_t s;
	const char *want;
} moments[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 68169599, "1972-02-28T23:59:59Z" },
	{ 68169600, "1972-02-29T00:00:00Z" },
	{ 951782400, "2000-02-29T00:00:00Z" },
	{ 1709251199, "2024-02-29T23:59:59Z" },
	{ 1709251200, "2024-03-01T00:00:00Z" },
	{ 1735689599, "2024-12-31T23:59:59Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
	{ 253402300799, "9999-12-31T23:59:59Z" },
	{ UINT64_MAX, "9999-12-31T23:59:59Z" },
};

START_TEST(moments_are_told)
{
	char text[WALL_TEXT];

	ck_assert_str_eq(wall_text(moments[_i].s, text), moments[_i].want);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base");
	TCase *tc = tcase_create("base");

	tcase_add_test(tc, lines_without_their_ends);
	tcase_add_test(tc, cursor_is_sticky);
	tcase_add_test(tc, buffer_fills_lengths);
	tcase_add_loop_test(tc, text_of_others, 0, COUNT(strange));
	tcase_add_loop_test(tc, addresses, 0, COUNT(addrs));
	tcase_add_loop_test(tc, texts_of_addresses, 0, COUNT(texts));
	tcase_add_loop_test(tc, grammar_of_names, 0, COUNT(names));
	tcase_add_loop_test(tc, coverage_of_claims, 0, COUNT(covers));
	tcase_add_test(tc, tree_keeps_order);
	tcase_add_test(tc, json_escapes);
	tcase_add_test(tc, a_text_is_found);
	tcase_add_loop_test(tc, moments_are_told, 0, COUNT(moments));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
