/* test_exim_values.c - a route in the words of Exim's tables, and what never
 * gets there. */

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "plugins/exim/values.h"
#include "t/tap.h"

#define V4(a, b, c, d, p)                                                      \
	{                                                                      \
		.family = 4, .ip = { a, b, c, d }, .port = p                   \
	}

static const struct addr v6 = {
	.family = 6,
	.ip = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 6 },
	.port = 25,
};

static struct plugin_setup
plain_setup(void)
{
	struct plugin_setup setup = {
		.own = { V4(192, 0, 2, 10, 25) },
		.nown = 1,
	};

	return setup;
}

/* The value, or "-" for no key. The caller frees it. */
static char *
value(enum rows_table table, const struct route *route,
    const struct plugin_setup *setup)
{
	struct buf b = { 0 };

	char *text;

	if (!exim_values_put(&b, table, route, setup)) {
		ck_assert_uint_eq(b.n, 0);
		return mem_str("-");
	}
	text = buf_string(&b);
	ck_assert_msg(exim_values_are(table, text), "%s", text);
	return text;
}

static void
expect(const struct route *route, const struct plugin_setup *setup,
    const char *transport, const char *dflt, const char *domains)
{
	const char *want[ROWS_TABLES] = { transport, dflt, domains };

	for (int t = 0; t < ROWS_TABLES; t++) {
		char *is = value((enum rows_table)t, route, setup);

		ck_assert_str_eq(is, want[t]);
		mem_free(is);
	}
}

static struct route
remote(const char *pattern)
{
	struct route r = {
		.pattern = (char *)(uintptr_t)pattern,
		.kind = ROUTE_REMOTE,
		.hop = { { .name = (char *)(uintptr_t) "mx1.paris.example",
		    .addr = V4(198, 51, 100, 5, 25) } },
		.nhops = 1,
	};

	return r;
}

static struct route
kind(const char *pattern, enum route_kind kind, const char *text)
{
	struct route r = {
		.pattern = (char *)(uintptr_t)pattern,
		.kind = kind,
		.way = (char *)(uintptr_t)text,
		.reason = (char *)(uintptr_t)text,
	};

	return r;
}

START_TEST(lists_hops)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	r.hop[1].name = r.hop[0].name;
	r.hop[1].addr = v6;
	r.nhops = 2;
	r.relay = true;
	expect(&r, &setup,
	    "route \"<; [198.51.100.5]:25; [2001:db8:2::6]:25\" byname", "-",
	    "1");
	setup.by_name = true;
	expect(&r, &setup,
	    "route \"<; mx1.paris.example:25; mx1.paris.example:25\" byname",
	    "-", "1");
}
END_TEST

START_TEST(hands_to_a_transport_of_its_own)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	r.hop[1].name = r.hop[2].name = r.hop[0].name;
	r.hop[1].addr = v6;
	r.hop[2].addr = (struct addr)V4(198, 51, 100, 7, 2525);
	r.nhops = 3;
	r.hop[0].by = r.hop[2].by = "thin";
	expect(&r, &setup,
	    "by thin \"<; [198.51.100.5]:25; [198.51.100.7]:2525\" byname", "-",
	    "-");
	r.hop[0].by = "fax:[gw.example.org]:24";
	expect(&r, &setup, "by fax \"<; gw.example.org:24\" byname", "-", "-");
	r.hop[0].by = "fax:[2001:db8::7]";
	expect(&r, &setup, "by fax \"<; [2001:db8::7]\" byname", "-", "-");
}
END_TEST

/* By whatever way it came into the route, or none of Exim's. */
START_TEST(hands_to_nothing_else)
{
	static const char *const bad[] = { "", "error", "thin:", "th-in",
		"thin:a;b", "thin:${run{id}}", "thin:\" byname", "thin\n",
		"lmtp:unix:/run/lmtp", "thin:gw.example.org" };
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.hop[0].by = bad[i];
		expect(&r, &setup, "hold no usable next hop", "-", "-");
	}
	ck_assert(!exim_values_are(ROWS_TRANSPORT, "by thin"));
	ck_assert(!exim_values_are(
	    ROWS_TRANSPORT, "by th-in \"<; [198.51.100.5]:25\" byname"));
}
END_TEST

