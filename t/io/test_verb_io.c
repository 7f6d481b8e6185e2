/*
 * Sessions over X-LSA-2 on loopback: a dials far's mail service, and far
 * brings what it carries to b's front socket. All but far is the daemon's
 * own, with real certificates.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rc.h"
#include "io/front_io.h"
#include "t/io/far.h"
#include "t/io/side.h"
#include "t/tap.h"

#define until(cond) side_until(base, cond)
#define B "b.example.org"

static struct pki pki;
static struct event_base *base;
static struct side a, b;
static struct far far;
static struct front_io *front;
static char path[100];

static bool
brought(void *ctx, int fd, const struct addr *from)
{
	return peer_io_brought(ctx, fd, from);
}

static void
dial(void)
{
	struct effect fx = { .kind = FX_DIAL,
		.name = B,
		.carrier = SETUP_XLSA2,
		.addrs = &far.addr,
		.naddrs = 1 };

	side_act(&a, &fx);
}

static void
meet(void)
{
	side_allow(&b, &a.addr);
	dial();
	until(a.engine.session != 0 && b.engine.session != 0);
}

static void
close_session(struct side *side)
{
	struct effect fx = { .kind = FX_CLOSE, .who = side->engine.session };

	side_act(side, &fx);
}

/* Nothing is left of any session, here or there. */
static void
until_gone(void)
{
	until(peer_io_busy(a.io) == 0 && peer_io_busy(b.io) == 0);
	until(far.first == NULL);
}

START_TEST(they_meet_talk_and_part)
{
	meet();
	ck_assert_str_eq(a.engine.told, "open " B " dialled; ");
	ck_assert_str_eq(b.engine.told, "open a.example.org; ");
	ck_assert_int_eq(a.engine.carrier, SETUP_XLSA2);
	ck_assert_int_eq(b.engine.carrier, SETUP_XLSA2);
	side_send(&a, 100000);
	side_send(&b, 7);
	until(b.engine.bytes == 100000 && a.engine.bytes == 7);
	side_send(&a, 20000); /* all of it arrives before the end */
	close_session(&a);
	until(side_was_told(&b, "closed"));
	ck_assert_uint_eq(b.engine.bytes, 120000);
	ck_assert(!side_was_told(&a, "closed"));
	until_gone();
	ck_assert(far.quit);
	ck_assert_uint_ge(far.said.n, strlen("EHLO a.example.org\r\n"));
	ck_assert_mem_eq(far.said.p, "EHLO a.example.org\r\n", 20);
}
END_TEST

START_TEST(the_other_end_parts)
{
	meet();
	side_send(&b, 30000);
	close_session(&b);
	until(side_was_told(&a, "closed"));
	ck_assert_uint_eq(a.engine.bytes, 30000);
	until_gone();
}
END_TEST

/* Two megabytes each way at once, in pieces as the engine gives them. */
START_TEST(bulk_both_ways)
{
	size_t piece = 200000;

	meet();
	for (size_t i = 0; i < 10; i++) {
		size_t was = a.engine.drained, its = b.engine.drained;

		side_send(&a, piece);
		side_send(&b, piece);
		until(a.engine.drained > was && b.engine.drained > its);
	}
	until(b.engine.bytes == 10 * piece && a.engine.bytes == 10 * piece);
	ck_assert_uint_le(far.most, 32);
	ck_assert_uint_le(far.longest_line, 1000);
	ck_assert_uint_gt(far.longest_record[0], 1900);
	ck_assert_uint_le(far.longest_record[0], TLS_SMALL);
	ck_assert_uint_gt(far.longest_record[1], 1900);
	ck_assert_uint_le(far.longest_record[1], TLS_SMALL);
}
END_TEST

/* Where answers are slow, lines do not wait for them; but not more. */
START_TEST(lines_outstanding)
{
	struct timeval tv = { 0, 300000 };

	meet();
	far.deaf = true;
	side_send(&a, 100000);
	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
	far_hear(&far);
	until(b.engine.bytes == 100000);
	ck_assert_uint_eq(far.most, 32);
}
END_TEST

