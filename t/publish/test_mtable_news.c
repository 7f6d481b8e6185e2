/*
 * test_mtable_news.c - the milter's table of many routes, of which few move:
 * what is written then, and that a reader never sees but one generation whole,
 * nor goes back, whenever the writer dies.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rc.h"
#include "publish/mtable_file.h"
#include "publish/wire.h"
#include "sys/file.h"
#include "t/tap.h"
#include "t/temp.h"

#define ROUTES 2000
#define MOVES 3000
#define KILLS 100
#define MOST ((size_t)64 << 20)

static char dir[TEMP_FOLDER], path[96], news_path[128];
static struct mtable_file milter;
static char patterns[ROUTES][32];
static struct route routes[ROUTES];
static struct plugin_change list[ROUTES];
static const struct plugin_setup setup = { .transport = "lsrd" };

/* What an annex says besides: how many octets of a net there are. */
static void
take(uint64_t generation, size_t net_octets, unsigned parts)
{
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_key key = { .name = "mx.example.org" };
	struct buf keys = { 0 }, net = { 0 }, octets = { 0 }, frames = { 0 };
	struct mtable_annex annex;
	struct wire_frame frame;
	struct cur in;
	bool all;

	for (size_t i = 0; i < net_octets; i++)
		buf_u8(&net, 'n');
	mtable_keys_encode(&keys, &key, 1);
	mtable_annex_encode(&octets, (struct mtable_version){ 1, generation },
	    &mta, &keys, &net);
	ck_assert_int_eq(
	    mtable_annex_decode(octets.p, octets.n, &annex), RC_OK);
	wire_put_annex(&frames, &annex, parts);
	in = cur_over(frames.p, frames.n);
	while (wire_frame(&in, &frame) == RC_OK) {
		cur_bytes(&in, frame.octets);
		ck_assert_int_eq(
		    mtable_file_take(&milter, frame.body, &all), RC_OK);
	}
	buf_done(&keys);
	buf_done(&net);
	buf_done(&octets);
	buf_done(&frames);
}

static int
news_write(void)
{
	struct mtable_written written;
	int rc = RC_OK;

	if (mtable_file_begin(&milter)) {
		rc = mtable_file_write(&milter, &written);
		mtable_file_end(&milter, rc, &written);
	}
	return rc;
}

static void
published(uint64_t generation, const struct plugin_change *from, size_t n)
{
	mtable_file_published(
	    &milter, &(struct mtable_published){ .generation = generation,
			 .wall_ms = generation * 10,
			 .list = from,
			 .n = n,
			 .whole = n == ROUTES,
			 .setup = &setup });
}

/* By each generation one route moves: the port of route i is the last of them
 * that moved it. */
static uint16_t
port_at(uint64_t generation, unsigned i)
{
	uint64_t back = (generation + ROUTES - i) % ROUTES;

	return (uint16_t)(generation > back ? 1000 + generation - back : 1000);
}

/* n routes by this generation, of which the last is its own. */
static void
move(uint64_t generation, size_t n)
{
	size_t at = (size_t)(generation % ROUTES) + 1;

	ck_assert_uint_ge(at, n);
	for (size_t i = at - n; i < at; i++)
		routes[i].hop[0].addr.port = port_at(generation, (unsigned)i);
	take(generation, 0, 1u << MTABLE_HEAD);
	published(generation, list + at - n, n);
}

static void
begin(void)
{
	static char name[] = "mx.example.org";

	temp_make(dir);
	snprintf(path, sizeof(path), "%s/milter", dir);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/milter/table", dir);
	snprintf(news_path, sizeof(news_path), "%s%s", path, MTABLE_NEWS);
	mtable_file_init(&milter, dir);
	for (unsigned i = 0; i < ROUTES; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "d%04u.example", i);
		routes[i] = (struct route){ .pattern = patterns[i],
			.kind = ROUTE_REMOTE,
			.server = name,
			.nhops = 1 };
		routes[i].hop[0] = (struct route_hop){ name,
			{ 4, { 192, 0, 2, 1 }, port_at(1, i) }, false, NULL };
		list[i] = (struct plugin_change){ patterns[i], &routes[i] };
	}
	take(1, 0, MTABLE_ALL);
	published(1, list, ROUTES);
	ck_assert_int_eq(news_write(), RC_OK);
}

static void
end(void)
{
	mtable_file_done(&milter);
	temp_end(dir);
}

struct reading {
	struct buf table_octets, news_octets;
	struct mtable t, news;
	int news_rc;
};

