/* test_override.c - what is said beside the configuration: on disk and back,
 * what is left of it in a later life, and what it makes of a setup. */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/node/override.h"
#include "core/node/overriding.h"
#include "t/tap.h"

#define NOW ((struct mono){ 5000 })
#define WALL 1000000u
#define SELF "mx1.example.org"
#define TEXT(s) ((char *)(uintptr_t)(s))

static struct override
override_of(enum override_kind kind, const char *name, const char *hop,
    uint64_t seconds)
{
	struct override o = { .kind = kind,
		.name = mem_str(name),
		.hop = mem_str(hop),
		.cost = kind == OVERRIDE_COST ? 77 : 0,
		.for_s = (uint32_t)seconds,
		.end = seconds == 0 ? MONO_NEVER
		                    : mono_after(NOW, seconds * 1000) };

	o.why.on = true;
	o.why.since = WALL;
	o.why.until = seconds == 0 ? 0 : WALL + seconds;
	o.why.who = mem_str("alice");
	o.why.reason = mem_str(kind == OVERRIDE_PIN ? NULL : "new disks");
	return o;
}

static void
fill(struct overrides *o)
{
	override_put(o, override_of(OVERRIDE_FREEZE, "", "", 3600));
	override_put(
	    o, override_of(OVERRIDE_PIN, "a.example", "b.example", 60));
	override_put(o, override_of(OVERRIDE_COST, "london-paris", "", 600));
	override_put(o, override_of(OVERRIDE_DRAIN, "london-paris", "b.x", 9));
	override_put(o, override_of(OVERRIDE_DRAIN, "", "", 0));
}

START_TEST(comes_back)
{
	struct overrides a = { 0 }, b = { 0 };
	struct buf out = { 0 };

	fill(&a);
	override_encode(&a, SELF, &out);
	ck_assert_int_eq(
	    override_decode(&b, SELF, cur_over(out.p, out.n), NOW, WALL),
	    RC_OK);
	ck_assert_uint_eq(b.list.n, 5);
	for (size_t i = 0; i < b.list.n; i++) {
		ck_assert(override_same(&a.list.v[i], &b.list.v[i]));
		ck_assert_uint_eq(a.list.v[i].end.ms, b.list.v[i].end.ms);
		ck_assert_str_eq(b.list.v[i].why.who, "alice");
	}
	ck_assert_int_eq(b.list.v[0].kind, OVERRIDE_DRAIN);
	ck_assert_int_eq(b.list.v[4].kind, OVERRIDE_FREEZE);
	override_done(&a);
	override_done(&b);
	buf_done(&out);
}
END_TEST

START_TEST(cut_or_of_another_is_none)
{
	struct overrides a = { 0 }, b = { 0 };
	struct buf out = { 0 };
	uint8_t *exact;

	fill(&a);
	override_encode(&a, SELF, &out);
	for (size_t n = 0; n < out.n; n++) {
		exact = mem_dup(out.p, n);
		ck_assert_int_ne(
		    override_decode(&b, SELF, cur_over(exact, n), NOW, WALL),
		    RC_OK);
		ck_assert_uint_eq(b.list.n, 0);
		mem_free(exact);
	}
	ck_assert_int_eq(override_decode(&b, "mx2.example.org",
			     cur_over(out.p, out.n), NOW, WALL),
	    RC_NAME);
	out.p[0] = 2;
	ck_assert_int_eq(
	    override_decode(&b, SELF, cur_over(out.p, out.n), NOW, WALL),
	    RC_VERSION);
	override_done(&a);
	override_done(&b);
	buf_done(&out);
}
END_TEST

