/*
 * test_admit_rows.c - where a message of 5000 octets goes, a world each: by the
 * table, by a way of its own, or nowhere, and why.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/admit.h"
#include "t/core/seat.h"
#include "t/core/world.h"
#include "t/tap.h"

/* s0 and five neighbours, each a group of its own. */
#define STAR                                                                   \
	"self s0.x g0;server s0.x g0 nbr s1.x,s2.x,s3.x,s4.x,s5.x;"            \
	"server s1.x g1 nbr s0.x,s2.x,s3.x,s4.x,s5.x;"                         \
	"server s2.x g2 nbr s0.x,s1.x;server s3.x g3 nbr s0.x,s1.x;"           \
	"server s4.x g4 nbr s0.x,s1.x;server s5.x g5 nbr s0.x,s1.x;"
/* lsrd on s1, between s0 and s2, is dead: a way by it is a last resort. */
#define DEAD                                                                   \
	"self s0.x g0;server s0.x g0 nbr s9.x up s9.x;"                        \
	"server s9.x g0 nbr s0.x up s0.x;server s1.x g1 nbr s0.x,s2.x;"        \
	"server s2.x g2 nbr s1.x;connector hb s1.x g2 s2.x=10+;"               \
	"connector bh s2.x g1 s1.x=10+;connector ha s1.x g0 s0.x=10+;"         \
	"space a.example s2.x;"
#define BY(n, cost, rest)                                                      \
	"connector c" #n " s0.x g" #n " s" #n ".x=" #cost "+@10.9.0." #n       \
	":25" rest ";"
#define ON(n) "connector d" #n " s" #n ".x g1 s1.x=2+@10.9.0.1:25;"

static const struct {
	const char *what, *words;
	const char *ask[2]; /* one after the other, of one message */
	const char *answer; /* the last: a word, hops, what it says */
} rows[] = {
	{ "the plain way admits it",
	    STAR BY(1, 1, "") BY(2, 2, " size 9") "space a.example s1.x",
	    { "u@a.example" }, "plain" },
	{ "so does another at the same price",
	    STAR BY(1, 1, " size 9") BY(2, 1, "") ON(2) "space a.example s1.x",
	    { "u@a.example" }, "route 2" },
	{ "asked twice it is the same",
	    STAR BY(1, 1, " size 9") BY(2, 1, "")
		ON(2) "space a.example s1.x;space b.example s1.x",
	    { "u@a.example", "v@a.example" }, "route 2" },
	{ "asked for another it is that one's",
	    STAR BY(1, 1, " size 9") BY(2, 1, "")
		ON(2) "space a.example s1.x;space b.example s2.x",
	    { "u@a.example", "v@b.example" }, "plain" },
	{ "four ways at most",
	    STAR BY(1, 1, " size 9") BY(2, 2, "") BY(3, 2, "") BY(4, 2, "")
		BY(5, 2, "") ON(2) ON(3) ON(4)
		    ON(5) "connector e2 s0.x g2 s2.x=2+@10.9.0.6:25;"
			  "space a.example s1.x",
	    { "u@a.example" }, "route ????" },
	{ "no way, and the plain one is too narrow for ever",
	    STAR BY(1, 1, " size 9") "space a.example s1.x", { "u@a.example" },
	    "never size" },
	{ "a way whose hop has no address",
	    STAR BY(1, 1, " size 9") "connector c2 s0.x g2 "
				     "s2.x=2+@0.0.0.0:25;" ON(
					 2) "space a.example s1.x",
	    { "u@a.example" }, "hold no address of a hop" },
	{ "two ways to one address",
	    STAR BY(1, 1, " size 9")
		BY(2, 2, "") "connector c3 s0.x g3 s3.x=2+@10.9.0.2:25;" ON(2)
		    ON(3) "space a.example s1.x",
	    { "u@a.example" }, "route 2" },
	{ "said at length once",
	    STAR BY(
		1, 1, " size 9") "space a.example s1.x;space b.example s1.x",
	    { "u@a.example", "u@b.example" }, "never no way admits" },
	{ "and of all that one pattern takes",
	    STAR BY(
		1, 1, " size 9") "space a.example s1.x;space b.example s1.x",
	    { "u@a.example", "v@a.example" }, "never size" },
	{ "no way now",
	    STAR BY(1, 1, " size 9") "connector c2 s0.x g2 "
				     "s2.x=1-@10.9.0.2:25;" ON(
					 2) "space a.example s1.x",
	    { "u@a.example" }, "hold size" },
	{ "its own way out, and the table leads elsewhere",
	    STAR BY(1, 1,
		" size 9") "space a.example s1.x;space a.example s0.x cost 50",
	    { "u@a.example" }, "hold only this server's own way out" },
	{ "what is here is no matter of ways",
	    STAR BY(1, 1, " size 9") "space a.example s0.x", { "u@a.example" },
	    "plain" },
	{ "nobody's address", STAR BY(1, 1, " size 9") "space a.example s1.x",
	    { "u@b.example" }, "plain" },
	{ "a claim for its own group is none here",
	    STAR BY(1, 1, " size 9") "space a.example s1.x local;space "
				     ".example s2.x;" BY(2, 2, ""),
	    { "u@a.example" }, "plain" },
	{ "with a fallback behind it",
	    STAR BY(1, 1, " size 9")
		BY(2, 2, "") "space a.example s1.x fallback;space * s2.x",
	    { "u@a.example" }, "route 2" },
	{ "a fallback's own fallback",
	    STAR BY(1, 1, " size 9") "space a.example s1.x fallback;space * "
				     "s1.x fallback",
	    { "u@a.example" }, "never size" },
	{ "one that is none has none behind it",
	    STAR BY(1, 1, " size 9")
		BY(2, 2, "") "space a.example s1.x;space * s2.x",
	    { "u@a.example" }, "never size" },
	{ "of last resort, and not", DEAD BY(1, 10, " size 9"),
	    { "u@a.example" }, "hold no path of last resort" },
	{ "of last resort, by another connector",
	    DEAD BY(
		1, 10, " size 9") "connector c9 s0.x g1 s1.x=10+@10.9.0.1:25;",
	    { "u@a.example" }, "plain" },
};

