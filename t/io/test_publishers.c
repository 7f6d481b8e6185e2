/*
 * test_publishers.c - a publisher for each of two MTAs, with the real
 * lsrd-publish: each fails alone.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rc.h"
#include "io/publishers.h"
#include "sys/clock.h"
#include "t/publish/seen.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER], tables[80], program[512];
static struct event_base *base;
static struct sink *sink;
static struct conf conf;
static uint64_t published;
static bool made_anew; /* a table was not there before */

static void
on_line(void *ctx, int priority, const char *line)
{
	(void)ctx;
	(void)priority;
	(void)line;
}

static void
on_published(void *ctx, uint64_t generation, bool made)
{
	(void)ctx;
	made_anew = made;
	published = generation;
	event_base_loopbreak(base);
}

static void
on_file(void *ctx, enum file_what what, const char *reason)
{
	(void)ctx;
	(void)what;
	(void)reason;
}

static void
begin(void)
{
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
	published = 0;
}

static void
end(void)
{
	sink_free(sink);
	event_base_free(base);
	temp_end(dir);
}

/* All of it may be new. */
static void
hand_both(struct publishers *both, const struct rib *rib)
{
	publishers_table(both, &(struct publish_news){ .rib = rib });
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

static bool
exim_has(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/exim/%s", dir, name);
	return access(path, F_OK) == 0;
}

/*
 * Exim's folder takes no new table: Postfix gets each all the same, and none
 * counts as published before both have it.
 */
START_TEST(one_of_two_fails_alone)
{
	const struct publish_calls calls = { on_published, on_file, NULL };
	struct rib *one = seen_table(1, 10, 10), *two = seen_table(2, 20, 5),
		   *three = seen_table(3, 30, 5);
	struct publishers *both;
	char exim[96], way[128];
	uint64_t since;

	snprintf(exim, sizeof(exim), "%s/exim", dir);
	snprintf(way, sizeof(way), "%s/transport.cdb.new", exim);
	conf.mta = CONF_MTA_BOTH;
	conf.exim_tables = exim;
	both = publishers_new(base, sink, &conf, &calls);
	publishers_conf(both, &conf);
	hand_both(both, one);
	ck_assert_int_ge(wait_for(1, 60000), 0);
	ck_assert(made_anew);
	ck_assert_uint_eq(seen_keys(tables, "transport"), 10);
	ck_assert(exim_has("transport.cdb") && exim_has("routes"));

	ck_assert_int_eq(unlink(way), 0);
	ck_assert_int_eq(mkdir(way, 0755), 0);
	hand_both(both, two);
	rib_free(one);
	since = clock_mono().ms;
	while (seen_keys(tables, "transport") != 20) {
		ck_assert_uint_le(clock_mono().ms - since, 60000);
		ck_assert_int_eq(wait_for(2, 20), -1);
	}
	ck_assert_int_eq(wait_for(2, 300), -1);
	hand_both(both, three);
	rib_free(two);
	ck_assert_int_eq(rmdir(way), 0);
	ck_assert_int_ge(wait_for(3, 60000), 0);
	ck_assert_uint_eq(seen_keys(tables, "transport"), 30);
	publishers_free(both);
	rib_free(three);
}
END_TEST

/* What was published last by either is known at the next start. */
START_TEST(the_newest_copy_of_two_is_read)
{
	const struct publish_calls calls = { on_published, on_file, NULL };
	struct rib *one = seen_table(1, 10, 10), *two = seen_table(2, 20, 5);
	struct publishers *both;
	struct buf saved = { 0 };
	char exim[96];
	struct cur in;

	snprintf(exim, sizeof(exim), "%s/exim", dir);
	conf.mta = CONF_MTA_BOTH;
	conf.exim_tables = exim;
	for (int i = 0; i < 2; i++) {
		both = publishers_new(base, sink, &conf, &calls);
		publishers_conf(both, &conf);
		hand_both(both, i == 0 ? one : two);
		ck_assert_int_ge(wait_for((uint64_t)i + 1, 60000), 0);
		publishers_free(both);
		conf.mta = CONF_MTA_EXIM; /* Postfix's stays behind */
		conf.table_directory = exim;
		conf.exim_tables = NULL;
	}
	conf.mta = CONF_MTA_BOTH;
	conf.table_directory = tables;
	conf.exim_tables = exim;
	publishers_saved(&conf, &saved);
	in = cur_over(saved.p, saved.n);
	ck_assert_uint_eq(cur_u64(&in), 2);
	ck_assert_uint_eq(cur_u32(&in), 20);
	buf_done(&saved);
	rib_free(one);
	rib_free(two);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("publishers");
	TCase *tc = tcase_create("publishers");

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, one_of_two_fails_alone);
	tcase_add_test(tc, the_newest_copy_of_two_is_read);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
