/* test_way.c - a way out as it is written, a transport, and how a service is asked:
 * lsrd.conf(5), deliver, transport and probe. */

#include <string.h>

#include "base/rc.h"
#include "core/lsa/asks.h"
#include "core/lsa/way.h"
#include "t/tap.h"

static const struct {
	const char *text;
	int port; /* -1: it is none */
} rows[] = {
	{ "smtp:", 0 },
	{ "smtp:[gw.x.example]", 0 },
	{ "smtp:[gw.x.example]:smtp", 25 },
	{ "smtp:[gw.x.example]:submission", 587 },
	{ "lmtp:[192.0.2.1]:lmtp", 24 },
	{ "smtp:[gw.x.example]:1", 1 },
	{ "smtp:[gw.x.example]:9", 9 },
	{ "smtp:[gw.x.example]:10025", 10025 },
	{ "smtp:[gw.x.example]:65535", 65535 },
	{ "smtp:[2001:db8::1]:2525", 2525 },
	{ "smtp:[gw.x.example]:65536", -1 },
	{ "smtp:[gw.x.example]:4294967321", -1 }, /* 25, were it cut */
	{ "smtp:[gw.x.example]:0", -1 },
	{ "smtp:[gw.x.example]:025", -1 },
	{ "smtp:[gw.x.example]25", -1 },
	{ "smtp:[gw.x.example]::25", -1 },
	{ "smtp:[gw.x.example]:", -1 },
	{ "smtp:[gw.x.example]:25x", -1 },
	{ "smtp:[gw.x.example]:x", -1 },
	{ "smtp:gw.x.example:25", -1 },
	{ "smtp:[gw.x.example", -1 },
	{ "smtp:[]:25", -1 },
	{ "smtp", -1 },
	{ ":[gw.x.example]", -1 },
	{ "smtp:[no_host]", -1 },
	{ "smtp:[192.0.2.1:25]", -1 },
	{ "a-Z_9:", 0 },
	{ "a`:", -1 },
	{ "a{:", -1 },
	{ "a@:", -1 },
	{ "a/:", -1 },
	{ "a[:", -1 },
	{ "", -1 },
};

START_TEST(what_is_written_is_read)
{
	struct way way;
	int rc = way_read(&way, rows[_i].text);

	ck_assert_msg((rc == RC_OK) == (rows[_i].port >= 0), "\"%s\": %s",
	    rows[_i].text, rc_word(rc));
	if (rc == RC_OK)
		ck_assert_int_eq(way.port, rows[_i].port);
}
END_TEST

#define TEXT_64                                                                \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
#define HOST_250 TEXT_64 "." TEXT_64 "." TEXT_64 "." TEXT_64

START_TEST(too_long_is_none)
{
	struct way way;

	ck_assert_int_eq(way_read(&way, TEXT_64 "x:"), RC_FORMAT);
	ck_assert_int_eq(way_read(&way, "smtp:[" HOST_250 "]"), RC_FORMAT);
	ck_assert_int_eq(way_by(TEXT_64 "x"), RC_FORMAT);
	ck_assert_int_eq(
	    way_by("smtp:[" HOST_250 HOST_250 HOST_250 "]"), RC_FORMAT);
	ck_assert(!way_is_driver(TEXT_64 "x"));
}
END_TEST

static const struct {
	const char *text;
	int rc;
} bys[] = {
	{ "relay", RC_OK },
	{ "relay:[192.0.2.1]:587", RC_OK },
	{ "relay:gw.x.example", RC_OK },
	{ "relay:x/y", RC_OK },
	{ "lsrd-hold", RC_CLAIM },
	{ "error:x", RC_CLAIM },
	{ "errors", RC_OK },
	{ "", RC_FORMAT },
	{ ":x", RC_FORMAT },
	{ "-n", RC_FORMAT },
	{ "re lay", RC_FORMAT },
	{ "relay:", RC_FORMAT },
	{ "relay:-n", RC_FORMAT },
	{ "relay:a b", RC_FORMAT },
	{ "relay:$x", RC_FORMAT },
};

START_TEST(what_mail_is_handed_to)
{
	ck_assert_msg(
	    way_by(bys[_i].text) == bys[_i].rc, "\"%s\"", bys[_i].text);
}
END_TEST

/* Exim's names of drivers have no `-`, and begin with a letter. */
static const struct {
	const char *name;
	bool is;
} drivers[] = {
	{ "remote_smtp", true },
	{ "R9", true },
	{ "", false },
	{ "_smtp", false },
	{ "9smtp", false },
	{ "remote-smtp", false },
	{ "remote smtp", false },
};

START_TEST(drivers_of_exim)
{
	ck_assert(way_is_driver(drivers[_i].name) == drivers[_i].is);
}
END_TEST

static const struct {
	const char *text;
	int rc;
	enum asks_kind kind;
	uint16_t port; /* 0: no address */
} asked[] = {
	{ NULL, RC_OK, ASKS_SMTP, 0 },
	{ "smtp", RC_OK, ASKS_SMTP, 0 },
	{ "smtp 192.0.2.1:25", RC_FORMAT, ASKS_SMTP, 0 },
	{ "lmtp", RC_OK, ASKS_LMTP, 0 },
	{ "lmtp 192.0.2.1:24", RC_OK, ASKS_LMTP, 24 },
	{ "lmtp 192.0.2.1", RC_FORMAT, ASKS_LMTP, 0 },
	{ "lmtp here", RC_FORMAT, ASKS_LMTP, 0 },
	{ "lmtps", RC_FORMAT, ASKS_LMTP, 0 },
	{ "tcp", RC_FORMAT, ASKS_TCP, 0 },
	{ "tcp [2001:db8::1]:99", RC_OK, ASKS_TCP, 99 },
	{ "none", RC_OK, ASKS_NONE, 0 },
	{ "none 192.0.2.1:25", RC_FORMAT, ASKS_NONE, 0 },
	{ "icmp", RC_FORMAT, ASKS_SMTP, 0 },
	{ "command", RC_FORMAT, ASKS_COMMAND, 0 },
	{ "command ", RC_FORMAT, ASKS_COMMAND, 0 },
	{ "command a-9_z", RC_OK, ASKS_COMMAND, 0 },
	{ "command -a", RC_FORMAT, ASKS_COMMAND, 0 },
	{ "command _a", RC_FORMAT, ASKS_COMMAND, 0 },
	{ "command A", RC_FORMAT, ASKS_COMMAND, 0 },
	{ "command a b", RC_FORMAT, ASKS_COMMAND, 0 },
	{ "command " TEXT_64 TEXT_64, RC_FORMAT, ASKS_COMMAND, 0 },
};

START_TEST(how_it_is_asked)
{
	struct asks asks;
	int rc = asks_read(&asks, asked[_i].text);

	ck_assert_msg(rc == asked[_i].rc, "row %d: %s", _i, rc_word(rc));
	if (rc != RC_OK)
		return;
	ck_assert_int_eq(asks.kind, asked[_i].kind);
	ck_assert_uint_eq(asks.at.port, asked[_i].port);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("way");
	TCase *tc = tcase_create("way");

	tcase_add_loop_test(tc, what_is_written_is_read, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, too_long_is_none);
	tcase_add_loop_test(
	    tc, what_mail_is_handed_to, 0, (int)(sizeof(bys) / sizeof(bys[0])));
	tcase_add_loop_test(tc, drivers_of_exim, 0,
	    (int)(sizeof(drivers) / sizeof(drivers[0])));
	tcase_add_loop_test(
	    tc, how_it_is_asked, 0, (int)(sizeof(asked) / sizeof(asked[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
