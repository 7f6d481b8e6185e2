/* test_lsa.c - every body to octets and back, and cut anywhere. */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa_list.h"
#include "core/lsa/lsdb.h"
#include "t/core/cheap.h"
#include "t/core/drafts.h"
#include "t/tap.h"

#define NAME DRAFT_NAME
#define HEX32 DRAFT_HEX
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
		    .nallow = 2,
		    .deny = names + 1,
		    .ndeny = 1,
		    .schedule = TEXT("mon"),
		    .large_size = 500,
		    .large_schedule = TEXT("tue") },
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

static void
patterns_pack(struct buf *packed)
{
	lsa_list_pack(packed, "", "a@london.example.org");
	lsa_list_pack(packed, "a@london.example.org", "london.example");
	lsa_list_pack(packed, "london.example", "london.example.org");
}

static void
list_body(struct buf *body)
{
	struct lsa_space space = { .cost = 7, .relay = true };
	struct buf packed = { 0 };

	patterns_pack(&packed);
	lsa_list_encode(body, LSA_LIST, &space, &packed);
	buf_done(&packed);
}

static void
grant_body(struct buf *body)
{
	struct lsa_space space = { .relay = true };
	struct buf packed = { 0 };

	patterns_pack(&packed);
	lsa_list_encode(body, LSA_GRANT, &space, &packed);
	buf_done(&packed);
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
	{ { NAME, "!", LSA_GRANT }, grant_body },
	{ { NAME, "a@london.example.org", LSA_LIST }, list_body },
};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* What is 0, or not there, is not said. */
START_TEST(no_more_is_said)
{
	struct lsa_bridgehead b = { names[0], true, 10 };
	struct lsa_connector c = { .group = TEXT("g"),
		.state = LSA_UP,
		.bridgeheads = &b,
		.nbridgeheads = 1 };
	struct buf body = { 0 };

	lsa_connector_encode(&body, &c);
	ck_assert_uint_eq(body.n, 4 + 1 + 4 + 1 + 4 + 5 + strlen(names[0]));
	c.congestion = 1;
	buf_reset(&body);
	lsa_connector_encode(&body, &c);
	ck_assert_uint_eq(
	    body.n, 4 + 1 + 4 + 1 + 4 + 5 + strlen(names[0]) + 4 + 1);
	buf_done(&body);
}
END_TEST

