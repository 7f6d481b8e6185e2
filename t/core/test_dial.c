/*
 * test_dial.c - how a bridgehead is reached, when and how often somebody is
 * dialled, and who may come. Whom a member of a large group dials is
 * test_group's.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/node/dial.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/query.h"
#include "t/core/cheap.h"
#include "t/core/drafts.h"
#include "t/tap.h"

static char us[] = "mx1.london.example.org";
static char paris[] = "mx1.paris.example.org";
static char rome[] = "mx1.rome.example.org";
static char oslo[] = "mx1.oslo.example.org";

static char north[] = "north", london[] = "london";
static struct addr tcp = { 4, { 192, 0, 2, 1 }, 691 };
static struct addr mail = { 4, { 198, 51, 100, 5 }, 25 };
static struct addr at_rome = { 4, { 198, 51, 100, 7 }, 25 };

/* Paris by X-LSA-2 although it is listed as a peer too, Oslo by TCP, and
 * with Rome we do not peer. */
static struct setup_peer listed[] = { { oslo, &tcp, 1 }, { paris, &tcp, 1 } };
static struct setup_bridgehead heads[] = {
	{ .name = oslo, .carrier = SETUP_TCP, .cost = 1 },
	{ .name = paris, .carrier = SETUP_XLSA2, .cost = 1 },
	{ .name = rome, .carrier = SETUP_NO_PEER, .cost = 1 },
};
static struct addr verb = { 4, { 198, 51, 100, 6 }, 2526 };
static struct setup_connector ways[] = {
	{ .name = north, .bridgeheads = &heads[0], .nbridgeheads = 3 }
};
static struct setup conf = { .server = us,
	.group = london,
	.peers = listed,
	.npeers = 2,
	.connectors = ways,
	.nconnectors = 1 };

static struct engine *
engine_of(const struct setup *setup)
{
	static const struct crypto crypto;
	struct engine *e = engine_new(1, &crypto);

	e->setup = setup;
	return e;
}

static struct engine *
wanting(void)
{
	struct engine *e = engine_of(&conf);

	heads[1].smtp[0] = mail;
	heads[2].smtp[0] = at_rome;
	heads[1].nsmtp = heads[2].nsmtp = 1;
	dial_refresh(e);
	e->now = mono_after(e->now, 1000);
	dial_tick(e);
	return e;
}

static const struct effect *
asked(const struct engine *e, enum effect_kind kind, const char *who)
{
	for (size_t i = 0; i < e->fx.list.n; i++) {
		const struct effect *fx = &e->fx.list.v[i];

		if (fx->kind == kind &&
		    (who == NULL ||
			(fx->name != NULL &&
			    strncmp(fx->name, who, strlen(who)) == 0)))
			return fx;
	}
	return NULL;
}

static bool
may_come(const struct effect *allow, const struct addr *from)
{
	size_t found = 0;

	for (size_t i = 0; i < allow->naddrs; i++)
		found += addr_equal(&allow->addrs[i], from);
	return found == 1;
}

START_TEST(bridgeheads_by_their_carrier)
{
	struct engine *e = wanting();
	const struct effect *fx = asked(e, FX_DIAL, paris);

	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_XLSA2);
	ck_assert_uint_eq(fx->naddrs, 1);
	ck_assert(addr_equal(&fx->addrs[0], &mail));
	fx = asked(e, FX_DIAL, oslo);
	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_TCP);
	ck_assert(addr_equal(&fx->addrs[0], &tcp));
	ck_assert_ptr_null(asked(e, FX_DIAL, rome));
	engine_free(e);
}
END_TEST

/* Where the verb has an address of its own: there, and never at the mail. */
START_TEST(bridgeheads_where_the_verb_is)
{
	const struct effect *fx;
	struct engine *e;

	heads[1].verb = verb;
	e = wanting();
	heads[1].verb.family = 0;
	fx = asked(e, FX_DIAL, paris);
	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_XLSA2);
	ck_assert_uint_eq(fx->naddrs, 1);
	ck_assert(addr_equal(&fx->addrs[0], &verb));
	fx = asked(e, FX_ALLOW, NULL);
	ck_assert_ptr_nonnull(fx);
	ck_assert(may_come(fx, &verb) && may_come(fx, &mail));
	ck_assert(!may_come(fx, &at_rome));
	engine_free(e);
}
END_TEST

