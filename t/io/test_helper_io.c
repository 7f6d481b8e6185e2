/*
 * test_helper_io.c - questions to lsrd-probe, which this test plays itself: its
 * answers, what is none, nobody there, and more questions than it may have.
 */

#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/rc.h"
#include "io/helper_io.h"
#include "io/local.h"
#include "t/io/service.h"
#include "t/tap.h"
#include "t/temp.h"

static char folder[TEMP_FOLDER], path[TEMP_FOLDER + 8];
static int helper;
static struct asks modem;

static void
helper_setup(void)
{
	setup();
	temp_make(folder);
	snprintf(path, sizeof(path), "%s/ask", folder);
	ck_assert_int_eq(local_listen(path, NULL, &helper), RC_OK);
	probe_io_helper(probes, path, PATIENCE_MS);
	ck_assert_int_eq(asks_read(&modem, "command modem"), RC_OK);
	engine.fx.asks = &modem;
}

static void
helper_teardown(void)
{
	close(helper);
	temp_end(folder);
	teardown();
}

/* The next question; -1: there is none now. */
static int
question(void)
{
	static const char wanted[] = "modem mx.example.org\n";
	char got[sizeof(wanted)] = "";
	int fd;

	event_base_loop(base, EVLOOP_NONBLOCK);
	fd = accept(helper, NULL, NULL);
	if (fd >= 0) {
		ck_assert_int_eq(
		    recv(fd, got, sizeof(got), 0), (ssize_t)strlen(wanted));
		ck_assert_str_eq(got, wanted);
	}
	return fd;
}

static void
answer(int fd, const char *text)
{
	if (*text != '\0')
		ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
		    (ssize_t)strlen(text));
	close(fd);
}

static const struct {
	const char *says, *told;
} answers[] = {
	{ "up\n", "7 ok; " },
	{ "down\n", "7 failed command; " },
	{ "silent command-timeout\n", "7 silent command-timeout; " },
	{ "silent command-missing\n", "7 silent command-missing; " },
	/* none of these is a word on any mail service */
	{ "", "7 silent no-helper; " },
	{ "up", "7 silent helper-answer; " },
	{ "up\nup\n", "7 silent helper-answer; " },
	{ "silent down\n", "7 silent helper-answer; " },
	{ "silent command-timeout", "7 silent helper-answer; " },
};

START_TEST(an_answer)
{
	int fd;

	probe(7, &addr);
	fd = question();
	ck_assert_int_ge(fd, 0);
	answer(fd, answers[_i].says);
	until("7 ");
	ck_assert_str_eq(engine.told, answers[_i].told);
}
END_TEST

/* More than a line is read no further. */
START_TEST(an_answer_without_end)
{
	char much[4096];
	int fd;

	memset(much, 'x', sizeof(much));
	probe(7, &addr);
	fd = question();
	ck_assert_int_eq(
	    send(fd, much, sizeof(much), MSG_NOSIGNAL), sizeof(much));
	until("7 silent helper-answer; ");
	close(fd);
}
END_TEST

START_TEST(nobody_there)
{
	close(helper);
	helper = -1;
	probe(7, &addr);
	until("7 silent no-helper; ");
	probe_io_helper(probes, "/nowhere/ask", PATIENCE_MS);
	engine.told[0] = '\0';
	probe(8, &addr);
	until("8 silent no-helper; ");
}
END_TEST

/* The address that is left then is somebody else's. */
START_TEST(a_path_that_is_too_long)
{
	struct sockaddr_un nul = { .sun_family = AF_UNIX };
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char far[sizeof(nul.sun_path) + 2];

	ck_assert_int_eq(bind(other, (struct sockaddr *)&nul, sizeof(nul)), 0);
	ck_assert_int_eq(listen(other, 1), 0);
	memset(far, 'x', sizeof(far));
	far[0] = '/';
	far[sizeof(far) - 1] = '\0';
	probe_io_helper(probes, far, PATIENCE_MS);
	probe(7, &addr);
	until("7 silent no-helper; ");
	close(other);
}
END_TEST

START_TEST(one_that_hangs)
{
	int fd;

	probe_io_helper(probes, path, 50);
	probe(7, &addr);
	fd = question();
	until("7 silent helper-late; ");
	close(fd);
}
END_TEST

/* One ends, the next begins, in the order of coming. One that is given up, or
 * asked for anew, is told no more. */
START_TEST(more_than_run_at_a_time)
{
	int fds[HELPER_IO_MOST], fd;

	for (uint32_t i = 0; i < HELPER_IO_MOST + 2; i++)
		probe(i, &addr);
	for (size_t i = 0; i < HELPER_IO_MOST; i++)
		ck_assert_int_ge(fds[i] = question(), 0);
	ck_assert_int_eq(question(), -1);
	probe(HELPER_IO_MOST, NULL);
	answer(fds[3], "down\n");
	until("3 failed command; ");
	fd = question();
	ck_assert_int_ge(fd, 0);
	answer(fd, "up\n");
	until("9 ok; ");
	probe(0, NULL);
	ck_assert_int_eq(question(), -1);
	close(fds[0]);
	answer(fds[1], "up\n");
	until("1 ok; ");
	ck_assert_str_eq(engine.told, "3 failed command; 9 ok; 1 ok; ");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("helper_io");
	TCase *tc = tcase_create("helper_io");

	tcase_add_checked_fixture(tc, helper_setup, helper_teardown);
	tcase_add_loop_test(
	    tc, an_answer, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(tc, an_answer_without_end);
	tcase_add_test(tc, nobody_there);
	tcase_add_test(tc, a_path_that_is_too_long);
	tcase_add_test(tc, one_that_hangs);
	tcase_add_test(tc, more_than_run_at_a_time);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
