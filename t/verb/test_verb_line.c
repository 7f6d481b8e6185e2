/*
 * test_verb_line.c - the lines of X-LSA-2: which they are, where they end,
 * what they carry, and what is answered to those that are none.
 */

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "t/tap.h"
#include "verb/line.h"

#define TEXT(s) (s), sizeof(s) - 1

/* A copy of the exact size, so that the sanitizer guards both ends. */
static uint8_t *
exact(const char *p, size_t n)
{
	uint8_t *copy = malloc(n == 0 ? 1 : n);

	memcpy(copy, p, n);
	return copy;
}

static const struct {
	const char *what;
	const char *p;
	size_t n;
	enum line_kind kind;
} kinds[] = {
	{ "nothing", TEXT(""), LINE_MORE },
	{ "one letter", TEXT("x"), LINE_MORE },
	{ "the word, not ended", TEXT("X-LSA-2"), LINE_MORE },
	{ "a letter of none", TEXT("m"), LINE_OTHER },
	{ "MAIL", TEXT("MAIL FROM:<>\r\n"), LINE_OTHER },
	{ "STARTTLS", TEXT("STARTTLS\r\n"), LINE_OTHER },
	{ "EHLO", TEXT("EHLO x\r\n"), LINE_EHLO },
	{ "ehlo", TEXT("ehlo x"), LINE_EHLO },
	{ "EHLO alone", TEXT("EHLO\r"), LINE_EHLO },
	{ "EHLOX", TEXT("EHLOX"), LINE_OTHER },
	{ "HELO", TEXT("HeLo\t"), LINE_HELO },
	{ "NOOP", TEXT("NOOP\n"), LINE_NOOP },
	{ "RSET", TEXT("rset "), LINE_RSET },
	{ "QUIT", TEXT("Quit\r\n"), LINE_QUIT },
	{ "the verb", TEXT("X-LSA-2 "), LINE_VERB },
	{ "the verb, lower case", TEXT("x-lsa-2\r\n"), LINE_VERB },
	{ "the verb and NUL", TEXT("X-LSA-2\0"), LINE_VERB },
	{ "the verb and 8 bit", TEXT("X-LSA-2\xff"), LINE_VERB },
	{ "another number", TEXT("X-LSA-20"), LINE_OTHER },
	{ "the first version", TEXT("X-LSA-1 "), LINE_OTHER },
	{ "the ancestor", TEXT("X-LINK2STATE FIRST CHUNK={"), LINE_LEGACY },
	{ "the ancestor, small", TEXT("x-link2state\r\n"), LINE_LEGACY },
	{ "longer than any word", TEXT("X-LINK2STATES"), LINE_OTHER },
	{ "a blank first", TEXT(" X-LSA-2\r\n"), LINE_OTHER },
	{ "an empty line", TEXT("\r\n"), LINE_OTHER },
};

START_TEST(knows_commands)
{
	uint8_t *p = exact(kinds[_i].p, kinds[_i].n);

	ck_assert_msg(line_kind(p, kinds[_i].n) == kinds[_i].kind, "%s: %d",
	    kinds[_i].what, (int)line_kind(p, kinds[_i].n));
	free(p);
}
END_TEST

/* What is decided with some octets stays so with more. */
START_TEST(decides_once)
{
	enum line_kind had = LINE_MORE;

	for (size_t n = 0; n <= kinds[_i].n; n++) {
		uint8_t *p = exact(kinds[_i].p, n);
		enum line_kind kind = line_kind(p, n);

		ck_assert_msg(had == LINE_MORE || kind == had, "%s: at %zu",
		    kinds[_i].what, n);
		had = kind;
		free(p);
	}
}
END_TEST

