/*
 * test_follow.c - what a view that follows a change makes of the table, change by
 * change: test_view_live.c has random ones. And that it does follow, for a whole
 * view would give the same.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/view/fresh.h"
#include "core/view/unheard.h"
#include "core/view/view_state.h"
#include "t/core/world.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

struct following {
	struct world world;
	struct news news;
	struct view *view;
	struct rib *rib;
	struct view_pending pending;
	struct fresh fresh;
	struct rib_changes changes;
	struct unheard unheard;
	struct mono due;
};

/* Whether the view of before followed. */
static bool
follow(struct following *f)
{
	struct view_table table = { .rib = &f->rib,
		.pending = &f->pending,
		.fresh = &f->fresh,
		.changes = &f->changes,
		.due = MONO_NEVER };
	bool followed;

	f->view = view_renew(f->view, &f->world.in, &f->news);
	followed = !f->view->net->whole;
	news_clear(&f->news);
	view_table(f->view, &table);
	view_settle(f->view);
	f->due = table.due;
	return followed;
}

static void
following_begin(struct following *f, const char *text)
{
	*f = (struct following){ .rib = NULL };
	world_init(&f->world);
	f->world.db.news = &f->news;
	f->world.in.unheard = &f->unheard;
	world_say(&f->world, text);
	follow(f);
	f->world.in.now.ms +=
	    FRESH_TRANSIT_MS; /* all began with us, and waits */
	follow(f);
}

static void
following_end(struct following *f)
{
	view_free(f->view);
	rib_free(f->rib);
	view_pending_done(&f->pending);
	fresh_done(&f->fresh);
	rib_changes_done(&f->changes);
	unheard_done(&f->unheard);
	world_done(&f->world);
	news_done(&f->news);
}

static void
table_is(const struct following *f, const char *want)
{
	char *text = world_text(f->rib);

	ck_assert_str_eq(text, want);
	mem_free(text);
}

/* What it says of the servers, as one of everything would. */
static void
servers_are(const struct following *f)
{
	struct view *whole = view_new(&f->world.in);
	struct buf is = { 0 }, want = { 0 };
	struct json a = { .out = &is }, b = { .out = &want };

	ck_assert_uint_eq(view_present(f->view), view_present(whole));
	ck_assert_int_eq(view_alone(f->view), view_alone(whole));
	ck_assert_uint_eq(f->view->facts.limited, whole->facts.limited);
	view_export(&a, f->view);
	view_export(&b, whole);
	ck_assert_uint_eq(is.n, want.n);
	ck_assert_mem_eq(is.p, want.p, want.n);
	buf_done(&is);
	buf_done(&want);
	view_free(whole);
}

/* It moves nowhere: whose address is another, of him all is decided anew. */
#define P1 "at 10.9.0.2:25;"

/* Two groups: a1 and a2, and p1 to p4, of which p1 and p2 have a way to us. */
#define WORLD                                                                  \
	"self a1.x a;"                                                         \
	"server a1.x a nbr a2.x,p1.x up a2.x;"                                 \
	"server a2.x a nbr a1.x up a1.x;"                                      \
	"server p1.x p nbr a1.x,p2.x,p3.x,p4.x up p2.x,p3.x,p4.x " P1          \
	"server p2.x p nbr p1.x,p3.x,p4.x up p1.x,p3.x,p4.x;"                  \
	"server p3.x p nbr p1.x,p2.x,p4.x up p1.x,p2.x,p4.x;"                  \
	"server p4.x p nbr p1.x,p2.x,p3.x up p1.x,p2.x,p3.x;"                  \
	"connector ap a1.x p p1.x=10+;"                                        \
	"connector pa p1.x a a1.x=10+;"                                        \
	"space own.x a1.x;"                                                    \
	"space q.x p2.x;"

/* And one behind p1. */
#define TOKYO                                                                  \
	"server p1.x p nbr a1.x,p2.x,p3.x,p4.x,t1.x up p2.x,p3.x,p4.x " P1     \
	"server t1.x t nbr p1.x;"                                              \
	"space t.x t1.x;"

/* And a second way to p, that is dearer. */
#define SECOND                                                                 \
	"server a1.x a nbr a2.x,c1.x,p1.x up a2.x;"                            \
	"server c1.x c nbr a1.x at 10.9.0.3:25;"                               \
	"connector ac a1.x c c1.x=3+;connector cp c1.x p p1.x=9+;"

