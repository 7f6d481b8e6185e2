/* The history on disk: what its writer puts there its reader finds, whatever
 * was cut off, and a disk that is full ends nothing but the history. */

#include "ctl/history_read.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/history_file.h"
#include "sys/file.h"
#include "t/tap.h"
#include "t/temp.h"

#define MOST 4096

static char dir[TEMP_FOLDER], path[TEMP_FOLDER + 16], before[TEMP_FOLDER + 16];
static struct history_file file;

/* What history_read.c complains with. */
int
call_usage(const char *fmt, ...)
{
	(void)fmt;
	return CALL_USAGE;
}

static void
setup(void)
{
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/" HISTORY_NAME, dir);
	snprintf(before, sizeof(before), "%s/" HISTORY_BEFORE, dir);
	history_file_init(&file, dir, MOST);
}

static void
teardown(void)
{
	history_file_done(&file);
	temp_end(dir);
}

static int
add(unsigned at, const char *kind, const char *server)
{
	char line[200];

	snprintf(line, sizeof(line),
	    "{\"at\":%u.500,\"kind\":\"%s\",\"server\":\"%s\"}\n", at, kind,
	    server);
	return history_file_add(&file, line, strlen(line));
}

static size_t
count(const struct history_want *want)
{
	struct history_found found = { 0 };
	size_t n;

	if (history_load(dir, want, &found) != CALL_OK)
		return 0;
	n = found.records.n;
	history_found_done(&found);
	return n;
}

static size_t
size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (size_t)st.st_size : 0;
}

START_TEST(what_is_asked_for)
{
	static const struct {
		struct history_want want;
		size_t n;
	} rows[] = {
		{ { 0 }, 4 },
		{ { .last = 2 }, 2 },
		{ { .kind = "lsa" }, 2 },
		{ { .kind = "link-state,lsa" }, 3 },
		{ { .kind = "ls" }, 0 },
		{ { .server = "mx1.x.org" }, 3 },
		{ { .server = "x.org" }, 0 },
		{ { .since = 200 }, 3 },
		{ { .since = 200, .until = 300 }, 1 },
		{ { .since = 400.75 }, 0 },
	};

	add(100, "lsa", "mx1.x.org");
	add(200, "lsa", "mx2.x.org");
	add(300, "link-state", "mx1.x.org");
	add(400, "alone", "mx1.x.org");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(count(&rows[i].want) == rows[i].n, "row %zu", i);
}
END_TEST

/* A file that ends at any octet, and goes on behind it. */
START_TEST(cut_anywhere)
{
	struct buf whole = { 0 };
	size_t line;

	for (unsigned i = 0; i < 5; i++)
		add(100 + i, "lsa", "mx1.x.org");
	history_file_done(&file);
	ck_assert_int_eq(file_load(path, MOST, &whole), RC_OK);
	line = whole.n / 5;
	for (size_t n = 0; n <= whole.n; n++) {
		size_t left = n / line + (n % line == line - 1);

		ck_assert_int_eq(truncate(path, (off_t)whole.n), 0);
		ck_assert_int_eq(truncate(path, (off_t)n), 0);
		ck_assert_msg(
		    n == 0 || count(&(struct history_want){ 0 }) == left,
		    "cut at %zu", n);
		ck_assert_int_eq(add(200, "lsa", "mx1.x.org"), 0);
		history_file_done(&file);
		ck_assert_msg(count(&(struct history_want){ 0 }) == left + 1,
		    "cut at %zu, and on", n);
		unlink(path);
		history_file_add(&file, (const char *)whole.p, whole.n);
		history_file_done(&file);
	}
	buf_done(&whole);
}
END_TEST

/* Never longer than that, and always at least half of it. */
START_TEST(it_is_bounded)
{
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(add(1000 + i, "lsa", "mx1.x.org"), 0);
		ck_assert_uint_le(size_of(path) + size_of(before), MOST);
	}
	ck_assert_uint_ge(size_of(path) + size_of(before), MOST / 2);
	ck_assert_uint_eq(count(&(struct history_want){ .since = 1999 }), 1);
	ck_assert_uint_ge(count(&(struct history_want){ 0 }), MOST / 2 / 60);
}
END_TEST

/* RLIMIT_FSIZE is a disk that is full. */
START_TEST(a_full_disk)
{
	struct rlimit limit, was;
	size_t n;

	signal(SIGXFSZ, SIG_IGN);
	add(100, "lsa", "mx1.x.org");
	n = size_of(path);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = was;
	limit.rlim_cur = n + 10;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(add(101, "lsa", "mx1.x.org"), EFBIG);
	ck_assert_int_eq(add(102, "lsa", "mx1.x.org"), EFBIG);
	ck_assert_uint_eq(size_of(path), n); /* nothing torn is left */
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	ck_assert_int_eq(add(103, "lsa", "mx1.x.org"), 0);
	ck_assert_uint_eq(count(&(struct history_want){ .kind = "lsa" }), 2);
	ck_assert_uint_eq(count(&(struct history_want){ .kind = "lost" }), 1);
	ck_assert_uint_eq(file.lost, 0);
}
END_TEST

/* Taken away, or put aside, while it is written. */
START_TEST(taken_away)
{
	add(100, "lsa", "mx1.x.org");
	unlink(path);
	ck_assert_int_eq(add(101, "lsa", "mx1.x.org"), 0);
	ck_assert_uint_eq(count(&(struct history_want){ 0 }), 1);
	unlink(path);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_ne(add(102, "lsa", "mx1.x.org"), 0);
}
END_TEST

START_TEST(its_group_may_read)
{
	struct stat st;
	mode_t was = umask(0077);

	add(100, "lsa", "mx1.x.org");
	umask(was);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
}
END_TEST

/* The process that writes: it ends with its input. */
START_TEST(served)
{
	int ends[2];
	static const char half[] =
	    "{\"at\":1.000,\"kind\":\"start\"}\n{\"at\":2";

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(
	    write(ends[1], half, sizeof(half) - 1), sizeof(half) - 1);
	close(ends[1]);
	ck_assert_int_eq(history_file_serve(ends[0], dir, MOST), 0);
	close(ends[0]);
	ck_assert_uint_eq(count(&(struct history_want){ 0 }), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_asked_for);
	tcase_add_test(t, cut_anywhere);
	tcase_add_test(t, it_is_bounded);
	tcase_add_test(t, a_full_disk);
	tcase_add_test(t, taken_away);
	tcase_add_test(t, its_group_may_read);
	tcase_add_test(t, served);
	suite_add_tcase(s, t);
	return tap_run(s);
}