static const struct {
	const char *what;
	const char *p;
	size_t n;
	int code;
	const char *octets;
	size_t length;
} verbs[] = {
	{ "a poll", TEXT("X-LSA-2\r\n"), 250, TEXT("") },
	{ "a poll, lower case", TEXT("x-lsa-2\r\n"), 250, TEXT("") },
	{ "a poll with a blank", TEXT("X-LSA-2 \r\n"), 250, TEXT("") },
	{ "a poll with blanks", TEXT("X-LSA-2 \t \r\n"), 250, TEXT("") },
	{ "a poll with a tab", TEXT("X-LSA-2\t\r\n"), 250, TEXT("") },
	{ "three octets", TEXT("X-LSA-2 Zm9v\r\n"), 250, TEXT("foo") },
	{ "two octets", TEXT("X-LSA-2 Zm8=\r\n"), 250, TEXT("fo") },
	{ "one octet", TEXT("X-LSA-2 Zg==\r\n"), 250, TEXT("f") },
	{ "every bit", TEXT("X-LSA-2 //79+w==\r\n"), 250,
	    TEXT("\xff\xfe\xfd\xfb") },
	{ "blanks behind", TEXT("X-LSA-2 Zm9v \t\r\n"), 250, TEXT("foo") },
	{ "a tab before", TEXT("X-LSA-2\tZm9v\r\n"), 501, TEXT("") },
	{ "two blanks before", TEXT("X-LSA-2  Zm9v\r\n"), 501, TEXT("") },
	{ "two words", TEXT("X-LSA-2 Zm9v Zm9v\r\n"), 501, TEXT("") },
	{ "no padding", TEXT("X-LSA-2 Zm8\r\n"), 501, TEXT("") },
	{ "one digit", TEXT("X-LSA-2 Z\r\n"), 501, TEXT("") },
	{ "padding alone", TEXT("X-LSA-2 ====\r\n"), 501, TEXT("") },
	{ "one = alone", TEXT("X-LSA-2 =\r\n"), 501, TEXT("") },
	{ "padding of three", TEXT("X-LSA-2 Z===\r\n"), 501, TEXT("") },
	{ "padding inside", TEXT("X-LSA-2 Zg==Zm9v\r\n"), 501, TEXT("") },
	{ "padding first", TEXT("X-LSA-2 =Zg=\r\n"), 501, TEXT("") },
	{ "bits left over", TEXT("X-LSA-2 Zh==\r\n"), 501, TEXT("") },
	{ "bits left over, two", TEXT("X-LSA-2 Zm9=\r\n"), 501, TEXT("") },
	{ "the URL's alphabet", TEXT("X-LSA-2 _-79\r\n"), 501, TEXT("") },
	{ "SMTP's own =", TEXT("X-LSA-2 =\r\n"), 501, TEXT("") },
	{ "a length, negative", TEXT("X-LSA-2 -1\r\n"), 501, TEXT("") },
	{ "a length, hex", TEXT("X-LSA-2 0x10\r\n"), 250,
	    TEXT("\xd3\x1d\x74") },
	{ "a length behind two blanks", TEXT("X-LSA-2  00000051\r\n"), 501,
	    TEXT("") },
	{ "a length and more", TEXT("X-LSA-2 00000051 00\r\n"), 501, TEXT("") },
	{ "19 digits", TEXT("X-LSA-2 1234567890123456789\r\n"), 501, TEXT("") },
	{ "the ancestor's first chunk",
	    TEXT("X-LSA-2 FIRST CHUNK={0000006d}\r\n"), 501, TEXT("") },
	{ "the ancestor's LAST", TEXT("X-LSA-2 LAST CHUNK={00000000}\r\n"), 501,
	    TEXT("") },
	{ "NUL behind the verb", TEXT("X-LSA-2\0\r\n"), 500, TEXT("") },
	{ "NUL inside", TEXT("X-LSA-2 Zm\0v\r\n"), 500, TEXT("") },
	{ "8 bit", TEXT("X-LSA-2 Zm9\xf6\r\n"), 500, TEXT("") },
	{ "DEL", TEXT("X-LSA-2 Zm9\x7f\r\n"), 500, TEXT("") },
	{ "escape", TEXT("X-LSA-2 \x1b[2J\r\n"), 500, TEXT("") },
};