START_TEST(octets_are_kept)
{
	struct buf body = { 0 }, out = { 0 };
	struct crypto crypto = cheap_seal("a");
	uint8_t key[CRYPTO_PUBLIC];
	struct lsa *lsa;

	kinds[_i].body(&body);
	draft_encode(&out, &kinds[_i].key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
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
		draft_encode(&out, &kinds[_i].key, 7, &part);
		rc = draft_decode(out.p, out.n, &lsa);
		ck_assert_msg((rc == RC_OK) == (lsa != NULL), "at %zu", n);
		lsa_free(lsa);
	}
	buf_reset(&out);
	draft_encode(&out, &kinds[_i].key, 7, &body);
	for (size_t n = 0; n < out.n; n++)
		ck_assert_int_ne(draft_decode(out.p, n, &lsa), RC_OK);
	buf_u8(&out, 0);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_LONG);
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
	draft_encode(&out, &key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	lsa_free(lsa);
	buf_reset(&out);
	buf_reset(&body);
	space_body(&body);
	buf_bytes(&body, "\x7f\0\0\1x", 5); /* a TLV of a later version */
	draft_encode(&out, &kinds[2].key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	lsa_free(lsa);
	buf_reset(&out);
	buf_reset(&body);
	buf_bytes(&body, "\0\0\0\1x", 5); /* and of the least type */
	space_body(&body);
	draft_encode(&out, &kinds[2].key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
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

/* So do the limits of a connector, each of them. */
START_TEST(limits_come_back)
{
	struct buf body = { 0 }, out = { 0 };
	const struct policy *p;
	struct lsa *lsa;

	connector_body(&body);
	draft_encode(&out, &kinds[1].key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	p = lsa_connector(lsa)->policy;
	ck_assert_uint_eq(p->max_size, 1000);
	ck_assert_uint_eq(p->priorities, POLICY_URGENT);
	ck_assert_uint_eq(p->nallow, 2);
	ck_assert_str_eq(p->allow[1], names[1]);
	ck_assert_uint_eq(p->ndeny, 1);
	ck_assert_str_eq(p->deny[0], names[1]);
	ck_assert_str_eq(p->schedule, "mon");
	ck_assert_uint_eq(p->large_size, 500);
	ck_assert_str_eq(p->large_schedule, "tue");
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

/* What an operator says of a drain comes as it was said. */
START_TEST(drains_are_told)
{
	struct buf body = { 0 }, out = { 0 }, told = { 0 };
	struct json j = { .out = &told };
	struct lsa_drain_words words;
	const struct lsa_connector *c;
	struct lsa *lsa;

	server_body(&body);
	draft_encode(&out, &kinds[0].key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
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
	draft_encode(&out, &kinds[1].key, 7, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
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
				 "smtp:[X] 4.7.1 <y>; `z` {Z}" });
	lsa_drain_text(&out, &(struct lsa_drain_told){ 0, 0, "", "" });
	buf_u8(&out, 0);
	ck_assert_str_eq((char *)out.p, " by a?b until 2027-01-15T08:00:00Z, "
					"smtp??X? 4.7.1 ?y?? ?z? ?Z?");
	buf_done(&out);
}
END_TEST

static const struct {
	int32_t millionths;
	const char *text;
} degrees[] = {
	{ 0, "0" },
	{ -1, "-0.000001" },
	{ 180000000, "180" },
	{ -33900000, "-33.9" },
	{ 51500001, "51.500001" },
};

START_TEST(degrees_as_text)
{
	struct buf out = { 0 };

	lsa_position_text(&out, degrees[_i].millionths);
	buf_u8(&out, 0);
	ck_assert_str_eq((char *)out.p, degrees[_i].text);
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
	draft_encode(&out, &(struct lsa_key){ NAME, "", LSA_SERVER },
	    stands[_i].seq, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
	ck_assert_str_eq(lsa->key.origin, NAME);
	ck_assert_str_eq(lsa->key.id, "");
	ck_assert_str_eq(lsa_server(lsa)->group, group);
	ck_assert_str_eq(lsa_server(lsa)->mail_down[0], down);
	lsa_free(lsa);
	buf_reset(&body);
	buf_reset(&out);
	lsa_space_encode(&body, &(struct lsa_space){ .cost = 1 });
	draft_encode(&out, &(struct lsa_key){ NAME, id, LSA_SPACE },
	    stands[_i].seq, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), RC_OK);
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
			draft_encode(&out, &kinds[k].key, (uint64_t)round,
			    round == 3 && k == 2 ? NULL : &body);
			ck_assert_int_eq(
			    draft_decode(out.p, out.n, &lsa), RC_OK);
			lsdb_install(&db, lsa);
		}
	ck_assert_uint_eq(lsdb_count(&db), (size_t)KINDS);
	/* what the authority says of it is no share of its own */
	/* not what the authority says */
	ck_assert_uint_eq(lsdb_share(&db, NAME)->plain.n, (size_t)KINDS - 3);
	ck_assert_uint_eq(lsdb_share(&db, NAME)->lists.n, 1);
	ck_assert_uint_eq(db.lists, 2); /* a grant is one */
	ck_assert(lsdb_find(&db, &kinds[2].key)->purge);
	ck_assert_uint_eq(lsdb_recheck(&db, &crypto), 0);
	lsdb_first(&db)->octets[40] ^= 1;
	ck_assert_uint_eq(lsdb_recheck(&db, &crypto), 1);
	ck_assert_uint_eq(lsdb_count(&db), (size_t)KINDS - 1);
	while (lsdb_first(&db) != NULL)
		lsdb_remove(&db, lsdb_first(&db));
	ck_assert(memcmp(db.digest, none, sizeof(none)) == 0);
	ck_assert_uint_eq(db.lists, 0);
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
	{ NAME, HEX32 "g", LSA_FORGET, RC_NAME },
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

	tcase_add_test(tc, no_more_is_said);
	tcase_add_loop_test(tc, octets_are_kept, 0, KINDS);
	tcase_add_loop_test(tc, cut_anywhere_is_refused, 0, KINDS);
	tcase_add_loop_test(
	    tc, ids_are_text, 0, (int)(sizeof(ids) / sizeof(ids[0])));
	tcase_add_test(tc, ids_end);
	tcase_add_test(tc, unknown_is_carried);
	tcase_add_test(tc, limits_come_back);
	tcase_add_test(tc, drains_are_told);
	tcase_add_test(tc, drains_as_text);
	tcase_add_loop_test(tc, degrees_as_text, 0,
	    (int)(sizeof(degrees) / sizeof(degrees[0])));
	tcase_add_loop_test(tc, texts_wherever_they_stand, 0,
	    sizeof(stands) / sizeof(stands[0]));
	tcase_add_test(tc, database_keeps_the_newest);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
