/*
 * test_leaving.c - keys that leave the table: when, as what, and what a table
 * that is read from a file still knows. Small worlds in words.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/wall.h"
#include "t/core/world.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define WALL INT64_C(1700000000)
#define QUEUE_S 86400

/* How a hold says its end, of which the time is left out here. */
#define HELD "hold no path: its last claim was withdrawn, held until"
#define KEPT "hold no path: its last claim was withdrawn, given up at"
#define LEFT_NONE                                                              \
	"l.x hold no path: no claim known, no next hop left relay\nm.x here "  \
	"0\n"
#define STOLEN "hold no path: the key of its server was revoked"

/* What is said, or the word `restart`, or `calendar` and by how many seconds
 * it is set. */
struct step {
	int64_t at_s;
	const char *say;
	const char *want; /* of b.x; NULL: no such key */
	int64_t leaves_s; /* of it, in the same seconds; 0: it stays */
};

struct run {
	struct world w;
	struct view_pending pending;
	struct rib *rib;
	int64_t calendar_s;
};

/* What a restart leaves of a table and of what was known beside it. */
static void
restart(struct run *run)
{
	for (size_t i = 0; run->rib != NULL && i < run->rib->n; i++) {
		struct route *r = &run->rib->routes[i];
		struct buf octets = { 0 };
		struct cur in;

		route_encode(&octets, r);
		route_done(r);
		in = cur_over(octets.p, octets.n);
		ck_assert_int_eq(route_decode(&in, r), RC_OK);
		buf_done(&octets);
	}
	view_pending_done(&run->pending);
}

static struct rib *
rib_at(struct run *run, int64_t at_s)
{
	struct view *view;
	struct rib *rib;

	run->w.in.now.ms = (uint64_t)at_s * 1000;
	run->w.in.wall = (uint64_t)(WALL + at_s + run->calendar_s);
	view = view_new(&run->w.in);
	rib = view_rib(view, run->rib, &run->pending);
	rib_number(rib, run->rib, rib_diff(run->rib, rib, NULL, NULL) > 0);
	view_free(view);
	return rib;
}

/* The line of this pattern, or NULL. */
static const char *
line_of(const char *text, const char *pattern)
{
	size_t n = strlen(pattern);

	while (text != NULL && *text != '\0') {
		if (strncmp(text, pattern, n) == 0 && text[n] == ' ')
			return text + n + 1;
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return NULL;
}

static void
judge(const struct step *step, size_t at, const struct rib *rib)
{
	const struct route *r = rib_find(rib, "b.x");
	char *text = world_text(rib);
	const char *have = line_of(text, "b.x");
	int64_t leaves = step->leaves_s == 0 ? 0 : WALL + step->leaves_s;

	ck_assert_msg(
	    (have == NULL) == (step->want == NULL), "step %zu:\n%s", at, text);
	if (have != NULL) {
		ck_assert_msg(
		    strncmp(have, step->want, strlen(step->want)) == 0,
		    "step %zu: want %s in\n%s", at, step->want, text);
		ck_assert_msg((int64_t)r->leaves == leaves,
		    "step %zu: leaves at %lld", at,
		    (long long)r->leaves - (long long)WALL);
	}
	mem_free(text);
}

/* One table after the other, as an engine publishes them. */
static void
play(const struct step *steps, size_t n, bool always)
{
	struct run run = { .rib = NULL };

	world_init(&run.w);
	run.w.setup.mta.queue_s = QUEUE_S;
	for (size_t i = 0; i < n; i++) {
		struct rib *rib;

		if (strcmp(steps[i].say, "restart") == 0 || always)
			restart(&run);
		if (strncmp(steps[i].say, "calendar ", 9) == 0)
			run.calendar_s += strtoll(steps[i].say + 9, NULL, 10);
		else if (strcmp(steps[i].say, "restart") != 0)
			world_say(&run.w, steps[i].say);
		rib = rib_at(&run, steps[i].at_s);
		judge(&steps[i], i, rib);
		rib_free(run.rib);
		run.rib = rib;
	}
	rib_free(run.rib);
	view_pending_done(&run.pending);
	world_done(&run.w);
}

#define PLAY(steps, always) play(steps, (size_t)COUNT(steps), always)

#define PAIR                                                                   \
	"self a.x g;key 1;server a.x g nbr b.x up b.x;"                        \
	"space a.x a.x;key 2;server b.x g nbr a.x;"

/* "a published key whose last claim was purged is a hold for one hour more
 * before it goes ... not prolonged by a restart" */
START_TEST(a_purged_key_is_held_for_an_hour)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD " 2023-11-14T23:13:30Z", 3610 },
		{ 3609, "", HELD " 2023-11-14T23:13:30Z", 3610 },
		{ 3610, "", KEPT " 2023-11-14T23:13:30Z", 3610 },
		{ 3611 + QUEUE_S, "", NULL, 0 },
		{ 4000 + QUEUE_S, "", NULL, 0 },
	};

	PLAY(steps, false);
}
END_TEST

