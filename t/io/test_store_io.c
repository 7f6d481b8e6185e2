/*
 * The files of the state, and the shell that writes them. The engine of
 * this test asks for one save at a time and counts the answers.
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
#include "io/store_file.h"
#include "io/store_io.h"
#include "sys/clock.h"
#include "t/tap.h"

struct engine {
	struct effect fx;
	bool act;
	uint32_t saved; /* the newest number */
	uint32_t answers;
	const char *state;
	const char *unwritten[FILES];
	const char *after; /* not before this file is there; or NULL */
};

struct effects
engine_step(struct engine *engine, const struct input *in)
{
	struct effects effects = { MONO_NEVER, engine->act ? 1 : 0,
		&engine->fx };

	engine->act = false;
	if (in->kind == IN_SAVED) {
		engine->saved = in->who;
		engine->answers++;
	}
	if (in->kind == IN_FILE)
		engine->unwritten[in->value] = in->reason;
	return effects;
}

/* Polls with a pause, for a file that the test makes. */
void
engine_save(const struct engine *engine, struct buf *out)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	while (engine->after != NULL && access(engine->after, F_OK) != 0)
		nanosleep(&pause, NULL);
	buf_text(out, engine->state);
}

static struct crypto crypto;
static char dir[64];
static struct event_base *base;
static struct engine engine;
static struct loop *loop;
static struct sink *sink;
static struct buf log_text;
static struct store_io *store;

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

	strcpy(dir, "/tmp/lsrd-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	crypto_init(&crypto, NULL, nobody);
	base = event_base_new();
	memset(&engine, 0, sizeof(engine));
	sink = sink_new(collect, &log_text);
	loop = loop_new(base, &engine);
	store = store_io_new(loop, sink, dir, &crypto);
}

