/*
 * test_session_both.c - two engines that dial each other at once, each by the
 * carrier it was told (lsrd-protocol(7) 1): in whatever order the
 * sessions come up, both ends keep the same one, and it stays. And what is logged
 * of one.
 */

#include <string.h>

#include "base/buf.h"
#include "core/node/engine.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define BY_A 0 /* sessions, by who has dialled */
#define BY_B 1

/* One end; what it has said is on its way in `out`, for each session. */
struct end {
	struct engine *engine;
	struct setup setup;
	struct setup_peer peer;
	struct claims claims;
	struct crypto crypto;
	struct buf out[2];
	bool open[2], closing[2];
	size_t closes;
	char peers[600];   /* what lsrctl peers said */
	struct buf states; /* of its sessions, one after the other, as logged */
};

struct pair {
	struct end end[2]; /* a.x.org, b.x.org */
	uint64_t ms;
};

static const char *const certs[] = { "a.x.org g - - a", "b.x.org g - - b" };
static char names[2][8] = { "a.x.org", "b.x.org" }, group[] = "g";

static void
step(struct pair *p, size_t at, struct input in)
{
	struct end *e = &p->end[at];
	struct effects fx;

	in.now.ms = p->ms;
	in.wall = 1800000000 + p->ms / 1000;
	fx = engine_step(e->engine, &in);
	for (size_t i = 0; i < fx.n; i++) {
		const struct effect *one = &fx.list[i];

		if (one->kind == FX_SEND)
			buf_bytes(&e->out[one->who], one->bytes, one->len);
		if (one->kind == FX_CLOSE) {
			e->closing[one->who] = true;
			e->closes++;
		}
		if (one->kind == FX_REPLY && one->len < sizeof(e->peers))
			memcpy(e->peers, one->bytes, one->len);
		if (one->kind == FX_EVENT &&
		    one->event->kind == EVENT_NBR_STATE)
			buf_printf(&e->states, "%s>%s %s;", one->event->from,
			    one->event->to,
			    one->event->reason == NULL ? ""
						       : one->event->reason);
	}
}

