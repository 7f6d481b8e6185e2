/*
 * test_wanted.c - what a peer is asked for, and how often: once in a round of the
 * exchange, and again in the next one as long as it has not come. And what it has
 * asked for and says itself before its turn comes.
 */

#include <string.h>

#include "core/wire/msg.h"
#include "t/core/insider.h"
#include "t/tap.h"

/* Of version 1, as the insider is: one digest of all there is. */
static void
digest(struct insider *f, bool same)
{
	struct buf body = { 0 };

	buf_bytes(&body, f->engine->db.digest, CRYPTO_DIGEST);
	body.p[0] ^= same ? 0 : 1;
	buf_u32(&body, 1);
	insider_frame(f, MSG_DIGEST, body.p, body.n);
	buf_done(&body);
}

/* Names one that we have not. */
static void
summary(struct insider *f)
{
	struct lsa_key key = { PEER, "x.org", LSA_SPACE };
	uint8_t short_digest[CRYPTO_DIGEST] = { 1 };
	struct buf body = { 0 };

	buf_u8(&body, MSG_FIRST | MSG_LAST);
	buf_u16(&body, 1);
	msg_key_write(&body, &key);
	buf_u64(&body, f->seq);
	buf_bytes(&body, short_digest, msg_short_digest(1));
	insider_frame(f, MSG_SUMMARY, body.p, body.n);
	buf_done(&body);
}

START_TEST(what_has_not_come_is_asked_for_again)
{
	struct insider f;

	insider_begin(&f);
	f.requests = 0;
	for (size_t round = 1; round <= 3; round++) {
		digest(&f, false);
		summary(&f);
		ck_assert_uint_eq(f.requests, round);
		summary(&f); /* it is on its way */
		ck_assert_uint_eq(f.requests, round);
	}
	engine_free(f.engine);
}
END_TEST

/* Whatever we waited for is here. */
START_TEST(who_has_the_same_is_asked_for_nothing)
{
	struct insider f;

	insider_begin(&f);
	digest(&f, false);
	summary(&f);
	ck_assert_uint_eq(f.engine->sessions.v[0]->sync.wanted.tree.n, 1);
	f.synced = 0;
	digest(&f, true);
	ck_assert_uint_eq(f.engine->sessions.v[0]->sync.wanted.tree.n, 0);
	ck_assert_uint_eq(f.synced, 1);
	engine_free(f.engine);
}
END_TEST

/* It waits for an answer if it has asked, and not for the whole of what it has. */
START_TEST(what_the_peer_says_itself_is_not_sent)
{
	struct lsa_key key = { PEER, "", LSA_IDENTITY };
	struct buf asked = { 0 }, said = { 0 };
	const struct lsa *held;
	struct session *s;
	struct insider f;

	insider_begin(&f);
	s = f.engine->sessions.v[0];
	s->unsent = LIMIT_UNSENT_OCTETS;
	held = insider_held(&f, LSA_IDENTITY, "");
	buf_bytes(&said, held->octets, held->len);
	buf_u16(&asked, 1);
	msg_key_write(&asked, &key);
	if (_i > 0)
		insider_frame(&f, MSG_REQUEST, asked.p, asked.n);
	else
		keyset_add(&s->sync.queue, &key);
	ck_assert_ptr_nonnull(keyset_find(&s->sync.queue, &key));
	insider_frame(&f, MSG_UPDATE, said.p, said.n);
	ck_assert_ptr_null(keyset_find(&s->sync.queue, &key));
	ck_assert_uint_eq(f.nones, (size_t)_i);
	buf_done(&asked);
	buf_done(&said);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wanted");
	TCase *tc = tcase_create("wanted");

	tcase_add_test(tc, what_has_not_come_is_asked_for_again);
	tcase_add_test(tc, who_has_the_same_is_asked_for_nothing);
	tcase_add_loop_test(tc, what_the_peer_says_itself_is_not_sent, 0, 2);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
