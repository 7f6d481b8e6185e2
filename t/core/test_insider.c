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
#include "core/node/node.h"
#include "core/node/transit.h"
#include "core/node/troubles.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define SELF "a.x.org"
#define PEER "b.x.org"
#define CERT PEER " g x.org - b"
#define FAR "c.x.org"

static const char letter_self[] = "a", letter_peer[] = "b";

struct fixture {
	struct seal seal, peer;
	struct claims claims;
	struct setup setup;
	struct engine *engine;
	uint64_t ms;
	uint64_t seq;
	size_t refused, purged, requests, closed, digests, synced;
	size_t filling, filling_all, refused_before;
	size_t probes, probes_far; /* of the peer's addresses; of another's */
	uint32_t open[64];         /* probes that are not answered yet */
	size_t nopen;
};

static void
see(struct fixture *f, const struct effects *fx)
{
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *one = &fx->list[i];

		if (one->kind == FX_CLOSE)
			f->closed++;
		if (one->kind == FX_PROBE && one->name != NULL) {
			f->probes += strcmp(one->name, PEER) == 0;
			f->probes_far += strcmp(one->name, FAR) == 0;
			f->open[f->nopen++ % 64] = one->who;
		}
		if (one->kind == FX_SEND && one->bytes[4] == MSG_REQUEST)
			f->requests++;
		if (one->kind == FX_SEND && one->bytes[4] == MSG_DIGEST)
			f->digests++;
		if (one->kind == FX_SEND && one->bytes[4] == MSG_SYNCED)
			f->synced++;
		if (one->kind != FX_EVENT)
			continue;
		if (one->event->kind == EVENT_LSA_REFUSED)
			f->refused++;
		if (one->event->kind == EVENT_LSA_PURGED)
			f->purged++;
		if (one->event->kind != EVENT_LSDB_FILLING)
			continue;
		if (one->event->origin == NULL)
			f->filling_all++;
		else if (f->filling++ == 0)
			f->refused_before = f->refused;
	}
}

static void
step(struct fixture *f, struct input in)
{
	struct effects fx;

	in.now.ms = f->ms;
	in.wall = 1800000000u;
	fx = engine_step(f->engine, &in);
	see(f, &fx);
}

static void
frame_say(struct fixture *f, uint8_t type, const void *body, size_t n)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, type);

	buf_bytes(&out, body, n);
	frame_close(&out, hole);
	step(f, (struct input){
		    .kind = IN_BYTES, .who = 1, .bytes = out.p, .len = out.n });
	buf_done(&out);
}

/* An LSA of the peer's, with the next sequence; without a body a purge. */
static void
say(struct fixture *f, uint8_t type, const char *id, const struct buf *body)
{
	uint8_t org[SEAL_DIGEST], key[SEAL_DIGEST];
	struct lsa_draft draft = { .key = { PEER, id, type },
		.org = org,
		.signer = key,
		.seq = ++f->seq,
		.issued = 1800000000u,
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n };
	struct buf out = { 0 };

	cheap_key('z', org);
	cheap_key('b', key);
	lsa_encode(&out, &draft, &f->peer);
	frame_say(f, MSG_UPDATE, out.p, out.n);
	buf_done(&out);
}

static void
say_connector(struct fixture *f, const char *id, uint32_t cost, bool up)
{
	char far[] = "c.x.org", group[] = "far";
	struct lsa_bridgehead b = { far, up, cost };
	struct lsa_connector c = {
		.group = group, .bridgeheads = &b, .nbridgeheads = 1
	};
	struct buf body = { 0 };

	lsa_connector_encode(&body, &c);
	say(f, LSA_CONNECTOR, id, &body);
	buf_done(&body);
}

static void
hello(struct fixture *f)
{
	struct msg_hello h = { .lowest = 1,
		.highest = 1,
		.name = PEER,
		.keepalive_ms = 1000,
		.dead_ms = 600000 };
	struct buf out = { 0 };

	cheap_key('z', h.org);
	msg_hello_write(&out, &h);
	frame_say(f, MSG_HELLO, out.p, out.n);
	buf_done(&out);
}

static void
identity(struct fixture *f)
{
	struct lsa_identity id = { .cert = { (const uint8_t *)CERT },
		.cert_len = { sizeof(CERT) - 1 },
		.ncerts = 1 };
	struct buf body = { 0 };

	lsa_identity_encode(&body, &id);
	say(f, LSA_IDENTITY, "", &body);
	buf_done(&body);
}

