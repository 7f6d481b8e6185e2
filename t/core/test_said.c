/*
 * test_said.c - what a server says of itself, and what it says to its milter, when
 * one thing around it is another: its certificate, its members, its MTA, too many
 * neighbours, what it may not claim.
 */

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "core/lsa/listed.h"
#include "core/node/contest.h"
#include "core/trace/mtable.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define WALL 1800000000u

/* What we have said, or NULL. */
static const struct lsa *
own(struct insider *f, uint8_t type, const char *id)
{
	struct lsa_key key = { SELF, id, type };

	return lsdb_find(&f->engine->db, &key);
}

static void
conf(struct insider *f)
{
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
	insider_ticks(f, 1000);
}

static void
published(struct insider *f)
{
	insider_step(f, (struct input){ .kind = IN_PUBLISHED,
			    .value = f->engine->table.rib->generation });
	insider_ticks(f, 1000);
}

static void
probes(struct insider *f, enum probe_verdict verdict)
{
	while (f->nopen > 0)
		insider_step(f, (struct input){ .kind = IN_PROBE,
				    .who = f->open[--f->nopen],
				    .verdict = (int)verdict,
				    .reason = "refused" });
}

/* A server says its group, where its mail service is, and that it has a session
 * with us. */
static void
server(struct insider *f, char letter, const char *group, const struct addr *at)
{
	char name[] = { letter, '.', 'x', '.', 'o', 'r', 'g', '\0' };
	char cert[40], of[10], us[] = SELF, *list[] = { us };
	struct lsa_server s = { .group = of,
		.smtp = at,
		.nsmtp = 1,
		.neighbours = list,
		.nneighbours = 1 };
	struct buf body = { 0 };

	snprintf(of, sizeof(of), "%s", group);
	snprintf(cert, sizeof(cert), "%s %s x.org - %c", name, group, letter);
	insider_known(f, name, letter, cert);
	lsa_server_encode(&body, &s);
	insider_hand_on(
	    f, (struct insider_who){ name, letter }, LSA_SERVER, "", &body);
	buf_done(&body);
}

/* As answers_begin(), and our certificate lets us claim what we are to. */
static void
said_begin(struct insider *f)
{
	static uint8_t cert[] = SELF " g gw.example,own.example,* - a";
	static char gw[] = "gw.example", mine[] = "own.example", any[] = "*";
	static char *spaces[] = { gw, mine, any };

	answers_begin(f);
	f->setup.cert.now = cert;
	f->setup.cert.now_len = sizeof(cert) - 1;
	f->claims.spaces = spaces;
	f->claims.nspaces = 3;
	conf(f);
	insider_ticks(f, 10000);
}

/* The servers that `one` and `two` lead to are there, and so is our neighbour. */
static void
said_joined(struct insider *f)
{
	said_begin(f);
	server(f, 'b', "g", &(struct addr){ 4, { 192, 0, 2, 10 }, 25 });
	server(f, 'c', "far", &(struct addr){ 4, { 192, 0, 2, 3 }, 25 });
	server(f, 'd', "far", &(struct addr){ 4, { 192, 0, 2, 4 }, 25 });
	insider_ticks(f, 10000);
}

/* --- our own words ------------------------------------------------------------------ */

START_TEST(two_certificates)
{
	uint8_t previous[] = SELF " g x.org - b";
	struct lsa_identity id;
	struct insider f;

	answers_begin(&f);
	f.setup.cert.previous = previous;
	f.setup.cert.previous_len = sizeof(previous) - 1;
	conf(&f);
	ck_assert_int_eq(
	    lsa_identity_decode(own(&f, LSA_IDENTITY, ""), &id), RC_OK);
	ck_assert_uint_eq(id.ncerts, 2);
	ck_assert_mem_eq(id.cert[1], previous, sizeof(previous) - 1);
	engine_free(f.engine);
}
END_TEST

