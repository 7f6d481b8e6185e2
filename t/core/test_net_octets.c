/*
 * test_net_octets.c - the net of a milter's table to octets and back: whole, cut
 * anywhere, and with one thing in it that cannot be.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/lsa/policy.h"
#include "core/trace/mtable_net.h"
#include "t/tap.h"

static char nights[] = "22:00-06:00", nobody[] = "<>", far[] = "far.example";
static char *senders[] = { nobody, far };
static struct policy limits[2];

static const struct net_server servers[] = {
	{ .name = "a.example", .group = 0, .present = true, .transit = true },
	{ .name = "b.example", .group = 1, .present = true },
	{ .name = "c.example", .group = 1 },
};
static const struct net_step steps[] = {
	{ .from = 0, .to = 1, .cost = 10, .hops = 1, .policy = &limits[0] },
	{ .from = 1, .to = 3, .cost = 0, .hops = 0 },
	{ .from = 3, .to = 2, .cost = 5, .hops = 1, .policy = &limits[1] },
};
static const struct net_claim claims[] = {
	{ .pattern = "*", .server = 2, .cost = 7, .fallback = true },
	{ .pattern = "b.example", .server = 1, .cost = 1, .local = true },
	{ .pattern = "b.example", .server = 2, .cost = 1, .relay = true },
	{ .pattern = "c.example", .server = 2, .down = true },
};
static const struct mtable_step own[] = {
	{ 1, 10, &limits[0], { 4, { 192, 0, 2, 1 }, 25 }, "relay" },
	{ 1, 10, &limits[1], { 4, { 192, 0, 2, 2 }, 25 }, NULL },
};
static const struct mtable_refusal refusals[] = {
	{ "b.example", { 4, { 192, 0, 2, 1 }, 25 } },
};

static void
octets_begin(struct mtable_net *t)
{
	senders[1] = far;
	*t = (struct mtable_net){ .self = 0, .net.parts = 1 };
	limits[0] = (struct policy){ .max_size = 1000,
		.priorities = POLICY_URGENT,
		.schedule = nights,
		.allow = senders,
		.nallow = 2 };
	limits[1] = (struct policy){ .large_size = 9,
		.large_schedule = nights,
		.deny = senders + 1,
		.ndeny = 1 };
	for (size_t i = 0; i < 3; i++) {
		vec_push(&t->net.servers, servers[i]);
		vec_push(&t->widest, 1000 * (i + 1));
		vec_push(&t->net.steps, steps[i]);
	}
	for (size_t i = 0; i < 4; i++)
		vec_push(&t->net.claims, claims[i]);
	for (size_t i = 0; i < 2; i++)
		vec_push(&t->own, own[i]);
	vec_push(&t->refusals, refusals[0]);
}

static void
octets_of(struct buf *out, void (*bend)(struct mtable_net *t))
{
	struct mtable_net t;

	octets_begin(&t);
	if (bend != NULL)
		bend(&t);
	mtable_net_encode(out, &t);
	mtable_net_done(&t);
}

static int
octets_read(const uint8_t *p, size_t n)
{
	struct mtable_net t;
	int rc = mtable_net_decode(cur_over(p, n), &t);

	if (rc == RC_OK)
		mtable_net_done(&t);
	return rc;
}

START_TEST(it_comes_back_as_it_was)
{
	struct buf out = { 0 }, again = { 0 };
	struct mtable_net t;

	octets_of(&out, NULL);
	ck_assert_int_eq(mtable_net_decode(cur_over(out.p, out.n), &t), RC_OK);
	mtable_net_encode(&again, &t);
	ck_assert_uint_eq(again.n, out.n);
	ck_assert_mem_eq(again.p, out.p, out.n);
	ck_assert(mtable_net_refuses(&t, "b.example", &own[0].addr));
	ck_assert(!mtable_net_refuses(&t, "c.example", &own[0].addr));
	ck_assert(!mtable_net_refuses(&t, "b.example", &own[1].addr));
	mtable_net_done(&t);
	buf_u8(&out, 0);
	ck_assert_int_eq(octets_read(out.p, out.n), RC_LONG);
	buf_done(&out);
	buf_done(&again);
}
END_TEST

static void
without_transports(struct mtable_net *t)
{
	t->own.v[0].by = NULL;
}

static void
without_refusals(struct mtable_net *t)
{
	without_transports(t);
	t->refusals.n = 0;
}

/* It may end before the transports, and before the refusals: as it did before
 * there were any. */
START_TEST(cut_it_is_refused)
{
	struct buf out = { 0 }, second = { 0 }, first = { 0 };

	octets_of(&out, NULL);
	octets_of(&second, without_transports);
	octets_of(&first, without_refusals);
	for (size_t n = 0; n < out.n; n++) {
		bool whole = n == second.n || n == first.n;

		ck_assert_msg((octets_read(out.p, n) == RC_OK) == whole,
		    "at %zu of %zu", n, out.n);
	}
	buf_done(&out);
	buf_done(&second);
	buf_done(&first);
}
END_TEST

/* --- what cannot be ------------------------------------------------------- */

static void
bend_self(struct mtable_net *t)
{
	t->self = 3;
}

static void
bend_self_absent(struct mtable_net *t)
{
	t->self = 2;
}

static void
bend_parts(struct mtable_net *t)
{
	t->net.parts = 4;
}

static void
bend_name(struct mtable_net *t)
{
	t->net.servers.v[1].name = "no host";
}

static void
bend_names(struct mtable_net *t)
{
	t->net.servers.v[1].name = "a.example";
}

static void
bend_from(struct mtable_net *t)
{
	t->net.steps.v[0].from = 4;
}

static void
bend_to(struct mtable_net *t)
{
	t->net.steps.v[0].to = 4;
}

