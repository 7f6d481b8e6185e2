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
#include "publish/wire.h"
#include "t/tap.h"
#include "t/temp.h"

#define SWAPS 10000
#define KILLS 100
#define ROUTES 8

static char dir[TEMP_FOLDER], path[96];
static struct mtable_file milter;
static char patterns[ROUTES][32];
static struct route routes[ROUTES];
static struct plugin_change list[ROUTES];
static const struct plugin_setup setup = { .transport = "lsrd" };

static void
begin(void)
{
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/milter", dir);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/milter/table", dir);
	umask(022);
	mtable_file_init(&milter, dir);
}

static void
end(void)
{
	mtable_file_done(&milter);
	temp_end(dir);
}

/* A whole table that says its generation in every port. */
static void
hold(uint64_t generation)
{
	static char name[] = "mx.example.org";

	for (unsigned i = 0; i < ROUTES; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "d%02u.example", i);
		routes[i] = (struct route){ .pattern = patterns[i],
			.kind = ROUTE_REMOTE,
			.server = name,
			.nhops = 1 };
		routes[i].hop[0] = (struct route_hop){ name,
			{ 4, { 192, 0, 2, 1 }, (uint16_t)(generation % 50000) },
			false, NULL };
		list[i] = (struct plugin_change){ patterns[i], &routes[i] };
	}
}

/* All that is held, or the first n of it as a difference. */
static void
publish(uint64_t generation, uint64_t wall_ms, size_t n)
{
	struct mtable_published published = { .generation = generation,
		.wall_ms = wall_ms,
		.list = list,
		.n = n,
		.whole = n == ROUTES,
		.setup = &setup };

	mtable_file_published(&milter, &published);
}

/* An annex with that net, through the frames of the wire. */
static int
take_net(uint64_t epoch, uint64_t generation, const struct buf *net)
{
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_key key = { .name = "mx.example.org" };
	struct buf keys = { 0 }, octets = { 0 }, frames = { 0 };
	struct mtable_annex annex;
	struct wire_frame frame;
	struct cur in;
	bool all;
	int rc = RC_OK;

	mtable_keys_encode(&keys, &key, 1);
	mtable_annex_encode(&octets,
	    (struct mtable_version){ epoch, generation }, &mta, &keys, net);
	ck_assert_int_eq(
	    mtable_annex_decode(octets.p, octets.n, &annex), RC_OK);
	wire_put_annex(&frames, &annex, MTABLE_ALL);
	in = cur_over(frames.p, frames.n);
	while (rc == RC_OK && wire_frame(&in, &frame) == RC_OK) {
		ck_assert_int_eq(frame.type, WIRE_ANNEX);
		cur_bytes(&in, frame.octets);
		rc = mtable_file_take(&milter, frame.body, &all);
		ck_assert(all == (in.left == 0));
	}
	ck_assert_uint_eq(in.left, 0);
	buf_done(&keys);
	buf_done(&octets);
	buf_done(&frames);
	return rc;
}

/* With one of n octets. */
static int
take(uint64_t epoch, uint64_t generation, size_t n)
{
	struct buf net = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++)
		buf_u8(&net, (uint8_t)i);
	rc = take_net(epoch, generation, &net);
	buf_done(&net);
	return rc;
}

/* In this process, all three steps. */
static int
file_write(void)
{
	struct mtable_written written;
	int rc;

	if (!mtable_file_begin(&milter))
		return RC_OK;
	rc = mtable_file_write(&milter, &written);
	mtable_file_end(&milter, rc, &written);
	return rc;
}