static const char *
kind_word(enum admit_kind kind)
{
	static const char *const words[] = { [ADMIT_PLAIN] = "plain",
		[ADMIT_ROUTE] = "route",
		[ADMIT_HOLD] = "hold",
		[ADMIT_NEVER] = "never" };

	return words[kind];
}

/* `?` is any hop. */
static bool
hops_are(const struct admit_answer *answer, const char *want)
{
	if (strlen(want) != answer->nhops)
		return false;
	for (size_t i = 0; i < answer->nhops; i++)
		if (want[i] != '?' &&
		    want[i] != '0' + answer->hop[i].addr.ip[3])
			return false;
	return true;
}

static void
answer_is(const char *what, const struct admit_answer *answer, const char *want)
{
	const char *word = kind_word(answer->kind);
	size_t n = strlen(word);
	const char *rest = want + n + (want[n] == ' ');

	ck_assert_msg(
	    strncmp(want, word, n) == 0, "%s: %s %s", what, word, answer->why);
	if (answer->kind == ADMIT_ROUTE)
		ck_assert_msg(hops_are(answer, rest), "%s: %zu hops, .%u first",
		    what, answer->nhops, answer->hop[0].addr.ip[3]);
	else if (*rest != '\0')
		ck_assert_msg(strstr(answer->why, rest) != NULL, "%s: %s", what,
		    answer->why);
}

START_TEST(where_it_goes)
{
	const struct policy_message message = { .size = 5000, .sender = "u@b" };
	struct seat seat = { .limits = true };
	struct admit_answer answer;
	struct admit *admit;
	struct world w;

	world_init(&w);
	world_say(&w, rows[_i].words);
	rib_free(seat_world(&seat, &w, NULL));
	world_done(&w);
	admit = admit_new(&seat.table, &seat.net, &message);
	ck_assert_ptr_nonnull(admit);
	for (int i = 0; i < 2 && rows[_i].ask[i] != NULL; i++)
		admit_ask(admit, rows[_i].ask[i], &answer);
	answer_is(rows[_i].what, &answer, rows[_i].answer);
	admit_free(admit);
	seat_done(&seat);
}
END_TEST

