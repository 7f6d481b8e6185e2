/*
 * test_differ.c - a neighbour's database that is another: what lsrctl is told
 * when it asks, and the alarm when it stays so. The neighbour is played here.
 */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa.h"
#include "core/node/node.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define SELF "a.x.org"
#define PEER "b.x.org"
#define RULE "connectors"

struct host {
	struct engine *engine;
	struct setup setup;
	struct setup_peer peer;
	struct claims claims;
	struct crypto crypto;
	char own[8], group[2], name[8];
	uint64_t ms;
	uint8_t rule[CRYPTO_DIGEST]; /* the digest of the one LSA there is */
	struct buf answer;
	char told[40]; /* the state of the last event about databases */
	bool closed;
	uint8_t version; /* that the peer speaks */
};

static void
step(struct host *h, struct input in)
{
	struct effects fx;

	in.now.ms = h->ms;
	in.wall = 1800000000;
	fx = engine_step(h->engine, &in);
	for (size_t i = 0; i < fx.n; i++) {
		const struct effect *one = &fx.list[i];

		h->closed |= one->kind == FX_CLOSE;
		if (one->kind == FX_REPLY)
			buf_bytes(&h->answer, one->bytes, one->len);
		if (one->kind == FX_EVENT && one->event->kind == EVENT_DIFFERS)
			snprintf(h->told, sizeof(h->told), "%s %s",
			    one->event->peer, one->event->to);
	}
}

static void
hear(struct host *h, uint8_t type, const struct buf *body)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, type);

	if (body != NULL)
		buf_bytes(&out, body->p, body->n);
	frame_close(&out, hole);
	step(h, (struct input){
		    .kind = IN_BYTES, .who = 1, .bytes = out.p, .len = out.n });
	buf_done(&out);
}

static void
hello(struct host *h)
{
	struct msg_hello hello = { .lowest = 1,
		.highest = h->version,
		.name = PEER,
		.keepalive_ms = 1000,
		.dead_ms = 3000 };
	struct buf body = { 0 };

	cheap_key('z', hello.org);
	msg_hello_write(&body, &hello);
	hear(h, MSG_HELLO, &body);
	buf_done(&body);
}

/* Version 1 has one of the whole. */
static void
digest_whole(struct host *h, bool same)
{
	struct buf body = { 0 };

	buf_bytes(&body, h->engine->db.digest, CRYPTO_DIGEST);
	body.p[0] ^= same ? 0 : 1;
	buf_u32(&body, 1);
	hear(h, MSG_DIGEST, &body);
	buf_done(&body);
}

/* Of the one part in which we have something, and of another if there is `more`. */
static void
digest_parts(struct host *h, bool same, bool more)
{
	struct buf body = { 0 };
	uint8_t part[CRYPTO_DIGEST];

	h->crypto.digest(h->crypto.ctx, h->rule, CRYPTO_DIGEST, part);
	part[0] ^= same ? 0 : 1;
	buf_u8(&body, 0);
	buf_u16(&body, more ? 2 : 1);
	for (uint8_t number = 0; number <= (more ? 9 : 0); number += 9) {
		buf_u8(&body, number);
		buf_u32(&body, 1);
		buf_bytes(&body, part, CRYPTO_DIGEST);
	}
	hear(h, MSG_DIGEST, &body);
	buf_done(&body);
}

static void
digest(struct host *h, bool same)
{
	if (h->version < 2)
		digest_whole(h, same);
	else
		digest_parts(h, same, false);
}

/* One entry at most. */
static void
summary(struct host *h, const char *id, uint64_t seq, uint8_t first)
{
	struct lsa_key key = { .origin = "", .id = id, .type = LSA_RULE };
	struct buf body = { 0 };
	uint8_t short_digest[CRYPTO_DIGEST];

	memcpy(short_digest, h->rule, CRYPTO_DIGEST);
	short_digest[0] ^= first;
	buf_u8(&body, MSG_FIRST | MSG_LAST);
	buf_u16(&body, id == NULL ? 0 : 1);
	if (id != NULL) {
		msg_key_write(&body, &key);
		buf_u64(&body, seq);
		buf_bytes(&body, short_digest, msg_short_digest(h->version));
	}
	hear(h, MSG_SUMMARY, &body);
	buf_done(&body);
}

