/*
 * test_table.c - the published table: paths of last resort, next hops and
 * their addresses, keys that leave, octets. Small worlds in words.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "t/core/world.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* A hub h1 and behind it a group b1, b2; on our side a1, a2. */
#define HUB                                                                    \
	"self a1.x a;"                                                         \
	"server a1.x a nbr a2.x,h1.x up a2.x;"                                 \
	"server a2.x a nbr a1.x up a1.x;"                                      \
	"server h1.x h nbr a1.x,b1.x;"                                         \
	"server b1.x b nbr b2.x,h1.x up b2.x;"                                 \
	"server b2.x b nbr b1.x up b1.x;"                                      \
	"connector ah a1.x h h1.x=10+;"                                        \
	"connector ha h1.x a a1.x=10+;"                                        \
	"connector hb h1.x b b1.x=10+;"                                        \
	"connector bh b1.x h h1.x=10+;"                                        \
	"space a.x a1.x;space b.x b2.x;space h.x h1.x;"

/* lsrd on the hub is dead: its neighbours withdrew the adjacency. */
#define HUB_DEAD "server a1.x a nbr a2.x up a2.x;"

static const struct {
	const char *rule, *world, *want;
} resorts[] = {
	/* "So the death of lsrd on a hub, and only of lsrd, cuts nobody
	 * off." */
	{ "the hub lives", HUB,
	    "a.x here 0\nb.x remote h1.x 20/3\nh.x remote h1.x 10/1\n" },
	{ "lsrd on the hub is dead", HUB HUB_DEAD,
	    "a.x here 0\nb.x remote h1.x 20/3 last\nh.x remote h1.x 10/1\n" },
	{ "its mail service too",
	    HUB HUB_DEAD "connector ah a1.x h h1.x=10- since 08:00:00Z",
	    "a.x here 0\nb.x hold no path to b\n"
	    "h.x hold no path to h, connector ah down since 08:00:00Z\n" },
	/* "unless drained or starting" */
	{ "a hub that was draining",
	    HUB HUB_DEAD "server h1.x h nbr a1.x,b1.x drain",
	    "a.x here 0\nb.x hold no path to b\nh.x remote h1.x 10/1\n" },
	/* "reports of absent servers count here alone" */
	{ "an absent server found its bridgehead down",
	    HUB HUB_DEAD "connector hb h1.x b b1.x=10-",
	    "a.x here 0\n"
	    "b.x hold no path to b, connector hb down\n"
	    "h.x remote h1.x 10/1\n" },
	{ "a member that its absent neighbour found down",
	    HUB HUB_DEAD "server b1.x b nbr b2.x,h1.x down b2.x",
	    "a.x here 0\nb.x hold no path to b\nh.x remote h1.x 10/1\n" },
	/* "It may come back to present servers; from the first present server
	 * that has an ordinary path it is that path." b2 is present by way of
	 * a2, though no mail goes there but by the absent hub; of its two
	 * ways to c.x it takes the ordinary one, not that by the absent x1. */
	{ "back to a present server",
	    HUB HUB_DEAD "server a2.x a nbr a1.x,b1.x up a1.x;"
			 "server b1.x b nbr a2.x,b2.x up b2.x;"
			 "server c1.x c nbr b1.x;"
			 "connector bc b2.x c c1.x=50+;"
			 "server x1.x x;connector bx b2.x x x1.x=5+;"
			 "connector xc x1.x c c1.x=5+;"
			 "space c.x c1.x",
	    "a.x here 0\nb.x remote h1.x 20/3 last\n"
	    "c.x remote h1.x 70/4 last\nh.x remote h1.x 10/1\n" },
	{ "a leaf that no present server steps to further on",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x;"
	    "server l.x l;connector ab a.x b b.x=1+;"
	    "connector bl b.x l l.x=1+;space l.x l.x",
	    "l.x remote b.x 2/2\n" },

	/* "A server without any adjacency [...] finds all its paths so; its
	 * own probes take out its own edges" */
	{ "alone", HUB "server a1.x a up a2.x;space b.x a2.x cost 99",
	    "a.x here 0\nb.x remote h1.x 20/3 last\n"
	    "h.x remote h1.x 10/1 last\n" },
	{ "alone, a probe takes out an edge",
	    HUB "server a1.x a;space b.x a2.x cost 99;probe h1.x down ah;"
		"probe a2.x up",
	    "a.x here 0\nb.x remote a2.x 99/1 last\n"
	    "h.x hold no path to h, no neighbour answers\n" },
	{ "alone, never said a word",
	    "self a1.x a;server a2.x a;space b.x a2.x;space a.x a1.x",
	    "a.x here 0\nb.x remote a2.x 0/1 last\n" },
	/* "if every probe fails it holds" */
	{ "alone, every probe fails",
	    HUB "server a1.x a;probe h1.x down ah;probe a2.x down",
	    "a.x here 0\nb.x hold no path to b, no neighbour answers\n"
	    "h.x hold no path to h, no neighbour answers\n" },
	{ "alone, a probe is up where our last word was down",
	    HUB "server a1.x a down a2.x;connector ah a1.x h h1.x=10-;"
		"space d.x a2.x;probe h1.x up ah;probe a2.x up",
	    "a.x here 0\nb.x remote h1.x 20/3 last\n"
	    "d.x remote a2.x 0/1 last\nh.x remote h1.x 10/1 last\n" },
	{ "nobody else in the world", "self a.x a;space a.x a.x;space * a.x",
	    "* here 0\na.x here 0\n" },

	/* "Alternates: D(N,dest) < D(N,self) + D(self,dest)" */
	{ "an alternate",
	    "self a.x a;server a.x a nbr b.x,c.x;server b.x b nbr a.x,d.x;"
	    "server c.x c nbr a.x,d.x;server d.x d nbr b.x,c.x;"
	    "connector ab a.x b b.x=1+;connector ac a.x c c.x=2+;"
	    "connector bd b.x d d.x=1+;connector cd c.x d d.x=1+;"
	    "space d.x d.x",
	    "d.x remote b.x|c.x 2/2\n" },
	{ "one that would send it back is none",
	    "self a.x a;server a.x a nbr b.x,c.x;server b.x b nbr a.x,d.x;"
	    "server c.x c nbr a.x,d.x;server d.x d nbr b.x,c.x;"
	    "connector ab a.x b b.x=1+;connector ac a.x c c.x=2+;"
	    "connector ca c.x a a.x=1+;"
	    "connector bd b.x d d.x=1+;connector cd c.x d d.x=9+;"
	    "space d.x d.x",
	    "d.x remote b.x 2/2\n" },
};