/* It comes to us from there before its own LSA tells us so. */
START_TEST(bridgeheads_by_mail_may_come)
{
	struct engine *e = wanting();
	const struct effect *fx = asked(e, FX_ALLOW, NULL);

	ck_assert_ptr_nonnull(fx);
	ck_assert(may_come(fx, &mail));
	ck_assert(!may_come(fx, &at_rome));
	engine_free(e);
	ways[0].bridgeheads = &heads[1];
	ways[0].nbridgeheads = 1;
	e = wanting();
	fx = asked(e, FX_ALLOW, NULL);
	ck_assert(may_come(fx, &mail));
	ways[0].bridgeheads = &heads[0];
	ways[0].nbridgeheads = 3;
	engine_free(e);
}
END_TEST

START_TEST(a_dial_that_fails_says_why)
{
	struct engine *e = wanting();
	struct input in = {
		.kind = IN_QUERY, .bytes = (const uint8_t *)"peers", .len = 5
	};
	const struct effect *fx;
	char *text;

	e->phase = PHASE_RUNNING;
	dial_failed(e, paris, "x-lsa-2-blanked");
	ck_assert_uint_eq(nbrs_find(e, paris)->dial_fails, 1);
	query_answer(e, &in);
	fx = asked(e, FX_REPLY, NULL);
	ck_assert_ptr_nonnull(fx);
	text = mem_dup(fx->bytes, fx->len);
	ck_assert_ptr_nonnull(strstr(text, "\"carrier\":\"x-lsa-2\""));
	ck_assert_ptr_nonnull(strstr(text, "\"reason\":\"x-lsa-2-blanked\""));
	mem_free(text);
	engine_free(e);
}
END_TEST

/* --- when ---------------------------------------------------------------------- */

static char kiel[] = "mx1.kiel.example.org";

/* All that was asked for so far is carried out. */
static void
carried_out(struct engine *e)
{
	fx_clear(e);
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n))
		tree_entry(n, struct nbr, node)->dialling = false;
}

/* After a second, two, four and so on, fifteen at most; and a quarter more or
 * less, so that who lost the same peer does not come back in step. */
static const struct {
	uint32_t fails;
	uint64_t ms;
} pauses[] = {
	{ 0, 1000 },
	{ 1, 2000 },
	{ 2, 4000 },
	{ 3, 8000 },
	{ 4, 15000 },
	{ 5, 15000 },
	{ 4000000, 15000 },
};

START_TEST(a_pause_grows)
{
	struct engine *e = wanting();
	struct nbr *nbr = nbrs_find(e, paris);
	uint64_t least = UINT64_MAX, most = 0, ms = pauses[_i].ms;

	for (int i = 0; i < 10000; i++) {
		uint64_t pause;

		nbr->dial_fails = pauses[_i].fails;
		nbr->dialling = true;
		dial_failed(e, paris, "refused");
		ck_assert(!nbr->dialling);
		ck_assert_uint_eq(nbr->dial_fails, pauses[_i].fails + 1);
		pause = mono_since(e->now, nbr->dial_at);
		least = pause < least ? pause : least;
		most = pause > most ? pause : most;
	}
	ck_assert_uint_ge(least, ms * 3 / 4);
	ck_assert_uint_le(least, ms * 3 / 4 + ms / 1000 - 1);
	ck_assert_uint_le(most, ms * 5 / 4 - 1);
	ck_assert_uint_ge(most, ms * 5 / 4 - ms / 1000);
	engine_free(e);
}
END_TEST

/* It came to us meanwhile: this dial counts for nothing. Nor does one to somebody
 * of whom nothing is known. */
START_TEST(a_failure_beside_a_session)
{
	struct engine *e = wanting();
	struct nbr *nbr = nbrs_find(e, paris);
	struct session session = { 0 };

	nbr->session = &session;
	dial_failed(e, paris, "refused");
	ck_assert(!nbr->dialling);
	ck_assert_uint_eq(nbr->dial_fails, 0);
	ck_assert_uint_eq(nbr->dial_at.ms, MONO_NEVER.ms);
	ck_assert_ptr_null(nbr->reason);
	dial_failed(e, rome, "refused");
	ck_assert_ptr_null(nbrs_find(e, rome));
	nbr->session = NULL;
	engine_free(e);
}
END_TEST

