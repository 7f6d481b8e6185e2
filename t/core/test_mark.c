/* Visits as octets, and what stands of a trace. */

#include "core/trace/mark.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/policy.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define NOW (UINT64_C(1794787200) * 1000)

static const uint8_t message[CRYPTO_DIGEST] = { 'm' };

/* Keys of servers are A to H, as long as they are among the letters. */
static bool
find(void *ctx, const uint8_t key[CRYPTO_DIGEST],
    uint8_t public_key[CRYPTO_PUBLIC])
{
	uint8_t other[CRYPTO_DIGEST];

	for (const char *letter = ctx; *letter != '\0'; letter++) {
		cheap_key(*letter, other);
		cheap_public(*letter, public_key);
		if (memcmp(key, other, CRYPTO_DIGEST) == 0)
			return true;
	}
	return false;
}

static struct mark_keys
keys_of(const char *letters)
{
	return (struct mark_keys){ (void *)(uintptr_t)letters, find };
}

/* One visit by the key of a letter, signed. */
static struct visit
visit_of(const char *letter, const struct visit *previous)
{
	struct crypto crypto = cheap_seal(letter);
	struct visit v = { .now = { 2, 7 },
		.before = { 2, 6 },
		.time_ms = NOW,
		.first = previous == NULL };

	cheap_key(*letter, v.key);
	memcpy(v.recipients, "recipients.1234", MARK_RECIPIENTS);
	if (v.first) {
		v.size = 4711;
		v.priority = POLICY_URGENT;
		memcpy(v.sender, "a@b.example", 12);
	}
	mark_sign(&v, previous, message, &crypto);
	return v;
}

/* --- octets ---------------------------------------------------------------- */

/* Decodes a copy of exactly that size. */
static int
decode(const char *text, size_t n, struct visit *out)
{
	char *copy = malloc(n == 0 ? 1 : n);
	int rc;

	if (n > 0)
		memcpy(copy, text, n);
	rc = mark_decode(copy, n, out);
	free(copy);
	return rc;
}

START_TEST(comes_back)
{
	struct visit first = visit_of("A", NULL),
		     second = visit_of("B", &first);
	const struct visit *both[] = { &first, &second };

	for (size_t i = 0; i < 2; i++) {
		struct buf text = { 0 };
		struct visit got;

		buf_text(&text, i == 0 ? "" : " \r\n\t");
		mark_encode(both[i], &text);
		buf_text(&text, i == 0 ? "" : "\r\n");
		ck_assert_int_eq(decode((char *)text.p, text.n, &got), RC_OK);
		ck_assert_mem_eq(&got, both[i], sizeof(got));
		buf_done(&text);
	}
	ck_assert_uint_eq(second.length, 154);
	ck_assert_uint_eq(first.length, 165 + 11);
}
END_TEST

START_TEST(longest_fits_a_line)
{
	struct crypto crypto = cheap_seal("A");
	struct buf text = { 0 };
	struct visit v = { .first = true }, got;

	memset(v.sender, 'x', LIMIT_SENDER_OCTETS);
	mark_sign(&v, NULL, message, &crypto);
	ck_assert_uint_eq(v.length, MARK_OCTETS_MAX);
	mark_encode(&v, &text);
	ck_assert_uint_le(strlen(MARK_FIELD ": ") + text.n, 998);
	ck_assert_int_eq(decode((char *)text.p, text.n, &got), RC_OK);
	ck_assert_str_eq(got.sender, v.sender);
	buf_done(&text);
}
END_TEST

