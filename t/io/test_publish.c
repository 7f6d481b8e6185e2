/* test_publish.c - lsrd's side of the publisher, with the real publisher. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/mtable.h"
#include "io/child.h"
#include "io/publish.h"
#include "sys/clock.h"
#include "t/publish/seen.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER], tables[80], program[512];
static struct event_base *base;
static struct sink *sink;
static struct publish *publish;
static struct conf conf;
static uint64_t published;
static int pid; /* of the newest publisher, from its log line */
static int kills;
static bool made_anew; /* a table was not there before */

static void
on_line(void *ctx, int priority, const char *line)
{
	const char *is = strstr(line, "publisher-start: pid=");

	(void)ctx;
	(void)priority;
	if (is != NULL)
		pid = atoi(is + strlen("publisher-start: pid="));
	kills += strstr(line, "publisher-killed:") != NULL;
}

static void
on_published(void *ctx, uint64_t generation, bool made)
{
	(void)ctx;
	made_anew = made;
	published = generation;
	event_base_loopbreak(base);
}

static const char *unwritten[FILES];

static void
on_file(void *ctx, enum file_what what, const char *reason)
{
	(void)ctx;
	unwritten[what] = reason;
}

/* What the table handed over before does not have. */
static struct rib_changes changes;
static struct rib *handed;

static void
begin(void)
{
	const struct publish_calls calls = { on_published, on_file, NULL };
	const char *build = getenv("top_builddir");

	temp_make(dir);
	snprintf(tables, sizeof(tables), "%s/postfix", dir);
	snprintf(program, sizeof(program), "%s/lsrd-publish",
	    build == NULL ? "." : build);
	conf = (struct conf){
		.state_directory = dir,
		.table_directory = tables,
		.publisher = program,
		.transport = (char *)(uintptr_t) "lsrd",
		.hold_transport = (char *)(uintptr_t) "lsrd-hold",
	};
	base = event_base_new();
	sink = sink_new(on_line, NULL);
	publish = publish_new(base, sink, "postfix", &calls);
	published = 0;
	kills = 0;
	handed = NULL;
}

static void
end(void)
{
	publish_free(publish);
	sink_free(sink);
	event_base_free(base);
	temp_end(dir);
}

static void
on_change(void *ctx, const struct route *from, const struct route *to)
{
	(void)ctx;
	vec_push(&changes.list, ((struct rib_change){ from, to }));
}

static struct publish_news
news_of(struct rib *rib)
{
	changes.list.n = 0;
	changes.whole = handed == NULL;
	if (handed != NULL && rib != NULL)
		rib_diff(handed, rib, on_change, NULL);
	handed = rib;
	return (struct publish_news){ .rib = rib, .changes = &changes };
}

static void
hand(struct rib *rib)
{
	struct publish_news news = news_of(rib);

	publish_table(publish, &news);
}

/* Runs the loop until this generation is published; ms it took, or -1. */
static int
wait_for(uint64_t generation, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };
	uint64_t since = clock_mono().ms;

	while (published != generation) {
		event_base_loopexit(base, &tv);
		event_base_dispatch(base);
		if (clock_mono().ms - since > (uint64_t)ms)
			return -1;
	}
	return (int)(clock_mono().ms - since);
}

START_TEST(publishes_differences)
{
	struct rib *one = seen_table(1, 100, 100),
		   *two = seen_table(2, 101, 50),
		   *three = seen_table(3, 100, 50);

	publish_conf(publish, &conf);
	hand(one);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	ck_assert_uint_eq(seen_keys(tables, "transport"), 100);
	ck_assert(made_anew);
	hand(two);
	rib_free(one); /* lent until the next one */
	ck_assert_int_ge(wait_for(2, 60000), 0);
	ck_assert(!made_anew);
	ck_assert_uint_eq(seen_keys(tables, "domains"), 101);
	hand(three);
	rib_free(two);
	ck_assert_int_ge(wait_for(3, 60000), 0);
	ck_assert_uint_eq(seen_keys(tables, "transport"), 100);
	publish_conf(publish, &conf); /* a reload writes nothing new */
	ck_assert_int_eq(kills, 0);
	rib_free(three);
	hand(NULL);
}
END_TEST

START_TEST(a_killed_publisher_is_replaced)
{
	struct rib *one = seen_table(1, 10, 10), *two = seen_table(2, 10, 5);
	int first;

	publish_conf(publish, &conf);
	hand(one);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	first = pid;
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	hand(two);
	ck_assert_int_ge(wait_for(2, 60000), 0);
	ck_assert_int_ne(pid, first);
	ck_assert_uint_eq(seen_keys(tables, "transport"), 10);
	hand(NULL);
	rib_free(one);
	rib_free(two);
}
END_TEST

