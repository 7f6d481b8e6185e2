/* test_exim_tables.c - the three cdb files as lsrd-publish writes them. */

#include <cdb.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "plugins/exim/cdb_file.h"
#include "plugins/exim/tables.h"
#include "plugins/exim/values.h"
#include "t/tap.h"
#include "t/temp.h"

#define ROUTE(ip) "route \"<; [198.51.100." ip "]:25\" byname"

static char dir[TEMP_FOLDER];
static struct plugin_setup setup;

static void
make_dir(void)
{
	temp_make(dir);
	setup = (struct plugin_setup){ .directory = dir };
}

static void
remove_dir(void)
{
	temp_end(dir);
}

static const char *
path_of(const char *table)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s.cdb", dir, table);
	return path;
}

/* As Exim asks: the key without a NUL; "-" for none. */
static const char *
ask(const char *table, const char *key)
{
	static char out[2048];
	int fd = open(path_of(table), O_RDONLY);
	struct cdb cdb;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(cdb_init(&cdb, fd), 0);
	strcpy(out, "-");
	if (cdb_find(&cdb, key, (unsigned)strlen(key)) > 0) {
		ck_assert_uint_lt(cdb_datalen(&cdb), sizeof(out));
		cdb_read(&cdb, out, cdb_datalen(&cdb), cdb_datapos(&cdb));
		out[cdb_datalen(&cdb)] = '\0';
		ck_assert_uint_eq(strlen(out), cdb_datalen(&cdb));
	}
	cdb_free(&cdb);
	close(fd);
	return out;
}

static struct stat
seen(const char *table)
{
	struct stat st;

	ck_assert_int_eq(stat(path_of(table), &st), 0);
	return st;
}

static struct route
remote(uint8_t last)
{
	struct route r = {
		.kind = ROUTE_REMOTE,
		.relay = true,
		.hop = { { .addr = { .family = 4,
			       .ip = { 198, 51, 100, last },
			       .port = 25 } } },
		.nhops = 1,
	};

	return r;
}

static void
put(struct plugin_change *c, struct route *r, const char *pattern)
{
	c->pattern = pattern;
	c->route = r;
	if (r != NULL)
		r->pattern = (char *)(uintptr_t)pattern;
}

static int
write_once(const struct plugin_change *list, size_t n, bool whole,
    struct plugin_report *report)
{
	struct plugin_start start = { 0 };
	struct plugin_run *run;
	int rc = tables_exim.open(&run, &setup, &start), err;

	ck_assert_int_eq(rc, RC_OK);
	rc = tables_exim.write(run, list, n, whole, report);
	err = errno;
	tables_exim.close(run);
	errno = err;
	return rc;
}

/* a.example by .1 */
static void
write_a(void)
{
	struct route a = remote(1);
	struct plugin_change list[1];
	struct plugin_report report;

	put(&list[0], &a, "a.example");
	ck_assert_int_eq(write_once(list, 1, true, &report), RC_OK);
}

START_TEST(writes_what_differs)
{
	struct route a = remote(1), b = remote(2), star = remote(3);
	struct plugin_change list[3];
	struct plugin_report report;
	struct stat before, after;

	put(&list[0], &star, "*");
	put(&list[1], &a, "a.example");
	put(&list[2], &b, ".b.example");
	ck_assert_int_eq(write_once(list, 3, false, &report), RC_MISSING);
	ck_assert_int_eq(write_once(list, 3, true, &report), RC_OK);
	ck_assert(report.made);
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
	ck_assert_str_eq(ask("transport", ".b.example"), ROUTE("2"));
	ck_assert_str_eq(ask("transport", "*"), "-");
	ck_assert_str_eq(ask("transport", EXIM_MARK), EXIM_VERSION);
	ck_assert_str_eq(ask("domains", EXIM_MARK), EXIM_VERSION);
	ck_assert_str_eq(ask("default", "*"), ROUTE("3"));
	ck_assert_str_eq(ask("domains", ".b.example"), "1");
	ck_assert_str_eq(ask("domains", "*"), "-");
	before = seen("transport");
	ck_assert_uint_eq(before.st_mode & 0777, 0644);

	ck_assert_int_eq(write_once(list, 3, true, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 0);
	ck_assert(!report.made);
	after = seen("transport");
	ck_assert(before.st_ino == after.st_ino);

	b = remote(9);
	put(&list[0], &b, ".b.example");
	before = seen("domains");
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 1);
	ck_assert_str_eq(ask("transport", ".b.example"), ROUTE("9"));
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
	after = seen("domains"); /* has not changed: is not written */
	ck_assert(before.st_ino == after.st_ino);

	put(&list[0], NULL, "a.example");
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), "-");
	ck_assert_str_eq(ask("domains", "a.example"), "-");
}
END_TEST

