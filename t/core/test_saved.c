/*
 * test_saved.c - what is refused of a saved state is said like what is refused
 * of a peer: by name and reason, with no peer; and the rest is taken. Of parts
 * that we certainly wrote the signatures are not looked at; of others nothing
 * but LSAs counts.
 */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "core/node/node.h"
#include "core/view/rib.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define SELF "a.x.org"
#define FAR "b.x.org"
#define CERT FAR " g x.org x.org b"

/* What the state has, and what is said of it: `ORIGIN ID REASON; `. */
static const struct {
	const char *origin, *id;
	char org, letter;
	size_t broken; /* this octet from the end is another; 0: none */
	const char *said;
} saved[] = {
	{ FAR, "x.org", 'z', 'b', 0, "" },
	{ FAR, "x.org", 'z', 'b', 1, "b.x.org x.org bad-signature; " },
	{ FAR, "y.org", 'z', 'b', 0, "b.x.org y.org claim-not-allowed; " },
	{ FAR, "x.org", 'z', 'c', 0, "b.x.org x.org unknown-identity; " },
	{ "c.x.org", "x.org", 'z', 'c', 0, "c.x.org x.org unknown-identity; " },
	{ FAR, "x.org", 'y', 'b', 0, "b.x.org x.org other-organization; " },
	/* It names nobody where its name could be a line of ours. */
	{ FAR, "x, reason=none", 'z', 'b', 0, "- - bad-name; " },
};

