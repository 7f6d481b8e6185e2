/*
 * test_folder.c - a queue of files, read while it changes, and an MTA that is
 * asked by SMTP: Exim's forms, and no Exim (t/system/exim-evidence.sh has one).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/asking.h"
#include "io/folder.h"
#include "plugins/exim/etrn.h"
#include "plugins/exim/spool.h"
#include "sys/sock.h"
#include "t/tap.h"
#include "t/temp.h"

#define ID "1xXV3U-0005XM-1"

static char dir[TEMP_FOLDER];
static struct event_base *base;
static struct folder *folder;
static struct buf found;
static size_t nfound;
static char *why;
static bool ended;

static void
begin(void)
{
	char path[128];

	temp_make(dir);
	for (int i = 0; i < 3; i++) {
		static const char *const below[] = { "input", "input/r",
			"msglog" };

		snprintf(path, sizeof(path), "%s/%s", dir, below[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	base = event_base_new();
	folder = folder_new(base, &spool_files);
}

static void
end(void)
{
	folder_free(folder);
	event_base_free(base);
	buf_done(&found);
	mem_free(why);
	temp_end(dir);
}

/* By rename, as Exim does it. */
static void
put(const char *name, const char *text)
{
	char path[128], new[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(new, sizeof(new), "%s/input/hdr.%d", dir, (int)getpid());
	f = fopen(new, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(rename(new, path), 0);
}

/* A message of these recipients, a line each. */
static void
message(const char *below, char c, int n, const char *to)
{
	char name[64], text[512];

	snprintf(name, sizeof(name), "input/%s" ID "%c-H", below, c);
	snprintf(text, sizeof(text),
	    ID "%c-H\nroot 0 0\n<a@ex.test>\n17 0\nXX\n%d\n%s\n", c, n, to);
	put(name, text);
}

static void
on_found(void *ctx, const struct plugin_queued *one)
{
	(void)ctx;
	nfound++;
	buf_printf(&found, "%s %s%s\n", one->id + strlen(ID), one->recipient,
	    one->answered ? " answered" : "");
}

static void
on_done(void *ctx, const char *text)
{
	(void)ctx;
	ended = true;
	mem_free(why);
	why = mem_str(text);
	event_base_loopbreak(base);
}

static const char *
listed(void)
{
	struct folder_job job = { dir, on_found, on_done, NULL };

	buf_reset(&found);
	nfound = 0;
	ended = false;
	ck_assert(folder_read(folder, &job));
	event_base_dispatch(base);
	ck_assert(ended);
	buf_u8(&found, 0);
	return (const char *)found.p;
}

START_TEST(a_queue_is_followed)
{
	message("", 'a', 1, "u1@d.test\n");
	ck_assert_str_eq(listed(), "a u1@d.test\n");
	ck_assert_ptr_null(why);
	ck_assert_str_eq(listed(), "a u1@d.test\n");
	/* another file of the same length */
	message("", 'a', 1, "u2@d.test\n");
	ck_assert_str_eq(listed(), "a u2@d.test\n");
	/* its log */
	put("msglog/" ID "a",
	    "2026-11-29 02:54:17 u2@d.test R=r T=t defer (-44) H=h "
	    "[192.0.2.1]: SMTP error from remote mail server after RCPT "
	    "TO:<u2@d.test>: 450 x\n");
	ck_assert_str_eq(listed(), "a u2@d.test answered\n");
	/* while it is delivered */
	message("", 'a', 2, "u2@d.test\nu3@d.test\n");
	put("input/" ID "a-J", "u2@d.test\n");
	ck_assert_str_eq(listed(), "a u3@d.test\n");
}
END_TEST

START_TEST(what_vanishes_is_gone)
{
	char path[128];

	message("", 'a', 1, "u1@d.test\n");
	message("r/", 'b', 1, "u2@d.test\n");
	put("input/" ID "c-H", ID "c-H\nroot 0 0\n<a@ex.te");
	put("input/" ID "d-D", "no header");
	(void)listed();
	ck_assert_uint_eq(nfound, 2);
	/* half a message becomes a whole one */
	message("", 'c', 1, "u3@d.test\n");
	(void)listed();
	ck_assert_uint_eq(nfound, 3);
	snprintf(path, sizeof(path), "%s/input/" ID "a-H", dir);
	ck_assert_int_eq(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/input/" ID "c-H", dir);
	ck_assert_int_eq(unlink(path), 0);
	/* a name that leads elsewhere is no message */
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_str_eq(listed(), "b u2@d.test\n");
}
END_TEST

static int ticks;

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ticks++;
}

/* The loop has its other events between any two slices. */
START_TEST(a_long_queue_blocks_nobody)
{
	enum { N = 20 * FOLDER_READ };
	struct event *tick;
	int pair[2];

	for (int i = 0; i < N; i++) {
		char name[64], text[256];

		snprintf(name, sizeof(name), "input/r/1xXV3U-%06d-00-H", i);
		snprintf(text, sizeof(text),
		    "1xXV3U-%06d-00-H\nroot 0 0\n<>\n17 0\nXX\n1\n"
		    "u%d@d.test\n\n",
		    i, i);
		put(name, text);
	}
	/* readable all the time */
	ck_assert_int_eq(pipe(pair), 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	tick = event_new(base, pair[0], EV_READ | EV_PERSIST, on_tick, NULL);
	event_add(tick, NULL);
	ticks = 0;
	(void)listed();
	ck_assert_uint_eq(nfound, N);
	ck_assert_int_ge(ticks, 10);
	(void)listed();
	ck_assert_uint_eq(nfound, N);
	event_free(tick);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(a_missing_folder_is_said)
{
	struct folder_job job = { "/nowhere", on_found, on_done, NULL };

	ck_assert(!folder_read(folder, &job));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(it_can_be_given_up)
{
	struct folder_job job = { dir, on_found, on_done, NULL };

	message("", 'a', 1, "u1@d.test\n");
	ck_assert(folder_read(folder, &job));
	folder_stop(folder);
	ended = false;
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert(!ended);
	ck_assert_str_eq(listed(), "a u1@d.test\n");
}
END_TEST

/* --- an MTA that is asked ---------------------------------------------- */

static struct buf heard;
static const char *answer; /* to ETRN; NULL: the line is cut */

static void
on_heard(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line;

	(void)arg;
	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		bool quit = strcmp(line, "QUIT") == 0;
		bool etrn = strncmp(line, "ETRN", 4) == 0;

		buf_printf(&heard, "%s;", line);
		free(line);
		if (quit || (etrn && answer == NULL)) {
			bufferevent_free(bev);
			return;
		}
		evbuffer_add_printf(bufferevent_get_output(bev), "%s\r\n",
		    etrn ? answer : "250 ok");
	}
}

static void
on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(bev);
}

static void
on_client(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int n, void *arg)
{
	struct bufferevent *bev =
	    bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)listener;
	(void)sa;
	(void)n;
	(void)arg;
	bufferevent_setcb(bev, on_heard, NULL, on_end, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	bufferevent_write(bev, "220 x\r\n", 7);
}

/* At a port of its own, which is put into `at`. */
static struct evconnlistener *
mta_begin(struct addr *at)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_of_addr(at, &ss);
	struct evconnlistener *listener =
	    evconnlistener_new_bind(base, on_client, NULL,
		LEV_OPT_CLOSE_ON_FREE, 16, (struct sockaddr *)&ss, (int)len);

	ck_assert_ptr_nonnull(listener);
	len = sizeof(ss);
	ck_assert_int_eq(getsockname(evconnlistener_get_fd(listener),
			     (struct sockaddr *)&ss, &len),
	    0);
	*at = sock_addr((struct sockaddr *)&ss);
	return listener;
}

static const struct {
	const char *answer, *heard, *why;
} asks[] = {
	{ "250 OK", "EHLO own;ETRN #a.test;ETRN #b.test;QUIT;", NULL },
	{ "550 not you", "EHLO own;ETRN #a.test;QUIT;", "550 not you" },
	{ NULL, "EHLO own;ETRN #a.test;", "no answer" },
};

/* The first address is nobody's: the second one is asked. */
START_TEST(an_mta_is_asked)
{
	static char a[] = "a.test", b[] = "b.test";
	char *words[] = { a, b };
	static char own[] = "own";
	struct asking_place place = { own,
		{ { 4, { 127, 0, 0, 1 }, 1 }, { 4, { 127, 0, 0, 1 }, 0 } }, 2,
		false };
	struct asking_job job = { &etrn_talk, &place, words, 2, 1, false, NULL,
		0, on_done, NULL };
	struct evconnlistener *listener = mta_begin(&place.at[1]);

	answer = asks[_i].answer;
	ended = false;
	ck_assert_ptr_nonnull(asking_begin(base, &job));
	event_base_dispatch(base);
	ck_assert(ended);
	buf_u8(&heard, 0);
	ck_assert_str_eq((const char *)heard.p, asks[_i].heard);
	if (asks[_i].why == NULL)
		ck_assert_ptr_null(why);
	else
		ck_assert_str_eq(why, asks[_i].why);
	buf_done(&heard);
	evconnlistener_free(listener);
}
END_TEST

START_TEST(nobody_is_there)
{
	static char a[] = "a.test";
	char *words[] = { a };
	static char own[] = "own";
	struct asking_place place = { own, { { 4, { 127, 0, 0, 1 }, 1 } }, 1,
		false };
	struct asking_job job = { &etrn_talk, &place, words, 1, 1, false, NULL,
		0, on_done, NULL };

	ended = false;
	ck_assert_ptr_nonnull(asking_begin(base, &job));
	event_base_dispatch(base);
	ck_assert(ended);
	ck_assert_str_eq(why, "Connection refused");
}
END_TEST

START_TEST(loopback_comes_first)
{
	struct setup setup = { .announced = {
				   .smtp = { { 4, { 198, 51, 100, 5 }, 25 } },
				   .nsmtp = 1 } };
	struct asking_place place = { 0 };
	char text[ADDR_TEXT];

	asking_place_set(&place, &setup);
	ck_assert_uint_eq(place.nat, 3);
	ck_assert_str_eq(addr_text(&place.at[0], text), "127.0.0.1:25");
	ck_assert_str_eq(addr_text(&place.at[2], text), "198.51.100.5:25");
	setup.lab = true;
	asking_place_set(&place, &setup);
	ck_assert_uint_eq(place.nat, 1);
	asking_place_done(&place);
}
END_TEST

/* Where it says itself that it listens, and nowhere else: another MTA may have
 * port 25. Every address is asked for as loopback, but not in a lab. */
START_TEST(where_it_listens)
{
	struct setup setup = { .announced = {
				   .smtp = { { 4, { 198, 51, 100, 5 }, 25 } },
				   .nsmtp = 1 } };
	const struct addr at[] = { { 4, { 192, 0, 2, 1 }, 2525 },
		{ 4, { 0 }, 587 }, { 6, { 0 }, 587 } };
	struct asking_place place = { 0 };
	char text[ADDR_TEXT];

	asking_place_set(&place, &setup);
	asking_place_listens(&place, NULL, 0);
	ck_assert_uint_eq(place.nat, 3);
	asking_place_listens(&place, at, 3);
	ck_assert_uint_eq(place.nat, 3);
	ck_assert_str_eq(addr_text(&place.at[0], text), "127.0.0.1:587");
	ck_assert_str_eq(addr_text(&place.at[1], text), "[::1]:587");
	ck_assert_str_eq(addr_text(&place.at[2], text), "192.0.2.1:2525");
	setup.lab = true;
	asking_place_set(&place, &setup);
	asking_place_listens(&place, at, 3);
	ck_assert_uint_eq(place.nat, 1);
	ck_assert_str_eq(addr_text(&place.at[0], text), "198.51.100.5:25");
	asking_place_listens(&place, at, 1);
	ck_assert_str_eq(addr_text(&place.at[0], text), "192.0.2.1:2525");
	asking_place_done(&place);
}
END_TEST

/* Many messages by runs side by side; many patterns, or `*`, all at once; what
 * is frozen by its own words, whatever else is asked for. */
START_TEST(runs_share_the_messages)
{
	static char a[] = "a.test", own[] = "own", frozen[] = "!b.test";
	static const char *const expected[] = {
		"EHLO own;ETRN #a.test;ETRN #a.test;ETRN #a.test;ETRN #a.test;"
		"QUIT;",
		"EHLO own;ETRN #@;QUIT;",
		"EHLO own;ETRN #@;ETRN #@;ETRN #!b.test;QUIT;",
	};
	char *thawed[] = { frozen };
	char *words[ASKING_WORDS + 1];
	struct asking_place place = { own, { { 4, { 127, 0, 0, 1 }, 0 } }, 1,
		false };
	struct asking_job job = { &etrn_talk, &place, words, 1, 9999, false,
		thawed, 0, on_done, NULL };
	struct evconnlistener *listener = mta_begin(&place.at[0]);

	for (size_t i = 0; i < ASKING_WORDS + 1; i++)
		words[i] = a;
	if (_i > 0)
		job.messages = _i == 1 ? 1 : ASKING_SHARE;
	job.n = _i == 1 ? ASKING_WORDS + 1 : 1;
	job.all = _i == 2;
	job.nthawed = _i == 2;
	answer = "250 OK";
	ended = false;
	ck_assert_ptr_nonnull(asking_begin(base, &job));
	event_base_dispatch(base);
	ck_assert(ended && why == NULL);
	buf_u8(&heard, 0);
	ck_assert_str_eq((const char *)heard.p, expected[_i]);
	buf_done(&heard);
	evconnlistener_free(listener);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("folder");
	TCase *tc = tcase_create("folder");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, a_queue_is_followed);
	tcase_add_test(tc, what_vanishes_is_gone);
	tcase_add_test(tc, a_long_queue_blocks_nobody);
	tcase_add_test(tc, a_missing_folder_is_said);
	tcase_add_test(tc, it_can_be_given_up);
	tcase_add_loop_test(
	    tc, an_mta_is_asked, 0, (int)(sizeof(asks) / sizeof(asks[0])));
	tcase_add_test(tc, nobody_is_there);
	tcase_add_test(tc, loopback_comes_first);
	tcase_add_test(tc, where_it_listens);
	tcase_add_loop_test(tc, runs_share_the_messages, 0, 3);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
