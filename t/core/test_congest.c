/* test_congest.c - what waits, told apart by next hop; levels of it. */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/node/congestion.h"
#include "core/trace/backlog.h"
#include "t/tap.h"

static char patterns[][20] = { ".paris.example", "a.paris.example",
	"hold.example", "tokyo.example" };
static const char *const hops[] = { "192.0.2.1:25", "192.0.2.2:25", NULL,
	"192.0.2.1:25" };

/* tokyo's mail goes to `tokyo`. */
static void
table(struct backlog *b, const char *tokyo, uint64_t now)
{
	struct route routes[4] = { { 0 } };
	struct rib rib = { .routes = routes, .n = 4 };

	for (size_t i = 0; i < 4; i++) {
		const char *hop = i == 3 ? tokyo : hops[i];

		routes[i].pattern = patterns[i];
		routes[i].kind = hop == NULL ? ROUTE_HOLD : ROUTE_REMOTE;
		routes[i].nhops = hop != NULL;
		if (hop != NULL)
			ck_assert(addr_read(&routes[i].hop[0].addr, hop));
	}
	backlog_table(b, &rib, now);
}

static void
expect(struct backlog *b, const char *want)
{
	struct report r;
	struct buf all = { 0 };

	while (backlog_next(b, &r)) {
		report_encode(&all, &r);
		buf_u8(&all, '\n');
	}
	buf_u8(&all, 0);
	ck_assert_str_eq((const char *)all.p, want);
	buf_done(&all);
	backlog_begin(b);
}

/* A deferred message. */
static void
add(struct backlog *b, const char *recipient, uint64_t came, uint64_t now)
{
	struct backlog_wait wait = { NULL, recipient, NULL, came, true, false,
		false, now, 60 };

	backlog_add(b, &wait);
}

/* A message that is being delivered. */
static void
add_active(
    struct backlog *b, const char *recipient, uint64_t came, uint64_t now)
{
	struct backlog_wait wait = { NULL, recipient, NULL, came, false, false,
		false, now, 60 };

	backlog_add(b, &wait);
}

START_TEST(waits_for_its_hop)
{
	struct backlog b = { 0 };

	ck_assert(!backlog_holds(&b));
	table(&b, hops[3], 1000);
	ck_assert(backlog_holds(&b));
	backlog_begin(&b);
	add(&b, "u@b.paris.example", 1000, 1100);
	add(&b, "u@a.paris.example", 1041, 1100);
	add(&b, "u@tokyo.example", 1040, 1100);
	add(&b, "u@tokyo.example", 2000, 1100); /* from tomorrow */
	add(&b, "u@paris.example", 0, 1100);
	add(&b, "u@hold.example", 0, 1100);
	add(&b, "nobody", 0, 1100);
	expect(&b, "queue hop=192.0.2.1:25 waiting=3 late=2 oldest=100\n"
		   "queue hop=192.0.2.2:25 waiting=1 oldest=59\n");
	backlog_done(&b);
}
END_TEST

static void
clocks(struct backlog *b, uint64_t s, uint64_t wall)
{
	backlog_clock(b, (struct mono){ s * 1000 }, wall);
}

/* One message waits at Tokyo, of so many seconds; `late`: too long. */
static void
tokyo_is(struct backlog *b, bool late, unsigned oldest)
{
	char want[128], age[24] = "";

	if (oldest > 0)
		snprintf(age, sizeof(age), " oldest=%u", oldest);
	snprintf(want, sizeof(want),
	    "queue hop=192.0.2.1:25\nqueue hop=192.0.2.2:25\n"
	    "queue hop=192.0.2.3:25 waiting=1%s%s\n",
	    late ? " late=1" : "", age);
	expect(b, want);
}