/* As a reader must: the news first. */
static void
reading_begin(struct reading *r)
{
	*r = (struct reading){ .news_rc = RC_NONE };
	(void)file_load(news_path, MOST, &r->news_octets);
	ck_assert_int_eq(file_load(path, MOST, &r->table_octets), RC_OK);
	ck_assert_int_eq(
	    mtable_open(&r->t, r->table_octets.p, r->table_octets.n), RC_OK);
	if (r->news_octets.n > 0)
		r->news_rc = mtable_follow(
		    &r->t, &r->news, r->news_octets.p, r->news_octets.n);
	ck_assert(r->news_rc == RC_OK || r->news_rc == RC_NONE ||
		  r->news_rc == RC_STATE);
}

static void
reading_end(struct reading *r)
{
	buf_done(&r->table_octets);
	buf_done(&r->news_octets);
}

/* Every route is that of the generation that the table says it is. */
static void
reading_judge(const struct reading *r)
{
	struct mtable_walk walk = { 0 };
	struct mtable_route route;
	const struct mtable *in;
	uint32_t at, n = 0;

	while ((in = mtable_next(&r->t, &walk, &at)) != NULL) {
		mtable_at(in, at, &route);
		ck_assert_str_eq(route.pattern, patterns[n]);
		ck_assert_uint_eq(
		    route.hop[0].addr.port, port_at(r->t.now.generation, n));
		n++;
	}
	ck_assert_uint_eq(n, ROUTES);
}

/* What the files say, and whether it takes news. */
static void
files_say(const char *what, uint64_t generation, bool news)
{
	struct reading r;

	reading_begin(&r);
	ck_assert_msg(r.t.now.generation == generation, "%s: generation %llu",
	    what, (unsigned long long)r.t.now.generation);
	ck_assert_msg(
	    (r.news_rc == RC_OK) == news, "%s: news %d", what, r.news_rc);
	ck_assert_msg(news || access(news_path, F_OK) != 0, "%s: left", what);
	reading_judge(&r);
	reading_end(&r);
}

