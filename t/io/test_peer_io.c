/*
 * Two shells on loopback in one process, each with an engine of the test's
 * own (t/io/side.h).
 */

#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "core/lsa/limits.h"
#include "io/strangers.h"
#include "sys/sock.h"
#include "t/io/side.h"
#include "t/tap.h"

#define until(cond) side_until(base, cond)

static struct pki pki;
static struct event_base *base;
static struct side a, b;

static void
dial(struct side *side, const char *name, const struct addr *addrs, size_t n)
{
	struct effect fx = {
		.kind = FX_DIAL, .name = name, .addrs = addrs, .naddrs = n
	};

	side_act(side, &fx);
}

static void
meet(void)
{
	side_allow(&b, &a.addr);
	dial(&a, "b.example.org", &b.addr, 1);
	until(a.engine.session != 0 && b.engine.session != 0);
}

START_TEST(they_meet_talk_and_part)
{
	struct effect close_it = { .kind = FX_CLOSE };

	meet();
	ck_assert_str_eq(a.engine.told, "open b.example.org dialled; ");
	ck_assert_str_eq(b.engine.told, "open a.example.org; ");
	side_send(&a, 100000);
	side_send(&b, 7);
	until(b.engine.bytes == 100000 && a.engine.bytes == 7);
	side_send(&a, 200000); /* all of it arrives before the end */
	close_it.who = a.engine.session;
	side_act(&a, &close_it);
	until(side_was_told(&b, "closed"));
	ck_assert_uint_eq(b.engine.bytes, 300000);
	ck_assert(!side_was_told(&a, "closed"));
	until(peer_io_busy(a.io) == 0 && peer_io_busy(b.io) == 0);
}
END_TEST

START_TEST(only_allowed_addresses)
{
	struct addr other = { 4, { 127, 0, 1, 77 }, 0 };

	side_allow(&b, &other);
	dial(&a, "b.example.org", &b.addr, 1);
	until(side_was_told(&a, "no-dial b.example.org"));
	ck_assert_str_eq(b.engine.told, "");
	ck_assert(side_has_logged(&b, "peer refused from unknown[127.0.1.1]:"));
	ck_assert(side_has_logged(&b, ": reason=not-allowed\n"));
	ck_assert(side_has_logged(&a, "dial-failed: peer=b.example.org"));
	ck_assert(side_has_logged(&a, "reason=not-listed"));
}
END_TEST

START_TEST(who_is_dialled_proves_it)
{
	side_allow(&b, &a.addr);
	dial(&a, "c.example.org", &b.addr, 1);
	until(side_was_told(&a, "no-dial c.example.org"));
	ck_assert(side_has_logged(&a, "reason=wrong-name"));
	ck_assert(!side_was_told(&a, "open"));
	until(peer_io_busy(b.io) == 0);
	ck_assert(!side_was_told(&b, "open"));
}
END_TEST

START_TEST(addresses_in_order)
{
	struct addr addrs[3] = { { 4, { 127, 0, 1, 9 }, 1 }, { 0 }, { 0 } };

	addrs[1].family = 4;
	addrs[1].ip[0] = 127;
	addrs[1].port = 2;
	addrs[2] = b.addr;
	side_allow(&b, &a.addr);
	dial(&a, "b.example.org", addrs, 3);
	until(side_was_told(&b, "open a.example.org"));
	ck_assert(side_has_logged(&a, "address=127.0.1.9:1, reason=refused"));
	dial(&a, "x.example.org", addrs, 0);
	until(side_was_told(&a, "no-dial x.example.org"));
}
END_TEST

static int
stranger(const struct side *to)
{
	int fd = sock_connect(&to->addr, &a.addr);
	struct timeval tv = { 0, 1000 };

	ck_assert_int_ge(fd, 0);
	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
	return fd;
}

static bool
is_closed(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK);

	if (n > 0)
		(void)recv(fd, &c, 1, MSG_DONTWAIT);
	return n == 0;
}

START_TEST(strangers_are_closed_in_the_handshake)
{
	static const char http[] = "GET / HTTP/1.0\r\n\r\n";
	int fd;

	side_allow(&b, &a.addr);
	fd = stranger(&b);
	ck_assert_int_gt(send(fd, http, sizeof(http) - 1, 0), 0);
	until(side_has_logged(&b, "reason=not-tls"));
	until(is_closed(fd));
	close(fd);
	ck_assert_str_eq(b.engine.told, "");
}
END_TEST

