/* test_refusal.c - when a hop is left out for a pattern, and for how long. */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "core/view/refusal.h"
#include "t/tap.h"

#define MIN UINT64_C(60000)

static struct addr
at(const char *text)
{
	struct addr a;

	ck_assert(addr_read(&a, text));
	return a;
}

/* `recipient` refused there at this time; NULL: a RCPT of our own. */
static bool
add(struct refusals *all, const char *pattern, const char *recipient,
    uint64_t ms)
{
	struct refusal_told told = { .pattern = pattern,
		.name = "mx1.paris.example",
		.hop = at("192.0.2.1:25"),
		.now = { ms } };

	if (recipient != NULL)
		told.recipient = refusal_digest(recipient);
	return refusal_add(all, &told) != NULL;
}

static bool
end(struct refusals *all, const char *pattern, uint64_t ms)
{
	struct refusal_told told = {
		.pattern = pattern, .hop = at("192.0.2.1:25"), .now = { ms }
	};

	return refusal_end(all, &told) != NULL;
}

static bool
off(const struct refusals *all, const char *pattern, const char *hop)
{
	struct addr a = at(hop);

	return refusal_is_off(all, pattern, &a);
}

static bool
over(struct refusals *all, uint64_t ms)
{
	return refusal_over(all, (struct mono){ ms }) != NULL;
}

START_TEST(three_recipients)
{
	struct refusals all = { 0 };

	ck_assert(!add(&all, "*", "a@x.example", MIN));
	for (int i = 0; i < 9; i++) /* one recipient, tried again and again */
		ck_assert(!add(&all, "*", "a@x.example", MIN));
	ck_assert(!add(&all, "*", "b@x.example", 2 * MIN));
	ck_assert(!add(&all, "paris.example", "c@paris.example", 2 * MIN));
	ck_assert(!off(&all, "*", "192.0.2.1:25"));
	ck_assert(add(&all, "*", "c@y.example", 3 * MIN));
	ck_assert(off(&all, "*", "192.0.2.1:25"));
	ck_assert(!off(&all, "*", "192.0.2.1:26"));
	ck_assert(!off(&all, "*", "192.0.2.2:25"));
	ck_assert(!off(&all, "paris.example", "192.0.2.1:25"));
	refusal_done(&all);
}
END_TEST

START_TEST(a_row_is_ten_minutes)
{
	struct refusals all = { 0 };

	ck_assert(!add(&all, "*", "a@x.example", 0));
	ck_assert(!add(&all, "*", "b@x.example", 5 * MIN));
	ck_assert(!add(&all, "*", "c@x.example", 10 * MIN + 1));
	ck_assert(!add(&all, "*", "d@x.example", 11 * MIN));
	/* and a delivery in between begins it anew */
	ck_assert(!end(&all, "*", 12 * MIN));
	ck_assert(!add(&all, "*", "e@x.example", 12 * MIN));
	ck_assert(!add(&all, "*", "f@x.example", 12 * MIN));
	ck_assert(add(&all, "*", "g@x.example", 12 * MIN));
	refusal_done(&all);
}
END_TEST

START_TEST(two_of_our_own)
{
	struct refusals all = { 0 };

	ck_assert(!add(&all, "*", NULL, 0));
	ck_assert(!add(&all, "*", "a@x.example", 1));
	ck_assert(add(&all, "*", NULL, 9 * MIN));
	ck_assert(off(&all, "*", "192.0.2.1:25"));
	/* it says so still: no trial at the cost of mail */
	ck_assert(!add(&all, "*", NULL, 18 * MIN));
	ck_assert(!over(&all, 27 * MIN));
	ck_assert(off(&all, "*", "192.0.2.1:25"));
	ck_assert(end(&all, "*", 27 * MIN));
	ck_assert(!off(&all, "*", "192.0.2.1:25"));
	ck_assert(!end(&all, "*", 27 * MIN));
	refusal_done(&all);
}
END_TEST

/* Two that are more than an hour apart are no row; and mail that is refused
 * while a hop is left out does not make that longer. */
START_TEST(two_of_our_own_apart)
{
	struct refusals all = { 0 };

	ck_assert(!add(&all, "*", NULL, 0));
	ck_assert(!add(&all, "*", NULL, 60 * MIN + 1));
	ck_assert(add(&all, "*", NULL, 120 * MIN + 1));
	ck_assert(!add(&all, "*", "a@x.example", 129 * MIN));
	ck_assert(!over(&all, 130 * MIN));
	ck_assert(over(&all, 130 * MIN + 1));
	refusal_done(&all);
}
END_TEST

