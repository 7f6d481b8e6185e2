/* test_values.c - a route in Postfix's words, and what never gets there. */

#include <string.h>

#include "base/mem.h"
#include "plugins/postfix/values.h"
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
		.transport = "lsrd",
		.hold = "lsrd-hold",
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

	if (!values_put(&b, table, route, setup)) {
		ck_assert_uint_eq(b.n, 0);
		buf_text(&b, "-");
	}
	return buf_string(&b);
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
	expect(&r, &setup, "lsrd:[198.51.100.5]:25, [2001:db8:2::6]:25", "-",
	    "relay");
	setup.by_name = true;
	expect(&r, &setup,
	    "lsrd:[mx1.paris.example]:25, [mx1.paris.example]:25", "-",
	    "relay");
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
	r.hop[0].by = "thin";
	expect(&r, &setup, "thin:[198.51.100.5]:25", "-", "-");
	/* one transport for a list: what has another is none of it */
	r.hop[2].by = "thin";
	expect(&r, &setup, "thin:[198.51.100.5]:25, [198.51.100.7]:2525", "-",
	    "-");
	/* nor has the first, when its address may not be named */
	r.hop[0].addr = (struct addr)V4(192, 0, 2, 10, 25);
	expect(&r, &setup, "lsrd:[2001:db8:2::6]:25", "-", "-");
	r = remote("paris.example.org");
	r.hop[0].by = "lmtp:unix:/run/gw/lmtp";
	expect(&r, &setup, "lmtp:unix:/run/gw/lmtp", "-", "-");
	r.hop[0].by = "x400:gateway";
	expect(&r, &setup, "x400:gateway", "-", "-");
}
END_TEST

/* By whatever way it came into the route. */
START_TEST(hands_to_nothing_else)
{
	static const char *const bad[] = { "", ":", ":x", "error", "local:x",
		"discard", "lsrd-hold", "thin:", "-thin", "thin:a b",
		"thin:a,b", "thin:-oA", "thin:$(id)", "th in", "thin\n",
		"thin:a\nb", "thin:\"", "thin:a;b" };
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.hop[0].by = bad[i];
		expect(&r, &setup, "lsrd-hold:no usable next hop", "-", "-");
	}
}
END_TEST

START_TEST(star_is_for_default_only)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("*");

	r.relay = true; /* whoever says so: never */
	expect(&r, &setup, "-", "lsrd:[198.51.100.5]:25", "-");
	r = kind("*", ROUTE_HERE, NULL);
	r.relay = true;
	expect(&r, &setup, "-", "-", "-");
	r = kind("*", ROUTE_HOLD, "no path");
	expect(&r, &setup, "-", "lsrd-hold:no path", "-");
	r = kind("*", ROUTE_WAY, "smtp:[relay.example.net]:587");
	expect(&r, &setup, "-", "smtp:[relay.example.net]:587", "-");
}
END_TEST

START_TEST(here_is_no_change)
{
	struct plugin_setup setup = plain_setup();
	struct route r = kind("london.example.org", ROUTE_HERE, NULL);

	expect(&r, &setup, ":", "-", "-");
	r.relay = true;
	expect(&r, &setup, ":", "-", "relay");
	r = kind(".example.org", ROUTE_HERE, NULL);
	r.relay = true;
	expect(&r, &setup, ":", "-", "relay");
}
END_TEST

/* What core/view/bare.h found not to be wanted. */
START_TEST(here_goes_without_what_is_not_wanted)
{
	struct plugin_setup setup = plain_setup();
	struct route r = kind("london.example.org", ROUTE_HERE, NULL);

	r.relay = r.bare = true;
	expect(&r, &setup, "-", "-", "relay");
	r.own = true;
	expect(&r, &setup, "-", "-", "-");
	r.bare = false;
	expect(&r, &setup, ":", "-", "-");
}
END_TEST

START_TEST(user_opens_no_domain)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("user@paris.example.org");

	r.relay = true;
	expect(&r, &setup, "lsrd:[198.51.100.5]:25", "-", "-");
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
		expect(&r, &setup, "lsrd:[198.51.100.5]:25", "-", "-");
		r.nhops = 1;
		expect(&r, &setup, "lsrd-hold:no usable next hop", "-", "-");
	}
}
END_TEST

/* Behind one public address: only the port tells whose it is. */
START_TEST(another_port_is_another_server)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	r.hop[0].addr = (struct addr)V4(192, 0, 2, 10, 2525);
	expect(&r, &setup, "lsrd:[192.0.2.10]:2525", "-", "-");
	r.hop[0].addr.port = 25;
	expect(&r, &setup, "lsrd-hold:no usable next hop", "-", "-");
}
END_TEST

START_TEST(lab_takes_loopback_but_not_itself)
{
	struct plugin_setup setup = plain_setup();
	struct route r = remote("paris.example.org");

	setup.lab = true;
	r.hop[0].addr = (struct addr)V4(127, 0, 0, 2, 2525);
	expect(&r, &setup, "lsrd:[127.0.0.2]:2525", "-", "-");
	setup.own[0] = r.hop[0].addr;
	expect(&r, &setup, "lsrd-hold:no usable next hop", "-", "-");
}
END_TEST

static const struct {
	const char *reason, *value;
} holds[] = {
	{ "no path to paris, connector london-paris down since 12:00:03Z",
	    "lsrd-hold:no path to paris, connector london-paris down since "
	    "12:00:03Z" },
	{ "", "lsrd-hold:no path now" },
	{ "5.1.1 bounce me", "lsrd-hold:no path: 5.1.1 bounce me" },
	{ " 550 bounce me", "lsrd-hold:no path: 550 bounce me" },
	{ "a\nb\001c\"d$(id)`e\\f{g}\x80", "lsrd-hold:a?b?c?d?(id)?e?f?g??" },
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

static const struct {
	const char *way, *value;
} ways[] = {
	{ "smtp:[relay.example.net]:587", "smtp:[relay.example.net]:587" },
	{ "lmtp:unix:private/lmtp", "lmtp:unix:private/lmtp" },
	{ "uucp:site", "uucp:site" },
	{ "local:", "local:" },
	{ "nocolon", "lsrd-hold:the way out is malformed" },
	{ ":", "lsrd-hold:the way out is malformed" },
	{ "", "lsrd-hold:the way out is malformed" },
	{ "smtp:[a]\nb", "lsrd-hold:the way out is malformed" },
	{ NULL, "lsrd-hold:the way out is malformed" },
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

START_TEST(services_are_words)
{
	ck_assert(values_is_service("lsrd-hold"));
	ck_assert(!values_is_service(""));
	ck_assert(!values_is_service("a:b"));
	ck_assert(!values_is_service("a b"));
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("values");
	TCase *tc = tcase_create("values");

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
	tcase_add_test(tc, services_are_words);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
