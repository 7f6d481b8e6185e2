/* test_rib.c - the route table: compare, differences, octets and back. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"
#include "core/view/rib.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* A text of our own for a field that owns its text. */
static char *
own(const char *s)
{
	return mem_str(s);
}

static struct route
route_of(enum route_kind kind)
{
	struct route r = { .pattern = own("p.example"),
		.kind = kind,
		.relay = true,
		.server = own("mx.p.example"),
		.cost = 42,
		.hops = 3 };
	const char *path[] = { "a.example", "mx.p.example" };

	if (kind == ROUTE_WAY)
		r.way = own("smtp:[192.0.2.1]:587");
	if (kind == ROUTE_HOLD)
		r.reason = own("no path to p");
	route_path_set(&r, path, 2);
	if (kind != ROUTE_REMOTE)
		return r;
	r.nhops = 2;
	r.last_resort = true;
	r.hop[0] = (struct route_hop){ "b.example", { 4, { 192, 0, 2, 1 }, 25 },
		false, NULL };
	r.hop[1] = (struct route_hop){ "c.example",
		{ 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 }, 26 }, true, NULL };
	route_hops_own(&r);
	return r;
}

/* Each kind comes back as it was; every cut is refused, and nothing of it
 * is left to free. */
START_TEST(octets_and_back)
{
	struct route r = route_of((enum route_kind)_i), back;
	struct buf b = { 0 }, again = { 0 };

	route_encode(&b, &r);
	for (size_t cut = 0; cut <= b.n; cut++) {
		uint8_t *p = malloc(cut + (cut == 0)); /* exact, for ASan */
		struct cur in = cur_over(p, cut);
		int rc;

		memcpy(p, b.p, cut);
		rc = route_decode(&in, &back);
		ck_assert_msg((rc == RC_OK) == (cut == b.n), "cut %zu: %s", cut,
		    rc_word(rc));
		free(p);
		if (rc != RC_OK)
			continue;
		route_encode(&again, &back);
		ck_assert_uint_eq(again.n, b.n);
		ck_assert(memcmp(again.p, b.p, b.n) == 0);
		ck_assert(route_same(&r, &back));
		route_done(&back);
	}
	buf_done(&b);
	buf_done(&again);
	route_done(&r);
}
END_TEST

/* What no decoder lets through, wherever it came from. */
static const struct {
	const char *what, *pattern, *way, *reason, *hop;
	struct addr addr;
	enum route_kind kind;
} bad[] = {
	{ .what = "a pattern with a line feed", .pattern = "a.x\nb.x" },
	{ .what = "a pattern with a pipe", .pattern = "|sh.x" },
	{ .what = "an upper case pattern", .pattern = "A.x" },
	{ .what = "no pattern", .pattern = "" },
	{ .what = "a way with a line feed",
	    .pattern = "a.x",
	    .kind = ROUTE_WAY,
	    .way = "smtp:[gw.x]\nx" },
	{ .what = "a way that is none", .pattern = "a.x", .kind = ROUTE_WAY },
	{ .what = "a reason with a tab",
	    .pattern = "a.x",
	    .kind = ROUTE_HOLD,
	    .reason = "no\tpath" },
	{ .what = "a hold without a reason",
	    .pattern = "a.x",
	    .kind = ROUTE_HOLD },
	{ .what = "a hop that is no host",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "[b.x]:25",
	    .addr = { 4, { 192, 0, 2, 1 }, 25 } },
	{ .what = "a hop with colons",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b:x.y",
	    .addr = { 4, { 192, 0, 2, 1 }, 25 } },
	{ .what = "an unspecified address",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 4, { 0 }, 25 } },
	{ .what = "an IPv4-mapped address",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 6, { [10] = 0xff, 0xff, 127, 0, 0, 1 }, 25 } },
	{ .what = "a link-local address",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 6, { 0xfe, 0x80, [15] = 1 }, 25 } },
	{ .what = "a multicast address",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 4, { 224, 0, 0, 1 }, 25 } },
	{ .what = "a broadcast address",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 4, { 255, 255, 255, 255 }, 25 } },
	{ .what = "port 0",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 4, { 192, 0, 2, 1 }, 0 } },
	{ .what = "no hop", .pattern = "a.x", .kind = ROUTE_REMOTE },
	{ .what = "a hop, and no server",
	    .pattern = "a.x",
	    .kind = ROUTE_REMOTE,
	    .hop = "b.x",
	    .addr = { 4, { 192, 0, 2, 1 }, 25 } },
	{ .what = "a way, and no server",
	    .pattern = "a.x",
	    .kind = ROUTE_WAY,
	    .way = "smtp:[gw.x]" },
	{ .what = "a reason that begins with a blank",
	    .pattern = "a.x",
	    .kind = ROUTE_HOLD,
	    .reason = " no path" },
	{ .what = "an unknown kind",
	    .pattern = "a.x",
	    .kind = (enum route_kind)4 },
};