/* The same with a restart before each table; mail that waits is given an
 * hour after each. */
START_TEST(a_restart_changes_no_end)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 600, "", HELD, 3610 },
		{ 1200, "lose b.x", HELD, 3610 },
		{ 3609, "", HELD, 3610 },
		{ 3610, "", KEPT, 3610 },
		{ 3610 + QUEUE_S, "", KEPT, 3610 },
	};

	PLAY(steps, true);
}
END_TEST

/* A hold whose hour ended while we were down: mail came until we knew. */
START_TEST(an_hour_ends_while_we_are_down)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 9000, "restart", KEPT " 2023-11-15T00:43:20Z", 9000 },
		{ 9001, "", KEPT " 2023-11-15T00:43:20Z", 9000 },
	};

	PLAY(steps, false);
}
END_TEST

START_TEST(a_claim_that_returns_ends_the_hour)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x", "remote b.x 0/1", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 20, "space b.x b.x", "remote b.x 0/1", 0 },
		{ 4000, "purge b.x b.x", HELD, 7600 },
		{ 7599, "", HELD, 7600 },
		{ 7600, "", KEPT, 7600 },
		{ 7700, "space b.x b.x", "remote b.x 0/1", 0 },
	};

	PLAY(steps, false);
	PLAY(steps, true);
}
END_TEST

/* "while we run it is a moment of our own": the calendar moves nothing, and
 * the end is said anew. After a start at most an hour is left. */
START_TEST(the_calendar_is_set)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 20, "calendar 30", HELD, 3610 },
		{ 30, "calendar 999970", HELD, 1003610 },
		{ 3609, "", HELD, 1003610 },
		{ 3610, "", KEPT, 1003610 },
	};
	static const struct step back[] = {
		{ 0, PAIR "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 100, "calendar -999999", HELD, 3700 - 999999 },
		{ 3699, "", HELD, 3700 - 999999 },
		{ 3700, "", KEPT, 3700 - 999999 },
	};
	/* What waits is not bounced for a calendar that is a year ahead. */
	static const struct step ahead[] = {
		{ 0, PAIR "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 100, "calendar 31536000", KEPT, 31536100 },
		{ 3699, "", KEPT, 31536100 },
	};

	PLAY(steps, false);
	PLAY(back, true);
	PLAY(ahead, true);
}
END_TEST

/* "the hold in transport stays for messages in the queue beside us that came
 * before the end": by readings of the queue. */
START_TEST(mail_that_waits_keeps_its_hold)
{
	struct run run = { .rib = NULL };
	struct rib *rib;

	world_init(&run.w);
	world_say(&run.w, PAIR "space b.x b.x relay");
	run.rib = rib_at(&run, 0);
	world_say(&run.w, "purge b.x b.x");
	for (int64_t at = 10; at <= 3610; at += 3600) {
		rib = rib_at(&run, at);
		rib_free(run.rib);
		run.rib = rib;
	}
	ck_assert(rib_find(run.rib, "b.x")->over);
	ck_assert(!rib_find(run.rib, "b.x")->relay);
	ck_assert(!view_pending_waits(&run.pending, "b.x", 3));
	ck_assert(!view_pending_waits(&run.pending, "c.x", 0));
	rib = rib_at(&run, 90000);
	ck_assert(rib_find(rib, "b.x") != NULL);
	rib_free(rib);
	ck_assert(view_pending_waits(&run.pending, "b.x", 0));
	rib = rib_at(&run, 90001);
	ck_assert(rib_find(rib, "b.x") == NULL);
	ck_assert_uint_eq(run.pending.n, 0);
	rib_free(rib);
	rib_free(run.rib);
	view_pending_done(&run.pending);
	world_done(&run.w);
}
END_TEST

/* The claim of another stands: not the last one. */
START_TEST(another_claim_takes_over)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x;space b.x a.x cost 9",
		    "remote b.x 0/1", 0 },
		{ 10, "purge b.x b.x", "here 9", 0 },
		{ 9999, "", "here 9", 0 },
	};

	PLAY(steps, false);
}
END_TEST