START_TEST(few_that_move_are_written_alone)
{
	struct stat table, first, now;
	uint64_t g = 1;

	files_say("the first", g, false);
	ck_assert_int_eq(stat(path, &table), 0);
	move(++g, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("one that moved", g, true);
	ck_assert_int_eq(stat(news_path, &first), 0);
	ck_assert_uint_eq(first.st_mode & 07777, 0640);
	do {
		move(++g, 1);
		ck_assert_int_eq(news_write(), RC_OK);
		ck_assert_int_eq(stat(path, &now), 0);
		files_say("some", g, now.st_ino == table.st_ino);
	} while (now.st_ino == table.st_ino && g < 1000);
	ck_assert_uint_gt(g, 10);
	ck_assert_uint_lt(g, 200);
	printf("# a table of %lld octets is written again after %llu moves\n",
	    (long long)table.st_size, (unsigned long long)g - 2);
	move(++g, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("news again", g, true);
	move(g + 200, 200);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("many at once", g + 200, false);
}
END_TEST

/* What a route that moved does not tell. */
START_TEST(what_is_more_than_that_is_whole)
{
	struct plugin_change gone = { patterns[3], NULL };
	struct mtable_route route;
	struct reading r;

	move(2, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("news", 2, true);
	take(
	    2, 0, 1u << MTABLE_KEYS | 1u << MTABLE_HEAD); /* by no generation */
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("other keys", 2, false);
	move(3, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	ck_assert_int_eq(unlink(path), 0); /* somebody takes the table away */
	move(4, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("it was gone", 4, false);
	take(5, 3, MTABLE_ALL);
	published(5, list, 0);
	move(5, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("another net", 5, false);
	take(6, 0, 1u << MTABLE_HEAD);
	published(6, &gone, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	reading_begin(&r);
	ck_assert_uint_eq(r.t.nroutes, ROUTES - 1);
	ck_assert_int_eq(
	    mtable_route(&r.t, "u@d0003.example", &route), RC_NONE);
	ck_assert_int_eq(mtable_route(&r.t, "u@d0004.example", &route), RC_OK);
	ck_assert_uint_eq(route.since.generation, 6);
	reading_end(&r);
}
END_TEST

/* Keys that came while another was being written are not forgotten for it, nor
 * those of one that could not be written. */
START_TEST(what_comes_meanwhile_is_due)
{
	struct mtable_written written;
	char made[128];

	move(2, 1);
	ck_assert(mtable_file_begin(&milter));
	ck_assert_int_eq(mtable_file_write(&milter, &written), RC_OK);
	take(2, 0, MTABLE_ALL);
	mtable_file_end(&milter, RC_OK, &written);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("keys meanwhile", 2, false);
	take(2, 0, MTABLE_ALL);
	snprintf(made, sizeof(made), "%s.new", path);
	ck_assert_int_eq(mkdir(made, 0755), 0);
	ck_assert_int_eq(news_write(), RC_IO);
	move(3, 1);
	ck_assert_int_eq(rmdir(made), 0);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("keys before", 3, false);
}
END_TEST

START_TEST(another_writer_goes_on)
{
	struct mtable_route route;
	struct reading r;

	move(2, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	reading_begin(&r);
	ck_assert_int_eq(r.news_rc, RC_OK);
	ck_assert_uint_eq(r.t.nhistory, 2);
	reading_end(&r);
	mtable_file_done(&milter);
	mtable_file_init(&milter, dir);
	take(3, 0, MTABLE_ALL);
	routes[3].hop[0].addr.port = port_at(3, 3);
	published(3, list, ROUTES);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("another writer", 3, false);
	reading_begin(&r);
	ck_assert_uint_eq(r.t.nhistory, 3);
	for (unsigned i = 1; i < 4; i++) {
		mtable_at(&r.t, i, &route);
		ck_assert_uint_eq(route.since.generation, i);
	}
	reading_end(&r);
}
END_TEST

START_TEST(torn_news_are_removed_before_the_start)
{
	struct stat st;

	move(2, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	ck_assert(!mtable_file_verify(dir));
	files_say("good", 2, true);
	ck_assert_int_eq(stat(news_path, &st), 0);
	ck_assert_int_eq(truncate(news_path, st.st_size - 1), 0);
	ck_assert(!mtable_file_verify(dir)); /* the table is good */
	files_say("torn", 1, false);
	move(3, 1);
	ck_assert_int_eq(news_write(), RC_OK);
	files_say("since then", 3, true);
	ck_assert_int_eq(truncate(path, 5000), 0);
	ck_assert(mtable_file_verify(dir));
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(access(news_path, F_OK), -1);
}
END_TEST

START_TEST(a_reader_sees_one_and_never_goes_back)
{
	uint64_t last = 0, reads = 0, tables = 0, news = 0;
	const struct timespec moment = { .tv_nsec = 100000 };
	struct reading r;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		for (uint64_t g = 2; g <= MOVES; g++) {
			move(g, 1);
			if (news_write() != RC_OK)
				_exit(1);
		}
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		reading_begin(&r);
		reading_judge(&r);
		ck_assert_uint_ge(r.t.now.generation, last);
		tables += r.t.now.generation != last;
		news += r.news_rc == RC_OK;
		last = r.t.now.generation;
		reads++;
		reading_end(&r);
		nanosleep(&moment, NULL); /* leave the writer a processor */
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	reading_begin(&r);
	ck_assert_uint_eq(r.t.now.generation, MOVES);
	reading_judge(&r);
	reading_end(&r);
	printf("# %d moves, %llu readings of %llu tables, %llu with news\n",
	    MOVES, (unsigned long long)reads, (unsigned long long)tables,
	    (unsigned long long)news);
	ck_assert_uint_ge(tables, 10);
}
END_TEST

START_TEST(a_killed_writer_leaves_one_whole)
{
	struct timespec while_writing = { 0 };
	uint64_t generation = 1;

	for (int i = 0; i < KILLS; i++) {
		struct reading r;
		pid_t pid = fork();

		if (pid == 0)
			for (;;) {
				move(++generation, 1);
				news_write();
			}
		while_writing.tv_nsec = 200000 + i * 17000;
		nanosleep(&while_writing, NULL);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		reading_begin(&r);
		reading_judge(&r);
		ck_assert_uint_ge(r.t.now.generation, generation);
		/* The next begins where that one was, as after a restart. */
		mtable_file_done(&milter);
		mtable_file_init(&milter, dir);
		generation = r.t.now.generation + 1;
		for (unsigned k = 0; k < ROUTES; k++)
			routes[k].hop[0].addr.port = port_at(generation, k);
		take(generation, 0, MTABLE_ALL);
		published(generation, list, ROUTES);
		ck_assert_int_eq(news_write(), RC_OK);
		reading_end(&r);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mtable_news");
	TCase *tc = tcase_create("news");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, few_that_move_are_written_alone);
	tcase_add_test(tc, what_is_more_than_that_is_whole);
	tcase_add_test(tc, what_comes_meanwhile_is_due);
	tcase_add_test(tc, another_writer_goes_on);
	tcase_add_test(tc, torn_news_are_removed_before_the_start);
	tcase_add_test(tc, a_reader_sees_one_and_never_goes_back);
	tcase_add_test(tc, a_killed_writer_leaves_one_whole);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