/* And a third of us, apart from both, who delivers what exists for us alone. */
#define THIRD                                                                  \
	"server p1.x p nbr a1.x,a3.x,p2.x,p3.x,p4.x up p2.x,p3.x,p4.x " P1     \
	"server a3.x a nbr p1.x;"                                              \
	"connector a3 a1.x a a3.x=5+;"                                         \
	"space l.x a3.x local;"

static const struct {
	const char *what, *before, *said;
	bool followed;
	const char *want;
} rows[] = {
	{ "a member that another finds down", "",
	    "server p1.x p nbr a1.x,p2.x,p3.x,p4.x down p2.x up p3.x " P1, true,
	    "own.x here 0\nq.x remote p1.x 10/3\n" },
	{ "a member that is away, and of its group's words only one's", "",
	    "server p2.x p", true, "own.x here 0\nq.x remote p1.x 10/2\n" },
	{ "and one that comes back", "server p2.x p;",
	    "server p2.x p nbr p1.x,p3.x,p4.x up p1.x,p3.x,p4.x", true,
	    "own.x here 0\nq.x remote p1.x 10/2\n" },
	{ "what was a hold is none any more",
	    TOKYO "connector pt p1.x t t1.x=5-;", "connector pt p1.x t t1.x=5+",
	    true,
	    "own.x here 0\nq.x remote p1.x 10/2\nt.x remote p1.x 15/2\n" },
	{ "and what was none is one", TOKYO "connector pt p1.x t t1.x=5+;",
	    "connector pt p1.x t t1.x=5- since 12:00:03Z", true,
	    "own.x here 0\nq.x remote p1.x 10/2\nt.x hold no path to t, "
	    "connector pt down since 12:00:03Z\n" },
	{ "what was delivered here has come nearer elsewhere",
	    TOKYO "connector pt p1.x t t1.x=15+; space t.x a1.x cost 20;",
	    "connector pt p1.x t t1.x=5+", true,
	    "own.x here 0\nq.x remote p1.x 10/2\nt.x remote p1.x 15/2\n" },
	{ "our own words", "", "connector ap a1.x p p1.x=10- since 12:00:03Z",
	    true,
	    "own.x here 0\nq.x hold no path to p, connector ap down since "
	    "12:00:03Z\n" },
	{ "a group that falls into two parts", "",
	    "server p1.x p nbr a1.x,p2.x up p2.x " P1
	    "server p2.x p nbr a1.x,p1.x up p1.x;"
	    "server p3.x p nbr a1.x,p4.x up p4.x;"
	    "server p4.x p nbr p3.x up p3.x;"
	    "server a1.x a nbr a2.x,p1.x,p3.x up a2.x",
	    true, "own.x here 0\nq.x remote p1.x 10/2\n" },
	{ "an alternate that gives no transit any more", SECOND,
	    "server c1.x c nbr a1.x drain at 10.9.0.3:25", true,
	    "own.x here 0\nq.x remote p1.x 10/2\n" },
	{ "and one that does again",
	    SECOND "server c1.x c nbr a1.x drain at 10.9.0.3:25;",
	    "server c1.x c nbr a1.x at 10.9.0.3:25", true,
	    "own.x here 0\nq.x remote p1.x|c1.x 10/2\n" },
	{ "a connector that has limits", TOKYO "connector pt p1.x t t1.x=5+;",
	    "connector pt p1.x t t1.x=5+ size 1000", true,
	    "own.x here 0\nq.x remote p1.x 10/2\nt.x remote p1.x 15/2\n" },
	{ "and one that has none any more",
	    TOKYO "connector pt p1.x t t1.x=5+ size 1000;",
	    "connector pt p1.x t t1.x=5+", true,
	    "own.x here 0\nq.x remote p1.x 10/2\nt.x remote p1.x 15/2\n" },
	{ "an alternate within the group, which has lost its way",
	    THIRD "connector a3 a2.x a a3.x=5+;", "connector a3 a2.x a a3.x=5-",
	    true, "l.x remote a3.x 5/1\nown.x here 0\nq.x remote p1.x 10/2\n" },
	{ "and which finds it again", THIRD "connector a3 a2.x a a3.x=5-;",
	    "connector a3 a2.x a a3.x=5+", true,
	    "l.x remote a3.x|a2.x 5/1\nown.x here 0\n"
	    "q.x remote p1.x 10/2\n" },
	{ "a scope for which there are no ways yet: not followed", "",
	    "space q.x a2.x local", false,
	    "own.x here 0\nq.x remote a2.x|p1.x 0/1\n" },
};