/* Of two that name one address one is up if it answers; each is down once. */
START_TEST(a_member_without_an_address_of_its_own)
{
	struct addr at = { 4, { 198, 51, 100, 7 }, 25 };
	const struct lsa_server *s;
	struct insider f;

	answers_begin(&f);
	server(&f, 'n', "g", &at);
	server(&f, 'm', "g", &at);
	for (int i = 0; i < 20; i++) {
		insider_ticks(&f, 1000);
		probes(&f, PROBE_OK);
	}
	ck_assert(contest_lost(f.engine, "m.x.org"));
	s = lsa_server(own(&f, LSA_SERVER, ""));
	ck_assert_uint_eq(s->nmail_up, 1);
	ck_assert_str_eq(s->mail_up[0], "n.x.org");
	ck_assert_uint_eq(s->nmail_down, 1);
	ck_assert_str_eq(s->mail_down[0], "m.x.org");
	for (int i = 0; i < 20; i++) {
		insider_ticks(&f, 1000);
		probes(&f, PROBE_FAILED);
	}
	ck_assert_uint_eq(lsa_server(own(&f, LSA_SERVER, ""))->nmail_down, 2);
	engine_free(f.engine);
}
END_TEST

/* A way out whose probe fails is down for everybody, until it answers. */
START_TEST(a_way_out_is_down)
{
	struct insider f;

	said_begin(&f);
	ck_assert(!lsa_space(own(&f, LSA_SPACE, "gw.example"))->down);
	for (int i = 0; i < 20; i++) {
		insider_ticks(&f, 1000);
		probes(&f, PROBE_FAILED);
	}
	ck_assert(lsa_space(own(&f, LSA_SPACE, "gw.example"))->down);
	ck_assert(!lsa_space(own(&f, LSA_SPACE, "own.example"))->down);
	for (int i = 0; i < 200; i++) {
		insider_ticks(&f, 1000);
		probes(&f, PROBE_OK);
	}
	ck_assert(!lsa_space(own(&f, LSA_SPACE, "gw.example"))->down);
	engine_free(f.engine);
}
END_TEST

/* What our certificate does not allow is not said, and the log has it. */
START_TEST(what_we_may_not_claim)
{
	char other[] = "other.example";
	struct setup_space spaces[3];
	struct insider f;
	size_t refused;

	said_begin(&f);
	memcpy(spaces, f.setup.spaces, 2 * sizeof(*spaces));
	spaces[2] = (struct setup_space){ .pattern = other, .cost = 1 };
	f.setup.spaces = spaces;
	f.setup.nspaces = 3;
	refused = f.refused;
	conf(&f);
	published(&f);
	ck_assert_uint_gt(f.refused, refused);
	ck_assert_ptr_null(own(&f, LSA_SPACE, other));
	ck_assert_ptr_nonnull(own(&f, LSA_SPACE, "own.example"));
	engine_free(f.engine);
}
END_TEST

static bool
claims_own(struct insider *f)
{
	const struct lsa *l = own(f, LSA_SPACE, "own.example");
	struct listed said;

	listed_begin(
	    &said, &(struct listed_of){ &f->engine->db, SELF, LSA_LIST }, "");
	return (l != NULL && !l->purge) ||
	       listed_meet(&said, "own.example") != NULL;
}

/* A pattern that comes back waits for our own table, like one that is new; one of
 * a list, too. */
START_TEST(a_pattern_that_comes_back)
{
	struct setup_space spaces[2];
	struct insider f;

	said_begin(&f);
	memcpy(spaces, f.setup.spaces, sizeof(spaces));
	spaces[1].listed = _i == 1;
	f.setup.spaces = spaces;
	conf(&f);
	published(&f);
	ck_assert(claims_own(&f));
	f.setup.nspaces = 1;
	conf(&f);
	published(&f);
	ck_assert(!claims_own(&f));
	f.setup.nspaces = 2;
	conf(&f);
	ck_assert(!claims_own(&f));
	published(&f);
	ck_assert(claims_own(&f));
	/* Not so where the table is late: then we are `starting`. */
	f.setup.nspaces = 1;
	conf(&f);
	published(&f);
	f.setup.nspaces = 2;
	conf(&f);
	insider_ticks(&f, 12000);
	ck_assert(f.engine->table.late.behind);
	ck_assert(claims_own(&f));
	ck_assert_int_eq(
	    lsa_server(own(&f, LSA_SERVER, ""))->state, LSA_STARTING);
	engine_free(f.engine);
}
END_TEST

