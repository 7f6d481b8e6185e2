/*
 * Probes of services on loopback that this test plays itself. Its engine
 * writes down the verdicts.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "io/names.h"
#include "io/probe_io.h"
#include "plugins/probe/smtp.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "sys/spare.h"
#include "t/tap.h"

#define PATIENCE_MS 30000 /* for what is not late here */

struct engine {
	char told[256];
	uint64_t value;
	struct effect fx;
	bool act;
};

static const char *const words[] = {
	[PROBE_CONNECTED] = "connected",
	[PROBE_OK] = "ok",
	[PROBE_BUSY] = "busy",
	[PROBE_FAILED] = "failed",
	[PROBE_LATE] = "late",
	[PROBE_SLOW] = "slow",
	[PROBE_UNABLE] = "unable",
	[PROBE_TAKES] = "takes",
	[PROBE_REFUSED] = "refused",
};

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { MONO_NEVER, engine->act ? 1 : 0,
		&engine->fx };
	size_t n = strlen(engine->told);

	engine->act = false;
	engine->value = in->value;
	if (in->kind == IN_PROBE)
		snprintf(engine->told + n, sizeof(engine->told) - n,
		    "%u %s%s%s; ", in->who, words[in->verdict],
		    in->reason ? " " : "", in->reason ? in->reason : "");
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
	probe_io_conf(probes, "me.example.org", PATIENCE_MS);
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

/* As in one_that_is_late and others that wait for it. */
static void
be_impatient(void)
{
	probe_io_conf(probes, "me.example.org", 300);
}

static void
probe(uint32_t number, const struct addr *to)
{
	struct input in = { .kind = IN_QUERY };

	engine.fx.kind = FX_PROBE;
	engine.fx.who = number;
	engine.fx.name = "mx.example.org";
	engine.fx.addrs = to;
	engine.fx.naddrs = to != NULL;
	engine.act = true;
	loop_step(loop, &in);
}

static void
until(const char *told)
{
	struct mono begin = clock_mono();

	while (strstr(engine.told, told) == NULL &&
	       mono_since(begin, clock_mono()) < PATIENCE_MS)
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

/* Says something and waits for what is said to it; NULL: for nothing. */
static void
say(int fd, const char *text, const char *answer)
{
	char got[256];
	struct mono begin = clock_mono();
	ssize_t n = -1;

	ck_assert_int_eq(send(fd, text, strlen(text), 0), (int)strlen(text));
	if (answer == NULL)
		return;
	while (n < 0 && mono_since(begin, clock_mono()) < PATIENCE_MS) {
		event_base_loop(base, EVLOOP_ONCE);
		n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	}
	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, answer);
}

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

#ifdef WITH_SRV
static struct srv *srv;
static struct names *names;
static char queue[64];

static void
names_setup(void)
{
	setup();
	srv = srv_new(base, NULL, NULL, NULL);
	names = names_new(srv);
	probe_io_names(probes, names);
	engine.fx.hop = true;
	snprintf(queue, sizeof(queue), "/tmp/test_probe_io.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(queue));
}

static void
names_teardown(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/etc/hosts", queue);
	unlink(path);
	snprintf(path, sizeof(path), "%s/etc", queue);
	rmdir(path);
	rmdir(queue);
	probe_io_names(probes, NULL);
	srv_free(srv);
	names_free(names);
	teardown();
}

/* Names are what etc/hosts of a chroot says. */
static void
names_say(const char *hosts)
{
	struct mta mta;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc", queue);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/etc/hosts", queue);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(hosts, f);
	fclose(f);
	mta_init(&mta);
	mta.read = mta.native = mta.chroot = true;
	mta.dns = false;
	snprintf(mta.queue_directory, sizeof(mta.queue_directory), "%s", queue);
	names_by(names, &mta);
}

/* What the name says is probed, where it is what is published. */
START_TEST(one_by_its_name)
{
	struct addr elsewhere = { 4, { 127, 0, 1, 4 }, addr.port };
	int fd;

	names_say("127.0.1.3 mx.example.org\n");
	probe(7, &elsewhere);
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "QUIT\r\n");
	until("7 ok");
	close(fd);
	engine.told[0] = '\0';
	engine.fx.hop = false; /* nobody publishes this one */
	probe(8, &elsewhere);
	until("8 failed");
	ck_assert_str_eq(engine.told, "8 failed; ");
}
END_TEST

/* Before there is an answer nobody is asked, and nothing is said, whatever
 * answers at the address; a name that stays silent cannot be asked. */
START_TEST(one_whose_name_is_not_answered)
{
	probe(7, &addr);
	for (int i = 0; i < 100; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(engine.told, "");
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	names_say("127.0.1.3 mx.example.org\n");
	close(taken());
	until("7 failed");
	probe_io_names(probes, NULL);
	names_free(names);
	names = names_new(srv);
	probe_io_names(probes, names);
	be_impatient();
	engine.told[0] = '\0';
	probe(8, &addr);
	until("8 unable no-resolver");
	ck_assert_str_eq(engine.told, "8 unable no-resolver; ");
}
END_TEST

/* One of several that answers is enough: the MTA would try them all. */
START_TEST(one_with_several_addresses)
{
	struct addr elsewhere = { 4, { 127, 0, 1, 4 }, addr.port };
	int fd;

	names_say("127.0.1.4 mx.example.org\n127.0.1.3 mx.example.org\n");
	probe(7, &elsewhere); /* nobody is there */
	fd = taken();
	say(fd, "554 no\r\n", "QUIT\r\n");
	close(fd);
	until("7 failed");
	engine.told[0] = '\0';
	probe(8, &elsewhere); /* it answered last: it is the first now */
	fd = taken();
	say(fd, "220 mx\r\n", "EHLO me.example.org\r\n");
	say(fd, "250 mx\r\n", "QUIT\r\n");
	ck_assert_str_eq(engine.told, "8 connected; 8 ok; ");
	close(fd);
}
END_TEST

#endif

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
	tcase_add_test(tc, a_service_that_is_asked);
	tcase_add_test(tc, a_service_that_is_busy);
	tcase_add_test(tc, one_that_is_slow);
	tcase_add_test(tc, one_that_is_late);
	tcase_add_test(tc, one_that_is_late_for_nothing);
	tcase_add_test(tc, one_that_was_slow_before);
	tcase_add_test(tc, one_that_does_not);
	tcase_add_test(tc, one_that_is_given_up);
	tcase_add_test(tc, one_that_cannot_begin);
	tcase_add_test(tc, one_that_was_stopped);
	tcase_add_test(tc, a_new_one_ends_the_old_one);
	suite_add_tcase(suite, tc);
#ifdef WITH_SRV
	tc = tcase_create("names");
	tcase_add_checked_fixture(tc, names_setup, names_teardown);
	tcase_add_test(tc, one_by_its_name);
	tcase_add_test(tc, one_whose_name_is_not_answered);
	tcase_add_test(tc, one_with_several_addresses);
	suite_add_tcase(suite, tc);
#endif
	return tap_run(suite);
}