START_TEST(reads_verbs)
{
	uint8_t *p = exact(verbs[_i].p, verbs[_i].n);
	struct buf octets = { 0 };
	int code;

	buf_text(&octets, "kept");
	code = line_verb(p, verbs[_i].n, &octets);
	ck_assert_msg(code == verbs[_i].code, "%s: %d", verbs[_i].what, code);
	ck_assert_msg(
	    octets.n == 4 + verbs[_i].length &&
		memcmp(octets.p + 4, verbs[_i].octets, verbs[_i].length) == 0,
	    "%s: octets", verbs[_i].what);
	buf_done(&octets);
	free(p);
}
END_TEST

static const struct {
	const char *what;
	const char *p;
	size_t n;
	enum line_end end;
	size_t length;
} ends[] = {
	{ "nothing", TEXT(""), LINE_OPEN, 0 },
	{ "CR waits", TEXT("a\r"), LINE_OPEN, 2 },
	{ "CR LF", TEXT("a\r\n"), LINE_WHOLE, 3 },
	{ "CR LF alone", TEXT("\r\n"), LINE_WHOLE, 2 },
	{ "the first of two", TEXT("a\r\nb\r\n"), LINE_WHOLE, 3 },
	{ "LF", TEXT("a\n"), LINE_BARE, 2 },
	{ "LF first", TEXT("\n"), LINE_BARE, 1 },
	{ "CR inside", TEXT("a\rb\r\n"), LINE_BARE, 3 },
	{ "CR CR LF", TEXT("a\r\r\n"), LINE_BARE, 3 },
	{ "LF CR", TEXT("a\n\r"), LINE_BARE, 2 },
};

START_TEST(finds_ends)
{
	uint8_t *p = exact(ends[_i].p, ends[_i].n);
	size_t length = 99;
	enum line_end end = line_end(p, ends[_i].n, &length);

	ck_assert_msg(end == ends[_i].end && length == ends[_i].length,
	    "%s: %d, %zu", ends[_i].what, (int)end, length);
	free(p);
}
END_TEST

/* With its CR LF a line has 1000 octets, and one more is too long. */
START_TEST(bounds_lines)
{
	static const size_t sizes[] = { 511, 512, 513, 999, 1000 };
	uint8_t *p = malloc(1001);
	size_t length;

	memset(p, 'A', 1001);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memcpy(p + sizes[i] - 2, "\r\n", 2);
		ck_assert_int_eq(line_end(p, 1001, &length), LINE_WHOLE);
		ck_assert_uint_eq(length, sizes[i]);
		memset(p, 'A', 1001);
	}
	memcpy(p + 999, "\r\n", 2);
	ck_assert_int_eq(line_end(p, 999, &length), LINE_OPEN);
	ck_assert_int_eq(line_end(p, 1000, &length), LINE_LONG);
	ck_assert_int_eq(line_end(p, 1001, &length), LINE_LONG);
	free(p);
}
END_TEST

static const struct {
	const char *what;
	const char *p;
	size_t n;
	int code; /* 0: none */
	bool last;
	const char *text;
} replies[] = {
	{ "last", TEXT("250 Zm9v\r\n"), 250, true, "Zm9v" },
	{ "continued", TEXT("250-Zm9v\r\n"), 250, false, "Zm9v" },
	{ "code alone", TEXT("250\r\n"), 250, true, "" },
	{ "code and blank", TEXT("250 \r\n"), 250, true, "" },
	{ "code and hyphen", TEXT("250-\r\n"), 250, false, "" },
	{ "a refusal", TEXT("421 4.3.0 x \r\n"), 421, true, "4.3.0 x" },
	{ "no digits", TEXT("abc x\r\n"), 0, false, "" },
	{ "two digits", TEXT("25\r\n"), 0, false, "" },
	{ "four digits", TEXT("2500 x\r\n"), 0, false, "" },
	{ "code of no class", TEXT("199 x\r\n"), 0, false, "" },
	{ "code of no class, 6", TEXT("600 x\r\n"), 0, false, "" },
	{ "another sign", TEXT("250+x\r\n"), 0, false, "" },
	{ "empty", TEXT("\r\n"), 0, false, "" },
	{ "blank first", TEXT(" 250 x\r\n"), 0, false, "" },
};