/* --- so many neighbours ---------------------------------------------------------------- */

static void
frame(struct insider *f, uint32_t who, uint8_t type, const void *body, size_t n)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, type);

	buf_bytes(&out, body, n);
	frame_close(&out, hole);
	insider_step(f,
	    (struct input){
		.kind = IN_BYTES, .who = who, .bytes = out.p, .len = out.n });
	buf_done(&out);
}

/* A session with a server whose name is as long as one may be. */
static void
join_long(struct insider *f, uint32_t who)
{
	char cert[STR_HOST_MAX + 20];
	struct msg_hello h = { .lowest = 1,
		.highest = 1,
		.keepalive_ms = 1000,
		.dead_ms = 600000 };
	struct buf hello = { 0 };
	size_t n;

	n = (size_t)snprintf(h.name, sizeof(h.name), "s%04u", who);
	for (; n < STR_HOST_MAX - 6; n++)
		h.name[n] = n % 60 == 59 ? '.' : 'x';
	memcpy(h.name + n, ".x.org", 7);
	snprintf(cert, sizeof(cert), "%s g x.org - z", h.name);
	cheap_key('z', h.org);
	msg_hello_write(&hello, &h);
	insider_step(f, (struct input){ .kind = IN_OPEN,
			    .who = who,
			    .name = h.name,
			    .bytes = (const uint8_t *)cert,
			    .len = strlen(cert) });
	frame(f, who, MSG_HELLO, hello.p, hello.n);
	frame(f, who, MSG_SUMMARY, "\3\0\0", 3);
	frame(f, who, MSG_SYNCED, "", 0);
	buf_done(&hello);
}

/* More than an LSA has room for: as many as fit are said, in their order. */
START_TEST(more_neighbours_than_an_lsa_holds)
{
	const struct lsa_server *s;
	const struct lsa *lsa;
	struct insider f;

	answers_begin(&f);
	for (uint32_t who = 1000; who < 1300; who++)
		join_long(&f, who);
	insider_ticks(&f, 20000);
	lsa = own(&f, LSA_SERVER, "");
	s = lsa_server(lsa);
	ck_assert_uint_gt(s->nneighbours, 200);
	ck_assert_uint_lt(s->nneighbours, 300);
	ck_assert_uint_le(lsa->body_len, LIMIT_LSA_BODY);
	ck_assert_str_eq(s->neighbours[0], PEER);
	engine_free(f.engine);
}
END_TEST

/* --- our MTA ---------------------------------------------------------------------------- */

/* Events of one kind in one step, and the reason of the last. */
static size_t
told_mta(struct insider *f, const struct mta *mta, enum event_kind kind,
    const char **reason)
{
	struct input in = {
		.kind = IN_MTA, .mta = mta, .now.ms = f->ms, .wall = WALL
	};
	struct effects fx = engine_step(f->engine, &in);
	size_t n = 0;

	for (size_t i = 0; i < fx.n; i++)
		if (fx.list[i].kind == FX_EVENT &&
		    fx.list[i].event->kind == kind) {
			*reason = fx.list[i].event->reason;
			n++;
		}
	return n;
}

/* It asks our tables, but not the one of `*`, which matters where there is one.
 * A second "no" within ten seconds is none; then it is said, with what it lacks. */
START_TEST(the_table_of_all)
{
	char any[] = "*", way[] = "smtp:[gw.x.org]";
	struct setup_space ways[] = {
		{ .pattern = any, .cost = 1, .way = way }
	};
	const char *reason = NULL;
	struct insider f;
	struct mta mta;

	said_begin(&f);
	mta_init(&mta);
	mta.read = true;
	mta.asks = MTA_YES;
	mta.asks_default = MTA_NO;
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 0);
	f.ms += 20000;
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 0);
	f.setup.spaces = ways;
	f.setup.nspaces = 1;
	conf(&f);
	published(&f);
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 0);
	f.ms += 9000;
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 0);
	f.ms += 1000;
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 1);
	ck_assert_str_eq(reason, "sender_dependent_default_transport_maps");
	insider_ticks(&f, 1000);
	ck_assert(lsa_server(own(&f, LSA_SERVER, ""))->unasked);
	mta.asks_default = MTA_YES;
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 1);
	ck_assert_ptr_null(reason);
	insider_ticks(&f, 1000);
	ck_assert(!lsa_server(own(&f, LSA_SERVER, ""))->unasked);
	mta_done(&mta);
	engine_free(f.engine);
}
END_TEST

