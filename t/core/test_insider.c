/*
 * test_insider.c - what one certified server can make another keep and do
 * (lsrd(8), what a certified server can do): its LSAs in octets, and how
 * often they are taken.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "core/lsa/lsa_list.h"
#include "core/node/node.h"
#include "core/node/room.h"
#include "core/node/transit.h"
#include "core/node/troubles.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"
#include "t/core/insider.h"
#include "t/tap.h"

START_TEST(unknown_types_are_small)
{
	const uint8_t type = _i == 0 ? 200 : 0;
	struct buf body = { 0 };
	struct insider f;

	insider_begin(&f);
	insider_fill(&body, 1000);
	insider_say(&f, type, "small", &body);
	insider_fill(&body, LIMIT_UNKNOWN_OCTETS);
	insider_say(&f, type, "large", &body);
	ck_assert(insider_held(&f, type, "small") != NULL);
	ck_assert(insider_held(&f, type, "large") == NULL);
	ck_assert_uint_eq(f.refused, 1);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

/* 4094 of them, as long as they may be: eight times what one may have. */
START_TEST(octets_of_one_origin)
{
	struct buf body = { 0 };
	struct insider f;
	char id[16];

	insider_begin(&f);
	insider_fill(&body, 1800);
	for (int i = 0; i < 4094; i++) {
		snprintf(id, sizeof(id), "u%04d", i);
		insider_say(&f, 200, id, &body);
		f.ms += 7000; /* its faults are not what is tried here */
		ck_assert_uint_le(lsdb_share(&f.engine->db, PEER)->plain.octets,
		    LIMIT_ORIGIN_OCTETS);
	}
	ck_assert_uint_gt(lsdb_share(&f.engine->db, PEER)->plain.octets,
	    LIMIT_ORIGIN_OCTETS - 2500);
	ck_assert_uint_eq(f.closed, 0);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

/* A thousand patterns, told in a few octets each. */
static void
chunk_fill(struct buf *body, int chunk)
{
	struct lsa_space space = { .cost = 1 };
	struct buf packed = { 0 };
	char last[256] = "", one[256];

	for (int i = 0; i < 1000; i++) {
		snprintf(one, sizeof(one), "c%03d%055d.%060d.%060d.%05d.x",
		    chunk, 0, 0, 0, i);
		lsa_list_pack(&packed, last, one);
		memcpy(last, one, sizeof(last));
	}
	buf_reset(body);
	lsa_list_encode(body, LSA_LIST, &space, &packed);
	buf_done(&packed);
}

/* One that may say so many says one more: what comes first has the places. */
START_TEST(so_many_of_one_origin)
{
	const uint8_t zero[CRYPTO_DIGEST] = { 0 };
	struct lsa_draft draft = { .key = { PEER, "", 200 },
		.org = zero,
		.signer = zero,
		.seq = 1,
		.body = zero,
		.body_len = 1 };
	struct buf out = { 0 };
	struct insider f;
	struct lsa *lsa;
	char id[16];

	insider_begin(&f);
	draft.key.id = id;
	for (unsigned i = 0; i <= LIMIT_ORIGIN_LSAS; i++) {
		/* The identity has a place, too; the last two come between the
		 * two before, and behind all. */
		if (i < LIMIT_ORIGIN_LSAS - 1)
			snprintf(id, sizeof(id), "u%04u", i);
		else
			snprintf(id, sizeof(id), "u%04u-", i - 2);
		buf_reset(&out);
		lsa_encode(&out, &draft, &f.peer);
		ck_assert_int_eq(
		    lsa_decode(out.p, out.n, &f.peer, &lsa), RC_OK);
		ck_assert_int_eq(room_judge(f.engine, lsa),
		    i < LIMIT_ORIGIN_LSAS ? RC_OK : RC_LIMIT);
		if (i < LIMIT_ORIGIN_LSAS - 1)
			lsdb_install(&f.engine->db, lsa);
		else
			lsa_free(lsa);
	}
	buf_done(&out);
	engine_free(f.engine);
}
END_TEST

/* What counts is what they are written out: twice as many as one may have, in
 * a tenth of its octets. Those in front stay, and so does all else of it. */
START_TEST(lists_of_one_origin)
{
	const struct lsdb_share *share;
	struct buf body = { 0 };
	struct insider f;
	char id[16];

	insider_begin(&f);
	for (int i = 79; i >= 0; i--) {
		chunk_fill(&body, i);
		snprintf(id, sizeof(id), "c%03d.x", i);
		insider_say(&f, LSA_LIST, id, &body);
		f.ms += 7000;
		share = lsdb_share(&f.engine->db, PEER);
		ck_assert_uint_le(share->lists.octets, LIMIT_LISTED_WEIGHT);
	}
	ck_assert_uint_gt(share->lists.octets, LIMIT_LISTED_WEIGHT / 10 * 9);
	ck_assert(insider_held(&f, LSA_LIST, "c000.x") != NULL);
	ck_assert(insider_held(&f, LSA_LIST, "c079.x") == NULL);
	ck_assert(insider_held(&f, LSA_IDENTITY, "") != NULL);
	ck_assert_uint_lt(share->plain.octets, 2000);
	ck_assert_uint_eq(f.closed, 0);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

static char *
troubles(struct insider *f)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };

	json_open(&j, NULL, '{');
	troubles_show(f->engine, &j);
	json_close(&j, '}');
	return buf_string(&out);
}