START_TEST(a_change_is_followed)
{
	struct following f;
	char *before =
	    mem_new(0, strlen(WORLD) + strlen(rows[_i].before) + 1, 1);

	strcpy(before, WORLD);
	strcat(before, rows[_i].before);
	following_begin(&f, before);
	world_say(&f.world, rows[_i].said);
	ck_assert_msg(follow(&f) == rows[_i].followed, "%s", rows[_i].what);
	table_is(&f, rows[_i].want);
	servers_are(&f);
	following_end(&f);
	mem_free(before);
}
END_TEST

/* One of which nothing is another is not made anew. */
START_TEST(what_rests_stays_where_it_is)
{
	struct following f;
	const char *rests;

	following_begin(&f, WORLD TOKYO "connector pt p1.x t t1.x=5+;");
	rests = rib_find(f.rib, "q.x")->pattern;
	world_say(&f.world, "connector pt p1.x t t1.x=5-");
	ck_assert(follow(&f));
	ck_assert_ptr_eq(rib_find(f.rib, "q.x")->pattern, rests);
	ck_assert_uint_eq(f.changes.list.n, 1);
	following_end(&f);
}
END_TEST

/* And one of which only the metric is stays in its place: also where patterns of
 * several claims come before it. */
START_TEST(what_is_farther_stays_where_it_is)
{
	struct following f;
	const char *stays;

	following_begin(
	    &f, WORLD TOKYO "connector pt p1.x t t1.x=5+; space q.x p3.x");
	stays = rib_find(f.rib, "t.x")->pattern;
	world_say(&f.world, "connector pt p1.x t t1.x=6+");
	ck_assert(follow(&f));
	ck_assert_uint_eq(rib_find(f.rib, "t.x")->cost, 16);
	ck_assert_ptr_eq(rib_find(f.rib, "t.x")->pattern, stays);
	following_end(&f);
}
END_TEST

/* A less specific key that leads away: each of ours needs one of its own. */
START_TEST(keys_of_our_own_are_looked_at_again)
{
	struct following f;

	following_begin(&f, WORLD "space z.x a1.x;");
	ck_assert(rib_find(f.rib, "own.x")->bare);
	ck_assert(rib_find(f.rib, "z.x")->bare);
	world_say(&f.world, "space .x p2.x");
	ck_assert(follow(&f));
	ck_assert(!rib_find(f.rib, "own.x")->bare);
	ck_assert(!rib_find(f.rib, "z.x")->bare);
	following_end(&f);
}
END_TEST

