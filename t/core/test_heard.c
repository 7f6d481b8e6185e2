/*
 * test_heard.c - what a server makes of another's words one at a time: who may open
 * a session, what an identity and a claim must be, how often it is heard, and what
 * goes with a key that is no more.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "core/node/nbrs.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

/* --- who opens a session ------------------------------------------------------------ */

static const struct {
	const char *what, *name, *cert;
	const char *reason; /* of the refusal; NULL: it is open */
} opens[] = {
	{ "one more", "h.x.org", "h.x.org g x.org - h", NULL },
	{ "no certificate", "h.x.org", "h.x.org g x.org -", "identity" },
	{ "that of another", "h.x.org", "i.x.org g x.org - h", "identity" },
	{ "our own name", SELF, SELF " g x.org - h", "our-own-name" },
	{ "a key that was revoked", "h.x.org", "h.x.org g x.org - z",
	    "revoked-key" },
};

static const char *
refusal_of(struct insider *f, const char *name, const char *cert)
{
	struct input in = { .kind = IN_OPEN,
		.who = 7,
		.now.ms = f->ms,
		.wall = 1800000000u,
		.name = name,
		.bytes = (const uint8_t *)cert,
		.len = strlen(cert) };
	struct effects fx = engine_step(f->engine, &in);
	const char *reason = NULL;

	for (size_t i = 0; i < fx.n; i++)
		if (fx.list[i].kind == FX_EVENT &&
		    fx.list[i].event->kind == EVENT_SESSION_REFUSED)
			reason = fx.list[i].event->reason;
	return reason;
}

START_TEST(who_may_open_a_session)
{
	struct insider f;
	const char *reason;

	answers_begin(&f);
	answers_revocation(&f); /* of the key z */
	reason = refusal_of(&f, opens[_i].name, opens[_i].cert);
	if (opens[_i].reason == NULL)
		ck_assert_msg(reason == NULL, "%s: %s", opens[_i].what, reason);
	else
		ck_assert_str_eq(reason, opens[_i].reason);
	engine_free(f.engine);
}
END_TEST

/* Why a peer has closed it is kept if it tells us what to mend, and nothing that it
 * made up. */
static const struct {
	const char *word;
	bool kept;
} closes[] = {
	{ "revoked-key", true },
	{ "expired", true },
	{ "our-own-name", true },
	{ "limit", true },
	{ "limits", false },
	{ "revoked-kez", false },
	{ "", false },
};

START_TEST(why_a_peer_closed_it)
{
	const char *word = closes[_i].word;
	struct insider f;

	answers_begin(&f);
	insider_frame(&f, MSG_CLOSE, word, strlen(word));
	if (closes[_i].kept)
		ck_assert_str_eq(nbrs_find(f.engine, PEER)->told, word);
	else
		ck_assert_ptr_null(nbrs_find(f.engine, PEER)->told);
	ck_assert_str_eq(nbrs_find(f.engine, PEER)->reason, "closed-by-peer");
	ck_assert_uint_eq(f.closed, 1);
	engine_free(f.engine);
}
END_TEST

/* What comes of a session that is gone, or never was, is of nobody. */
START_TEST(a_session_that_is_gone)
{
	struct insider f;

	answers_begin(&f);
	f.requests = f.closed = 0;
	nbrs_find(f.engine, PEER)->differing.told = true; /* an alarm stands */
	insider_step(&f, (struct input){ .kind = IN_CLOSED, .who = 1 });
	ck_assert(!nbrs_find(f.engine, PEER)->differing.told);
	insider_step(&f, (struct input){ .kind = IN_DRAINED, .who = 1 });
	insider_frame(&f, MSG_SUMMARY, "\3\0\0", 3);
	insider_step(&f, (struct input){ .kind = IN_CLOSED, .who = 1 });
	insider_step(&f, (struct input){ .kind = IN_DRAINED, .who = 99 });
	ck_assert_uint_eq(f.requests + f.closed, 0);
	ck_assert_ptr_null(nbrs_find(f.engine, PEER)->session);
	ck_assert_uint_eq(f.engine->sessions.n, 0);
	engine_free(f.engine);
}
END_TEST

