/*
 * The socket where lsrd-front brings sessions: its line, and those who do not
 * keep to it.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/rc.h"
#include "io/front_io.h"
#include "t/io/side.h"
#include "t/tap.h"

#define until(cond) side_until(base, cond)

static struct pki pki;
static struct event_base *base;
static struct side b;
static struct front_io *front;
static char path[100];
static int got;
static bool welcome;
static struct addr got_from;

static const struct {
	const char *line, *from;
} lines[] = {
	{ "lsrd-front/1 192.0.2.7 40712", "192.0.2.7:40712" },
	{ "lsrd-front/1 2001:db8::9 1", "[2001:db8::9]:1" },
	{ "lsrd-front/1 ::ffff:192.0.2.7 65535", "192.0.2.7:65535" },
	{ "", NULL },
	{ "lsrd-front/1", NULL },
	{ "lsrd-front/1 ", NULL },
	{ "lsrd-front/1 192.0.2.7", NULL },
	{ "lsrd-front/1 192.0.2.7 ", NULL },
	{ "lsrd-front/1 192.0.2.7 0", NULL },
	{ "lsrd-front/1 192.0.2.7 01", NULL },
	{ "lsrd-front/1 192.0.2.7 65536", NULL },
	{ "lsrd-front/1 192.0.2.7 655360", NULL },
	{ "lsrd-front/1 192.0.2.7 -1", NULL },
	{ "lsrd-front/1 192.0.2.7 25 ", NULL },
	{ "lsrd-front/1 192.0.2.7 25\r", NULL },
	{ "lsrd-front/1 192.0.2.7  25", NULL },
	{ "lsrd-front/1  192.0.2.7 25", NULL },
	{ "lsrd-front/1\t192.0.2.7 25", NULL },
	{ "lsrd-front/2 192.0.2.7 25", NULL },
	{ "LSRD-FRONT/1 192.0.2.7 25", NULL },
	{ "lsrd-front/1 192.0.2.07 25", NULL },
	{ "lsrd-front/1 192.0.2 25", NULL },
	{ "lsrd-front/1 2001:DB8::9 25", NULL },
	{ "lsrd-front/1 2001:db8:0::9 25", NULL },
	{ "lsrd-front/1 [2001:db8::9] 25", NULL },
	{ "lsrd-front/1 fe80::1%lo 25", NULL },
	{ "lsrd-front/1 mx1.example.org 25", NULL },
	{ "lsrd-front/1 0000000000000000000000000000000000000000000000000 1",
	    NULL },
};

START_TEST(lines_as_they_must_be)
{
	size_t n = strlen(lines[_i].line);
	char *exact = mem_new(0, n, 1);
	char text[ADDR_TEXT];
	struct addr from;
	bool good;

	if (n > 0)
		memcpy(exact, lines[_i].line, n);
	good = front_io_line(exact, n, &from);
	mem_free(exact);
	ck_assert_int_eq(good, lines[_i].from != NULL);
	if (good)
		ck_assert_str_eq(addr_text(&from, text), lines[_i].from);
}
END_TEST

static const struct {
	const char *line;
	bool good;
} counts[] = {
	{ "lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1 "
	  "verbs=4",
	    true },
	{ "lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1",
	    false },
	{ "lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1 "
	  "verbs=",
	    false },
	{ "lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1 "
	  "verbs=4 ",
	    false },
	{ "lsrd-front/1 counts sessions=02 accepted=90 handed=0 refused=1 "
	  "verbs=4",
	    false },
	{ "lsrd-front/1 counts accepted=90 sessions=2 handed=0 refused=1 "
	  "verbs=4",
	    false },
	{ "lsrd-front/1 counts sessions=99999999999999999999 accepted=90 "
	  "handed=0 refused=1 verbs=4",
	    false },
	{ "lsrd-front/1 counts", false },
	/* of a later version */
	{ "lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1 "
	  "verbs=4 turned=7",
	    true },
	{ "lsrd-front/1 counts sessions=2 accepted=90 handed=0 refused=1 "
	  "verbs=4x",
	    false },
};

START_TEST(counts_as_they_must_be)
{
	size_t n = strlen(counts[_i].line);
	char *exact = mem_dup(counts[_i].line, n);
	struct front_io_counts got_counts = { 0 };
	bool good = front_io_counts_read(exact, n, &got_counts);

	mem_free(exact);
	ck_assert_int_eq(good, counts[_i].good);
	ck_assert_uint_eq(got_counts.n[FRONT_IO_ACCEPTED], good ? 90 : 0);
	ck_assert_uint_eq(got_counts.n[FRONT_IO_VERBS], good ? 4 : 0);
}
END_TEST

/* A NUL is no end of anything. */
START_TEST(nul_within)
{
	static const char line[] = "lsrd-front/1 192.0.2.7\0 25";
	struct addr from;

	ck_assert(!front_io_line(line, sizeof(line) - 1, &from));
}
END_TEST

static bool
brought(void *ctx, int fd, const struct addr *from)
{
	(void)ctx;
	got = fd;
	got_from = *from;
	if (!welcome)
		close(fd);
	return welcome;
}

static int
bring_to(const char *to, const char *text, size_t n)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sun.sun_path, to, strlen(to) + 1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	if (n > 0)
		ck_assert_int_eq(send(fd, text, n, 0), (int)n);
	return fd;
}

static int
bring(const char *text, size_t n)
{
	return bring_to(path, text, n);
}

static bool
is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

