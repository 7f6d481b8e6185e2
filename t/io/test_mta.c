/*
 * test_mta.c - how the MTA's configuration is read: when, by which programs,
 * and what is made of a program that hangs, fails, or is not there, and of
 * files that somebody is writing. The programs here are scripts.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/mta_io.h"
#include "sys/clock.h"
#include "t/tap.h"
#include "t/temp.h"

#define PATIENCE_MS 20000

static char smtp[] = "lsrd", hold[] = "lsrd-hold", other[] = "other";
static const struct mta_io_times times = { 50, 500, 200, 60000, 100, 30000 };
static char dir[TEMP_FOLDER];
static struct event_base *base;
static struct sink *sink;
static struct mta_io *io;
static struct conf conf;
static struct mta told;
static unsigned tellings; /* that we were told */
static char lines[4096];

static void
on_line(void *ctx, int priority, const char *line)
{
	size_t n = strlen(lines);

	(void)ctx;
	(void)priority;
	snprintf(lines + n, sizeof(lines) - n, "%s\n", line);
}

static void
on_told(void *ctx, const struct mta *mta)
{
	(void)ctx;
	mta_done(&told);
	mta_copy(&told, mta);
	tellings++;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* A postconf that shows main.cf and master.cf as they are, and notes that it
 * has run. */
static void
put_postconf(const char *first)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "#!/bin/sh\necho . >>%s/runs\n%s\n"
	    "case \"$*\" in *-M*) cat %s/master.cf;; *) cat %s/main.cf;; "
	    "esac\n",
	    dir, first, dir, dir);
	put("postconf", text, 0755);
}

static unsigned
runs(void)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/runs", dir);
	return stat(path, &st) == 0 ? (unsigned)st.st_size / 2 : 0;
}

static void
put_main(bool asks, const char *end)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "transport_maps = %s%s%s\nrelay_domains = lmdb:%s/domains\n"
	    "sender_dependent_default_transport_maps = lmdb:%s/default%s",
	    asks ? "lmdb:" : "", asks ? dir : "", asks ? "/transport" : "", dir,
	    dir, end);
	put("main.cf", text, 0644);
}

/* So long nothing else happens. */
static void
let_pass(uint64_t ms)
{
	struct mono until = mono_after(clock_mono(), ms);

	while (!mono_due(until, clock_mono()))
		event_base_loop(base, EVLOOP_NONBLOCK), usleep(5000);
}

static void
until(unsigned n)
{
	struct mono late = mono_after(clock_mono(), PATIENCE_MS);

	while (tellings < n && !mono_due(late, clock_mono()))
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_msg(
	    tellings >= n, "told %u times, not %u; %s", tellings, n, lines);
}

static void
until_says(enum mta_asks asks)
{
	struct mono late = mono_after(clock_mono(), PATIENCE_MS);

	while ((tellings == 0 || told.asks != asks) &&
	       !mono_due(late, clock_mono()))
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(told.asks, asks);
}

static void
set_up(void)
{
	temp_make(dir);
	put("master.cf",
	    "lsrd unix - - y - - smtp\nlsrd-hold unix - n n - - pipe x\n",
	    0644);
	put_main(true, "\n");
	put_postconf("");
	base = event_base_new();
	sink = sink_new(on_line, NULL);
	io = mta_io_new(base, sink, plugin_mta_of("postfix"), dir);
	mta_io_times(io, &times);
	mta_io_watch(io, on_told, NULL);
	conf.postfix_directory = conf.table_directory = dir;
	conf.transport = smtp;
	conf.hold_transport = hold;
}

static void
tear_down(void)
{
	mta_io_free(io);
	sink_free(sink);
	event_base_free(base);
	mta_done(&told);
	temp_end(dir);
}

START_TEST(reads_at_once_and_when_a_file_changes)
{
	unsigned before;

	mta_io_conf(io, &conf);
	until(1);
	ck_assert_int_eq(told.asks, MTA_YES);
	ck_assert_uint_eq(runs(), 2); /* -x and -M */
	put_main(false, "\n");
	until_says(MTA_NO);
	ck_assert_str_eq(told.missing, "transport_maps");
	put_main(true, "\n");
	until_says(MTA_YES);
	/* Nothing changes: nothing runs, however often the files are seen. */
	before = runs();
	let_pass(1000);
	ck_assert_uint_le(runs() - before, 2);
}
END_TEST

START_TEST(reads_again_while_it_is_not_asked)
{
	put_main(false, "\n");
	let_pass(times.young_ms + 50);
	mta_io_conf(io, &conf);
	until(2);
	ck_assert_int_eq(told.asks, MTA_NO);
}
END_TEST

/* Half a file is no no; what it says for us it says. */
START_TEST(a_file_that_is_being_written_proves_no_no)
{
	put_main(false, "");
	let_pass(times.young_ms + 50);
	mta_io_conf(io, &conf);
	until(1);
	ck_assert_int_eq(told.asks, MTA_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(lines, "being written"));
	ck_assert(told.writing);
	put_main(true, "");
	until_says(MTA_YES);
	ck_assert(!told.writing);
	put("main.cf", "", 0644);
	until_says(MTA_UNKNOWN);
	let_pass(600);
	ck_assert_int_eq(told.asks, MTA_UNKNOWN);
}
END_TEST

static const char *const bad[] = { "exit 1", "exec sleep 100", "kill -9 $$",
	"exec yes", "exec >&-; exec sleep 100" };

START_TEST(a_program_that_fails_tells_nothing)
{
	put_postconf(bad[_i]);
	put_main(false, "\n");
	let_pass(times.young_ms + 50);
	mta_io_conf(io, &conf);
	until(1);
	ck_assert_int_eq(told.asks, MTA_UNKNOWN);
	ck_assert_str_eq(told.missing, "postconf fails");
	ck_assert_ptr_nonnull(strstr(lines, "mta-unread"));
}
END_TEST

START_TEST(nothing_is_read_for_mta_none)
{
	conf.setup.mta.none = true;
	mta_io_conf(io, &conf);
	let_pass(300);
	ck_assert_uint_eq(tellings, 0);
	ck_assert_uint_eq(runs(), 0);
}
END_TEST

/* A reload in the middle of a reading: that one is of no use. */
START_TEST(a_new_configuration_is_read_anew)
{
	put_postconf("sleep 0.2");
	mta_io_conf(io, &conf);
	while (runs() == 0)
		event_base_loop(base, EVLOOP_NONBLOCK), usleep(10000);
	conf.transport = other;
	mta_io_conf(io, &conf);
	let_pass(times.young_ms + 50);
	until_says(MTA_NO);
	ck_assert_str_eq(told.missing, "other");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("io/mta_io");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, reads_at_once_and_when_a_file_changes);
	tcase_add_test(tc, reads_again_while_it_is_not_asked);
	tcase_add_test(tc, a_file_that_is_being_written_proves_no_no);
	tcase_add_loop_test(tc, a_program_that_fails_tells_nothing, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, nothing_is_read_for_mta_none);
	tcase_add_test(tc, a_new_configuration_is_read_anew);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