/* Who waits longer sets the time for both. */
START_TEST(the_longer_patience)
{
	const uint32_t dead_ms[] = { 1000, 3000, 600000 };
	struct msg_hello h = { .lowest = 1,
		.highest = 1,
		.name = "h.x.org",
		.keepalive_ms = 1000,
		.dead_ms = dead_ms[_i] };
	struct buf body = { 0 }, out = { 0 };
	struct insider f;
	size_t hole;

	answers_begin(&f);
	f.setup.times.dead_ms = 3000;
	insider_step(&f, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	ck_assert_ptr_null(refusal_of(&f, "h.x.org", "h.x.org g x.org - h"));
	cheap_key('z', h.org);
	msg_hello_write(&body, &h);
	hole = frame_open(&out, MSG_HELLO);
	buf_bytes(&out, body.p, body.n);
	frame_close(&out, hole);
	insider_step(
	    &f, (struct input){
		    .kind = IN_BYTES, .who = 7, .bytes = out.p, .len = out.n });
	ck_assert_uint_eq(
	    nbrs_find(f.engine, "h.x.org")->session->pulse.dead_ms,
	    _i < 2 ? 3000 : 600000);
	buf_done(&body);
	buf_done(&out);
	engine_free(f.engine);
}
END_TEST

/* --- what an identity and a claim must be ---------------------------------------------- */

static bool
knows(const struct insider *f, const char *name, uint8_t type, const char *id)
{
	struct lsa_key key = { name, id, type };

	return lsdb_find(&f->engine->db, &key) != NULL;
}

static void
server_says(struct insider *f, const char *name, char letter, const char *group)
{
	char of[20];
	struct lsa_server s = { .group = of };
	struct buf body = { 0 };

	snprintf(of, sizeof(of), "%s", group);
	lsa_server_encode(&body, &s);
	insider_hand_on(
	    f, (struct insider_who){ name, letter }, LSA_SERVER, "", &body);
	buf_done(&body);
}

START_TEST(who_it_is_and_of_which_group)
{
	struct insider f;

	answers_begin(&f);
	insider_known(&f, "m.x.org", 'm', "n.x.org g x.org - m");
	ck_assert(!knows(&f, "m.x.org", LSA_IDENTITY, ""));
	insider_known(&f, "m.x.org", 'm', "m.x.org g x.org - n");
	ck_assert(!knows(&f, "m.x.org", LSA_IDENTITY, "")); /* signed by m */
	insider_known(&f, "m.x.org", 'm', "m.x.org g x.org -");
	ck_assert(!knows(&f, "m.x.org", LSA_IDENTITY, "")); /* no certificate */
	insider_known(&f, "m.x.org", 'm', "m.x.org g x.org - m");
	ck_assert(knows(&f, "m.x.org", LSA_IDENTITY, ""));
	server_says(&f, "m.x.org", 'm', "far");
	ck_assert(!knows(&f, "m.x.org", LSA_SERVER, ""));
	server_says(&f, "m.x.org", 'n', "g");
	ck_assert(!knows(&f, "m.x.org", LSA_SERVER, ""));
	server_says(&f, "m.x.org", 'm', "g");
	ck_assert(knows(&f, "m.x.org", LSA_SERVER, ""));
	engine_free(f.engine);
}
END_TEST

/* A newer certificate allows less: what it said by the older one goes. */
START_TEST(a_certificate_that_allows_less)
{
	struct insider f;

	answers_begin(&f);
	answers_peer_spaces(&f);
	ck_assert(knows(&f, PEER, LSA_SPACE, "x.org"));
	insider_known(&f, PEER, 'b', PEER " g y.org - b");
	ck_assert(!knows(&f, PEER, LSA_SPACE, "x.org"));
	ck_assert(knows(&f, PEER, LSA_CONNECTOR, "peer-far"));
	ck_assert(knows(&f, PEER, LSA_IDENTITY, ""));
	answers_peer_spaces(&f);
	ck_assert(!knows(&f, PEER, LSA_SPACE, "x.org"));
	engine_free(f.engine);
}
END_TEST

/* Why nobody could be reached is shown as it was told, or as nothing but that. */
START_TEST(nobody_is_there)
{
	struct insider f;

	answers_begin(&f);
	answers_alone(&f);
	insider_step(&f, (struct input){ .kind = IN_NO_DIAL,
			     .name = PEER,
			     .reason = _i == 0 ? "certificate" : NULL });
	ck_assert_str_eq(nbrs_find(f.engine, PEER)->reason,
	    _i == 0 ? "certificate" : "unreachable");
	engine_free(f.engine);
}
END_TEST

/* --- how often it is heard ---------------------------------------------------------------- */

static bool
neighbours_are(struct insider *f, size_t n)
{
	char g[] = "g", a[] = "i.x.org", b[] = "j.x.org", c[] = "k.x.org";
	char *list[] = { a, b, c };
	struct lsa_server s = {
		.group = g, .neighbours = list, .nneighbours = (uint16_t)n
	};
	struct buf body = { 0 };
	const struct lsa *held;

	lsa_server_encode(&body, &s);
	insider_say(f, LSA_SERVER, "", &body);
	buf_done(&body);
	held = insider_held(f, LSA_SERVER, "");
	return held != NULL && held->seq == f->seq;
}

/* Who says one thing too often waits; but not with what takes something out of use:
 * of that there is as much again. */
START_TEST(what_leaves_is_heard)
{
	struct insider f;
	size_t n = 0;

	answers_begin(&f);
	while (n < 100 && neighbours_are(&f, 2 + n % 2))
		n++;
	ck_assert_uint_gt(n, 1);
	ck_assert_uint_lt(n, 100);
	ck_assert(!neighbours_are(&f, 3));
	ck_assert(neighbours_are(&f, 1)); /* fewer than are held */
	ck_assert(!neighbours_are(&f, 2));
	f.requests = 0;
	insider_ticks(&f, 60000); /* and is asked for in its time */
	ck_assert_uint_ge(f.requests, 1);
	engine_free(f.engine);
}
END_TEST

/* What waits and comes another way meanwhile is asked for no more; nor does what is
 * over the number that may wait. */
START_TEST(what_has_come_does_not_wait)
{
	struct lsa_key many = { "q.x.org", "id", LSA_SPACE };
	struct session *s;
	char id[20];
	struct insider f;
	size_t n = 0;

	answers_begin(&f);
	while (n < 100 && neighbours_are(&f, 2 + n % 2))
		n++;
	s = f.engine->sessions.v[0];
	ck_assert_uint_eq(s->sync.late.tree.n, 1);
	f.requests = 0;
	f.engine->due.hear_at.ms = f.ms; /* another is due before it */
	insider_ticks(&f, 300);
	ck_assert_uint_eq(f.requests, 0);
	ck_assert_uint_eq(s->sync.late.tree.n, 1);
	ck_assert(neighbours_are(&f, 1));
	ck_assert_uint_eq(s->sync.late.tree.n, 1);
	f.requests = 0;
	insider_ticks(&f, 60000);
	ck_assert_uint_eq(f.requests, 0);
	ck_assert_uint_eq(s->sync.late.tree.n, 0);
	while (n > 0 && neighbours_are(&f, 2 + n % 2))
		n++;
	keyset_done(&s->sync.late);
	many.id = id;
	for (unsigned i = 0; i < LIMIT_LATE; i++) {
		snprintf(id, sizeof(id), "%u", i);
		keyset_add(&s->sync.late, &many);
	}
	s->sync.digest_at = MONO_NEVER;
	ck_assert(!neighbours_are(&f, 3));
	ck_assert_uint_eq(s->sync.late.tree.n, LIMIT_LATE);
	ck_assert_uint_eq(s->sync.digest_at.ms, f.ms + LIMIT_SAY_EACH_MS);
	engine_free(f.engine);
}
END_TEST

/* --- our own words, by others ----------------------------------------------------------- */

/* Events of one kind since a step; and what was said of x.org in our name, with our
 * key, by this number. */
static size_t
own_heard(struct insider *f, uint64_t seq, uint32_t cost, enum event_kind kind)
{
	const char text[] = { 'a', '\0' };
	struct crypto seal = cheap_seal(text);
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct lsa_space space = { .cost = cost };
	struct lsa_draft draft = { .key = { SELF, "x.org", LSA_SPACE },
		.org = org,
		.signer = key,
		.seq = seq,
		.issued = 1800000000u };
	struct buf body = { 0 }, out = { 0 }, all = { 0 };
	struct effects fx;
	size_t hole, n = 0;

	cheap_key('z', org);
	cheap_key('a', key);
	lsa_space_encode(&body, &space);
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&out, &draft, &seal);
	hole = frame_open(&all, MSG_UPDATE);
	buf_bytes(&all, out.p, out.n);
	frame_close(&all, hole);
	fx = engine_step(f->engine, &(struct input){ .kind = IN_BYTES,
					.who = 1,
					.now.ms = f->ms,
					.wall = 1800000000u,
					.bytes = all.p,
					.len = all.n });
	for (size_t i = 0; i < fx.n; i++)
		n += fx.list[i].kind == FX_EVENT &&
		     fx.list[i].event->kind == kind;
	buf_done(&body);
	buf_done(&out);
	buf_done(&all);
	return n;
}

