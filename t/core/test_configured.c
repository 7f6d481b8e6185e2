/*
 * test_configured.c - what another configuration does to a server that runs:
 * whom it trusts, what it may claim, what it would move and what waits to be
 * confirmed; and what is looked at again from time to time.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/node/node.h"
#include "core/wire/msg.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define WALL 1800000000u

/* What one step has done. */
struct done {
	size_t events, waiting, digests; /* of one kind; FX_WAITING; sent */
	struct buf tried;                /* of FX_TRIED */
};

static struct done
step_is(struct insider *f, struct input in, enum event_kind kind)
{
	struct done done = { 0 };
	struct effects fx;

	in.now.ms = f->ms;
	in.wall = WALL;
	fx = engine_step(f->engine, &in);
	for (size_t i = 0; i < fx.n; i++) {
		const struct effect *one = &fx.list[i];

		done.events +=
		    one->kind == FX_EVENT && one->event->kind == kind;
		done.waiting += one->kind == FX_WAITING;
		done.digests +=
		    one->kind == FX_SEND && one->bytes[4] == MSG_DIGEST;
		if (one->kind == FX_TRIED)
			buf_bytes(&done.tried, one->bytes, one->len);
	}
	return done;
}

static struct done
conf_is(struct insider *f, const struct setup *setup, uint64_t value,
    enum event_kind kind)
{
	return step_is(f,
	    (struct input){ .kind = IN_CONF, .setup = setup, .value = value },
	    kind);
}

static size_t
said_by(struct insider *f, const char *origin)
{
	const struct lsdb_share *share = lsdb_share(&f->engine->db, origin);

	return share == NULL ? 0 : share->plain.n;
}

/* --- whom it trusts ------------------------------------------------------- */

/* The authority is another, and the one before is trusted besides, or not. */
static const struct {
	const char *what;
	char first, second; /* letters of keys; '\0': none */
	bool stays;         /* what was said in the name of z */
} authorities[] = {
	{ "the same", 'z', '\0', true },
	{ "the same, and another", 'z', 'y', true },
	{ "another, and the one before", 'y', 'z', true },
	{ "another", 'y', '\0', false },
	{ "two others", 'y', 'x', false },
};

START_TEST(an_authority_goes)
{
	struct setup after;
	struct insider f;
	struct done done;

	answers_begin(&f);
	answers_peer_spaces(&f);
	ck_assert_uint_eq(said_by(&f, PEER), 3);
	after = f.setup;
	cheap_key(authorities[_i].first, after.authority.id);
	after.authority.second.given = authorities[_i].second != '\0';
	cheap_key(authorities[_i].second, after.authority.second.id);
	done = conf_is(&f, &after, 0, EVENT_LSA_PURGED);
	ck_assert_msg((said_by(&f, PEER) == 3) == authorities[_i].stays,
	    "%s: %zu left", authorities[_i].what, said_by(&f, PEER));
	ck_assert(authorities[_i].stays || said_by(&f, PEER) == 0);
	ck_assert_uint_eq(done.waiting, 0);
	engine_free(f.engine);
}
END_TEST

/* The second goes as well, once everybody has a certificate of the first. */
START_TEST(a_second_authority_goes)
{
	struct setup both, after;
	struct insider f;

	answers_begin(&f);
	answers_peer_spaces(&f);
	both = f.setup;
	cheap_key('y', both.authority.id);
	both.authority.second.given = true;
	cheap_key('z', both.authority.second.id);
	conf_is(&f, &both, 0, EVENT_LSA_PURGED);
	ck_assert_uint_eq(said_by(&f, PEER), 3);
	after = both;
	after.authority.second.given = false;
	conf_is(&f, &after, 0, EVENT_LSA_PURGED);
	ck_assert_uint_eq(said_by(&f, PEER), 0);
	engine_free(f.engine);
}
END_TEST

static int
vouch_none(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	(void)ctx;
	(void)der;
	(void)n;
	*out = NULL;
	return RC_SIGNATURE;
}

/* What is of the first, which stays, but whose certificate nobody vouches for
 * now, goes as well. */
START_TEST(certificates_are_judged_anew)
{
	struct setup both, after;
	struct insider f;

	answers_begin(&f);
	answers_peer_spaces(&f);
	both = f.setup;
	both.authority.second.given = true;
	cheap_key('y', both.authority.second.id);
	conf_is(&f, &both, 0, EVENT_LSA_PURGED);
	after = f.setup;
	f.crypto.vouch = vouch_none;
	conf_is(&f, &after, 0, EVENT_LSA_PURGED);
	ck_assert_uint_eq(said_by(&f, PEER), 0);
	engine_free(f.engine);
}
END_TEST