/* While it writes a difference: the next one has all of it. */
START_TEST(killed_in_the_middle_of_differences)
{
	struct rib *last = seen_table(1, 400, 400), *next;

	publish_conf(publish, &conf);
	hand(last);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	for (uint64_t i = 2; i <= 12; i++) {
		struct timeval tv = { .tv_usec = (suseconds_t)(i * 170) };
		size_t moved = i % 2 == 0 ? 5 : 395;

		next = seen_table(i, 400 - (size_t)i, moved);
		hand(next);
		rib_free(last);
		last = next;
		event_base_loopexit(base, &tv);
		event_base_dispatch(base);
		kill(pid, SIGKILL);
		ck_assert_int_ge(wait_for(i, 60000), 0);
		ck_assert(seen_says(tables, last, moved));
	}
	hand(NULL);
	rib_free(last);
}
END_TEST

START_TEST(a_stopped_publisher_is_killed)
{
	struct rib *one = seen_table(1, 10, 10), *two = seen_table(2, 10, 5);
	int ms;

	publish_conf(publish, &conf);
	hand(one);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	hand(two);
	ms = wait_for(2, 60000);
	ck_assert_int_ge(ms, 500);
	ck_assert_int_ge(kills, 1); /* a slow one may be, too */
	hand(NULL);
	rib_free(one);
	rib_free(two);
}
END_TEST

/* A publisher that tells what it ended with. One of a few is enough: on a busy
 * machine some may be killed. */
START_TEST(it_ends_by_itself)
{
	char script[96], said[96];
	struct stat st;
	bool told = false;

	snprintf(script, sizeof(script), "%s/program", dir);
	snprintf(said, sizeof(said), "%s/said", dir);
	for (uint64_t i = 1; i <= 5 && !told; i++) {
		const struct publish_calls calls = { on_published, on_file,
			NULL };
		struct rib *one = seen_table(i, 10, 10);
		FILE *f = fopen(script, "w");

		ck_assert_ptr_nonnull(f);
		fprintf(f, "#!/bin/sh\n%s \"$@\" && : >%s\n", program, said);
		ck_assert_int_eq(fclose(f), 0);
		ck_assert_int_eq(chmod(script, 0755), 0);
		conf.publisher = script;
		publish_conf(publish, &conf);
		hand(one);
		ck_assert_int_ge(wait_for(i, 60000), 0);
		publish_free(publish);
		told = stat(said, &st) == 0;
		publish = publish_new(base, sink, "postfix", &calls);
		rib_free(one);
	}
	ck_assert(told);
}
END_TEST

START_TEST(newer_tables_do_not_queue)
{
	struct rib *ribs[50];
	bool says;

	publish_conf(publish, &conf);
	for (uint64_t i = 0; i < 50; i++) {
		ribs[i] = seen_table(i + 1, 200, (size_t)i);
		hand(ribs[i]);
	}
	ck_assert_int_ge(wait_for(50, 60000), 0);
	says =
	    seen_says(tables, ribs[49], 49); /* what moved, and moved again */
	ck_assert(says);
	hand(NULL);
	for (size_t i = 0; i < 50; i++)
		rib_free(ribs[i]);
}
END_TEST

START_TEST(a_missing_program_is_tried_again)
{
	struct rib *one = seen_table(1, 10, 10);

	conf.publisher = (char *)(uintptr_t) "/nonexistent/lsrd-publish";
	publish_conf(publish, &conf);
	hand(one);
	ck_assert_int_eq(wait_for(1, 300), -1);
	conf.publisher = program;
	publish_conf(publish, &conf);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	hand(NULL);
	rib_free(one);
}
END_TEST

/* An empty table in place of a full one is refused by the publisher. */
START_TEST(an_empty_table_is_refused)
{
	struct rib *one = seen_table(1, 10, 10), *none = seen_table(2, 0, 0);

	publish_conf(publish, &conf);
	hand(one);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	hand(none);
	ck_assert_int_eq(wait_for(2, 1500), -1);
	ck_assert_uint_eq(seen_keys(tables, "transport"), 10);
	hand(NULL);
	rib_free(one);
	rib_free(none);
}
END_TEST

/* The table, with a net of so many octets. */
static void
publish_both(struct rib *rib, size_t net)
{
	struct publish_news news = news_of(rib);
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_key key = { .name = "mx.example.org" };
	struct buf keys = { 0 }, octets = { 0 }, more = { 0 };

	while (more.n < net)
		buf_u8(&more, 1);
	mtable_keys_encode(&keys, &key, 1);
	mtable_annex_encode(&octets,
	    (struct mtable_version){ 1, rib->generation }, &mta, &keys, &more);
	news.annex = octets.p;
	news.n = octets.n;
	publish_table(publish, &news);
	buf_done(&keys);
	buf_done(&octets);
	buf_done(&more);
}

static const char *
milter_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/milter%s", dir, name);
	return path;
}

static uint64_t first_since; /* the first route is what it is */