/* "one that this very host claimed as here and no longer claims is `:` until
 * it goes, not a hold, also a day later" */
START_TEST(what_was_here_is_here)
{
	static const struct step steps[] = {
		{ 0, PAIR "key 1;space b.x a.x relay", "here 0 relay", 0 },
		{ 10, "unspace b.x", "here 0 relay", 3610 },
		{ 3609, "purge b.x a.x", "here 0 relay", 3610 },
		{ 3610, "", NULL, 0 },
	};
	static const struct step day[] = {
		{ 0, PAIR "key 1;space b.x a.x relay", "here 0 relay", 0 },
		{ 86400, "unspace b.x;lose a.x", "here 0 relay", 90000 },
		{ 89999, "", "here 0 relay", 90000 },
		{ 90000, "", NULL, 0 },
	};
	/* It was one of two, and the dearer one. */
	static const struct step two[] = {
		{ 0, PAIR "space b.x b.x;key 1;space b.x a.x cost 9",
		    "remote b.x 0/1", 0 },
		{ 10, "unspace b.x;purge b.x a.x;purge b.x b.x", "here 0",
		    3610 },
	};
	/* Its name was another one. */
	static const struct step renamed[] = {
		{ 0, PAIR "key 1;space b.x a.x", "here 0", 0 },
		{ 10, "unspace b.x;self c.x g;lose a.x", "here 0", 3610 },
	};
	/* By a way of ours: that way is no more configured. */
	static const struct step way[] = {
		{ 0, PAIR "key 1;space b.x a.x way smtp:gw.x",
		    "way smtp:gw.x 0", 0 },
		{ 10, "unspace b.x", HELD, 3610 },
	};

	PLAY(steps, false);
	PLAY(steps, true);
	PLAY(day, true);
	PLAY(two, false);
	PLAY(two, true);
	PLAY(renamed, true);
	PLAY(way, true);
}
END_TEST

/* "a pattern is known, as a hold [...] however long its server has been
 * away" */
START_TEST(a_claim_stands_for_ever)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay;key 1;server a.x g down b.x",
		    "hold no path to b.x in our own group, "
		    "no neighbour answers relay",
		    0 },
		{ 100000000, "",
		    "hold no path to b.x in our own group, "
		    "no neighbour answers relay",
		    0 },
	};

	PLAY(steps, false);
	PLAY(steps, true);
}
END_TEST

/* What became of it while we were down: a table from a file, and a database
 * that says so, or does not. */
#define CLAIM PAIR "space b.x b.x relay"

static const struct {
	const char *rule, *before, *after, *want;
	bool leaves;
} fates[] = {
	{ "purged", CLAIM, "purge b.x b.x", HELD, true },
	{ "forgotten", CLAIM, "lose b.x;forget b.x 2", HELD, true },
	{ "forgotten with a later key of that name", CLAIM,
	    "lose b.x;forget b.x 3", HELD, true },
	{ "nothing is known", CLAIM, "lose b.x", "remote b.x", false },
	{ "revoked", CLAIM, "lose b.x;revoke 2", STOLEN, false },
	{ "revoked, and forgotten", CLAIM, "lose b.x;revoke 2;forget b.x 2",
	    HELD, true },
	{ "revoked, and back with a new key", CLAIM,
	    "lose b.x;revoke 2;key 3;server b.x g nbr a.x", HELD, true },
	{ "its server has a new key, and may still say it", CLAIM,
	    "lose b.x;key 3;server b.x g nbr a.x", "remote b.x", false },
	{ "another key was revoked", CLAIM, "lose b.x;revoke 3", "remote b.x",
	    false },
	{ "out of sight: the scope of another group",
	    PAIR "key 3;server c.x h;space b.x c.x", "space b.x c.x local",
	    HELD, true },
	{ "one of two purged", CLAIM ";server c.x g;space b.x c.x",
	    "purge b.x b.x;lose c.x", "remote b.x", false },
	{ "both gone", CLAIM ";key 3;server c.x g;space b.x c.x",
	    "purge b.x b.x;lose c.x;forget c.x 3", HELD, true },
	{ "one gone, one revoked", CLAIM ";key 3;server c.x g;space b.x c.x",
	    "purge b.x b.x;lose c.x;revoke 3", STOLEN, false },
	{ "an old purge in an old database",
	    PAIR "purge b.x b.x;space b.x b.x relay", "", "remote b.x", false },
};