/* Until both have said HELLO. */
static void
greet(struct fixture *f)
{
	static char own[] = SELF, group[] = "g";

	memset(f, 0, sizeof(*f));
	f->seal = cheap_seal(letter_self);
	f->peer = cheap_seal(letter_peer);
	f->setup = (struct setup){ .server = own,
		.group = group,
		.organization = group,
		.claims = &f->claims,
		.keepalive_ms = 1000,
		.dead_ms = 600000,
		.probe_ms = 5000,
		.digest_ms = 180000,
		.confirm_percent = 100 };
	cheap_key('z', f->setup.org);
	f->ms = 1;
	f->seq = 1ull << 32;
	f->engine = engine_new(1, &f->seal);
	step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
	step(f, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	step(f, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
	step(f, (struct input){ .kind = IN_OPEN,
		    .who = 1,
		    .name = PEER,
		    .bytes = (const uint8_t *)CERT,
		    .len = sizeof(CERT) - 1 });
	hello(f);
}

static void
begin(struct fixture *f)
{
	greet(f);
	frame_say(f, MSG_SUMMARY, "\3\0\0", 3);
	frame_say(f, MSG_SYNCED, "", 0);
	identity(f);
	f->requests = 0;
}

static struct lsa *
held(struct fixture *f, uint8_t type, const char *id)
{
	struct lsa_key key = { PEER, id, type };

	return lsdb_find(&f->engine->db, &key);
}

static void
ticks(struct fixture *f, uint64_t ms)
{
	uint64_t end = f->ms + ms;

	while (f->ms < end) {
		f->ms += 100;
		step(f, (struct input){ .kind = IN_TICK });
	}
}

static void
fill(struct buf *body, size_t n)
{
	while (body->n < n)
		buf_u8(body, 0);
}

/* --- probes ------------------------------------------------------------------- */

static void
answer_probes(struct fixture *f)
{
	while (f->nopen > 0)
		step(f, (struct input){ .kind = IN_PROBE,
			    .who = f->open[--f->nopen % 64],
			    .verdict = PROBE_OK });
}

/* Four addresses that nobody has said before. */
static void
say_server(struct fixture *f, uint32_t number, bool mta_down)
{
	char group[] = "g";
	struct lsa_server s = { .group = group, .mta_down = mta_down };
	struct buf body = { 0 };

	for (; s.nsmtp < LIMIT_ADDRESSES; s.nsmtp++) {
		struct addr *a = &s.smtp[s.nsmtp];

		a->family = 4;
		a->ip[0] = 9;
		a->ip[2] = (uint8_t)(number >> 8);
		a->ip[3] = (uint8_t)number;
		a->port = (uint16_t)(1000 + s.nsmtp);
	}
	lsa_server_encode(&body, &s);
	say(f, LSA_SERVER, "", &body);
	buf_done(&body);
}

/*
 * Whatever addresses it says, however often, withdrawn between or not, its MTA
 * up or down, with a new identity each time: one probe a second, and one of
 * each address for the few times that its word that it is down is looked at on
 * the spot; and those of another's go on at their pace.
 */
START_TEST(probes_of_one_origin)
{
	static char far[] = FAR, group[] = "far", name[] = "far";
	static struct setup_bridgehead b = { .name = far,
		.cost = 1,
		.smtp = { { .family = 4, .ip = { 9, 9, 9, 9 }, .port = 25 } },
		.nsmtp = 1 };
	static struct setup_connector c = { .name = name,
		.group = group,
		.bridgeheads = &b,
		.nbridgeheads = 1 };
	struct fixture f;

	begin(&f);
	f.setup.connectors = &c;
	f.setup.nconnectors = 1;
	step(&f, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	ticks(&f, 10000);
	answer_probes(&f);
	f.probes = f.probes_far = 0;
	for (uint32_t i = 0; i < 6000; i++) {
		if (_i == 1 && i / 200 % 3 == 2)
			say(&f, LSA_SERVER, "", NULL);
		else
			say_server(&f, i, _i == 2 && i % 4 > 1);
		if (_i == 3 && i % 5 == 0)
			identity(&f);
		answer_probes(&f);
		f.ms += 10;
		step(&f, (struct input){ .kind = IN_TICK });
		answer_probes(&f);
	}
	ck_assert_uint_ge(f.probes, _i == 1 ? 3 : 10);
	ck_assert_uint_le(f.probes, _i == 2 ? 61 + 6 * LIMIT_ADDRESSES : 61);
	ck_assert_uint_ge(f.probes_far, 10);
	ck_assert_uint_le(f.probes_far, 14);
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

START_TEST(unknown_types_are_small)
{
	struct buf body = { 0 };
	struct fixture f;

	begin(&f);
	fill(&body, 1000);
	say(&f, 200, "small", &body);
	fill(&body, LIMIT_UNKNOWN_OCTETS);
	say(&f, 200, "large", &body);
	ck_assert(held(&f, 200, "small") != NULL);
	ck_assert(held(&f, 200, "large") == NULL);
	ck_assert_uint_eq(f.refused, 1);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

/* 4094 of them, as long as they may be: eight times what one may have. */
START_TEST(octets_of_one_origin)
{
	struct buf body = { 0 };
	struct fixture f;
	char id[16];

	begin(&f);
	fill(&body, 1800);
	for (int i = 0; i < 4094; i++) {
		snprintf(id, sizeof(id), "u%04d", i);
		say(&f, 200, id, &body);
		f.ms += 7000; /* its faults are not what is tried here */
		ck_assert_uint_le(lsdb_share(&f.engine->db, PEER)->octets,
		    LIMIT_ORIGIN_OCTETS);
	}
	ck_assert_uint_gt(lsdb_share(&f.engine->db, PEER)->octets,
	    LIMIT_ORIGIN_OCTETS - 2500);
	ck_assert_uint_eq(f.closed, 0);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

static char *
troubles(struct fixture *f)
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
	struct fixture f;
	char id[16], *text;

	begin(&f);
	fill(&body, 1800);
	for (int i = 0; i < 700; i++) {
		snprintf(id, sizeof(id), "u%04d", i);
		say(&f, 200, id, &body);
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
	struct fixture f;
	char *text;

	begin(&f);
	f.engine->db.octets = LIMIT_LSDB_OCTETS / 10 * 7;
	say_connector(&f, "c", 1, true);
	ck_assert_uint_eq(f.filling_all, 0);
	f.engine->db.octets = LIMIT_LSDB_OCTETS / 10 * 8;
	say_connector(&f, "d", 1, true);
	ck_assert_uint_eq(f.filling_all, 1);
	say_connector(&f, "e", 1, true);
	ck_assert_uint_eq(f.filling_all, 1);
	ck_assert_uint_eq(f.filling, 0);
	text = troubles(&f);
	ck_assert_msg(
	    strstr(text, "the database uses 80 %") != NULL, "%s", text);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* What is kept follows from what was said, in whatever order it came. */
START_TEST(order_is_no_matter)
{
	uint8_t digest[2][SEAL_DIGEST];
	struct buf body = { 0 };
	struct fixture f;
	char id[16];

	fill(&body, 1800);
	for (int turn = 0; turn < 2; turn++) {
		begin(&f);
		for (int i = 0; i < 700; i++) {
			int k = turn == 0 ? i : 699 - i;

			snprintf(id, sizeof(id), "u%04d", k);
			f.seq = ((uint64_t)1 << 32) + 10u + (uint64_t)k;
			say(&f, 200, id, &body);
			f.ms += 7000;
		}
		f.seq = ((uint64_t)1 << 32) + 9;
		say_connector(&f, "c", 7, true);
		ck_assert(held(&f, LSA_CONNECTOR, "c") != NULL);
		memcpy(digest[turn], f.engine->db.digest, SEAL_DIGEST);
		engine_free(f.engine);
	}
	ck_assert_mem_eq(digest[0], digest[1], SEAL_DIGEST);
	buf_done(&body);
}
END_TEST

/* A peer that passes on what another says too much of is not at fault. */
START_TEST(carrier_is_not_at_fault)
{
	static const struct buf none;
	struct fixture f;
	char id[16];

	begin(&f);
	for (int i = 0; i < LIMIT_ORIGIN_LSAS + 30; i++) {
		snprintf(id, sizeof(id), "u%04d", i);
		if (i == LIMIT_ORIGIN_LSAS - 1) /* as if of another peer */
			f.engine->sessions.v[0]->peer[0] = 'c';
		say(&f, 200, id, &none);
	}
	ck_assert_uint_eq(
	    lsdb_share(&f.engine->db, PEER)->n, LIMIT_ORIGIN_LSAS);
	ck_assert_uint_ge(f.refused, 30);
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* 60 000 instances of one LSA: few are taken, and the newest in the end. */
START_TEST(pace_of_one_lsa)
{
	struct fixture f;
	uint64_t taken = 0, last = 0;

	begin(&f);
	for (uint32_t i = 0; i < 60000; i++) {
		say_connector(&f, "c", 1 + i % 50000, true);
		if (held(&f, LSA_CONNECTOR, "c")->seq != last)
			taken++;
		last = held(&f, LSA_CONNECTOR, "c")->seq;
		if (i % 60 == 0)
			f.ms++;
	}
	ck_assert_uint_ge(taken, 3 * LIMIT_SAY_BURST);
	ck_assert_uint_le(taken, LIMIT_HEAR_BURST);
	ck_assert_uint_eq(f.engine->sessions.v[0]->late.tree.n, 1);
	/* It is asked for, and comes. */
	ck_assert_uint_eq(f.requests, 0);
	ticks(&f, 2 * LIMIT_HEAR_EACH_MS);
	ck_assert_uint_ge(f.requests, 1);
	f.seq--;
	say_connector(&f, "c", 1 + 59999 % 50000, true);
	ck_assert_uint_eq(held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	ck_assert_uint_eq(f.engine->sessions.v[0]->late.tree.n, 0);
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* What an honest origin may say at its own pace is never late. */
START_TEST(honest_pace)
{
	struct pace own = { .burst = LIMIT_SAY_BURST,
		.each_ms = LIMIT_SAY_EACH_MS };
	struct fixture f;
	struct mono when;

	begin(&f);
	for (int i = 0; i < 1000; i++) {
		/* and it starts again and again: its buckets are full */
		if (i % 20 == 0)
			own.spent = 0;
		if (pace_take(&own, (struct mono){ f.ms }, &when))
			say_connector(&f, "c", 1 + (uint32_t)i, i % 2 == 0);
		ck_assert_uint_eq(f.engine->sessions.v[0]->late.tree.n, 0);
		ticks(&f, 500);
	}
	engine_free(f.engine);
}
END_TEST

/* What takes something out of use passes, as long as it is no flood too. */
START_TEST(down_passes_first)
{
	struct fixture f;

	begin(&f);
	for (uint32_t i = 0; i < 100; i++)
		say_connector(&f, "c", 1 + i, true);
	say_connector(&f, "c", 1, false);
	ck_assert_uint_eq(held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	say(&f, LSA_CONNECTOR, "c", NULL);
	ck_assert(held(&f, LSA_CONNECTOR, "c")->purge);
	for (uint32_t i = 0; i < 100; i++)
		say(&f, LSA_CONNECTOR, "c", NULL);
	ck_assert_uint_lt(held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	ck_assert_uint_lt(f.purged, LIMIT_HEAR_RESERVE + 1);
	engine_free(f.engine);
}
END_TEST

/* Nobody spends the tokens of another: what is not signed by it costs the
 * peer that brings it, and nobody else. */
START_TEST(forged_spends_nothing)
{
	struct fixture f;

	begin(&f);
	say_connector(&f, "c", 1, true);
	f.peer = cheap_seal("q");
	for (uint32_t i = 0; i < 9; i++)
		say_connector(&f, "c", 2 + i, true);
	f.peer = cheap_seal(letter_peer);
	ck_assert_uint_eq(f.refused, 9);
	say_connector(&f, "c", 99, true);
	ck_assert_uint_eq(held(&f, LSA_CONNECTOR, "c")->seq, f.seq);
	engine_free(f.engine);
}
END_TEST

static void
key_write(struct buf *out, int number)
{
	char id[32];
	struct lsa_key key = { "nobody.x.org", id, LSA_SPACE };

	snprintf(id, sizeof(id), "n%d.x.org", number);
	msg_key_write(out, &key);
}

/* A summary of LSAs that nobody has. */
static void
offer(struct fixture *f, int from, int to)
{
	uint8_t flags = MSG_FIRST;

	for (int n; from < to; from += n, flags = 0) {
		struct buf body = { 0 };

		n = to - from < LIMIT_SUMMARY_ENTRIES ? to - from
		                                      : LIMIT_SUMMARY_ENTRIES;
		buf_u8(&body, flags | (from + n == to ? MSG_LAST : 0));
		buf_u16(&body, (uint16_t)n);
		for (int i = from; i < from + n; i++) {
			key_write(&body, i);
			buf_u64(&body, 7);
			buf_u64(&body, 7);
		}
		frame_say(f, MSG_SUMMARY, body.p, body.n);
		buf_done(&body);
	}
}

static void
withdraw(struct fixture *f, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct buf body = { 0 };

		key_write(&body, i);
		frame_say(f, MSG_NONE, body.p, body.n);
		buf_done(&body);
	}
}

/* What a peer names costs so much and no more; and nothing that it has is
 * missed: of the rest another round tells, whatever that has. */
START_TEST(offers_without_end)
{
	static const uint8_t digest[SEAL_DIGEST + 4] = { 1 };
	const struct session *s;
	struct fixture f;

	greet(&f);
	s = f.engine->sessions.v[0];
	frame_say(&f, MSG_DIGEST, digest, sizeof(digest));
	offer(&f, 0, LIMIT_WANTED + 1000);
	ck_assert_uint_eq(s->wanted.tree.n, LIMIT_WANTED);
	f.digests = 0;
	withdraw(&f, 0, LIMIT_WANTED);
	ck_assert_uint_eq(f.digests + f.synced, 0);
	frame_say(&f, MSG_SYNCED, "", 0);
	ck_assert_uint_eq(f.digests, 1);
	ck_assert_uint_eq(f.synced, 0);
	if (_i == 0) { /* it still has them */
		offer(&f, LIMIT_WANTED, LIMIT_WANTED + 1000);
		ck_assert_uint_eq(s->wanted.tree.n, 1000);
		withdraw(&f, LIMIT_WANTED, LIMIT_WANTED + 1000);
	} else { /* they came from elsewhere */
		frame_say(&f, MSG_SYNCED, "", 0);
	}
	ck_assert_uint_eq(f.synced, 1);
	ck_assert_uint_eq(f.digests, 1);
	ck_assert_uint_eq(f.closed, 0);
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
	struct seal seal = cheap_seal("z");
	uint8_t org[SEAL_DIGEST];
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
	lsa_encode(&out, &draft, &seal);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &seal, &lsa), all[_i].rc);
	if (lsa != NULL && !lsa->purge)
		ck_assert(lsa_rule_on(lsa) == (all[_i].body[4] == 1));
	lsa_free(lsa);
	buf_done(&out);
}
END_TEST

/* Only the authority's signature makes one. */
START_TEST(a_rule_of_an_insider)
{
	uint8_t org[SEAL_DIGEST], key[SEAL_DIGEST];
	struct fixture f;
	struct lsa_draft draft = { .key = { "", "connectors", LSA_RULE },
		.org = org,
		.signer = key,
		.seq = 1,
		.body = (const uint8_t *)"\0\1\0\1\1",
		.body_len = 5 };

	cheap_key('z', org);
	for (int i = 0; i < 3; i++) {
		struct buf out = { 0 };
		struct seal seal = cheap_seal(i == 0 ? letter_peer : "z");

		begin(&f);
		/* by its own key; by that, said to be the authority's; right */
		cheap_key(i == 0 ? 'b' : 'z', key);
		if (i == 1)
			seal = cheap_seal(letter_peer);
		cheap_public('z', f.setup.authority);
		lsa_encode(&out, &draft, &seal);
		frame_say(&f, MSG_UPDATE, out.p, out.n);
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
	tcase_add_test(tc, unknown_types_are_small);
	tcase_add_test(tc, octets_of_one_origin);
	tcase_add_test(tc, told_before_it_is_full);
	tcase_add_test(tc, told_of_all);
	tcase_add_test(tc, order_is_no_matter);
	tcase_add_test(tc, carrier_is_not_at_fault);
	tcase_add_test(tc, pace_of_one_lsa);
	tcase_add_test(tc, honest_pace);
	tcase_add_test(tc, down_passes_first);
	tcase_add_test(tc, forged_spends_nothing);
	tcase_add_loop_test(tc, probes_of_one_origin, 0, 4);
	tcase_add_loop_test(tc, offers_without_end, 0, 2);
	tcase_add_loop_test(tc, rules, 0, 11);
	tcase_add_test(tc, a_rule_of_an_insider);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
