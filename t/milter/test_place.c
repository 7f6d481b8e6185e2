/* test_place.c - where lsrd-milter listens, and which client is this host. */

#include "message/session.h"
#include "milter/place.h"
#include "t/tap.h"

static const struct {
	const char *said, *wanted; /* NULL: refused */
	bool is_path;
} places[] = {
	{ "unix:/run/x", "unix:/run/x", true },
	{ "local:/run/x", "unix:/run/x", true },
	{ "/run/x", "unix:/run/x", true },
	{ "inet:8891", "inet:8891", false },
	{ "inet:8891@127.0.0.1", "inet:8891@127.0.0.1", false },
	{ "inet6:8891@::1", "inet6:8891@::1", false },
	{ "inet:127.0.0.1:8891", "inet:8891@127.0.0.1", false },
	{ "inet:localhost:8891", "inet:8891@localhost", false },
	{ "inet:[2001:db8::1]:8891", "inet6:8891@2001:db8::1", false },
	{ "inet6:[::1]:8891", "inet6:8891@::1", false },
	{ "unix:run/x", NULL, false },
	{ "", NULL, false },
	{ "x", NULL, false },
	{ "inet:", NULL, false },
	{ "inet:0", NULL, false },
	{ "inet:65536", NULL, false },
	{ "inet:8891@", NULL, false },
	{ "inet:8891@a b", NULL, false },
	{ "inet:@localhost", NULL, false },
	{ "inet::8891", NULL, false },
	{ "inet:::1:8891", NULL, false },
	{ "inet:[]:8891", NULL, false },
	{ "inet:[::1:8891", NULL, false },
	{ "inet:localhost:", NULL, false },
	{ "inet:localhost:x", NULL, false },
	{ "unix:/"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL, false },
};

START_TEST(reads_place)
{
	const char *said = places[_i].said, *wanted = places[_i].wanted;
	struct place place;
	bool good = place_read(&place, said);

	ck_assert_msg(good == (wanted != NULL), "%s: %d", said, good);
	if (!good)
		return;
	ck_assert_str_eq(place.text, wanted);
	ck_assert_int_eq(place.path != NULL, places[_i].is_path);
	if (place.path != NULL)
		ck_assert_str_eq(place.path, "/run/x");
}
END_TEST

static const struct {
	const char *client, *daemon;
	bool own;
} clients[] = {
	{ "127.0.0.1", NULL, true },
	{ "::1", NULL, true },
	{ "::ffff:127.0.0.1", NULL, true },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "::FFFF:192.0.2.1", true },
	{ "2001:db8::1", "2001:DB8::1", true },
	{ "192.0.2.1", NULL, false },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "", "", false },
	{ "::10", NULL, false },
};

START_TEST(knows_itself)
{
	ck_assert_int_eq(session_is_own(clients[_i].client, clients[_i].daemon),
	    clients[_i].own);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("place");
	TCase *tc = tcase_create("place");

	tcase_add_loop_test(tc, reads_place, 0, ROWS(places));
	tcase_add_loop_test(tc, knows_itself, 0, ROWS(clients));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