static void
rule_hear(struct host *h)
{
	struct crypto authority = cheap_seal("z");
	struct lsa_draft draft = { .key = { "", RULE, LSA_RULE }, .seq = 7 };
	uint8_t org[CRYPTO_DIGEST];
	struct buf body = { 0 }, out = { 0 };
	struct lsa *lsa;

	cheap_key('z', org);
	lsa_rule_encode(&body, true);
	draft.org = draft.signer = org;
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&out, &draft, &authority);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &authority, &lsa), 0);
	memcpy(h->rule, lsa->digest, CRYPTO_DIGEST);
	lsa_free(lsa);
	hear(h, MSG_UPDATE, &out);
	buf_done(&body);
	buf_done(&out);
}

static const char *
ask(struct host *h, const char *request)
{
	buf_reset(&h->answer);
	step(h, (struct input){ .kind = IN_QUERY,
		    .bytes = (const uint8_t *)request,
		    .len = strlen(request) });
	buf_u8(&h->answer, 0);
	return (const char *)h->answer.p;
}

static void
answers(struct host *h, const char *request, const char *text)
{
	const char *said = ask(h, request);

	ck_assert_msg(strstr(said, text) != NULL, "%s: %s", text, said);
}

/* A session that is full: both have the one rule. */
static struct host *
begin_of(uint8_t version)
{
	struct host *h = mem_new(sizeof(*h), 0, 0);
	static const char cert[] = PEER " g - - b";

	h->version = version;
	memcpy(h->own, SELF, sizeof(SELF));
	memcpy(h->name, PEER, sizeof(PEER));
	memcpy(h->group, "g", 2);
	h->ms = 1000;
	h->peer.name = h->name;
	h->setup = (struct setup){ .server = h->own,
		.group = h->group,
		.organization = h->group,
		.claims = &h->claims,
		.peers = &h->peer,
		.npeers = 1,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 3000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.mta.none = true,
		.confirm_percent = 100 };
	h->crypto = cheap_seal("a");
	h->engine = engine_new(1, &h->crypto);
	cheap_public('z', h->setup.authority.key);
	cheap_key('z', h->setup.authority.id);
	step(h, (struct input){ .kind = IN_CONF, .setup = &h->setup });
	step(h, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	step(h, (struct input){ .kind = IN_RESTORE, .who = SAVE_TABLE });
	step(h, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
	step(h, (struct input){ .kind = IN_OPEN,
		    .who = 1,
		    .name = PEER,
		    .bytes = (const uint8_t *)cert,
		    .len = strlen(cert) });
	hello(h);
	rule_hear(h);
	digest(h, true);
	hear(h, MSG_SYNCED, NULL);
	answers(h, "peers", "\"state\":\"full\"");
	return h;
}

static struct host *
begin(void)
{
	return begin_of(MSG_VERSION);
}

static void
end(struct host *h)
{
	engine_free(h->engine);
	buf_done(&h->answer);
	mem_free(h);
}

static void
wait_s(struct host *h, unsigned seconds)
{
	struct buf alive = { 0 };

	buf_u64(&alive, 0);
	for (unsigned i = 0; i < seconds; i++) {
		h->ms += 1000;
		hear(h, MSG_ALIVE, &alive);
	}
	buf_done(&alive);
	ck_assert(!h->closed);
}

/* What the peer's summary names, and what is found. */
static const struct {
	const char *id;
	uint64_t seq;
	uint8_t first; /* the digest is another */
	const char *found;
} rows[] = {
	{ RULE, 9, 0,
	    "\"what\":\"newer-there\",\"here\":{\"epoch\":0,\"counter\":7},"
	    "\"there\":{\"epoch\":0,\"counter\":9}" },
	{ RULE, 5, 0, "\"what\":\"newer-here\"" },
	{ RULE, 7, 1, "\"what\":\"content\"" },
	{ RULE, 7, 0, "\"found\":0" },
	{ NULL, 0, 0,
	    "\"id\":\"" RULE "\",\"what\":\"missing-there\",\"here\":{\"epoch\""
	    ":0,\"counter\":7}}" },
	{ "another", 3, 0,
	    "\"id\":\"another\",\"what\":\"missing-here\",\"there\":{\"epoch\":"
	    "0,\"counter\":3}}" },
};

START_TEST(differences_are_found)
{
	const int n = (int)(sizeof(rows) / sizeof(rows[0])), row = _i % n;
	struct host *h = begin_of((uint8_t)(1 + _i / n));

	answers(h, "db diff " PEER " ask", "\"ok\":true");
	answers(h, "db diff " PEER, "\"state\":\"asked\"");
	digest(h, false);
	answers(h, "db diff " PEER, "\"state\":\"summary\"");
	summary(h, rows[row].id, rows[row].seq, rows[row].first);
	if (strstr(rows[row].found, "what") != NULL)
		answers(h, "db diff " PEER, "\"state\":\"differs\"");
	answers(h, "db diff " PEER, rows[row].found);
	end(h);
}
END_TEST

/* Of an id that stands before ours, ours is missing there as well. */
START_TEST(two_at_once)
{
	struct host *h = begin_of((uint8_t)(1 + _i));

	ask(h, "db diff " PEER " ask");
	digest(h, false);
	summary(h, "another", 3, 0);
	answers(h, "db diff " PEER, "\"found\":2");
	end(h);
}
END_TEST

/* Entries that are not here, one summary of two or of three. */
static void
summary_of(struct host *h, unsigned first, unsigned n, uint8_t flags)
{
	static const uint8_t none[CRYPTO_DIGEST];
	struct buf body = { 0 };
	char id[16];

	buf_u8(&body, flags);
	buf_u16(&body, (uint16_t)n);
	for (unsigned i = 0; i < n; i++) {
		struct lsa_key key = { .id = id, .type = LSA_RULE };

		key.origin = "";
		snprintf(id, sizeof(id), "a%04u", first + i);
		msg_key_write(&body, &key);
		buf_u64(&body, 3);
		buf_bytes(&body, none, msg_short_digest(h->version));
	}
	hear(h, MSG_SUMMARY, &body);
	buf_done(&body);
}

/* All are counted, and so many have a line. */
START_TEST(so_many_are_shown)
{
	struct host *h = begin();
	size_t lines = 0;

	ask(h, "db diff " PEER " ask");
	digest(h, false);
	summary_of(h, 0, 300, MSG_FIRST);
	summary_of(h, 300, 300, MSG_LAST);
	answers(h, "db diff " PEER, "\"found\":601");
	for (const char *at = (const char *)h->answer.p;
	     (at = strstr(at, "\"what\"")) != NULL; at++)
		lines++;
	ck_assert_uint_eq(lines, LIMIT_DIFF_LINES);
	end(h);
}
END_TEST

START_TEST(the_same_is_the_same)
{
	struct host *h = begin_of((uint8_t)(1 + _i));

	ask(h, "db diff " PEER " ask");
	hear(h, MSG_SYNCED, NULL);
	answers(h, "db diff " PEER, "\"state\":\"same\"");
	ask(h, "db diff " PEER " ask");
	digest(h, true);
	answers(h, "db diff " PEER, "\"state\":\"same\"");
	answers(h, "db diff c.x.org ask", "no-neighbour");
	end(h);
}
END_TEST

START_TEST(a_session_that_ends_says_so)
{
	struct host *h = begin();

	ask(h, "db diff " PEER " ask");
	step(h, (struct input){ .kind = IN_CLOSED, .who = 1 });
	answers(h, "db diff " PEER, "\"state\":\"closed\"");
	answers(h, "db diff " PEER " ask", "no-session");
	end(h);
}
END_TEST

START_TEST(what_stays_is_told)
{
	struct host *h = begin();

	for (unsigned s = 0; s < LIMIT_DIFFERS_MS / 1000; s += 100) {
		digest(h, false);
		ck_assert_str_eq(h->told, "");
		answers(h, "status", "\"differing\":0");
		wait_s(h, 100);
	}
	digest(h, false);
	ck_assert_str_eq(h->told, PEER " differs");
	answers(h, "status", "\"differing\":1");
	answers(h, "status", "\"word\":\"database-differs\"");
	answers(h, "peers", "\"differs_s\":300");
	answers(h, "metrics", "\"differs_ms\":300"); /* and some more */
	digest(h, true);
	ck_assert_str_eq(h->told, PEER " agrees");
	answers(h, "status", "\"differing\":0");
	end(h);
}
END_TEST

/* What was on its way each time is no alarm, nor is another part each time. */
START_TEST(what_agrees_between_is_not)
{
	struct host *h = begin();

	for (unsigned s = 0; s < 3 * LIMIT_DIFFERS_MS / 1000; s += 100) {
		digest_parts(h, s % 200 == 0, _i == 1 && s % 200 == 0);
		wait_s(h, 100);
	}
	ck_assert_str_eq(h->told, "");
	end(h);
}
END_TEST

/* --- several servers ------------------------------------------------------------- */

/* What there is besides the rule: an identity each, and a list of the last. */
static const char *const others[] = { "b.x.org", "c.x.org", "d.x.org",
	"e.x.org" };

#define OTHERS (sizeof(others) / sizeof(others[0]))

static void
keep(struct host *h, const struct lsa_key *key, const struct buf *body)
{
	uint8_t zero[CRYPTO_DIGEST] = { 0 };
	struct lsa_draft draft = { .key = *key,
		.org = zero,
		.signer = zero,
		.seq = 7,
		.body = body->p,
		.body_len = body->n };
	struct buf out = { 0 };
	struct lsa *lsa;

	lsa_encode(&out, &draft, &h->crypto);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &h->crypto, &lsa), 0);
	lsdb_install(&h->engine->db, lsa);
	buf_done(&out);
}