/* Which transport a hop has: kept, and a difference; without one nothing of it
 * is in the octets. */
START_TEST(transports_of_hops)
{
	static const char by[] = "lmtp:[gw.example.org]:24";
	struct route r = route_of(ROUTE_REMOTE), back, plain;
	struct buf b = { 0 }, bare = { 0 }, again = { 0 };
	struct cur in;

	route_encode(&bare, &r);
	route_copy(&plain, &r);
	r.hop[1].by = by;
	route_encode(&b, &r);
	ck_assert(!route_same(&r, &plain));
	ck_assert_uint_eq(b.n, bare.n + 2 + 2 + strlen(by));
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(route_decode(&in, &back), RC_OK);
	ck_assert(route_same(&r, &back));
	ck_assert_ptr_eq(back.hop[0].by, NULL);
	route_encode(&again, &back);
	ck_assert(again.n == b.n && memcmp(again.p, b.p, b.n) == 0);
	route_done(&back);
	b.p[b.n - 3] = ' ';
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(route_decode(&in, &back), RC_NAME);
	/* It says that there are some, and all are empty. */
	b.n -= strlen(by);
	b.p[b.n - 1] = 0;
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(route_decode(&in, &back), RC_MISSING);
	buf_done(&b);
	buf_done(&bare);
	buf_done(&again);
	route_done(&plain);
	route_done(&r);
}
END_TEST

START_TEST(nothing_else_comes_in)
{
	struct route r = { .pattern = own(bad[_i].pattern),
		.kind = bad[_i].kind,
		.way = own(bad[_i].way),
		.reason = own(bad[_i].reason) };
	struct route back;
	struct buf b = { 0 };
	struct cur in;

	if (bad[_i].hop != NULL)
		r.hop[r.nhops++] = (struct route_hop){ bad[_i].hop,
			bad[_i].addr, false, NULL };
	route_encode(&b, &r);
	in = cur_over(b.p, b.n);
	ck_assert_msg(
	    route_decode(&in, &back) != RC_OK, "%s passes", bad[_i].what);
	buf_done(&b);
	route_done(&r);
}
END_TEST

/* Lists and texts end where they may, and not behind. */
START_TEST(as_long_as_it_may_be)
{
	for (size_t more = 0; more < 2; more++) {
		struct route r[3] = { route_of(ROUTE_HOLD),
			route_of(ROUTE_REMOTE), route_of(ROUTE_REMOTE) };
		const char *names[1001];
		char text[1002];

		memset(text, 'x', sizeof(text));
		text[1000 + more] = '\0';
		mem_free(r[0].reason);
		r[0].reason = own(text);
		for (size_t i = 0; i < 1001; i++)
			names[i] = "a.x";
		route_path_set(&r[1], names, 1000 + more);
		route_claims_done(&r[2]);
		r[2].nclaims = LIMIT_ROUTE_CLAIMS + more;
		r[2].claims = mem_new(0, r[2].nclaims, sizeof(*r[2].claims));
		for (size_t i = 0; i < r[2].nclaims; i++)
			r[2].claims[i].server = own("a.x");
		for (size_t i = 0; i < 3; i++) {
			struct route back;
			struct buf b = { 0 };
			struct cur in;

			route_encode(&b, &r[i]);
			in = cur_over(b.p, b.n);
			ck_assert_msg(
			    (route_decode(&in, &back) == RC_OK) == (more == 0),
			    "%zu, and %zu more", i, more);
			route_done(&back);
			route_done(&r[i]);
			buf_done(&b);
		}
	}
}
END_TEST

/* Mutilated octets are refused or give a route that encodes again. */
START_TEST(mutilated)
{
	struct rng rng = { 1 };

	for (int i = 0; i < 20000; i++) {
		struct route r = route_of((enum route_kind)(i % 4)), back;
		struct buf b = { 0 };
		uint8_t *p;
		struct cur in;

		route_encode(&b, &r);
		for (uint64_t k = 1 + rng_below(&rng, 3); k > 0; k--)
			b.p[rng_below(&rng, b.n)] = (uint8_t)rng_next(&rng);
		p = malloc(b.n);
		memcpy(p, b.p, b.n);
		in = cur_over(p, b.n);
		if (route_decode(&in, &back) == RC_OK) {
			buf_reset(&b);
			route_encode(&b, &back);
			route_done(&back);
		}
		free(p);
		buf_done(&b);
		route_done(&r);
	}
}
END_TEST

