/*
 * Probes of services on loopback that this test plays itself. Its engine
 * writes down the verdicts.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>

#include "sys/clock.h"
#include "sys/spare.h"
#include "t/io/service.h"
#include "t/tap.h"

/* The verdict is there with EHLO's answer, and what follows means nothing;
 * but we wait for the end. */
START_TEST(a_service_that_answers)
{
	char c;
	int fd;

	probe(7, &addr);
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250-mx\r\n250 SIZE\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	say(fd, "500 what\r\n", NULL);
	event_base_loop(base, EVLOOP_NONBLOCK);
	close(fd);
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
}
END_TEST

/* Others than SMTP: a connection, and a dialogue that begins otherwise. */
START_TEST(a_service_of_another_kind)
{
	struct asks by_tcp = { .kind = ASKS_TCP };
	struct asks by_lmtp = { .kind = ASKS_LMTP };
	int fd;

	engine.fx.asks = &by_tcp;
	probe(7, &addr);
	fd = taken();
	until("7 connected; 7 ok; ");
	close(fd);
	engine.told[0] = '\0';
	engine.fx.asks = &by_lmtp;
	probe(8, &addr);
	fd = taken();
	say(fd, "220 gw\r\n", "LHLO me.example.org\r\n");
	say(fd, "250 gw\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "8 connected; 8 ok; ");
	close(fd);
	engine.told[0] = '\0';
	engine.fx.asks = &by_tcp;
	close(listener);
	listener = -1;
	probe(9, &addr);
	until("9 failed");
}
END_TEST

/* Mail, and a recipient that is to be relayed to. */
START_TEST(a_service_that_is_asked)
{
	int fd;

	engine.fx.mail = true;
	probe(7, &addr);
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "MAIL FROM:<postmaster@me.example.org>\r\n");
	say(fd, "250 ok\r\n", "RCPT TO:<postmaster@mx.example.org>\r\n");
	say(fd, "452 4.3.1 no room\r\n", "RSET\r\n");
	say(fd, "250 ok\r\n", "QUIT\r\n");
	close(fd);
	until("7 refused");
	engine.told[0] = '\0';
	engine.fx.mail = false;
	engine.fx.recipient = "postmaster@far.example.org";
	probe(8, &addr);
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "MAIL FROM:<>\r\n");
	say(fd, "250 ok\r\n", "RCPT TO:<postmaster@far.example.org>\r\n");
	say(fd, "250 ok\r\n", "RSET\r\n");
	say(fd, "250 ok\r\n", "QUIT\r\n");
	until("8 takes");
	close(fd);
}
END_TEST

START_TEST(a_service_that_is_busy)
{
	int fd;

	probe(7, &addr);
	fd = taken();
	say(fd, "421 4.7.0 too many\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 busy; ");
	ck_assert_str_eq(engine.said, "421 4.7.0 too many");
	close(fd);
}
END_TEST

