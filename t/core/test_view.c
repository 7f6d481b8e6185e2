/* test_view.c - from a database to a table: HACKING 6, Routes, rule by rule. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "t/core/world.h"
#include "t/tap.h"

/* Three groups: a1, a2 in london; p1, p2 in paris; t1 in tokyo. We are a1.
 * Rows add to it or say something anew. */
#define WORLD                                                                  \
	"self a1.x london;"                                                    \
	"server a1.x london nbr a2.x,p1.x up a2.x;"                            \
	"server a2.x london nbr a1.x up a1.x;"                                 \
	"server p1.x paris nbr a1.x,p2.x,t1.x up p2.x;"                        \
	"server p2.x paris nbr p1.x up p1.x;"                                  \
	"server t1.x tokyo nbr p1.x;"                                          \
	"connector lp a1.x paris p1.x=10+;"                                    \
	"connector pl p1.x london a1.x=10+;"                                   \
	"connector pt p1.x tokyo t1.x=10+;"                                    \
	"connector tp t1.x paris p1.x=10+;"                                    \
	"space a.x a1.x;"                                                      \
	"space p.x p2.x;"                                                      \
	"space t.x t1.x;"

static const struct {
	const char *rule, *more, *want;
} scenes[] = {
	/* Lists: "A chunk speaks for the patterns from its id up to the id of
	 * the next one that is no purge." */
	{ "a list is claims",
	    "list ! p2.x cost 3 relay l.x p.x; list m.x p2.x cost 4 m.x",
	    "a.x here 0\nl.x remote p1.x 13/2 relay\n"
	    "m.x remote p1.x 14/2\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/2\n" },
	{ "what is said by itself comes before the list",
	    "list ! p2.x cost 3 relay p.x", /* by itself: cost 0, no relay */
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "our own list, which nothing allows", "listed l.x",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "our own list, granted", "listed l.x; grant ! a1.x l.x",
	    "a.x here 0\nl.x here 0\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/2\n" },
	{ "the plain case", "",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },

	/* "A server is *present* if it is joined to us by adjacencies that
	 * both ends announce." */
	{ "an adjacency that one end announces is none", "server t1.x tokyo",
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/2\n" }, /* still a leaf: p1 says up */
	{ "neither present nor a leaf: hold",
	    "server t1.x tokyo;connector pt p1.x tokyo t1.x=10- "
	    "since 12:00:03Z",
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x hold no path to tokyo, connector pt down since 12:00:03Z\n" },

	/* "Never publish: this server itself" */
	{ "several servers behind one address, told apart by ports",
	    "own 192.0.2.1:25;"
	    "server a2.x london nbr a1.x up a1.x at 192.0.2.1:2525;"
	    "server p1.x paris nbr a1.x,p2.x,t1.x up p2.x at 192.0.2.1:2526;"
	    "space b.x a2.x",
	    "a.x here 0\nb.x remote a2.x 0/1\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/2\n" },
	{ "a next hop that has our own address has no alternate either",
	    "own 192.0.2.1:25;"
	    "server p1.x paris nbr a1.x,p2.x,t1.x up p2.x at 192.0.2.1:25;"
	    "connector l2 a2.x paris p1.x=10+",
	    "a.x here 0\np.x hold no path to p2.x: no address to send to\n"
	    "t.x hold no path to t1.x: no address to send to\n" },

	/* "Within a group the step from i to j counts if i reports j's mail
	 * service up" */
	{ "i reports j down: no step",
	    "server p1.x paris nbr a1.x,p2.x,t1.x down p2.x",
	    "a.x here 0\np.x hold no path to paris\n"
	    "t.x remote p1.x 20/2\n" },
	/* "where i does not probe j, if both are in one part and some present
	 * member reports it up, or none reports." */
	{ "nobody reports, one part: a step",
	    "server p1.x paris nbr a1.x,p2.x,t1.x",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "another reports it up, one part: a step",
	    "server p1.x paris nbr a1.x,p2.x,t1.x;"
	    "server p2.x paris nbr p1.x,p3.x;"
	    "server p3.x paris nbr p2.x up p2.x",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "another reports it down, nobody up: no step",
	    "server p1.x paris nbr a1.x,p2.x,t1.x;"
	    "server p2.x paris nbr p1.x,p3.x;"
	    "server p3.x paris nbr p2.x down p2.x",
	    "a.x here 0\np.x hold no path to paris\nt.x remote p1.x 20/2\n" },
	{ "members that disagree: each by its own report",
	    "server p1.x paris nbr a1.x,p2.x,p3.x,t1.x down p2.x up p3.x;"
	    "server p2.x paris nbr p1.x,p3.x;"
	    "server p3.x paris nbr p1.x,p2.x up p2.x",
	    "a.x here 0\np.x remote p1.x 10/3\nt.x remote p1.x 20/2\n" },
	{ "two parts, not probed: no step",
	    "server p1.x paris nbr a1.x,t1.x;"
	    "server p2.x paris nbr t1.x;"
	    "server t1.x tokyo nbr p1.x,p2.x",
	    "a.x here 0\np.x hold no path to paris\nt.x remote p1.x 20/2\n" },
	{ "two parts, reported up: a step",
	    "server p1.x paris nbr a1.x,t1.x up p2.x;"
	    "server p2.x paris nbr t1.x;"
	    "server t1.x tokyo nbr p1.x,p2.x",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },

	/* "If j is absent it is a last hop only." */
	{ "an absent member is the last hop",
	    "server p1.x paris nbr a1.x,t1.x up p2.x",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "nothing leads through an absent member",
	    "server p1.x paris nbr a1.x up p2.x;"
	    "server t1.x tokyo nbr a1.x;"
	    "server a1.x london nbr a2.x,p1.x,t1.x up a2.x;"
	    "connector pt p2.x tokyo t1.x=10+;"
	    "connector pt p1.x tokyo t1.x=10-",
	    /* but a path of last resort does */
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/3 last\n" },
	{ "its report counts for nobody",
	    "server p1.x paris nbr a1.x,p3.x,t1.x;"
	    "server p3.x paris nbr p1.x;"
	    "space p3.x p3.x;"
	    "server p2.x paris nbr t1.x down p3.x",
	    "a.x here 0\np.x hold no path to paris\n"
	    "p3.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },

	/* "A connector's edge to a bridgehead counts if its owner says up for
	 * that bridgehead, and the bridgehead is present, or as a last hop if
	 * it is a leaf" */
	{ "down by its owner",
	    "connector lp a1.x paris p1.x=10- since 2026-11-21T09:00:00Z",
	    "a.x here 0\np.x hold no path to paris, connector lp down since "
	    "2026-11-21T09:00:00Z\n"
	    "t.x hold no path to tokyo\n" },
	{ "a time that is none is not repeated",
	    "connector lp a1.x paris p1.x=10- since x|y",
	    "a.x here 0\np.x hold no path to paris, connector lp down\n"
	    "t.x hold no path to tokyo\n" },
	{ "no connector at all",
	    "server t1.x tokyo nbr p1.x;space o.x o1.x;server o1.x oslo",
	    "a.x here 0\no.x hold no path to oslo: no connector\n"
	    "p.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "the second bridgehead",
	    "connector lp a1.x paris p1.x=10- p2.x=30+;"
	    "server a1.x london nbr a2.x,p1.x,p2.x up a2.x;"
	    "server p2.x paris nbr a1.x,p1.x up p1.x",
	    "a.x here 0\np.x remote p2.x 30/1\nt.x remote p2.x 40/3\n" },

	/* "A drained or starting server keeps its edges as a destination and
	 * gives no transit." */
	{ "draining: a destination", "server t1.x tokyo nbr p1.x drain",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	{ "draining: no transit",
	    "server p1.x paris nbr a1.x,p2.x,t1.x up p2.x drain",
	    "a.x here 0\np.x hold no path to paris, server p1.x drained\n"
	    "t.x hold no path to tokyo, server p1.x drained\n" },
	{ "starting: no transit",
	    "server p1.x paris nbr a1.x,p2.x,t1.x up p2.x starting",
	    "a.x here 0\np.x hold no path to paris\n"
	    "t.x hold no path to tokyo\n" },
	{ "we drain: our own mail goes on",
	    "server a1.x london nbr a2.x,p1.x up a2.x drain",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },
	/* "A drained connector is not used." */
	{ "a drained connector", "connector pt p1.x tokyo t1.x=10+ drain",
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x hold no path to tokyo, connector pt drained\n" },

	/* "raised by congestion: x1, x2, x4, x8" */
	{ "congestion", "connector lp a1.x paris p1.x=10+ cong 2",
	    "a.x here 0\np.x remote p1.x 40/2\nt.x remote p1.x 50/2\n" },
	{ "congestion, worst", "connector lp a1.x paris p1.x=65535+ cong 3",
	    "a.x here 0\np.x remote p1.x 524280/2\n"
	    "t.x remote p1.x 524290/2\n" },

	/* "A path to a space of scope `routing-group` stays inside the
	 * group"; it "exists only for members of its group". */
	{ "scope of another group", "space t.x t1.x local",
	    "a.x here 0\np.x remote p1.x 10/2\n" },
	{ "scope of our group", "space l.x a2.x local",
	    "a.x here 0\nl.x remote a2.x 0/1\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/2\n" },
	{ "not by way of another group",
	    "space l.x a2.x local;space m.x a2.x;"
	    "server a1.x london nbr p1.x,a2.x down a2.x;"
	    "connector pb p1.x london a2.x=10+",
	    "a.x here 0\nl.x hold no path to a2.x in our own group\n"
	    "m.x remote p1.x 20/2\n"
	    "p.x remote p1.x 10/2\nt.x remote p1.x 20/2\n" },

	/* "announced `down` (the claim of the name stands, so nothing
	 * bounces), and the next-best server for it takes over" */
	{ "a space that is down", "space t.x t1.x down",
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x hold no path: the way out at t1.x is down\n" },
	{ "the next-best takes over", "space t.x t1.x down;space t.x p2.x",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 10/2\n" },
	{ "the cheaper claim", "space t.x a2.x cost 15;space t.x p2.x cost 4",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 14/2\n" },
	{ "our own claim among others", "space t.x a1.x cost 20",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x here 20\n" },
	{ "our own way", "space t.x a1.x cost 1 way smtp:[gw.x]:587",
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x way smtp:[gw.x]:587 1\n" },
	{ "our own way is down: another server",
	    "space q.x a1.x way uucp:q;space q.x a1.x down;space q.x a2.x",
	    "a.x here 0\np.x remote p1.x 10/2\nq.x remote a2.x 0/1\n"
	    "t.x remote p1.x 20/2\n" },

	/* "If no claim of the most specific is reachable: hold; or the next
	 * less specific one if every claim of it allows that (`fallback`)." */
	{ "fallback",
	    "space u@h.t.x t1.x fallback;space h.t.x t1.x fallback;"
	    "space .t.x a2.x;server t1.x tokyo;"
	    "connector pt p1.x tokyo t1.x=1-",
	    ".t.x remote a2.x 0/1\na.x here 0\nh.t.x remote a2.x 0/1\n"
	    "p.x remote p1.x 10/2\n"
	    "t.x hold no path to tokyo, connector pt down\n"
	    "u@h.t.x remote a2.x 0/1\n" },
	{ "fallback to what is sent from here",
	    "space t.x t1.x fallback;space * a1.x cost 50;server t1.x tokyo;"
	    "connector pt p1.x tokyo t1.x=1-",
	    "* here 50\na.x here 0\np.x remote p1.x 10/2\nt.x here 50\n" },
	{ "one claim without fallback holds",
	    "space t.x t1.x fallback;space t.x o1.x;space * a1.x;"
	    "server t1.x tokyo;connector pt p1.x tokyo t1.x=1-",
	    "* here 0\na.x here 0\np.x remote p1.x 10/2\n"
	    "t.x hold no path to o1.x: unknown server\n" },
	{ "the less specific one does not fall back further",
	    "space h.t.x t1.x fallback;space .t.x t1.x;space * a1.x;"
	    "server t1.x tokyo;connector pt p1.x tokyo t1.x=1-",
	    "* here 0\n"
	    ".t.x hold no path to tokyo, connector pt down\n"
	    "a.x here 0\nh.t.x hold no path to tokyo, connector pt down\n"
	    "p.x remote p1.x 10/2\n"
	    "t.x hold no path to tokyo, connector pt down\n" },

	/* "a pattern is known, as a hold and in `domains`, for as long as any
	 * claim of it stands in the database" */
	{ "relay stays while a claim stands",
	    "space t.x t1.x relay;server t1.x tokyo;"
	    "connector pt p1.x tokyo t1.x=1-",
	    "a.x here 0\np.x remote p1.x 10/2\n"
	    "t.x hold no path to tokyo, connector pt down relay\n" },
	{ "one of several claims relays", "space t.x a2.x cost 99 relay",
	    "a.x here 0\np.x remote p1.x 10/2\nt.x remote p1.x 20/2 relay\n" },
	/* "`*` never does" */
	{ "never relay for everything", "space * t1.x relay",
	    "* remote p1.x 20/2\na.x here 0\np.x remote p1.x 10/2\n"
	    "t.x remote p1.x 20/2\n" },
};

START_TEST(rules)
{
	struct world w;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	world_say(&w, scenes[_i].more);
	text = world_rib(&w);
	ck_assert_msg(strcmp(text, scenes[_i].want) == 0,
	    "%s\nwant:\n%sgot:\n%s", scenes[_i].rule, scenes[_i].want, text);
	mem_free(text);
	world_done(&w);
}
END_TEST

/* What we said last leads to p1.x, and our configuration to p2.x: until that is
 * said nobody is stepped to. */
START_TEST(a_bridgehead_that_is_no_more_configured)
{
	struct world w;
	struct setup_bridgehead *b;
	char *text;

	world_init(&w);
	world_say(&w, WORLD);
	b = w.setup.connectors[0].bridgeheads;
	mem_free(b->name);
	b->name = mem_str("p2.x");
	text = world_rib(&w);
	ck_assert_str_eq(text, "a.x here 0\n"
			       "p.x hold no path to paris, connector lp down\n"
			       "t.x hold no path to tokyo\n");
	mem_free(text);
	world_done(&w);
}
END_TEST

/* What certificates do not allow a grant may. */
static const struct {
	const char *rule, *more, *want;
} rights[] = {
	{ "a list alone is no right", "list ! p2.x relay l.x", "" },
	{ "nor is a grant a claim", "grant ! p2.x relay l.x", "" },
	{ "a list of what is granted",
	    "list ! p2.x relay l.x m.x;"
	    "grant ! p2.x relay k.x m.x",
	    "m.x remote p1.x 10/2 relay\n" },
	{ "a grant without relaying", "list ! p2.x relay l.x; grant ! p2.x l.x",
	    "l.x remote p1.x 10/2\n" },
	{ "a grant for another", "list ! p2.x l.x; grant ! t1.x l.x", "" },
	{ "a grant that is taken back",
	    "list ! p2.x l.x; grant ! p2.x l.x; grant ! p2.x", "" },
	{ "a grant parted, its first part stale",
	    "list ! p2.x l.x m.x; grant ! p2.x l.x m.x; grant m.y p2.x n.x",
	    "l.x remote p1.x 10/2\nm.x remote p1.x 10/2\n" },
	{ "and the part that has the place has it no more",
	    "list ! p2.x l.x m.x; grant ! p2.x l.x m.x; grant m.a p2.x n.x",
	    "l.x remote p1.x 10/2\n" },
	{ "what a certificate allows needs no grant",
	    "list ! p2.x relay certified.x", "certified.x remote p1.x 10/2\n" },
};

static bool
certificate_claims(void *ctx, const char *origin, const char *pattern)
{
	(void)ctx;
	(void)origin;
	return strcmp(pattern, "certified.x") == 0;
}

static bool
certificate_relays(void *ctx, const char *origin, const char *pattern)
{
	(void)ctx;
	(void)origin;
	(void)pattern;
	return false;
}

START_TEST(granted)
{
	struct world w;
	char *text;

	world_init(&w);
	w.in.may_claim = certificate_claims;
	w.in.may_relay = certificate_relays;
	world_say(&w, WORLD "purge a.x a1.x; purge p.x p2.x; purge t.x t1.x;"
			    "unspace a.x");
	world_say(&w, rights[_i].more);
	text = world_rib(&w);
	ck_assert_msg(strcmp(text, rights[_i].want) == 0,
	    "%s\nwant:\n%sgot:\n%s", rights[_i].rule, rights[_i].want, text);
	mem_free(text);
	world_done(&w);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* A table that is frozen, after more was said: routes stay while their hops do.
 * FROM is the same in all: c.x by b.x, which has an address of its own, or by
 * d.x at another price. */
#define FROM                                                                   \
	"self a.x a;server a.x a nbr b.x,d.x;server b.x b nbr a.x,c.x;"        \
	"server c.x c nbr b.x,d.x;server d.x d nbr a.x,c.x;"                   \
	"connector bc b.x c c.x=1+;connector dc d.x c c.x=1+;"                 \
	"connector ad a.x d d.x=9+@10.9.0.4:25;space c.x c.x;"
#define BY_B "connector ab a.x b b.x=1+@10.9.0.2:25;"
#define BY_LSA "connector ab a.x b b.x=1+;"

static const struct {
	const char *what, *before, *after;
	const char *want; /* the table that is frozen */
	size_t differ;    /* routes that would be others */
} frozen[] = {
	{ "nothing is another", BY_B, "", "c.x remote b.x|d.x 2/2\n", 0 },
	{ "another way is cheaper", BY_B, "connector bc b.x c c.x=70+",
	    "c.x remote b.x|d.x 2/2\n", 1 },
	{ "by its own word, which is the same", BY_LSA,
	    "connector ab a.x b b.x=70+", "c.x remote b.x|d.x 2/2\n", 1 },
	{ "by its own word, which is another", BY_LSA,
	    "server b.x b nbr a.x,c.x at 10.9.0.9:25;"
	    "connector ab a.x b b.x=70+",
	    "c.x remote d.x|b.x 10/2\n", 0 },
	{ "its mail service is down", BY_B,
	    "connector ab a.x b b.x=1-@10.9.0.2:25;probe b.x down ab",
	    "c.x remote d.x 10/2\n", 0 },
	{ "it is no neighbour", BY_B,
	    "server a.x a nbr d.x;server b.x b nbr c.x;"
	    "connector ab a.x b b.x=1-@10.9.0.2:25",
	    "c.x remote d.x 10/2\n", 0 },
	{ "nothing is known of it", BY_B, "lose b.x", "c.x remote d.x 10/2\n",
	    0 },
	{ "what is a last resort by now is none to freeze", BY_B,
	    "server a.x a", "c.x remote b.x 2/2 last\n", 0 },
	{ "a hold stays",
	    "connector bc b.x c c.x=1-;connector dc d.x c c.x=1-;" BY_B,
	    "connector bc b.x c c.x=1+",
	    "c.x hold no path to c, connector bc down\n", 1 },
	{ "a new name waits", BY_B, "space new.x c.x",
	    "c.x remote b.x|d.x 2/2\n", 1 },
	{ "our own does not", BY_B, "space new.x a.x",
	    "c.x remote b.x|d.x 2/2\nnew.x here 0\n", 0 },
};

START_TEST(a_table_is_frozen)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct view *view;
	struct rib *old, *rib;
	size_t differ;
	char *text;

	world_init(&w);
	world_say(&w, FROM);
	world_say(&w, frozen[_i].before);
	view = view_new(&w.in);
	old = view_rib(view, NULL, &pending);
	view_free(view);
	world_say(&w, frozen[_i].after);
	view = view_new(&w.in);
	rib = view_rib(view, old, &pending);
	differ = view_freeze(view, old, rib);
	text = world_text(rib);
	ck_assert_msg(differ == frozen[_i].differ, "%s: %zu differ: %s",
	    frozen[_i].what, differ, text);
	ck_assert_msg(strcmp(text, frozen[_i].want) == 0, "%s: %s",
	    frozen[_i].what, text);
	mem_free(text);
	rib_free(old);
	rib_free(rib);
	view_free(view);
	view_pending_done(&pending);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("view");
	TCase *tc = tcase_create("view");

	tcase_add_loop_test(tc, rules, 0, COUNT(scenes));
	tcase_add_loop_test(tc, a_table_is_frozen, 0, COUNT(frozen));
	tcase_add_test(tc, a_bridgehead_that_is_no_more_configured);
	tcase_add_loop_test(tc, granted, 0, COUNT(rights));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
