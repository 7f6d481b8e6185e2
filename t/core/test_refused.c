/*
 * test_refused.c - reports of mail that a hop would not relay: which hop they are
 * about, of which pattern, and when it is left out. And which hops are asked before
 * any mail is.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/node/relaying.h"
#include "core/node/service.h"
#include "t/core/answers.h"
#include "t/tap.h"

#define HOP "192.0.2.3:25"

/* Events about routes that are refused in one step, and the last of them. */
struct told {
	size_t n;
	uint64_t value; /* so many seconds */
	char peer[40], to[20], reason[20];
};

static void
report(struct insider *f, const char *line, struct told *told)
{
	struct input in = { .kind = IN_REPORT,
		.now.ms = f->ms,
		.wall = 1800000000u,
		.bytes = (const uint8_t *)line,
		.len = strlen(line) };
	struct effects fx = engine_step(f->engine, &in);

	for (size_t i = 0; i < fx.n; i++) {
		const struct event *one = fx.list[i].event;

		if (fx.list[i].kind != FX_EVENT ||
		    one->kind != EVENT_ROUTE_REFUSED)
			continue;
		told->n++;
		told->value = one->value;
		snprintf(told->peer, sizeof(told->peer), "%s", one->peer);
		snprintf(told->to, sizeof(told->to), "%s", one->to);
		snprintf(told->reason, sizeof(told->reason), "%s", one->reason);
	}
}

/* gw.example leads to c.x.org at HOP. */
static void
begin(struct insider *f)
{
	answers_begin(f);
	answers_led_to(f);
	f->engine->table.rib->routes[0].hop[0].name = FAR;
}

/* Three messages, each to another recipient of a domain, by a hop. */
static struct told
three(struct insider *f, const char *hop, const char *domain)
{
	struct told told = { 0 };
	char line[100];

	for (int i = 0; i < 3; i++) {
		snprintf(line, sizeof(line), "route hop=%s to=u%d@%s refused=1",
		    hop, i, domain);
		report(f, line, &told);
	}
	return told;
}

static const struct {
	const char *what, *hop, *domain;
	bool net;         /* connectors have limits: mail may go elsewhere */
	const char *peer; /* who is left out; NULL: nobody */
} rows[] = {
	{ "the hop of its route", HOP, "gw.example", false, "c.x.org" },
	{ "without a port it is any there", "192.0.2.3", "gw.example", false,
	    "c.x.org" },
	{ "another port", "192.0.2.3:26", "gw.example", false, NULL },
	{ "another hop", "192.0.2.4:25", "gw.example", false, NULL },
	{ "another hop, by a limit", "192.0.2.4:25", "gw.example", true,
	    "d.x.org" },
	{ "the hop of its route, and there are limits", HOP, "gw.example", true,
	    "c.x.org" },
	{ "our own mail service is no hop", "192.0.2.1:25", "gw.example", true,
	    NULL },
	{ "nor is a way out", "192.0.2.9:25", "gw.example", true, NULL },
	{ "no route", HOP, "no.example", true, NULL },
};

START_TEST(a_hop_refuses)
{
	struct insider f;
	struct told told;

	begin(&f);
	if (rows[_i].net)
		buf_u8(&f.engine->table.annex.net, 0);
	told = three(&f, rows[_i].hop, rows[_i].domain);
	ck_assert_msg(told.n == (rows[_i].peer != NULL), "%s: %zu",
	    rows[_i].what, told.n);
	if (rows[_i].peer != NULL) {
		ck_assert_str_eq(told.peer, rows[_i].peer);
		ck_assert_str_eq(told.to, "left-out");
		ck_assert_str_eq(told.reason, "recipients");
		ck_assert_uint_eq(told.value, 600);
	}
	engine_free(f.engine);
}
END_TEST