/* Its own words stay, and what the authority said goes with it. */
START_TEST(the_word_of_an_authority_goes)
{
	struct lsdb *db;
	struct setup after;
	struct insider f;

	answers_begin(&f);
	answers_revocation(&f);
	db = &f.engine->db;
	ck_assert_int_eq(lsdb_first(db)->key.type, LSA_REVOCATION);
	after = f.setup;
	cheap_key('y', after.authority.id);
	conf_is(&f, &after, 0, EVENT_LSA_PURGED);
	for (struct lsa *l = lsdb_first(db); l != NULL; l = lsdb_next(l))
		ck_assert_int_ne(l->key.type, LSA_REVOCATION);
	engine_free(f.engine);
}
END_TEST

/* --- once in a while ------------------------------------------------------ */

/* That the authority's own certificate is over is said once an hour. */
START_TEST(an_authority_is_over)
{
	struct setup after;
	struct insider f;
	size_t said = 0;

	answers_begin(&f);
	after = f.setup;
	after.authority.end = WALL + 1;
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_AUTHORITY).events, 0);
	after.authority.end = WALL - 1;
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_AUTHORITY).events, 1);
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_AUTHORITY).events, 0);
	for (int i = 0; i < 24; i++) {
		f.ms += 300000;
		said += step_is(
		    &f, (struct input){ .kind = IN_TICK }, EVENT_AUTHORITY)
		            .events;
	}
	ck_assert_uint_eq(said, 2);
	engine_free(f.engine);
}
END_TEST

/* A bit that turned over in memory: it is thrown away, and asked for again. */
START_TEST(memory_is_looked_through)
{
	struct insider f;
	struct done done;
	struct lsa *lsa;
	uint64_t runs;

	answers_begin(&f);
	answers_peer_half(&f); /* that session has nothing to compare yet */
	lsa = insider_held(&f, LSA_IDENTITY, "");
	ck_assert_ptr_nonnull(lsa);
	lsa->octets[lsa->body_at + 5] ^= 1;
	runs = f.engine->table.beside.runs;
	f.ms += 300000;
	done = step_is(&f, (struct input){ .kind = IN_TICK }, EVENT_LSDB_BAD);
	ck_assert_uint_eq(done.events, 1);
	ck_assert_uint_eq(done.digests, 1);
	ck_assert_ptr_null(insider_held(&f, LSA_IDENTITY, ""));
	insider_ticks(&f, 10000);
	ck_assert_uint_gt(f.engine->table.beside.runs, runs);
	engine_free(f.engine);
}
END_TEST

/* --- what it may claim ---------------------------------------------------- */

static char *none_of[] = { NULL };

START_TEST(what_is_not_allowed_is_said)
{
	struct claims claims;
	struct setup after;
	struct insider f;

	answers_begin(&f);
	after = f.setup;
	claims = f.claims;
	after.claims = &claims;
	/* gw.example is to relay, and may not. */
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_RELAY_DENIED).events, 1);
	claims.relays = claims.spaces;
	claims.nrelays = claims.nspaces;
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_RELAY_DENIED).events, 0);
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_CLAIM_DENIED).events, 0);
	claims.spaces = none_of;
	claims.nspaces = 0;
	ck_assert_uint_eq(conf_is(&f, &after, 0, EVENT_CLAIM_DENIED).events, 2);
	engine_free(f.engine);
}
END_TEST

/* --- what it would move --------------------------------------------------- */

static struct setup_space *
spaces_of(const struct insider *f, struct setup *after, size_t n)
{
	static char third[] = "third.example";
	struct setup_space *list = mem_new(0, 3, sizeof(*list));

	memcpy(list, f->setup.spaces, 2 * sizeof(*list));
	list[2] = (struct setup_space){ .pattern = third, .cost = 1 };
	*after = f->setup;
	after->spaces = list;
	after->nspaces = n;
	return list;
}

/* Asked what it would move, it tells, and moves nothing. */
static const struct {
	size_t n;        /* of its two spaces */
	const char *way; /* of the first; NULL: here */
	const char *tells;
} trials[] = {
	{ 2, "smtp:[gw.x.org]", "{\"routes\":2,\"moved\":0}" },
	{ 2, "smtp:[other.x.org]",
	    "{\"pattern\":\"gw.example\",\"before\":{\"kind\":\"way\",\"way\":"
	    "\"smtp:[gw.x.org]\"},\"after\":{\"kind\":\"way\",\"way\":"
	    "\"smtp:[other.x.org]\"}}" },
	{ 2, NULL, "\"after\":{\"kind\":\"here\"}}" },
	{ 1, "smtp:[gw.x.org]",
	    "{\"pattern\":\"own.example\",\"before\":{\"kind\":\"here\"}" },
};