/* Nothing enters from a file that could not have been asked for. */
static const struct {
	const char *what;
	struct override one;
	int rc;
} written[] = {
	{ "a drain", { .kind = OVERRIDE_DRAIN, .name = TEXT("a") }, RC_OK },
	{ "what is none", { .kind = (enum override_kind)0 }, RC_FORMAT },
	{ "of a kind to come", { .kind = OVERRIDE_FREEZE + 1 }, RC_FORMAT },
	{ "a connector of two words",
	    { .kind = OVERRIDE_DRAIN, .name = TEXT("a b") }, RC_FORMAT },
	{ "a pin of what is no pattern",
	    { .kind = OVERRIDE_PIN, .name = TEXT("a|b"), .why.until = WALL },
	    RC_FORMAT },
	{ "to what is no host", { .kind = OVERRIDE_DRAIN, .hop = TEXT("a") },
	    RC_FORMAT },
	{ "by two words", { .kind = OVERRIDE_DRAIN, .why.who = TEXT("a b") },
	    RC_FORMAT },
	{ "for what a line cannot have",
	    { .kind = OVERRIDE_DRAIN, .why.reason = TEXT("a\nb") }, RC_FORMAT },
	{ "since the end of time",
	    { .kind = OVERRIDE_DRAIN, .why.since = INT64_MAX }, RC_FORMAT },
	{ "until the end of time",
	    { .kind = OVERRIDE_DRAIN, .why.until = INT64_MAX }, RC_FORMAT },
	{ "a cost of nothing",
	    { .kind = OVERRIDE_COST, .name = TEXT("a"), .why.until = WALL },
	    RC_FORMAT },
	{ "a cost too great",
	    { .kind = OVERRIDE_COST,
		.name = TEXT("a"),
		.cost = LIMIT_COST_MAX + 1,
		.why.until = WALL },
	    RC_FORMAT },
	{ "the greatest cost",
	    { .kind = OVERRIDE_COST,
		.name = TEXT("a"),
		.cost = LIMIT_COST_MAX,
		.why.until = WALL },
	    RC_OK },
	{ "a freeze without end", { .kind = OVERRIDE_FREEZE }, RC_FORMAT },
};

static void
written_encode(const struct override *one, size_t times, struct buf *out)
{
	struct overrides o = { 0 };

	for (size_t i = 0; i < times; i++) {
		struct override each = *one;

		each.name = each.name == NULL ? TEXT("") : each.name;
		each.hop = each.hop == NULL ? TEXT("") : each.hop;
		vec_push(&o.list, each);
	}
	override_encode(&o, SELF, out);
	vec_done(&o.list);
}

START_TEST(only_what_could_be_asked_for)
{
	struct overrides o = { 0 };
	struct buf out = { 0 };
	int rc;

	written_encode(&written[_i].one, 1, &out);
	rc = override_decode(&o, SELF, cur_over(out.p, out.n), NOW, WALL);
	ck_assert_msg(
	    rc == written[_i].rc, "%s: %s", written[_i].what, rc_word(rc));
	ck_assert_uint_eq(o.list.n, rc == RC_OK);
	override_done(&o);
	buf_done(&out);
}
END_TEST

START_TEST(so_many_and_no_more)
{
	struct overrides o = { 0 };
	struct buf out = { 0 };

	written_encode(&written[0].one, LIMIT_OVERRIDES, &out);
	ck_assert_int_eq(
	    override_decode(&o, SELF, cur_over(out.p, out.n), NOW, WALL),
	    RC_OK);
	buf_u8(&out, 0);
	ck_assert_int_eq(
	    override_decode(&o, SELF, cur_over(out.p, out.n), NOW, WALL),
	    RC_FORMAT);
	buf_reset(&out);
	written_encode(&written[0].one, LIMIT_OVERRIDES + 1, &out);
	ck_assert_int_eq(
	    override_decode(&o, SELF, cur_over(out.p, out.n), NOW, WALL),
	    RC_LIMIT);
	override_done(&o);
	buf_done(&out);
}
END_TEST

