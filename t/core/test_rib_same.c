/*
 * test_rib_same.c - what makes a route another: to an MTA, and to whoever reads it
 * from a file.
 */

#include <string.h>

#include "base/mem.h"
#include "core/view/rib.h"
#include "t/core/drafts.h"
#include "t/tap.h"

/* --- what makes a route another ----------------------------------------------- */

static void
bend_kind(struct route *r)
{
	r->kind = ROUTE_HERE;
}

static void
bend_relay(struct route *r)
{
	r->relay = false;
}

static void
bend_nhops(struct route *r)
{
	r->nhops--;
}

static void
bend_bare(struct route *r)
{
	r->bare = true;
}

static void
bend_own(struct route *r)
{
	r->own = true;
}

static void
bend_port(struct route *r)
{
	r->hop[1].addr.port++;
}

static void
bend_by(struct route *r)
{
	r->hop[1].by = "thin";
}

static void
bend_by_both(struct route *r)
{
	r->hop[0].by = "thick";
}

static void
bend_name(struct route *r)
{
	r->hop[0].name = "z.example";
}

static void
bend_cost(struct route *r)
{
	r->cost++;
	r->hops++;
}

static void
bend_leaves(struct route *r)
{
	r->leaves = 7;
}

static void
bend_over(struct route *r)
{
	r->over = true;
}

static void
bend_revoked(struct route *r)
{
	r->revoked = true;
}

static void
bend_nclaims(struct route *r)
{
	r->nclaims--;
	mem_free(r->claims[r->nclaims].server);
}

static void
bend_claim_server(struct route *r)
{
	r->claims[1].server[0]++;
}

static void
bend_claim_known(struct route *r)
{
	r->claims[1].known = !r->claims[1].known;
}

static void
bend_claim_own(struct route *r)
{
	r->claims[1].own = true;
}

static void
bend_claim_here(struct route *r)
{
	r->claims[1].here = true;
}

static void
bend_claim_local(struct route *r)
{
	r->claims[1].local = true;
}

static void
bend_claim_key(struct route *r)
{
	r->claims[1].key[31]++;
}

static void
bend_claim_seq(struct route *r)
{
	r->claims[1].seq++;
}

/* To an MTA; and to whoever reads it from a file. */
static const struct {
	void (*bend)(struct route *r);
	bool same, kept;
} bends[] = {
	{ bend_kind, false, false },
	{ bend_relay, false, false },
	{ bend_nhops, false, false },
	{ bend_bare, false, false },
	{ bend_own, false, false },
	{ bend_port, false, false },
	{ bend_by, false, false },
	{ bend_by_both, false, false },
	{ bend_name, true, true },
	{ bend_cost, true, true },
	{ bend_leaves, true, false },
	{ bend_over, true, false },
	{ bend_revoked, true, false },
	{ bend_nclaims, true, false },
	{ bend_claim_server, true, false },
	{ bend_claim_known, true, false },
	{ bend_claim_own, true, false },
	{ bend_claim_here, true, false },
	{ bend_claim_local, true, false },
	{ bend_claim_key, true, false },
	{ bend_claim_seq, true, true },
};

static struct route
route_with_claims(void)
{
	struct route r = { .pattern = mem_str("p.example"),
		.kind = ROUTE_REMOTE,
		.relay = true,
		.server = mem_str("mx.p.example"),
		.cost = 42,
		.hops = 3,
		.nhops = 2,
		.last_resort = true };

	r.hop[0] = (struct route_hop){ "b.example", { 4, { 192, 0, 2, 1 }, 25 },
		false, "thin" };
	r.hop[1] = (struct route_hop){ "c.example",
		{ 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 }, 26 }, true, NULL };
	r.claims = mem_new(0, 2, sizeof(*r.claims));
	r.nclaims = 2;
	r.claims[0] = (struct route_claim){ .server = mem_str("a.example"),
		.known = true };
	r.claims[1] = (struct route_claim){
		.server = mem_str("b.example"), .known = true, .seq = 4
	};
	route_hops_own(&r);
	return r;
}