/* Who has no session is dialled once, at its time. */
static const struct {
	bool wanted, session, dialling;
	uint64_t in_ms;
	bool now;
} turns[] = {
	{ true, false, false, 0, true },
	{ true, false, false, 1, false },
	{ false, false, false, 0, false },
	{ true, true, false, 0, false },
	{ true, false, true, 0, false },
};

START_TEST(dialled_at_its_time)
{
	struct engine *e = wanting();
	struct nbr *nbr = nbrs_find(e, paris);
	struct session session = { 0 };

	carried_out(e);
	nbr->wanted = turns[_i].wanted;
	nbr->session = turns[_i].session ? &session : NULL;
	nbr->dialling = turns[_i].dialling;
	nbr->dial_at = mono_after(e->now, turns[_i].in_ms);
	dial_tick(e);
	ck_assert((asked(e, FX_DIAL, paris) != NULL) == turns[_i].now);
	ck_assert((e->fx.wake.ms == e->now.ms + 1) == (turns[_i].in_ms > 0));
	ck_assert(nbr->dialling == (turns[_i].now || turns[_i].dialling));
	ck_assert((nbr->dial_at.ms == MONO_NEVER.ms) == turns[_i].now);
	nbr->session = NULL;
	engine_free(e);
}
END_TEST

/* The greater of two names waits for the other one; what waits already, or runs, is
 * not asked for again; and nobody dials himself, or who is nowhere. */
START_TEST(the_greater_name_waits)
{
	static struct setup_peer peers[] = { { kiel, &tcp, 1 },
		{ paris, &tcp, 1 }, { us, &tcp, 1 }, { rome, NULL, 0 } };
	struct engine *e;
	struct session session = { 0 };
	struct setup setup = conf;
	struct nbr *nbr;

	setup.peers = peers;
	setup.npeers = 4;
	setup.nconnectors = 0;
	e = engine_of(&setup);
	e->now.ms = 5000;
	dial_refresh(e);
	nbr = nbrs_find(e, kiel);
	ck_assert_uint_eq(nbr->dial_at.ms, 5300);
	ck_assert_uint_eq(nbrs_find(e, paris)->dial_at.ms, 5000);
	ck_assert_ptr_null(nbrs_find(e, us));
	ck_assert_ptr_null(nbrs_find(e, rome));
	e->now.ms = 5100;
	dial_refresh(e);
	ck_assert_uint_eq(nbr->dial_at.ms, 5300);
	dial_tick(e);
	ck_assert(nbrs_find(e, paris)->dialling && !nbr->dialling);
	dial_refresh(e);
	ck_assert_uint_eq(nbrs_find(e, paris)->dial_at.ms, MONO_NEVER.ms);
	nbr->dial_at = MONO_NEVER;
	nbr->session = &session;
	dial_refresh(e);
	ck_assert_uint_eq(nbr->dial_at.ms, MONO_NEVER.ms);
	nbr->session = NULL;
	dial_refresh(e);
	ck_assert_uint_eq(nbr->dial_at.ms, 5400);
	engine_free(e);
}
END_TEST

/* Half a minute long it is no news that who has gone is not back. */
static const struct {
	const char *reason;
	uint64_t gone_ms;
	bool calm;
} calms[] = {
	{ "reset", 0, true },
	{ "reset", 29999, true },
	{ "reset", 30000, false },
	{ NULL, 0, false },
};

START_TEST(calm_for_who_has_just_gone)
{
	struct engine *e = wanting();
	struct nbr *nbr = nbrs_find(e, paris);

	carried_out(e);
	nbr->since = e->now;
	nbr->reason = calms[_i].reason;
	e->now = mono_after(e->now, calms[_i].gone_ms);
	nbr->dial_at = e->now;
	dial_tick(e);
	ck_assert(asked(e, FX_DIAL, paris)->calm == calms[_i].calm);
	engine_free(e);
}
END_TEST

/* --- whom the database names ----------------------------------------------------- */

static const struct addr second = { 4, { 192, 0, 2, 2 }, 691 };
static const struct addr at_lo = { 4, { 127, 0, 0, 1 }, 691 };

