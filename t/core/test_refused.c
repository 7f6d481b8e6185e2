/*
 * test_refused.c - reports of mail that a hop would not relay: which hop they are
 * about, of which pattern, and when it is left out.
 */

#include <stdio.h>
#include <string.h>

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

int
main(void)
{
	Suite *suite = suite_create("refused");
	TCase *tc = tcase_create("refused");

	tcase_add_loop_test(
	    tc, a_hop_refuses, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, it_relays_again);
	tcase_add_test(tc, before_there_is_a_table);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
