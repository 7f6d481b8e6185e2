/*
 * The files of the state, and the shell that writes them. The engine of
 * this test asks for one save at a time and counts the answers. What it saves
 * whole is a text; a change is another, and stands behind it.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "io/store_file.h"
#include "io/store_io.h"
#include "sys/clock.h"
#include "t/tap.h"
#include "t/temp.h"

struct engine {
	struct effect fx;
	bool act;
	uint32_t saved; /* the newest number */
	uint32_t answers;
	const char *state;
	const char *unwritten[FILES];
	const char *after; /* not before this file is there; or NULL */
	struct buf parts;  /* that it was given */
};

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { MONO_NEVER, engine->act ? 1 : 0, &engine->fx,
		false };

	engine->act = false;
	if (in->kind == IN_SAVED) {
		engine->saved = in->who;
		engine->answers++;
	}
	if (in->kind == IN_RESTORE)
		buf_printf(&engine->parts, in->made ? "%.*s|" : "(%.*s)|",
		    (int)in->len, in->bytes);
	if (in->kind == IN_FILE)
		engine->unwritten[in->value] = in->reason;
	return effects;
}

/* Polls with a pause, for a file that the test makes. */
void
engine_save(const struct engine *engine, engine_part *part, void *ctx)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	while (engine->after != NULL && access(engine->after, F_OK) != 0)
		nanosleep(&pause, NULL);
	part(ctx, (const uint8_t *)engine->state, strlen(engine->state));
}

static struct crypto crypto;
static char dir[TEMP_FOLDER];
static struct event_base *base;
static struct engine engine;
static struct loop *loop;
static struct sink *sink;
static struct buf log_text;
static struct store_io *store;
static struct evp_pkey_st *key;

static void
collect(void *ctx, int priority, const char *line)
{
	(void)priority;
	buf_printf(ctx, "%s\n", line);
}

static void
setup(void)
{
	static const uint8_t nobody[CRYPTO_PUBLIC] = { 0 };

	temp_make(dir);
	crypto_init(&crypto, NULL, nobody);
	base = event_base_new();
	memset(&engine, 0, sizeof(engine));
	sink = sink_new(collect, &log_text);
	loop = loop_new(base, &engine);
	key = keys_new();
	store = store_io_new(loop, sink, dir, &crypto);
	store_io_key(store, key);
}

/* Another life: what waits is written. */
static void
again(void)
{
	store_io_free(store);
	store = store_io_new(loop, sink, dir, &crypto);
	store_io_key(store, key);
}

static void
teardown(void)
{
	store_io_free(store);
	loop_free(loop);
	sink_free(sink);
	event_base_free(base);
	crypto_done(&crypto);
	keys_free(key);
	buf_done(&log_text);
	buf_done(&engine.parts);
	temp_end(dir);
}

static void
ask(struct effect fx)
{
	struct input in = { .kind = IN_QUERY };

	engine.fx = fx;
	engine.act = true;
	loop_step(loop, &in);
}

static void
save_epoch(uint32_t number, const char *text)
{
	ask((struct effect){ .kind = FX_SAVE,
	    .who = number,
	    .what = SAVE_EPOCH,
	    .bytes = (const uint8_t *)text,
	    .len = strlen(text) });
}

/* What changed; and the state is `whole` then. */
static void
save_change(uint32_t number, const char *text, const char *whole)
{
	engine.state = whole;
	ask((struct effect){ .kind = FX_SAVE,
	    .who = number,
	    .what = SAVE_STATE,
	    .bytes = (const uint8_t *)text,
	    .len = strlen(text) });
}

/* The whole is wanted. */
static void
save_whole(uint32_t number, const char *whole)
{
	engine.state = whole;
	ask((struct effect){
	    .kind = FX_SAVE, .who = number, .what = SAVE_STATE });
}

static void
wait_for(uint32_t number)
{
	struct mono begin = clock_mono();

	while (
	    engine.saved != number && mono_since(begin, clock_mono()) < 50000)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(engine.saved, number);
}

static void
loads_epoch(const char *text)
{
	uint8_t *octets;
	size_t n;

	ck_assert_int_eq(store_io_load(store, SAVE_EPOCH, &octets, &n), RC_OK);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_mem_eq(octets, text, n);
	mem_free(octets);
}