START_TEST(last_resort)
{
	struct world w;
	char *text;

	world_init(&w);
	world_say(&w, resorts[_i].world);
	text = world_rib(&w);
	ck_assert_msg(strcmp(text, resorts[_i].want) == 0,
	    "%s\nwant:\n%sgot:\n%s", resorts[_i].rule, resorts[_i].want, text);
	mem_free(text);
	world_done(&w);
}
END_TEST

/* Two servers in a chain of `n` connectors. */
static char *
chain(int n)
{
	struct buf out = { 0 };

	buf_text(&out, "self n0.x g0;");
	for (int i = 0; i <= n; i++) {
		buf_printf(&out, "server n%d.x g%d nbr ", i, i);
		if (i > 0)
			buf_printf(&out, "n%d.x%s", i - 1, i < n ? "," : "");
		if (i < n)
			buf_printf(&out, "n%d.x", i + 1);
		buf_text(&out, ";");
		if (i < n)
			buf_printf(&out, "connector c%d n%d.x g%d n%d.x=1+;", i,
			    i, i + 1, i + 1);
	}
	buf_printf(&out, "space end.x n%d.x", n);
	return buf_string(&out);
}

/* "A path of more than 40 hops is published as a hold" */
START_TEST(hops_have_a_limit)
{
	static const char *const want[] = { "end.x remote n1.x 40/40\n",
		"end.x hold no path to n41.x within 40 hops\n" };

	for (int i = 0; i < 2; i++) {
		char *said = chain(40 + i), *text;
		struct world w;

		world_init(&w);
		world_say(&w, said);
		text = world_rib(&w);
		ck_assert_str_eq(text, want[i]);
		mem_free(text);
		mem_free(said);
		world_done(&w);
	}
}
END_TEST

/* "never itself, loopback, an unspecified address" (section 4); FAULTS W08.
 * The database may hold what only a lab allows. */