/* And one that is another itself is listed once, with both. */
START_TEST(a_key_of_our_own_moves_once)
{
	struct following f;

	following_begin(&f, WORLD);
	world_say(&f.world, "space .x p2.x; space own.x p4.x cost 50");
	ck_assert(follow(&f));
	ck_assert(!rib_find(f.rib, "own.x")->bare);
	ck_assert_uint_eq(f.changes.list.n, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_ptr_nonnull(f.changes.list.v[i].to);
	following_end(&f);
}
END_TEST

/* By another path to the same server, at the same price. */
START_TEST(a_path_is_another)
{
	struct following f;
	const struct route *r;

	following_begin(&f,
	    WORLD TOKYO "server p3.x p nbr p1.x,p2.x,p4.x,t1.x up p1.x;"
			"server t1.x t nbr p1.x,p3.x;"
			"connector pt p1.x t t1.x=5+");
	r = rib_find(f.rib, "t.x");
	ck_assert_uint_eq(r->npath, 3);
	world_say(&f.world, "connector pt p1.x t t1.x=5-;"
			    "connector pt p3.x t t1.x=4+");
	ck_assert(follow(&f));
	r = rib_find(f.rib, "t.x");
	ck_assert_uint_eq(r->npath, 4);
	ck_assert_str_eq(r->path[2], "p3.x");
	ck_assert_str_eq(r->path[3], "t1.x");
	following_end(&f);
}
END_TEST

/* Our one neighbour is elsewhere: so is the hop of all that it delivers. */
START_TEST(a_neighbour_is_elsewhere)
{
	struct following f;

	following_begin(&f,
	    "self a.x a;server a.x a nbr b.x;"
	    "server b.x b nbr a.x,c.x at 10.9.0.1:25;"
	    "server c.x c nbr b.x at 10.9.1.1:25;"
	    "connector ab a.x b b.x=1+;connector bc b.x c c.x=1+;"
	    "space c.x c.x");
	world_say(&f.world, "server c.x c nbr b.x at 10.9.1.2:25");
	ck_assert(follow(&f));
	ck_assert_uint_eq(f.changes.list.n, 0);
	world_say(&f.world, "server b.x b nbr a.x,c.x at 10.9.0.2:25");
	ck_assert(follow(&f));
	ck_assert_uint_eq(f.changes.list.n, 1);
	ck_assert_uint_eq(rib_find(f.rib, "c.x")->hop[0].addr.ip[3], 2);
	following_end(&f);
}
END_TEST

/* A pattern that is new waits as a hold: until its claimer has it published, and
 * longer for the hops on the way. */
static const struct {
	const char *claimer;
	uint64_t after_ms;
	const char *want;
	uint64_t due_ms; /* 0: never */
} waits[] = {
	{ "p1.x", 0, "hold", FRESH_MS },
	{ "p1.x", FRESH_MS - 1, "hold", FRESH_MS },
	{ "p1.x", FRESH_MS, "remote p1.x 10/1\n", FRESH_TRANSIT_MS },
	{ "p2.x", FRESH_MS, "hold", FRESH_TRANSIT_MS },
	{ "p2.x", FRESH_TRANSIT_MS - 1, "hold", FRESH_TRANSIT_MS },
	{ "p2.x", FRESH_TRANSIT_MS, "remote p1.x 10/2\n", 0 },
};

START_TEST(what_is_new_waits)
{
	struct following f;
	struct mono begin;
	char *text, *line;

	following_begin(&f, WORLD);
	f.world.in.now.ms += 10 * FRESH_BEGIN_MS;
	follow(&f);
	begin = f.world.in.now;
	world_say(&f.world,
	    waits[_i].claimer[1] == '1' ? "space z.x p1.x" : "space z.x p2.x");
	follow(&f);
	f.world.in.now.ms += waits[_i].after_ms;
	follow(&f);
	text = world_text(f.rib);
	line = strstr(text, "z.x ");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(
	    strncmp(line + 4, waits[_i].want, strlen(waits[_i].want)) == 0,
	    "%s", text);
	ck_assert_uint_eq(f.due.ms, waits[_i].due_ms == 0
					? MONO_NEVER.ms
					: begin.ms + waits[_i].due_ms);
	mem_free(text);
	following_end(&f);
}
END_TEST

/* What is in the first table waits for hops that began with it, by their own words. */
static const struct {
	uint64_t lived_s; /* 0: nothing tells */
	uint64_t after_ms;
	const char *want;
	uint64_t due_ms; /* 0: never */
} begins[] = {
	{ 0, 0, "hold", FRESH_TRANSIT_MS },
	{ FRESH_TRANSIT_MS / 1000 - 1, 0, "hold", FRESH_TRANSIT_MS },
	{ FRESH_TRANSIT_MS / 1000 - 1, FRESH_TRANSIT_MS - 1, "hold",
	    FRESH_TRANSIT_MS },
	{ FRESH_TRANSIT_MS / 1000 - 1, FRESH_TRANSIT_MS, "remote p1.x 15/2\n",
	    0 },
	{ FRESH_TRANSIT_MS / 1000, 0, "remote p1.x 15/2\n", 0 },
};

START_TEST(a_first_table_waits)
{
	static const uint8_t cert[] = { 1 };
	struct lsa_identity said = {
		.cert = { cert }, .cert_len = { sizeof(cert) }, .ncerts = 1
	};
	struct following f = { .rib = NULL };
	struct buf body = { 0 };
	char *text, *line;

	world_init(&f.world);
	f.world.db.news = &f.news;
	lsa_identity_encode(&body, &said);
	if (begins[_i].lived_s > 0)
		world_install(&f.world,
		    &(struct lsa_key){ "p1.x", "", LSA_IDENTITY }, &body);
	buf_done(&body);
	f.world.issued = begins[_i].lived_s;
	world_say(&f.world,
	    "self a1.x a; server a1.x a nbr p1.x; server p1.x p nbr a1.x,q1.x;"
	    "server q1.x q nbr p1.x; connector ap a1.x p p1.x=10+;"
	    "connector pq p1.x q q1.x=5+; space own.x p1.x; space z.x q1.x");
	follow(&f);
	f.world.in.now.ms += begins[_i].after_ms;
	follow(&f);
	text = world_text(f.rib);
	ck_assert_ptr_nonnull(strstr(text, "own.x remote p1.x 10/1\n"));
	line = strstr(text, "z.x ");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(
	    strncmp(line + 4, begins[_i].want, strlen(begins[_i].want)) == 0,
	    "%s", text);
	ck_assert_uint_eq(f.due.ms,
	    begins[_i].due_ms == 0 ? MONO_NEVER.ms : begins[_i].due_ms);
	mem_free(text);
	following_end(&f);
}
END_TEST

/* Whoever is back has not heard of what is new. */
START_TEST(what_is_new_waits_for_who_is_back)
{
	struct unheard_one back = { .name = mem_str("p1.x"), .is_back = true };
	struct unheard_one new = { .name = mem_str("q.x") };
	struct following f;

	following_begin(&f, WORLD);
	back.since = f.world.in.now;
	new.since = f.world.in.now;
	f.unheard.late_ms = 1000;
	vec_push(&f.unheard.away, back);
	vec_push(&f.unheard.news, new);
	ck_assert(follow(&f));
	ck_assert_uint_eq(rib_find(f.rib, "q.x")->cost, 0);
	ck_assert_uint_eq(rib_find(f.rib, "q.x")->hops, 0);
	ck_assert_uint_eq(rib_find(f.rib, "q.x")->nhops, 0);
	table_is(&f, "own.x here 0\nq.x hold no path to p2.x: p1.x has not "
		     "heard of it\n");
	following_end(&f);
}
END_TEST

/* --- what a certificate lets a connector lead to -------------------------------- */

static bool
only_p(void *ctx, const char *origin, const char *group)
{
	(void)ctx;
	(void)origin;
	return strcmp(group, "p") == 0;
}

static const struct {
	const char *what, *said, *want;
} groups[] = {
	{ "the group that the bridgehead says of itself",
	    "connector ap a1.x other p1.x=10+", "q.x remote p1.x 10/2\n" },
	{ "no other, whatever the connector says",
	    "server p1.x other nbr a1.x,p2.x,p3.x,p4.x",
	    "q.x hold no path to p, connector ap down\n" },
	{ "what the connector says of one that nobody knows",
	    "connector ap a1.x p new.x=10+@10.9.9.9:25; connector an a1.x n "
	    "old.x=10+@10.9.9.8:25;"
	    "space q.x new.x; space r.x old.x",
	    "q.x remote new.x 10/1\nr.x hold no path to old.x: unknown "
	    "server\n" },
};

START_TEST(a_certificate_names_groups)
{
	struct world w;
	char *text;

	world_init(&w);
	world_say(&w, WORLD "unspace own.x; lose a1.x own.x");
	world_say(&w, groups[_i].said);
	w.in.may_connect = only_p;
	text = world_rib(&w);
	ck_assert_str_eq(text, groups[_i].want);
	mem_free(text);
	world_done(&w);
}
END_TEST

/* Facts begin in whatever memory. */
START_TEST(facts_need_no_zeroes)
{
	struct facts facts;
	struct world w;

	world_init(&w);
	world_say(&w, WORLD);
	memset(&facts, 0xa5, sizeof(facts));
	facts_init(&facts, &w.in);
	ck_assert_uint_eq(facts.servers.n, 6);
	ck_assert_uint_eq(facts.claims.n, 2);
	ck_assert_uint_eq(facts.limited, 0);
	facts_done(&facts);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("view, followed by rows");
	TCase *tc = tcase_create("follow");

	tcase_add_loop_test(tc, a_change_is_followed, 0, COUNT(rows));
	tcase_add_test(tc, what_rests_stays_where_it_is);
	tcase_add_test(tc, what_is_farther_stays_where_it_is);
	tcase_add_test(tc, keys_of_our_own_are_looked_at_again);
	tcase_add_test(tc, a_key_of_our_own_moves_once);
	tcase_add_test(tc, a_path_is_another);
	tcase_add_test(tc, a_neighbour_is_elsewhere);
	tcase_add_loop_test(tc, what_is_new_waits, 0, COUNT(waits));
	tcase_add_loop_test(tc, a_first_table_waits, 0, COUNT(begins));
	tcase_add_test(tc, what_is_new_waits_for_who_is_back);
	tcase_add_loop_test(tc, a_certificate_names_groups, 0, COUNT(groups));
	tcase_add_test(tc, facts_need_no_zeroes);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