static void
begin(struct pair *p, size_t at)
{
	struct end *e = &p->end[at];

	e->peer.name = names[!at];
	e->crypto = cheap_seal(at == 0 ? "a" : "b");
	e->setup = (struct setup){ .server = names[at],
		.group = group,
		.organization = group,
		.claims = &e->claims,
		.peers = &e->peer,
		.npeers = 1,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 3000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.mta.none = true,
		.confirm_percent = 100 };
	e->engine = engine_new(1 + at, &e->crypto);
	step(p, at, (struct input){ .kind = IN_CONF, .setup = &e->setup });
	step(p, at, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	step(p, at, (struct input){ .kind = IN_RESTORE, .who = SAVE_TABLE });
	step(p, at, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
}

static void
open_at(struct pair *p, size_t at, uint32_t session, enum setup_carrier carrier)
{
	p->end[at].open[session] = true;
	step(p, at,
	    (struct input){ .kind = IN_OPEN,
		.who = session,
		.name = names[!at],
		.dialled = session == at,
		.carrier = carrier,
		.bytes = (const uint8_t *)certs[!at],
		.len = strlen(certs[!at]) });
}

/* Everything on its way arrives, then the end of what was closed. */
static void
deliver(struct pair *p)
{
	for (size_t at = 0; at < 2; at++) {
		struct end *from = &p->end[at], *to = &p->end[!at];

		for (uint32_t s = 0; s < 2; s++) {
			struct buf b = from->out[s];

			if (!to->open[s])
				continue; /* its handshake is not over */
			from->out[s] = (struct buf){ 0 };
			if (b.n > 0 && !to->closing[s])
				step(p, !at,
				    (struct input){ .kind = IN_BYTES,
					.who = s,
					.bytes = b.p,
					.len = b.n });
			buf_done(&b);
			if (from->closing[s] && !to->closing[s]) {
				to->closing[s] = true;
				step(p, !at,
				    (struct input){
					.kind = IN_CLOSED, .who = s });
			}
		}
	}
}

static void
pass(struct pair *p, uint64_t ms)
{
	for (uint64_t end = p->ms + ms; p->ms < end; p->ms += 100) {
		deliver(p);
		step(p, 0, (struct input){ .kind = IN_TICK });
		step(p, 1, (struct input){ .kind = IN_TICK });
	}
}

static void
check(struct pair *p, size_t at, enum setup_carrier carrier)
{
	struct end *e = &p->end[at];
	const char *want = carrier == SETUP_XLSA2 ? "\"carrier\":\"x-lsa-2\""
	                                          : "\"carrier\":\"tcp\"";

	memset(e->peers, 0, sizeof(e->peers));
	step(p, at,
	    (struct input){ .kind = IN_QUERY,
		.bytes = (const uint8_t *)"peers",
		.len = 5 });
	ck_assert_msg(strstr(e->peers, "\"state\":\"full\"") != NULL, "%s: %s",
	    names[at], e->peers);
	ck_assert_msg(
	    strstr(e->peers, want) != NULL, "%s: %s", names[at], e->peers);
	ck_assert(!e->closing[BY_A]);
	ck_assert(e->closing[BY_B]);
	ck_assert_uint_le(e->closes, 1);
}

static void
end(struct pair *p)
{
	for (size_t at = 0; at < 2; at++) {
		engine_free(p->end[at].engine);
		buf_done(&p->end[at].out[0]);
		buf_done(&p->end[at].out[1]);
		buf_done(&p->end[at].states);
	}
}

/* Bits: the carrier of either dial, which comes first at either end, and
 * whether the later one comes when the first is FULL. */
START_TEST(one_stays)
{
	enum setup_carrier carrier[2] = {
		_i & 1 ? SETUP_XLSA2 : SETUP_TCP,
		_i & 2 ? SETUP_XLSA2 : SETUP_TCP,
	};
	uint32_t first[2] = { _i >> 2 & 1, _i >> 3 & 1 };
	struct pair p = { .ms = 1000 };
	size_t closes;

	for (size_t at = 0; at < 2; at++)
		begin(&p, at);
	for (size_t at = 0; at < 2; at++)
		open_at(&p, at, first[at], carrier[first[at]]);
	if (_i & 16)
		pass(&p, 1000);
	for (size_t at = 0; at < 2; at++)
		open_at(&p, at, !first[at], carrier[!first[at]]);
	pass(&p, 2000);
	closes = p.end[0].closes + p.end[1].closes;
	pass(&p, 30000);
	ck_assert_uint_eq(p.end[0].closes + p.end[1].closes, closes);
	for (size_t at = 0; at < 2; at++)
		check(&p, at, carrier[BY_A]);
	end(&p);
}
END_TEST

/* What is logged of one session: each state that it comes to, once. */
START_TEST(each_state_is_told)
{
	struct pair p = { .ms = 1000 };

	for (size_t at = 0; at < 2; at++)
		begin(&p, at);
	for (size_t at = 0; at < 2; at++)
		open_at(&p, at, BY_A, SETUP_TCP);
	pass(&p, 10000);
	for (size_t at = 0; at < 2; at++)
		step(&p, at, (struct input){ .kind = IN_CLOSED, .who = BY_A });
	for (size_t at = 0; at < 2; at++) {
		buf_u8(&p.end[at].states, 0);
		ck_assert_str_eq((const char *)p.end[at].states.p,
		    "down>greet ;greet>sync ;sync>full ;full>down closed;");
	}
	end(&p);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("both_dial");
	TCase *tc = tcase_create("both_dial");

	tcase_add_loop_test(tc, one_stays, 0, 32);
	tcase_add_test(tc, each_state_is_told);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