static const struct {
	const char *what, *more, *want;
} addresses[] = {
	{ "as announced", "server b.x g nbr a.x at 192.0.2.9:2525",
	    "192.0.2.9:2525" },
	{ "as configured",
	    "server b.x h nbr a.x;connector ab a.x h "
	    "b.x=1+@198.51.100.5:25",
	    "198.51.100.5:25" },
	{ "within the group the configured one says nothing",
	    "connector ab a.x g b.x=1+@198.51.100.5:25;"
	    "server b.x g nbr a.x at 192.0.2.9:25",
	    "192.0.2.9:25" },
	{ "the cheaper of two connectors",
	    "server b.x h nbr a.x;"
	    "connector a1 a.x h b.x=9+@198.51.100.1:25;"
	    "connector a2 a.x h b.x=2+@198.51.100.2:25",
	    "198.51.100.2:25" },
	{ "loopback", "server b.x g nbr a.x at 127.0.0.1:25", NULL },
	{ "loopback in a lab", "server b.x g nbr a.x at 127.0.0.2:25;lab",
	    "127.0.0.2:25" },
	{ "our own", "server b.x g nbr a.x at 192.0.2.1:25", NULL },
	{ "our own at another port", "server b.x g nbr a.x at 192.0.2.1:26",
	    NULL },
	{ "our own as a peer", "server b.x g nbr a.x at 192.0.2.2:25", NULL },
	{ "our own in a lab, another port",
	    "server b.x g nbr a.x at 192.0.2.1:26;lab", "192.0.2.1:26" },
	{ "configured: our own",
	    "server b.x h nbr a.x;connector ab a.x h b.x=1+@192.0.2.1:25",
	    NULL },
	{ "configured: unspecified",
	    "server b.x h nbr a.x;connector ab a.x h b.x=1+@0.0.0.0:25", NULL },
	{ "none at all", "server b.x g nbr a.x at 192.0.2.9:0", NULL },
};

START_TEST(hops_have_an_address)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct view *view;
	struct rib *rib;
	char text[ADDR_TEXT];

	world_init(&w);
	world_say(&w, "self a.x g;server a.x g nbr b.x;server b.x g nbr a.x;"
		      "space b.x b.x");
	world_say(&w, addresses[_i].more);
	w.setup.nsmtp = w.setup.nlisten = 1;
	w.setup.smtp[0] = (struct addr){ 4, { 192, 0, 2, 1 }, 25 };
	w.setup.listen[0] = (struct addr){ 4, { 192, 0, 2, 2 }, 691 };
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	ck_assert_uint_eq(rib->n, 1);
	if (addresses[_i].want == NULL) {
		ck_assert_msg(rib->routes[0].kind == ROUTE_HOLD, "%s",
		    addresses[_i].what);
		ck_assert_str_eq(rib->routes[0].reason,
		    "no path to b.x: no address to send to");
	} else {
		ck_assert_msg(
		    rib->routes[0].nhops == 1, "%s", addresses[_i].what);
		ck_assert_str_eq(addr_text(&rib->routes[0].hop[0].addr, text),
		    addresses[_i].want);
	}
	rib_free(rib);
	view_free(view);
	world_done(&w);
}
END_TEST

/* Seven equal next hops for each of forty patterns; then one fewer. */
static struct rib *
spread(bool all)
{
	struct view_pending pending = { 0 };
	struct world w;
	struct view *view;
	struct rib *rib;
	struct buf out = { 0 };
	char *said;

	buf_text(&out, "self a.x g;server a.x g nbr ");
	for (int i = 0; i < 7; i++)
		buf_printf(&out, "%sh%d.x", i > 0 ? "," : "", i);
	buf_printf(
	    &out, " %s h3.x;server z.x z nbr h0.x;", all ? "up" : "down");
	for (int i = 0; i < 7; i++)
		buf_printf(&out,
		    "server h%d.x g nbr a.x%s;connector c%d h%d.x z z.x=1+;", i,
		    i == 0 ? ",z.x" : "", i, i);
	for (int i = 0; i < 40; i++)
		buf_printf(&out, "space p%d.x z.x;", i);
	said = buf_string(&out);
	world_init(&w);
	world_say(&w, said);
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	view_free(view);
	world_done(&w);
	mem_free(said);
	return rib;
}

/* The list without h3.x. */
static size_t
without(const struct route *r, const char **out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nhops; i++)
		if (strcmp(r->hop[i].name, "h3.x") != 0)
			out[n++] = r->hop[i].name;
	return n;
}

/* "ordered per destination by rendezvous hashing, so load spreads and a
 * destination stays stable" */