/* Two ways to z, of which the short one is too narrow. */
static char *
long_way(unsigned hops)
{
	struct buf out = { 0 };

	buf_text(&out, "self s0.x g0;server s0.x g0 nbr n01.x,z.x;"
		       "connector s s0.x gz z.x=1+ size 9;");
	for (unsigned i = 1; i < hops; i++) {
		buf_printf(&out, "server n%02u.x g%u nbr ", i, i);
		buf_printf(&out, i == 1 ? "s0.x," : "n%02u.x,", i - 1);
		buf_printf(&out, i == hops - 1 ? "z.x;" : "n%02u.x;", i + 1);
		buf_printf(&out, "connector c%u ", i);
		buf_printf(&out, i == 1 ? "s0.x" : "n%02u.x", i - 1);
		buf_printf(&out, " g%u n%02u.x=1+;", i, i);
	}
	buf_printf(&out, "server z.x gz nbr s0.x,n%02u.x;", hops - 1);
	buf_printf(&out, "connector z n%02u.x gz z.x=1+;", hops - 1);
	buf_text(&out, "space a.example z.x");
	return buf_string(&out);
}

/* "A path of more than 40 hops is published as a hold" */
START_TEST(a_way_of_so_many_hops)
{
	const struct policy_message message = { .size = 5000, .sender = "u@b" };
	struct seat seat = { .limits = true };
	struct admit_answer answer;
	struct admit *admit;
	struct world w;
	char *text = long_way((unsigned)_i);

	world_init(&w);
	world_say(&w, text);
	rib_free(seat_world(&seat, &w, NULL));
	world_done(&w);
	admit = admit_new(&seat.table, &seat.net, &message);
	ck_assert_ptr_nonnull(admit);
	admit_ask(admit, "u@a.example", &answer);
	answer_is("hops", &answer,
	    _i <= 40 ? "route ?"
		     : "hold no path within 40 hops admits this message");
	admit_free(admit);
	seat_done(&seat);
	mem_free(text);
}
END_TEST

/* What every connector takes needs no way of its own. */
START_TEST(what_all_admit)
{
	const struct policy_message message = { .size = 8 + (uint64_t)_i,
		.sender = "u@b" };
	struct seat seat = { .limits = true };
	struct admit *admit;
	struct world w;

	world_init(&w);
	world_say(
	    &w, STAR BY(1, 1, " size 9") BY(2, 2, "") "space a.example s1.x");
	rib_free(seat_world(&seat, &w, NULL));
	world_done(&w);
	admit = admit_new(&seat.table, &seat.net, &message);
	ck_assert_int_eq(admit == NULL, message.size <= 9);
	ck_assert_int_eq(
	    admit_everywhere(&seat.net, &message), message.size <= 9);
	if (admit != NULL)
		admit_free(admit);
	seat_done(&seat);
}
END_TEST

/* Two that differ in one thing get no one FILTER. */
START_TEST(what_is_the_same)
{
	const struct admit_answer one = { .kind = ADMIT_ROUTE,
		.nhops = 1,
		.hop = { { .addr = { 4, { 192, 0, 2, 1 }, 25 }, .by = "a" } } };
	struct admit_answer other = one;

	ck_assert(admit_same(&one, &other));
	other.hop[0].by = "b";
	ck_assert(!admit_same(&one, &other));
	other.hop[0].by = NULL;
	ck_assert(!admit_same(&one, &other));
	ck_assert(!admit_same(&other, &one));
	other = one;
	other.hop[0].addr.port = 26;
	ck_assert(!admit_same(&one, &other));
	other = one;
	other.nhops = 0;
	ck_assert(!admit_same(&one, &other));
	other.kind = ADMIT_HOLD;
	ck_assert(!admit_same(&one, &other));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("admit_rows");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(
	    tc, where_it_goes, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tc, a_way_of_so_many_hops, 39, 42);
	tcase_add_loop_test(tc, what_all_admit, 0, 3);
	tcase_add_test(tc, what_is_the_same);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