/* Asked again it stands, unless one thing is another. */
static const struct {
	const char *what;
	struct override one;
	bool same;
} agains[] = {
	{ "the same",
	    { OVERRIDE_COST, TEXT("a"), TEXT(""), 7, 60, { 0 }, NULL,
		{ .until = 5, .who = TEXT("eve") } },
	    true },
	{ "another kind",
	    { OVERRIDE_DRAIN, TEXT("a"), TEXT(""), 7, 60, { 0 }, NULL, { 0 } },
	    false },
	{ "another name",
	    { OVERRIDE_COST, TEXT("b"), TEXT(""), 7, 60, { 0 }, NULL, { 0 } },
	    false },
	{ "another hop",
	    { OVERRIDE_COST, TEXT("a"), TEXT("b"), 7, 60, { 0 }, NULL, { 0 } },
	    false },
	{ "another cost",
	    { OVERRIDE_COST, TEXT("a"), TEXT(""), 8, 60, { 0 }, NULL, { 0 } },
	    false },
	{ "for longer",
	    { OVERRIDE_COST, TEXT("a"), TEXT(""), 7, 61, { 0 }, NULL, { 0 } },
	    false },
	{ "for a reason",
	    { OVERRIDE_COST, TEXT("a"), TEXT(""), 7, 60, { 0 }, NULL,
		{ .reason = TEXT("x") } },
	    false },
};

START_TEST(asked_again)
{
	const struct override one = agains[0].one;

	ck_assert_msg(override_same(&one, &agains[_i].one) == agains[_i].same,
	    "%s", agains[_i].what);
	ck_assert_msg(override_same(&agains[_i].one, &one) == agains[_i].same,
	    "%s", agains[_i].what);
}
END_TEST

/* With an end of its own it is the end that counts. */
START_TEST(asked_again_until)
{
	struct override one = agains[0].one, other = one;

	one.for_s = other.for_s = 0;
	ck_assert(override_same(&one, &other));
	other.why.until++;
	ck_assert(!override_same(&one, &other));
}
END_TEST

/* What is left in a later life, whose calendar says this. */
static const struct {
	const char *what;
	uint64_t wall;
	uint64_t left_s; /* of the hour */
} lives[] = {
	{ "at once", WALL, 3600 },
	{ "after ten minutes", WALL + 600, 3000 },
	{ "after it", WALL + 4000, 0 },
	{ "a calendar of last year: the hour, and no more", WALL - 900000,
	    3600 },
	{ "of 1970", 0, 3600 },
};

START_TEST(what_is_left)
{
	struct overrides a = { 0 }, b = { 0 };
	struct buf out = { 0 };

	override_put(&a, override_of(OVERRIDE_FREEZE, "", "", 3600));
	override_encode(&a, SELF, &out);
	ck_assert_int_eq(override_decode(&b, SELF, cur_over(out.p, out.n), NOW,
			     lives[_i].wall),
	    RC_OK);
	ck_assert_msg(
	    mono_since(NOW, b.list.v[0].end) == lives[_i].left_s * 1000, "%s",
	    lives[_i].what);
	override_done(&a);
	override_done(&b);
	buf_done(&out);
}
END_TEST

/* The calendar is set: the end is the same moment, and has another name. */
START_TEST(calendar_is_set)
{
	struct overrides o = { 0 };
	struct mono later = mono_after(NOW, 60000);

	override_put(&o, override_of(OVERRIDE_FREEZE, "", "", 3600));
	override_put(&o, override_of(OVERRIDE_DRAIN, "", "", 0));
	ck_assert(!override_calendar(&o, later, WALL + 60));
	ck_assert(!override_calendar(&o, later, WALL + 62));
	ck_assert(!override_calendar(&o, later, WALL + 60 + 59));
	ck_assert(!override_calendar(&o, later, WALL + 60 - 59));
	ck_assert(override_calendar(&o, later, WALL + 60 + 60));
	ck_assert(override_calendar(&o, later, WALL + 60));
	ck_assert(override_calendar(&o, later, WALL + 60 - 500000));
	ck_assert_uint_eq(o.list.v[1].why.until, WALL + 3600 - 500000);
	ck_assert_uint_eq(o.list.v[1].why.since, WALL - 500000);
	ck_assert_uint_eq(o.list.v[0].why.until, 0);
	override_done(&o);
}
END_TEST