START_TEST(a_table_from_a_file_knows)
{
	struct step steps[2] = {
		{ 0, fates[_i].before, NULL, 0 },
		{ 10, fates[_i].after, fates[_i].want, 0 },
	};

	steps[0].want = strstr(fates[_i].before, "c.x h") != NULL
	                    ? "hold no path to h"
	                    : "remote b.x";
	steps[1].leaves_s = fates[_i].leaves ? 3610 : 0;
	PLAY(steps, true);
}
END_TEST

/* A thief's purge is undone when his key is revoked. */
START_TEST(a_revocation_stops_the_hour)
{
	static const struct step steps[] = {
		{ 0, CLAIM, "remote b.x 0/1 relay", 0 },
		{ 10, "purge b.x b.x", HELD, 3610 },
		{ 20, "lose b.x;revoke 2", STOLEN, 0 },
		{ 86400, "", STOLEN, 0 },
		{ 86500, "forget b.x 2", HELD, 90100 },
		{ 90100, "", KEPT, 90100 },
	};

	PLAY(steps, false);
	PLAY(steps, true);
}
END_TEST

/* Nobody purges what a server with another key does not know that it said:
 * half a minute after that key it is gone. */
#define RENEWED "lose b.x;key 3;server b.x g nbr a.x"

START_TEST(a_new_key_ends_what_it_does_not_claim)
{
	static const struct step steps[] = {
		{ 0, CLAIM, "remote b.x 0/1 relay", 0 },
		{ 10, RENEWED, "remote b.x 0/1 relay", 0 },
		{ 39, "", "remote b.x 0/1 relay", 0 },
		{ 40, "", HELD, 3640 },
		{ 3639, "restart", HELD, 3640 },
		{ 3640, "", KEPT, 3640 },
	};

	PLAY(steps, false);
}
END_TEST

START_TEST(a_new_key_that_claims_in_time_holds_nothing)
{
	static const struct step steps[] = {
		{ 0, CLAIM, "remote b.x 0/1 relay", 0 },
		{ 10, RENEWED, "remote b.x 0/1 relay", 0 },
		{ 30, "space b.x b.x relay", "remote b.x 0/1 relay", 0 },
		{ 50, "", "remote b.x 0/1 relay", 0 },
		/* and once more: it is waited for anew */
		{ 60, "lose b.x;key 4;server b.x g nbr a.x",
		    "remote b.x 0/1 relay", 0 },
		{ 80, "", "remote b.x 0/1 relay", 0 },
		{ 91, "", HELD, 3691 },
	};

	PLAY(steps, false);
}
END_TEST

/* Not by a server that says of itself that it is starting, nor by its key of
 * before, in a database that is older than the table. */
START_TEST(a_key_that_is_not_newer_ends_nothing)
{
	static const struct step starting[] = {
		{ 0, CLAIM, "remote b.x 0/1 relay", 0 },
		{ 10, "lose b.x;key 3;server b.x g nbr a.x starting",
		    "remote b.x 0/1 relay", 0 },
		{ 86400, "", "remote b.x 0/1 relay", 0 },
	};
	static const struct step old[] = {
		{ 0, PAIR "key 3;space b.x b.x relay", "remote b.x 0/1 relay",
		    0 },
		{ 10, "lose b.x b.x", "remote b.x 0/1 relay", 0 },
		{ 86400, "", "remote b.x 0/1 relay", 0 },
	};

	PLAY(starting, false);
	PLAY(old, false);
}
END_TEST

/* What a table read from a file holds and the database knows nothing of. */
static struct rib *
lost(void)
{
	struct rib *rib = mem_new(sizeof(*rib), 0, 0);
	struct route *r;

	rib->generation = 7;
	rib->n = 2;
	rib->routes = r = mem_new(0, 2, sizeof(*rib->routes));
	r[0] = (struct route){ .pattern = mem_str("l.x"),
		.kind = ROUTE_REMOTE,
		.relay = true,
		.server = mem_str("l.x"),
		.nhops = 2 };
	r[0].hop[0] = (struct route_hop){ .name = "b.x",
		.addr = { 4, { 10, 0, 0, 2 }, 25 } };
	r[0].hop[1] = (struct route_hop){ .name = "c.x",
		.addr = { 4, { 10, 0, 0, 3 }, 25 } };
	r[0].claims = mem_new(0, 1, sizeof(*r->claims));
	r[0].claims[r[0].nclaims++] =
	    (struct route_claim){ .server = mem_str("l.x") };
	r[1] = (struct route){ .pattern = mem_str("m.x"),
		.kind = ROUTE_HERE,
		.bare = true,
		.server = mem_str("a.x") };
	return rib;
}