static void
bend_hops(struct mtable_net *t)
{
	t->net.steps.v[0].hops = 2;
}

static void
bend_cost(struct mtable_net *t)
{
	t->net.steps.v[0].cost = LIMIT_COST_MAX * 8 + 1;
}

static void
bend_schedule(struct mtable_net *t)
{
	(void)t;
	limits[0].schedule = far;
}

static void
bend_large(struct mtable_net *t)
{
	(void)t;
	limits[1].large_schedule = far;
}

static void
bend_sender(struct mtable_net *t)
{
	(void)t;
	senders[1] = nights;
}

static void
bend_senders(struct mtable_net *t)
{
	static char *many[LIMIT_SENDERS + 1];

	(void)t;
	for (size_t i = 0; i <= LIMIT_SENDERS; i++)
		many[i] = far;
	limits[1].deny = many;
	limits[1].ndeny = LIMIT_SENDERS + 1;
}

static void
bend_pattern(struct mtable_net *t)
{
	t->net.claims.v[3].pattern = "c|example";
}

static void
bend_patterns(struct mtable_net *t)
{
	t->net.claims.v[3].pattern = "a.example";
}

static void
bend_server(struct mtable_net *t)
{
	t->net.claims.v[3].server = 3;
}

static void
bend_claim_cost(struct mtable_net *t)
{
	t->net.claims.v[3].cost = LIMIT_COST_MAX + 1;
}

static void
bend_own_to(struct mtable_net *t)
{
	t->own.v[0].to = 3;
}

static void
bend_own_address(struct mtable_net *t)
{
	t->own.v[0].addr.port = 0;
}

static void
bend_by(struct mtable_net *t)
{
	t->own.v[0].by = "lsrd-hold";
}

static void
bend_refused(struct mtable_net *t)
{
	t->refusals.v[0].pattern = "";
}

static void
bend_refuser(struct mtable_net *t)
{
	t->refusals.v[0].hop.port = 0;
}

static const struct {
	void (*bend)(struct mtable_net *t);
	int rc;
} bent[] = {
	{ bend_self, RC_RANGE },
	{ bend_self_absent, RC_RANGE },
	{ bend_parts, RC_RANGE },
	{ bend_name, RC_NAME },
	{ bend_names, RC_RANGE },
	{ bend_from, RC_RANGE },
	{ bend_to, RC_RANGE },
	{ bend_hops, RC_RANGE },
	{ bend_cost, RC_RANGE },
	{ bend_schedule, RC_FORMAT },
	{ bend_large, RC_FORMAT },
	{ bend_sender, RC_NAME },
	{ bend_senders, RC_LIMIT },
	{ bend_pattern, RC_NAME },
	{ bend_patterns, RC_RANGE },
	{ bend_server, RC_RANGE },
	{ bend_claim_cost, RC_RANGE },
	{ bend_own_to, RC_RANGE },
	{ bend_own_address, RC_RANGE },
	{ bend_by, RC_NAME },
	{ bend_refused, RC_RANGE },
	{ bend_refuser, RC_RANGE },
};

START_TEST(bent_it_is_refused)
{
	struct buf out = { 0 };
	int rc;

	octets_of(&out, bent[_i].bend);
	rc = octets_read(out.p, out.n);
	ck_assert_msg(rc == bent[_i].rc, "row %d: %s", _i, rc_word(rc));
	buf_done(&out);
}
END_TEST

/* The numbers of the head, and of policies, name what is there. */
static const struct {
	size_t at; /* of a u32, from the start */
	int rc;
} counts[] = {
	{ 4, RC_RANGE },  /* servers */
	{ 12, RC_RANGE }, /* policies */
	{ 16, RC_RANGE }, /* steps */
	{ 20, RC_NAME },  /* claims */
	{ 24, RC_RANGE }, /* own steps */
};

START_TEST(counts_name_what_is_there)
{
	struct buf out = { 0 };

	octets_of(&out, NULL);
	out.p[counts[_i].at] = 0x7f;
	ck_assert_int_eq(octets_read(out.p, out.n), counts[_i].rc);
	buf_done(&out);
}
END_TEST

/* --- limits alone --------------------------------------------------------- */

/* Each once and in order, or none of what is cut. */
START_TEST(limits_are_read_alone)
{
	struct mtable_limits all = { 0 }, part = { 0 };
	struct buf out = { 0 };
	size_t none = 0;

	octets_of(&out, NULL);
	mtable_limits_read(&all, cur_over(out.p, out.n));
	ck_assert_uint_eq(all.sums.n, 2);
	ck_assert_uint_lt(all.sums.v[0], all.sums.v[1]);
	ck_assert(mtable_limits_within(&all, &all));
	for (size_t n = 0; n < out.n; n++) {
		mtable_limits_read(&part, cur_over(out.p, n));
		ck_assert(part.sums.n == 0 || part.sums.n == 2);
		ck_assert(mtable_limits_within(&part, &all));
		none += part.sums.n == 0;
	}
	ck_assert_uint_gt(none, 28); /* the head, and more */
	mtable_limits_read(&part, cur_over(out.p, 4));
	ck_assert(!mtable_limits_within(&all, &part));
	vec_done(&all.sums);
	vec_done(&part.sums);
	buf_done(&out);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("net_octets");
	TCase *tc = tcase_create("net_octets");

	tcase_add_test(tc, it_comes_back_as_it_was);
	tcase_add_test(tc, cut_it_is_refused);
	tcase_add_loop_test(tc, bent_it_is_refused, 0, ROWS(bent));
	tcase_add_loop_test(tc, counts_name_what_is_there, 0, ROWS(counts));
	tcase_add_test(tc, limits_are_read_alone);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
