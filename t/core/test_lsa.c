/* test_lsa.c - every body to octets and back; every way to be cut or wrong. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa.h"
#include "core/lsa/lsdb.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define NAME "mx1.london.example.org"
#define HEX32 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TEXT(s) ((char *)(uintptr_t)(s))

static char *names[] = { TEXT("a.example.org"), TEXT("b.example.org") };

static void
server_body(struct buf *body)
{
	static const uint8_t mark[CRYPTO_PUBLIC] = { 0 };
	struct lsa_server s = {
		.group = TEXT("london"),
		.smtp = (struct addr[]){ { 4, { 192, 0, 2, 1 }, 25 },
		    { 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 }, 25 } },
		.nsmtp = 2,
		.peer = (struct addr[]){ { 4, { 192, 0, 2, 1 }, 691 } },
		.npeer = 1,
		.mark = { mark },
		.nmark = 1,
		.state = LSA_DRAIN,
		.drain_until = 77,
		.reason = TEXT("new disks"),
		.neighbours = names,
		.nneighbours = 2,
		.mail_up = names,
		.nmail_up = 1,
		.mail_down = names + 1,
		.nmail_down = 1,
		.mta_down = true,
		.drain_since = 70,
		.program = TEXT("1.2.3~rc1"),
		.position = { { -100000, 51500000 }, 2 },
		.drain_who = TEXT("alice"),
	};

	lsa_server_encode(body, &s);
}

static void
connector_body(struct buf *body)
{
	struct lsa_bridgehead b[] = { { names[0], true, 10 },
		{ names[1], false, 20 } };
	struct lsa_drain drains[] = { { 70, 0, true, TEXT("bob new line") },
		{ 71, 77, false, TEXT("a.example.org alice") },
		{ 72, 78, false, TEXT("b.example.org bob slow, and late") } };
	struct lsa_connector c = {
		.drains = drains,
		.ndrains = 3,
		.group = TEXT("paris"),
		.state = LSA_UP,
		.bridgeheads = b,
		.nbridgeheads = 2,
		.congestion = 2,
		.policy = &(struct policy){ .max_size = 1000,
		    .priorities = POLICY_URGENT,
		    .allow = names,
		    .nallow = 2 },
		.since = TEXT("12:00:03Z"),
	};

	lsa_connector_encode(body, &c);
}

static void
space_body(struct buf *body)
{
	struct lsa_space s = { .cost = 5, .relay = true, .local = true };

	lsa_space_encode(body, &s);
}

static void
identity_body(struct buf *body)
{
	struct lsa_identity i = { .cert = { (const uint8_t *)"cert" },
		.cert_len = { 4 },
		.ncerts = 1 };

	lsa_identity_encode(body, &i);
}

static void
forget_body(struct buf *body)
{
	lsa_forget_encode(body, 9);
}

static const struct {
	struct lsa_key key;
	void (*body)(struct buf *body);
} kinds[] = {
	{ { NAME, "", LSA_SERVER }, server_body },
	{ { NAME, "london-paris", LSA_CONNECTOR }, connector_body },
	{ { NAME, "london.example.org", LSA_SPACE }, space_body },
	{ { NAME, "", LSA_IDENTITY }, identity_body },
	{ { NAME, HEX32, LSA_FORGET }, forget_body },
};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void
make(struct buf *out, const struct lsa_key *key, uint64_t seq,
    const struct buf *body)
{
	struct crypto crypto = cheap_seal("a");
	uint8_t org[CRYPTO_DIGEST] = { 1 }, signer[CRYPTO_DIGEST] = { 2 };
	struct lsa_draft draft = { .key = *key,
		.org = org,
		.signer = signer,
		.seq = seq,
		.issued = 1000,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n,
		.purge = body == NULL };

	lsa_encode(out, &draft, &crypto);
}

/* Decodes from a block of exactly that size, so that ASan guards it. */
static int
decode(const uint8_t *p, size_t n, struct lsa **out)
{
	struct crypto crypto = cheap_seal("a");
	uint8_t *copy = malloc(n + (n == 0));
	int rc;

	if (n > 0)
		memcpy(copy, p, n);
	rc = lsa_decode(copy, n, &crypto, out);
	free(copy);
	return rc;
}