/* A postmaster hears of it before anything is refused, once each time. */
START_TEST(told_before_it_is_full)
{
	struct buf body = { 0 };
	struct insider f;
	char id[16], *text;

	insider_begin(&f);
	insider_fill(&body, 1800);
	for (int i = 0; i < 700; i++) {
		snprintf(id, sizeof(id), "u%04d", i);
		insider_say(&f, 200, id, &body);
		f.ms += 7000;
		if (f.engine->db.octets < LIMIT_ORIGIN_OCTETS / 100 * 80)
			ck_assert_uint_eq(f.filling, 0);
	}
	ck_assert_uint_gt(f.refused, 0);
	ck_assert_uint_eq(f.filling, 1);
	ck_assert_uint_eq(f.refused_before, 0);
	text = troubles(&f);
	ck_assert_msg(strstr(text, "\"lsdb-filling\"") != NULL &&
			  strstr(text, PEER " uses 99 % of what one server"),
	    "%s", text);
	mem_free(text);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

/* And of all, whosever they are. */
START_TEST(told_of_all)
{
	struct insider f;
	char *text;

	insider_begin(&f);
	f.engine->db.octets = LIMIT_LSDB_OCTETS / 10 * 7;
	insider_connector(&f, "c", 1, true);
	ck_assert_uint_eq(f.filling_all, 0);
	f.engine->db.octets = LIMIT_LSDB_OCTETS / 10 * 8;
	insider_connector(&f, "d", 1, true);
	ck_assert_uint_eq(f.filling_all, 1);
	insider_connector(&f, "e", 1, true);
	ck_assert_uint_eq(f.filling_all, 1);
	ck_assert_uint_eq(f.filling, 0);
	text = troubles(&f);
	ck_assert_msg(
	    strstr(text, "the database uses 80 %") != NULL, "%s", text);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* Nobody's words are taken where there is no room for any. */
START_TEST(no_room_for_anybody)
{
	struct insider f;

	insider_begin(&f);
	f.engine->db.octets = LIMIT_LSDB_OCTETS - 50;
	insider_connector(&f, "c", 1, true);
	ck_assert_ptr_null(insider_held(&f, LSA_CONNECTOR, "c"));
	ck_assert_uint_eq(f.refused, 1);
	f.engine->db.octets = LIMIT_LSDB_OCTETS / 2;
	insider_connector(&f, "d", 1, true);
	ck_assert_ptr_nonnull(insider_held(&f, LSA_CONNECTOR, "d"));
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* What is kept follows from what was said, in whatever order it came. */
START_TEST(order_is_no_matter)
{
	uint8_t digest[2][CRYPTO_DIGEST];
	struct buf body = { 0 };
	struct insider f;
	char id[16];

	insider_fill(&body, 1800);
	for (int turn = 0; turn < 2; turn++) {
		insider_begin(&f);
		for (int i = 0; i < 700; i++) {
			int k = turn == 0 ? i : 699 - i;

			snprintf(id, sizeof(id), "u%04d", k);
			f.seq = ((uint64_t)1 << 32) + 10u + (uint64_t)k;
			insider_say(&f, 200, id, &body);
			f.ms += 7000;
		}
		f.seq = ((uint64_t)1 << 32) + 9;
		insider_connector(&f, "c", 7, true);
		ck_assert(insider_held(&f, LSA_CONNECTOR, "c") != NULL);
		memcpy(digest[turn], f.engine->db.digest, CRYPTO_DIGEST);
		engine_free(f.engine);
	}
	ck_assert_mem_eq(digest[0], digest[1], CRYPTO_DIGEST);
	buf_done(&body);
}
END_TEST

/* The same instance once more is no news: nobody is told of it. (P02) */
START_TEST(said_again_goes_no_further)
{
	static const struct buf none;
	struct insider f;
	size_t sent;

	insider_begin(&f);
	insider_join(&f, 2);
	insider_join(&f, 3);
	insider_ticks(&f, 5000);
	sent = f.sent;
	insider_say(&f, 200, "x", &none);
	ck_assert_uint_eq(f.sent, sent + 2);
	for (int i = 0; i < 3; i++) {
		f.seq--;
		insider_say(&f, 200, "x", &none);
		insider_ticks(&f, 1000);
	}
	ck_assert_uint_eq(f.sent, sent + 2);
	ck_assert_uint_eq(f.refused + f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* A peer that passes on what another says too much of is not at fault. */
START_TEST(carrier_is_not_at_fault)
{
	static const struct buf none;
	struct insider f;
	char id[16];

	insider_begin(&f);
	for (int i = 0; i < LIMIT_ORIGIN_LSAS + 30; i++) {
		snprintf(id, sizeof(id), "u%04d", i);
		if (i == LIMIT_ORIGIN_LSAS - 1) /* as if of another peer */
			f.engine->sessions.v[0]->peer[0] = 'c';
		insider_say(&f, 200, id, &none);
	}
	ck_assert_uint_eq(
	    lsdb_share(&f.engine->db, PEER)->plain.n, LIMIT_ORIGIN_LSAS);
	ck_assert_uint_ge(f.refused, 30);
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* 60 000 instances of one LSA: few are taken, and the newest in the end. */
START_TEST(bucket_of_one_lsa)
{
	struct insider f;
	uint64_t taken = 0, last = 0;

	insider_begin(&f);
	for (uint32_t i = 0; i < 60000; i++) {
		insider_connector(&f, "c", 1 + i % 50000, true);
		if (insider_held(&f, LSA_CONNECTOR, "c")->seq != last)
			taken++;
		last = insider_held(&f, LSA_CONNECTOR, "c")->seq;
		if (i % 60 == 0)
			f.ms++;
	}
	ck_assert_uint_ge(taken, 3 * LIMIT_SAY_BURST);
	ck_assert_uint_le(taken, LIMIT_HEAR_BURST);
	ck_assert_uint_eq(f.engine->sessions.v[0]->sync.late.tree.n, 1);
	/* It is asked for, and comes. */
	ck_assert_uint_eq(f.requests, 0);
	insider_ticks(&f, 2 * LIMIT_HEAR_EACH_MS);
	ck_assert_uint_ge(f.requests, 1);
	f.seq--;
	insider_connector(&f, "c", 1 + 59999 % 50000, true);
	ck_assert_uint_eq(insider_held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	ck_assert_uint_eq(f.engine->sessions.v[0]->sync.late.tree.n, 0);
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* What an honest origin may say at its own pace is never late. */
START_TEST(honest_pace)
{
	struct bucket own = { .burst = LIMIT_SAY_BURST,
		.each_ms = LIMIT_SAY_EACH_MS };
	struct insider f;
	struct mono when;

	insider_begin(&f);
	for (int i = 0; i < 1000; i++) {
		/* and it starts again and again: its buckets are full */
		if (i % 20 == 0)
			own.spent = 0;
		if (bucket_take(&own, (struct mono){ f.ms }, &when))
			insider_connector(&f, "c", 1 + (uint32_t)i, i % 2 == 0);
		ck_assert_uint_eq(f.engine->sessions.v[0]->sync.late.tree.n, 0);
		insider_ticks(&f, 500);
	}
	engine_free(f.engine);
}
END_TEST

/* Who starts later could not judge what else its origin says. */
START_TEST(no_identity_is_purged)
{
	struct insider f;

	insider_begin(&f);
	insider_connector(&f, "c", 1, true);
	insider_say(&f, LSA_IDENTITY, "", NULL);
	ck_assert_uint_eq(f.refused, 1);
	ck_assert_uint_eq(f.purged, 0);
	ck_assert(!insider_held(&f, LSA_IDENTITY, "")->purge);
	insider_connector(&f, "c", 2, true);
	ck_assert_uint_eq(insider_held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	engine_free(f.engine);
}
END_TEST

/* What takes something out of use passes, as long as it is no flood too. */
START_TEST(down_passes_first)
{
	struct insider f;

	insider_begin(&f);
	for (uint32_t i = 0; i < 100; i++)
		insider_connector(&f, "c", 1 + i, true);
	insider_connector(&f, "c", 1, false);
	ck_assert_uint_eq(insider_held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	insider_say(&f, LSA_CONNECTOR, "c", NULL);
	ck_assert(insider_held(&f, LSA_CONNECTOR, "c")->purge);
	for (uint32_t i = 0; i < 100; i++)
		insider_say(&f, LSA_CONNECTOR, "c", NULL);
	ck_assert_uint_lt(insider_held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	ck_assert_uint_lt(f.purged, LIMIT_HEAR_RESERVE + 1);
	engine_free(f.engine);
}
END_TEST

/* Nobody spends the tokens of another: what is not signed by it costs the
 * peer that brings it, and nobody else. */
START_TEST(forged_spends_nothing)
{
	struct insider f;

	insider_begin(&f);
	insider_connector(&f, "c", 1, true);
	f.peer = cheap_seal("q");
	for (uint32_t i = 0; i < 9; i++)
		insider_connector(&f, "c", 2 + i, true);
	f.peer = cheap_seal(INSIDER_LETTER);
	ck_assert_uint_eq(f.refused, 9);
	insider_connector(&f, "c", 99, true);
	ck_assert_uint_eq(insider_held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	engine_free(f.engine);
}
END_TEST

/* The authority's word that this key is over, from the peer. */
static void
revoked(struct insider *f, char letter)
{
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	char hex[2 * CRYPTO_DIGEST + 1];
	struct crypto authority = cheap_seal("z");
	struct lsa_draft draft = { .key = { "", hex, LSA_REVOCATION },
		.org = org,
		.signer = org,
		.seq = 1 };
	struct buf out = { 0 };

	cheap_key('z', org);
	cheap_key(letter, key);
	lsa_digest_text(key, hex);
	lsa_encode(&out, &draft, &authority);
	insider_frame(f, MSG_UPDATE, out.p, out.n);
	buf_done(&out);
}

/* Of a key that something was signed with: what its server says with another
 * may have been refused here as older, so the databases are compared. */
START_TEST(compared_after_a_revocation)
{
	struct insider f;

	insider_begin(&f);
	insider_join(&f, 2);
	insider_connector(&f, "one", 10, true);
	cheap_public('z', f.setup.authority.key);
	insider_ticks(&f, 1000);
	f.digests = 0;
	revoked(&f, 'x');
	insider_ticks(&f, LIMIT_SAY_EACH_MS + 1000);
	ck_assert_uint_eq(f.digests, 0);
	revoked(&f, 'b');
	ck_assert_uint_eq(f.closed, 1);
	ck_assert_ptr_null(insider_held(&f, LSA_CONNECTOR, "one"));
	insider_ticks(&f, LIMIT_SAY_EACH_MS + 1000);
	ck_assert_uint_eq(f.digests, 1);
	engine_free(f.engine);
}
END_TEST

/* Each form that a rule may have, and what is none. */
START_TEST(rules)
{
	static const struct {
		const char *origin, *id, *body;
		size_t n;
		bool purge;
		int rc;
	} all[] = {
		{ "", "connectors", "\0\1\0\1\1", 5, false, RC_OK },
		{ "", "connectors", "\0\1\0\1\0", 5, false, RC_OK },
		{ "", "of-a-later-version", "\0\1\0\1\1", 5, false, RC_OK },
		{ "", "connectors", "\0\1\0\1\1\0\2\0\0", 9, false, RC_OK },
		{ "", "connectors", NULL, 0, true, RC_OK },
		{ "", "connectors", "", 0, false, RC_MISSING },
		{ "", "connectors", "\0\1\0\1\2", 5, false, RC_RANGE },
		{ "", "connectors", "\0\1\0\2\1\1", 6, false, RC_SHORT },
		{ "", "connectors", "\0\1\0\1\1\0\1\0\1\1", 10, false,
		    RC_TWICE },
		{ "", "No Word", "\0\1\0\1\1", 5, false, RC_NAME },
		{ PEER, "connectors", "\0\1\0\1\1", 5, false, RC_NAME },
	};
	struct crypto crypto = cheap_seal("z");
	uint8_t org[CRYPTO_DIGEST];
	struct lsa_draft draft = { .key = { all[_i].origin, all[_i].id,
				       LSA_RULE },
		.org = org,
		.signer = org,
		.seq = 1,
		.purge = all[_i].purge,
		.body = (const uint8_t *)all[_i].body,
		.body_len = all[_i].n };
	struct buf out = { 0 };
	struct lsa *lsa;

	cheap_key('z', org);
	lsa_encode(&out, &draft, &crypto);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &crypto, &lsa), all[_i].rc);
	if (lsa != NULL && !lsa->purge)
		ck_assert(lsa_rule_on(lsa) == (all[_i].body[4] == 1));
	lsa_free(lsa);
	buf_done(&out);
}
END_TEST

/* Only the authority's signature makes one. */
START_TEST(a_rule_of_an_insider)
{
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct insider f;
	struct lsa_draft draft = { .key = { "", "connectors", LSA_RULE },
		.org = org,
		.signer = key,
		.seq = 1,
		.body = (const uint8_t *)"\0\1\0\1\1",
		.body_len = 5 };

	cheap_key('z', org);
	for (int i = 0; i < 3; i++) {
		struct buf out = { 0 };
		struct crypto crypto =
		    cheap_seal(i == 0 ? INSIDER_LETTER : "z");

		insider_begin(&f);
		/* by its own key; by that, said to be the authority's; right */
		cheap_key(i == 0 ? 'b' : 'z', key);
		if (i == 1)
			crypto = cheap_seal(INSIDER_LETTER);
		cheap_public('z', f.setup.authority.key);
		lsa_encode(&out, &draft, &crypto);
		insider_frame(&f, MSG_UPDATE, out.p, out.n);
		ck_assert(transit_enforced(f.engine) == (i == 2));
		ck_assert_uint_eq(f.refused, i == 1 ? 1 : 0);
		buf_done(&out);
		engine_free(f.engine);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("insider");
	TCase *tc = tcase_create("insider");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, unknown_types_are_small, 0, 2);
	tcase_add_test(tc, octets_of_one_origin);
	tcase_add_test(tc, lists_of_one_origin);
	tcase_add_test(tc, told_before_it_is_full);
	tcase_add_test(tc, told_of_all);
	tcase_add_test(tc, no_room_for_anybody);
	tcase_add_test(tc, order_is_no_matter);
	tcase_add_test(tc, said_again_goes_no_further);
	tcase_add_test(tc, carrier_is_not_at_fault);
	tcase_add_test(tc, bucket_of_one_lsa);
	tcase_add_test(tc, honest_pace);
	tcase_add_test(tc, no_identity_is_purged);
	tcase_add_test(tc, down_passes_first);
	tcase_add_test(tc, forged_spends_nothing);
	tcase_add_loop_test(tc, rules, 0, 11);
	tcase_add_test(tc, compared_after_a_revocation);
	tcase_add_test(tc, a_rule_of_an_insider);
	tcase_add_test(tc, so_many_of_one_origin);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
