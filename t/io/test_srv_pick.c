/*
 * Which targets of an SRV answer are dialled: of more than there may be the same
 * ones, in whatever order they come.
 */

#define CARES_NO_DEPRECATED
#include <ares.h>
#include <stdio.h>
#include <string.h>

#include "io/srv_pick.h"
#include "t/tap.h"

#define MANY (SRV_TARGETS + 100)

static struct ares_srv_reply reply[MANY];
static char name[MANY][64];
static struct ares_srv_reply *got[SRV_TARGETS];

/* A list of n, each after the one before; the last named comes first. */
static struct ares_srv_reply *
list(size_t n)
{
	for (size_t i = 0; i < n; i++)
		reply[i].next = i == 0 ? NULL : &reply[i - 1];
	return n == 0 ? NULL : &reply[n - 1];
}

static void
put(size_t i, const char *host, unsigned short port, unsigned short priority)
{
	snprintf(name[i], sizeof(name[i]), "%s", host);
	reply[i] = (struct ares_srv_reply){
		.host = name[i], .port = port, .priority = priority
	};
}

START_TEST(what_is_no_target)
{
	static const char *const hosts[] = { "", "a b.example.org",
		"-x.example", "under_score.example.org", "h..example.org",
		"h.example.org\n", "*.example.org", "127.0.0.1:691" };
	size_t n = sizeof(hosts) / sizeof(hosts[0]);

	ck_assert_uint_eq(srv_pick(NULL, got), 0);
	for (size_t i = 0; i < n; i++)
		put(i, hosts[i], 691, 0);
	put(n, "mx0.example.org", 0, 0); /* no port */
	put(n + 1, "MX1.Example.Org", 691, 0);
	ck_assert_uint_eq(srv_pick(list(n + 2), got), 1);
	ck_assert_str_eq(got[0]->host, "mx1.example.org");
}
END_TEST

START_TEST(each_once)
{
	put(0, "b.example.org", 691, 0);
	put(1, "A.example.org", 691, 0);
	put(2, "a.example.org", 691, 0);
	put(3, "a.example.org", 7691, 0); /* another port is another place */
	put(4, "B.example.org", 691, 0);
	ck_assert_uint_eq(srv_pick(list(5), got), 3);
	ck_assert_str_eq(got[0]->host, "a.example.org");
	ck_assert_uint_eq(got[0]->port, 691);
	ck_assert_uint_eq(got[1]->port, 7691);
	ck_assert_str_eq(got[2]->host, "b.example.org");
}
END_TEST

/* In whatever order, and however many are named twice. */
START_TEST(the_same_of_too_many)
{
	for (size_t turn = 0; turn < 2; turn++) {
		char host[32];

		for (size_t i = 0; i < MANY; i++) {
			size_t k = turn == 0 ? i : MANY - 1 - i;

			snprintf(host, sizeof(host), "h%04zu.example.org",
			    k < 2 ? 2 : k);
			put(i, host, 691, k == MANY - 1 ? 0 : 1);
		}
		ck_assert_uint_eq(srv_pick(list(MANY), got), SRV_TARGETS);
		snprintf(host, sizeof(host), "h%04d.example.org", MANY - 1);
		ck_assert_str_eq(got[0]->host, host);
		ck_assert_str_eq(got[1]->host, "h0002.example.org");
		snprintf(host, sizeof(host), "h%04d.example.org", SRV_TARGETS);
		ck_assert_str_eq(got[SRV_TARGETS - 1]->host, host);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("srv_pick");
	TCase *tc = tcase_create("srv_pick");

	tcase_add_test(tc, what_is_no_target);
	tcase_add_test(tc, each_once);
	tcase_add_test(tc, the_same_of_too_many);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