/* "a published key of which the database holds neither a claim nor a purge
 * (saved state was lost) keeps its route, less the next hops that our own
 * probes find down" */
static const struct {
	const char *say, *want;
	uint64_t generation;
	const char *maker; /* of the route; NULL: nothing tells */
} losses[] = {
	{ "", "l.x remote b.x,c.x 0/0 relay\nm.x here 0\n", 7, NULL },
	{ "probe b.x down", "l.x remote c.x 0/0 relay\nm.x here 0\n", 8, NULL },
	{ "probe b.x down;probe b.x up bc",
	    "l.x remote b.x,c.x 0/0 relay\nm.x here 0\n", 7, NULL },
	{ "probe b.x down;probe c.x down", LEFT_NONE, 8, NULL },
	{ "purge l.x l.x",
	    "l.x " HELD " 1970-01-01T01:00:00Z, then given up unless a server "
	    "claims it relay\n"
	    "m.x here 0\n",
	    8, NULL },
	{ "forget l.x 5",
	    "l.x " HELD " 1970-01-01T01:00:00Z, then given up unless a server "
	    "claims it relay\n"
	    "m.x here 0\n",
	    8, NULL },
	{ "", "l.x remote b.x,c.x 0/0 relay\nm.x here 0\n", 7, "a.x" },
	/* From another's disk: who is no neighbour of ours is none to send to. */
	{ "", LEFT_NONE, 8, "z.x" },
	{ "server b.x g", "l.x remote b.x 0/0 relay\nm.x here 0\n", 8, "z.x" },
	{ "connector k a.x h c.x=1+", "l.x remote c.x 0/0 relay\nm.x here 0\n",
	    8, "z.x" },
};

START_TEST(a_lost_key_keeps_its_route)
{
	struct view_pending pending = { 0 };
	struct rib *old = lost(), *rib, *next;
	struct world w;
	struct view *view;
	char *text;

	world_init(&w);
	world_say(&w, "self a.x g");
	world_say(&w, losses[_i].say);
	if (losses[_i].maker != NULL)
		route_path_set(old->routes, &losses[_i].maker, 1);
	view = view_new(&w.in);
	rib = view_rib(view, old, &pending);
	rib_number(rib, old, rib_diff(old, rib, NULL, NULL) > 0);
	text = world_text(rib);
	ck_assert_str_eq(text, losses[_i].want);
	ck_assert_uint_eq(rib->generation, losses[_i].generation);
	next = view_rib(view, rib, &pending); /* nothing happened meanwhile */
	rib_number(next, rib, rib_diff(rib, next, NULL, NULL) > 0);
	ck_assert_uint_eq(rib_diff(rib, next, NULL, NULL), 0);
	ck_assert_uint_eq(next->generation, rib->generation);
	mem_free(text);
	rib_free(next);
	rib_free(rib);
	rib_free(old);
	view_pending_done(&pending);
	view_free(view);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("leaving");
	TCase *tc = tcase_create("leaving");

	tcase_add_test(tc, a_purged_key_is_held_for_an_hour);
	tcase_add_test(tc, a_restart_changes_no_end);
	tcase_add_test(tc, an_hour_ends_while_we_are_down);
	tcase_add_test(tc, a_claim_that_returns_ends_the_hour);
	tcase_add_test(tc, the_calendar_is_set);
	tcase_add_test(tc, mail_that_waits_keeps_its_hold);
	tcase_add_test(tc, another_claim_takes_over);
	tcase_add_test(tc, what_was_here_is_here);
	tcase_add_test(tc, a_claim_stands_for_ever);
	tcase_add_loop_test(tc, a_table_from_a_file_knows, 0, COUNT(fates));
	tcase_add_test(tc, a_revocation_stops_the_hour);
	tcase_add_test(tc, a_new_key_ends_what_it_does_not_claim);
	tcase_add_test(tc, a_new_key_that_claims_in_time_holds_nothing);
	tcase_add_test(tc, a_key_that_is_not_newer_ends_nothing);
	tcase_add_loop_test(tc, a_lost_key_keeps_its_route, 0, COUNT(losses));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
