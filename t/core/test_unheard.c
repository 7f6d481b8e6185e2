/*
 * test_unheard.c - hops that were away when this life began, with a table of the life
 * before: by them goes what that table led so, and what they claim. And those that are
 * heard of for the first time.
 */

#include <string.h>

#include "base/mem.h"
#include "core/view/unheard.h"
#include "t/core/drafts.h"
#include "t/tap.h"

#define SAID 6000
#define BACK 16000
#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const char *const away[] = { "b.x" };

/* A route to p.x by hops that are named by one letter. */
static struct route
to(const char *hops, bool last_resort)
{
	struct route r = { .pattern = mem_str("p.x"),
		.kind = ROUTE_REMOTE,
		.last_resort = last_resort,
		.server = mem_str("z.x"),
		.nhops = strlen(hops),
		.names = mem_new(0, LIMIT_NEXT_HOPS, 4) };

	for (size_t i = 0; i < r.nhops; i++) {
		char *name = r.names + 4 * i;

		memcpy(name, "?.x", 4);
		name[0] = hops[i];
		r.hop[i].name = name;
		r.hop[i].alternate = i > 0;
	}
	return r;
}

static void
hops_are(const struct route *r, const char *want)
{
	ck_assert_uint_eq(r->nhops, strlen(want));
	ck_assert_int_eq(r->kind, *want == '\0' ? ROUTE_HOLD : ROUTE_REMOTE);
	for (size_t i = 0; i < r->nhops; i++)
		ck_assert_int_eq(r->hop[i].name[0], want[i]);
	ck_assert(r->nhops == 0 || !r->hop[0].alternate);
}

static const struct {
	bool read;
	const char *had; /* NULL: that table had no p.x */
	const char *hops;
	bool last_resort, claims;
	const char *want;
} ways[] = {
	{ true, NULL, "b", true, false, "" },
	{ true, "", "b", true, false, "" },
	{ true, "c", "b", true, false, "" },
	{ true, "b", "b", true, false, "b" },
	{ true, "cb", "b", true, false, "b" },
	{ true, NULL, "b", true, true, "b" },
	{ true, NULL, "b", false, false, "b" },
	{ true, NULL, "bc", true, false, "c" },
	{ true, "b", "bc", true, false, "bc" },
	{ false, NULL, "b", true, false, "b" },
};

START_TEST(who_is_away_at_the_beginning)
{
	struct unheard all = {
		.said_ms = SAID, .back_ms = BACK, .read = ways[_i].read
	};
	struct route was = to(ways[_i].had == NULL ? "" : ways[_i].had, true);
	struct route r = to(ways[_i].hops, ways[_i].last_resort);
	struct rib old = { .routes = &was, .n = ways[_i].had != NULL };
	char name[] = "b.x";
	struct route_claim claim = { .server = name };
	struct lsdb db;

	lsdb_init(&db);
	unheard_look(&all, &db, away, 1, (struct mono){ 1 });
	if (ways[_i].claims)
		r.claims = &claim;
	r.nclaims = ways[_i].claims;
	ck_assert_int_eq(unheard_apply(&all, &old, &r),
	    strlen(ways[_i].want) < strlen(ways[_i].hops));
	hops_are(&r, ways[_i].want);
	r.claims = NULL;
	r.nclaims = 0;
	route_done(&r);
	route_done(&was);
	unheard_done(&all);
	lsdb_done(&db);
}
END_TEST

/* It comes so long after our first table, and this is looked at then. */
static const struct {
	bool read;
	uint64_t comes_ms, at_ms;
	const char *want;
} comes[] = {
	{ true, SAID - 1, SAID - 1, "b" },
	{ true, SAID, SAID, "" },
	{ true, SAID, SAID + BACK - 1, "" },
	{ true, SAID, SAID + BACK, "b" },
	{ false, SAID, SAID, "b" },
};