START_TEST(begins_anew)
{
	struct refusals all = { 0 };

	ck_assert(!add(&all, "*", NULL, 0));
	ck_assert(add(&all, "*", NULL, MIN));
	/* delivered: again it takes two */
	ck_assert(end(&all, "*", 2 * MIN));
	ck_assert(!add(&all, "*", NULL, 3 * MIN));
	ck_assert(add(&all, "*", NULL, 4 * MIN));
	/* on trial, and delivered: the same */
	ck_assert(over(&all, refusal_due(&all).ms));
	ck_assert(!end(&all, "*", 40 * MIN));
	ck_assert(!add(&all, "*", NULL, 41 * MIN));
	ck_assert(add(&all, "*", NULL, 42 * MIN));
	refusal_done(&all);
}
END_TEST

static void
three(struct refusals *all, uint64_t ms)
{
	add(all, "*", "a@x.example", ms);
	add(all, "*", "b@x.example", ms);
	ck_assert(add(all, "*", "c@x.example", ms));
}

/* Ten minutes, then on trial; half an hour; at the most two hours. */
START_TEST(ends_by_itself)
{
	static const uint64_t holds[] = { 10, 30, 90, 120, 120 };
	struct refusals all = { 0 };
	uint64_t ms = MIN;

	three(&all, ms);
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		ck_assert_uint_eq(refusal_due(&all).ms, ms + holds[i] * MIN);
		ck_assert(!over(&all, ms + holds[i] * MIN - 1));
		ms += holds[i] * MIN;
		ck_assert(over(&all, ms));
		ck_assert(!over(&all, ms));
		ck_assert(!off(&all, "*", "192.0.2.1:25"));
		ck_assert_uint_eq(refusal_due(&all).ms, MONO_NEVER.ms);
		ck_assert(add(&all, "*", "d@x.example", ms));
	}
	/* accepted: no trial any more */
	ck_assert(end(&all, "*", ms));
	ck_assert(!add(&all, "*", "d@x.example", ms));
	/* a day without one, and it is forgotten */
	ck_assert(!over(&all, ms + 25 * 60 * MIN));
	ck_assert_uint_eq(all.list.n, 0);
	refusal_done(&all);
}
END_TEST

START_TEST(bounded)
{
	struct refusals all = { 0 };
	char pattern[32];

	for (int i = 0; i < 2 * LIMIT_REFUSALS; i++) {
		snprintf(pattern, sizeof(pattern), "%d.example", i);
		add(&all, pattern, NULL, 0);
		add(&all, pattern, NULL, 0);
	}
	ck_assert_uint_eq(all.list.n, LIMIT_REFUSALS);
	ck_assert(off(&all, "7.example", "192.0.2.1:25"));
	refusal_done(&all);
}
END_TEST

static struct route
route(void)
{
	struct route r = { .pattern = mem_str("*"),
		.kind = ROUTE_REMOTE,
		.server = mem_str("mx1.tokyo.example"),
		.cost = 10,
		.hops = 2,
		.nhops = 2 };
	const char *path[] = { "mx1.tokyo.example" };

	r.hop[0].name = "mx1.paris.example";
	r.hop[0].addr = at("192.0.2.1:25");
	r.hop[1].name = "mx1.rome.example";
	r.hop[1].addr = at("192.0.2.2:25");
	r.hop[1].alternate = true;
	route_hops_own(&r);
	route_path_set(&r, path, 1);
	return r;
}

START_TEST(takes_hops_out)
{
	struct refusals all = { 0 };
	struct refusal_told rome = { .pattern = "*",
		.name = "mx1.rome.example",
		.hop = at("192.0.2.2:25") };
	struct route r = route();

	refusal_apply(NULL, &r);
	refusal_apply(&all, &r);
	ck_assert_uint_eq(r.nhops, 2);
	three(&all, 0);
	refusal_apply(&all, &r);
	ck_assert_uint_eq(r.nhops, 1);
	ck_assert_str_eq(r.hop[0].name, "mx1.rome.example");
	ck_assert(!r.hop[0].alternate);
	ck_assert(r.kind == ROUTE_REMOTE);
	refusal_add(&all, &rome);
	ck_assert(refusal_add(&all, &rome) != NULL);
	refusal_apply(&all, &r);
	ck_assert(r.kind == ROUTE_HOLD);
	ck_assert_uint_eq(r.nhops, 0);
	ck_assert_str_eq(r.reason, "no path to mx1.tokyo.example: "
				   "mx1.rome.example refuses to relay for this "
				   "host");
	route_done(&r);
	refusal_done(&all);
}
END_TEST