START_TEST(star_is_for_default_only)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("*");

	r.relay = true; /* whoever says so: never */
	expect(&r, &setup, "-", "route \"<; [198.51.100.5]:25\" byname", "-");
	r = kind("*", ROUTE_HERE, NULL);
	r.relay = true;
	expect(&r, &setup, "-", "-", "-");
	r = kind("*", ROUTE_HOLD, "no path");
	expect(&r, &setup, "-", "hold no path", "-");
	r = kind("*", ROUTE_WAY, "smtp:[relay.example.net]:587");
	expect(&r, &setup, "-", "via smtp \"<; relay.example.net:587\" byname",
	    "-");
}
END_TEST

START_TEST(here_is_no_change)
{
	struct plugin_setup setup = plain_setup();
	struct route r = kind("london.example.org", ROUTE_HERE, NULL);

	expect(&r, &setup, "here", "-", "-");
	r.relay = true;
	expect(&r, &setup, "here", "-", "1");
	r = kind(".example.org", ROUTE_HERE, NULL);
	r.relay = true;
	expect(&r, &setup, "here", "-", "1");
}
END_TEST

/* What core/view/bare.h found not to be wanted. */
START_TEST(here_goes_without_what_is_not_wanted)
{
	struct plugin_setup setup = plain_setup();
	struct route r = kind("london.example.org", ROUTE_HERE, NULL);

	r.relay = r.bare = true;
	expect(&r, &setup, "-", "-", "1");
	r.own = true;
	expect(&r, &setup, "-", "-", "-");
	r.bare = false;
	expect(&r, &setup, "here", "-", "-");
}
END_TEST

START_TEST(user_opens_no_domain)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("user@paris.example.org");

	r.relay = true;
	expect(&r, &setup, "route \"<; [198.51.100.5]:25\" byname", "-", "-");
}
END_TEST

START_TEST(leaves_out_what_is_no_hop)
{
	static const struct addr bad[] = {
		V4(127, 0, 0, 1, 25),
		V4(0, 0, 0, 0, 25),
		V4(192, 0, 2, 10, 25),
		V4(198, 51, 100, 6, 0),
		V4(224, 0, 0, 1, 25),
		{ .family = 6, .ip = { [15] = 1 }, .port = 25 },
		{ .family = 6, .port = 25 },
		{ .family = 0, .port = 25 },
	};
	struct plugin_setup setup = plain_setup();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct route r = remote("paris.example.org");

		r.hop[1] = r.hop[0];
		r.hop[0].addr = bad[i];
		r.nhops = 2;
		expect(&r, &setup, "route \"<; [198.51.100.5]:25\" byname", "-",
		    "-");
		r.nhops = 1;
		expect(&r, &setup, "hold no usable next hop", "-", "-");
	}
}
END_TEST

/* Behind one public address: only the port tells whose it is. */
START_TEST(another_port_is_another_server)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	r.hop[0].addr = (struct addr)V4(192, 0, 2, 10, 2525);
	expect(&r, &setup, "route \"<; [192.0.2.10]:2525\" byname", "-", "-");
	r.hop[0].addr.port = 25;
	expect(&r, &setup, "hold no usable next hop", "-", "-");
}
END_TEST

START_TEST(lab_takes_loopback_but_not_itself)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	setup.lab = true;
	r.hop[0].addr = (struct addr)V4(127, 0, 0, 2, 2525);
	expect(&r, &setup, "route \"<; [127.0.0.2]:2525\" byname", "-", "-");
	setup.own[0] = r.hop[0].addr;
	expect(&r, &setup, "hold no usable next hop", "-", "-");
}
END_TEST

static const struct {
	const char *reason, *value;
} holds[] = {
	{ "no path to paris, connector london-paris down since 12:00:03Z",
	    "hold no path to paris, connector london-paris down since "
	    "12:00:03Z" },
	{ "", "hold no path now" },
	{ "5.1.1 bounce me", "hold no path: 5.1.1 bounce me" },
	{ " 550 bounce me", "hold no path: 550 bounce me" },
	{ "a\nb\001c\"d$(id)`e\\f{g}\x80", "hold a?b?c?d?(id)?e?f?g??" },
};

START_TEST(holds_are_plain_text)
{
	struct plugin_setup setup = plain_setup();
	struct route r = kind("a.example", ROUTE_HOLD, holds[_i].reason);

	expect(&r, &setup, holds[_i].value, "-", "-");
}
END_TEST