/* Whether the milter's table is that, with a net of so many octets. */
static bool
milter_has(uint64_t generation, size_t routes, size_t net)
{
	struct mtable_route first;
	struct mtable t;
	uint8_t *p;
	FILE *in;
	size_t n;
	bool has;

	in = fopen(milter_path("/table"), "rb");
	if (in == NULL)
		return false;
	p = malloc(1 << 20);
	n = fread(p, 1, 1 << 20, in);
	fclose(in);
	ck_assert_int_eq(mtable_open(&t, p, n), RC_OK);
	has = t.now.generation == generation && t.nroutes == routes &&
	      t.net.left == net;
	if (has) {
		mtable_at(&t, 0, &first);
		first_since = first.since.generation;
	}
	free(p);
	return has;
}

/* A moment of the loop, of those that a test waits. */
static void
turn(uint64_t since)
{
	struct timeval tv = { .tv_usec = 10000 };

	ck_assert_uint_le(clock_mono().ms - since, 60000);
	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

static void
wait_for_milter(uint64_t generation, size_t routes, size_t net)
{
	uint64_t since = clock_mono().ms;

	while (!milter_has(generation, routes, net))
		turn(since);
}

START_TEST(the_milters_table_follows)
{
	struct rib *one = seen_table(1, 10, 10), *two = seen_table(2, 12, 5),
		   *three = seen_table(3, 12, 5);

	ck_assert_int_eq(mkdir(milter_path(""), 0755), 0);
	publish_conf(publish, &conf);
	publish_both(one, 0);
	wait_for_milter(1, 10, 0);
	publish_both(one, 7); /* other keys, the same table */
	wait_for_milter(1, 10, 7);
	publish_both(two, 7);
	wait_for_milter(2, 12, 7);
	ck_assert_uint_eq(first_since, 1); /* others moved */
	publish_both(three, 9); /* a generation in which no route moved */
	ck_assert_int_ge(wait_for(3, 60000), 0);
	wait_for_milter(3, 12, 9);
	ck_assert_uint_eq(first_since, 1); /* nor limits that its mail passed */
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	publish_both(three, 11);
	wait_for_milter(3, 12, 11);
	ck_assert_ptr_null(unwritten[FILE_MILTER]);
	hand(NULL);
	rib_free(one);
	rib_free(two);
	rib_free(three);
}
END_TEST

/* Until it is told whether the milter's table can be written. */
static void
wait_for_word(bool can)
{
	uint64_t since = clock_mono().ms;

	while ((unwritten[FILE_MILTER] == NULL) != can)
		turn(since);
}

START_TEST(the_milters_table_cannot_be_written)
{
	struct rib *one = seen_table(1, 10, 10);

	ck_assert_int_eq(mknod(milter_path(""), S_IFREG | 0644, 0), 0);
	publish_conf(publish, &conf);
	publish_both(one, 0);
	wait_for_word(false);
	ck_assert_str_eq(unwritten[FILE_MILTER], "its folder is missing");
	ck_assert_int_eq(unlink(milter_path("")), 0);
	ck_assert_int_eq(mkdir(milter_path(""), 0755), 0);
	wait_for_word(true); /* it is tried again by itself */
	hand(NULL);
	rib_free(one);
}
END_TEST

/* Who writes it hangs: the MTA's tables go on, and no publisher is killed for
 * it. On a busy machine one may be, but not for each table. */
START_TEST(a_milters_table_that_hangs_delays_nothing)
{
	struct timeval tv = { .tv_usec = 60000 };
	struct rib *last = NULL;

	ck_assert_int_eq(mkdir(milter_path(""), 0755), 0);
	/* Nobody opens the other end. */
	ck_assert_int_eq(mkfifo(milter_path("/table.new"), 0600), 0);
	publish_conf(publish, &conf);
	for (uint64_t i = 1; i <= 6; i++) {
		struct rib *next = seen_table(i, 10 + i, 5);

		publish_both(next, 0);
		rib_free(last);
		last = next;
		ck_assert_int_ge(wait_for(i, 60000), 0);
		ck_assert(seen_says(tables, next, 5));
		event_base_loopexit(base, &tv);
		event_base_dispatch(base);
	}
	ck_assert_int_lt(kills, 4);
	hand(NULL);
	rib_free(last);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("publish");
	TCase *tc = tcase_create("publish");

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, publishes_differences);
	tcase_add_test(tc, a_killed_publisher_is_replaced);
	tcase_add_test(tc, killed_in_the_middle_of_differences);
	tcase_add_test(tc, a_stopped_publisher_is_killed);
	tcase_add_test(tc, it_ends_by_itself);
	tcase_add_test(tc, newer_tables_do_not_queue);
	tcase_add_test(tc, the_milters_table_follows);
	tcase_add_test(tc, the_milters_table_cannot_be_written);
	tcase_add_test(tc, a_milters_table_that_hangs_delays_nothing);
	tcase_add_test(tc, a_missing_program_is_tried_again);
	tcase_add_test(tc, an_empty_table_is_refused);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