/* One that was taken ends it; one that says neither ends nothing. */
START_TEST(it_relays_again)
{
	struct told told = { 0 };
	struct insider f;

	begin(&f);
	ck_assert_uint_eq(three(&f, HOP, "gw.example").n, 1);
	report(&f, "route hop=" HOP " to=u9@gw.example", &told);
	report(&f, "route hop=" HOP " to=u9@no.example ok=1", &told);
	report(&f, "route hop=192.0.2.4:25 to=u9@gw.example ok=1", &told);
	ck_assert_uint_eq(told.n, 0);
	report(&f, "route hop=" HOP " to=u9@gw.example ok=1", &told);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.to, "used");
	ck_assert_str_eq(told.reason, "accepted");
	ck_assert_uint_eq(told.value, 0);
	report(&f, "route hop=" HOP " to=u9@gw.example ok=1", &told);
	ck_assert_uint_eq(told.n, 1);
	engine_free(f.engine);
}
END_TEST

START_TEST(before_there_is_a_table)
{
	struct insider f;

	begin(&f);
	answers_no_table(&f);
	ck_assert_uint_eq(three(&f, HOP, "gw.example").n, 0);
	ck_assert_uint_eq(f.engine->evidence.refusals.list.n, 0);
	engine_free(f.engine);
}
END_TEST

/* --- asked before mail is ----------------------------------------------------------------- */

static struct addr hop = { 4, { 192, 0, 2, 3 }, 25 };

/* Routes in their order, all by that hop but for the last; the caller ends it. */
static void
routed(struct rib *rib, struct route *routes)
{
	static const char *const patterns[] = { "*", ".example.org",
		"example.org", "u@example.org", "x.org" };

	memset(routes, 0, 5 * sizeof(*routes));
	for (size_t i = 0; i < 5; i++) {
		routes[i].pattern = (char *)(uintptr_t)patterns[i];
		routes[i].kind = ROUTE_REMOTE;
		routes[i].relay = i == 0;
		routes[i].nhops = 1;
		routes[i].hop[0].addr = hop;
	}
	routes[4].hop[0].addr.port = 26;
	*rib = (struct rib){ .n = 5, .routes = routes };
}

/* One pattern after the other, once in ten minutes, going round; what was refused
 * once is asked again. */
START_TEST(one_pattern_after_the_other)
{
	static const char *const asks[] = { "postmaster@lsrd-probe.invalid",
		"postmaster@lsrd-probe.example.org", "postmaster@example.org",
		"u@example.org", "postmaster@lsrd-probe.invalid" };
	struct route routes[5];
	struct rib rib, *was;
	struct service *s;
	struct insider f;
	struct engine *e;

	answers_begin(&f);
	e = f.engine;
	was = e->table.rib;
	e->table.rib = &rib;
	routed(&rib, routes);
	s = service_of(e, FAR);
	s->relay.at.ms = 0;
	mem_free(s->relay.pattern);
	s->relay.pattern = NULL;
	for (size_t i = 0; i < 5; i++) {
		ck_assert_str_eq(relaying_ask(e, s), asks[i]);
		ck_assert(s->relay.asked);
		ck_assert_uint_eq(s->relay.at.ms, e->now.ms + 600000);
		e->now.ms += 599999;
		ck_assert_ptr_null(relaying_ask(e, s));
		ck_assert(!s->relay.asked);
		e->now.ms += 1;
	}
	s->relay.again = true;
	ck_assert_str_eq(relaying_ask(e, s), asks[4]);
	ck_assert(!s->relay.again);
	e->now.ms += 600000;
	s->mail.asks = true;
	ck_assert_ptr_null(relaying_ask(e, s));
	s->mail.asks = false;
	s->state = SERVICE_DOWN;
	ck_assert_ptr_null(relaying_ask(e, s));
	s->state = SERVICE_UP;
	s->use = SERVICE_SELF;
	ck_assert_ptr_null(relaying_ask(e, s));
	s->use = SERVICE_MEMBER;
	ck_assert_str_eq(relaying_ask(e, s), asks[1]);
	e->now.ms += 600000;
	rib.n = 0;
	ck_assert_ptr_null(relaying_ask(e, s));
	e->table.rib = was;
	engine_free(e);
}
END_TEST