START_TEST(holds_are_bounded)
{
	struct plugin_setup setup = plain_setup();
	char text[5000];
	struct route r = kind("a.example", ROUTE_HOLD, text);
	char *is;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	is = value(ROWS_TRANSPORT, &r, &setup);
	ck_assert_uint_lt(strlen(is), 256);
	mem_free(is);
}
END_TEST

#define NONE "hold the way out is none of Exim"

static const struct {
	const char *way, *value;
} ways[] = {
	{ "smtp:[relay.example.net]:587",
	    "via smtp \"<; relay.example.net:587\" byname" },
	{ "Remote_smtp:[192.0.2.9]:25",
	    "via Remote_smtp \"<; [192.0.2.9]:25\" byname" },
	{ "x:[2001:db8::1]:submission",
	    "via x \"<; [2001:db8::1]:587\" byname" },
	{ "x:[2001:DB8:0::1]", "via x \"<; [2001:db8::1]\" byname" },
	{ "x:[GW.example]", "via x \"<; gw.example\" byname" },
	{ "local_delivery:", "via local_delivery" },
	{ "lsrd-again:", NONE },
	{ "9th:", NONE },
	{ "_x:", NONE },
	{ "lmtp:unix:private/lmtp", NONE },
	{ "uucp:site", NONE },
	{ "smtp:relay.example.net", NONE },
	{ "smtp:[relay.example.net", NONE },
	{ "smtp:[relay.example.net]:0", NONE },
	{ "smtp:[relay.example.net]:65536", NONE },
	{ "smtp:[relay.example.net]:025", NONE },
	{ "smtp:[relay.example.net]:25;[a.example]:25", NONE },
	{ "smtp:[192.0.2.9:25]", NONE },
	{ "smtp:[a b.example]", NONE },
	{ "smtp:[${run{x}}]", NONE },
	{ "smtp:[]", NONE },
	{ "nocolon", NONE },
	{ ":", NONE },
	{ "", NONE },
	{ "smtp:[a.example]\nb", NONE },
	{ NULL, NONE },
};

START_TEST(ways_are_our_own)
{
	struct plugin_setup setup = plain_setup();
	struct route r = kind("a.example", ROUTE_WAY, ways[_i].way);

	expect(&r, &setup, ways[_i].value, "-", "-");
}
END_TEST

START_TEST(keys_are_patterns)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("a.example\nb");

	expect(&r, &setup, "-", "-", "-");
	r.pattern = (char *)(uintptr_t) "";
	expect(&r, &setup, "-", "-", "-");
}
END_TEST

/* What no route becomes is not read either. */
static const char *const strange[] = {
	"",
	"here ",
	"hold",
	"hold ",
	"hold  no path",
	"hold 451 no path",
	"hold no path $tod_log",
	"hold no path\nhere",
	"lsrd:[198.51.100.5]:25",
	"route",
	"route ",
	"route [198.51.100.5]:25",
	"route \"<; [198.51.100.5]:25\"",
	"route \"<; [198.51.100.5]:25\" byname smtp",
	"route \"<; [198.51.100.5]:25;\" byname",
	"route \"<;\" byname",
	"route \"<; \" byname",
	"route \"<; ;\" byname",
	"route \"<; [198.51.100.5]:25; +; [198.51.100.6]:25\" byname",
	"route \"<; [198.51.100.05]:25\" byname",
	"route \"<; [198.51.100.5]:025\" byname",
	"route \"<; [198.51.100.5]:smtp\" byname",
	"route \"<; [2001:0db8::1]:25\" byname",
	"route \"<; MX.example:25\" byname",
	"route \"<; mx.example:25/mx\" byname",
	"route \"<; a.example:1; b.example:1; c.example:1; d.example:1; "
	"e.example:1\" byname",
	"via",
	"via ",
	"via lsrd-smtp",
	"via smtp ",
	"via smtp \"<; a.example:1; b.example:1\" byname",
	"via ${transport}",
	"1",
};

START_TEST(nothing_strange_is_read)
{
	ck_assert(!exim_values_are(ROWS_TRANSPORT, strange[_i]));
	if (strcmp(strange[_i], "1") != 0)
		ck_assert(!exim_values_are(ROWS_DOMAINS, strange[_i]));
	ck_assert(!exim_values_are(ROWS_DEFAULT, "here"));
}
END_TEST

