/*
 * test_mtable_file.c - the milter's table as a file: when it is written, that a
 * reader always has one generation whole, and that a killed writer leaves
 * the one before.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rc.h"
#include "publish/mtable_file.h"
#include "t/tap.h"

#define SWAPS 10000
#define KILLS 100
#define ROUTES 8

static char dir[64], path[96];
static struct mtable_file milter;
static struct got got;
static const struct plugin_setup setup = { .transport = "lsrd" };

static void
begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/lsrd-milter.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/milter", dir);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/milter/table", dir);
	umask(022);
	got = (struct got){ 0 };
	mtable_file_init(&milter, dir);
}

static void
end(void)
{
	char command[128];

	mtable_file_done(&milter);
	got_clear(&got);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* A whole table that says its generation in every port. */
static void
hold(uint64_t generation)
{
	struct buf frames = { 0 };
	struct wire_writer w;
	struct cur in;
	struct wire_frame frame;
	struct wire_batch batch;

	wire_begin(&w, &frames, generation, true);
	for (unsigned i = 0; i < ROUTES; i++) {
		char pattern[32], name[] = "mx.example.org";
		struct route r = { .pattern = pattern,
			.kind = ROUTE_REMOTE,
			.server = name,
			.nhops = 1 };

		snprintf(pattern, sizeof(pattern), "d%02u.example", i);
		r.hop[0] = (struct route_hop){ name,
			{ 4, { 192, 0, 2, 1 }, (uint16_t)(generation % 50000) },
			false };
		wire_set(&w, &r);
	}
	wire_end(&w);
	in = cur_over(frames.p, frames.n);
	ck_assert_int_eq(wire_frame(&in, &frame), RC_OK);
	ck_assert_int_eq(wire_get_batch(&frame.body, &batch), RC_OK);
	ck_assert_int_eq(got_take(&got, &batch, frame.body), RC_OK);
	buf_done(&frames);
}

/* An annex with a net of n octets, through the frames of the wire. */
static int
take(uint64_t epoch, uint64_t generation, size_t n)
{
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_key key = { .name = "mx.example.org" };
	struct buf keys = { 0 }, net = { 0 }, octets = { 0 }, frames = { 0 };
	struct wire_frame frame;
	struct cur in;
	int rc = RC_OK;

	for (size_t i = 0; i < n; i++)
		buf_u8(&net, (uint8_t)i);
	mtable_keys_encode(&keys, &key, 1);
	mtable_annex_encode(&octets,
	    (struct mtable_version){ epoch, generation }, &mta, &keys, &net);
	wire_put_annex(&frames, octets.p, octets.n);
	in = cur_over(frames.p, frames.n);
	while (rc == RC_OK && wire_frame(&in, &frame) == RC_OK) {
		ck_assert_int_eq(frame.type, WIRE_ANNEX);
		cur_bytes(&in, frame.octets);
		rc = mtable_file_take(&milter, frame.body);
	}
	ck_assert_uint_eq(in.left, 0);
	buf_done(&keys);
	buf_done(&net);
	buf_done(&octets);
	buf_done(&frames);
	return rc;
}

static void
swap(uint64_t generation)
{
	hold(generation);
	ck_assert_int_eq(take(1, generation, 0), RC_OK);
	mtable_file_published(&milter, generation, generation * 10);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
}

struct mapping {
	void *p;
	size_t n;
	struct mtable t;
};

/* RC_NONE: no file. */
static int
map(struct mapping *m)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0)
		return RC_NONE;
	ck_assert_int_eq(fstat(fd, &st), 0);
	m->n = (size_t)st.st_size;
	m->p = mmap(NULL, m->n, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	ck_assert_ptr_ne(m->p, MAP_FAILED);
	return mtable_open(&m->t, m->p, m->n);
}

static void
unmap(struct mapping *m)
{
	munmap(m->p, m->n);
}

/* Every lookup gives the generation that the table says it is. */
static void
judge(const struct mapping *m)
{
	char address[40];
	struct mtable_route r;

	ck_assert_uint_eq(m->t.nroutes, ROUTES);
	for (unsigned i = 0; i < ROUTES; i++) {
		snprintf(address, sizeof(address), "u@d%02u.example", i);
		ck_assert_int_eq(mtable_route(&m->t, address, &r), RC_OK);
		ck_assert_uint_eq(
		    r.hop[0].addr.port, m->t.now.generation % 50000);
	}
}

START_TEST(it_is_written_for_its_own_generation)
{
	struct mapping m;
	struct stat st;

	hold(1);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
	ck_assert_int_eq(map(&m), RC_NONE); /* no annex yet */
	ck_assert_int_eq(take(1, 2, 3), RC_OK);
	mtable_file_published(&milter, 1, 10);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
	ck_assert_int_eq(map(&m), RC_NONE); /* of a table to come */
	hold(2);
	mtable_file_published(&milter, 2, 20);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	judge(&m);
	ck_assert_uint_eq(m.t.now.generation, 2);
	ck_assert_uint_eq(m.t.net.left, 3);
	unmap(&m);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert(!milter.due);
	ck_assert_int_eq(take(1, 2, 5), RC_OK); /* only the net is new */
	mtable_file_published(&milter, 2, 30);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.net.left, 5);
	ck_assert_uint_eq(m.t.nhistory, 1);
	unmap(&m);
}
END_TEST