START_TEST(a_trial_moves_nothing)
{
	struct setup_space *list;
	struct setup after;
	struct insider f;
	struct done done;
	char *text;

	answers_begin(&f);
	list = spaces_of(&f, &after, trials[_i].n);
	list[0].way = (char *)(uintptr_t)trials[_i].way;
	done = conf_is(&f, &after, 3, EVENT_CONFIRM);
	text = buf_string(&done.tried);
	ck_assert_msg(strstr(text, trials[_i].tells) != NULL, "%s", text);
	ck_assert_uint_eq(done.waiting, 0);
	mem_free(text);
	text = answers_text(&f, "routes");
	ck_assert(strstr(text, "smtp:[gw.x.org]") != NULL);
	ck_assert(strstr(text, "own.example") != NULL);
	mem_free(text);
	mem_free(list);
	engine_free(f.engine);
}
END_TEST

START_TEST(a_trial_before_there_is_a_table)
{
	struct insider f;
	struct done done;
	char *text;

	answers_begin(&f);
	answers_no_table(&f);
	done = conf_is(&f, &f.setup, 3, EVENT_CONFIRM);
	text = buf_string(&done.tried);
	ck_assert_str_eq(text, "{\"routes\":0,\"moved\":0}\n");
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* More than may move: it waits until it comes again, confirmed. */
static const struct {
	uint32_t percent;
	uint64_t value; /* of IN_CONF */
	bool waits;
} confirms[] = {
	{ 100, 0, false },
	{ 60, 0, false },
	{ 50, 0, false },
	{ 49, 0, true },
	{ 49, 1, false },
	{ 49, 2, false },
};

START_TEST(a_move_is_confirmed)
{
	struct setup_space *list;
	struct setup after;
	struct insider f;
	struct done done;
	char *text;

	answers_begin(&f);
	list = spaces_of(&f, &after, 2);
	list[0].way = (char *)(uintptr_t) "smtp:[other.x.org]";
	after.confirm_percent = confirms[_i].percent;
	done = conf_is(&f, &after, confirms[_i].value, EVENT_CONFIRM);
	ck_assert_uint_eq(done.waiting, confirms[_i].waits);
	ck_assert_uint_eq(done.events, confirms[_i].waits);
	ck_assert_uint_eq(
	    f.engine->table.confirm_moves, confirms[_i].waits ? 1 : 0);
	text = answers_text(&f, "metrics");
	ck_assert_ptr_nonnull(
	    strstr(text, confirms[_i].waits ? "\"confirm_moves\":1,"
					    : "\"confirm_moves\":0,"));
	mem_free(text);
	/* What DNS knows changes nothing of what is held. */
	if (confirms[_i].waits) {
		f.setup.standing.held = true;
		conf_is(&f, &f.setup, 2, EVENT_CONFIRM);
		ck_assert_uint_eq(f.engine->table.confirm_moves, 1);
		f.setup.standing.held = false;
		conf_is(&f, &f.setup, 2, EVENT_CONFIRM);
		ck_assert_uint_eq(f.engine->table.confirm_moves, 0);
	}
	engine_free(f.engine);
	mem_free(list);
}
END_TEST

/* A pattern that comes is told of, and moves nothing; one that goes does. */
START_TEST(what_comes_is_not_confirmed)
{
	static char gw[] = "gw.example", mine[] = "own.example",
		    third[] = "third.example";
	char *spaces[] = { gw, mine, third };
	struct setup_space *list;
	struct setup after;
	struct insider f;
	struct done done;
	char *text;

	answers_begin(&f);
	f.claims.spaces = spaces;
	f.claims.nspaces = 3;
	list = spaces_of(&f, &after, _i == 0 ? 3 : 1);
	after.confirm_percent = 1;
	done = conf_is(&f, &after, 3, EVENT_CONFIRM);
	text = buf_string(&done.tried);
	if (_i == 0)
		ck_assert_str_eq(text,
		    "{\"pattern\":\"third.example\",\"after\":{\"kind\":"
		    "\"here\"}}\n{\"routes\":3,\"moved\":1}\n");
	mem_free(text);
	ck_assert_uint_eq(
	    conf_is(&f, &after, 0, EVENT_CONFIRM).waiting, _i == 0 ? 0 : 1);
	engine_free(f.engine);
	mem_free(list);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("configured");
	TCase *tc = tcase_create("configured");

	tcase_add_loop_test(tc, an_authority_goes, 0, ROWS(authorities));
	tcase_add_test(tc, a_second_authority_goes);
	tcase_add_test(tc, certificates_are_judged_anew);
	tcase_add_test(tc, the_word_of_an_authority_goes);
	tcase_add_test(tc, an_authority_is_over);
	tcase_add_test(tc, memory_is_looked_through);
	tcase_add_test(tc, what_is_not_allowed_is_said);
	tcase_add_loop_test(tc, a_trial_moves_nothing, 0, ROWS(trials));
	tcase_add_test(tc, a_trial_before_there_is_a_table);
	tcase_add_loop_test(tc, a_move_is_confirmed, 0, ROWS(confirms));
	tcase_add_loop_test(tc, what_comes_is_not_confirmed, 0, 2);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