START_TEST(order_is_stable)
{
	struct rib *all = spread(true), *again = spread(true);
	struct rib *fewer = spread(false);
	size_t first[7] = { 0 };

	ck_assert_uint_eq(all->n, 40);
	ck_assert_uint_eq(rib_diff(all, again, NULL, NULL), 0);
	for (size_t i = 0; i < all->n; i++) {
		const char *was[4], *is[4];
		size_t n = without(&all->routes[i], was);

		ck_assert_uint_eq(all->routes[i].nhops, 4);
		ck_assert_uint_eq(without(&fewer->routes[i], is), 4);
		for (size_t k = 0; k < n; k++)
			ck_assert_str_eq(was[k], is[k]);
		first[all->routes[i].hop[0].name[1] - '0']++;
	}
	for (int i = 0; i < 7; i++)
		ck_assert_msg(first[i] >= 1 && first[i] <= 14,
		    "h%d.x is first %zu times", i, first[i]);
	rib_free(all);
	rib_free(again);
	rib_free(fewer);
}
END_TEST

/* --- keys that leave (section 4) --------------------------------------- */

struct step {
	uint64_t at_s;
	const char *say, *want;
};

/* One table after the other, as an engine publishes them. */
static void
run(const struct step *steps, size_t n, bool restart)
{
	struct view_pending pending = { 0 };
	struct rib *old = NULL;
	struct world w;

	world_init(&w);
	for (size_t i = 0; i < n; i++) {
		struct view *view;
		struct rib *rib;
		char *text;

		world_say(&w, steps[i].say);
		w.in.now.ms = steps[i].at_s * 1000;
		view = view_new(&w.in);
		rib = view_rib(view, old, &pending);
		text = world_text(rib);
		ck_assert_msg(strcmp(text, steps[i].want) == 0,
		    "step %zu\nwant:\n%sgot:\n%s", i, steps[i].want, text);
		for (size_t k = 0; restart && k < rib->n; k++)
			rib->routes[k].claimed = false; /* from a file */
		mem_free(text);
		view_free(view);
		rib_free(old);
		old = rib;
	}
	rib_free(old);
	view_pending_done(&pending);
	world_done(&w);
}

#define PAIR                                                                   \
	"self a.x g;server a.x g nbr b.x up b.x;server b.x g nbr a.x;"         \
	"space a.x a.x;"

/* "a published key whose last claim was purged is a hold for one hour more
 * before it goes" */
START_TEST(a_purged_key_is_held_for_an_hour)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay",
		    "a.x here 0\nb.x remote b.x 0/1 relay\n" },
		{ 10, "purge b.x b.x",
		    "a.x here 0\n"
		    "b.x hold no path: its last claim was withdrawn relay\n" },
		{ 3609, "",
		    "a.x here 0\n"
		    "b.x hold no path: its last claim was withdrawn relay\n" },
		{ 3610, "", "a.x here 0\n" },
		{ 3700, "", "a.x here 0\n" },
	};

	run(steps, sizeof(steps) / sizeof(steps[0]), false);
	run(steps, sizeof(steps) / sizeof(steps[0]), true);
}
END_TEST

START_TEST(a_claim_that_returns_ends_the_hour)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x", "a.x here 0\nb.x remote b.x 0/1\n" },
		{ 10, "purge b.x b.x",
		    "a.x here 0\n"
		    "b.x hold no path: its last claim was withdrawn\n" },
		{ 20, "space b.x b.x", "a.x here 0\nb.x remote b.x 0/1\n" },
		{ 4000, "purge b.x b.x",
		    "a.x here 0\n"
		    "b.x hold no path: its last claim was withdrawn\n" },
		{ 7599, "",
		    "a.x here 0\n"
		    "b.x hold no path: its last claim was withdrawn\n" },
		{ 7600, "", "a.x here 0\n" },
	};

	run(steps, sizeof(steps) / sizeof(steps[0]), false);
}
END_TEST

/* The claim of another stands: not the last one. */
START_TEST(another_claim_takes_over)
{
	static const struct step steps[] = {
		{ 0, PAIR "space q.x b.x;space q.x a.x cost 9",
		    "a.x here 0\nq.x remote b.x 0/1\n" },
		{ 10, "purge q.x b.x", "a.x here 0\nq.x here 9\n" },
		{ 9999, "", "a.x here 0\nq.x here 9\n" },
	};

	run(steps, sizeof(steps) / sizeof(steps[0]), false);
}
END_TEST

/* A claim that no more exists for us: of the scope of another group. */
START_TEST(a_key_out_of_sight_is_held_for_an_hour)
{
	static const struct step steps[] = {
		{ 0, PAIR "space c.x c.x;server c.x h",
		    "a.x here 0\nc.x hold no path to h: no connector\n" },
		{ 10, "space c.x c.x local",
		    "a.x here 0\n"
		    "c.x hold no path: its last claim was withdrawn\n" },
		{ 3610, "", "a.x here 0\n" },
	};

	run(steps, sizeof(steps) / sizeof(steps[0]), false);
}
END_TEST