START_TEST(a_large_annex_comes_in_parts)
{
	hold(1);
	ck_assert_int_eq(take(1, 1, 3 << 20), RC_OK);
	ck_assert_uint_eq(milter.known.net.left, 3 << 20);
	ck_assert_uint_eq(milter.known.net.p[1000001], 1000001 & 255);
}
END_TEST

START_TEST(without_a_folder_nothing_is_written)
{
	char folder[96];

	snprintf(folder, sizeof(folder), "%s/milter", dir);
	ck_assert_int_eq(rmdir(folder), 0);
	swap(1);
	ck_assert_int_eq(access(folder, F_OK), -1);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_stays)
{
	struct mapping m;
	char made[128];

	swap(1);
	snprintf(made, sizeof(made), "%s.new", path);
	ck_assert_int_eq(mkdir(made, 0755), 0); /* also root cannot open it */
	hold(2);
	ck_assert_int_eq(take(1, 2, 0), RC_OK);
	mtable_file_published(&milter, 2, 20);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_IO);
	ck_assert(milter.due);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.now.generation, 1);
	unmap(&m);
	ck_assert_int_eq(rmdir(made), 0);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	judge(&m);
	unmap(&m);
}
END_TEST

START_TEST(the_history_outlives_the_writer)
{
	struct mapping m;

	swap(1);
	swap(2);
	mtable_file_done(&milter);
	mtable_file_init(&milter, dir);
	swap(3);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.nhistory, 3);
	ck_assert_uint_eq(mtable_then(&m.t, 25).generation, 2);
	ck_assert_uint_eq(mtable_then(&m.t, 30).generation, 3);
	unmap(&m);
	/* The epoch was lost: what is older is forgotten. */
	hold(2);
	ck_assert_int_eq(take(0, 2, 0), RC_OK);
	mtable_file_published(&milter, 2, 40);
	ck_assert_int_eq(mtable_file_write(&milter, &got, &setup), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.nhistory, 1);
	unmap(&m);
}
END_TEST

START_TEST(swaps_under_lookups_give_one_generation_each)
{
	const struct timespec moment = { .tv_nsec = 100000 };
	uint64_t first, last = 0, reads = 0, tables = 0;
	struct mapping kept, m;
	int status;
	pid_t pid;

	swap(1);
	ck_assert_int_eq(map(&kept), RC_OK);
	first = kept.t.now.generation;
	pid = fork();
	if (pid == 0) {
		for (uint64_t g = 2; g <= SWAPS; g++)
			swap(g);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_int_eq(map(&m), RC_OK);
		judge(&m);
		ck_assert_uint_ge(m.t.now.generation, last);
		tables += m.t.now.generation != last;
		last = m.t.now.generation;
		reads++;
		unmap(&m);
		nanosleep(&moment, NULL); /* leave the writer a processor */
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.now.generation, SWAPS);
	unmap(&m);
	judge(&kept); /* what is mapped is as it was */
	ck_assert_uint_eq(kept.t.now.generation, first);
	unmap(&kept);
	printf("# %d swaps, %llu readings of %llu tables\n", SWAPS,
	    (unsigned long long)reads, (unsigned long long)tables);
	ck_assert_uint_ge(tables, 10);
}
END_TEST

START_TEST(a_killed_writer_leaves_a_whole_file)
{
	struct timespec while_writing = { 0 };
	uint64_t generation = 1;

	swap(generation);
	for (int i = 0; i < KILLS; i++) {
		struct mapping m;
		pid_t pid = fork();

		if (pid == 0)
			for (;;)
				swap(++generation);
		while_writing.tv_nsec = 200000 + i * 37000;
		nanosleep(&while_writing, NULL);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		ck_assert_int_eq(map(&m), RC_OK);
		judge(&m);
		generation = m.t.now.generation;
		unmap(&m);
	}
}
END_TEST

START_TEST(a_torn_file_is_removed_before_the_start)
{
	struct stat st;

	ck_assert(!mtable_file_verify(dir)); /* there is none */
	swap(1);
	ck_assert(!mtable_file_verify(dir));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size / 2), 0);
	ck_assert(mtable_file_verify(dir));
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("milter");
	TCase *tc = tcase_create("milter");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, it_is_written_for_its_own_generation);
	tcase_add_test(tc, a_large_annex_comes_in_parts);
	tcase_add_test(tc, without_a_folder_nothing_is_written);
	tcase_add_test(tc, a_file_that_cannot_be_written_stays);
	tcase_add_test(tc, the_history_outlives_the_writer);
	tcase_add_test(tc, swaps_under_lookups_give_one_generation_each);
	tcase_add_test(tc, a_killed_writer_leaves_a_whole_file);
	tcase_add_test(tc, a_torn_file_is_removed_before_the_start);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