static void
keep_others(struct host *h)
{
	struct lsa_identity id = {
		.cert = { (const uint8_t *)"x" }, .cert_len = { 1 }, .ncerts = 1
	};
	struct buf body = { 0 };

	lsa_identity_encode(&body, &id);
	for (size_t i = 0; i < OTHERS; i++)
		keep(
		    h, &(struct lsa_key){ others[i], "", LSA_IDENTITY }, &body);
	buf_reset(&body);
	buf_bytes(&body, "\0\1\0\4\0\0\0\1\0\2\0\1\0\0\3\0\5\0\3a.b", 22);
	keep(h, &(struct lsa_key){ "e.x.org", "!", LSA_LIST }, &body);
	buf_done(&body);
}

static unsigned
part_is(struct host *h, const struct lsa *lsa)
{
	return h->version < 2 ? 0 : lsa->part;
}

/* In their order all of ours that a peer of its version tells of. */
static size_t
in_order(struct host *h, const struct lsa *list[16])
{
	size_t n = 0;

	for (unsigned part = 0; part < PARTS; part++)
		for (struct lsa *l = lsdb_first(&h->engine->db); l != NULL;
		     l = lsdb_next(l))
			if (part_is(h, l) == part &&
			    (h->version >= MSG_VERSION_LISTS ||
				!lsa_is_list(l->key.type)))
				list[n++] = l;
	return n;
}