/* A calendar that is set is no reason to be late, nor to be never. */
START_TEST(the_calendar_is_set)
{
	struct backlog b = { 0 };

	clocks(&b, 7, 100000);
	table(&b, "192.0.2.3:25", 100000);
	backlog_begin(&b);
	clocks(&b, 37, 100031); /* a correction */
	add(&b, "u@tokyo.example", 100001, 100031);
	tokyo_is(&b, false, 30);
	clocks(&b, 67, 103661); /* an hour on */
	add(&b, "u@tokyo.example", 100001, 103661);
	tokyo_is(&b, false, 0);
	clocks(&b, 126, 103720);
	add(&b, "u@tokyo.example", 100001, 103720);
	tokyo_is(&b, false, 59);
	clocks(&b, 127, 103721);
	add(&b, "u@tokyo.example", 100001, 103721);
	tokyo_is(&b, true, 60);
	/* a day back: what came before is from tomorrow */
	clocks(&b, 157, 17351);
	add(&b, "u@tokyo.example", 100001, 17351);
	tokyo_is(&b, false, 0);
	clocks(&b, 217, 17411);
	add(&b, "u@tokyo.example", 100001, 17411);
	tokyo_is(&b, true, 60);
	add(&b, "u@tokyo.example", 17400, 17411); /* and new mail is new */
	tokyo_is(&b, false, 11);
	backlog_done(&b);
}
END_TEST

/* It may be corrected by so many seconds, either way. */
static const struct {
	uint64_t wall; /* half a minute after 100 000 */
	unsigned oldest;
} drifts[] = {
	{ 100030, 29 },
	{ 100035, 34 },
	{ 100036, 0 },
	{ 100025, 24 },
	{ 100024, 0 },
};

START_TEST(the_calendar_is_corrected)
{
	struct backlog b = { 0 };

	clocks(&b, 7, 100000);
	table(&b, "192.0.2.3:25", 100000);
	backlog_begin(&b);
	clocks(&b, 37, drifts[_i].wall);
	add(&b, "u@tokyo.example", 100001, drifts[_i].wall);
	tokyo_is(&b, false, drifts[_i].oldest);
	backlog_done(&b);
}
END_TEST

/* What was deferred and is steered to another hop begins to wait anew. */
START_TEST(a_new_hop_is_not_to_blame)
{
	struct backlog b = { 0 };

	table(&b, "192.0.2.3:25", 1000);
	table(&b, "192.0.2.3:25", 1100); /* the same: since 1000 */
	backlog_begin(&b);
	add(&b, "u@tokyo.example", 10, 1120);
	expect(&b, "queue hop=192.0.2.1:25\nqueue hop=192.0.2.2:25\n"
		   "queue hop=192.0.2.3:25 waiting=1 late=1 oldest=1110\n");
	table(&b, "192.0.2.2:25", 1200);
	add(&b, "u@tokyo.example", 10, 1259);
	expect(&b, "queue hop=192.0.2.1:25\n"
		   "queue hop=192.0.2.2:25 waiting=1 oldest=1249\n"
		   "queue hop=192.0.2.3:25\n");
	add(&b, "u@tokyo.example", 10, 1260);
	expect(&b, "queue hop=192.0.2.1:25\n"
		   "queue hop=192.0.2.2:25 waiting=1 late=1 oldest=1250\n"
		   "queue hop=192.0.2.3:25\n");
	backlog_done(&b);
}
END_TEST

/* What is being delivered stays with the hop of the time when it came. */
START_TEST(the_old_hop_is_to_blame)
{
	struct backlog b = { 0 };

	table(&b, "192.0.2.3:25", 1000);
	table(&b, "192.0.2.1:25", 1100);
	table(&b, "192.0.2.3:25", 1200);
	backlog_begin(&b);
	add_active(&b, "u@tokyo.example", 10, 1210);
	add_active(&b, "u@tokyo.example", 1000, 1210);
	add_active(&b, "u@tokyo.example", 1100, 1210);
	add_active(&b, "u@tokyo.example", 1200, 1210);
	expect(&b, "queue hop=192.0.2.1:25 waiting=1 late=1 oldest=110\n"
		   "queue hop=192.0.2.2:25\n"
		   "queue hop=192.0.2.3:25 waiting=3 late=2 oldest=1200\n");
	for (uint64_t now = 1300; now < 2500; now += 100)
		table(&b, now % 200 ? "192.0.2.1:25" : "192.0.2.2:25", now);
	/* forgotten, and said once to be empty */
	expect(&b, "queue hop=192.0.2.1:25\nqueue hop=192.0.2.2:25\n"
		   "queue hop=192.0.2.3:25\n");
	expect(&b, "queue hop=192.0.2.1:25\nqueue hop=192.0.2.2:25\n");
	backlog_done(&b);
}
END_TEST