START_TEST(who_comes_after_the_beginning)
{
	struct mono begin = { 1 }, at = mono_after(begin, comes[_i].at_ms);
	struct unheard all = {
		.said_ms = SAID, .back_ms = BACK, .read = comes[_i].read
	};
	struct route r = to("b", false);
	struct lsdb db;

	lsdb_init(&db);
	unheard_look(&all, &db, away, 1, begin);
	all.read = false;
	unheard_look(&all, &db, away, 0, mono_after(begin, comes[_i].comes_ms));
	unheard_look(&all, &db, away, 0, at);
	unheard_apply(&all, NULL, &r);
	hops_are(&r, comes[_i].want);
	route_done(&r);
	unheard_done(&all);
	lsdb_done(&db);
}
END_TEST

/* It is heard of so long after our first table, and present or not. */
static const struct {
	uint64_t heard_ms;
	bool away, last_resort;
	uint64_t at_ms;
	const char *want;
} heard[] = {
	{ 0, true, true, 1000, "b" },
	{ 1000, true, true, 1000, "" },
	{ 1000, true, false, 1000, "b" },
	{ 1000, false, false, 1000, "" },
	{ 1000, false, false, 1000 + BACK - 1, "" },
	{ 1000, false, false, 1000 + BACK, "b" },
	{ 0, false, false, 1000, "b" },
};

START_TEST(who_is_heard_of_for_the_first_time)
{
	const struct lsa_key key = { "b.x", "", LSA_SERVER };
	struct unheard all = {
		.self = "s.x", .said_ms = SAID, .back_ms = BACK
	};
	struct mono begin = { 1 }, at = mono_after(begin, heard[_i].at_ms);
	struct route r = to("b", heard[_i].last_resort);
	char group[] = "g";
	struct lsa_server says = { .group = group };
	struct buf body = { 0 };
	struct lsdb db;

	lsdb_init(&db);
	if (heard[_i].heard_ms > 0)
		unheard_look(&all, &db, away, 0, begin);
	lsa_server_encode(&body, &says);
	draft_install(&db, &key, 1, &body);
	unheard_look(&all, &db, away, heard[_i].away,
	    mono_after(begin, heard[_i].heard_ms));
	unheard_look(&all, &db, away, heard[_i].away, at);
	unheard_apply(&all, NULL, &r);
	hops_are(&r, heard[_i].want);
	route_done(&r);
	unheard_done(&all);
	lsdb_done(&db);
}
END_TEST

/* Who is away has not heard of what was of our routing group's scope until then. */
static const struct {
	bool was_local, is_local;
	const char *want;
} scopes[] = {
	{ true, false, "" },
	{ true, true, "b" },
	{ false, false, "b" },
	{ false, true, "b" },
};

static void
claimed(struct route *r, bool local)
{
	r->claims = mem_new(0, 1, sizeof(*r->claims));
	r->claims[r->nclaims++] =
	    (struct route_claim){ .server = mem_str("z.x"), .local = local };
}

START_TEST(what_leaves_our_group_is_new)
{
	struct unheard all = { .said_ms = SAID, .back_ms = BACK };
	struct mono begin = { 1 };
	struct route was = to("c", false), r = to("b", true);
	struct rib_change change = { &was, &r };
	struct rib_changes changes = { 0 };
	struct lsdb db;

	lsdb_init(&db);
	claimed(&was, scopes[_i].was_local);
	claimed(&r, scopes[_i].is_local);
	unheard_look(&all, &db, away, 1, begin);
	vec_push(&changes.list, change);
	unheard_add(&all, &changes, mono_after(begin, SAID));
	unheard_apply(&all, NULL, &r);
	hops_are(&r, scopes[_i].want);
	vec_done(&changes.list);
	route_done(&was);
	route_done(&r);
	unheard_done(&all);
	lsdb_done(&db);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("unheard");
	TCase *tc = tcase_create("core");

	tcase_add_loop_test(tc, who_is_away_at_the_beginning, 0, COUNT(ways));
	tcase_add_loop_test(tc, who_comes_after_the_beginning, 0, COUNT(comes));
	tcase_add_loop_test(
	    tc, who_is_heard_of_for_the_first_time, 0, COUNT(heard));
	tcase_add_loop_test(tc, what_leaves_our_group_is_new, 0, COUNT(scopes));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