/* A server that says where it listens, and where it takes mail. */
static struct lsa *
said(struct engine *e, const char *who, const char *of, const struct addr *peer,
    const struct addr *smtp)
{
	static uint64_t sequence;
	char text[20];
	struct lsa_server s = { .group = text,
		.peer = peer,
		.npeer = peer != NULL,
		.smtp = smtp,
		.nsmtp = smtp != NULL };
	struct buf body = { 0 };

	snprintf(text, sizeof(text), "%s", of);
	lsa_server_encode(&body, &s);
	return draft_install(&e->db, &(struct lsa_key){ who, "", LSA_SERVER },
	    ++sequence, &body);
}

/* Where it says itself comes behind where we were told, and once; and never at
 * our own loopback, but in a lab. */
static const struct {
	const struct addr *says;
	bool lab;
	size_t n;
} places[] = {
	{ NULL, false, 1 },
	{ &tcp, false, 1 },
	{ &second, false, 2 },
	{ &at_lo, false, 1 },
	{ &at_lo, true, 2 },
};

START_TEST(where_it_listens)
{
	struct engine *e = wanting();
	struct setup setup = conf;
	const struct effect *fx;

	carried_out(e);
	setup.lab = places[_i].lab;
	e->setup = &setup;
	said(e, oslo, "north", places[_i].says, &mail);
	dial_refresh(e);
	dial_tick(e);
	fx = asked(e, FX_DIAL, oslo);
	ck_assert_uint_eq(fx->naddrs, places[_i].n);
	ck_assert(addr_equal(&fx->addrs[0], &tcp));
	if (fx->naddrs > 1)
		ck_assert(addr_equal(&fx->addrs[1], places[_i].says));
	engine_free(e);
}
END_TEST

/* Of whom nothing is configured: where it says that it listens, or takes mail. */
START_TEST(where_bridgeheads_say)
{
	struct engine *e;
	struct setup setup = conf;
	const struct effect *fx;

	setup.npeers = 0;
	heads[1].nsmtp = 0;
	e = engine_of(&setup);
	said(e, oslo, "north", &second, &mail);
	said(e, paris, "north", &second, &mail);
	said(e, rome, "north", &second, &mail);
	dial_refresh(e);
	dial_tick(e);
	fx = asked(e, FX_DIAL, oslo);
	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_TCP);
	ck_assert_uint_eq(fx->naddrs, 1);
	ck_assert(addr_equal(&fx->addrs[0], &second));
	fx = asked(e, FX_DIAL, paris);
	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_XLSA2);
	ck_assert_uint_eq(fx->naddrs, 1);
	ck_assert(addr_equal(&fx->addrs[0], &mail));
	ck_assert_ptr_null(asked(e, FX_DIAL, rome));
	engine_free(e);
}
END_TEST

/* What was told of a peer with many addresses is taken to the fourth. */
START_TEST(so_many_addresses_and_no_more)
{
	struct addr many[LIMIT_ADDRESSES + 2];
	struct setup_peer peers[] = { { oslo, many, LIMIT_ADDRESSES + 2 } };
	struct engine *e;
	struct setup setup = conf;
	const struct effect *fx;

	for (size_t i = 0; i < LIMIT_ADDRESSES + 2; i++) {
		many[i] = tcp;
		many[i].port = (uint16_t)(1000 + i);
	}
	setup.peers = peers;
	setup.npeers = 1;
	setup.nconnectors = 0;
	e = engine_of(&setup);
	said(e, oslo, "north", &many[LIMIT_ADDRESSES + 1], NULL);
	dial_refresh(e);
	dial_tick(e);
	fx = asked(e, FX_DIAL, oslo);
	ck_assert_uint_eq(fx->naddrs, LIMIT_ADDRESSES + 1);
	for (size_t i = 0; i < LIMIT_ADDRESSES; i++)
		ck_assert(addr_equal(&fx->addrs[i], &many[i]));
	ck_assert(addr_equal(
	    &fx->addrs[LIMIT_ADDRESSES], &many[LIMIT_ADDRESSES + 1]));
	engine_free(e);
}
END_TEST

/* Who may come is looked at again a second after somebody says another place, and
 * told where it is another list. */
