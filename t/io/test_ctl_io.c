/*
 * The control socket, asked by child processes of different users. The
 * engine of this test answers a query in two parts.
 */

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "io/ctl_io.h"
#include "sys/clock.h"
#include "t/tap.h"
#include "t/temp.h"

#define NOBODY 65534

#define ASKED_MAX 64

struct engine {
	struct effect fx[2];
	char first[256];
	uint32_t queries;
	bool silent;    /* has nothing to answer */
	unsigned ms;    /* so long it thinks */
	size_t large;   /* octets of its answer, instead */
	unsigned parts; /* so many more of them */
	struct mono begun[ASKED_MAX], ended[ASKED_MAX];
	char last[32]; /* what it was asked */
};

/* The loop has other things to do meanwhile, and cannot. */
static void
think(struct engine *engine)
{
	struct mono *begun = &engine->begun[engine->queries % ASKED_MAX];

	*begun = clock_mono();
	while (mono_since(*begun, clock_mono()) < engine->ms)
		;
	engine->ended[engine->queries % ASKED_MAX] = clock_mono();
}

static void
answer_at_length(struct engine *engine, uint32_t who)
{
	static uint8_t octets[8 << 20];

	memset(octets, '.', sizeof(octets));
	engine->fx[0] = (struct effect){ .kind = FX_REPLY,
		.who = who,
		.bytes = octets,
		.len = engine->large,
		.name = engine->parts > 0 ? "db 07" : NULL,
		.last = engine->parts == 0 };
	engine->parts -= engine->parts > 0;
}

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { MONO_NEVER, 0, engine->fx, false };

	if (in->kind != IN_QUERY)
		return effects;
	think(engine);
	engine->queries++;
	snprintf(engine->last, sizeof(engine->last), "%.*s", (int)in->len,
	    (const char *)in->bytes);
	if (engine->large > 0) {
		answer_at_length(engine, in->who);
		effects.n = 1;
		return effects;
	}
	snprintf(
	    engine->first, sizeof(engine->first), "{\"asked\":%zu}\n", in->len);
	for (size_t i = 0; i < 2; i++)
		engine->fx[i] = (struct effect){
			.kind = FX_REPLY, .who = in->who, .last = i == 1
		};
	engine->fx[0].bytes = (const uint8_t *)engine->first;
	engine->fx[0].len = strlen(engine->first);
	engine->fx[1].bytes = (const uint8_t *)"{}\n";
	engine->fx[1].len = 3;
	if (engine->silent)
		engine->fx[0].len = engine->fx[1].len = 0;
	effects.n = 2;
	return effects;
}

static struct event_base *base;
static struct engine engine;
static struct loop *loop;
static struct sink *sink;
static struct buf log_text;
static struct ctl_io *ctl;
static char dir[TEMP_FOLDER], path[96];

static void
collect(void *ctx, int priority, const char *line)
{
	(void)priority;
	buf_printf(ctx, "%s\n", line);
}

static void
do_own(void *ctx, const char *word, struct buf *answer)
{
	(void)ctx;
	buf_printf(answer, "{\"did\":\"%s\"}", word);
}

static void
setup(void)
{
	temp_make(dir);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/control", dir);
	base = event_base_new();
	memset(&engine, 0, sizeof(engine));
	sink = sink_new(collect, &log_text);
	loop = loop_new(base, &engine);
	ctl = ctl_io_new(loop, sink, do_own, NULL);
	ck_assert_int_eq(ctl_io_listen(ctl, path), RC_OK);
}

static void
teardown(void)
{
	ctl_io_free(ctl);
	ck_assert_int_ne(access(path, F_OK), 0);
	loop_free(loop);
	sink_free(sink);
	event_base_free(base);
	buf_done(&log_text);
	temp_end(dir);
}

