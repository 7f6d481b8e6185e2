/*
 * test_trace.c - marks with real keys: the example of lsrd-trace(7), and
 * what becomes of visits when a mark key is rolled or revoked.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "core/trace/mark.h"
#include "crypt/crypto.h"
#include "t/tap.h"

#define NOW (UINT64_C(1794787200) * 1000)

/* Private halves: TEST 1 and 2 of RFC 8032, 7.1, and any other two. */
static const char *const secrets[] = {
	"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	"1111111111111111111111111111111111111111111111111111111111111111",
	"2222222222222222222222222222222222222222222222222222222222222222",
};

enum { OURS, THEIRS, NEW, NEWER, KEYS };

struct one {
	struct crypto crypto;
	uint8_t public_key[CRYPTO_PUBLIC], name[CRYPTO_DIGEST];
	uint8_t recipients[MARK_RECIPIENTS];
};

/* All keys, and which of them are known. */
struct ring {
	struct one key[KEYS];
	bool known[KEYS];
};

static const char *const recipients[] = { "u@paris.example.org" };
static uint8_t message[CRYPTO_DIGEST];

static EVP_PKEY *
private_key(const char *hex)
{
	uint8_t octets[32];

	for (size_t i = 0; i < sizeof(octets); i++) {
		unsigned octet;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &octet), 1);
		octets[i] = (uint8_t)octet;
	}
	return EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, octets, sizeof(octets));
}

static void
ring_init(struct ring *ring)
{
	const char id[] = "<20261121@london.example.org>";

	memset(ring, 0, sizeof(*ring));
	for (size_t i = 0; i < KEYS; i++) {
		struct one *k = &ring->key[i];
		EVP_PKEY *key = private_key(secrets[i]);
		size_t n = CRYPTO_PUBLIC;
		uint8_t secret[CRYPTO_DIGEST];

		ck_assert(EVP_PKEY_get_raw_public_key(key, k->public_key, &n));
		crypto_init(&k->crypto, key, NULL);
		k->crypto.digest(
		    k->crypto.ctx, k->public_key, CRYPTO_PUBLIC, k->name);
		mark_secret(&k->crypto, secret);
		mark_recipients(
		    recipients, 1, secret, &k->crypto, k->recipients);
		ring->known[i] = true;
	}
	mark_message(id, strlen(id), &ring->key[0].crypto, message);
}

static void
ring_done(struct ring *ring)
{
	for (size_t i = 0; i < KEYS; i++)
		crypto_done(&ring->key[i].crypto);
}

static bool
find(void *ctx, const uint8_t key[CRYPTO_DIGEST],
    uint8_t public_key[CRYPTO_PUBLIC])
{
	const struct ring *ring = ctx;

	for (size_t i = 0; i < KEYS; i++)
		if (ring->known[i] &&
		    memcmp(ring->key[i].name, key, CRYPTO_DIGEST) == 0) {
			memcpy(
			    public_key, ring->key[i].public_key, CRYPTO_PUBLIC);
			return true;
		}
	return false;
}

static struct visit
visit_of(const struct ring *ring, size_t key, const struct visit *previous)
{
	const struct one *k = &ring->key[key];
	struct visit v = { .now = { 7, 12 },
		.before = { 7, 12 },
		.time_ms = NOW - 60000,
		.first = previous == NULL };

	memcpy(v.key, k->name, CRYPTO_DIGEST);
	memcpy(v.recipients, k->recipients, MARK_RECIPIENTS);
	if (v.first) {
		v.size = 4711;
		v.priority = 2;
		memcpy(v.sender, "a@london.example.org", 21);
	}
	mark_sign(&v, previous, message, &k->crypto);
	return v;
}

static void
add(struct mark_trace *trace, const struct visit *visit)
{
	struct buf text = { 0 };

	mark_encode(visit, &text);
	mark_trace_add(trace, (const char *)text.p, text.n);
	buf_done(&text);
}

/* --- the manual ---------------------------------------------------------------- */

/* The page without line ends, so that an example that is cut into lines is
 * found; the caller owns it. */
static char *
page(void)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	struct buf out = { 0 };
	FILE *in;
	int c;

	snprintf(
	    path, sizeof(path), "%s/man/lsrd-trace.7", top == NULL ? "." : top);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s", path);
	while ((c = fgetc(in)) != EOF)
		if (c != '\n')
			buf_u8(&out, (uint8_t)c);
	fclose(in);
	return buf_string(&out);
}