START_TEST(what_follows_is_untouched)
{
	static const char text[] = "lsrd-front/1 192.0.2.7 25\n\x16\x03\x01";
	char rest[8];
	int fd;

	fd = bring(text, 5); /* in parts */
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(got, -1);
	ck_assert_int_gt(send(fd, text + 5, sizeof(text) - 6, 0), 0);
	until(got != -1);
	ck_assert_uint_eq(got_from.port, 25);
	ck_assert_int_eq(recv(got, rest, sizeof(rest), MSG_DONTWAIT), 3);
	ck_assert_mem_eq(rest, "\x16\x03\x01", 3);
	ck_assert_int_eq(recv(fd, rest, sizeof(rest), MSG_DONTWAIT), 3);
	ck_assert_mem_eq(rest, "ok\n", 3);
	close(got);
	close(fd);
}
END_TEST

/* Who is not taken is not told "ok". */
START_TEST(some_are_not_taken)
{
	int fd = bring("lsrd-front/1 192.0.2.7 25\n", 26);

	welcome = false;
	until(is_closed(fd));
	ck_assert_int_ne(got, -1);
	close(fd);
}
END_TEST

START_TEST(others_are_closed)
{
	char *much = mem_new(0, 5000, 1);
	int fd = bring("GET / HTTP/1.0\n", 15);

	until(is_closed(fd));
	close(fd);
	fd = bring(much, 5000);
	until(side_has_logged(&b, "reason=too-long"));
	close(fd);
	fd = bring("lsrd-front/1 192", 16);
	shutdown(fd, SHUT_WR);
	until(is_closed(fd));
	close(fd);
	ck_assert_int_eq(got, -1);
	ck_assert(side_has_logged(&b, "front-refused: socket="));
	ck_assert(side_has_logged(&b, "reason=format"));
	mem_free(much);
}
END_TEST

/* A socket of their own, and no word in the log whatever comes there. */
START_TEST(counts_are_told)
{
	static const char *const told[] = {
		"lsrd-front/1 counts sessions=2 accepted=90 handed=0 "
		"refused=1 verbs=4 turned=7\n",
		"lsrd-front/2 counts and more\n", "lsrd-front/1 192.0.2.7 25\n"
	};
	char beside[sizeof(path) + 8];
	int fd;

	snprintf(beside, sizeof(beside), "%s" FRONT_IO_COUNTED, path);
	ck_assert_ptr_null(front_io_counted(front));
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		fd = bring_to(beside, told[i], strlen(told[i]));
		until(is_closed(fd));
		close(fd);
	}
	fd = bring_to(beside, "lsrd", 4);
	shutdown(fd, SHUT_WR);
	until(is_closed(fd));
	close(fd);
	ck_assert_ptr_nonnull(front_io_counted(front));
	ck_assert_uint_eq(front_io_counted(front)->n[FRONT_IO_ACCEPTED], 90);
	ck_assert_int_eq(got, -1);
	ck_assert(!side_has_logged(&b, "front-refused"));
}
END_TEST

/* Octets one by one do not win time. */
START_TEST(two_seconds_for_the_line)
{
	struct timeval tv = { 0, 300000 };
	struct mono begin = clock_mono();
	int fd = bring("", 0), octets;

	for (octets = 0; octets < 100 && !is_closed(fd); octets++) {
		(void)send(fd, "l", 1, MSG_NOSIGNAL);
		event_base_loopexit(base, &tv);
		event_base_dispatch(base);
	}
	ck_assert_uint_ge(mono_since(begin, clock_mono()), 1900);
	ck_assert_int_lt(octets, 10); /* each of 300 ms at least */
	ck_assert(side_has_logged(&b, "reason=timeout"));
	close(fd);
}
END_TEST

START_TEST(the_oldest_gives_way)
{
	int fd[FRONT_IO_PENDING + 1];

	for (size_t i = 0; i <= FRONT_IO_PENDING; i++) {
		fd[i] = bring("", 0);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	until(is_closed(fd[0]));
	ck_assert(!is_closed(fd[1]));
	for (size_t i = 0; i <= FRONT_IO_PENDING; i++)
		close(fd[i]);
}
END_TEST

START_TEST(the_file)
{
	struct front_io *second = front_io_new(b.loop, b.sink, brought, NULL);
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	ck_assert_int_eq(front_io_listen(second, path), RC_STATE);
	front_io_free(second);
	ck_assert_int_eq(stat(path, &st), 0);
	front_io_free(front);
	front = NULL;
	ck_assert_int_ne(stat(path, &st), 0);
}
END_TEST

static void
setup(void)
{
	base = event_base_new();
	pki_init(&pki);
	side_up(&b, base, &pki, "b.example.org", 2);
	snprintf(path, sizeof(path), "/tmp/lsrd-test-line-%d", (int)getpid());
	got = -1;
	welcome = true;
	front = front_io_new(b.loop, b.sink, brought, NULL);
	ck_assert_int_eq(front_io_listen(front, path), RC_OK);
}

static void
teardown(void)
{
	front_io_free(front);
	side_down(&b);
	pki_done(&pki);
	event_base_free(base);
}

int
main(void)
{
	Suite *suite = suite_create("front_io");
	TCase *tc = tcase_create("front_io");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, lines_as_they_must_be, 0,
	    (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_loop_test(
	    tc, counts_as_they_must_be, 0, sizeof(counts) / sizeof(counts[0]));
	tcase_add_test(tc, nul_within);
	tcase_add_test(tc, what_follows_is_untouched);
	tcase_add_test(tc, some_are_not_taken);
	tcase_add_test(tc, others_are_closed);
	tcase_add_test(tc, counts_are_told);
	tcase_add_test(tc, two_seconds_for_the_line);
	tcase_add_test(tc, the_oldest_gives_way);
	tcase_add_test(tc, the_file);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