static const struct {
	const char *what;
	bool first;
	size_t at; /* this octet becomes */
	uint8_t octet;
	int more; /* octets added or taken */
	int rc;
} octets[] = {
	{ "as it was", true, 0, 1, 0, RC_OK },
	{ "another format", true, 0, 2, 0, RC_VERSION },
	{ "an unknown flag", true, 1, 3, 0, RC_RANGE },
	{ "first without its part", false, 1, 1, 0, RC_SHORT },
	{ "not first with its part", true, 1, 0, 0, RC_LONG },
	{ "a control in the sender", true, 101, '\n', 0, RC_RANGE },
	{ "a blank in the sender", true, 106, ' ', 0, RC_RANGE },
	{ "DEL in the sender", true, 111, 0x7f, 0, RC_RANGE },
	{ "UTF-8 in the sender", true, 111, 0xc3, 0, RC_OK },
	{ "sender too long", true, 99, 2, 0, RC_SHORT },
	{ "an octet more", true, 0, 1, 1, RC_LONG },
	{ "an octet less", true, 0, 1, -1, RC_SHORT },
	{ "not first, an octet more", false, 0, 1, 1, RC_LONG },
	{ "not first, an octet less", false, 0, 1, -1, RC_SHORT },
	{ "half of it", false, 0, 1, -80, RC_SHORT },
	{ "an octet alone", false, 0, 1, -153, RC_SHORT },
	{ "nothing", false, 0, 1, -154, RC_SHORT },
	{ "longer than any", true, 0, 1, 310, RC_LONG },
};

START_TEST(octets_judged)
{
	struct visit a = visit_of("A", NULL), b = visit_of("B", &a), got;
	const struct visit *v = octets[_i].first ? &a : &b;
	uint8_t copy[2 * MARK_OCTETS_MAX] = { 0 };
	struct buf text = { 0 };

	memcpy(copy, v->octets, v->length);
	copy[octets[_i].at] = octets[_i].octet;
	base64_encode(&text, copy, (size_t)((int)v->length + octets[_i].more));
	ck_assert_msg(decode((char *)text.p, text.n, &got) == octets[_i].rc,
	    "%s: %s", octets[_i].what,
	    rc_word(decode((char *)text.p, text.n, &got)));
	buf_done(&text);
}
END_TEST

static const struct {
	const char *text;
	int rc;
} texts[] = {
	{ "", RC_SHORT },
	{ " \t\r\n", RC_SHORT },
	{ "AQ", RC_FORMAT },
	{ "AQ==", RC_SHORT },
	{ "AQA= AQA=", RC_FORMAT },
	{ "AQ\r\n A=", RC_FORMAT },
	{ "from mx1 by mx2", RC_FORMAT },
};

START_TEST(texts_judged)
{
	struct visit got;

	ck_assert_int_eq(
	    decode(texts[_i].text, strlen(texts[_i].text), &got), texts[_i].rc);
}
END_TEST

static const struct {
	const char *what, *a, *b;
	bool same;
} ids[] = {
	{ "equal", "<1@x>", "<1@x>", true },
	{ "folded", "<1@x>", " <1@x>\r\n", true },
	{ "other", "<1@x>", "<2@x>", false },
	{ "none", "", "<1@x>", false },
};

START_TEST(message_digest)
{
	struct crypto crypto = cheap_seal("A");
	uint8_t a[CRYPTO_DIGEST], b[CRYPTO_DIGEST];

	mark_message(ids[_i].a, strlen(ids[_i].a), &crypto, a);
	mark_message(ids[_i].b, strlen(ids[_i].b), &crypto, b);
	ck_assert_msg(
	    (memcmp(a, b, sizeof(a)) == 0) == ids[_i].same, "%s", ids[_i].what);
}
END_TEST

static const struct {
	const char *what, *a[3], *b[3];
	size_t na, nb;
	bool same;
} lists[] = {
	{ "equal", { "a@x" }, { "a@x" }, 1, 1, true },
	{ "case", { "a@X" }, { "A@x" }, 1, 1, true },
	{ "order", { "a@x", "b@x" }, { "b@x", "a@x" }, 2, 2, true },
	{ "twice", { "a@x", "b@x" }, { "b@x", "a@x", "B@x" }, 2, 3, true },
	{ "one less", { "a@x", "b@x" }, { "a@x" }, 2, 1, false },
	{ "other", { "a@x" }, { "b@x" }, 1, 1, false },
	{ "cut elsewhere", { "a@x", "b@x" }, { "a@xb", "@x" }, 2, 2, false },
	{ "none", { NULL }, { "" }, 0, 1, false },
};