START_TEST(what_is_pinned)
{
	struct overrides o = { 0 };

	ck_assert(!override_is_pinned(&o, "a.example"));
	override_put(&o, override_of(OVERRIDE_COST, "a.example", "", 60));
	ck_assert(!override_is_pinned(&o, "a.example"));
	override_put(&o, override_of(OVERRIDE_PIN, "b.example", "b.x", 60));
	ck_assert(!override_is_pinned(&o, "a.example"));
	ck_assert(override_is_pinned(&o, "b.example"));
	override_drop(&o, &o.list.v[0]);
	ck_assert(override_is_pinned(&o, "b.example"));
	override_put(&o, override_of(OVERRIDE_PIN, "b.example", "b.x", 90));
	ck_assert_uint_eq(o.list.n, 1); /* in its place */
	ck_assert_uint_eq(o.list.v[0].for_s, 90);
	override_done(&o);
}
END_TEST

START_TEST(over_a_setup)
{
	struct setup_bridgehead heads[] = { { .name = (char *)(uintptr_t) "b.x",
						.cost = 10 },
		{ .name = (char *)(uintptr_t) "c.x", .cost = 20 } };
	struct setup_connector connector = {
		.name = (char *)(uintptr_t) "london-paris",
		.bridgeheads = heads,
		.nbridgeheads = 2
	};
	struct setup setup = { .connectors = &connector, .nconnectors = 1 };
	struct overrides o = { 0 };
	struct setup *over;

	ck_assert_ptr_null(override_setup(&o, &setup));
	fill(&o);
	over = override_setup(&o, &setup);
	ck_assert(over->drain.on);
	ck_assert(!over->connectors[0].drain);
	ck_assert_uint_eq(over->connectors[0].bridgeheads[0].cost, 77);
	ck_assert_uint_eq(over->connectors[0].bridgeheads[1].cost, 77);
	ck_assert(setup_is_drained(
	    &over->connectors[0], &over->connectors[0].bridgeheads[0]));
	ck_assert(!setup_is_drained(
	    &over->connectors[0], &over->connectors[0].bridgeheads[1]));
	ck_assert_uint_eq(
	    heads[0].cost, 10); /* the configuration is as it was */
	override_setup_free(over);
	override_put(&o, override_of(OVERRIDE_DRAIN, "london-paris", "", 9));
	over = override_setup(&o, &setup);
	ck_assert(over->connectors[0].drain);
	override_setup_free(over);
	override_done(&o);
}
END_TEST

/* What an order is called in the log. */
static const struct {
	enum override_kind kind;
	const char *name, *hop, *what;
} named[] = {
	{ OVERRIDE_DRAIN, "", "", "drain server" },
	{ OVERRIDE_DRAIN, "london-paris", "", "drain london-paris" },
	{ OVERRIDE_DRAIN, "london-paris", "b.x", "drain london-paris b.x" },
	{ OVERRIDE_COST, "london-paris", "", "cost london-paris 77" },
	{ OVERRIDE_PIN, "a.example", "b.x", "pin a.example b.x" },
	{ OVERRIDE_FREEZE, "", "", "freeze" },
};

START_TEST(named_in_the_log)
{
	struct override one =
	    override_of(named[_i].kind, named[_i].name, named[_i].hop, 60);
	char *what = overriding_what(&one);

	ck_assert_str_eq(what, named[_i].what);
	mem_free(what);
	override_free(&one);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("override");
	TCase *tc = tcase_create("override");

	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, cut_or_of_another_is_none);
	tcase_add_loop_test(tc, only_what_could_be_asked_for, 0,
	    (int)(sizeof(written) / sizeof(written[0])));
	tcase_add_test(tc, so_many_and_no_more);
	tcase_add_loop_test(
	    tc, asked_again, 0, (int)(sizeof(agains) / sizeof(agains[0])));
	tcase_add_test(tc, asked_again_until);
	tcase_add_loop_test(
	    tc, what_is_left, 0, (int)(sizeof(lives) / sizeof(lives[0])));
	tcase_add_test(tc, calendar_is_set);
	tcase_add_test(tc, over_a_setup);
	tcase_add_loop_test(
	    tc, named_in_the_log, 0, (int)(sizeof(named) / sizeof(named[0])));
	tcase_add_test(tc, what_is_pinned);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
