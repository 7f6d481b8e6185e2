/*
 * test_moments.c - when a server does something, and when not yet: what wakes it, how
 * long it waits for others, and what it makes of their going; and what goes with a key.
 */

#include <string.h>

#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "core/node/adjacent.h"
#include "core/node/compute.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/mute.h"
#include "core/node/nbrs.h"
#include "core/node/probing.h"
#include "core/node/service.h"
#include "core/node/services.h"
#include "core/node/transit.h"
#include "core/wire/msg.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

/* --- another round --------------------------------------------------------------------- */

/* More was named than is asked for at once: when the peer has said SYNCED all begins
 * anew, and nothing is of before. */
START_TEST(another_round)
{
	struct session *s;
	struct insider f;
	size_t digests;

	insider_greet(&f);
	s = f.engine->sessions.v[0];
	ck_assert_int_eq(s->state, SESSION_SYNC);
	s->sync.more = s->sync.summary_whole = true;
	s->sync.read = 7;
	digests = f.digests;
	insider_frame(&f, MSG_SYNCED, "", 0);
	ck_assert_uint_eq(f.digests, digests + 1);
	ck_assert_uint_eq(f.synced, 0);
	ck_assert(s->sync.again && !s->sync.more);
	ck_assert(!s->sync.synced_heard && !s->sync.summary_whole);
	ck_assert_uint_eq(s->sync.read, 0);
	insider_frame(&f, MSG_SYNCED, "", 0); /* nothing differs any more */
	ck_assert_uint_eq(f.synced, 1);
	ck_assert(!s->sync.again);
	engine_free(f.engine);
}
END_TEST

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* --- keys ---------------------------------------------------------------------------- */

/* Its key is another, and what it claimed by the one before goes: the routes of that
 * are saved as those of a key that has gone, though they are as they were. */
START_TEST(a_key_that_is_given_up)
{
	const struct lsa_key route = { "", "x.org", 0 };
	struct insider f;

	answers_begin(&f);
	answers_peer_spaces(&f);
	insider_ticks(&f, 10000);
	ck_assert_ptr_nonnull(rib_find(f.engine->table.rib, "x.org"));
	due_saved(f.engine);
	insider_known(&f, PEER, 'e', PEER " g x.org - e");
	ck_assert(!insider_held(&f, LSA_SPACE, "x.org"));
	ck_assert_uint_eq(
	    rib_find(f.engine->table.rib, "x.org")->claims[0].seq, 0);
	ck_assert_ptr_nonnull(keyset_find(&f.engine->due.routes, &route));
	engine_free(f.engine);
}
END_TEST

/* Our own is: what we said by the one before stays until it is said anew, but for
 * what we may not claim any more. */
