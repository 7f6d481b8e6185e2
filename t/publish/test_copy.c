/* test_copy.c - the plain copy: written, torn, bent, and read again. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rc.h"
#include "publish/copy.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER];
static off_t octets; /* of the groups that were written last */
static const struct plugin_setup setup = { .transport = "lsrd",
	.hold = "lsrd-hold" };

static void
make_dir(void)
{
	temp_make(dir);
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
remove_dir(void)
{
	temp_end(dir);
}

/* A batch that sets `pattern`, into the table and as frames. */
static void
set(struct got *got, const char *pattern, struct buf *frames)
{
	struct route r = { .pattern = (char *)(uintptr_t)pattern,
		.kind = ROUTE_HOLD,
		.reason = (char *)(uintptr_t) "no path" };
	struct wire_writer w;
	struct wire_frame frame;
	struct wire_batch batch;
	struct cur c;

	buf_reset(frames);
	wire_begin(&w, frames, got->generation + 1, got->generation);
	wire_set(&w, &r);
	wire_end(&w);
	c = cur_over(frames->p, frames->n);
	ck_assert_int_eq(wire_frame(&c, &frame), RC_OK);
	ck_assert_int_eq(wire_get_batch(&frame.body, &batch), RC_OK);
	ck_assert_int_eq(got_take(got, &batch, frame.body), RC_OK);
}

/* A copy with one whole group and two that follow. */
static void
write_three(void)
{
	struct got got = { 0 };
	struct buf frames = { 0 };
	struct copy copy;

	copy_init(&copy, dir);
	set(&got, "a.example", &frames);
	ck_assert_int_eq(copy_whole(&copy, &got, &setup), RC_OK);
	set(&got, "b.example", &frames);
	ck_assert_int_eq(
	    copy_add(&copy, cur_over(frames.p, frames.n), &got, &setup), RC_OK);
	set(&got, "c.example", &frames);
	ck_assert_int_eq(
	    copy_add(&copy, cur_over(frames.p, frames.n), &got, &setup), RC_OK);
	octets = (off_t)copy.octets;
	copy_done(&copy);
	got_clear(&got);
	buf_done(&frames);
}

/* The number of routes, or the reason. */
static int
load(bool before)
{
	struct plugin_setup names = { 0 };
	struct got got = { 0 };
	struct copy copy;
	int rc;

	copy_init(&copy, dir);
	rc = before ? copy_load_before(&copy, &got, &names)
	            : copy_load(&copy, &got, &names);
	if (rc == RC_OK) {
		rc = (int)got.tree.n;
		ck_assert_str_eq(names.hold, "lsrd-hold");
	} else {
		ck_assert_uint_eq(got.tree.n, 0);
	}
	copy_done(&copy);
	got_clear(&got);
	return rc;
}

static off_t
size_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(path_of(name), &st), 0);
	return st.st_size;
}

START_TEST(comes_back)
{
	ck_assert_int_eq(load(false), RC_NONE);
	write_three();
	ck_assert_int_eq(load(false), 3);
	ck_assert_int_eq(load(true), RC_NONE);
	write_three();
	ck_assert_int_eq(load(true), 3);
}
END_TEST

START_TEST(a_torn_end_is_no_harm)
{
	off_t n;
	int at_least = 3;

	write_three();
	n = octets;
	ck_assert_int_eq(truncate(path_of("routes"), n), 0);
	ck_assert_int_eq(load(false), 3);
	for (off_t cut = n - 1; cut > n / 2; cut--) {
		int is;

		ck_assert_int_eq(truncate(path_of("routes"), cut), 0);
		is = load(false);
		ck_assert_int_ge(is, 1);
		ck_assert_int_le(is, at_least);
		at_least = is;
	}
	ck_assert_int_eq(truncate(path_of("routes"), 0), 0);
	ck_assert_int_eq(load(false), RC_DIGEST);
}
END_TEST

/* The same within a file that keeps its length: zeros stand where it would. */
START_TEST(a_group_torn_among_zeros_is_no_harm)
{
	off_t n;
	int at_least = 3;

	write_three();
	n = size_of("routes");
	ck_assert_int_ge(n, octets + 1000);
	for (off_t cut = octets - 1; cut > octets / 2; cut--) {
		int is;

		ck_assert_int_eq(truncate(path_of("routes"), cut), 0);
		ck_assert_int_eq(truncate(path_of("routes"), n), 0);
		is = load(false);
		ck_assert_int_ge(is, 1);
		ck_assert_int_le(is, at_least);
		at_least = is;
	}
	ck_assert_int_eq(at_least, 1);
}
END_TEST