/* A "no" of before, where there is no MTA any more, is none. */
START_TEST(unasked_and_without_an_mta)
{
	const char *reason;
	struct insider f;
	struct mta mta;

	answers_begin(&f);
	mta_init(&mta);
	mta.read = true;
	mta.asks = mta.asks_default = MTA_NO;
	told_mta(&f, &mta, EVENT_MTA_ASKS, &reason);
	f.ms += 10000;
	told_mta(&f, &mta, EVENT_MTA_ASKS, &reason);
	insider_ticks(&f, 1000);
	ck_assert(lsa_server(own(&f, LSA_SERVER, ""))->unasked);
	f.setup.mta.none = true;
	conf(&f);
	ck_assert(!lsa_server(own(&f, LSA_SERVER, ""))->unasked);
	ck_assert_int_eq(lsa_server(own(&f, LSA_SERVER, ""))->state, LSA_UP);
	f.ms += 20000; /* nor need anybody ask then */
	ck_assert_uint_eq(told_mta(&f, &mta, EVENT_MTA_ASKS, &reason), 0);
	mta_done(&mta);
	engine_free(f.engine);
}
END_TEST

/* --- what the milter is told -------------------------------------------------------- */

static struct mtable_annex
annex(const struct insider *f)
{
	const struct buf *said = &f->engine->table.annex.said;
	struct mtable_annex a;

	ck_assert_int_eq(mtable_annex_decode(said->p, said->n, &a), RC_OK);
	ck_assert_uint_eq(
	    a.version.generation, f->engine->table.rib->generation);
	return a;
}

/* The head is longer or shorter where the delimiters are others: keys and net
 * stand behind it all the same. */
START_TEST(other_delimiters)
{
	static const char *const words[] = { "+", "+-=", "", "-" };
	struct policy policy = { .max_size = 1000 };
	struct setup_connector connectors[3];
	const char *reason;
	struct insider f;
	size_t net;

	said_joined(&f);
	memcpy(connectors, f.setup.connectors, sizeof(connectors));
	connectors[1].policy = policy;
	f.setup.connectors = connectors;
	conf(&f);
	net = annex(&f).net.left;
	ck_assert_uint_gt(net, 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct mta mta;

		mta_init(&mta);
		mta.read = true;
		mta.asks = mta.asks_default = MTA_YES;
		snprintf(
		    mta.delimiters, sizeof(mta.delimiters), "%s", words[i]);
		told_mta(&f, &mta, EVENT_MTA_ASKS, &reason);
		mta_done(&mta);
		insider_ticks(&f, 1000);
		ck_assert_str_eq(annex(&f).mta.delimiters, words[i]);
		ck_assert_uint_eq(annex(&f).net.left, net);
	}
	engine_free(f.engine);
}
END_TEST

/* FX_RETRY of a step at that time. */
static size_t
retries_at(struct insider *f, uint64_t wall)
{
	struct input in = { .kind = IN_TICK, .wall = wall };
	struct effects fx;
	size_t n = 0;

	f->ms += 61000;
	in.now.ms = f->ms;
	fx = engine_step(f->engine, &in);
	for (size_t i = 0; i < fx.n; i++)
		n += fx.list[i].kind == FX_RETRY;
	return n;
}

/* 2027-01-15 08:00:00 UTC, a Friday. Two connectors have one schedule, a third
 * another: when one opens, mail that waits behind a hop is tried again, if that
 * is wanted at all. */