static void
teardown(void)
{
	char command[128];

	store_io_free(store);
	loop_free(loop);
	sink_free(sink);
	event_base_free(base);
	crypto_done(&crypto);
	buf_done(&log_text);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
save(enum save_what what, uint32_t number, const char *text)
{
	struct input in = { .kind = IN_QUERY };

	engine.fx =
	    (struct effect){ .kind = FX_SAVE, .who = number, .what = what };
	if (what == SAVE_STATE) {
		engine.state = text;
	} else {
		engine.fx.bytes = (const uint8_t *)text;
		engine.fx.len = strlen(text);
	}
	engine.act = true;
	loop_step(loop, &in);
}

static void
wait_for(uint32_t number)
{
	struct mono begin = clock_mono();

	while (
	    engine.saved != number && mono_since(begin, clock_mono()) < 10000)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(engine.saved, number);
}

static void
loads(enum save_what what, const char *text)
{
	uint8_t *octets;
	size_t n;

	ck_assert_int_eq(store_io_load(store, what, &octets, &n), RC_OK);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_mem_eq(octets, text, n);
	mem_free(octets);
}

START_TEST(what_is_saved_is_loaded)
{
	uint8_t *octets;
	size_t n;

	ck_assert_int_eq(
	    store_io_load(store, SAVE_EPOCH, &octets, &n), RC_NONE);
	ck_assert_ptr_null(octets);
	save(SAVE_EPOCH, 1, "seven");
	ck_assert_uint_eq(engine.saved, 1); /* at once */
	save(SAVE_STATE, 2, "the whole database");
	wait_for(2);
	loads(SAVE_EPOCH, "seven");
	loads(SAVE_STATE, "the whole database");
	save(SAVE_EPOCH, 3, "");
	loads(SAVE_EPOCH, "");
	ck_assert_uint_eq(log_text.n, 0);
}
END_TEST

/* While one is being written, of those that come the newest is enough. */
START_TEST(the_newest_waits)
{
	save(SAVE_STATE, 1, "one");
	save(SAVE_STATE, 2, "two");
	save(SAVE_STATE, 3, "three");
	wait_for(3);
	ck_assert_uint_eq(engine.answers, 2);
	loads(SAVE_STATE, "three");
	save(SAVE_STATE, 4, "four");
	save(SAVE_STATE, 5, "five");
	store_io_free(store); /* writes what waits */
	store = store_io_new(loop, sink, dir, &crypto);
	loads(SAVE_STATE, "five");
}
END_TEST

/* However long encoding and writing take: the loop goes on meanwhile, and
 * what is asked for then is saved as it is in the end. */
START_TEST(nobody_waits)
{
	char go[128];
	FILE *f;

	snprintf(go, sizeof(go), "%s/go", dir);
	engine.after = go;
	save(SAVE_STATE, 1, "one");
	save(SAVE_EPOCH, 2, "seven");
	ck_assert_uint_eq(engine.saved, 2);
	for (uint32_t i = 3; i < 100; i++)
		save(SAVE_STATE, i, "many");
	ck_assert_uint_eq(engine.answers, 1);
	save(SAVE_STATE, 100, "last");
	f = fopen(go, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	wait_for(100);
	ck_assert_uint_eq(engine.answers, 3);
	loads(SAVE_STATE, "last");
}
END_TEST

START_TEST(one_is_not_taken_for_the_other)
{
	char from[128], to[128];
	uint8_t *octets;
	size_t n;

	save(SAVE_EPOCH, 1, "seven");
	snprintf(from, sizeof(from), "%s/epoch", dir);
	snprintf(to, sizeof(to), "%s/state", dir);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(
	    store_io_load(store, SAVE_STATE, &octets, &n), RC_FORMAT);
	ck_assert_ptr_null(octets);
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(strstr((char *)log_text.p, "state-refused: "));
	snprintf(from, sizeof(from), "%s/state.bad", dir);
	ck_assert_int_eq(access(from, F_OK), 0);
	ck_assert_int_eq(
	    store_io_load(store, SAVE_STATE, &octets, &n), RC_NONE);
}
END_TEST

START_TEST(a_failure_is_told_and_tried_again)
{
	char away[128];

	snprintf(away, sizeof(away), "%s.away", dir);
	ck_assert_int_eq(rename(dir, away), 0);
	save(SAVE_EPOCH, 1, "seven");
	ck_assert_uint_eq(engine.answers, 0);
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(strstr((char *)log_text.p, "save-failed: "));
	ck_assert_str_eq(engine.unwritten[FILE_EPOCH], "its folder is missing");
	ck_assert_ptr_null(engine.unwritten[FILE_STATE]);
	ck_assert_int_eq(rename(away, dir), 0);
	save(SAVE_EPOCH, 2, "eight");
	ck_assert_uint_eq(engine.saved, 2);
	ck_assert_ptr_null(engine.unwritten[FILE_EPOCH]);
	loads(SAVE_EPOCH, "eight");
}
END_TEST

/* On a full disk nothing half written stays beside what was there, in the way
 * of what comes; and what is in the way is named as what it is. */
START_TEST(a_failure_leaves_nothing)
{
	struct rlimit none = { 4, RLIM_INFINITY }, was;
	char fresh[128];

	save(SAVE_EPOCH, 1, "seven");
	snprintf(fresh, sizeof(fresh), "%s/epoch.new", dir);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	none.rlim_max = was.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	save(SAVE_EPOCH, 2, "eight");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	ck_assert_uint_eq(engine.saved, 1);
	ck_assert_int_ne(access(fresh, F_OK), 0);
	loads(SAVE_EPOCH, "seven");
	ck_assert_int_eq(mkdir(fresh, 0700), 0);
	save(SAVE_EPOCH, 3, "nine");
	ck_assert_uint_eq(engine.saved, 1);
	buf_u8(&log_text, 0);
	ck_assert_ptr_nonnull(
	    strstr((char *)log_text.p, "error=File too large"));
	ck_assert_ptr_null(strstr((char *)log_text.p, "File exists"));
	ck_assert_int_eq(rmdir(fresh), 0);
	save(SAVE_EPOCH, 4, "ten");
	loads(SAVE_EPOCH, "ten");
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
	tcase_add_test(tc, the_newest_waits);
	tcase_add_test(tc, nobody_waits);
	tcase_add_test(tc, one_is_not_taken_for_the_other);
	tcase_add_test(tc, a_failure_is_told_and_tried_again);
	tcase_add_test(tc, a_failure_leaves_nothing);
	tcase_add_test(tc, every_cut_and_every_bit_is_seen);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