static uint64_t
how_long(struct side *from, struct side *to)
{
	size_t want = to->engine.bytes + 10;
	struct mono begin = clock_mono();

	side_send(from, 10);
	until(to->engine.bytes == want);
	return mono_since(begin, clock_mono());
}

/* That soon; or the machine stood still each time. */
static void
goes_within(uint64_t ms, struct side *from, struct side *to)
{
	uint64_t took = how_long(from, to);

	for (size_t tries = 0; tries < 10 && took >= ms; tries++)
		took = how_long(from, to);
	ck_assert_uint_lt(took, ms);
}

/* A poll waits at b's end; both are heard at once, idle or not. */
START_TEST(news_goes_at_once)
{
	struct timeval tv = { 0, 200000 };

	meet();
	for (size_t i = 0; i < 5; i++) {
		event_base_loopexit(base, &tv);
		event_base_dispatch(base);
		goes_within(150, &b, &a);
		goes_within(150, &a, &b);
	}
}
END_TEST

/* Idle, there is one line a second. */
START_TEST(polls_are_few)
{
	struct timeval tv = { 2, 500000 };
	size_t lines;

	meet();
	lines = far.lines;
	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
	ck_assert_uint_le(far.lines, lines + 4);
	ck_assert_uint_ge(far.lines, lines + 2);
	ck_assert(!side_was_told(&a, "closed"));
}
END_TEST

/* Nor are there many when nobody lets a poll wait; and news comes still. */
START_TEST(eager_answers_are_not_chased)
{
	struct timeval tv = { 2, 0 };
	size_t lines;

	far.eager = true;
	meet();
	lines = far.lines;
	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
	ck_assert_uint_le(far.lines, lines + 12);
	ck_assert_uint_ge(far.lines, lines + 4);
	goes_within(500, &b, &a);
	ck_assert(!side_was_told(&a, "closed"));
}
END_TEST

#define HELLO "220 far.example.org ESMTP\r\n"
#define OFFER "250-far.example.org\r\n250-PIPELINING\r\n250 X-LSA-2\r\n"

static const struct {
	const char *reason;
	struct far_script script;
} scripts[] = {
	{ "x-lsa-2-blanked", { { HELLO, "250-far\r\n250 XXXXXXX\r\n" }, 0 } },
	{ "no-x-lsa-2", { { HELLO, "250-far\r\n250 SIZE 1000\r\n" }, 0 } },
	{ "no-mail-service", { { "554 no service\r\n" }, 0 } },
	{ "no-mail-service", { { HELLO, "550 not you\r\n" }, 0 } },
	{ "x-lsa-2-refused", { { HELLO, OFFER, "502 5.5.1 what?\r\n" }, 0 } },
	{ "no-lsrd-behind", { { HELLO, OFFER, "454 4.3.0 later\r\n" }, 0 } },
	{ "smtp-closed", { { HELLO, OFFER, "421 4.3.0 bye\r\n" }, 0 } },
	{ "not-smtp", { { "SSH-2.0-OpenSSH_9.2\r\n" }, 0 } },
	{ "not-smtp", { { HELLO, OFFER, "250 ====\r\n" }, 0 } },
	{ "not-smtp", { { HELLO, OFFER, "250 AAA\n" }, 0 } },
	{ "not-smtp", { { HELLO, OFFER, "\r\n" }, 60000 } },
	{ "not-smtp", { { HELLO, "\r\n" }, 60000 } },
	{ "not-tls", { { HELLO, OFFER, "250 SFRUUC8xLjEgNDAwIA==\r\n" }, 0 } },
	{ "smtp-timeout", { { "220-wait\r\n" }, 0 } },
	{ "smtp-timeout", { { HELLO, "250-wait\r\n" }, 0 } },
};

START_TEST(who_answers_otherwise)
{
	size_t before = side_descriptors();
	char want[100];

	far.script = &scripts[_i].script;
	dial();
	until(side_was_told(&a, "no-dial"));
	snprintf(want, sizeof(want), "no-dial " B " %s; ", scripts[_i].reason);
	ck_assert_str_eq(a.engine.told, want);
	snprintf(want, sizeof(want), "reason=%s", scripts[_i].reason);
	ck_assert(side_has_logged(&a, want));
	until_gone();
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(side_descriptors(), before);
}
END_TEST