static void
state_add(struct buf *state, struct lsa_draft *draft, char org, char letter,
    size_t broken)
{
	const char name[] = { letter, '\0' };
	struct crypto crypto = cheap_seal(name);
	uint8_t of[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct buf out = { 0 };

	cheap_key(org, of);
	cheap_key(letter, key);
	draft->org = of;
	draft->signer = key;
	lsa_encode(&out, draft, &crypto);
	if (broken > 0)
		out.p[out.n - broken] ^= 1;
	buf_u32(state, (uint32_t)out.n);
	buf_bytes(state, out.p, out.n);
	buf_done(&out);
}

/* An identity of FAR and one more, no table. */
static void
state_of(int row, struct buf *state)
{
	struct lsa_identity id = { .cert = { (const uint8_t *)CERT },
		.cert_len = { sizeof(CERT) - 1 },
		.ncerts = 1 };
	struct lsa_space space = { .cost = 1 };
	struct lsa_draft draft = { .key = { FAR, "", LSA_IDENTITY },
		.seq = 1ull << 32 | 1 };
	struct buf body = { 0 };

	buf_u8(state, 2);
	buf_u32(state, 2);
	lsa_identity_encode(&body, &id);
	draft.body = body.p;
	draft.body_len = body.n;
	state_add(state, &draft, 'z', 'b', 0);
	buf_reset(&body);
	lsa_space_encode(&body, &space);
	draft.key =
	    (struct lsa_key){ saved[row].origin, saved[row].id, LSA_SPACE };
	draft.body = body.p;
	draft.body_len = body.n;
	state_add(state, &draft, saved[row].org, saved[row].letter,
	    saved[row].broken);
	buf_u64(state, 0);
	buf_u32(state, 0);
	buf_done(&body);
}

static const char *
text_or(const char *text)
{
	return text == NULL ? "-" : text;
}

struct told {
	char refused[256];
	uint64_t lsas, bad;
};

static void
restore(struct engine *engine, int what, const struct buf *octets,
    struct told *told)
{
	struct input in = { .kind = IN_RESTORE,
		.who = (uint32_t)what,
		.bytes = octets->p,
		.len = octets->n,
		.now = { 1 } };
	struct effects fx = engine_step(engine, &in);

	for (size_t i = 0; i < fx.n; i++) {
		const struct event *e = fx.list[i].event;
		size_t n = strlen(told->refused);

		if (fx.list[i].kind != FX_EVENT)
			continue;
		if (e->kind == EVENT_LSA_REFUSED) {
			ck_assert_ptr_null(e->peer);
			snprintf(told->refused + n, sizeof(told->refused) - n,
			    "%s %s %s; ", text_or(e->origin), text_or(e->name),
			    e->reason);
		} else if (e->kind == EVENT_RESTORED) {
			told->lsas = e->value;
			told->bad = e->total;
		}
	}
}

START_TEST(what_is_refused_is_named)
{
	char own[] = SELF, group[] = "g";
	struct claims claims = { 0 };
	struct setup setup = cheap_setup(own, group, &claims);
	struct input conf = { .kind = IN_CONF, .setup = &setup, .now = { 1 } };
	struct crypto crypto = cheap_seal("a");
	struct engine *engine = engine_new(1, &crypto);
	struct buf none = { 0 }, state = { 0 };
	struct told told = { .refused = "" };

	cheap_key('z', setup.authority.id);
	state_of(_i, &state);
	engine_step(engine, &conf);
	restore(engine, SAVE_EPOCH, &none, &told);
	restore(engine, SAVE_TABLE, &none, &told);
	restore(engine, SAVE_STATE, &state, &told);
	ck_assert_str_eq(told.refused, saved[_i].said);
	ck_assert_uint_eq(told.bad, *saved[_i].said != '\0');
	ck_assert_uint_eq(told.lsas, 2 - told.bad);
	engine_free(engine);
	buf_done(&state);
}
END_TEST

#define PARTS_MAX 8

/* What was saved: each part in a block of its size. */
struct parts_saved {
	struct buf v[PARTS_MAX];
	size_t n;
};

struct host {
	char own[8], group[2];
	struct claims claims;
	struct setup setup;
	struct crypto crypto;
	struct engine *engine;
};

static void
host_begin(struct host *h)
{
	struct input conf = { .kind = IN_CONF, .now = { 1 } };

	memset(h, 0, sizeof(*h));
	memcpy(h->own, SELF, sizeof(SELF));
	h->group[0] = 'g';
	h->setup = cheap_setup(h->own, h->group, &h->claims);
	cheap_key('z', h->setup.authority.id);
	cheap_key('a', h->claims.key);
	h->crypto = cheap_seal("a");
	h->engine = engine_new(1, &h->crypto);
	conf.setup = &h->setup;
	engine_step(h->engine, &conf);
}

/* An item (saved.h). */
static void
item(struct buf *out, uint8_t kind, const void *p, size_t n)
{
	buf_u8(out, kind);
	buf_u32(out, (uint32_t)n);
	buf_bytes(out, p, n);
}

/* The LSAs of state_of() as items. */
static void
items_of(int row, struct buf *items)
{
	struct buf state = { 0 };
	struct cur in;

	state_of(row, &state);
	in = cur_over(state.p, state.n);
	cur_bytes(&in, 5);
	for (int i = 0; i < 2; i++) {
		struct cur one = cur_sub(&in, cur_u32(&in));

		item(items, 1, one.p, one.left);
	}
	buf_done(&state);
}

static void
restore_part(struct host *h, const struct buf *part, bool ours)
{
	uint8_t *exact = mem_dup(part->p, part->n);
	struct input in = { .kind = IN_RESTORE,
		.who = SAVE_PART,
		.bytes = exact,
		.len = part->n,
		.made = ours,
		.now = { 1 } };

	engine_step(h->engine, &in);
	mem_free(exact);
}

static void
add_part(void *ctx, const uint8_t *octets, size_t n)
{
	struct parts_saved *parts = ctx;

	ck_assert_uint_lt(parts->n, PARTS_MAX);
	buf_bytes(&parts->v[parts->n++], octets, n);
}

/* Row 1 has a signature that does not hold. */
START_TEST(what_is_ours_was_verified_before)
{
	const bool ours = _i == 0;
	struct buf part = { 0 }, none = { 0 };
	struct told told = { .refused = "" };
	struct host h;

	host_begin(&h);
	items_of(1, &part);
	restore_part(&h, &part, ours);
	restore(h.engine, SAVE_STATE, &none, &told);
	ck_assert_uint_eq(told.lsas, ours ? 2 : 1);
	ck_assert_uint_eq(told.bad, ours ? 0 : 1);
	engine_free(h.engine);
	buf_done(&part);
}
END_TEST

/* Claims are judged even so: the authority may allow less today. */
START_TEST(what_is_ours_is_judged_all_the_same)
{
	struct buf part = { 0 }, none = { 0 };
	struct told told = { .refused = "" };
	struct host h;

	host_begin(&h);
	items_of(2, &part); /* a claim that is not allowed */
	restore_part(&h, &part, true);
	restore(h.engine, SAVE_STATE, &none, &told);
	ck_assert_uint_eq(told.lsas, 1);
	ck_assert_uint_eq(told.bad, 1);
	engine_free(h.engine);
	buf_done(&part);
}
END_TEST

/* One is there, is taken out, and comes again; a route likewise. Of a part that
 * is not ours nothing is taken out, and no route is believed. */
START_TEST(later_items_count)
{
	static const uint8_t gone[] = "\4\7" FAR "x.org";
	static const uint8_t table[9] = { [7] = 3 };
	struct route route = { .pattern = (char[]){ "x.org" },
		.kind = ROUTE_HOLD,
		.reason = (char[]){ "no path" } };
	struct buf first = { 0 }, second = { 0 }, none = { 0 }, r = { 0 };
	struct parts_saved out = { .n = 0 };
	struct told told = { .refused = "" };
	struct host h;
	bool ours = _i == 0;

	host_begin(&h);
	items_of(0, &first);
	route_encode(&r, &route);
	item(&first, 4, r.p, r.n);
	item(&first, 3, table, sizeof(table));
	item(&first, 99, "of a later version", 18);
	item(&second, 2, gone, sizeof(gone) - 1);
	item(&second, 5, "x.org", 5);
	restore_part(&h, &first, true);
	restore_part(&h, &second, ours);
	restore(h.engine, SAVE_STATE, &none, &told);
	ck_assert_uint_eq(told.lsas, ours ? 1 : 2);
	ck_assert_uint_eq(told.bad, 0);
	engine_save(h.engine, add_part, &out);
	ck_assert_uint_eq(out.n, 1);
	/* The table is that of generation 3, with a route or without. */
	ck_assert_int_eq(
	    memmem(out.v[0].p, out.v[0].n, r.p, r.n) == NULL, ours);
	ck_assert_ptr_nonnull(memmem(out.v[0].p, out.v[0].n, table, 8));
	engine_free(h.engine);
	buf_done(&out.v[0]);
	buf_done(&first);
	buf_done(&second);
	buf_done(&r);
}
END_TEST

/* However it is cut, what comes of it is saved whole and read again alike. */
START_TEST(a_part_may_end_anywhere)
{
	struct buf whole = { 0 }, none = { 0 };
	struct parts_saved out = { .n = 0 };
	struct told told = { .refused = "" };
	struct host h;

	host_begin(&h);
	items_of(0, &whole);
	restore_part(&h, &whole, true);
	restore(h.engine, SAVE_STATE, &none, &told);
	engine_save(h.engine, add_part, &out);
	engine_free(h.engine);
	ck_assert_uint_eq(out.n, 1);
	for (size_t n = 0; n <= out.v[0].n; n++) {
		struct buf cut = { .p = out.v[0].p, .n = n };

		memset(&told, 0, sizeof(told));
		host_begin(&h);
		restore_part(&h, &cut, true);
		restore(h.engine, SAVE_STATE, &none, &told);
		ck_assert_uint_eq(told.bad, 0);
		ck_assert_uint_le(told.lsas, 2);
		engine_free(h.engine);
	}
	ck_assert_uint_eq(told.lsas, 2);
	buf_done(&out.v[0]);
	buf_done(&whole);
}
END_TEST

/* A number that no server could have come to becomes the limit, and what was
 * counted on from there stays: no table has the number of one before it. */
START_TEST(a_number_goes_on)
{
	static const uint64_t numbers[][2] = {
		{ 3, 3 },
		{ LIMIT_GENERATION, LIMIT_GENERATION },
		{ LIMIT_GENERATION + 5, LIMIT_GENERATION + 5 },
		{ UINT64_MAX, LIMIT_GENERATION },
	};
	struct buf part = { 0 }, body = { 0 }, none = { 0 };
	struct parts_saved out = { .n = 0 };
	struct told told = { .refused = "" };
	uint8_t want[8];
	struct host h;

	host_begin(&h);
	buf_u64(&body, numbers[_i][0]);
	buf_u8(&body, 1);
	item(&part, 3, body.p, body.n);
	restore_part(&h, &part, true);
	restore(h.engine, SAVE_STATE, &none, &told);
	engine_save(h.engine, add_part, &out);
	engine_free(h.engine);
	buf_reset(&body);
	buf_u64(&body, numbers[_i][1]);
	memcpy(want, body.p, sizeof(want));
	ck_assert_ptr_nonnull(
	    memmem(out.v[0].p, out.v[0].n, want, sizeof(want)));
	buf_done(&out.v[0]);
	buf_done(&body);
	buf_done(&part);
}
END_TEST

/* --- who is trusted may be others at the next start ---------------------------- */

static int
vouch_not(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	(void)ctx;
	(void)der;
	(void)n;
	*out = NULL;
	return RC_IDENTITY;
}

/* A route to x.org by FAR's claim, in a table of generation 3; `gone`: FAR's
 * key is nobody's any more. */
static void
table_of(struct buf *items, bool gone)
{
	static const uint8_t table[9] = { [7] = 3 };
	struct route_claim claim = { .server = (char[]){ FAR },
		.seq = gone ? 0 : 1ull << 32 | 1,
		.known = true };
	struct route route = { .pattern = (char[]){ "x.org" },
		.kind = ROUTE_HOLD,
		.reason = (char[]){ "no path" },
		.claims = &claim,
		.nclaims = 1 };
	struct buf r = { 0 };

	cheap_key('b', claim.key);
	route_encode(&r, &route);
	item(items, 3, table, sizeof(table));
	item(items, 4, r.p, r.n);
	buf_done(&r);
}

/* What a server saved that trusts 'z', and 'y' besides: FAR's identity, which
 * one of them vouches for, its claim, and a route by that. */
static void
saved_by_two(struct parts_saved *out)
{
	struct buf part = { 0 }, none = { 0 };
	struct told told = { .refused = "" };
	struct host h;

	host_begin(&h);
	h.setup.authority.second.given = true;
	cheap_key('y', h.setup.authority.second.id);
	items_of(0, &part);
	table_of(&part, false);
	restore_part(&h, &part, true);
	restore(h.engine, SAVE_STATE, &none, &told);
	ck_assert_uint_eq(told.lsas, 2);
	engine_save(h.engine, add_part, out);
	engine_free(h.engine);
	buf_done(&part);
}

/* The next start: `second` or not, and nobody vouches for FAR any more. */
static const struct {
	bool second;
	uint64_t lsas, bad;
} starts[] = {
	{ true, 2, 0 },  /* what was read in certificates is believed */
	{ false, 0, 2 }, /* they are read anew: whoever vouched is out */
};

START_TEST(certificates_are_read_anew_for_others)
{
	struct parts_saved first = { .n = 0 }, second = { .n = 0 };
	struct buf none = { 0 }, route = { 0 };
	struct told told = { .refused = "" };
	struct host h;

	saved_by_two(&first);
	host_begin(&h);
	h.crypto.vouch = vouch_not;
	h.setup.authority.second.given = starts[_i].second;
	cheap_key('y', h.setup.authority.second.id);
	for (size_t i = 0; i < first.n; i++)
		restore_part(&h, &first.v[i], true);
	restore(h.engine, SAVE_STATE, &none, &told);
	ck_assert_uint_eq(told.lsas, starts[_i].lsas);
	ck_assert_uint_eq(told.bad, starts[_i].bad);
	/* And the route is one whose key has gone, as after a reload. */
	engine_save(h.engine, add_part, &second);
	table_of(&route, !starts[_i].second);
	ck_assert_uint_eq(second.n, 1);
	ck_assert_ptr_nonnull(
	    memmem(second.v[0].p, second.v[0].n, route.p + 14, route.n - 14));
	engine_free(h.engine);
	for (size_t i = 0; i < first.n; i++)
		buf_done(&first.v[i]);
	buf_done(&second.v[0]);
	buf_done(&route);
}
END_TEST

/* One LSA twice, first with one number and then with another: of what we wrote
 * the last counts, for what was there had been dropped; of others the newer. */
static const struct {
	bool ours;
	uint64_t first, second, is;
} twice[] = {
	{ true, 5, 3, 3 },
	{ true, 3, 5, 5 },
	{ true, 5, 5, 5 },
	{ false, 5, 3, 5 },
	{ false, 3, 5, 5 },
};

static void
space_put(struct buf *part, uint64_t seq)
{
	struct lsa_space space = { .cost = (uint32_t)seq };
	struct lsa_draft draft = { .key = { FAR, "x.org", LSA_SPACE },
		.seq = 1ull << 32 | seq };
	struct buf body = { 0 }, state = { 0 };

	lsa_space_encode(&body, &space);
	draft.body = body.p;
	draft.body_len = body.n;
	state_add(&state, &draft, 'z', 'b', 0);
	item(part, 1, state.p + 4, state.n - 4);
	buf_done(&body);
	buf_done(&state);
}

START_TEST(one_twice)
{
	const struct lsa_key key = { FAR, "x.org", LSA_SPACE };
	struct buf part = { 0 }, none = { 0 };
	struct told told = { .refused = "" };
	struct host h;

	host_begin(&h);
	items_of(0, &part); /* the identity, and that space as 1 */
	restore_part(&h, &part, true);
	buf_reset(&part);
	space_put(&part, twice[_i].first);
	space_put(&part, twice[_i].second);
	restore_part(&h, &part, twice[_i].ours);
	restore(h.engine, SAVE_STATE, &none, &told);
	ck_assert_uint_eq(told.bad, 0);
	ck_assert_uint_eq(told.lsas, 2);
	ck_assert_uint_eq(lsa_space(lsdb_find(&h.engine->db, &key))->cost,
	    (uint32_t)twice[_i].is);
	engine_free(h.engine);
	buf_done(&part);
}
END_TEST

/* A state of before that is one octet: there is one, and it cannot be read. */
START_TEST(one_octet)
{
	struct told told = { .refused = "", .lsas = 99 };
	struct buf octet = { 0 };
	struct host h;

	host_begin(&h);
	buf_u8(&octet, 7);
	restore(h.engine, SAVE_STATE, &octet, &told);
	ck_assert_uint_eq(told.lsas, 0);
	engine_free(h.engine);
	buf_done(&octet);
}
END_TEST

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *suite = suite_create("saved");
	TCase *tc = tcase_create("saved");

	tcase_add_loop_test(tc, what_is_refused_is_named, 0,
	    (int)(sizeof(saved) / sizeof(saved[0])));
	tcase_add_loop_test(tc, what_is_ours_was_verified_before, 0, 2);
	tcase_add_test(tc, what_is_ours_is_judged_all_the_same);
	tcase_add_loop_test(tc, later_items_count, 0, 2);
	tcase_add_test(tc, a_part_may_end_anywhere);
	tcase_add_loop_test(tc, a_number_goes_on, 0, 4);
	tcase_add_loop_test(tc, certificates_are_read_anew_for_others, 0,
	    (int)(sizeof(starts) / sizeof(starts[0])));
	tcase_add_loop_test(tc, one_twice, 0, ROWS(twice));
	tcase_add_test(tc, one_octet);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