START_TEST(reads_replies)
{
	uint8_t *p = exact(replies[_i].p, replies[_i].n);
	const char *what = replies[_i].what;
	struct line_reply reply;
	bool is = line_reply(p, replies[_i].n, &reply);

	ck_assert_msg(is == (replies[_i].code != 0), "%s", what);
	if (is) {
		ck_assert_msg(reply.code == replies[_i].code, "%s", what);
		ck_assert_msg(reply.last == replies[_i].last, "%s", what);
		ck_assert_msg(
		    reply.length == strlen(replies[_i].text) &&
			memcmp(reply.text, replies[_i].text, reply.length) == 0,
		    "%s: text", what);
	}
	free(p);
}
END_TEST

/* Any number of octets: written, read, the same; and no line too long. */
START_TEST(carries_any_length)
{
	struct buf line = { 0 }, octets = { 0 };
	uint8_t data[LINE_VERB_DATA];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 151 >> 2);
	for (size_t n = 0; n <= sizeof(data); n++) {
		buf_reset(&line);
		buf_reset(&octets);
		line_put_verb(&line, data, n);
		ck_assert_uint_le(line.n, LINE_OCTETS);
		ck_assert_int_eq(line_verb(line.p, line.n, &octets), 250);
		ck_assert_uint_eq(octets.n, n);
		ck_assert(n == 0 || memcmp(octets.p, data, n) == 0);
	}
	ck_assert_uint_eq(line.n, 998);
	buf_done(&line);
	buf_done(&octets);
}
END_TEST

/* The lines of an answer, joined again. */
static void
answer_reads(const uint8_t *data, size_t n)
{
	struct buf out = { 0 }, octets = { 0 };
	size_t at = 0, length;
	struct line_reply reply;

	line_put_reply(&out, data, n);
	do {
		ck_assert_int_eq(
		    line_end(out.p + at, out.n - at, &length), LINE_WHOLE);
		ck_assert(line_reply(out.p + at, length, &reply));
		ck_assert_int_eq(reply.code, 250);
		ck_assert(base64_decode(reply.text, reply.length, &octets));
		at += length;
	} while (!reply.last);
	ck_assert_uint_eq(at, out.n);
	ck_assert_uint_eq(octets.n, n);
	ck_assert(n == 0 || memcmp(octets.p, data, n) == 0);
	buf_done(&out);
	buf_done(&octets);
}

START_TEST(answers_any_length)
{
	static uint8_t data[4 * LINE_REPLY_DATA];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7919 >> 3);
	for (size_t n = 0; n <= sizeof(data); n += n < 8 ? 1 : 31)
		answer_reads(data, n);
	for (size_t k = 1; k <= 4; k++) {
		answer_reads(data, k * LINE_REPLY_DATA - 1);
		answer_reads(data, k * LINE_REPLY_DATA);
	}
}
END_TEST

START_TEST(refusals_are_replies)
{
	static const int codes[] = { 421, 454, 500, 501, 502, 503 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct buf out = { 0 };
		struct line_reply reply;

		line_put_refusal(&out, codes[i]);
		ck_assert(line_reply(out.p, out.n, &reply) && reply.last);
		ck_assert_int_eq(reply.code, codes[i]);
		ck_assert_int_eq(reply.text[0], '0' + codes[i] / 100);
		buf_done(&out);
	}
}
END_TEST

#define ROWS(t) (int)(sizeof(t) / sizeof((t)[0]))

int
main(void)
{
	Suite *suite = suite_create("verb_line");
	TCase *tc = tcase_create("lines");

	tcase_add_loop_test(tc, knows_commands, 0, ROWS(kinds));
	tcase_add_loop_test(tc, decides_once, 0, ROWS(kinds));
	tcase_add_loop_test(tc, reads_verbs, 0, ROWS(verbs));
	tcase_add_loop_test(tc, finds_ends, 0, ROWS(ends));
	tcase_add_test(tc, bounds_lines);
	tcase_add_loop_test(tc, reads_replies, 0, ROWS(replies));
	tcase_add_test(tc, carries_any_length);
	tcase_add_test(tc, answers_any_length);
	tcase_add_test(tc, refusals_are_replies);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