START_TEST(recipient_digest)
{
	struct crypto crypto = cheap_seal("A");
	uint8_t a[MARK_RECIPIENTS], b[MARK_RECIPIENTS], c[MARK_RECIPIENTS];
	uint8_t secret[CRYPTO_DIGEST], other[CRYPTO_DIGEST] = { 1 };

	mark_secret(&crypto, secret);
	mark_recipients(lists[_i].a, lists[_i].na, secret, &crypto, a);
	mark_recipients(lists[_i].b, lists[_i].nb, secret, &crypto, b);
	mark_recipients(lists[_i].a, lists[_i].na, other, &crypto, c);
	ck_assert_msg((memcmp(a, b, sizeof(a)) == 0) == lists[_i].same, "%s",
	    lists[_i].what);
	ck_assert_msg(memcmp(a, c, sizeof(a)) != 0, "%s: the secret counts",
	    lists[_i].what);
}
END_TEST

START_TEST(secret_is_the_keys)
{
	struct crypto crypto = cheap_seal("A"), other = cheap_seal("B");
	uint8_t a[CRYPTO_DIGEST], again[CRYPTO_DIGEST], b[CRYPTO_DIGEST];

	mark_secret(&crypto, a);
	mark_secret(&crypto, again);
	mark_secret(&other, b);
	ck_assert_mem_eq(a, again, sizeof(a));
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
}
END_TEST

/* --- what stands ------------------------------------------------------------ */

/*
 * `made` is a chain of visits, the oldest first, each signed over the one
 * before it; `arrives` is which of them arrive, by place from 1, the oldest
 * first, * for a field that nobody can read; `known` are the keys.
 */
static const struct {
	const char *what, *made, *arrives, *known, *stands;
} traces[] = {
	{ "none", "", "", "AB", "" },
	{ "one", "A", "1", "AB", "1" },
	{ "its key is not known", "A", "1", "B", "0" },
	{ "three", "ABA", "123", "AB", "111" },
	{ "the oldest is lost", "ABA", "23", "AB", "00" },
	{ "one between is lost", "ABA", "13", "AB", "10" },
	{ "the newest is lost", "ABA", "12", "AB", "11" },
	{ "others' order", "AB", "21", "AB", "01" },
	{ "twice the same", "AB", "1212", "AB", "1100" },
	{ "one not readable below", "AB", "*12", "AB", "011" },
	{ "one not readable between", "AB", "1*2", "AB", "101" },
	{ "one not readable on top", "AB", "12*", "AB", "110" },
	{ "a key revoked: what was over it", "ABCD", "1234", "ACD", "1000" },
	{ "the newest key revoked", "ABC", "123", "AB", "110" },
};

/* Adds the fields in the order of the header, the newest first. */
static void
arrive(struct mark_trace *trace, const struct visit *made, const char *which)
{
	for (size_t i = strlen(which); i-- > 0;) {
		struct buf text = { 0 };

		if (which[i] == '*')
			buf_text(&text, "bm9uc2Vuc2U=");
		else
			mark_encode(&made[which[i] - '1'], &text);
		mark_trace_add(trace, (char *)text.p, text.n);
		buf_done(&text);
	}
}