/* The daemon behind the listener is away. */
START_TEST(no_daemon_behind)
{
	far.front = "/nowhere/at/all";
	dial();
	until(side_was_told(&a, "no-dial " B " no-lsrd-behind"));
	until_gone();
}
END_TEST

START_TEST(not_from_there)
{
	struct addr other = { 4, { 127, 0, 1, 77 }, 0 };

	side_allow(&b, &other);
	dial();
	until(side_was_told(&a, "no-dial"));
	ck_assert(side_has_logged(&b, "peer refused from unknown[127.0.1.1]:"));
	ck_assert(side_has_logged(&b, ": reason=not-allowed\n"));
	ck_assert_str_eq(b.engine.told, "");
	until_gone();
}
END_TEST

/* The way breaks after every so many octets of a. */
START_TEST(ends_at_every_stage)
{
	size_t before = side_descriptors();

	far.cut = (size_t)(_i * _i * 9 + 1);
	side_allow(&b, &a.addr);
	dial();
	until(a.engine.told[0] != '\0');
	for (size_t i = 0; i < 20 && side_was_told(&a, "open"); i++) {
		if (side_was_told(&a, "closed"))
			break;
		side_send(&a, 500);
		event_base_loop(base, EVLOOP_ONCE);
	}
	if (side_was_told(&a, "open"))
		until(side_was_told(&a, "closed"));
	until_gone();
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(side_descriptors(), before);
	if (side_was_told(&b, "open"))
		ck_assert(side_was_told(&b, "closed"));
}
END_TEST

START_TEST(who_does_not_read_is_given_up)
{
	meet();
	far.deaf = true;
	side_send(&a, 2 * 1024 * 1024);
	until(side_was_told(&a, "closed"));
}
END_TEST

/* What is under way when we stop is ended in order. */
START_TEST(stops_in_order)
{
	meet();
	side_send(&a, 1000);
	peer_io_stop(a.io);
	until(peer_io_busy(a.io) == 0);
	until(side_was_told(&b, "closed"));
	ck_assert_uint_eq(b.engine.bytes, 1000);
	ck_assert(!side_was_told(&a, "closed"));
	ck_assert(far.quit);
}
END_TEST

START_TEST(stops_while_it_dials)
{
	static const struct far_script slow = { { "220-wait\r\n" }, 0 };

	far.script = &slow;
	dial();
	until(far.sessions == 1);
	peer_io_stop(a.io);
	until(peer_io_busy(a.io) == 0 && far.first == NULL);
}
END_TEST

static void
setup(void)
{
	base = event_base_new();
	pki_init(&pki);
	side_up(&a, base, &pki, "a.example.org", 1);
	side_up(&b, base, &pki, B, 2);
	snprintf(path, sizeof(path), "/tmp/lsrd-test-front-%d", (int)getpid());
	front = front_io_new(b.loop, b.sink, brought, b.io);
	ck_assert_int_eq(front_io_listen(front, path), RC_OK);
	far_up(&far, base, 3, path);
}

static void
teardown(void)
{
	far_down(&far);
	front_io_free(front);
	side_down(&a);
	side_down(&b);
	pki_done(&pki);
	event_base_free(base);
}

int
main(void)
{
	Suite *suite = suite_create("verb_io");
	TCase *tc = tcase_create("verb_io");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, they_meet_talk_and_part);
	tcase_add_test(tc, the_other_end_parts);
	tcase_add_test(tc, bulk_both_ways);
	tcase_add_test(tc, lines_outstanding);
	tcase_add_test(tc, news_goes_at_once);
	tcase_add_test(tc, polls_are_few);
	tcase_add_test(tc, eager_answers_are_not_chased);
	tcase_add_loop_test(tc, who_answers_otherwise, 0,
	    (int)(sizeof(scripts) / sizeof(scripts[0])));
	tcase_add_test(tc, no_daemon_behind);
	tcase_add_test(tc, not_from_there);
	tcase_add_loop_test(tc, ends_at_every_stage, 0, 24);
	tcase_add_test(tc, who_does_not_read_is_given_up);
	tcase_add_test(tc, stops_in_order);
	tcase_add_test(tc, stops_while_it_dials);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