/* The epoch is on disk by now. */
static void
own_saved(struct insider *f)
{
	insider_step(f, (struct input){ .kind = IN_SAVED,
			    .who = f->engine->origin.epoch.save });
	insider_ticks(f, 6000);
}

static const struct lsa *
own_has(struct insider *f)
{
	struct lsa_key key = { SELF, "x.org", LSA_SPACE };

	return lsdb_find(&f->engine->db, &key);
}

/* What we do not say is purged, above whatever number it has: in its epoch, or in
 * one that is on disk first. */
static const struct {
	uint32_t epoch, counter; /* as heard, after 1 at the start */
	uint32_t purged;         /* in this epoch */
} owns[] = {
	{ 1, 50, 1 },
	{ 1, UINT32_MAX, 2 },
	{ 7, 3, 8 },
	{ 7, UINT32_MAX, 8 },
	{ LIMIT_EPOCH + LIMIT_EPOCH_STEP, 1,
	    LIMIT_EPOCH + LIMIT_EPOCH_STEP + 1 },
};

START_TEST(what_we_never_said)
{
	struct insider f;

	answers_begin(&f);
	ck_assert_uint_eq(f.engine->origin.epoch.now, 1);
	own_heard(&f, (uint64_t)owns[_i].epoch << 32 | owns[_i].counter, 5,
	    EVENT_FIGHT);
	ck_assert_ptr_nonnull(own_has(&f));
	own_saved(&f);
	own_saved(&f); /* by then the next number is, where one was needed */
	ck_assert(own_has(&f)->purge);
	ck_assert_uint_eq(own_has(&f)->seq >> 32, owns[_i].purged);
	ck_assert_uint_gt(own_has(&f)->seq,
	    (uint64_t)owns[_i].epoch << 32 | owns[_i].counter);
	engine_free(f.engine);
}
END_TEST