START_TEST(example_is_right)
{
	struct ring ring;
	struct visit first, second;
	const struct visit *both[] = { &first, &second };
	char *manual = page();

	ring_init(&ring);
	first = visit_of(&ring, OURS, NULL);
	second = visit_of(&ring, THEIRS, &first);
	for (size_t i = 0; i < 2; i++) {
		struct buf text = { 0 };
		char *word;

		mark_encode(both[i], &text);
		word = buf_string(&text);
		ck_assert_msg(strstr(manual, word) != NULL,
		    "lsrd-trace(7) has not: %s", word);
		mem_free(word);
	}
	mem_free(manual);
	ring_done(&ring);
}
END_TEST

/* --- rolls and revocations ------------------------------------------------------ */

static bool
no_next_hop(void *ctx, const uint8_t key[CRYPTO_DIGEST])
{
	(void)ctx;
	(void)key;
	return false;
}

/*
 * A message with visits by two keys, the older first, comes to us; our mark
 * keys are now these two. One key may be known no more.
 */
static const struct {
	const char *what;
	int older, newer, current, previous, unknown;
	bool stands[2]; /* the older, the newer */
	enum mark_verdict verdict;
} rows[] = {
	{ "no roll", OURS, THEIRS, OURS, -1, -1, { true, true }, MARK_SETTLED },
	{ "rolled while it was underway", OURS, THEIRS, NEW, OURS, -1,
	    { true, true }, MARK_SETTLED },
	{ "rolled, and it came by again", OURS, NEW, NEW, OURS, -1,
	    { true, true }, MARK_SETTLED },
	{ "rolled twice: known to others still", OURS, THEIRS, NEWER, NEW, -1,
	    { true, true }, MARK_PASSES },
	{ "rolled twice", OURS, THEIRS, NEWER, NEW, OURS, { false, false },
	    MARK_PASSES },
	{ "their key is revoked", OURS, THEIRS, OURS, -1, THEIRS,
	    { true, false }, MARK_SETTLED },
	{ "their key is revoked, theirs is older", THEIRS, OURS, OURS, -1,
	    THEIRS, { false, false }, MARK_PASSES },
};

static bool
since_twelve(void *ctx, size_t i, struct mtable_version *out)
{
	(void)ctx;
	*out = (struct mtable_version){ 7, 12 };
	return i == 0;
}

static void
present_make(struct mark_present *p, const struct ring *ring, const int ours[2])
{
	*p = (struct mark_present){ .time_ms = NOW,
		.received = 3,
		.hop_limit = 100,
		.since = since_twelve,
		.next_hop = no_next_hop };
	memcpy(p->message, message, CRYPTO_DIGEST);
	for (; p->nself < 2 && ours[p->nself] >= 0; p->nself++) {
		const struct one *k = &ring->key[ours[p->nself]];

		memcpy(p->self[p->nself].key, k->name, CRYPTO_DIGEST);
		memcpy(p->self[p->nself].recipients, k->recipients,
		    MARK_RECIPIENTS);
	}
}

START_TEST(keys_roll)
{
	struct ring ring;
	struct mark_keys keys = { &ring, find };
	struct mark_trace trace = { 0 };
	struct mark_present present;
	struct visit older, newer;
	int ours[2] = { rows[_i].current, rows[_i].previous };

	ring_init(&ring);
	older = visit_of(&ring, (size_t)rows[_i].older, NULL);
	newer = visit_of(&ring, (size_t)rows[_i].newer, &older);
	if (rows[_i].unknown >= 0)
		ring.known[rows[_i].unknown] = false;
	add(&trace, &newer);
	add(&trace, &older);
	mark_trace_verify(&trace, message, &keys, &ring.key[0].crypto);
	present_make(&present, &ring, ours);
	for (size_t i = 0; i < 2; i++)
		ck_assert_msg(
		    trace.fields.v[1 - i].stands == rows[_i].stands[i],
		    "%s: %zu", rows[_i].what, i);
	ck_assert_msg(mark_judge(&trace, &present) == rows[_i].verdict,
	    "%s: %s", rows[_i].what, mark_word(mark_judge(&trace, &present)));
	mark_trace_done(&trace);
	ring_done(&ring);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trace");
	TCase *tc = tcase_create("trace");

	tcase_add_test(tc, example_is_right);
	tcase_add_loop_test(
	    tc, keys_roll, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
