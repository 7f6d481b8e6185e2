/*
 * Probes of services on loopback that this test plays itself. Its engine
 * writes down the verdicts.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/probe_io.h"
#include "io/sock.h"
#include "plugins/probe/smtp.h"
#include "t/tap.h"

struct engine {
	char told[256];
	struct effect fx;
	bool act;
};

static const char *const words[] = {
	[PROBE_CONNECTED] = "connected",
	[PROBE_OK] = "ok",
	[PROBE_FAILED] = "failed",
};

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { MONO_NEVER, engine->act ? 1 : 0,
		&engine->fx };
	size_t n = strlen(engine->told);

	engine->act = false;
	if (in->kind == IN_PROBE)
		snprintf(engine->told + n, sizeof(engine->told) - n, "%u %s; ",
		    in->who, words[in->verdict]);
	return effects;
}

static struct event_base *base;
static struct engine engine;
static struct loop *loop;
static struct probe_io *probes;
static struct addr addr;
static int listener;

static void
setup(void)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	base = event_base_new();
	memset(&engine, 0, sizeof(engine));
	loop = loop_new(base, &engine);
	probes = probe_io_new(loop, &smtp_probe);
	probe_io_conf(probes, "me.example.org", 300);
	addr = (struct addr){ 4, { 127, 0, 1, 3 }, 0 };
	listener = sock_listen(&addr);
	ck_assert_int_ge(listener, 0);
	getsockname(listener, (struct sockaddr *)&sa, &n);
	addr = sock_addr((struct sockaddr *)&sa);
}

static void
teardown(void)
{
	close(listener);
	probe_io_free(probes);
	loop_free(loop);
	event_base_free(base);
}

static void
probe(uint32_t number, const struct addr *to)
{
	struct input in = { .kind = IN_QUERY };

	engine.fx = (struct effect){ .kind = FX_PROBE,
		.who = number,
		.name = "mx.example.org",
		.addrs = to,
		.naddrs = to != NULL };
	engine.act = true;
	loop_step(loop, &in);
}

static void
until(const char *told)
{
	struct mono begin = clock_mono();

	while (strstr(engine.told, told) == NULL &&
	       mono_since(begin, clock_mono()) < 5000)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_msg(strstr(engine.told, told) != NULL, "%s", engine.told);
}

static int
taken(void)
{
	int fd;

	until("connected");
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Says something and waits for what is said to it. */
static void
say(int fd, const char *text, const char *answer)
{
	char got[256];
	struct mono begin = clock_mono();
	ssize_t n = -1;

	ck_assert_int_eq(send(fd, text, strlen(text), 0), (int)strlen(text));
	while (n < 0 && mono_since(begin, clock_mono()) < 5000) {
		event_base_loop(base, EVLOOP_ONCE);
		n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	}
	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, answer);
}

START_TEST(a_service_that_answers)
{
	int fd;

	probe(7, &addr);
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250-mx\r\n250 SIZE\r\n", "QUIT\r\n");
	say(fd, "221 bye\r\n", "");
	close(fd);
	ck_assert_str_eq(engine.told, "7 connected; 7 ok; ");
}
END_TEST

START_TEST(one_that_does_not)
{
	int fd;

	probe(7, &addr); /* silence: the deadline */
	fd = taken();
	until("7 failed");
	close(fd);
	engine.told[0] = '\0';
	probe(8, &addr); /* closes at once */
	close(taken());
	until("8 failed");
	engine.told[0] = '\0';
	probe(9, NULL); /* no address at all */
	until("9 failed");
	close(listener);
	listener = -1;
	probe(10, &addr); /* nobody there */
	until("10 failed");
	ck_assert_ptr_null(strstr(engine.told, "connected"));
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
	say(second, "221 bye\r\n", "");
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
	tcase_add_test(tc, one_that_does_not);
	tcase_add_test(tc, a_new_one_ends_the_old_one);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
