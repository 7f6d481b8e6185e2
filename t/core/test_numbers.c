/*
 * test_numbers.c - numbers at their ends: nothing that is saved, asked or
 * heard stops the engine, wraps, or stays at an end. What is heard is tried
 * in t/sim/scenes/numbers-*.scene, too.
 */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa.h"
#include "core/lsa/lsdb.h"
#include "core/lsa/policy.h"
#include "core/node/engine.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define SELF "a.x.org"
#define CEILING (LIMIT_EPOCH + LIMIT_EPOCH_STEP)

/* An LSA of SELF into a database, as if it had been accepted. */
static struct lsa *
lsa_of(uint8_t type, uint32_t epoch, uint32_t counter, uint32_t forgotten)
{
	struct crypto crypto = cheap_seal("a");
	static const char hex[] = "0123456789abcdef0123456789abcdef"
				  "0123456789abcdef0123456789abcdef";
	uint8_t key[CRYPTO_DIGEST];
	struct buf body = { 0 }, out = { 0 };
	struct lsa_draft draft = {
		.key = { SELF, type == LSA_FORGET ? hex : "x.org", type },
		.org = key,
		.signer = key,
		.seq = (uint64_t)epoch << 32 | counter
	};
	struct lsa_space space = { .cost = 1 };
	struct lsa *lsa;

	cheap_key('a', key);
	if (type == LSA_FORGET)
		lsa_forget_encode(&body, forgotten);
	else
		lsa_space_encode(&body, &space);
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&out, &draft, &crypto);
	ck_assert_int_eq(lsa_decode(out.p, out.n, &crypto, &lsa), 0);
	buf_done(&out);
	buf_done(&body);
	return lsa;
}

static const struct {
	uint8_t type; /* what is known; 0: nothing */
	uint32_t known, forgotten, epoch;
	bool leaps;
} rows[] = {
	{ 0, 0, 0, 1, false },
	{ 0, 0, 0, CEILING, false },
	{ 0, 0, 0, CEILING + 1, true },
	{ 0, 0, 0, UINT32_MAX, true },
	{ LSA_SPACE, 5, 0, CEILING, false },
	{ LSA_SPACE, 5, 0, CEILING + 1, true },
	{ LSA_SPACE, LIMIT_EPOCH, 0, CEILING, false },
	{ LSA_SPACE, LIMIT_EPOCH, 0, CEILING + 1, true },
	{ LSA_SPACE, LIMIT_EPOCH + 1, 0, CEILING + 1, false },
	{ LSA_SPACE, CEILING, 0, CEILING + LIMIT_EPOCH_STEP, false },
	{ LSA_SPACE, CEILING, 0, CEILING + LIMIT_EPOCH_STEP + 1, true },
	{ LSA_SPACE, UINT32_MAX - 1, 0, UINT32_MAX, false },
	{ LSA_SPACE, UINT32_MAX, 0, UINT32_MAX, false },
	{ LSA_FORGET, 1, 5, CEILING + 1, true },
	{ LSA_FORGET, 1, CEILING, CEILING + 1, false },
	{ LSA_FORGET, CEILING, 1, CEILING + 1, true },
};

START_TEST(leaps)
{
	struct lsdb db;

	lsdb_init(&db);
	if (rows[_i].type != 0)
		lsdb_install(&db, lsa_of(rows[_i].type, rows[_i].known, 1,
				      rows[_i].forgotten));
	ck_assert_msg(lsdb_leaps(&db, SELF, rows[_i].epoch) == rows[_i].leaps,
	    "row %d", _i);
	ck_assert(!lsdb_leaps(&db, "b.x.org", CEILING));
	lsdb_done(&db);
}
END_TEST

/* What is on disk when it starts, and what it saves then. */
static const struct {
	uint32_t saved, used;
} starts[] = {
	{ 0, 1 },
	{ 6, 7 },
	{ CEILING - 1, CEILING },
	{ CEILING, 1 },
	{ UINT32_MAX - 1, 1 },
	{ UINT32_MAX, 1 },
};

static uint32_t
step(struct engine *engine, struct input in)
{
	struct effects fx;
	uint32_t saved = 0;

	in.now.ms = 1000;
	in.wall = UINT64_MAX; /* a clock can be anywhere */
	fx = engine_step(engine, &in);
	for (size_t i = 0; i < fx.n; i++)
		if (fx.list[i].kind == FX_SAVE &&
		    fx.list[i].what == SAVE_EPOCH) {
			struct cur c =
			    cur_over(fx.list[i].bytes, fx.list[i].len);

			saved = cur_u32(&c);
		}
	return saved;
}

START_TEST(saved)
{
	char own[] = SELF, group[] = "g";
	struct claims claims = { 0 };
	struct setup setup = cheap_setup(own, group, &claims);
	struct crypto crypto = cheap_seal("a");
	struct engine *engine = engine_new(1, &crypto);
	struct buf epoch = { 0 };

	buf_u32(&epoch, starts[_i].saved);
	step(engine, (struct input){ .kind = IN_CONF, .setup = &setup });
	step(engine, (struct input){ .kind = IN_RESTORE,
			 .who = SAVE_EPOCH,
			 .bytes = epoch.p,
			 .len = epoch.n });
	step(engine, (struct input){ .kind = IN_RESTORE, .who = SAVE_TABLE });
	ck_assert_uint_eq(step(engine, (struct input){ .kind = IN_RESTORE,
					   .who = SAVE_STATE }),
	    starts[_i].used);
	engine_free(engine);
	buf_done(&epoch);
}
END_TEST

START_TEST(a_schedule_has_an_end)
{
	char text[LIMIT_SCHEDULE_OCTETS + 2];

	memset(text, ' ', sizeof(text));
	memcpy(text, "mon", 3);
	text[LIMIT_SCHEDULE_OCTETS] = '\0';
	ck_assert_int_eq(policy_schedule_check(text), 0);
	text[LIMIT_SCHEDULE_OCTETS] = ' ';
	text[LIMIT_SCHEDULE_OCTETS + 1] = '\0';
	ck_assert_int_ne(policy_schedule_check(text), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("numbers");
	TCase *tc = tcase_create("numbers");

	tcase_add_loop_test(
	    tc, leaps, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(
	    tc, saved, 0, (int)(sizeof(starts) / sizeof(starts[0])));
	tcase_add_test(tc, a_schedule_has_an_end);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
