/*
 * test_table.c - the published table: paths of last resort, next hops and
 * their addresses. Small worlds in words.
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

	{ "an absent server that claims it is a way to another",
	    HUB HUB_DEAD "server x1.x x;connector hx h1.x x x1.x=5+;"
			 "server y1.x y;connector xy x1.x y y1.x=5+;"
			 "space c.x x1.x cost 50;space c.x y1.x",
	    "a.x here 0\nb.x remote h1.x 20/3 last\n"
	    "c.x remote h1.x 20/3 last\nh.x remote h1.x 10/1\n" },

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

/* What our own connectors hand mail to; nobody else's word is. */
static const struct {
	const char *rule, *world, *want;
} transports[] = {
	{ "a connector's own transport",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x;"
	    "connector ab a.x b by thin b.x=10+;space b.x b.x",
	    "b.x remote b.x~thin 10/1\n" },
	{ "of the least cost",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x;"
	    "connector ab a.x b by thin b.x=1+;space b.x b.x",
	    "b.x remote b.x~thin 1/1\n" },
	{ "it has an address for it",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x;"
	    "connector ab a.x b by lmtp:gw b.x=10+@10.9.9.9:24;space b.x b.x",
	    "b.x remote b.x~lmtp:gw 10/1\n" },
	{ "behind the bridgehead it is the same",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x,c.x;"
	    "server c.x c nbr b.x;connector ab a.x b by thin b.x=10+;"
	    "connector bc b.x c c.x=10+;space c.x c.x",
	    "c.x remote b.x~thin 20/2\n" },
	{ "of two that are parallel that of the cheaper",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x;"
	    "connector ab a.x b by thin b.x=10+;"
	    "connector ac a.x b b.x=5+;space b.x b.x",
	    "b.x remote b.x 5/1\n" },
	{ "and of the other, once that is down",
	    "self a.x a;server a.x a nbr b.x;server b.x b nbr a.x;"
	    "connector ab a.x b by thin b.x=10+;"
	    "connector ac a.x b b.x=5-;space b.x b.x",
	    "b.x remote b.x~thin 10/1\n" },
	{ "members of our group have none",
	    "self a.x a;server a.x a nbr b.x up b.x;server b.x a nbr a.x;"
	    "connector ab a.x c by thin b.x=10+;space b.x b.x",
	    "b.x remote b.x 0/1\n" },
};

START_TEST(hops_have_a_transport)
{
	struct world w;
	char *text;

	world_init(&w);
	world_say(&w, transports[_i].world);
	text = world_rib(&w);
	ck_assert_msg(strcmp(text, transports[_i].want) == 0,
	    "%s\nwant:\n%sgot:\n%s", transports[_i].rule, transports[_i].want,
	    text);
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

/* "never itself, loopback, an unspecified address" (HACKING 6, Tables).
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
	{ "another behind our address", "server b.x g nbr a.x at 192.0.2.1:26",
	    "192.0.2.1:26" },
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
	w.setup.announced.nsmtp = w.setup.announced.nlisten = 1;
	w.setup.announced.smtp[0] = (struct addr){ 4, { 192, 0, 2, 1 }, 25 };
	w.setup.announced.listen[0] = (struct addr){ 4, { 192, 0, 2, 2 }, 691 };
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
	view_pending_done(&pending);
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

int
main(void)
{
	Suite *suite = suite_create("table");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(tc, last_resort, 0, COUNT(resorts));
	tcase_add_loop_test(tc, hops_have_a_transport, 0, COUNT(transports));
	tcase_add_test(tc, hops_have_a_limit);
	tcase_add_loop_test(tc, hops_have_an_address, 0, COUNT(addresses));
	tcase_add_test(tc, order_is_stable);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