START_TEST(places_are_looked_at_later)
{
	struct engine *e = wanting();
	const struct effect *fx;

	carried_out(e);
	ck_assert_uint_eq(e->dial.allow_at.ms, MONO_NEVER.ms);
	said(e, rome, "south", &second, &mail);
	dial_tick(e);
	ck_assert_ptr_null(asked(e, FX_ALLOW, NULL));
	ck_assert_uint_eq(e->fx.wake.ms, e->now.ms + 1000);
	e->now = mono_after(e->now, 600);
	dial_tick(e); /* the first change counts, not the last look */
	e->now = mono_after(e->now, 399);
	dial_tick(e);
	ck_assert_ptr_null(asked(e, FX_ALLOW, NULL));
	e->now = mono_after(e->now, 1);
	dial_tick(e);
	fx = asked(e, FX_ALLOW, NULL);
	ck_assert_ptr_nonnull(fx);
	ck_assert(may_come(fx, &second));
	ck_assert(fx->naddrs == 5); /* oslo, paris, by mail; and these two */
	carried_out(e);
	said(e, oslo, "south", &second, &mail); /* the same, by another */
	said(e, rome, "south", NULL, NULL);
	dial_tick(e);
	e->now = mono_after(e->now, 1000);
	carried_out(e);
	dial_tick(e);
	ck_assert_uint_eq(e->dial.places, e->db.places);
	ck_assert_ptr_null(asked(e, FX_ALLOW, NULL));
	ck_assert_uint_eq(e->fx.wake.ms, e->dial.few_since.ms);
	said(e, oslo, "south", &second, &at_rome); /* as many, and another */
	dial_tick(e);
	e->now = mono_after(e->now, 1000);
	dial_tick(e);
	fx = asked(e, FX_ALLOW, NULL);
	ck_assert_ptr_nonnull(fx);
	ck_assert(may_come(fx, &at_rome) && fx->naddrs == 5);
	engine_free(e);
}
END_TEST

/* Whose words are about whom we look for. */
static const struct {
	const char *who, *of;
	bool any; /* the connector's bridgeheads are all of its group */
	bool concerns;
} words[] = {
	{ "mx9.example.org", "london", false, true },
	{ "mx9.example.org", "south", false, false },
	{ "mx9.example.org", "south", true, true },
	{ "mx9.example.org", "east", true, false },
	{ "mx1.oslo.example.org", "south", false, true }, /* a peer */
	{ "mx1.rome.example.org", "south", false, true }, /* a bridgehead */
};

START_TEST(words_that_concern_us)
{
	struct setup_connector with = ways[0];
	struct engine *e = wanting();
	struct setup setup = conf;
	static char south[] = "south";
	struct lsa *lsa;

	with.any = words[_i].any;
	with.group = south;
	with.bridgeheads = &heads[2];
	with.nbridgeheads = 1;
	setup.connectors = &with;
	e->setup = &setup;
	lsa = said(e, words[_i].who, words[_i].of, &second, NULL);
	e->due.peers_at = MONO_NEVER;
	dial_learnt(e, lsa);
	ck_assert((e->due.peers_at.ms != MONO_NEVER.ms) == words[_i].concerns);
	engine_free(e);
}
END_TEST

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *suite = suite_create("dial");
	TCase *tc = tcase_create("dial");

	tcase_add_test(tc, bridgeheads_by_their_carrier);
	tcase_add_test(tc, bridgeheads_where_the_verb_is);
	tcase_add_test(tc, bridgeheads_by_mail_may_come);
	tcase_add_test(tc, a_dial_that_fails_says_why);
	tcase_add_loop_test(tc, a_pause_grows, 0, ROWS(pauses));
	tcase_add_test(tc, a_failure_beside_a_session);
	tcase_add_loop_test(tc, dialled_at_its_time, 0, ROWS(turns));
	tcase_add_test(tc, the_greater_name_waits);
	tcase_add_loop_test(tc, calm_for_who_has_just_gone, 0, ROWS(calms));
	tcase_add_loop_test(tc, where_it_listens, 0, ROWS(places));
	tcase_add_test(tc, where_bridgeheads_say);
	tcase_add_test(tc, so_many_addresses_and_no_more);
	tcase_add_test(tc, places_are_looked_at_later);
	tcase_add_loop_test(tc, words_that_concern_us, 0, ROWS(words));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