/* A stranger has filled one mailbox, or meets a greylist: no congestion. */
START_TEST(one_recipient_is_no_congestion)
{
	struct backlog b = { 0 };
	struct backlog_wait grey = { .came = 10,
		.deferred = true,
		.answered = true,
		.now = 1100,
		.late_s = 60 };
	char to[32];

	table(&b, "192.0.2.3:25", 1000);
	backlog_begin(&b);
	for (int i = 0; i < 1000; i++)
		add(&b, "full@tokyo.example", 10, 1100);
	for (int i = 0; i < 1000; i++) {
		snprintf(to, sizeof(to), "u%d@tokyo.example", i);
		grey.recipient = to;
		backlog_add(&b, &grey);
	}
	add(&b, "full@b.paris.example", 10, 1100);
	expect(&b, "queue hop=192.0.2.1:25 waiting=1 late=1 oldest=1090\n"
		   "queue hop=192.0.2.2:25\n"
		   "queue hop=192.0.2.3:25 waiting=2000 late=1 oldest=1090\n");
	/* many recipients are, and being delivered each counts */
	for (int i = 0; i < 1000; i++) {
		snprintf(to, sizeof(to), "u%d@tokyo.example", i);
		add(&b, to, 10, 1100);
		add(&b, to, 10, 1100);
		add_active(&b, "v@b.paris.example", 1000, 1100);
	}
	expect(&b,
	    "queue hop=192.0.2.1:25 waiting=1000 late=1000 oldest=100\n"
	    "queue hop=192.0.2.2:25\n"
	    "queue hop=192.0.2.3:25 waiting=2000 late=1000 oldest=1090\n");
	backlog_done(&b);
}
END_TEST

/* Readings of every 10 s, with 5 messages as level 1. */
static const struct {
	uint64_t late;
	uint8_t level;
} readings[] = {
	{ 4, 0 },
	{ 5, 1 },
	{ 19, 1 },
	{ 20, 2 },
	{ 79, 2 },
	{ 80, 3 },
	{ 1000000, 3 },
	/* more than half of level 3 */
	{ 41, 3 },
	{ 40, 3 },
	{ 39, 3 },
	{ 39, 3 },
	{ 39, 3 },
	{ 39, 3 },
	/* 40 s of less: the level it has now, and from there anew */
	{ 39, 2 },
	{ 1, 2 },
	{ 1, 2 },
	{ 10, 2 },
	{ 1, 2 },
	{ 1, 2 },
	{ 1, 2 },
	{ 1, 2 },
	{ 1, 0 },
	{ 0, 0 },
	/* again: three times longer */
	{ 5, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 1 },
	{ 0, 0 },
};

START_TEST(levels)
{
	const struct congestion_rule rule = { .messages = 5,
		.interval_ms = 10000 };
	const struct congestion_rule off = { .interval_ms = 10000 };
	struct congestion hop = { 0 };
	struct mono now = { 1000 };

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		uint8_t before = hop.now;
		bool news = congestion_read(&hop, &rule, readings[i].late, now);

		ck_assert_msg(hop.now == readings[i].level, "reading %zu: %d",
		    i, hop.now);
		ck_assert(news == (hop.now != before));
		now = mono_after(now, rule.interval_ms);
	}
	congestion_read(&hop, &rule, 1000, now);
	ck_assert_uint_eq(hop.now, 3);
	ck_assert(congestion_read(&hop, &off, 1000, now));
	ck_assert_uint_eq(hop.now, 0);
}
END_TEST

/* One key, whose hour was over at `end`; 0: it is none that leaves. */
static void
table_over(struct backlog *b, uint64_t end, uint64_t now)
{
	static char pattern[] = "gone.example";
	struct route route = { .pattern = pattern,
		.kind = ROUTE_HOLD,
		.leaves = end,
		.over = end != 0 };
	struct rib rib = { .routes = &route, .n = 1 };

	backlog_table(b, &rib, now);
}

static void
over_is(const struct backlog *b, const char *want, uint64_t n)
{
	size_t at = 0;
	uint64_t have = 0;
	const char *pattern = backlog_over(b, &at, &have);

	ck_assert_pstr_eq(pattern, want);
	if (want != NULL)
		ck_assert_uint_eq(have, n);
	ck_assert_ptr_null(backlog_over(b, &at, &have));
}

/* Mail of before the end waits for it, later mail does not count; a listing
 * that began before the table says nothing. */