START_TEST(another_in_one_thing)
{
	struct route a = route_with_claims(), b = route_with_claims();

	ck_assert(route_same(&a, &b));
	ck_assert(route_same_kept(&a, &b));
	bends[_i].bend(&b);
	ck_assert_int_eq(route_same(&a, &b), bends[_i].same);
	ck_assert_int_eq(route_same(&b, &a), bends[_i].same);
	ck_assert_int_eq(route_same_kept(&a, &b), bends[_i].kept);
	ck_assert_int_eq(route_same_kept(&b, &a), bends[_i].kept);
	route_done(&a);
	route_done(&b);
}
END_TEST

/* Of a key that was given up it is known by now what it was; of others it was. */
START_TEST(a_key_is_forgotten)
{
	struct rib rib = { .n = 2,
		.routes = (struct route[]){
		    (struct route){ .pattern = mem_str("o.example") },
		    route_with_claims() } };
	struct route_claim *c = rib.routes[1].claims;
	uint8_t key[CRYPTO_DIGEST] = { 9 };

	rib_key_forgotten(NULL, "a.example", key);
	rib_key_forgotten(&rib, "b.example", key); /* its claim has a number */
	ck_assert_uint_eq(c[1].key[0], 0);
	rib_key_forgotten(&rib, "c.example", key);
	ck_assert_uint_eq(c[0].key[0], 0);
	c[0].known = false;
	rib_key_forgotten(&rib, "a.example", key);
	ck_assert_uint_eq(c[0].key[0], 0);
	c[0].known = true;
	rib_key_forgotten(&rib, "a.example", key);
	ck_assert_uint_eq(c[0].key[0], 9);
	route_done(&rib.routes[0]);
	route_done(&rib.routes[1]);
}
END_TEST

/* Its server gave up the key of one claim: the number of any other says what it
 * said. An LSA of 4 of that key. */
static const struct {
	const char *server;
	uint64_t seq;
	bool same_key, gone;
} gone[] = {
	{ DRAFT_NAME, 4, true, true },
	{ DRAFT_NAME, 3, true, true },
	{ DRAFT_NAME, 5, true, false },
	{ DRAFT_NAME, 4, false, false },
	{ "mx2.london.example.org", 4, true, false },
};

START_TEST(a_key_is_given_up)
{
	struct lsa_key key = { DRAFT_NAME, "p.example", LSA_SPACE };
	struct buf body = { 0 }, out = { 0 };
	struct rib rib = { .n = 1,
		.routes = (struct route[]){ route_with_claims() } };
	struct route_claim *c = &rib.routes[0].claims[1];
	struct lsa *lsa;

	lsa_space_encode(&body, &(struct lsa_space){ .cost = 1 });
	draft_encode(&out, &key, 4, &body);
	ck_assert_int_eq(draft_decode(out.p, out.n, &lsa), 0);
	mem_free(c->server);
	c->server = mem_str(gone[_i].server);
	c->seq = gone[_i].seq;
	memcpy(c->key, lsa_signer(lsa), sizeof(c->key));
	c->key[0] ^= !gone[_i].same_key;
	rib_key_gone(&rib, lsa, "q.example");
	ck_assert_uint_eq(c->seq, gone[_i].seq);
	rib_key_gone(&rib, lsa, "p.example");
	ck_assert_uint_eq(c->seq, gone[_i].gone ? 0 : gone[_i].seq);
	route_done(&rib.routes[0]);
	lsa_free(lsa);
	buf_done(&body);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rib_same");
	TCase *tc = tcase_create("rib_same");

	tcase_add_loop_test(tc, another_in_one_thing, 0,
	    (int)(sizeof(bends) / sizeof(bends[0])));
	tcase_add_test(tc, a_key_is_forgotten);
	tcase_add_loop_test(
	    tc, a_key_is_given_up, 0, (int)(sizeof(gone) / sizeof(gone[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