/* A number that no life of ours could have come to is said once a minute; one that
 * nobody could is not taken. */
START_TEST(numbers_that_cannot_be)
{
	const uint32_t great = LIMIT_EPOCH + 1;
	struct insider f;

	answers_begin(&f);
	ck_assert_uint_eq(
	    own_heard(&f, (uint64_t)UINT32_MAX << 32 | 1, 5, EVENT_BREACH), 1);
	ck_assert_ptr_null(own_has(&f));
	ck_assert_uint_eq(f.engine->origin.epoch.now, 1);
	ck_assert_uint_eq(
	    own_heard(&f, (uint64_t)UINT32_MAX << 32 | 2, 5, EVENT_BREACH), 0);
	f.ms += 61000;
	ck_assert_uint_eq(
	    own_heard(&f, (uint64_t)great << 32 | 1, 5, EVENT_BREACH), 1);
	ck_assert_ptr_nonnull(own_has(&f));
	ck_assert_uint_eq(f.engine->origin.epoch.now, great + 1);
	engine_free(f.engine);
}
END_TEST

/* Three times within a minute, each a second apart: somebody else has our key. */
START_TEST(somebody_has_our_key)
{
	size_t fights = 0, clones = 0;
	struct insider f;

	answers_begin(&f);
	for (unsigned i = 1; i <= 4; i++) {
		fights +=
		    own_heard(&f, (uint64_t)(10 * i) << 32 | 1, i, EVENT_FIGHT);
		f.ms += 1;
		own_heard(&f, (uint64_t)(10 * i) << 32 | 2, i, EVENT_FIGHT);
		f.ms += 2000;
	}
	ck_assert_uint_eq(fights, 1);
	engine_free(f.engine);
	answers_begin(&f);
	for (unsigned i = 1; i <= 4; i++) {
		clones +=
		    own_heard(&f, (uint64_t)(10 * i) << 32 | 1, i, EVENT_CLONE);
		f.ms += 1; /* of the same exchange */
		clones +=
		    own_heard(&f, (uint64_t)(10 * i) << 32 | 2, i, EVENT_CLONE);
		ck_assert_uint_eq(clones, i >= 3u + (unsigned)_i);
		f.ms += i == 1 && _i == 1 ? 70000 : 2000;
	}
	engine_free(f.engine);
}
END_TEST