/* "a pattern is known, as a hold [...] however long its server has been
 * away" */
START_TEST(a_claim_stands_for_ever)
{
	static const struct step steps[] = {
		{ 0, PAIR "space b.x b.x relay;server a.x g down b.x",
		    "a.x here 0\n"
		    "b.x hold no path to b.x in our own group, "
		    "no neighbour answers relay\n" },
		{ 100000000, "",
		    "a.x here 0\n"
		    "b.x hold no path to b.x in our own group, "
		    "no neighbour answers relay\n" },
	};

	run(steps, sizeof(steps) / sizeof(steps[0]), false);
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
	r[0].hop[0] = (struct route_hop){ .name = mem_str("b.x"),
		.addr = { 4, { 10, 0, 0, 2 }, 25 } };
	r[0].hop[1] = (struct route_hop){ .name = mem_str("c.x"),
		.addr = { 4, { 10, 0, 0, 3 }, 25 } };
	r[1] = (struct route){ .pattern = mem_str("m.x"),
		.kind = ROUTE_HERE,
		.server = mem_str("a.x") };
	return rib;
}

/* "a published key of which the database holds neither a claim nor a purge
 * (saved state was lost) keeps its route, less the next hops that our own
 * probes find down" */
static const struct {
	const char *say, *want;
	uint64_t generation;
} losses[] = {
	{ "", "l.x remote b.x,c.x 0/0 relay\nm.x here 0\n", 7 },
	{ "probe b.x down", "l.x remote c.x 0/0 relay\nm.x here 0\n", 8 },
	{ "probe b.x down;probe b.x up bc",
	    "l.x remote b.x,c.x 0/0 relay\nm.x here 0\n", 7 },
	{ "probe b.x down;probe c.x down",
	    "l.x hold no path: no claim known, next hops down relay\n"
	    "m.x here 0\n",
	    8 },
	{ "purge l.x l.x",
	    "l.x hold no path: its last claim was withdrawn relay\n"
	    "m.x here 0\n",
	    8 },
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
	view = view_new(&w.in);
	rib = view_rib(view, old, &pending);
	text = world_text(rib);
	ck_assert_str_eq(text, losses[_i].want);
	ck_assert_uint_eq(rib->generation, losses[_i].generation);
	next = view_rib(view, rib, &pending); /* nothing happened meanwhile */
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

/* What is left of the hour is saved. */
START_TEST(removals_are_saved)
{
	struct view_removal v[] = { { (char *)(uintptr_t) "a.x", { 5000 } },
		{ (char *)(uintptr_t) "b.x", { 3605000 } } };
	struct view_pending out = { v, 2 }, back;
	struct buf b = { 0 };

	view_pending_encode(&b, &out, (struct mono){ 5000 });
	for (size_t cut = 0; cut <= b.n; cut++) {
		uint8_t *p = malloc(cut + (cut == 0));
		struct cur in = cur_over(p, cut);
		int rc;

		memcpy(p, b.p, cut);
		rc = view_pending_decode(&in, (struct mono){ 70 }, &back);
		ck_assert_msg((rc == RC_OK) == (cut == b.n), "cut %zu", cut);
		if (rc == RC_OK) {
			ck_assert_uint_eq(back.n, 2);
			ck_assert_uint_eq(back.v[0].until.ms, 70);
			ck_assert_uint_eq(back.v[1].until.ms, 3600070);
			ck_assert_uint_eq(view_pending_due(&back).ms, 70);
		}
		view_pending_done(&back);
		free(p);
	}
	buf_done(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(tc, last_resort, 0, COUNT(resorts));
	tcase_add_test(tc, hops_have_a_limit);
	tcase_add_loop_test(tc, hops_have_an_address, 0, COUNT(addresses));
	tcase_add_test(tc, order_is_stable);
	tcase_add_test(tc, a_purged_key_is_held_for_an_hour);
	tcase_add_test(tc, a_claim_that_returns_ends_the_hour);
	tcase_add_test(tc, another_claim_takes_over);
	tcase_add_test(tc, a_key_out_of_sight_is_held_for_an_hour);
	tcase_add_test(tc, a_claim_stands_for_ever);
	tcase_add_loop_test(tc, a_lost_key_keeps_its_route, 0, COUNT(losses));
	tcase_add_test(tc, removals_are_saved);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