/* A crowd that says nothing keeps nobody out. */
START_TEST(the_oldest_handshake_gives_way)
{
	int fd[40];

	side_allow(&b, &a.addr);
	for (size_t i = 0; i < 40; i++)
		fd[i] = stranger(&b);
	until(is_closed(fd[0]));
	ck_assert(side_has_logged(&b, "reason=too-many-handshakes"));
	ck_assert_uint_le(peer_io_busy(b.io), PEER_IO_SOURCE);
	ck_assert(!is_closed(fd[39]));
	dial(&a, "b.example.org", &b.addr, 1);
	until(side_was_told(&b, "open a.example.org"));
	for (size_t i = 0; i < 40; i++)
		close(fd[i]);
}
END_TEST

/* Nor one that comes faster than a handshake over a long line goes: who has
 * said his first word is not put out by who says none. */
START_TEST(the_silent_give_way_first)
{
	static const uint8_t hello[] = { 22, 3, 1, 0, 200 };
	int spoken, fd[100];

	side_allow(&b, &a.addr);
	spoken = stranger(&b);
	ck_assert_int_gt(send(spoken, hello, sizeof(hello), 0), 0);
	for (size_t i = 0; i < 100; i++) {
		fd[i] = stranger(&b);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	until(is_closed(fd[80]));
	ck_assert(!is_closed(spoken));
	for (size_t i = 0; i < 100; i++)
		close(fd[i]);
	close(spoken);
}
END_TEST

/* By its certificate alone: no list has it. */
START_TEST(certificates_let_in)
{
	dial(&a, "b.example.org", &b.addr, 1);
	until(side_was_told(&a, "no-dial b.example.org"));
	peer_io_open(b.io, true, 1);
	dial(&a, "b.example.org", &b.addr, 1);
	until(side_was_told(&b, "open a.example.org"));
	until(a.engine.session != 0);
	peer_io_open(b.io, false, 1);
	dial(&a, "b.example.org", &b.addr, 1);
	until(side_has_logged(&a, "reason=not-listed"));
}
END_TEST

/* The others' certificates do not; nor does that of a listed one. */
START_TEST(no_certificate_lets_nobody_in)
{
	static const char http[] = "GET / HTTP/1.0\r\n\r\n";
	struct pki other;
	struct side c;
	int fd;

	pki_init(&other);
	side_up(&c, base, &other, "c.example.org", 3);
	peer_io_open(b.io, true, 1);
	dial(&c, "b.example.org", &b.addr, 1);
	until(side_was_told(&c, "no-dial b.example.org"));
	fd = stranger(&b);
	ck_assert_int_gt(send(fd, http, sizeof(http) - 1, 0), 0);
	until(side_has_logged(&b, "reason=not-tls"));
	until(is_closed(fd));
	close(fd);
	until(peer_io_busy(b.io) == 0);
	ck_assert_str_eq(b.engine.told, "");
	side_down(&c);
	pki_done(&other);
}
END_TEST

/* A crowd of strangers is closed at once above its measure, and takes nothing
 * from who is on the list, nor one of another source's. */
START_TEST(strangers_have_their_own_room)
{
	struct addr crowd = { 4, { 127, 0, 3, 1 }, 0 };
	int fd[40];

	side_allow(&b, &a.addr);
	peer_io_open(b.io, true, 1);
	for (size_t i = 0; i < 40; i++) {
		fd[i] = sock_connect(&b.addr, &crowd);
		ck_assert_int_ge(fd[i], 0);
	}
	until(side_has_logged(&b, "reason=too-many-strangers"));
	until(is_closed(fd[39]));
	ck_assert_uint_le(peer_io_busy(b.io), LIMIT_STRANGER_BURST + 1);
	ck_assert(!is_closed(fd[0]));
	dial(&a, "b.example.org", &b.addr, 1);
	until(side_was_told(&b, "open a.example.org"));
	for (size_t i = 0; i < 40; i++)
		close(fd[i]);
}
END_TEST

static size_t
taken(struct strangers *s, size_t sources, uint64_t ms)
{
	struct addr from = { 4, { 198, 51, 0, 0 }, 0 };
	size_t n = 0;

	for (size_t i = 0; i < 2000; i++) {
		from.ip[2] = (uint8_t)(i % sources >> 8);
		from.ip[3] = (uint8_t)(i % sources);
		n += strangers_take(s, &from, (struct mono){ ms });
	}
	return n;
}

START_TEST(strangers_by_the_second)
{
	struct addr newcomer = { 6, { 0x20, 1, 0xd, 0xb8 }, 0 };
	struct addr neighbour = newcomer, other = newcomer;
	struct strangers *s = mem_new(sizeof(*s), 0, 0);

	strangers_init(s, 7);
	ck_assert_uint_eq(taken(s, 1, 1000), LIMIT_STRANGER_BURST);
	ck_assert(strangers_take(s, &newcomer, (struct mono){ 1000 }));
	neighbour.ip[15] = 1; /* of the same network */
	other.ip[7] = 1;
	for (size_t i = 1; i < LIMIT_STRANGER_BURST; i++)
		ck_assert(strangers_take(s, &neighbour, (struct mono){ 1000 }));
	ck_assert(!strangers_take(s, &newcomer, (struct mono){ 1000 }));
	ck_assert(strangers_take(s, &other, (struct mono){ 1000 }));
	/* however many they are: a burst, and then what a second brings */
	strangers_init(s, 7);
	ck_assert_uint_eq(taken(s, 900, 1000), LIMIT_STRANGERS_BURST);
	ck_assert_uint_eq(taken(s, 900, 1500), 500 / LIMIT_STRANGERS_EACH_MS);
	mem_free(s);
}
END_TEST

START_TEST(who_does_not_read_is_given_up)
{
	meet();
	side_send(&a, 4 * 1024 * 1024);
	until(side_was_told(&a, "closed"));
	until(side_was_told(&b, "closed"));
}
END_TEST

START_TEST(connects_leave_nothing)
{
	size_t before = side_descriptors();

	side_allow(&b, &a.addr);
	for (int i = 0; i < 2000; i++) {
		int fd = sock_connect(&b.addr, &a.addr);

		ck_assert_int_ge(fd, 0);
		event_base_loop(base, EVLOOP_NONBLOCK);
		close(fd);
	}
	until(peer_io_busy(b.io) == 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(side_descriptors(), before);
	ck_assert_uint_lt(b.log.n, 1000); /* a few lines, and a count */
	ck_assert_str_eq(b.engine.told, "");
	meet();
}
END_TEST

/* No descriptor to accept with: one line, and those who wait come later. */
START_TEST(rests_without_descriptors)
{
	static const char line[] = "accept-failed: socket=127.0.1.2:";
	int fd = sock_connect(&b.addr, &a.addr);
	struct rlimit limit, before;
	struct timeval two_rests = { 1, 500000 };
	const char *said;

	side_allow(&b, &a.addr);
	ck_assert_int_ge(fd, 0);
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	event_base_loopexit(base, &two_rests);
	event_base_dispatch(base);
	buf_u8(&b.log, 0);
	said = strstr((char *)b.log.p, line);
	ck_assert_ptr_nonnull(said);
	ck_assert_ptr_null(strstr(said + 1, line));
	ck_assert_uint_eq(peer_io_busy(b.io), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	until(peer_io_busy(b.io) == 1);
	close(fd);
}
END_TEST

START_TEST(stops_in_order)
{
	meet();
	side_send(&a, 1000);
	peer_io_stop(a.io);
	until(peer_io_busy(a.io) == 0);
	until(side_was_told(&b, "closed"));
	ck_assert_uint_eq(b.engine.bytes, 1000);
	ck_assert(!side_was_told(&a, "closed"));
}
END_TEST

static void
setup(void)
{
	base = event_base_new();
	pki_init(&pki);
	side_up(&a, base, &pki, "a.example.org", 1);
	side_up(&b, base, &pki, "b.example.org", 2);
}

static void
teardown(void)
{
	side_down(&a);
	side_down(&b);
	pki_done(&pki);
	event_base_free(base);
}

int
main(void)
{
	Suite *suite = suite_create("peer_io");
	TCase *tc = tcase_create("peer_io");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, they_meet_talk_and_part);
	tcase_add_test(tc, only_allowed_addresses);
	tcase_add_test(tc, who_is_dialled_proves_it);
	tcase_add_test(tc, addresses_in_order);
	tcase_add_test(tc, strangers_are_closed_in_the_handshake);
	tcase_add_test(tc, the_oldest_handshake_gives_way);
	tcase_add_test(tc, the_silent_give_way_first);
	tcase_add_test(tc, certificates_let_in);
	tcase_add_test(tc, no_certificate_lets_nobody_in);
	tcase_add_test(tc, strangers_have_their_own_room);
	tcase_add_test(tc, strangers_by_the_second);
	tcase_add_test(tc, who_does_not_read_is_given_up);
	tcase_add_test(tc, connects_leave_nothing);
	tcase_add_test(tc, rests_without_descriptors);
	tcase_add_test(tc, stops_in_order);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