START_TEST(whole_removes_the_rest)
{
	struct route a = remote(1), b = remote(2);
	struct plugin_change list[2];
	struct plugin_report report;

	put(&list[0], &a, "a.example");
	put(&list[1], &b, "b.example");
	ck_assert_int_eq(write_once(list, 2, true, &report), RC_OK);
	ck_assert_int_eq(write_once(&list[1], 1, true, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), "-");
	ck_assert_str_eq(ask("domains", "a.example"), "-");
	ck_assert_str_eq(ask("transport", "b.example"), ROUTE("2"));
	ck_assert_int_eq(write_once(NULL, 0, true, &report), RC_LIMIT);
	ck_assert_str_eq(ask("transport", "b.example"), ROUTE("2"));
}
END_TEST

/* What changed since the last whole table is no reason to stay in the next. */
START_TEST(whole_after_differences)
{
	struct route a = remote(1), b = remote(2);
	struct plugin_start start = { 0 };
	struct plugin_change list[2];
	struct plugin_report report;
	struct plugin_run *run;

	put(&list[0], &a, "a.example");
	put(&list[1], &b, "b.example");
	ck_assert_int_eq(tables_exim.open(&run, &setup, &start), RC_OK);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	ck_assert_int_eq(
	    tables_exim.write(run, &list[1], 1, false, &report), RC_OK);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "b.example"), "-");
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
	tables_exim.close(run);
}
END_TEST

/* Somebody put another file there, or took ours away: ours comes back. */
START_TEST(another_file_is_replaced)
{
	struct route a = remote(1);
	struct plugin_start start = { 0 };
	struct plugin_change list[1];
	struct plugin_report report;
	struct plugin_run *run;
	char other[128];

	put(&list[0], &a, "a.example");
	ck_assert_int_eq(tables_exim.open(&run, &setup, &start), RC_OK);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	snprintf(other, sizeof(other), "%s", path_of("default"));
	ck_assert_int_eq(rename(other, path_of("transport")), 0);
	ck_assert_int_eq(
	    tables_exim.write(run, list, 1, false, &report), RC_MISSING);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	ck_assert(report.made);
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
	ck_assert_str_eq(ask("default", "*"), "-");
	tables_exim.close(run);
}
END_TEST

/* A whole file of another program, or of another version of ours. */
static void
write_foreign(const char *table, const char *key, const char *value)
{
	struct cdb_file *file = cdb_file_new(path_of(table));

	cdb_file_set(file, EXIM_MARK, EXIM_VERSION);
	cdb_file_set(file, key, value);
	ck_assert_int_eq(cdb_file_write(file), RC_OK);
	cdb_file_free(file);
}

static const struct {
	const char *key, *value;
} foreign[] = {
	{ "a.example", "lsrd:[198.51.100.1]:25" },
	{ "a.example", "route2 \"<; [198.51.100.1]:25\" byname" },
	{ "a.example", "" },
	{ "A.example", ROUTE("1") },
	{ "a..example", ROUTE("1") },
	{ "*", ROUTE("1") },
	{ "", ROUTE("1") },
	{ EXIM_MARK, NULL },
	{ EXIM_MARK, "2" },
	{ "b\xc3\x9c"
	  "cher.example",
	    ROUTE("1") },
};

