/*
 * test_insider_cost.c - what one certified server can make another ask of
 * third parties, and remember and do of a session: probes, keys, answers.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "core/node/node.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"
#include "t/core/cpu.h"
#include "t/core/insider.h"
#include "t/tap.h"

/* --- probes ------------------------------------------------------------------- */

static void
answer_probes(struct insider *f)
{
	while (f->nopen > 0)
		insider_step(f, (struct input){ .kind = IN_PROBE,
				    .who = f->open[--f->nopen % 64],
				    .verdict = PROBE_OK });
}

/* Four addresses that nobody has said before. */
static void
say_server(struct insider *f, uint32_t number, bool mta_down)
{
	char group[] = "g";
	struct addr smtp[LIMIT_ADDRESSES] = { { 0 } };
	struct lsa_server s = {
		.group = group, .smtp = smtp, .mta_down = mta_down
	};
	struct buf body = { 0 };

	for (; s.nsmtp < LIMIT_ADDRESSES; s.nsmtp++) {
		struct addr *a = &smtp[s.nsmtp];

		a->family = 4;
		a->ip[0] = 9;
		a->ip[2] = (uint8_t)(number >> 8);
		a->ip[3] = (uint8_t)number;
		a->port = (uint16_t)(1000 + s.nsmtp);
	}
	lsa_server_encode(&body, &s);
	insider_say(f, LSA_SERVER, "", &body);
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
	struct insider f;

	insider_begin(&f);
	f.setup.connectors = &c;
	f.setup.nconnectors = 1;
	insider_step(&f, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	insider_ticks(&f, 10000);
	answer_probes(&f);
	f.probes = f.probes_far = 0;
	for (uint32_t i = 0; i < 6000; i++) {
		if (_i == 1 && i / 200 % 3 == 2)
			insider_say(&f, LSA_SERVER, "", NULL);
		else
			say_server(&f, i, _i == 2 && i % 4 > 1);
		if (_i == 3 && i % 5 == 0)
			insider_identity(&f);
		answer_probes(&f);
		f.ms += 10;
		insider_step(&f, (struct input){ .kind = IN_TICK });
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
offer(struct insider *f, int from, int to)
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
		insider_frame(f, MSG_SUMMARY, body.p, body.n);
		buf_done(&body);
	}
}

static void
withdraw(struct insider *f, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct buf body = { 0 };

		key_write(&body, i);
		insider_frame(f, MSG_NONE, body.p, body.n);
		buf_done(&body);
	}
}

/* What a peer names costs so much and no more; and nothing that it has is
 * missed: of the rest another round tells, whatever that has. */
START_TEST(offers_without_end)
{
	static const uint8_t digest[CRYPTO_DIGEST + 4] = { 1 };
	const struct session *s;
	struct insider f;

	insider_greet(&f);
	s = f.engine->sessions.v[0];
	insider_frame(&f, MSG_DIGEST, digest, sizeof(digest));
	offer(&f, 0, LIMIT_WANTED + 1000);
	ck_assert_uint_eq(s->sync.wanted.tree.n, LIMIT_WANTED);
	f.digests = 0;
	withdraw(&f, 0, LIMIT_WANTED);
	ck_assert_uint_eq(f.digests + f.synced, 0);
	insider_frame(&f, MSG_SYNCED, "", 0);
	ck_assert_uint_eq(f.digests, 1);
	ck_assert_uint_eq(f.synced, 0);
	if (_i == 0) { /* it still has them */
		offer(&f, LIMIT_WANTED, LIMIT_WANTED + 1000);
		ck_assert_uint_eq(s->sync.wanted.tree.n, 1000);
		withdraw(&f, LIMIT_WANTED, LIMIT_WANTED + 1000);
	} else { /* they came from elsewhere */
		insider_frame(&f, MSG_SYNCED, "", 0);
	}
	ck_assert_uint_eq(f.synced, 1);
	ck_assert_uint_eq(f.digests, 1);
	ck_assert_uint_eq(f.closed, 0);
	engine_free(f.engine);
}
END_TEST

/* --- what waits, and what is told ------------------------------------------- */

#define MANY 4000 /* LSAs of one origin */

static void
say_one_of(struct insider *f, int i)
{
	char id[16];

	snprintf(id, sizeof(id), "c%04d", i % MANY);
	insider_connector(f, id, 1 + (uint32_t)i / MANY, true);
}

/* So many rounds of all at once, and then one more each millisecond, so that
 * mostly no token is left when we look at what waits: what 10 s of that cost. */
static double
flood_ms(struct insider *f, int rounds)
{
	double start;
	int said = 0;

	insider_begin(f);
	while (said < rounds * MANY)
		say_one_of(f, said++);
	start = cpu_ms();
	for (int i = 0; i < 10000; i++) {
		f->ms++;
		say_one_of(f, said++);
	}
	return cpu_ms() - start;
}

/* Thousands that wait for a token of their origin are not looked at one by
 * one, ten times a second. */
START_TEST(waiting_costs_nothing)
{
	struct insider f;
	double few, many;

	few = flood_ms(&f, 0);
	ck_assert_uint_eq(f.engine->sessions.v[0]->sync.late.tree.n, 0);
	engine_free(f.engine);
	many = flood_ms(&f, LIMIT_ORIGIN_BURST / MANY + 1);
	ck_assert_uint_gt(f.engine->sessions.v[0]->sync.late.tree.n, MANY / 4);
	engine_free(f.engine);
	printf("# none waits %.1f ms, thousands do %.1f ms\n", few, many);
	ck_assert(many < 3 * few);
}
END_TEST

/* One part of an answer: what asks for the next, the caller's; or NULL. */
static char *
part_of(struct insider *f, const char *question, size_t *lines)
{
	struct input in = { .kind = IN_QUERY,
		.who = 1,
		.bytes = (const uint8_t *)question,
		.len = strlen(question),
		.now.ms = f->ms,
		.wall = 1800000000u };
	struct effects fx = engine_step(f->engine, &in);
	char *more = NULL;

	for (size_t i = 0; i < fx.n; i++) {
		const struct effect *one = &fx.list[i];

		if (one->kind != FX_REPLY)
			continue;
		ck_assert_uint_lt(one->len, LIMIT_ANSWER_PART + 4096);
		more = mem_str(one->name);
		for (size_t k = 0; k < one->len; k++)
			*lines += one->bytes[k] == '\n';
	}
	return more;
}

/* A table that one server has made long is told in parts, each route once. */
START_TEST(routes_in_parts)
{
	struct lsa_space space = { .cost = 1 };
	size_t parts = 0, lines = 0;
	struct buf body = { 0 };
	struct insider f;
	char id[32], *more;

	insider_begin(&f);
	lsa_space_encode(&body, &space);
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "u%04d@x.org", i);
		insider_say(&f, LSA_SPACE, id, &body);
	}
	insider_ticks(&f, 60000);
	ck_assert_ptr_nonnull(f.engine->table.rib);
	ck_assert_uint_ge(f.engine->table.rib->n, MANY);
	for (more = mem_str("routes"); more != NULL; parts++) {
		char *question = more;

		more = part_of(&f, question, &lines);
		mem_free(question);
	}
	ck_assert_uint_ge(parts, 2);
	ck_assert_uint_eq(lines, f.engine->table.rib->n);
	engine_free(f.engine);
	buf_done(&body);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("insider_cost");
	TCase *tc = tcase_create("insider_cost");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, probes_of_one_origin, 0, 4);
	tcase_add_loop_test(tc, offers_without_end, 0, 2);
	tcase_add_test(tc, waiting_costs_nothing);
	tcase_add_test(tc, routes_in_parts);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