START_TEST(our_key_is_another)
{
	static uint8_t before[] = SELF " g gw.example,own.example - a",
		       cert[] = SELF " g gw.example - e";
	const struct lsa_key gw = { SELF, "gw.example", LSA_SPACE },
			     own = { SELF, "own.example", LSA_SPACE };
	struct insider f;

	answers_begin(&f);
	f.setup.cert.now = before;
	f.setup.cert.now_len = sizeof(before) - 1;
	insider_step(&f, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	insider_ticks(&f, 10000);
	ck_assert_ptr_nonnull(lsdb_find(&f.engine->db, &own));
	f.crypto = cheap_seal("e");
	cheap_key('e', f.claims.key);
	f.claims.nspaces = 1; /* gw.example alone */
	f.setup.cert.now = cert;
	f.setup.cert.now_len = sizeof(cert) - 1;
	insider_step(&f, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	insider_ticks(&f, 10000);
	ck_assert_ptr_null(lsdb_find(&f.engine->db, &own));
	ck_assert_ptr_nonnull(lsdb_find(&f.engine->db, &gw));
	ck_assert(!lsdb_find(&f.engine->db, &gw)->purge);
	ck_assert_mem_eq(lsa_signer(lsdb_find(&f.engine->db, &gw)),
	    f.claims.key, CRYPTO_DIGEST);
	engine_free(f.engine);
}
END_TEST

/* --- waiting ------------------------------------------------------------------------- */

/* Who comes back waits ten seconds for a neighbour that it had, and wakes then. */
START_TEST(ten_seconds_for_the_others)
{
	struct session *session;
	struct insider f;
	struct engine *e;
	struct nbr *nbr;

	answers_begin(&f);
	e = f.engine;
	insider_ticks(&f, 10000);
	nbr = nbrs_find(e, PEER);
	session = nbr->session;
	nbr->session = NULL;
	e->phase = PHASE_RETURNING;
	e->turn.started = e->now;
	fx_clear(e);
	e->now.ms += 9999;
	phase_tick(e);
	ck_assert_int_eq(e->phase, PHASE_RETURNING);
	ck_assert_uint_eq(e->fx.wake.ms, e->now.ms + 1);
	e->now.ms += 1;
	phase_tick(e);
	ck_assert_int_gt(e->phase, PHASE_RETURNING);
	nbr->session = session;
	engine_free(e);
}
END_TEST

/* A neighbour that is silent is looked at again at once when others change. */
START_TEST(a_silent_one_is_looked_at)
{
	struct insider f;
	struct engine *e;
	struct nbr *nbr;

	answers_begin(&f);
	e = f.engine;
	nbr = nbrs_find(e, PEER);
	for (int silent = 0; silent < 2; silent++) {
		nbr->adjacency = silent ? ADJACENT_SILENT : ADJACENT_UP;
		nbr->changed.ms = 0;
		fx_clear(e);
		nbrs_changed(e, PEER);
		ck_assert_uint_eq(nbr->changed.ms, 0);
		ck_assert_uint_eq(e->fx.wake.ms, MONO_NEVER.ms);
		nbrs_changed(e, FAR);
		ck_assert_uint_eq(nbr->changed.ms, e->now.ms);
		ck_assert_uint_eq(
		    e->fx.wake.ms, silent ? e->now.ms : MONO_NEVER.ms);
	}
	nbr->adjacency = ADJACENT_UP;
	engine_free(e);
}
END_TEST

/* Mail is tried again at its time, and not before. */
START_TEST(it_wakes_for_mail)
{
	struct insider f;
	struct engine *e;

	answers_begin(&f);
	e = f.engine;
	e->table.due_at = MONO_NEVER;
	e->table.retry_at.ms = f.ms + 5000;
	fx_clear(e);
	compute_tick(e);
	ck_assert_uint_eq(e->fx.wake.ms, f.ms + 5000);
	engine_free(e);
}
END_TEST

/* Whether a step has decided a table is told with it. */
START_TEST(it_says_that_it_computed)
{
	struct insider f;
	struct engine *e;
	size_t computed = 0;
	uint64_t runs;

	answers_begin(&f);
	e = f.engine;
	insider_ticks(&f, 20000);
	runs = e->table.beside.runs;
	due_compute(e);
	for (int i = 0; i < 20; i++) {
		uint64_t before = e->table.beside.runs;
		struct effects fx;

		f.ms += 100;
		fx = engine_step(e,
		    &(struct input){
			.kind = IN_TICK, .now.ms = f.ms, .wall = 1800000000u });
		ck_assert(fx.computed == (e->table.beside.runs > before));
		computed += fx.computed;
	}
	ck_assert_uint_ge(computed, 1);
	ck_assert_uint_eq(e->table.beside.runs, runs + computed);
	engine_free(e);
}
END_TEST

/* --- who goes ------------------------------------------------------------------------ */

/* A silent neighbour that no connector names is probed where it says it takes mail. */
START_TEST(a_silent_one_is_probed)
{
	const struct addr at = { 4, { 192, 0, 2, 33 }, 25 };
	char of[] = "q";
	struct lsa_server says = { .group = of, .smtp = &at, .nsmtp = 1 };
	struct buf body = { 0 };
	struct service *s;
	struct insider f;

	answers_begin(&f);
	insider_known(&f, "q.x.org", 'q', "q.x.org q x.org - q");
	lsa_server_encode(&body, &says);
	insider_hand_on(
	    &f, (struct insider_who){ "q.x.org", 'q' }, LSA_SERVER, "", &body);
	buf_done(&body);
	nbrs_get(f.engine, "q.x.org")->adjacency = ADJACENT_SILENT;
	nbrs_get(f.engine, FAR)->adjacency = ADJACENT_SILENT;
	services_refresh(f.engine);
	s = service_find(f.engine, "q.x.org", SERVICE_SILENT);
	ck_assert_ptr_nonnull(s);
	ck_assert(addr_equal(&s->addr, &at));
	s = service_find(f.engine, FAR, SERVICE_SILENT);
	ck_assert_ptr_nonnull(s);
	ck_assert(s->use & SERVICE_CONNECTOR);
	ck_assert_ptr_null(service_find(f.engine, "d.x.org", SERVICE_SILENT));
	engine_free(f.engine);
}
END_TEST

/* --- a probe's answers ----------------------------------------------------------------- */

static void
answered(struct insider *f, struct service *s, enum probe_verdict verdict)
{
	s->probe.running = true;
	probing_verdict(f->engine, &(struct input){ .kind = IN_PROBE,
				       .who = s->who,
				       .verdict = (int)verdict,
				       .reason = "refused" });
}

/* Four good answers in a row, and it is asked as often again as before it was slow:
 * whatever is none begins them anew. */
START_TEST(four_good_answers)
{
	struct service *s;
	struct insider f;

	answers_begin(&f);
	s = service_of(f.engine, FAR);
	for (int turn = 0; turn < 2; turn++) {
		s->probe.slow = 2;
		s->probe.calm = 0;
		for (int i = 0; i < 3; i++)
			answered(&f, s, PROBE_OK);
		ck_assert_uint_eq(s->probe.calm, 3);
		s->state = SERVICE_UP;
		answered(&f, s, turn == 0 ? PROBE_FAILED : PROBE_BUSY);
		ck_assert_uint_eq(s->probe.calm, 0);
		s->probe.slow = 2;
		for (int i = 0; i < 4; i++) {
			ck_assert_uint_eq(s->probe.slow, 2);
			answered(&f, s, PROBE_OK);
		}
		ck_assert_uint_eq(s->probe.slow, 1);
		ck_assert_uint_eq(s->probe.calm, 0);
	}
	engine_free(f.engine);
}
END_TEST

/* What its command said last stands for ten minutes after it has fallen silent. */
START_TEST(a_command_is_silent)
{
	struct service *s;
	struct insider f;
	struct engine *e;

	answers_begin(&f);
	e = f.engine;
	s = service_of(e, FAR);
	s->way.asks.kind = ASKS_COMMAND;
	s->state = SERVICE_DOWN;
	s->probe.word = e->now;
	e->now.ms += 599999;
	ck_assert(!mute_begins(e, s, "no-word"));
	e->now.ms += 1;
	ck_assert(mute_begins(e, s, "no-word"));
	s->state = SERVICE_UP;
	ck_assert(!mute_begins(e, s, "no-word"));
	engine_free(e);
}
END_TEST

/* --- what is logged -------------------------------------------------------------------- */

/* Our own state: once when a drain begins, and once when it is over. */
START_TEST(our_state_is_told)
{
	struct buf told = { 0 };
	struct insider f;
	char *text;

	answers_begin(&f);
	insider_ticks(&f, 10000);
	text = answers_text(&f, "drain for=60 force=yes reason=disks");
	mem_free(text);
	for (int i = 0; i < 1200; i++) {
		insider_step(&f, (struct input){ .kind = IN_SAVED,
				     .who = f.engine->fx.saves });
		insider_ticks(&f, 100);
		for (size_t k = 0; k < f.engine->fx.list.n; k++) {
			const struct effect *one = &f.engine->fx.list.v[k];

			if (one->kind == FX_EVENT &&
			    one->event->kind == EVENT_SERVER_STATE)
				buf_printf(&told, "%s>%s %s;", one->event->from,
				    one->event->to,
				    one->event->reason == NULL
					? "-"
					: one->event->reason);
		}
	}
	buf_u8(&told, 0);
	ck_assert_str_eq((const char *)told.p, "up>drain disks;drain>up -;");
	buf_done(&told);
	engine_free(f.engine);
}
END_TEST

/* One through whom far more routes go than before is told of, once each time. */
static const struct {
	size_t before, after; /* of ten routes, by q.x.org */
	size_t told;
} shares[] = {
	{ 0, 10, 1 },
	{ 10, 10, 0 },
	{ 10, 0, 0 },
	{ 5, 6, 0 },
};

static void
routes_by(struct rib *rib, size_t n)
{
	static const char *const by[] = { SELF, "q.x.org", FAR },
				 *const past[] = { SELF, FAR };

	rib->n = 1000;
	rib->routes = mem_new(0, rib->n, sizeof(*rib->routes));
	for (size_t i = 0; i < rib->n; i++) {
		rib->routes[i].kind = ROUTE_REMOTE;
		if (i % 10 < n)
			route_path_set(&rib->routes[i], by, 3);
		else
			route_path_set(&rib->routes[i], past, 2);
	}
}

static void
routes_done(struct rib *rib)
{
	for (size_t i = 0; i < rib->n; i++)
		mem_free(rib->routes[i].path);
	mem_free(rib->routes);
}

START_TEST(whose_share_has_grown)
{
	struct rib before = { 0 }, after = { 0 };
	struct insider f;
	size_t told = 0;

	answers_begin(&f);
	routes_by(&before, shares[_i].before);
	routes_by(&after, shares[_i].after);
	f.engine->phase = PHASE_RUNNING;
	fx_clear(f.engine);
	transit_share(f.engine, &before, &after);
	for (size_t i = 0; i < f.engine->fx.list.n; i++)
		told += f.engine->fx.list.v[i].kind == FX_EVENT &&
		        f.engine->fx.list.v[i].event->kind == EVENT_SHARE;
	ck_assert_uint_eq(told, shares[_i].told);
	routes_done(&before);
	routes_done(&after);
	engine_free(f.engine);
}
END_TEST

/* The peer has none of ours: each is named, however long the names before it are. */
START_TEST(each_is_missing_there)
{
	uint8_t none[CRYPTO_DIGEST + 4] = { 0 };
	struct insider f;
	char *text;

	answers_begin(&f);
	insider_connector(&f, "aaaaaaa", 5, true);
	insider_connector(&f, "b", 5, true);
	insider_connector(&f, "ba", 5, true);
	mem_free(answers_text(&f, "db diff " PEER " ask"));
	insider_frame(&f, MSG_DIGEST, none, sizeof(none));
	insider_frame(&f, MSG_SUMMARY, "\3\0\0", 3);
	text = answers_text(&f, "db diff " PEER);
	ck_assert_msg(strstr(text, "\"id\":\"b\",") != NULL &&
			  strstr(text, "\"id\":\"ba\",") != NULL,
	    "%s", text);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* What a part has that differs is to come; of one that is the same nothing is. */
START_TEST(so_many_are_to_come)
{
	struct buf body = { 0 };
	struct session *s;
	struct insider f;

	answers_begin(&f);
	s = f.engine->sessions.v[0];
	s->version = 2;
	buf_u8(&body, 0);
	buf_u16(&body, 1);
	buf_u8(&body, 9);
	buf_u32(&body, 5);
	insider_fill(&body, 8 + CRYPTO_DIGEST);
	insider_frame(&f, MSG_DIGEST, body.p, body.n);
	ck_assert(s->sync.differs[9]);
	ck_assert_uint_eq(s->sync.theirs, 5);
	buf_done(&body);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("moments");
	TCase *tc = tcase_create("moments");

	tcase_add_test(tc, a_key_that_is_given_up);
	tcase_add_test(tc, our_key_is_another);
	tcase_add_test(tc, ten_seconds_for_the_others);
	tcase_add_test(tc, a_silent_one_is_looked_at);
	tcase_add_test(tc, it_wakes_for_mail);
	tcase_add_test(tc, it_says_that_it_computed);
	tcase_add_test(tc, a_silent_one_is_probed);
	tcase_add_test(tc, four_good_answers);
	tcase_add_test(tc, a_command_is_silent);
	tcase_add_test(tc, our_state_is_told);
	tcase_add_loop_test(tc, whose_share_has_grown, 0, ROWS(shares));
	tcase_add_test(tc, another_round);
	tcase_add_test(tc, each_is_missing_there);
	tcase_add_test(tc, so_many_are_to_come);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
