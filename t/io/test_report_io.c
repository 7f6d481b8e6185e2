/*
 * The socket of reports, sent to as a reporter does; the engine of this test
 * writes down what it is told.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "io/report_io.h"
#include "t/tap.h"
#include "t/temp.h"

struct engine {
	struct buf told;
	unsigned times;
	size_t longest;
};

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	ck_assert_int_eq(in->kind, IN_REPORT);
	buf_printf(
	    &engine->told, "<%.*s>", (int)in->len, (const char *)in->bytes);
	engine->times++;
	if (in->len > engine->longest)
		engine->longest = in->len;
	return (struct effects){ MONO_NEVER, 0, NULL, false };
}

static struct event_base *base;
static struct engine engine;
static struct loop *loop;
static struct report_io *io;
static char dir[TEMP_FOLDER];
static struct sockaddr_un sun;

static void
setup(void)
{
	temp_make(dir);
	sun.sun_family = AF_UNIX;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/report", dir);
	memset(&engine, 0, sizeof(engine));
	base = event_base_new();
	loop = loop_new(base, &engine);
	io = report_io_new(loop);
}

static void
teardown(void)
{
	report_io_free(io);
	loop_free(loop);
	event_base_free(base);
	buf_done(&engine.told);
	temp_end(dir);
}

/* As the milter does: without waiting. */
static int
reporter(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

START_TEST(each_datagram_is_one_input)
{
	char longer[2 * LIMIT_REPORT_OCTETS];
	int fd;

	ck_assert_int_eq(report_io_open(io, sun.sun_path), RC_OK);
	fd = reporter();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, "milter accepted=1", 17, 0), 17);
	ck_assert_int_eq(send(fd, "", 0, 0), 0);
	ck_assert_int_eq(send(fd, "milter held=2\n", 14, 0), 14);
	event_base_loop(base, EVLOOP_NONBLOCK);
	buf_u8(&engine.told, 0);
	ck_assert_str_eq(
	    (char *)engine.told.p, "<milter accepted=1><><milter held=2\n>");
	memset(longer, 'x', sizeof(longer));
	ck_assert(send(fd, longer, sizeof(longer), 0) == sizeof(longer));
	event_base_loop(base, EVLOOP_NONBLOCK);
	/* to be refused as too long, not cut into something else */
	ck_assert_uint_eq(engine.longest, LIMIT_REPORT_OCTETS + 1);
	close(fd);
}
END_TEST

/* Whoever sends does not wait, and cannot hold the loop for itself. */
START_TEST(a_flood_takes_turns)
{
	unsigned sent = 0;
	int fd;

	ck_assert_int_eq(report_io_open(io, sun.sun_path), RC_OK);
	fd = reporter();
	for (int turn = 0; turn < 20; turn++) {
		unsigned before = engine.times;

		while (send(fd, "milter accepted=1", 17, 0) == 17)
			sent++; /* ends by EAGAIN */
		event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
		ck_assert_uint_le(engine.times - before, REPORT_IO_TURN);
	}
	ck_assert_uint_gt(sent, 0);
	while (engine.times < sent)
		event_base_loop(base, EVLOOP_NONBLOCK);
	close(fd);
}
END_TEST

START_TEST(the_socket_is_closed_to_others)
{
	struct report_io *second = report_io_new(loop);
	struct stat st;

	ck_assert_int_eq(report_io_open(io, sun.sun_path), RC_OK);
	ck_assert_int_eq(stat(sun.sun_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	ck_assert_int_eq(report_io_open(second, sun.sun_path), RC_STATE);
	report_io_free(second);
	ck_assert_int_eq(stat(sun.sun_path, &st), 0);
	report_io_free(io);
	ck_assert_int_lt(reporter(), 0);
	io = report_io_new(loop);
	ck_assert_int_eq(report_io_open(io, "/nowhere/report"), RC_IO);
}
END_TEST

/* What a killed lsrd left behind is no hindrance. */
START_TEST(a_dead_socket_goes)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	ck_assert_int_eq(report_io_open(io, sun.sun_path), RC_OK);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report_io");
	TCase *tc = tcase_create("report_io");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_datagram_is_one_input);
	tcase_add_test(tc, a_flood_takes_turns);
	tcase_add_test(tc, the_socket_is_closed_to_others);
	tcase_add_test(tc, a_dead_socket_goes);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