/* A new table: whom it sends to and who was never asked is, soon. */
static const struct {
	const char *what;
	unsigned use;
	enum service_state state;
	bool running;
	uint64_t at;  /* it was asked to be asked then */
	bool relays;  /* the route's own claim allows it, */
	size_t route; /* that one of routed() alone */
	bool soon;
} tables[] = {
	{ "a bridgehead", SERVICE_CONNECTOR, SERVICE_UP, false, 0, false, 2,
	    true },
	{ "a member", SERVICE_MEMBER, SERVICE_UP, false, 0, false, 2, true },
	{ "our own", SERVICE_SELF, SERVICE_UP, false, 0, false, 2, false },
	{ "it is down", SERVICE_CONNECTOR, SERVICE_DOWN, false, 0, false, 2,
	    false },
	{ "it is asked just now", SERVICE_CONNECTOR, SERVICE_UP, true, 0, false,
	    2, false },
	{ "it was asked", SERVICE_CONNECTOR, SERVICE_UP, false, 1, false, 2,
	    false },
	{ "who claims it relays", SERVICE_CONNECTOR, SERVICE_UP, false, 0, true,
	    2, false },
	{ "but of all", SERVICE_CONNECTOR, SERVICE_UP, false, 0, true, 0,
	    true },
	{ "another port", SERVICE_CONNECTOR, SERVICE_UP, false, 0, false, 4,
	    false },
};

START_TEST(a_new_table_asks)
{
	struct route routes[5];
	struct rib rib, *was;
	struct service *s, *other;
	struct insider f;
	struct engine *e;

	answers_begin(&f);
	e = f.engine;
	was = e->table.rib;
	e->table.rib = &rib;
	routed(&rib, routes);
	rib.routes += tables[_i].route;
	rib.n = 1;
	rib.routes[0].relay = tables[_i].relays;
	rib.routes[0].nhops = 2;
	rib.routes[0].hop[1] = rib.routes[0].hop[0];
	rib.routes[0].hop[0].addr.ip[3] = 99;
	for (s = service_first(e); s != NULL; s = service_next(s)) {
		s->relay.at.ms = 0;
		s->probe.running = false;
		s->state = SERVICE_UP;
		s->probe.last = e->now;
		s->probe.next = MONO_NEVER;
	}
	s = service_of(e, FAR);
	s->use = tables[_i].use;
	s->state = tables[_i].state;
	s->probe.running = tables[_i].running;
	s->relay.at.ms = tables[_i].at;
	relaying_table(e);
	ck_assert_msg((s->probe.next.ms == e->now.ms + 1000) == tables[_i].soon,
	    "%s", tables[_i].what);
	for (other = service_first(e); other != NULL;
	     other = service_next(other))
		ck_assert(other == s || other->probe.next.ms == MONO_NEVER.ms);
	e->table.rib = was;
	engine_free(e);
}
END_TEST

/* Whatever the order of their names is; and one that refuses is asked the same again,
 * until it is left out. */
START_TEST(whoever_it_is)
{
	struct route routes[5];
	struct rib rib, *was;
	struct service *s, *other;
	struct insider f;
	struct engine *e;

	answers_begin(&f);
	e = f.engine;
	was = e->table.rib;
	e->table.rib = &rib;
	routed(&rib, routes);
	s = service_of(e, FAR);
	s->addr.ip[3] = 200; /* behind all of d.x.org */
	other = service_next_of(service_of(e, "d.x.org"));
	for (size_t i = 0; i < 5; i++)
		routes[i].hop[0].addr = i == 2 ? other->addr : s->addr;
	s->relay.at.ms = other->relay.at.ms = 0;
	s->probe.last = other->probe.last = e->now;
	s->probe.next = other->probe.next = MONO_NEVER;
	relaying_table(e);
	ck_assert_uint_eq(s->probe.next.ms, e->now.ms + 1000);
	ck_assert_uint_eq(other->probe.next.ms, e->now.ms + 1000);
	ck_assert_ptr_nonnull(relaying_ask(e, s));
	relaying_told(e, s, true);
	ck_assert(s->relay.again);
	relaying_told(e, s, false);
	ck_assert(!s->relay.again);
	e->table.rib = was;
	s->addr = hop;
	engine_free(e);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("refused");
	TCase *tc = tcase_create("refused");

	tcase_add_loop_test(
	    tc, a_hop_refuses, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, it_relays_again);
	tcase_add_test(tc, before_there_is_a_table);
	tcase_add_test(tc, one_pattern_after_the_other);
	tcase_add_loop_test(
	    tc, a_new_table_asks, 0, (int)(sizeof(tables) / sizeof(tables[0])));
	tcase_add_test(tc, whoever_it_is);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