/* Once more from what was saved: by the calendar, at another time since boot. */
static void
again(struct refusals *to, const struct buf *saved, uint64_t ms, uint64_t wall)
{
	struct cur in = cur_over(saved->p, saved->n);
	int rc = refusal_decode(to, &in, (struct mono){ ms }, wall);

	ck_assert_int_eq(rc, RC_OK);
	ck_assert_uint_eq(in.left, 0);
}

START_TEST(survives_a_restart)
{
	struct refusals all = { 0 }, new = { 0 }, late = { 0 }, back = { 0 };
	struct buf out = { 0 };

	three(&all, 50 * MIN);
	ck_assert(!add(&all, "paris.example", NULL, 50 * MIN));
	refusal_encode(&all, (struct mono){ 52 * MIN }, 1000000, &out);
	again(&new, &out, 7, 1000000 + 180);
	ck_assert_uint_eq(new.list.n, 1); /* what was not off is forgotten */
	ck_assert(off(&new, "*", "192.0.2.1:25"));
	ck_assert_uint_eq(refusal_due(&new).ms, 7 + 5 * MIN);
	ck_assert(over(&new, 7 + 5 * MIN)); /* and is on trial */
	ck_assert(add(&new, "*", "d@x.example", 6 * MIN));
	ck_assert_uint_eq(refusal_due(&new).ms, 36 * MIN);
	/* down for longer than that; a calendar that was set back */
	again(&late, &out, 7, 1000000 + 8 * 60);
	ck_assert_uint_eq(late.list.n, 0);
	again(&back, &out, 7, 5);
	ck_assert_uint_eq(refusal_due(&back).ms, 7 + 10 * MIN);
	refusal_done(&all);
	refusal_done(&new);
	refusal_done(&late);
	refusal_done(&back);
	buf_done(&out);
}
END_TEST

START_TEST(reads_what_is_right)
{
	struct refusals all = { 0 }, new = { 0 };
	struct buf out = { 0 };

	three(&all, 0);
	refusal_encode(&all, (struct mono){ 0 }, 9, &out);
	for (size_t n = 0; n < out.n; n++) {
		uint8_t *p = mem_dup(out.p, n);
		struct cur in = cur_over(p, n);
		int rc = refusal_decode(&new, &in, (struct mono){ 0 }, 9);

		ck_assert_int_ne(rc, RC_OK);
		mem_free(p);
	}
	ck_assert_uint_eq(new.list.n, 0);
	refusal_done(&all);
	refusal_done(&new);
	buf_done(&out);
}
END_TEST

/* Whatever octet is another: what enters is a pattern, and a hop. */
START_TEST(nothing_else_is_read)
{
	static const uint8_t others[] = { 0, 1, '|', 'A', ' ', 0xff };
	struct refusals all = { 0 };
	struct buf out = { 0 };
	size_t refused = 0;

	three(&all, 0);
	refusal_encode(&all, (struct mono){ 0 }, 9, &out);
	for (size_t i = 0; i < out.n * sizeof(others); i++) {
		struct refusals new = { 0 };
		uint8_t *octet = &out.p[i / sizeof(others)], was = *octet;
		struct cur in = cur_over(out.p, out.n);

		*octet = others[i % sizeof(others)];
		refused +=
		    refusal_decode(&new, &in, (struct mono){ 0 }, 9) != RC_OK;
		for (size_t k = 0; k < new.list.n; k++) {
			ck_assert(str_is_pattern(new.list.v[k].pattern));
			ck_assert(str_is_host(new.list.v[k].name));
			ck_assert(addr_is_hop(&new.list.v[k].hop, true));
		}
		*octet = was;
		refusal_done(&new);
	}
	ck_assert_uint_gt(refused, out.n);
	refusal_done(&all);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("refusal");
	TCase *tc = tcase_create("refusal");

	tcase_add_test(tc, three_recipients);
	tcase_add_test(tc, a_row_is_ten_minutes);
	tcase_add_test(tc, two_of_our_own);
	tcase_add_test(tc, two_of_our_own_apart);
	tcase_add_test(tc, begins_anew);
	tcase_add_test(tc, ends_by_itself);
	tcase_add_test(tc, bounded);
	tcase_add_test(tc, takes_hops_out);
	tcase_add_test(tc, survives_a_restart);
	tcase_add_test(tc, reads_what_is_right);
	tcase_add_test(tc, nothing_else_is_read);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