/* The peer names no part, and then all of ours but one. */
static void
summary_without(struct host *h, size_t which)
{
	const struct lsa *list[16];
	size_t n = in_order(h, list);
	struct buf body = { 0 };

	buf_u8(&body, MSG_FIRST | MSG_LAST);
	buf_u16(&body, (uint16_t)(which < n ? n - 1 : n));
	for (size_t i = 0; i < n; i++)
		if (i != which)
			msg_entry_write(&body, h->version, list[i]);
	hear(h, MSG_SUMMARY, &body);
	buf_done(&body);
}

static void
digest_other(struct host *h)
{
	struct buf body = { 0 };

	if (h->version < 2) {
		digest_whole(h, false);
		return;
	}
	buf_u8(&body, 0);
	buf_u16(&body, 0);
	hear(h, MSG_DIGEST, &body);
	buf_done(&body);
}

/* One after the other is not there, and that is all that is found; a list is
 * not missed at a peer that reads none. */
START_TEST(one_of_many_is_missing)
{
	struct host *h = begin_of((uint8_t)_i);
	const struct lsa *list[16];
	char want[80];
	size_t n;

	keep_others(h);
	n = in_order(h, list);
	ck_assert_uint_eq(n, OTHERS + (_i < MSG_VERSION_LISTS ? 1 : 2));
	for (size_t i = 0; i < n; i++) {
		ask(h, "db diff " PEER " ask");
		digest_other(h);
		summary_without(h, i);
		answers(h, "db diff " PEER, "\"found\":1}");
		snprintf(want, sizeof(want),
		    "\"origin\":\"%s\",\"type\":\"%s\"", list[i]->key.origin,
		    lsa_type_word(list[i]->key.type));
		answers(h, "db diff " PEER, want);
		answers(h, "db diff " PEER, "\"what\":\"missing-there\"");
	}
	ask(h, "db diff " PEER " ask");
	digest_other(h);
	summary_without(h, n);
	answers(h, "db diff " PEER, "\"found\":0}");
	answers(h, "db diff " PEER, "\"state\":\"same\"");
	end(h);
}
END_TEST