/* What is added among the zeros leaves the file as long as it is; what comes to
 * their end lengthens it, and all of it is read. */
START_TEST(groups_are_written_over_zeros)
{
	struct got got = { 0 };
	struct buf frames = { 0 };
	struct copy copy;
	off_t length = 0;
	int longer = 0;

	copy_init(&copy, dir);
	for (int i = 0; i < 2000; i++) {
		char pattern[64];

		snprintf(pattern, sizeof(pattern), "d%04d.example", i);
		set(&got, pattern, &frames);
		ck_assert_int_eq(
		    copy_add(&copy, cur_over(frames.p, frames.n), &got, &setup),
		    RC_OK);
		ck_assert_int_ge(size_of("routes"), length);
		longer += size_of("routes") != length;
		length = size_of("routes");
	}
	ck_assert_int_ge(longer, 2);
	ck_assert_int_le(longer, 5);
	ck_assert_int_eq(load(false), 2000);
	copy_done(&copy);
	got_clear(&got);
	buf_done(&frames);
}
END_TEST

/* One bit, anywhere: the copy is refused, or lacks its last group only. */
START_TEST(a_bent_bit_is_found)
{
	off_t n;
	int fd;

	write_three();
	n = octets;
	fd = open(path_of("routes"), O_RDWR);
	for (off_t at = 0; at < n; at++) {
		uint8_t octet, bent;
		int is;

		ck_assert_int_eq(pread(fd, &octet, 1, at), 1);
		bent = octet ^ (uint8_t)(1u << at % 8);
		ck_assert_int_eq(pwrite(fd, &bent, 1, at), 1);
		is = load(false);
		ck_assert_msg(
		    is == RC_DIGEST || is == 2, "at %ld: %d", (long)at, is);
		ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
	}
	close(fd);
	ck_assert_int_eq(load(false), 3);
}
END_TEST

/* Written over in place; half of it, or another file's octets, say nothing. */
START_TEST(a_number_is_noted)
{
	struct copy copy;
	FILE *f;

	copy_init(&copy, dir);
	ck_assert_uint_eq(copy_noted(&copy), 0);
	write_three();
	ck_assert_uint_eq(copy_noted(&copy), 0);
	ck_assert_int_eq(copy_note(&copy, 7), RC_OK);
	ck_assert_uint_eq(copy_noted(&copy), 7);
	ck_assert_int_eq(copy_note(&copy, UINT64_MAX), RC_OK);
	ck_assert_uint_eq(copy_noted(&copy), UINT64_MAX);
	write_three(); /* a new copy keeps it */
	ck_assert_uint_eq(copy_noted(&copy), UINT64_MAX);
	f = fopen(path_of("routes.number"), "r+");
	ck_assert_ptr_nonnull(f);
	fputc(1, f);
	fclose(f);
	ck_assert_uint_eq(copy_noted(&copy), 0);
	ck_assert_int_eq(truncate(path_of("routes.number"), 5), 0);
	ck_assert_uint_eq(copy_noted(&copy), 0);
	copy_done(&copy);
}
END_TEST

START_TEST(is_written_anew_when_grown)
{
	struct got got = { 0 };
	struct buf frames = { 0 };
	struct copy copy;
	ino_t first = 0;
	struct stat st;
	int turns = 0;

	copy_init(&copy, dir);
	for (int i = 0; i < 20000 && turns < 2; i++) {
		set(&got, "a.example", &frames);
		ck_assert_int_eq(
		    copy_add(&copy, cur_over(frames.p, frames.n), &got, &setup),
		    RC_OK);
		ck_assert_int_eq(stat(path_of("routes"), &st), 0);
		turns += st.st_ino != first;
		first = st.st_ino;
		ck_assert_int_lt(st.st_size, 400000);
	}
	ck_assert_int_eq(turns, 2);
	ck_assert_int_eq(load(false), 1);
	copy_done(&copy);
	got_clear(&got);
	buf_done(&frames);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("copy");
	TCase *tc = tcase_create("copy");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, a_torn_end_is_no_harm);
	tcase_add_test(tc, a_group_torn_among_zeros_is_no_harm);
	tcase_add_test(tc, groups_are_written_over_zeros);
	tcase_add_test(tc, a_bent_bit_is_found);
	tcase_add_test(tc, a_number_is_noted);
	tcase_add_test(tc, is_written_anew_when_grown);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