/* In a child: asks, and writes the answer to `out`. */
static void
client(int out, const char *request, uid_t uid, gid_t gid)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char part[4096];
	ssize_t n;

	if (seteuid(getuid()) != 0)
		_exit(1);
	if (uid != 0 &&
	    (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
		_exit(1);
	strcpy(sun.sun_path, path);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		(void)!write(out, "no way in", 9);
		_exit(0);
	}
	(void)send(fd, request, strlen(request), MSG_NOSIGNAL);
	while ((n = read(fd, part, sizeof(part))) > 0)
		(void)!write(out, part, (size_t)n);
	_exit(0);
}

static void
on_ended(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

/* Runs the loop until there is something to read, or the other end is closed. */
static ssize_t
loop_until_read(int fd, char *out, size_t size)
{
	struct event *ended = event_new(base, fd, EV_READ, on_ended, base);

	event_add(ended, NULL);
	event_base_dispatch(base);
	event_free(ended);
	return read(fd, out, size);
}

/* What a client of this user gets. Static memory. */
static const char *
ask(const char *request, uid_t uid, gid_t gid)
{
	static char got[8192];
	int ends[2];
	ssize_t n, all = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		client(ends[1], request, uid, gid);
	}
	close(ends[1]);
	do {
		n = loop_until_read(
		    ends[0], got + all, sizeof(got) - 1 - (size_t)all);
		all += n > 0 ? n : 0;
	} while (n > 0);
	got[all] = '\0';
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return got;
}

START_TEST(answers_and_closes)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	ck_assert_str_eq(ask("status\n", 0, 0), "{\"asked\":6}\n{}\n");
	ck_assert_str_eq(ask("status\nstatus\n", 0, 0),
	    "{\"asked\":6}\n{}\n"); /* one request only */
	ck_assert_uint_eq(engine.queries, 2);
	ck_assert_str_eq(ask("reload\n", 0, 0), "{\"did\":\"reload\"}\n");
	ck_assert_uint_eq(engine.queries, 2);
}
END_TEST

START_TEST(refuses_what_is_no_request)
{
	char *huge = mem_new(0, 2 * CTL_IO_INJECT, 1);

	ck_assert_str_eq(
	    ask("nonsense\n", 0, 0), "{\"error\":\"unknown request\"}\n");
	ck_assert_str_eq(ask("\n", 0, 0), "{\"error\":\"unknown request\"}\n");
	memset(huge, 'x', CTL_IO_LINE + 2);
	ck_assert_str_eq(ask(huge, 0, 0), "{\"error\":\"request too long\"}\n");
	memset(huge, 'a', CTL_IO_INJECT);
	memcpy(huge, "inject ", 7);
	huge[CTL_IO_INJECT - 1] = '\n';
	ck_assert_str_eq(ask(huge, 0, 0), "{\"asked\":199999}\n{}\n");
	memset(huge + 7, 'a', CTL_IO_INJECT + 100);
	ck_assert_str_eq(ask(huge, 0, 0), "{\"error\":\"request too long\"}\n");
	mem_free(huge);
}
END_TEST

/* Where the tests run as root they can be other users, too. */
START_TEST(who_may_what)
{
	if (geteuid() != 0)
		return;
	ck_assert_str_eq(ask("status\n", NOBODY, NOBODY), "no way in");
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_str_eq(
	    ask("status\n", NOBODY, NOBODY), "{\"error\":\"not permitted\"}\n");
	ck_assert_str_eq(
	    ask("status\n", NOBODY, getegid()), "{\"asked\":6}\n{}\n");
	ck_assert_str_eq(ask("drain by=eve\n", NOBODY, getegid()),
	    "{\"error\":\"drain: not permitted: root alone may change "
	    "something\"}\n");
	ck_assert_str_eq(ask("reload\n", NOBODY, getegid()),
	    "{\"error\":\"reload: not permitted: root alone may change "
	    "something\"}\n");
	ck_assert_uint_eq(engine.queries, 1);
}
END_TEST

START_TEST(an_empty_answer_is_a_line)
{
	engine.silent = true;
	ck_assert_str_eq(ask("peers\n", 0, 0), "\n");
}
END_TEST