START_TEST(a_schedule_opens)
{
	char nine[] = "fri 09:00-10:00", ten[] = "fri 10:00-11:00";
	struct setup_connector connectors[3];
	struct insider f;

	said_joined(&f);
	memcpy(connectors, f.setup.connectors, sizeof(connectors));
	connectors[0].policy.schedule = nine;
	connectors[1].policy.schedule = ten;
	connectors[2].policy.schedule = nine;
	f.setup.connectors = connectors;
	f.setup.mta.retry = true;
	conf(&f);
	answers_led_to(&f);
	connectors[1].drain = false;
	f.engine->table.rib->routes[0].kind = ROUTE_REMOTE;
	ck_assert_uint_eq(f.engine->table.annex.schedules.v.n, 2);
	ck_assert_str_eq(f.engine->table.annex.schedules.v.v[0].text, nine);
	ck_assert_str_eq(f.engine->table.annex.schedules.v.v[1].text, ten);
	ck_assert_uint_eq(retries_at(&f, WALL + 60), 0);
	ck_assert_uint_eq(retries_at(&f, WALL + 3600), 1);
	ck_assert_uint_eq(retries_at(&f, WALL + 7200), 1);
	f.setup.mta.retry = false;
	ck_assert_uint_eq(retries_at(&f, WALL + 7 * 86400 + 3600), 0);
	f.engine->table.rib->routes[0].kind = ROUTE_HOLD;
	engine_free(f.engine);
}
END_TEST

/* A connector of another: whom it leads to is of the net, and so is its size. */
static void
connector(struct insider *f, const char *to, uint64_t size)
{
	char far[] = "far", name[30];
	struct lsa_bridgehead b = { name, true, 5 };
	struct policy policy = { .max_size = size };
	struct lsa_connector c = { .group = far,
		.bridgeheads = &b,
		.nbridgeheads = 1,
		.policy = &policy };
	struct buf body = { 0 };

	snprintf(name, sizeof(name), "%s", to);
	lsa_connector_encode(&body, &c);
	insider_say(f, LSA_CONNECTOR, "far", &body);
	buf_done(&body);
	insider_ticks(f, 6000);
}

/* The net is another, and no route is: a table with a number of its own says so. */
static void
net_is_another(struct insider *f, uint64_t *generation)
{
	const struct buf *net = &f->engine->table.annex.net;

	ck_assert(engine_follows(f->engine));
	ck_assert_uint_gt(f->engine->table.rib->generation, *generation);
	*generation = f->engine->table.rib->generation;
	ck_assert_uint_eq(annex(f).net.left, net->n);
	if (net->n > 0)
		ck_assert_mem_eq(annex(f).net.p, net->p, net->n);
	published(f);
}

START_TEST(the_net_follows)
{
	struct addr at = { 4, { 198, 51, 100, 7 }, 25 };
	uint64_t generation;
	struct insider f;

	said_joined(&f);
	server(&f, 'n', "g", &at);
	server(&f, 'm', "g", &at);
	insider_ticks(&f, 6000);
	published(&f);
	generation = f.engine->table.rib->generation;
	connector(&f, "n.x.org", 1000);
	net_is_another(&f, &generation);
	connector(&f, "m.x.org", 1000);
	net_is_another(&f, &generation);
	connector(&f, "m.x.org", 2000);
	net_is_another(&f, &generation);
	insider_say(&f, LSA_CONNECTOR, "far", NULL);
	insider_ticks(&f, 6000);
	net_is_another(&f, &generation);
	ck_assert_uint_eq(annex(&f).net.left, 0);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("said");
	TCase *tc = tcase_create("said");

	tcase_add_test(tc, two_certificates);
	tcase_add_test(tc, a_member_without_an_address_of_its_own);
	tcase_add_test(tc, a_way_out_is_down);
	tcase_add_test(tc, what_we_may_not_claim);
	tcase_add_loop_test(tc, a_pattern_that_comes_back, 0, 2);
	tcase_add_test(tc, more_neighbours_than_an_lsa_holds);
	tcase_add_test(tc, the_table_of_all);
	tcase_add_test(tc, unasked_and_without_an_mta);
	tcase_add_test(tc, other_delimiters);
	tcase_add_test(tc, a_schedule_opens);
	tcase_add_test(tc, the_net_follows);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