/* Each reply has the whole time, and a slow one that comes is one. */
START_TEST(one_that_is_slow)
{
	struct timespec wait = { 0, 200000000 };
	int fd;

	be_impatient();
	probe(7, &addr);
	fd = taken();
	nanosleep(&wait, NULL);
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	nanosleep(&wait, NULL);
	say(fd, "250 mx\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
	close(fd);
}
END_TEST

/* It is late, and then it comes: that is said, and how late it was. */
START_TEST(one_that_is_late)
{
	int first, second, third;
	struct mono begin;

	be_impatient();
	probe(7, &addr);
	first = taken();
	until("7 late");
	engine.told[0] = '\0';
	probe(7, &addr); /* beside it */
	second = taken();
	until("7 late"); /* one of them is waited for */
	engine.told[0] = '\0';
	engine.fx.wait_ms = PATIENCE_MS;
	begin = clock_mono();
	probe(7, &addr);
	third = taken();
	say(first, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(first, "250 mx\r\n", "QUIT\r\n");
	until("7 slow");
	ck_assert_uint_ge(engine.value, 590); /* clocks differ by a little */
	say(third, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(third, "250 mx\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 slow; 7 ok; ");
	ck_assert_uint_le(engine.value, mono_since(begin, clock_mono()));
	close(first);
	close(second);
	close(third);
}
END_TEST

/* What comes in the end and is no good was said: it was late. */
START_TEST(one_that_is_late_for_nothing)
{
	int fd;

	be_impatient();
	probe(7, &addr);
	fd = taken();
	until("7 late");
	say(fd, "554 no\r\n", "QUIT\r\n");
	close(fd);
	probe(7, &addr);
	fd = taken();
	until("late; 7 connected; 7 late");
	probe(7, NULL); /* nobody waits for it any more */
	ck_assert_int_eq(recv(fd, &(char){ 0 }, 1, 0), 0);
	ck_assert_str_eq(
	    engine.told, "7 connected; 7 late; 7 connected; 7 late; ");
	close(fd);
}
END_TEST

/* Where it is allowed for, it is not late. */
START_TEST(one_that_was_slow_before)
{
	struct timespec wait = { 0, 500000000 };
	int fd;

	be_impatient();
	engine.fx.wait_ms = PATIENCE_MS;
	probe(7, &addr);
	fd = taken();
	nanosleep(&wait, NULL);
	event_base_loop(base, EVLOOP_NONBLOCK);
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
	ck_assert_uint_ge(engine.value, 500);
	close(fd);
}
END_TEST

START_TEST(one_that_does_not)
{
	int fd;

	be_impatient();
	probe(7, &addr); /* silence: the deadline */
	fd = taken();
	until("7 late");
	close(fd);
	engine.told[0] = '\0';
	probe(8, &addr); /* closes at once */
	close(taken());
	until("8 failed");
	engine.told[0] = '\0';
	close(listener);
	listener = -1;
	probe(10, &addr); /* nobody there */
	until("10 failed");
	ck_assert_ptr_null(strstr(engine.told, "connected"));
}
END_TEST

/* What the buffers of a connection take, and a little that is read. */
#define SAID_MOST 4194304

/* Says it as often as anybody takes it; false: for ever. */
static bool
says_until_it_ends(int fd, const char *text)
{
	struct mono begin = clock_mono();
	size_t n = strlen(text), sent = 0, all = 0;

	while (mono_since(begin, clock_mono()) < PATIENCE_MS) {
		ssize_t more = send(
		    fd, text + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (more < 0 && errno != EAGAIN)
			return all < SAID_MOST;
		all += more < 0 ? 0 : (size_t)more;
		sent = more < 0 ? sent : (sent + (size_t)more) % n;
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	return false;
}

/* However much it says, it is over soon: before it has answered, and after. */
START_TEST(one_that_never_ends)
{
	static const char *const says[] = { "220-x\r\n", "x", "\xff\r\n",
		"220 x\r\n", "250 x\r\n", "554 x\r\n", "421 x\r\n" };
	static const char *const told[] = { "7 failed", "7 failed", "7 failed",
		"7 ok", "7 ok", "7 failed", "7 busy" };
	int fd;

	probe_io_conf(probes, "me.example.org", 60000);
	probe(7, &addr);
	fd = taken();
	ck_assert(says_until_it_ends(fd, says[_i]));
	ck_assert_msg(strstr(engine.told, told[_i]) != NULL, "%s: %s", says[_i],
	    engine.told);
	close(fd);
}
END_TEST

/* In pieces of one octet, and a line that ends in LF. */
START_TEST(one_in_pieces)
{
	static const char greeting[] = "220\n";
	int fd;

	probe_io_conf(probes, "me.example.org", 60000);
	probe(7, &addr);
	fd = taken();
	for (size_t i = 0; i + 2 < sizeof(greeting); i++) {
		ck_assert_int_eq(send(fd, greeting + i, 1, 0), 1);
		event_base_loop(base, EVLOOP_ONCE);
	}
	say(fd, "\n", "EHLO me.example.org\r\n");
	say(fd, "250\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
	close(fd);
}
END_TEST

/* A reset, wherever it comes, is a failure, or means nothing after QUIT. */
START_TEST(one_that_resets)
{
	static const struct linger at_once = { 1, 0 };
	int fd;

	probe_io_conf(probes, "me.example.org", 60000);
	probe(7, &addr);
	fd = taken();
	if (_i > 0)
		say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	if (_i > 1)
		say(fd, "502 no\r\n", "HELO me.example.org\r\n");
	if (_i > 2)
		say(fd, "250 mx\r\n", "QUIT\r\n");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	until(_i > 2 ? "7 ok" : "7 failed");
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_str_eq(engine.told,
	    _i > 2 ? "7 connected; 7 ok; " : "7 connected; 7 failed closed; ");
}
END_TEST

/* Without an address a running one is given up, and nothing follows. */
START_TEST(one_that_is_given_up)
{
	char c;
	int fd;

	probe(7, &addr);
	fd = taken();
	probe(7, NULL);
	ck_assert_int_eq(recv(fd, &c, 1, 0), 0);
	close(fd);
	ck_assert_str_eq(engine.told, "7 connected; ");
}
END_TEST

static void
descriptors(rlim_t n)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = n;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What cannot begin here is nobody's fault; the last descriptors are kept. */
START_TEST(one_that_cannot_begin)
{
	int next = dup(listener);

	ck_assert_int_ge(next, 0);
	close(next);
	descriptors((rlim_t)next);
	probe(7, &addr);
	until("7 unable no-descriptors");
	engine.told[0] = '\0';
	descriptors(256);
	next = fcntl(listener, F_DUPFD, 256 - SPARE_DESCRIPTORS - 1);
	for (int fd = dup(listener); fd < next; fd = dup(listener))
		ck_assert_int_ge(fd, 0);
	probe(8, &addr);
	until("8 unable no-descriptors");
	ck_assert_ptr_null(strstr(engine.told, "connected"));
}
END_TEST

/* A network of this test's own, where IPv6 is switched off; false: that is not
 * allowed here. */
static bool
has_no_six(void)
{
	static const char off[] = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
	int fd;
	bool done;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	fd = open(off, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, "1", 1) == 1;
	if (fd >= 0)
		close(fd);
	return done;
}

/* The kernel says the same of that as of ports that ran out; it is a way that
 * is missing. */
START_TEST(one_of_a_family_that_is_off)
{
	struct addr six;

	if (!has_no_six())
		return;
	ck_assert(addr_read(&six, "[2001:db8::1]:25"));
	probe(7, &six);
	until("7 unable no-network");
}
END_TEST

/* Nobody was asked while this process was stopped. */
START_TEST(one_that_was_stopped)
{
	struct timespec wait = { 1, 500000000 };
	int fd;

	be_impatient();
	probe(7, &addr);
	fd = taken();
	nanosleep(&wait, NULL);
	until("7 unable stalled");
	close(fd);
}
END_TEST

START_TEST(a_new_one_ends_the_old_one)
{
	int first, second;

	probe(7, &addr);
	first = taken();
	engine.told[0] = '\0';
	probe(7, &addr);
	second = taken();
	say(second, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(second, "250 mx\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
	close(first);
	close(second);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe_io");
	TCase *tc = tcase_create("probe_io");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_service_that_answers);
	tcase_add_test(tc, a_service_of_another_kind);
	tcase_add_test(tc, a_service_that_is_asked);
	tcase_add_test(tc, a_service_that_is_busy);
	tcase_add_test(tc, one_that_is_slow);
	tcase_add_test(tc, one_that_is_late);
	tcase_add_test(tc, one_that_is_late_for_nothing);
	tcase_add_test(tc, one_that_was_slow_before);
	tcase_add_test(tc, one_that_does_not);
	tcase_add_loop_test(tc, one_that_never_ends, 0, 7);
	tcase_add_test(tc, one_in_pieces);
	tcase_add_loop_test(tc, one_that_resets, 0, 4);
	tcase_add_test(tc, one_that_is_given_up);
	tcase_add_test(tc, one_that_cannot_begin);
	tcase_add_test(tc, one_of_a_family_that_is_off);
	tcase_add_test(tc, one_that_was_stopped);
	tcase_add_test(tc, a_new_one_ends_the_old_one);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