/* Connections of a member of the group that say this, and read nothing. Once all
 * are there it is told. */
static pid_t
crowd_tells(int n, const char *question, int told)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	pid_t pid;

	strcpy(sun.sun_path, path);
	ck_assert_int_eq(chmod(path, 0666), 0);
	pid = fork();
	if (pid != 0)
		return pid;
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setuid(NOBODY) != 0))
		_exit(1);
	while (n-- > 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
			(void)send(
			    fd, question, strlen(question), MSG_NOSIGNAL);
	}
	(void)!write(told, "", 1);
	pause();
	_exit(0);
}

static pid_t
crowd(int n, const char *question)
{
	return crowd_tells(n, question, -1);
}

/* All have been there when it returns: else another client's place might be one
 * that the last of them was refused, who does not come again. */
static pid_t
crowd_whole(int n, const char *question)
{
	int ends[2];
	pid_t pid;
	char all;

	ck_assert_int_eq(pipe(ends), 0);
	pid = crowd_tells(n, question, ends[1]);
	ck_assert_int_eq(loop_until_read(ends[0], &all, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

/* Many are there, of the group, or of this daemon's own user. */
START_TEST(root_has_a_place)
{
	uid_t own = _i == 0 ? 0 : NOBODY;
	pid_t pid;

	if (geteuid() != 0)
		return;
	pid = crowd_whole(3 * CTL_IO_CLIENTS, "");
	ck_assert_int_eq(seteuid(own), 0);
	ck_assert_str_eq(ask("status\n", NOBODY, getegid()),
	    "{\"error\":\"too many ask at once; try again\"}\n");
	ck_assert_str_eq(ask("status\n", 0, 0), "{\"asked\":6}\n{}\n");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (strcmp(ask("status\n", NOBODY, getegid()),
		   "{\"asked\":6}\n{}\n") != 0)
		;
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

static void
loop_for(uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

static size_t
times_said(const char *what)
{
	char *text;
	size_t n = 0;

	buf_u8(&log_text, '\0');
	log_text.n--;
	for (text = (char *)log_text.p;
	     text != NULL && (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
loop_until_asked(uint32_t n)
{
	while (engine.queries < n)
		event_base_loop(base, EVLOOP_ONCE);
}

/* However many ask at once, the loop is theirs for a fifth of the time. */
START_TEST(who_reads_shares_the_loop)
{
	pid_t pid;

	if (geteuid() != 0)
		return;
	engine.ms = 10;
	pid = crowd(6, "status\n");
	loop_until_asked(6);
	for (size_t i = 1; i < 6; i++)
		ck_assert_uint_ge(
		    mono_since(engine.ended[i - 1], engine.begun[i]),
		    10 * LIMIT_ANSWER_REST);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* Root's question does not wait for theirs. */
START_TEST(root_is_first)
{
	uint32_t before;
	pid_t pid;

	if (geteuid() != 0)
		return;
	engine.ms = 100;
	pid = crowd(6, "status\n");
	loop_until_asked(1);
	before = engine.queries;
	ask("links\n", 0, 0);
	ck_assert_uint_le(engine.queries, before + 2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* Who reads nothing has others wait, not us keep what they ask for. */
START_TEST(what_is_not_read_is_little)
{
	size_t most = LIMIT_ANSWERS_UNREAD / (8 << 20) + 1;
	pid_t pid;

	if (geteuid() != 0)
		return;
	signal(SIGPIPE, SIG_IGN);
	engine.large = 8 << 20;
	pid = crowd(CTL_IO_CLIENTS - CTL_IO_KEPT, "db\n");
	loop_until_asked((uint32_t)most);
	loop_for(300);
	ck_assert_uint_eq(engine.queries, most);
	engine.large = 0;
	ck_assert_str_eq(ask("status\n", 0, 0), "{\"asked\":6}\n{}\n");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_str_eq(
	    ask("status\n", NOBODY, getegid()), "{\"asked\":6}\n{}\n");
}
END_TEST

/* A long answer is made part by part, as it is read. */
START_TEST(part_by_part)
{
	pid_t pid;

	engine.large = 8000;
	engine.parts = 0;
	ck_assert_uint_eq(strlen(ask("db\n", 0, 0)), 8000);
	engine.large = 2000;
	engine.parts = 3;
	ck_assert_uint_eq(strlen(ask("db\n", 0, 0)), 8000);
	ck_assert_str_eq(engine.last, "db 07");
	ck_assert_uint_eq(engine.queries, 5);
	signal(SIGPIPE, SIG_IGN);
	engine.large = 8 << 20; /* more than a socket holds */
	engine.parts = 3;
	pid = crowd(1, "db\n");
	loop_until_asked(6);
	loop_for(100);
	ck_assert_uint_eq(engine.queries, 6);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* Idle clients take all that is left: it is said once, the loop rests, and
 * who asks is answered all the same. */
START_TEST(without_descriptors)
{
	struct rlimit limit;
	struct rusage before, after;
	int next = dup(0);
	pid_t pid;

	ck_assert_int_ge(next, 0);
	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)next + 3;
	pid = crowd(12, "");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	getrusage(RUSAGE_SELF, &before);
	loop_for(1500);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_le(
	    (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000 +
		(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1000,
	    500);
	ck_assert_uint_le(times_said("accept-failed"), 1);
	limit.rlim_cur = (rlim_t)next; /* none at all */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	limit.rlim_cur = (rlim_t)next + 6;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	pid = crowd(12, "");
	ck_assert_str_eq(
	    ask("status\n", getuid(), getgid()), "{\"asked\":6}\n{}\n");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* Not one descriptor: a pause, and one line. */
START_TEST(without_any_descriptor)
{
	struct rlimit limit;
	int next = dup(0);
	pid_t pid;

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)next;
	pid = crowd(3, "");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	loop_for(2500);
	ck_assert_uint_eq(times_said("accept-failed"), 1);
	ck_assert_uint_eq(times_said("reason=no-descriptors"), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	limit.rlim_cur = limit.rlim_max < 256 ? limit.rlim_max : 256;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_str_eq(
	    ask("status\n", getuid(), getgid()), "{\"asked\":6}\n{}\n");
}
END_TEST

/* What one leaves that was killed. */
static void
leave_socket(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	ck_assert_int_eq(access(path, F_OK), 0);
}

START_TEST(one_daemon_a_socket)
{
	struct ctl_io *other = ctl_io_new(loop, sink, do_own, NULL);

	ck_assert_int_eq(ctl_io_listen(other, path), RC_STATE);
	ctl_io_free(other);
	ctl_io_free(ctl);
	leave_socket();
	ctl = ctl_io_new(loop, sink, do_own, NULL);
	ck_assert_int_eq(ctl_io_listen(ctl, path), RC_OK);
	ck_assert_str_eq(ask("status\n", 0, 0), "{\"asked\":6}\n{}\n");
}
END_TEST

START_TEST(dumps_to_the_log)
{
	ctl_io_dump(ctl, "status");
	event_base_loop(base, EVLOOP_NONBLOCK);
	buf_u8(&log_text, 0);
	ck_assert_str_eq((char *)log_text.p, "dump: {\"asked\":6}\ndump: {}\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_io");
	TCase *tc = tcase_create("ctl_io");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answers_and_closes);
	tcase_add_test(tc, refuses_what_is_no_request);
	tcase_add_test(tc, who_may_what);
	tcase_add_test(tc, an_empty_answer_is_a_line);
	tcase_add_loop_test(tc, root_has_a_place, 0, 2);
	tcase_add_test(tc, who_reads_shares_the_loop);
	tcase_add_test(tc, root_is_first);
	tcase_add_test(tc, what_is_not_read_is_little);
	tcase_add_test(tc, part_by_part);
	tcase_add_test(tc, without_descriptors);
	tcase_add_test(tc, without_any_descriptor);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, one_daemon_a_socket);
	tcase_add_test(tc, dumps_to_the_log);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
