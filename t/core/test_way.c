/* test_way.c - a way out as it is written: lsrd.conf(5), deliver. */

#include <string.h>

#include "base/rc.h"
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

int
main(void)
{
	Suite *suite = suite_create("way");
	TCase *tc = tcase_create("way");

	tcase_add_loop_test(tc, what_is_written_is_read, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
