/* test_file.c - octets to a file and back: whole, too many, or none. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/rc.h"
#include "sys/file.h"
#include "t/tap.h"
#include "t/temp.h"

#define MANY 200000 /* more than one call takes */

static char dir[TEMP_FOLDER], path[96];

static void
make_dir(void)
{
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/octets", dir);
}

static void
remove_dir(void)
{
	temp_end(dir);
}

static void
put(size_t n)
{
	char *octets = mem_new(0, n, 1);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	memset(octets, 'x', n);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(file_put(fd, octets, n), RC_OK);
	file_close(fd);
	mem_free(octets);
}

START_TEST(comes_back_whole)
{
	struct buf out = { 0 };

	put(MANY);
	ck_assert_int_eq(file_load(path, MANY, &out), RC_OK);
	ck_assert_uint_eq(out.n, MANY);
	buf_done(&out);
	put(0);
	ck_assert_int_eq(file_load(path, MANY, &out), RC_OK);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_int_eq(file_sync_name(path), RC_OK);
	buf_done(&out);
}
END_TEST

START_TEST(one_more_is_too_many)
{
	struct buf out = { 0 };

	put(MANY);
	ck_assert_int_eq(file_load(path, MANY - 1, &out), RC_LONG);
	ck_assert_uint_lt(out.n, MANY);
	buf_done(&out);
}
END_TEST

START_TEST(what_fails_is_told)
{
	struct buf out = { 0 };
	int ends[2];

	ck_assert_int_eq(file_load(path, MANY, &out), RC_NONE);
	ck_assert_int_eq(file_load(dir, MANY, &out), RC_IO);
	ck_assert_int_eq(errno, EISDIR);
	errno = EPROTO;
	file_close(-1);
	ck_assert_int_eq(errno, EPROTO);
	/* a stream that nobody reads takes a part, and then no more */
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	buf_bytes(&out, dir, sizeof(dir));
	while (file_put(ends[0], out.p, out.n) == RC_OK)
		;
	ck_assert_int_eq(errno, EAGAIN);
	close(ends[0]);
	close(ends[1]);
	buf_done(&out);
}
END_TEST

START_TEST(who_must_not_wait)
{
	struct buf out = { 0 };

	put(3);
	ck_assert_int_eq(file_load_regular(path, 3, &out), RC_OK);
	ck_assert_uint_eq(out.n, 3);
	ck_assert_int_eq(file_load_regular(path, 5, &out), RC_LONG);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(file_load_regular(path, 3, &out), RC_NONE);
	ck_assert_int_eq(file_load_regular(dir, 3, &out), RC_STATE);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(file_load_regular(path, 3, &out), RC_STATE);
	ck_assert_int_eq(file_load_regular("/dev/zero", 3, &out), RC_STATE);
	buf_done(&out);
}
END_TEST

START_TEST(takes_the_place_of_a_file)
{
	struct buf out = { 0 };
	char fresh[sizeof(path) + 4], other[sizeof(path) + 6];

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	snprintf(other, sizeof(other), "%s.other", path);
	ck_assert_int_eq(file_replace(path, "one", 3), RC_OK);
	/* what somebody else has put there is not written to */
	ck_assert_int_eq(symlink(other, fresh), 0);
	ck_assert_int_eq(file_replace(path, "three", 5), RC_OK);
	ck_assert_int_ne(access(other, F_OK), 0);
	ck_assert_int_ne(access(fresh, F_OK), 0);
	ck_assert_int_eq(file_load(path, 9, &out), RC_OK);
	ck_assert_uint_eq(out.n, 5);
	ck_assert_int_eq(symlink(path, other), 0);
	ck_assert_int_eq(file_replace(other, "one", 3), RC_STATE);
	ck_assert_int_eq(file_replace(dir, "one", 3), RC_STATE);
	ck_assert_int_eq(file_replace("/nowhere/at/all", "one", 3), RC_IO);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file");
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, comes_back_whole);
	tcase_add_test(tc, one_more_is_too_many);
	tcase_add_test(tc, what_fails_is_told);
	tcase_add_test(tc, who_must_not_wait);
	tcase_add_test(tc, takes_the_place_of_a_file);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
