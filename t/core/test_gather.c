/* test_gather.c - what takes several links at once is said once; and what waits
 * for its turn has nothing else wait. */

#include <stdio.h>

#include "base/mem.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "t/core/insider.h"
#include "t/tap.h"

static const struct lsa *
said(const struct insider *f)
{
	struct lsa_key key = { SELF, "", LSA_SERVER };

	return lsdb_find(&f->engine->db, &key);
}

static void
hub_begin(struct insider *f, uint32_t links)
{
	insider_begin(f);
	insider_hub(f, links);
	ck_assert_ptr_nonnull(said(f));
	ck_assert_uint_eq(lsa_server(said(f))->nneighbours, 1 + links);
}

static void
wake(struct insider *f, uint64_t until)
{
	for (; f->ms < until; f->ms++)
		insider_step(f, (struct input){ .kind = IN_TICK });
}

static const struct {
	uint32_t links;         /* besides the insider's */
	uint64_t apart, within; /* ms */
	uint64_t says;          /* at most */
} losses[] = {
	{ 4, 0, 20, 1 },   /* one turn of the loop */
	{ 4, 2, 20, 1 },   /* a turn each */
	{ 4, 25, 600, 3 }, /* as far as each of them is */
	{ 620, 0, 20, 1 }, /* 600 sites, and the group it is in */
};

START_TEST(links_lost)
{
	struct insider f;
	uint64_t seq, begun;

	hub_begin(&f, losses[_i].links);
	/* None of them has heard of this: their loss withdraws them. */
	insider_connector(&f, "news", 1, true);
	seq = said(&f)->seq;
	begun = f.ms;
	for (uint32_t i = 0; i < losses[_i].links; i++) {
		insider_step(
		    &f, (struct input){ .kind = IN_CLOSED, .who = 2 + i });
		wake(&f, begun + (i + 1) * losses[_i].apart);
	}
	wake(&f, begun + losses[_i].within);
	ck_assert_uint_eq(lsa_server(said(&f))->nneighbours, 1);
	ck_assert_uint_ge(said(&f)->seq, seq + 1);
	ck_assert_uint_le(said(&f)->seq, seq + losses[_i].says);
	engine_free(f.engine);
}
END_TEST

/* --- a list beside connectors that are never calm -------------------------------- */

enum { PATTERNS = 900, RESTLESS = 5 };

static size_t
parts_said(const struct insider *f)
{
	struct lsa_key first = { SELF, "", LSA_LIST };
	const struct lsa *l = lsdb_from(&f->engine->db, &first);
	size_t n = 0;

	for (; l != NULL && l->key.type == LSA_LIST; l = lsdb_next(l))
		n += !l->purge;
	return n;
}

static void
conf_take(struct insider *f)
{
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
	insider_ticks(f, 300);
	insider_step(f, (struct input){ .kind = IN_PUBLISHED,
			    .value = f->engine->table.rib->generation });
}

/* Each has another cost every half second, one begins later than the other: there
 * is always one that has to wait. */
static void
restless(struct insider *f, struct setup_connector *connectors, uint32_t turns)
{
	for (uint32_t i = 0; i < turns; i++) {
		for (uint32_t k = 0; k < RESTLESS && 2 * k <= i; k++)
			connectors[k].bridgeheads->cost = 10 + i;
		conf_take(f);
		insider_ticks(f, 200);
	}
}

START_TEST(a_part_ends_beside_what_is_paced)
{
	static char list[PATTERNS][16], names[RESTLESS][8];
	static char far[] = FAR, far_group[] = "far", space[] = ".x";
	char *space_claimed = space;
	struct setup_bridgehead to[RESTLESS] = { { 0 } };
	struct setup_connector connectors[RESTLESS] = { { 0 } };
	struct setup_space *spaces = mem_new(0, PATTERNS, sizeof(*spaces));
	struct insider f;

	for (uint32_t i = 0; i < PATTERNS; i++) {
		snprintf(list[i], sizeof(list[i]), "p%05u.x", i);
		spaces[i] =
		    (struct setup_space){ .pattern = list[i], .listed = true };
	}
	for (uint32_t i = 0; i < RESTLESS; i++) {
		snprintf(names[i], sizeof(names[i]), "c%u", i);
		to[i] = (struct setup_bridgehead){ .name = far, .cost = 10 };
		connectors[i] = (struct setup_connector){ .name = names[i],
			.group = far_group,
			.bridgeheads = &to[i],
			.nbridgeheads = 1 };
	}
	hub_begin(&f, 1);
	f.claims.spaces = &space_claimed;
	f.claims.nspaces = 1;
	f.setup.spaces = spaces;
	f.setup.nspaces = PATTERNS;
	f.setup.connectors = connectors;
	f.setup.nconnectors = RESTLESS;
	conf_take(&f);
	insider_ticks(&f, 10000);
	ck_assert_uint_gt(parts_said(&f), 1);
	restless(&f, connectors, 20);
	f.setup.nspaces = 1;
	restless(&f, connectors, 60);
	ck_assert_uint_eq(parts_said(&f), 1);
	engine_free(f.engine);
	mem_free(spaces);
}
END_TEST

/* What changed is named until it is saved; of more than so many it is the whole, a
 * second later for each MB. */
START_TEST(so_much_has_changed)
{
	struct insider f;
	struct engine *e;
	char pattern[20];

	insider_begin(&f);
	e = f.engine;
	due_saved(e);
	e->db.octets = 2500000;
	for (unsigned i = 0; i < 4096; i++) {
		snprintf(pattern, sizeof(pattern), "%u.x.org", i);
		due_save_route(e, pattern);
	}
	ck_assert(e->due.save && !e->due.save_whole);
	ck_assert_uint_eq(e->due.save_at.ms, f.ms + 3000);
	due_save_route(e, pattern); /* the same once more */
	ck_assert(!e->due.save_whole);
	due_save_route(e, "x.org");
	ck_assert(e->due.save_whole);
	ck_assert_uint_eq(e->due.save_at.ms, f.ms + 5500);
	due_save_route(e, "y.org");
	ck_assert_uint_eq(e->due.routes.tree.n, 4097);
	ck_assert_uint_eq(e->due.save_at.ms, f.ms + 5500);
	engine_free(e);
}
END_TEST

/* A frame that small packets alone cannot carry is remembered by where it ends. */
START_TEST(a_large_frame)
{
	struct buf frame = { 0 };
	struct session *s;
	struct insider f;
	uint64_t sent;

	insider_begin(&f);
	s = f.engine->sessions.v[0];
	s->pulse.bulk_end = 1;
	insider_fill(&frame, 1279);
	fx_send(f.engine, s, &frame);
	ck_assert_uint_eq(s->pulse.bulk_end, 1);
	sent = s->pulse.sent;
	insider_fill(&frame, 1280);
	fx_send(f.engine, s, &frame);
	ck_assert_uint_eq(s->pulse.bulk_end, sent + 1280);
	buf_done(&frame);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("gather");
	TCase *tc = tcase_create("gather");

	tcase_add_loop_test(
	    tc, links_lost, 0, sizeof(losses) / sizeof(losses[0]));
	tcase_add_test(tc, a_part_ends_beside_what_is_paced);
	tcase_add_test(tc, so_much_has_changed);
	tcase_add_test(tc, a_large_frame);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