START_TEST(mail_of_before_is_told_apart)
{
	struct backlog b = { 0 };

	table_over(&b, 0, 900);
	backlog_begin(&b);
	ck_assert(!backlog_ends(&b));
	table_over(&b, 1000, 1000);
	ck_assert(backlog_ends(&b));
	over_is(&b, NULL, 0);
	backlog_begin(&b);
	over_is(&b, "gone.example", 0);
	add(&b, "u@gone.example", 500, 2000);
	add(&b, "u@gone.example", 1000 + BACKLOG_LATER_S, 2000);
	add(&b, "u@gone.example", 1001 + BACKLOG_LATER_S, 2000);
	add(&b, "u@gone.example", 0, 2000); /* not known when */
	add(&b, "u@b.gone.example", 500, 2000);
	over_is(&b, "gone.example", 3);
	table_over(&b, 1000, 2000);
	backlog_begin(&b);
	over_is(&b, "gone.example", 0);
	table_over(&b, 0, 3000);
	ck_assert(!backlog_ends(&b));
	over_is(&b, NULL, 0);
	backlog_done(&b);
}
END_TEST

/* An MTA sends so many at a time, and calls the others deferred: each waits for
 * the hop it was routed to, also when the route has turned away. */
START_TEST(put_off_is_congestion)
{
	struct backlog b = { 0 };
	struct backlog_wait wait = { .recipient = "u@tokyo.example",
		.came = 1010,
		.deferred = true,
		.put_off = true,
		.now = 1100,
		.late_s = 60 };

	table(&b, "192.0.2.3:25", 1000);
	table(&b, "192.0.2.2:25", 1030);
	backlog_begin(&b);
	for (int i = 0; i < 20; i++)
		backlog_add(&b, &wait);
	expect(&b, "queue hop=192.0.2.1:25\nqueue hop=192.0.2.2:25\n"
		   "queue hop=192.0.2.3:25 waiting=20 late=20 oldest=90\n");
	backlog_done(&b);
}
END_TEST

/* A message for a hold, the oldest of all; what has a path is none. */
static void
held_is(const struct backlog *b, const char *pattern, const char *id)
{
	ck_assert_pstr_eq(b->held.pattern, pattern);
	if (pattern != NULL)
		ck_assert_str_eq(b->held.id, id);
}

static void
add_as(struct backlog *b, const char *id, const char *to, uint64_t came)
{
	struct backlog_wait wait = { .id = id,
		.recipient = to,
		.came = came,
		.deferred = true,
		.now = 9000,
		.late_s = 60 };

	backlog_add(b, &wait);
}

START_TEST(the_oldest_held)
{
	struct backlog b = { 0 };

	table(&b, hops[3], 0);
	ck_assert(backlog_holds(&b));
	backlog_begin(&b);
	held_is(&b, NULL, NULL);
	add_as(&b, "A1", "u@tokyo.example", 10);
	add_as(&b, "A2", "u@other.example", 10);
	add_as(&b, "A3", "u@hold.example", 0); /* not known when */
	held_is(&b, NULL, NULL);
	add_as(&b, "A4", "u@hold.example", 30);
	held_is(&b, "hold.example", "A4");
	add_as(&b, "A5", "v@hold.example", 20);
	add_as(&b, "A6", "w@hold.example", 25);
	held_is(&b, "hold.example", "A5");
	ck_assert_uint_eq(b.held.came, 20);
	add_as(&b, "an-id-that-is-longer-than-any-of-an-mta", "v@hold.example",
	    19);
	held_is(&b, "hold.example", "");
	backlog_begin(&b);
	held_is(&b, NULL, NULL);
	add_as(&b, "A5", "v@hold.example", 20);
	table_over(&b, 0, 100);
	held_is(&b, NULL, NULL);
	backlog_done(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("congest");
	TCase *tc = tcase_create("congest");

	tcase_add_test(tc, waits_for_its_hop);
	tcase_add_test(tc, the_calendar_is_set);
	tcase_add_loop_test(tc, the_calendar_is_corrected, 0,
	    (int)(sizeof(drifts) / sizeof(drifts[0])));
	tcase_add_test(tc, one_recipient_is_no_congestion);
	tcase_add_test(tc, put_off_is_congestion);
	tcase_add_test(tc, mail_of_before_is_told_apart);
	tcase_add_test(tc, the_oldest_held);
	tcase_add_test(tc, a_new_hop_is_not_to_blame);
	tcase_add_test(tc, the_old_hop_is_to_blame);
	tcase_add_test(tc, levels);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