static struct rib *
rib_of(const char *const *patterns, size_t n, uint32_t cost)
{
	struct rib *rib = mem_new(sizeof(*rib), 0, 0);

	rib->routes = mem_new(0, n, sizeof(*rib->routes));
	for (size_t i = 0; i < n; i++)
		rib->routes[rib->n++] =
		    (struct route){ .pattern = own(patterns[i]),
			    .kind = ROUTE_HOLD,
			    .cost = cost,
			    .reason = own(cost % 2 ? "odd" : "even") };
	return rib;
}

static void
note(void *ctx, const struct route *from, const struct route *to)
{
	buf_printf(ctx, "%s%s%s ", from == NULL ? "" : from->pattern,
	    from == NULL ? "+"
	    : to == NULL ? "-"
			 : "~",
	    from != NULL || to == NULL ? "" : to->pattern);
}

START_TEST(differences)
{
	static const char *const some[] = { "a.x", "b.x", "d.x" };
	static const char *const other[] = { "b.x", "c.x", "d.x", "e.x" };
	struct rib *one = rib_of(some, 3, 1), *odd = rib_of(other, 4, 3);
	struct rib *even = rib_of(other, 4, 2);
	struct buf b = { 0 };
	char *said;

	/* A metric is shown, not published: it is no difference. */
	ck_assert_uint_eq(rib_diff(one, odd, note, &b), 3);
	ck_assert_uint_eq(rib_diff(one, even, note, &b), 5);
	ck_assert_uint_eq(rib_diff(NULL, one, note, &b), 3);
	ck_assert_uint_eq(rib_diff(one, NULL, NULL, NULL), 3);
	ck_assert_uint_eq(rib_diff(NULL, NULL, note, &b), 0);
	said = buf_string(&b);
	ck_assert_str_eq(said, "a.x- +c.x +e.x a.x- b.x~ +c.x d.x~ +e.x "
			       "+a.x +b.x +d.x ");
	rib_number(one, NULL, true);
	ck_assert_uint_eq(one->generation, 1);
	one->generation = 7;
	rib_number(odd, one, rib_diff(one, odd, NULL, NULL) > 0);
	ck_assert_uint_eq(odd->generation, 8);
	rib_number(even, even, rib_diff(even, even, NULL, NULL) > 0);
	ck_assert_uint_eq(even->generation, 0);
	even->generation = 9;
	rib_number(even, even, true);
	ck_assert_uint_eq(even->generation, 10);
	ck_assert(rib_find(one, "b.x") == &one->routes[1]);
	ck_assert(rib_find(one, "c.x") == NULL);
	ck_assert(rib_find(NULL, "c.x") == NULL);
	mem_free(said);
	rib_free(one);
	rib_free(odd);
	rib_free(even);
}
END_TEST

static void
lose_hops(struct route *r)
{
	r->nhops = 0;
}

static void
lose_way(struct route *r)
{
	mem_free(r->way);
	r->way = NULL;
}

static void
lose_reason(struct route *r)
{
	mem_free(r->reason);
	r->reason = NULL;
}

static void
lose_server(struct route *r)
{
	mem_free(r->server);
	r->server = NULL;
}

/* What each kind must have. */
static const struct {
	enum route_kind kind;
	void (*lose)(struct route *r);
	bool reads;
} losses[] = {
	{ ROUTE_REMOTE, lose_hops, false },
	{ ROUTE_REMOTE, lose_server, false },
	{ ROUTE_HERE, lose_server, false },
	{ ROUTE_WAY, lose_way, false },
	{ ROUTE_HOLD, lose_reason, false },
	{ ROUTE_HOLD, lose_server, true },
	{ ROUTE_HERE, lose_way, true },
};

START_TEST(without_what_it_must_have)
{
	struct route r = route_of(losses[_i].kind), back;
	struct buf b = { 0 };
	struct cur in;
	int rc;

	losses[_i].lose(&r);
	route_encode(&b, &r);
	in = cur_over(b.p, b.n);
	rc = route_decode(&in, &back);
	ck_assert_msg((rc == RC_OK) == losses[_i].reads, "%s", rc_word(rc));
	if (rc == RC_OK)
		route_done(&back);
	route_done(&r);
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rib");
	TCase *tc = tcase_create("rib");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, octets_and_back, 0, 4);
	tcase_add_test(tc, transports_of_hops);
	tcase_add_loop_test(tc, nothing_else_comes_in, 0, COUNT(bad));
	tcase_add_test(tc, as_long_as_it_may_be);
	tcase_add_test(tc, mutilated);
	tcase_add_test(tc, differences);
	tcase_add_loop_test(tc, without_what_it_must_have, 0, COUNT(losses));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