START_TEST(another_form_is_made_anew)
{
	struct plugin_report report;
	struct plugin_start start = { .broken = 1 };
	struct plugin_change list[1];
	struct plugin_run *run;
	struct route a = remote(1);

	write_a();
	ck_assert_int_eq(tables_exim.check(&setup, 0), RC_OK);
	write_foreign("transport", foreign[_i].key, foreign[_i].value);
	ck_assert_int_eq(tables_exim.check(&setup, 0), RC_FORMAT);
	put(&list[0], &a, "a.example");
	ck_assert_int_eq(tables_exim.open(&run, &setup, &start), RC_OK);
	ck_assert_int_eq(
	    tables_exim.write(run, list, 1, false, &report), RC_MISSING);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	tables_exim.close(run);
	ck_assert_int_eq(tables_exim.check(&setup, 0), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
}
END_TEST

/* In a process of its own, as lsrd-publish does. */
static bool
is_sound(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int bad = tables_exim.check(&setup, 0) != RC_OK;

		_exit(bad);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status == 0;
}

START_TEST(a_cut_file_is_found)
{
	off_t size;

	write_a();
	size = seen("transport").st_size;
	ck_assert(is_sound());
	while (size > 0) {
		size = size > 100 ? size - 97 : size - 1;
		ck_assert_int_eq(truncate(path_of("transport"), size), 0);
		ck_assert(!is_sound());
	}
	ck_assert_int_eq(unlink(path_of("transport")), 0);
	ck_assert_int_eq(tables_exim.check(&setup, 0), RC_NONE);
	ck_assert_int_eq(symlink("/", path_of("transport")), 0);
	ck_assert(!is_sound());
}
END_TEST

/*
 * An octet that is another one is found, wherever it stands: in a pointer, a
 * length, a hash, a key or a value. A value may become another good one, which
 * no form can tell; and what nothing leads to is nobody's.
 */
START_TEST(a_bent_pointer_is_found)
{
	int fd, found = 0;
	off_t size;

	write_a();
	size = seen("transport").st_size;
	fd = open(path_of("transport"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	for (off_t at = 2048; at < size; at++) {
		unsigned char was, is;

		ck_assert_int_eq(pread(fd, &was, 1, at), 1);
		is = was ^ 0x80;
		ck_assert_int_eq(pwrite(fd, &is, 1, at), 1);
		found += !is_sound();
		ck_assert_int_eq(pwrite(fd, &was, 1, at), 1);
	}
	close(fd);
	ck_assert(is_sound());
	/* all but the empty slots of the index */
	ck_assert_int_ge(found, (int)size - 2048 - 2 * 8);
}
END_TEST

static off_t
size_of_new(void)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s.new", path_of("transport"));
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Killed while it writes, at any octet: the table is the one before. */
START_TEST(killed_in_mid_write)
{
	struct route a = remote(2);
	struct plugin_change list[1];
	struct plugin_report report;

	put(&list[0], &a, "a.example");
	for (rlim_t most = 1; most < 2400; most += 400) {
		int status;
		pid_t pid;

		write_a();
		pid = fork();
		if (pid == 0) {
			struct rlimit limit = { most, most };

			setrlimit(RLIMIT_FSIZE, &limit); /* SIGXFSZ */
			write_once(list, 1, false, &report);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(most > 2200 || WIFSIGNALED(status));
		if (!WIFSIGNALED(status))
			break;
		ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
		ck_assert_int_eq(tables_exim.check(&setup, 0), RC_OK);
	}
	/* What it left is used up by the next one. */
	write_a();
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("2"));
	ck_assert_int_le(size_of_new(), 0);
}
END_TEST

/* No room: the table stays, and so does what is said of it. */
START_TEST(a_failed_write_leaves_the_table)
{
	struct route a = remote(2);
	struct plugin_change list[1];
	struct plugin_report report;
	struct rlimit limit = { 2060, RLIM_INFINITY },
		      none = { RLIM_INFINITY, RLIM_INFINITY };

	put(&list[0], &a, "a.example");
	write_a();
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_IO);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("1"));
	ck_assert_int_le(size_of_new(), 0);
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), ROUTE("2"));
}
END_TEST

/* What is in the way of the next file goes: a link, a pipe, a second name of the
 * table itself. A folder stays, and so does the table then. */
START_TEST(what_is_in_the_way_goes)
{
	struct route a = remote(2);
	struct plugin_change list[1];
	struct plugin_report report;
	char path[160];
	int rc = -1;

	put(&list[0], &a, "a.example");
	write_a();
	snprintf(path, sizeof(path), "%s.new", path_of("transport"));
	unlink(path);
	if (_i == 0)
		rc = symlink("/etc/passwd", path);
	else if (_i == 1)
		rc = mkfifo(path, 0644);
	else if (_i == 2)
		rc = link(path_of("transport"), path);
	else
		rc = mkdir(path, 0755);
	ck_assert_int_eq(rc, 0);
	rc = write_once(list, 1, false, &report);
	ck_assert_int_eq(rc, _i == 3 ? RC_IO : RC_OK);
	ck_assert_str_eq(
	    ask("transport", "a.example"), _i == 3 ? ROUTE("1") : ROUTE("2"));
	rmdir(path);
}
END_TEST

/* Each key is looked for while the steps go on: the domain is never relayed
 * for without a route. */
static const char *const names[] = { "a.example", "b.example", "c.example" };
static size_t looks;

static void
on_phase(void *ctx, enum plugin_phase phase)
{
	(void)ctx;
	(void)phase;
	looks++;
	for (size_t i = 0; i < 3 && looks > 3; i++)
		if (strcmp(ask("domains", names[i]), "-") != 0)
			ck_assert_str_ne(ask("transport", names[i]), "-");
}