START_TEST(octets_are_kept)
{
	struct buf body = { 0 }, out = { 0 };
	struct crypto crypto = cheap_seal("a");
	uint8_t key[CRYPTO_PUBLIC];
	struct lsa *lsa;

	kinds[_i].body(&body);
	make(&out, &kinds[_i].key, 7, &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	ck_assert_int_eq(lsa_key_order(&lsa->key, &kinds[_i].key), 0);
	ck_assert_uint_eq(lsa->len, out.n);
	ck_assert(memcmp(lsa->octets, out.p, out.n) == 0);
	cheap_public('a', key);
	ck_assert(lsa_verify(lsa, &crypto, key));
	cheap_public('b', key);
	ck_assert(!lsa_verify(lsa, &crypto, key));
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

START_TEST(cut_anywhere_is_refused)
{
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;

	kinds[_i].body(&body);
	for (size_t n = 0; n < body.n; n++) { /* the body cut, the rest whole */
		struct buf part = { .p = body.p, .n = n };
		int rc;

		buf_reset(&out);
		make(&out, &kinds[_i].key, 7, &part);
		rc = decode(out.p, out.n, &lsa);
		ck_assert_msg((rc == RC_OK) == (lsa != NULL), "at %zu", n);
		lsa_free(lsa);
	}
	buf_reset(&out);
	make(&out, &kinds[_i].key, 7, &body);
	for (size_t n = 0; n < out.n; n++)
		ck_assert_int_ne(decode(out.p, n, &lsa), RC_OK);
	buf_u8(&out, 0);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_LONG);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

/* Bodies that must be refused, as TLV octets. */
static const struct {
	const char *what;
	struct lsa_key key;
	int rc;
	size_t len;
	const char *body;
} bad[] = {
	{ "no group", { NAME, "", LSA_SERVER }, RC_MISSING, 13,
	    "\0\5\0\x9\0\0\0\0\0\0\0\0\0" },
	{ "group twice", { NAME, "", LSA_SERVER }, RC_TWICE, 10,
	    "\0\1\0\1a\0\1\0\1b" },
	{ "group with a line feed", { NAME, "", LSA_SERVER }, RC_NAME, 7,
	    "\0\1\0\3a\nb" },
	{ "group with a NUL", { NAME, "", LSA_SERVER }, RC_NAME, 7,
	    "\0\1\0\3a\0b" },
	{ "upper case", { NAME, "", LSA_SERVER }, RC_NAME, 5, "\0\1\0\1A" },
	{ "types out of order", { NAME, "", LSA_SERVER }, RC_RANGE, 18,
	    "\0\5\0\x9\0\0\0\0\0\0\0\0\0\0\1\0\1a" },
	{ "state out of range", { NAME, "", LSA_SERVER }, RC_RANGE, 18,
	    "\0\1\0\1a\0\5\0\x9\x9\0\0\0\0\0\0\0\0" },
	{ "unspecified address", { NAME, "", LSA_SERVER }, RC_NAME, 16,
	    "\0\1\0\1a\0\2\0\7\4\0\0\0\0\0\x19" },
	{ "port 0", { NAME, "", LSA_SERVER }, RC_NAME, 16,
	    "\0\1\0\1a\0\2\0\7\4\xc0\0\2\1\0\0" },
	{ "family 5", { NAME, "", LSA_SERVER }, RC_SHORT, 16,
	    "\0\1\0\1a\0\2\0\7\5\xc0\0\2\1\0\x19" },
	{ "TLV past the end", { NAME, "", LSA_SERVER }, RC_SHORT, 5,
	    "\0\1\xff\xff\x61" },
	{ "connector cost 0", { NAME, "c", LSA_CONNECTOR }, RC_RANGE, 17,
	    "\0\1\0\1a\0\3\0\x8\1\0\0\0\0a.b" },
	{ "space without flags", { NAME, "a.b", LSA_SPACE }, RC_MISSING, 8,
	    "\0\1\0\4\0\0\0\1" },
	{ "space cost too great", { NAME, "a.b", LSA_SPACE }, RC_RANGE, 8,
	    "\0\1\0\4\0\1\0\0" },
	{ "drained by nobody", { NAME, "", LSA_SERVER }, RC_NAME, 30,
	    "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
	    "\0\x1f\0\x8\0\0\0\0\0\0\0\1" },
	{ "drained by two words", { NAME, "", LSA_SERVER }, RC_NAME, 33,
	    "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
	    "\0\x1f\0\xb\0\0\0\0\0\0\0\1a b" },
	{ "further east than there is", { NAME, "", LSA_SERVER }, RC_RANGE, 30,
	    "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
	    "\0\x21\0\x8\xa\xba\x95\1\0\0\0\0" },
	{ "further south, too", { NAME, "", LSA_SERVER }, RC_RANGE, 30,
	    "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
	    "\0\x21\0\x8\0\0\0\0\xfa\xa2\xb5\x7f" },
	{ "half a position", { NAME, "", LSA_SERVER }, RC_SHORT, 26,
	    "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
	    "\0\x21\0\4\0\0\0\0" },
	{ "two positions", { NAME, "", LSA_SERVER }, RC_TWICE, 42,
	    "\0\1\0\1a\0\5\0\x9\0\0\0\0\0\0\0\0\0"
	    "\0\x21\0\x8\0\0\0\0\0\0\0\0"
	    "\0\x21\0\x8\0\0\0\0\0\0\0\0" },
	{ "drained without its end", { NAME, "c", LSA_CONNECTOR }, RC_SHORT, 17,
	    "\0\1\0\1a\0\xd\0\x8\0\0\0\0\0\0\0\1" },
	{ "drained, and no word", { NAME, "c", LSA_CONNECTOR }, RC_NAME, 25,
	    "\0\1\0\1a\0\xd\0\x10\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0" },
	{ "drained to no host", { NAME, "c", LSA_CONNECTOR }, RC_NAME, 28,
	    "\0\1\0\1a\0\xe\0\x13\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"
	    "a b" },
	{ "no certificate", { NAME, "", LSA_IDENTITY }, RC_MISSING, 0, "" },
	{ "server with an id", { NAME, "x", LSA_SERVER }, RC_NAME, 0, "" },
	{ "pattern with a pipe", { NAME, "a|b.c", LSA_SPACE }, RC_NAME, 0, "" },
	{ "pattern of 8-bit", { NAME, "\xe4.c", LSA_SPACE }, RC_NAME, 0, "" },
	{ "origin is no host", { "london", "", LSA_SERVER }, RC_NAME, 0, "" },
	{ "origin is an address", { "192.0.2.1", "", LSA_SERVER }, RC_NAME, 0,
	    "" },
	{ "revocation with origin", { NAME, HEX32, LSA_REVOCATION }, RC_NAME, 0,
	    "" },
	{ "forget of half a digest", { NAME, "0123", LSA_FORGET }, RC_NAME, 0,
	    "" },
};

START_TEST(wrong_is_refused)
{
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;
	int rc;

	buf_bytes(&body, bad[_i].body, bad[_i].len);
	make(&out, &bad[_i].key, 7, &body);
	rc = decode(out.p, out.n, &lsa);
	ck_assert_msg(rc == bad[_i].rc, "%s: %s", bad[_i].what, rc_word(rc));
	ck_assert_ptr_null(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

START_TEST(unknown_is_carried)
{
	const struct lsa_key key = { NAME, "whatever", 99 };
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;

	buf_text(&body, "any octets");
	make(&out, &key, 7, &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	lsa_free(lsa);
	buf_reset(&out);
	buf_reset(&body);
	space_body(&body);
	buf_bytes(&body, "\x7f\0\0\1x", 5); /* a TLV of a later version */
	make(&out, &kinds[2].key, 7, &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	lsa_free(lsa);
	buf_reset(&out);
	buf_reset(&body);
	buf_bytes(&body, "\0\0\0\1x", 5); /* and of the least type */
	space_body(&body);
	make(&out, &kinds[2].key, 7, &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

/* What ends a text where it stands, or does not. */
static const struct {
	uint64_t seq;    /* its first octet is behind the id */
	uint16_t behind; /* the type of a TLV behind the last text; 0: none */
	size_t local;    /* octets before the @ of the id */
} stands[] = {
	{ 1, 0, 1 },
	{ UINT64_MAX, 0, 1 },  /* the id is followed by another octet */
	{ UINT64_MAX, 0, 64 }, /* and the origin: the id is 256 and longer */
	{ 1, 0, 64 },
	{ 1, 40, 1 },
	{ 1, 0x0140, 1 }, /* the text before it is followed by another */
	{ UINT64_MAX, 0xffff, 64 },
};

/* What an operator says of a drain comes as it was said. */
START_TEST(drains_are_told)
{
	struct buf body = { 0 }, out = { 0 }, told = { 0 };
	struct json j = { .out = &told };
	struct lsa_drain_words words;
	const struct lsa_connector *c;
	struct lsa *lsa;

	server_body(&body);
	make(&out, &kinds[0].key, 7, &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	ck_assert_str_eq(lsa_server(lsa)->drain_who, "alice");
	ck_assert_uint_eq(lsa_server(lsa)->drain_since, 70);
	ck_assert_str_eq(lsa_server(lsa)->program, "1.2.3~rc1");
	lsa_position_show(&j, &lsa_server(lsa)->position);
	buf_u8(&told, 0);
	ck_assert_str_eq((char *)told.p, "\"position\":[-0.1,51.5]");
	buf_reset(&told);
	j.comma = false;
	lsa_free(lsa);
	buf_reset(&body);
	buf_reset(&out);
	connector_body(&body);
	make(&out, &kinds[1].key, 7, &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	c = lsa_connector(lsa);
	ck_assert_uint_eq(c->ndrains, 3);
	ck_assert(lsa_drain_read(c->drains[2].text, false, &words));
	ck_assert_str_eq(words.bridgehead, "b.example.org");
	ck_assert_str_eq(words.who, "bob");
	ck_assert_str_eq(words.reason, "slow, and late");
	lsa_drains_show(&j, c);
	buf_u8(&told, 0);
	ck_assert_ptr_nonnull(strstr((char *)told.p,
	    "{\"server\":\"a.example.org\",\"by\":\"alice\",\"since\":71,"
	    "\"until\":77}"));
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
	buf_done(&told);
}
END_TEST

/* A text for an MTA has nothing that one would read. */
START_TEST(drains_as_text)
{
	struct buf out = { 0 };

	lsa_drain_text(&out, &(struct lsa_drain_told){ 0, 1800000000, "a@b",
				 "smtp:[x] 4.7.1 <y>; `z`" });
	buf_u8(&out, 0);
	ck_assert_str_eq((char *)out.p,
	    " by a?b until 2027-01-15T08:00:00Z, smtp??x? 4.7.1 ?y?? ?z?");
	buf_done(&out);
}
END_TEST

START_TEST(texts_wherever_they_stand)
{
	char group[] = "london", down[] = "mx9.example.org", id[330];
	char *list[] = { down };
	struct lsa_server server = {
		.group = group, .mail_down = list, .nmail_down = 1
	};
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa, *copy;

	memset(id, 'a', sizeof(id));
	id[stands[_i].local] = '@';
	id[stands[_i].local + 9] = '.';
	for (size_t i = stands[_i].local + 60; i < 317; i += 60)
		id[i] = '.';
	id[stands[_i].local == 64 ? 310 : 20] = '\0';
	lsa_server_encode(&body, &server);
	if (stands[_i].behind != 0) {
		buf_u16(&body, stands[_i].behind);
		buf_u16(&body, 1);
		buf_u8(&body, 7);
	}
	make(&out, &(struct lsa_key){ NAME, "", LSA_SERVER }, stands[_i].seq,
	    &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	ck_assert_str_eq(lsa->key.origin, NAME);
	ck_assert_str_eq(lsa->key.id, "");
	ck_assert_str_eq(lsa_server(lsa)->group, group);
	ck_assert_str_eq(lsa_server(lsa)->mail_down[0], down);
	lsa_free(lsa);
	buf_reset(&body);
	buf_reset(&out);
	lsa_space_encode(&body, &(struct lsa_space){ .cost = 1 });
	make(&out, &(struct lsa_key){ NAME, id, LSA_SPACE }, stands[_i].seq,
	    &body);
	ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
	copy = lsa_copy(lsa);
	ck_assert_mem_eq(copy->octets, out.p, out.n);
	lsa_free(lsa);
	ck_assert_str_eq(copy->key.origin, NAME);
	ck_assert_str_eq(copy->key.id, id);
	lsa_free(copy);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

START_TEST(database_keeps_the_newest)
{
	static const uint8_t none[CRYPTO_DIGEST];
	struct buf body = { 0 }, out = { 0 };
	struct crypto crypto = cheap_seal("a");
	struct lsdb db;
	struct lsa *lsa;

	lsdb_init(&db);
	for (int round = 1; round <= 3; round++)
		for (int k = 0; k < KINDS; k++) {
			buf_reset(&body);
			buf_reset(&out);
			kinds[k].body(&body);
			make(&out, &kinds[k].key, (uint64_t)round,
			    round == 3 && k == 2 ? NULL : &body);
			ck_assert_int_eq(decode(out.p, out.n, &lsa), RC_OK);
			lsdb_install(&db, lsa);
		}
	ck_assert_uint_eq(lsdb_count(&db), (size_t)KINDS);
	/* what the authority says of it is no share of its own */
	ck_assert_uint_eq(lsdb_share(&db, NAME)->n, (size_t)KINDS - 1);
	ck_assert(lsdb_find(&db, &kinds[2].key)->purge);
	ck_assert_uint_eq(lsdb_recheck(&db, &crypto), 0);
	lsdb_first(&db)->octets[40] ^= 1;
	ck_assert_uint_eq(lsdb_recheck(&db, &crypto), 1);
	ck_assert_uint_eq(lsdb_count(&db), (size_t)KINDS - 1);
	while (lsdb_first(&db) != NULL)
		lsdb_remove(&db, lsdb_first(&db));
	ck_assert(memcmp(db.digest, none, sizeof(none)) == 0);
	lsdb_done(&db);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

/* What lsrctl shows and takes from a terminal, whatever type is to come. */
static const struct {
	const char *origin, *id;
	uint8_t type;
	int rc;
} ids[] = {
	{ NAME, "a-later.id/7~", 200, RC_OK },
	{ NAME, "", 200, RC_OK },
	{ NAME, "\xff", 200, RC_NAME },
	{ NAME, "a\x80", 200, RC_NAME },
	{ NAME, "\xc2\x9b", 200, RC_NAME }, /* CSI */
	{ NAME, "a b", 200, RC_NAME },
	{ NAME, "a\nb", 200, RC_NAME },
	{ NAME, "a\r", 200, RC_NAME },
	{ NAME, "\x1b[2J", 200, RC_NAME },
	{ NAME, "a\x7f", 200, RC_NAME },
	{ NAME, "a\xff", 255, RC_NAME },
	{ "mx1\x1b.example.org", "id", 200, RC_NAME },
	{ "", "id", 200, RC_NAME },
	{ NAME, "\xff", LSA_CONNECTOR, RC_NAME },
	{ NAME, "\xff.example", LSA_SPACE, RC_NAME },
	{ NAME, "a.example\n", LSA_SPACE, RC_NAME },
	{ NAME, "x", LSA_SERVER, RC_NAME },
	{ NAME, "x", LSA_IDENTITY, RC_NAME },
	{ NAME, HEX32 "0", LSA_FORGET, RC_NAME },
	{ NAME, "\xff", LSA_FORGET, RC_NAME },
	{ "", "\xff", LSA_RULE, RC_NAME },
	{ NAME, "word", LSA_RULE, RC_NAME },
};

START_TEST(ids_are_text)
{
	struct lsa_key key = { ids[_i].origin, ids[_i].id, ids[_i].type };

	ck_assert_int_eq(lsa_key_check(&key), ids[_i].rc);
}
END_TEST

START_TEST(ids_end)
{
	char id[STR_PATTERN_MAX + 2] = "";
	struct lsa_key key = { NAME, id, 200 };

	memset(id, 'a', STR_PATTERN_MAX);
	ck_assert_int_eq(lsa_key_check(&key), RC_OK);
	id[STR_PATTERN_MAX] = 'a';
	ck_assert_int_eq(lsa_key_check(&key), RC_NAME);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lsa");
	TCase *tc = tcase_create("lsa");

	tcase_add_loop_test(tc, octets_are_kept, 0, KINDS);
	tcase_add_loop_test(tc, cut_anywhere_is_refused, 0, KINDS);
	tcase_add_loop_test(
	    tc, wrong_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(
	    tc, ids_are_text, 0, (int)(sizeof(ids) / sizeof(ids[0])));
	tcase_add_test(tc, ids_end);
	tcase_add_test(tc, unknown_is_carried);
	tcase_add_test(tc, drains_are_told);
	tcase_add_test(tc, drains_as_text);
	tcase_add_loop_test(tc, texts_wherever_they_stand, 0,
	    sizeof(stands) / sizeof(stands[0]));
	tcase_add_test(tc, database_keeps_the_newest);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