/* Its parts one after the other; in brackets what is not ours. */
static void
loads(const char *text)
{
	buf_reset(&engine.parts);
	store_io_parts(store);
	buf_u8(&engine.parts, 0);
	ck_assert_str_eq((char *)engine.parts.p, text);
}

static bool
is_there(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

START_TEST(what_is_saved_is_loaded)
{
	uint8_t *octets;
	size_t n;

	ck_assert_int_eq(
	    store_io_load(store, SAVE_EPOCH, &octets, &n), RC_NONE);
	ck_assert_ptr_null(octets);
	loads("");
	save_epoch(1, "seven");
	ck_assert_uint_eq(engine.saved, 1); /* at once */
	save_change(2, "a", "the whole database");
	wait_for(2);
	loads_epoch("seven");
	loads("the whole database|");
	save_change(3, "b", "");
	wait_for(3);
	save_change(4, "c", "");
	wait_for(4);
	loads("the whole database|b|c|");
	save_epoch(5, "");
	loads_epoch("");
	ck_assert_uint_eq(log_text.n, 0);
}
END_TEST

/* A life begins with a file of its own, and so does what is asked for whole. */
START_TEST(the_whole_takes_the_place)
{
	save_change(1, "a", "one");
	wait_for(1);
	save_change(2, "b", "");
	wait_for(2);
	loads("one|b|");
	again();
	loads("one|b|");
	save_change(3, "c", "two");
	wait_for(3);
	loads("two|");
	save_whole(4, "three");
	wait_for(4);
	save_change(5, "d", "");
	wait_for(5);
	loads("three|d|");
}
END_TEST

/* When changes are as much as the whole, that is written anew. */
START_TEST(it_does_not_grow_for_ever)
{
	static char large[100001];
	struct stat st;
	char path[128];

	memset(large, 'x', sizeof(large) - 1);
	snprintf(path, sizeof(path), "%s/journal", dir);
	for (uint32_t i = 1; i < 30; i++) {
		save_change(i, large, "whole");
		wait_for(i);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_int_lt(st.st_size, 500000);
	}
}
END_TEST

/* While one is being written, what comes waits, in order. */
START_TEST(what_comes_waits)
{
	save_change(1, "a", "one");
	save_change(2, "b", "two");
	save_change(3, "c", "three");
	wait_for(3);
	ck_assert_uint_eq(engine.answers, 2);
	loads("one|b|c|");
	save_change(4, "d", "");
	save_change(5, "e", "");
	again(); /* writes what waits */
	loads("one|b|c|d|e|");
}
END_TEST

/* However long encoding and writing take: the loop goes on meanwhile, and
 * what is asked for then is saved in the end. */
START_TEST(nobody_waits)
{
	char go[128];
	FILE *f;

	snprintf(go, sizeof(go), "%s/go", dir);
	engine.after = go;
	save_change(1, "-", "one");
	save_epoch(2, "seven");
	ck_assert_uint_eq(engine.saved, 2);
	for (uint32_t i = 3; i < 10; i++)
		save_change(i, "m", "many");
	ck_assert_uint_eq(engine.answers, 1);
	save_change(10, "last", "last");
	f = fopen(go, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	wait_for(10);
	ck_assert_uint_eq(engine.answers, 3);
	loads("one|m|m|m|m|m|m|m|last|");
}
END_TEST

/* A disk that hangs does not keep us from ending; what is on it stays. */
START_TEST(a_stop_has_an_end)
{
	struct mono begin;

	save_change(1, "-", "one");
	wait_for(1);
	engine.after = "/never";
	save_whole(2, "two");
	save_change(3, "three", "");
	begin = clock_mono();
	again();
	ck_assert_uint_lt(mono_since(begin, clock_mono()), 40000);
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(strstr((char *)log_text.p, "save-failed: "));
	loads("one|");
}
END_TEST

/* More than waits at most: then the whole is as good. */
START_TEST(what_waits_has_an_end)
{
	static char large[3000001];
	char go[128];
	FILE *f;

	memset(large, 'x', sizeof(large) - 1);
	snprintf(go, sizeof(go), "%s/go", dir);
	engine.after = go;
	save_change(1, "-", "one");
	for (uint32_t i = 2; i < 5; i++)
		save_change(i, large, "whole");
	save_change(5, "b", "whole");
	f = fopen(go, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	wait_for(5);
	loads("whole|");
}
END_TEST

/* Of another key none is ours; with a new one of ours it is all written anew. */
START_TEST(another_key_has_no_part_in_it)
{
	save_change(1, "a", "one");
	wait_for(1);
	save_change(2, "b", "");
	wait_for(2);
	store_io_free(store);
	keys_free(key);
	key = keys_new();
	store = store_io_new(loop, sink, dir, &crypto);
	store_io_key(store, key);
	loads("(one)|(b)|");
	save_change(3, "c", "two");
	wait_for(3);
	loads("two|");
	keys_free(key);
	key = keys_new();
	store_io_key(store, key);
	save_change(4, "d", "three");
	wait_for(4);
	loads("three|");
}
END_TEST

/* A file of before is read in place of the journal, and gone when there is one
 * with all of it. */
START_TEST(the_state_of_before_is_read_once)
{
	struct buf file = { 0 };
	uint8_t *octets;
	size_t n;

	save_change(1, "a", "one");
	wait_for(1);
	again();
	store_file_encode(&file, SAVE_STATE, "of before", 9, &crypto);
	ck_assert_int_eq(store_file_write(dir, "state", file.p, file.n), RC_OK);
	buf_done(&file);
	loads("");
	ck_assert_int_eq(store_io_load(store, SAVE_STATE, &octets, &n), RC_OK);
	ck_assert_uint_eq(n, 9);
	ck_assert_mem_eq(octets, "of before", n);
	mem_free(octets);
	ck_assert(is_there("state"));
	save_change(2, "b", "two");
	wait_for(2);
	ck_assert(!is_there("state"));
	loads("two|");
}
END_TEST

/* Somebody took it away, or put another in its place: all is written anew. */
START_TEST(a_file_of_others_is_not_added_to)
{
	char path[128];
	FILE *f;

	save_change(1, "a", "one");
	wait_for(1);
	snprintf(path, sizeof(path), "%s/journal", dir);
	ck_assert_int_eq(unlink(path), 0);
	save_change(2, "b", "two");
	wait_for(2);
	loads("two|");
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("something else that is as long as it was and longer still, and "
	      "a good deal more than that",
	    f);
	fclose(f);
	save_change(3, "c", "three");
	wait_for(3);
	loads("three|");
}
END_TEST

START_TEST(one_is_not_taken_for_the_other)
{
	char from[128], to[128];
	uint8_t *octets;
	size_t n;

	save_epoch(1, "seven");
	snprintf(from, sizeof(from), "%s/epoch", dir);
	snprintf(to, sizeof(to), "%s/journal", dir);
	ck_assert_int_eq(link(from, to), 0);
	loads("");
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(strstr((char *)log_text.p, "state-refused: "));
	ck_assert(is_there("journal.bad"));
	ck_assert(!is_there("journal"));
	snprintf(to, sizeof(to), "%s/state", dir);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(
	    store_io_load(store, SAVE_STATE, &octets, &n), RC_FORMAT);
	ck_assert_ptr_null(octets);
	ck_assert(is_there("state.bad"));
	ck_assert_int_eq(
	    store_io_load(store, SAVE_STATE, &octets, &n), RC_NONE);
}
END_TEST

START_TEST(a_failure_is_told_and_tried_again)
{
	char away[128];

	snprintf(away, sizeof(away), "%s.away", dir);
	ck_assert_int_eq(rename(dir, away), 0);
	save_epoch(1, "seven");
	ck_assert_uint_eq(engine.answers, 0);
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(strstr((char *)log_text.p, "save-failed: "));
	ck_assert_str_eq(engine.unwritten[FILE_EPOCH], "its folder is missing");
	ck_assert_ptr_null(engine.unwritten[FILE_STATE]);
	ck_assert_int_eq(rename(away, dir), 0);
	save_epoch(2, "eight");
	ck_assert_uint_eq(engine.saved, 2);
	ck_assert_ptr_null(engine.unwritten[FILE_EPOCH]);
	loads_epoch("eight");
}
END_TEST

/* On a full disk nothing half written stays beside what was there, in the way
 * of what comes; and what is in the way is named as what it is. */
START_TEST(a_failure_leaves_nothing)
{
	struct rlimit none = { 4, RLIM_INFINITY }, was;
	char fresh[128];

	save_epoch(1, "seven");
	snprintf(fresh, sizeof(fresh), "%s/epoch.new", dir);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	none.rlim_max = was.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	save_epoch(2, "eight");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	ck_assert_uint_eq(engine.saved, 1);
	ck_assert_int_ne(access(fresh, F_OK), 0);
	loads_epoch("seven");
	ck_assert_int_eq(mkdir(fresh, 0700), 0);
	save_epoch(3, "nine");
	ck_assert_uint_eq(engine.saved, 1);
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(
	    strstr((char *)log_text.p, "error=File too large"));
	ck_assert_ptr_null(strstr((char *)log_text.p, "File exists"));
	ck_assert_int_eq(rmdir(fresh), 0);
	save_epoch(4, "ten");
	loads_epoch("ten");
}
END_TEST

/* What cannot be put behind is tried again, with what has come since; half of
 * it may be there. */
START_TEST(a_change_waits_for_the_disk)
{
	struct rlimit none = { 70, RLIM_INFINITY }, was;

	save_change(1, "-", "one");
	wait_for(1);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	none.rlim_max = was.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	save_change(2, "two", "");
	while (engine.unwritten[FILE_STATE] == NULL)
		event_base_loop(base, EVLOOP_ONCE);
	loads("one|");
	save_change(3, "three", "");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	wait_for(3);
	ck_assert_ptr_null(engine.unwritten[FILE_STATE]);
	loads("one|two|three|");
}
END_TEST

/* Decodes from a block of exactly this size. */
static int
decode(const uint8_t *file, size_t n, bool *whole)
{
	uint8_t *exact = malloc(n);
	const uint8_t *inner;
	int rc;

	memcpy(exact, file, n);
	rc = store_file_decode(exact, n, SAVE_STATE, &crypto, &inner);
	*whole = rc == RC_OK && inner == exact + STORE_FILE_HEAD;
	ck_assert((inner != NULL) == (rc == RC_OK));
	ck_assert(memcmp(exact, file, n) == 0);
	free(exact);
	return rc;
}

START_TEST(every_cut_and_every_bit_is_seen)
{
	struct buf file = { 0 };
	bool whole;

	store_file_encode(&file, SAVE_STATE, "some octets", 11, &crypto);
	ck_assert_int_eq(decode(file.p, file.n, &whole), RC_OK);
	ck_assert(whole);
	for (size_t n = 0; n < file.n; n++)
		ck_assert_int_eq(decode(file.p, n, &whole), RC_SHORT);
	for (size_t bit = 0; bit < file.n * 8; bit++) {
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_ne(decode(file.p, file.n, &whole), RC_OK);
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_u8(&file, 0);
	ck_assert_int_eq(decode(file.p, file.n, &whole), RC_LONG);
	buf_done(&file);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_io");
	TCase *tc = tcase_create("store_io");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_saved_is_loaded);
	tcase_add_test(tc, the_whole_takes_the_place);
	tcase_add_test(tc, it_does_not_grow_for_ever);
	tcase_add_test(tc, what_comes_waits);
	tcase_add_test(tc, nobody_waits);
	tcase_add_test(tc, a_stop_has_an_end);
	tcase_add_test(tc, what_waits_has_an_end);
	tcase_add_test(tc, another_key_has_no_part_in_it);
	tcase_add_test(tc, the_state_of_before_is_read_once);
	tcase_add_test(tc, a_file_of_others_is_not_added_to);
	tcase_add_test(tc, a_change_waits_for_the_disk);
	tcase_add_test(tc, one_is_not_taken_for_the_other);
	tcase_add_test(tc, a_failure_is_told_and_tried_again);
	tcase_add_test(tc, a_failure_leaves_nothing);
	tcase_add_test(tc, every_cut_and_every_bit_is_seen);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