START_TEST(names_leave_last)
{
	struct plugin_watch watch = { on_phase, NULL };
	struct plugin_start start = { .watch = &watch };
	struct plugin_report report;
	struct plugin_change list[3];
	struct plugin_run *run;
	struct route r[3] = { remote(1), remote(2), remote(3) };

	looks = 0;
	ck_assert_int_eq(tables_exim.open(&run, &setup, &start), RC_OK);
	put(&list[0], &r[0], names[0]);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	put(&list[0], NULL, names[0]);
	put(&list[1], &r[1], names[1]);
	put(&list[2], &r[2], names[2]);
	ck_assert_int_eq(
	    tables_exim.write(run, list, 3, false, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 6);
	put(&list[0], &r[0], names[0]);
	ck_assert_int_eq(tables_exim.write(run, list, 1, true, &report), RC_OK);
	ck_assert_uint_ge(looks, 15);
	ck_assert_str_eq(ask("transport", names[1]), "-");
	tables_exim.close(run);
}
END_TEST

static void
expect_both(const char *transport, const char *domains)
{
	static const char other[] = "b\xc3\xbc"
				    "cher.example";

	ck_assert_str_eq(ask("transport", "xn--bcher-kva.example"), transport);
	ck_assert_str_eq(ask("transport", other), transport);
	ck_assert_str_eq(ask("domains", "xn--bcher-kva.example"), domains);
	ck_assert_str_eq(ask("domains", other), domains);
}

START_TEST(a_name_has_the_keys_of_both_spellings)
{
	struct plugin_report report;
	struct plugin_change list[2];
	struct route r[2] = { remote(5), remote(6) };

	put(&list[0], &r[0], "a.example");
	put(&list[1], &r[1], "xn--bcher-kva.example");
	for (int i = 0; i < 2; i++) { /* made, then found as it is */
		ck_assert_int_eq(write_once(list, 2, true, &report), RC_OK);
		expect_both(ROUTE("6"), "1");
	}
	ck_assert_uint_eq(report.keys, 0);
	ck_assert_int_eq(tables_exim.check(&setup, 0), RC_OK);
	ck_assert_int_eq(tables_exim.check(&setup, 2), RC_OK);
	put(&list[1], NULL, "xn--bcher-kva.example");
	ck_assert_int_eq(write_once(&list[1], 1, false, &report), RC_OK);
	expect_both("-", "-");
	put(&list[1], &r[1], "xn--bcher-kva.example");
	ck_assert_int_eq(write_once(&list[1], 1, false, &report), RC_OK);
	expect_both(ROUTE("6"), "1");
	/* Not in the whole: both go. */
	ck_assert_int_eq(write_once(list, 1, true, &report), RC_OK);
	expect_both("-", "-");
}
END_TEST

START_TEST(many_keys)
{
	enum { N = 20000 };
	static struct plugin_change list[N];
	static struct route routes[N];
	static char patterns[N][24];
	struct plugin_report report;

	for (size_t i = 0; i < N; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "d%05zu.example", i);
		routes[i] = remote((uint8_t)(1 + i % 200));
		put(&list[i], &routes[i], patterns[i]);
	}
	ck_assert_int_eq(write_once(list, N, true, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "d19999.example"), ROUTE("200"));
	ck_assert_int_eq(write_once(list, N, true, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 0);
	ck_assert_int_eq(tables_exim.check(&setup, 0), RC_OK);
	ck_assert_int_eq(write_once(list, 1, true, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 2 * (N - 1));
	ck_assert_str_eq(ask("transport", "d19999.example"), "-");
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("exim_tables");
	TCase *tc = tcase_create("exim_tables");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, writes_what_differs);
	tcase_add_test(tc, whole_removes_the_rest);
	tcase_add_test(tc, whole_after_differences);
	tcase_add_test(tc, another_file_is_replaced);
	tcase_add_loop_test(tc, another_form_is_made_anew, 0, ROWS(foreign));
	tcase_add_test(tc, a_cut_file_is_found);
	tcase_add_test(tc, a_bent_pointer_is_found);
	tcase_add_test(tc, killed_in_mid_write);
	tcase_add_test(tc, a_failed_write_leaves_the_table);
	tcase_add_loop_test(tc, what_is_in_the_way_goes, 0, 4);
	tcase_add_test(tc, names_leave_last);
	tcase_add_test(tc, a_name_has_the_keys_of_both_spellings);
	tcase_add_test(tc, many_keys);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