/* What was found stands until it is asked again, whatever is heard meanwhile. */
START_TEST(an_answer_stands)
{
	struct host *h = begin_of((uint8_t)_i);

	answers(h, "db diff " PEER, "\"state\":\"unasked\"");
	answers(h, "db diff " PEER, "\"found\":0}");
	digest(h, false);
	summary(h, RULE, 5, 0); /* nobody has asked yet */
	answers(h, "db diff " PEER, "\"state\":\"unasked\"");
	ck_assert_int_eq(
	    strstr((const char *)h->answer.p, "digest_there") != NULL, _i > 1);
	ask(h, "db diff " PEER " ask");
	digest(h, false);
	hear(h, MSG_SYNCED, NULL); /* that is of the summary to come */
	answers(h, "db diff " PEER, "\"state\":\"summary\"");
	summary(h, RULE, 5, 0);
	answers(h, "db diff " PEER, "\"state\":\"differs\"");
	digest(h, true);
	summary(h, "another", 3, 0);
	answers(h, "db diff " PEER, "\"state\":\"differs\"");
	answers(h, "db diff " PEER, "\"found\":1}");
	end(h);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("differ");
	TCase *tc = tcase_create("differ");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, differences_are_found, 0,
	    2 * (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tc, two_at_once, 0, 2);
	tcase_add_test(tc, so_many_are_shown);
	tcase_add_loop_test(tc, the_same_is_the_same, 0, 2);
	tcase_add_test(tc, a_session_that_ends_says_so);
	tcase_add_test(tc, what_stays_is_told);
	tcase_add_loop_test(tc, what_agrees_between_is_not, 0, 2);
	tcase_add_loop_test(
	    tc, one_of_many_is_missing, 1, MSG_VERSION_LISTS + 1);
	tcase_add_loop_test(tc, an_answer_stands, 1, MSG_VERSION_LISTS + 1);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