static void
swap(uint64_t generation)
{
	hold(generation);
	ck_assert_int_eq(take(1, generation, 0), RC_OK);
	publish(generation, generation * 10, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
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
	publish(1, 5, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
	ck_assert_int_eq(map(&m), RC_NONE); /* no annex yet */
	ck_assert_int_eq(take(1, 2, 3), RC_OK);
	publish(1, 10, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
	ck_assert_int_eq(map(&m), RC_NONE); /* of a table to come */
	hold(2);
	publish(2, 20, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	judge(&m);
	ck_assert_uint_eq(m.t.now.generation, 2);
	ck_assert_uint_eq(m.t.net.left, 3);
	unmap(&m);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert(!milter.due);
	ck_assert_int_eq(take(1, 2, 5), RC_OK); /* only the net is new */
	publish(2, 30, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
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

/* The head says that keys are of this table: until it is there nobody reads
 * them. */
START_TEST(a_part_waits_for_the_head)
{
	struct buf frames = { 0 };
	struct wire_frame frame;
	struct mapping m;
	struct cur in;
	bool all;

	swap(1);
	ck_assert_int_eq(take(1, 2, 3), RC_OK); /* a net of three octets */
	wire_put_annex(&frames, &milter.known, 1u << MTABLE_NET);
	in = cur_over(frames.p, frames.n);
	ck_assert_int_eq(wire_frame(&in, &frame), RC_OK);
	ck_assert_int_eq(mtable_file_take(&milter, frame.body, &all), RC_OK);
	ck_assert(!all);
	publish(2, 20, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.now.generation, 1);
	unmap(&m);
	buf_done(&frames);
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
	publish(2, 20, ROUTES);
	ck_assert_int_eq(file_write(), RC_IO);
	ck_assert(milter.due);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.now.generation, 1);
	unmap(&m);
	ck_assert_int_eq(rmdir(made), 0);
	ck_assert_int_eq(file_write(), RC_OK);
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
	publish(2, 40, ROUTES);
	ck_assert_int_eq(file_write(), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	ck_assert_uint_eq(m.t.nhistory, 1);
	unmap(&m);
}
END_TEST

/* Since when each route of the file is what it is. */
static void
since_are(const char *what, const uint64_t want[ROUTES])
{
	struct mtable_route r;
	struct mapping m;

	ck_assert_int_eq(file_write(), RC_OK);
	ck_assert_int_eq(map(&m), RC_OK);
	for (uint32_t i = 0; i < m.t.nroutes; i++) {
		mtable_at(&m.t, i, &r);
		ck_assert_msg(
		    r.since.epoch == 1 && r.since.generation == want[i],
		    "%s: route %u since %llu", what, i,
		    (unsigned long long)r.since.generation);
	}
	unmap(&m);
}

/* The first n of them by this generation, with this port. */
static void
moves(uint64_t generation, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		routes[i].hop[0].addr.port = port;
	ck_assert_int_eq(take(1, generation, 0), RC_OK);
	publish(generation, generation * 10, n);
}

START_TEST(a_route_has_the_table_since_which_it_is_so)
{
	char folder[96], *way = patterns[0];

	hold(1);
	moves(3, ROUTES, 25);
	since_are(
	    "the first table", (uint64_t[ROUTES]){ 3, 3, 3, 3, 3, 3, 3, 3 });
	moves(4, 2, 26);
	moves(5, 1, 27);
	moves(6, 3, 27);
	since_are(
	    "three differences", (uint64_t[ROUTES]){ 5, 6, 6, 3, 3, 3, 3, 3 });
	moves(7, 0, 0);
	routes[7].cost = 99;
	moves(8, ROUTES, 27);
	since_are("all once more, by another cost",
	    (uint64_t[ROUTES]){ 5, 6, 6, 8, 8, 8, 8, 8 });
	mtable_file_done(&milter);
	mtable_file_init(&milter, dir);
	moves(9, ROUTES, 27);
	since_are("another writer, the whole",
	    (uint64_t[ROUTES]){ 5, 6, 6, 8, 8, 8, 8, 8 });
	routes[0].kind = ROUTE_WAY;
	routes[0].nhops = 0;
	routes[0].way = way;
	moves(10, 1, 27);
	way[0] = 'e'; /* where it leaves is no part of the file */
	routes[0].way = folder;
	snprintf(folder, sizeof(folder), "smtp:[gw.example]");
	way[0] = 'd';
	moves(11, 1, 27);
	since_are(
	    "another way out", (uint64_t[ROUTES]){ 11, 6, 6, 8, 8, 8, 8, 8 });
}
END_TEST

/* A generation in which no route moves, with a net whose connectors take no
 * more than so much each. */
static void
limits_are(uint64_t generation, const uint64_t sizes[3])
{
	struct mtable_net t = { .self = 0 };
	struct policy policies[3];
	struct buf net = { 0 };

	vec_push(&t.net.servers,
	    ((struct net_server){ .name = "mx.example.org", .present = true }));
	vec_push(&t.widest, UINT64_MAX);
	for (size_t i = 0; i < 3 && sizes[i] > 0; i++) {
		policies[i] = (struct policy){ .max_size = sizes[i] };
		vec_push(&t.net.steps,
		    ((struct net_step){ .cost = (uint32_t)generation,
			.policy = &policies[i] }));
	}
	mtable_net_encode(&net, &t);
	mtable_net_done(&t);
	ck_assert_int_eq(take_net(1, generation, &net), RC_OK);
	publish(generation, generation * 10, 0);
	buf_done(&net);
}

/* Steps come, go and cost something else all the time. Mail that all limits
 * admit goes by the routes, and so it did unless there was another limit. */
START_TEST(limits_that_go_are_new_for_all)
{
	hold(1);
	moves(3, ROUTES, 25);
	limits_are(4, (uint64_t[3]){ 1000 });
	limits_are(5, (uint64_t[3]){ 2000, 1000, 2000 });
	limits_are(6, (uint64_t[3]){ 1000, 2000 });
	since_are("they came", (uint64_t[ROUTES]){ 3, 3, 3, 3, 3, 3, 3, 3 });
	mtable_file_done(&milter);
	mtable_file_init(&milter, dir);
	hold(1);
	for (size_t i = 0; i < ROUTES; i++)
		routes[i].hop[0].addr.port = 25;
	limits_are(7, (uint64_t[3]){ 2000, 1000 });
	publish(7, 70, ROUTES);
	since_are(
	    "another writer", (uint64_t[ROUTES]){ 3, 3, 3, 3, 3, 3, 3, 3 });
	limits_are(8, (uint64_t[3]){ 2000 });
	since_are("one went", (uint64_t[ROUTES]){ 8, 8, 8, 8, 8, 8, 8, 8 });
	limits_are(9, (uint64_t[3]){ 2000, 3000 });
	ck_assert_int_eq(take(1, 10, 0), RC_OK);
	publish(10, 100, 0);
	since_are(
	    "all went", (uint64_t[ROUTES]){ 10, 10, 10, 10, 10, 10, 10, 10 });
}
END_TEST

START_TEST(what_no_route_tells_is_new_for_all)
{
	hold(1);
	moves(3, ROUTES, 25);
	moves(4, 1, 26);
	list[7].route = NULL; /* a key goes: others get its mail */
	ck_assert_int_eq(take(1, 5, 0), RC_OK);
	mtable_file_published(
	    &milter, &(struct mtable_published){ .generation = 5,
			 .wall_ms = 50,
			 .list = &list[7],
			 .n = 1,
			 .setup = &setup });
	since_are("a key goes", (uint64_t[ROUTES]){ 5, 5, 5, 5, 5, 5, 5 });
	ck_assert_int_eq(take(1, 6, 0), RC_OK);
	mtable_file_published(
	    &milter, &(struct mtable_published){ .generation = 6,
			 .wall_ms = 60,
			 .list = list,
			 .n = 6,
			 .whole = true,
			 .setup = &setup });
	since_are(
	    "one is not in the whole", (uint64_t[ROUTES]){ 6, 6, 6, 6, 6, 6 });
	publish(8, 80, 1); /* its annex is lost */
	moves(9, 0, 0);
	since_are(
	    "an annex was missed", (uint64_t[ROUTES]){ 9, 9, 9, 9, 9, 9 });
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
	tcase_add_test(tc, a_part_waits_for_the_head);
	tcase_add_test(tc, without_a_folder_nothing_is_written);
	tcase_add_test(tc, a_file_that_cannot_be_written_stays);
	tcase_add_test(tc, the_history_outlives_the_writer);
	tcase_add_test(tc, a_route_has_the_table_since_which_it_is_so);
	tcase_add_test(tc, what_no_route_tells_is_new_for_all);
	tcase_add_test(tc, limits_that_go_are_new_for_all);
	tcase_add_test(tc, swaps_under_lookups_give_one_generation_each);
	tcase_add_test(tc, a_killed_writer_leaves_a_whole_file);
	tcase_add_test(tc, a_torn_file_is_removed_before_the_start);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