/* --- what goes with a key ------------------------------------------------------------------ */

static void
list_says(struct insider *f, const char *name, char letter)
{
	struct lsa_space space = { .cost = 1 };
	struct buf packed = { 0 }, body = { 0 };

	lsa_list_pack(&packed, "", "a.list.org");
	lsa_list_pack(&packed, "a.list.org", "b.list.org");
	lsa_list_encode(&body, LSA_LIST, &space, &packed);
	insider_hand_on(f, (struct insider_who){ name, letter }, LSA_LIST,
	    LSA_LIST_FIRST, &body);
	buf_done(&packed);
	buf_done(&body);
}

/* A peer of the first version is told of no list, nor answered with one. */
START_TEST(a_list_is_not_for_all)
{
	struct insider f;

	answers_begin(&f);
	insider_join(&f, 2);
	insider_known(&f, "m.x.org", 'm', "m.x.org g list.org,.list.org - m");
	f.sent = 0;
	list_says(&f, "m.x.org", 'm');
	ck_assert(knows(&f, "m.x.org", LSA_LIST, LSA_LIST_FIRST));
	ck_assert_uint_eq(f.sent, 0);
	f.seq -= 2; /* older than what is held */
	list_says(&f, "m.x.org", 'm');
	ck_assert_uint_eq(f.sent, 0);
	f.seq += 10;
	server_says(&f, "m.x.org", 'm', "g");
	ck_assert_uint_eq(f.sent, 1);
	engine_free(f.engine);
}
END_TEST

/* Its authority is trusted no more: what it listed goes with it, and the routes of
 * that are those of a key that has gone. */
START_TEST(a_list_goes_with_its_authority)
{
	static const char *const names[] = { "a.list.org", "b.list.org" };
	struct setup other;
	struct insider f;
	char *text;

	answers_begin(&f);
	insider_known(&f, "m.x.org", 'm', "m.x.org g list.org,.list.org - m");
	server_says(&f, "m.x.org", 'm', "g");
	list_says(&f, "m.x.org", 'm');
	ck_assert(knows(&f, "m.x.org", LSA_LIST, LSA_LIST_FIRST));
	text = answers_text(&f, "db type=list");
	ck_assert_ptr_nonnull(strstr(
	    text, "\"body\":{\"patterns\":2,\"cost\":1,\"relay\":false}"));
	mem_free(text);
	insider_ticks(&f, 20000);
	for (size_t i = 0; i < 2; i++) {
		const struct route *r = rib_find(f.engine->table.rib, names[i]);

		ck_assert_ptr_nonnull(r);
		ck_assert_uint_eq(r->nclaims, 1);
		ck_assert_uint_ne(r->claims[0].seq, 0);
	}
	other = f.setup;
	cheap_key('y', other.authority.id);
	insider_step(&f, (struct input){ .kind = IN_CONF, .setup = &other });
	ck_assert(!knows(&f, "m.x.org", LSA_LIST, LSA_LIST_FIRST));
	ck_assert(!knows(&f, "m.x.org", LSA_IDENTITY, ""));
	insider_ticks(&f, 20000);
	for (size_t i = 0; i < 2; i++) {
		const struct route *r = rib_find(f.engine->table.rib, names[i]);

		ck_assert_ptr_nonnull(r);
		ck_assert_int_eq(r->kind, ROUTE_HOLD);
	}
	engine_free(f.engine);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("heard");
	TCase *tc = tcase_create("heard");

	tcase_add_loop_test(tc, who_may_open_a_session, 0, ROWS(opens));
	tcase_add_loop_test(tc, why_a_peer_closed_it, 0, ROWS(closes));
	tcase_add_test(tc, a_session_that_is_gone);
	tcase_add_loop_test(tc, the_longer_patience, 0, 3);
	tcase_add_test(tc, who_it_is_and_of_which_group);
	tcase_add_test(tc, a_certificate_that_allows_less);
	tcase_add_loop_test(tc, nobody_is_there, 0, 2);
	tcase_add_test(tc, what_leaves_is_heard);
	tcase_add_test(tc, what_has_come_does_not_wait);
	tcase_add_loop_test(tc, what_we_never_said, 0, ROWS(owns));
	tcase_add_test(tc, numbers_that_cannot_be);
	tcase_add_loop_test(tc, somebody_has_our_key, 0, 2);
	tcase_add_test(tc, a_list_is_not_for_all);
	tcase_add_test(tc, a_list_goes_with_its_authority);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