/* Octets that are drawn rather from what means something to somebody. */
static char *
drawn(struct rng *rng, const char *const *good, size_t n)
{
	static const char bad[] = "$\\{}\"'`|&;!%#<>()[]:@ \t\r\n\177\303\274";
	size_t len = (size_t)rng_below(rng, 40);
	char *text;

	if (rng_below(rng, 2) == 0)
		return mem_str(good[rng_below(rng, n)]);
	text = mem_new(1, len, 1);
	for (size_t i = 0; i < len; i++)
		text[i] = rng_below(rng, 2) == 0
		              ? bad[rng_below(rng, sizeof(bad) - 1)]
		              : (char)(1 + rng_below(rng, 255));
	return text;
}

static void
draw_addr(struct rng *rng, struct addr *a)
{
	a->family = (uint8_t)(rng_below(rng, 3) * 2 + 2);
	for (size_t i = 0; i < sizeof(a->ip); i++)
		a->ip[i] = (uint8_t)rng_next(rng);
	a->port = (uint16_t)rng_next(rng);
}

static void
route_draw(struct rng *rng, struct route *r)
{
	static const char *const patterns[] = { "a.example", ".a.example",
		"u@a.example", "*" };
	static const char *const names[] = { "mx.a.example", "mx1.b.example" };
	static const char *const outs[] = { "smtp:[gw.example.net]:587",
		"local_delivery:", "smtp:[192.0.2.9]" };
	char *hops[LIMIT_NEXT_HOPS];

	*r = (struct route){ 0 };
	r->pattern = drawn(rng, patterns, 4);
	r->kind = (enum route_kind)rng_below(rng, 4);
	r->relay = rng_below(rng, 2) == 0;
	r->way = drawn(rng, outs, 3);
	r->reason = drawn(rng, names, 2);
	r->nhops = (size_t)rng_below(rng, LIMIT_NEXT_HOPS + 1);
	for (size_t i = 0; i < r->nhops; i++) {
		r->hop[i].name = hops[i] = drawn(rng, names, 2);
		draw_addr(rng, &r->hop[i].addr);
	}
	route_hops_own(r);
	for (size_t i = 0; i < r->nhops; i++)
		mem_free(hops[i]);
}

/* Whatever a route holds: its octets stay in their places, and are none that
 * mean something to Exim. */
START_TEST(no_octet_leaves_its_place)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    " .,:;@_+=()<>*?/[]-\"";
	struct rng rng = { 7 };
	size_t made = 0;

	for (size_t i = 0; i < 100000; i++) {
		struct plugin_setup setup = plain_setup();
		struct route r;

		setup.by_name = rng_below(&rng, 2) == 0;
		route_draw(&rng, &r);
		for (int t = 0; t < ROWS_TABLES; t++) {
			char *is = value((enum rows_table)t, &r, &setup);

			ck_assert_uint_eq(strspn(is, plain), strlen(is));
			made += strcmp(is, "-") != 0;
			mem_free(is);
		}
		route_done(&r);
	}
	ck_assert_uint_gt(made, 10000);
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("exim_values");
	TCase *tc = tcase_create("exim_values");

	tcase_add_test(tc, lists_hops);
	tcase_add_test(tc, hands_to_a_transport_of_its_own);
	tcase_add_test(tc, hands_to_nothing_else);
	tcase_add_test(tc, star_is_for_default_only);
	tcase_add_test(tc, here_is_no_change);
	tcase_add_test(tc, here_goes_without_what_is_not_wanted);
	tcase_add_test(tc, user_opens_no_domain);
	tcase_add_test(tc, leaves_out_what_is_no_hop);
	tcase_add_test(tc, another_port_is_another_server);
	tcase_add_test(tc, lab_takes_loopback_but_not_itself);
	tcase_add_loop_test(tc, holds_are_plain_text, 0, ROWS(holds));
	tcase_add_test(tc, holds_are_bounded);
	tcase_add_loop_test(tc, ways_are_our_own, 0, ROWS(ways));
	tcase_add_test(tc, keys_are_patterns);
	tcase_add_loop_test(tc, nothing_strange_is_read, 0, ROWS(strange));
	tcase_add_test(tc, no_octet_leaves_its_place);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