START_TEST(trace_stands)
{
	const char *made = traces[_i].made, *stands = traces[_i].stands;
	struct visit visits[8];
	struct mark_trace trace = { 0 };
	struct mark_keys keys = keys_of(traces[_i].known);
	struct crypto crypto = cheap_seal("A");
	size_t n = strlen(stands), standing = 0;

	for (size_t i = 0; made[i] != '\0'; i++)
		visits[i] = visit_of(made + i, i == 0 ? NULL : &visits[i - 1]);
	arrive(&trace, visits, traces[_i].arrives);
	mark_trace_verify(&trace, message, &keys, &crypto);
	ck_assert_uint_eq(trace.fields.n, n);
	for (size_t i = 0; i < n; i++) {
		bool want = stands[n - 1 - i] == '1';

		standing += want;
		ck_assert_msg(trace.fields.v[i].stands == want, "%s: %zu",
		    traces[_i].what, i);
	}
	ck_assert((mark_trace_newest(&trace) == NULL) == (standing == 0));
	ck_assert((mark_trace_first(&trace) == mark_trace_newest(&trace)) ==
		  (standing < 2));
	mark_trace_done(&trace);
}
END_TEST

START_TEST(other_message)
{
	struct visit v = visit_of("A", NULL);
	struct mark_trace trace = { 0 };
	struct mark_keys keys = keys_of("A");
	struct crypto crypto = cheap_seal("A");
	const uint8_t other[CRYPTO_DIGEST] = { 'o' };

	arrive(&trace, &v, "1");
	mark_trace_verify(&trace, other, &keys, &crypto);
	ck_assert(!trace.fields.v[0].stands);
	mark_trace_done(&trace);
}
END_TEST

/* Every bit of a visit is under the signature. */
START_TEST(bits_count)
{
	struct visit v = visit_of("A", NULL);
	struct mark_keys keys = keys_of("A");
	struct crypto crypto = cheap_seal("A");

	for (size_t i = 0; i < 8 * v.length; i++) {
		struct mark_trace trace = { 0 };
		struct visit bent = v;

		bent.octets[i / 8] ^= (uint8_t)(1 << i % 8);
		arrive(&trace, &bent, "1");
		mark_trace_verify(&trace, message, &keys, &crypto);
		ck_assert_msg(!trace.fields.v[0].stands, "bit %zu", i);
		mark_trace_done(&trace);
	}
}
END_TEST

static const size_t many[] = { LIMIT_TRACE_FIELDS, LIMIT_TRACE_FIELDS + 1,
	3 * LIMIT_TRACE_FIELDS };

START_TEST(too_many)
{
	size_t n = many[_i];
	struct visit *made = mem_new(0, n, sizeof(*made));
	struct mark_trace trace = { 0 };
	struct mark_keys keys = keys_of("A");
	struct crypto crypto = cheap_seal("A");

	for (size_t i = 0; i < n; i++)
		made[i] = visit_of("A", i == 0 ? NULL : &made[i - 1]);
	for (size_t i = n; i-- > 0;)
		arrive(&trace, made + i, "1");
	mark_trace_verify(&trace, message, &keys, &crypto);
	/* that there are more is known by one of them */
	ck_assert_uint_eq(trace.fields.n,
	    n <= LIMIT_TRACE_FIELDS ? n : LIMIT_TRACE_FIELDS + 1);
	for (size_t i = 0; i < trace.fields.n; i++)
		ck_assert(
		    trace.fields.v[i].stands == (n <= LIMIT_TRACE_FIELDS));
	mark_trace_done(&trace);
	mem_free(made);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("mark");
	TCase *tc = tcase_create("mark");

	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, longest_fits_a_line);
	tcase_add_loop_test(tc, octets_judged, 0, ROWS(octets));
	tcase_add_loop_test(tc, texts_judged, 0, ROWS(texts));
	tcase_add_loop_test(tc, message_digest, 0, ROWS(ids));
	tcase_add_loop_test(tc, recipient_digest, 0, ROWS(lists));
	tcase_add_test(tc, secret_is_the_keys);
	tcase_add_loop_test(tc, trace_stands, 0, ROWS(traces));
	tcase_add_test(tc, other_message);
	tcase_add_test(tc, bits_count);
	tcase_add_loop_test(tc, too_many, 0, ROWS(many));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
