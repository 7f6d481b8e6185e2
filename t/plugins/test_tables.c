/* test_tables.c - the three LMDB files as lsrd-publish writes them. */

#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "plugins/postfix/map.h"
#include "plugins/postfix/tables.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER];
static struct plugin_setup setup;

static void
make_dir(void)
{
	temp_make(dir);
	setup = (struct plugin_setup){
		.directory = dir,
		.transport = "lsrd",
		.hold = "lsrd-hold",
	};
}

static void
remove_dir(void)
{
	temp_end(dir);
}

static const char *
path_of(const char *table)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s.lmdb", dir, table);
	return path;
}

/* As Postfix asks: a read transaction, the key with its NUL. */
static const char *
ask(const char *table, const char *key)
{
	static char out[2048];
	union {
		const char *in;
		void *out;
	} p = { .in = key };
	MDB_val k = { strlen(key) + 1, p.out }, v;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	int err;

	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_open(env, path_of(table),
			     MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0),
	    0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	err = mdb_get(txn, dbi, &k, &v);
	if (err == 0) {
		ck_assert_uint_lt(v.mv_size, sizeof(out));
		memcpy(out, v.mv_data, v.mv_size);
		ck_assert(v.mv_size > 0 && out[v.mv_size - 1] == '\0');
	}
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return err == 0 ? out : "-";
}

static struct route
remote(uint8_t last)
{
	struct route r = {
		.kind = ROUTE_REMOTE,
		.relay = true,
		.hop = { { .addr = { .family = 4,
			       .ip = { 198, 51, 100, last },
			       .port = 25 } } },
		.nhops = 1,
	};

	return r;
}

static void
put(struct plugin_change *c, struct route *r, const char *pattern)
{
	c->pattern = pattern;
	c->route = r;
	if (r != NULL)
		r->pattern = (char *)(uintptr_t)pattern;
}

static int
write_once(const struct plugin_change *list, size_t n, bool whole,
    struct plugin_report *report)
{
	struct plugin_start start = { 0 };
	struct plugin_run *run;
	int rc = tables_postfix.open(&run, &setup, &start);

	ck_assert_int_eq(rc, RC_OK);
	rc = tables_postfix.write(run, list, n, whole, report);
	tables_postfix.close(run);
	return rc;
}

START_TEST(writes_what_differs)
{
	struct route a = remote(1), b = remote(2), star = remote(3);
	struct plugin_change list[3];
	struct plugin_report report;

	put(&list[0], &star, "*");
	put(&list[1], &a, "a.example");
	put(&list[2], &b, "b.example");
	ck_assert_int_eq(write_once(list, 3, false, &report), RC_MISSING);
	ck_assert_int_eq(write_once(list, 3, true, &report), RC_OK);
	ck_assert_str_eq(
	    ask("transport", "a.example"), "lsrd:[198.51.100.1]:25");
	ck_assert_str_eq(ask("transport", "*"), "-");
	ck_assert_str_eq(ask("default", "*"), "lsrd:[198.51.100.3]:25");
	ck_assert_str_eq(ask("domains", "b.example"), "relay");
	ck_assert_str_eq(ask("domains", "*"), "-");

	ck_assert_int_eq(write_once(list, 3, true, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 0);
	ck_assert_uint_eq(report.locks, 0);

	b = remote(9);
	put(&list[0], &b, "b.example");
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_OK);
	ck_assert_uint_eq(report.keys, 1);
	ck_assert_uint_eq(report.locks, 1);
	ck_assert_str_eq(
	    ask("transport", "b.example"), "lsrd:[198.51.100.9]:25");
	ck_assert_str_eq(
	    ask("transport", "a.example"), "lsrd:[198.51.100.1]:25");

	put(&list[0], NULL, "a.example");
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), "-");
	ck_assert_str_eq(ask("domains", "a.example"), "-");
}
END_TEST

START_TEST(whole_removes_the_rest)
{
	struct route a = remote(1), b = remote(2);
	struct plugin_change list[2];
	struct plugin_report report;

	put(&list[0], &a, "a.example");
	put(&list[1], &b, "b.example");
	ck_assert_int_eq(write_once(list, 2, true, &report), RC_OK);
	ck_assert_int_eq(write_once(&list[1], 1, true, &report), RC_OK);
	ck_assert_str_eq(ask("transport", "a.example"), "-");
	ck_assert_str_eq(ask("domains", "a.example"), "-");
	ck_assert_str_eq(
	    ask("transport", "b.example"), "lsrd:[198.51.100.2]:25");
	ck_assert_int_eq(write_once(NULL, 0, true, &report), RC_LIMIT);
	ck_assert_str_eq(
	    ask("transport", "b.example"), "lsrd:[198.51.100.2]:25");
}
END_TEST

/* 20 000 long keys pass the first 16 MiB; a batch has 1 000 at most. */
START_TEST(grows_and_batches)
{
	enum { N = 60000 };
	struct map_item *items = calloc(N, sizeof(*items));
	struct plugin_report report = { 0 };
	struct map *map;
	char value[301];

	memset(value, 'v', 300);
	value[300] = '\0';
	for (size_t i = 0; i < N; i++) {
		char key[32];

		snprintf(key, sizeof(key), "d%zu.example", i);
		items[i] = (struct map_item){ mem_str(key), value };
	}
	ck_assert_int_eq(map_make(path_of("t"), NULL, 0), RC_OK);
	ck_assert_int_eq(map_open(&map, path_of("t"), NULL), RC_OK);
	ck_assert_int_eq(map_write(map, items, N, &report), RC_OK);
	ck_assert_uint_eq(report.keys, N);
	ck_assert_uint_eq(report.locks, N / MAP_BATCH);
	ck_assert_uint_eq(map_count(map), N);
	map_close(map);
	ck_assert_str_eq(ask("t", "d59999.example"), value);
	for (size_t i = 0; i < N; i++)
		mem_free((void *)(uintptr_t)items[i].key);
	free(items);
}
END_TEST

/* Puts one pair in the form of postmap without NUL. */
static void
put_bare(const char *table, const char *text)
{
	union {
		const char *in;
		void *out;
	} p = { .in = text };
	MDB_val k = { strlen(text), p.out }, v = { strlen(text), p.out };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(
	    mdb_env_open(env, path_of(table), MDB_NOSUBDIR | MDB_NOLOCK, 0644),
	    0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	ck_assert_int_eq(mdb_put(txn, dbi, &k, &v, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

START_TEST(other_form_is_replaced_by_rename)
{
	struct route a = remote(1);
	struct plugin_change list[1];
	struct plugin_report report;
	struct stat before, after;

	put(&list[0], &a, "a.example");
	ck_assert_int_eq(write_once(list, 1, true, &report), RC_OK);
	put_bare("transport", "b.example");
	ck_assert_int_eq(stat(path_of("transport"), &before), 0);
	ck_assert_int_eq(tables_postfix.check(&setup, 0), RC_FORMAT);
	ck_assert_int_eq(write_once(list, 1, false, &report), RC_MISSING);
	ck_assert_int_eq(write_once(list, 1, true, &report), RC_OK);
	ck_assert_int_eq(stat(path_of("transport"), &after), 0);
	ck_assert(before.st_ino != after.st_ino);
	ck_assert_str_eq(
	    ask("transport", "a.example"), "lsrd:[198.51.100.1]:25");
	ck_assert_int_eq(tables_postfix.check(&setup, 0), RC_OK);
}
END_TEST

/* In a process of its own, as lsrd-publish does. */
static bool
is_sound(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int bad = tables_postfix.check(&setup, 0) != RC_OK;

		_exit(bad);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status == 0;
}

START_TEST(a_cut_file_is_found)
{
	struct route a = remote(1);
	struct plugin_change list[1];
	struct plugin_report report;

	put(&list[0], &a, "a.example");
	ck_assert_int_eq(write_once(list, 1, true, &report), RC_OK);
	ck_assert(is_sound());
	ck_assert_int_eq(truncate(path_of("transport"), 5000), 0);
	ck_assert(!is_sound());
	ck_assert_int_eq(truncate(path_of("transport"), 0), 0);
	ck_assert(!is_sound());
	ck_assert_int_eq(unlink(path_of("transport")), 0);
	ck_assert_int_eq(tables_postfix.check(&setup, 0), RC_NONE);
}
END_TEST

/* What Postfix does at each lookup keeps the writer out, and only that. */
/* As postmap would, or who puts an old file's content in the place of ours. */
static void
write_by_hand(const char *key)
{
	MDB_val k = { strlen(key) + 1, (void *)(uintptr_t)key }, v = k;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_open(env, path_of("transport"),
			     MDB_NOSUBDIR | MDB_NOLOCK, 0644),
	    0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	ck_assert_int_eq(mdb_put(txn, dbi, &k, &v, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

START_TEST(what_somebody_wrote_is_found)
{
	struct route a = remote(1), b = remote(2);
	struct plugin_change list[2];
	struct plugin_start start = { 0 };
	struct plugin_report report;
	struct plugin_run *run;

	put(&list[0], &a, "a.example");
	put(&list[1], &b, "b.example");
	ck_assert_int_eq(tables_postfix.open(&run, &setup, &start), RC_OK);
	ck_assert_int_eq(
	    tables_postfix.write(run, list, 2, true, &report), RC_OK);
	ck_assert(tables_postfix.intact(run));
	write_by_hand("a.example");
	write_by_hand("strange.example");
	ck_assert(!tables_postfix.intact(run));
	b = remote(3);
	put(&list[1], &b, "b.example");
	ck_assert_int_eq(
	    tables_postfix.write(run, &list[1], 1, false, &report), RC_MISSING);
	ck_assert_int_eq(
	    tables_postfix.write(run, list, 2, true, &report), RC_OK);
	ck_assert(tables_postfix.intact(run));
	ck_assert_str_eq(
	    ask("transport", "a.example"), "lsrd:[198.51.100.1]:25");
	ck_assert_str_eq(
	    ask("transport", "b.example"), "lsrd:[198.51.100.3]:25");
	ck_assert_str_eq(ask("transport", "strange.example"), "-");
	put(&list[1], NULL, "b.example");
	ck_assert_int_eq(
	    tables_postfix.write(run, &list[1], 1, false, &report), RC_OK);
	ck_assert(tables_postfix.intact(run));
	tables_postfix.close(run);
}
END_TEST

START_TEST(waits_for_a_lookup)
{
	struct plugin_report report = { 0 };
	struct map_item item = { "a.example", "x" };
	struct flock shared = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct map *map;
	int told[2];
	char word;
	pid_t pid;

	ck_assert_int_eq(map_make(path_of("t"), NULL, 0), RC_OK);
	ck_assert_int_eq(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(path_of("t"), O_RDONLY);

		fcntl(fd, F_SETLK, &shared);
		if (write(told[1], "b", 1) == 1)
			usleep(300000);
		_exit(write(told[1], "e", 1) == 1 ? 0 : 1);
	}
	ck_assert_int_eq(read(told[0], &word, 1), 1);
	ck_assert_int_eq(fcntl(told[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(map_open(&map, path_of("t"), NULL), RC_OK);
	ck_assert_int_eq(map_write(map, &item, 1, &report), RC_OK);
	map_close(map);
	/* The reader was about to go: it would not have been otherwise. */
	ck_assert_int_eq(read(told[0], &word, 1), 1);
	ck_assert_int_eq(word, 'e');
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(told[0]);
	close(told[1]);
}
END_TEST

static void
expect_both(const char *transport, const char *domains)
{
	ck_assert_str_eq(ask("transport", "xn--bcher-kva.example"), transport);
	ck_assert_str_eq(ask("transport", "b\xc3\xbc"
					  "cher.example"),
	    transport);
	ck_assert_str_eq(ask("domains", "xn--bcher-kva.example"), domains);
	ck_assert_str_eq(ask("domains", "b\xc3\xbc"
					"cher.example"),
	    domains);
}

/* With SMTPUTF8 Postfix asks for what came; see idn/labels.h. */
START_TEST(a_name_has_the_keys_of_both_spellings)
{
	struct plugin_start start = { 0 };
	struct plugin_report report;
	struct plugin_change list[2];
	struct plugin_run *run;
	struct route r[2] = { remote(5), remote(6) };

	put(&list[0], &r[0], "a.example");
	put(&list[1], &r[1], "xn--bcher-kva.example");
	ck_assert_int_eq(tables_postfix.open(&run, &setup, &start), RC_OK);
	for (int i = 0; i < 2; i++) { /* made, then found as it is */
		ck_assert_int_eq(
		    tables_postfix.write(run, list, 2, true, &report), RC_OK);
		expect_both("lsrd:[198.51.100.6]:25", "relay");
	}
	ck_assert_uint_eq(report.keys, 0);
	ck_assert_int_eq(tables_postfix.check(&setup, 0), RC_OK);
	ck_assert_int_eq(tables_postfix.check(&setup, 2), RC_OK);
	r[1].hop[0].addr.ip[3] = 7;
	ck_assert_int_eq(
	    tables_postfix.write(run, &list[1], 1, false, &report), RC_OK);
	expect_both("lsrd:[198.51.100.7]:25", "relay");
	put(&list[1], NULL, "xn--bcher-kva.example");
	ck_assert_int_eq(
	    tables_postfix.write(run, &list[1], 1, false, &report), RC_OK);
	expect_both("-", "-");
	put(&list[1], &r[1], "xn--bcher-kva.example");
	ck_assert_int_eq(
	    tables_postfix.write(run, &list[1], 1, false, &report), RC_OK);
	expect_both("lsrd:[198.51.100.7]:25", "relay");
	/* Not in the whole: both go. */
	ck_assert_int_eq(
	    tables_postfix.write(run, list, 1, true, &report), RC_OK);
	expect_both("-", "-");
	tables_postfix.close(run);
}
END_TEST

#define PAIRS (2 * MAP_BATCH)

static char below[PAIRS][32]; /* a.dN.example, delivered here */
static size_t looks;

/* Whenever a lookup gets in between two steps: what is here is not led away
 * by the less specific key. */
static void
on_phase(void *ctx, enum plugin_phase phase)
{
	(void)ctx;
	if (phase != PLUGIN_UNLOCKED)
		return;
	looks++;
	for (size_t i = 0; i < PAIRS; i += 97)
		if (strcmp(ask("transport", below[i] + 1), "-") != 0)
			ck_assert_str_eq(ask("transport", below[i]), ":");
}

static void
write_pairs(struct plugin_run *run, bool there)
{
	static struct plugin_change list[2 * PAIRS];
	static struct route routes[2 * PAIRS];
	struct plugin_report report;

	for (size_t i = 0; i < 2 * PAIRS; i++) {
		bool parent = i < PAIRS; /* "." comes before "a" */
		struct route *r = &routes[i];

		*r = remote(5);
		r->kind = parent ? ROUTE_REMOTE : ROUTE_HERE;
		put(&list[i], there ? r : NULL, below[i % PAIRS] + parent);
	}
	looks = 0;
	ck_assert_int_eq(
	    tables_postfix.write(run, list, 2 * PAIRS, false, &report), RC_OK);
	ck_assert_uint_ge(looks, 4);
}

START_TEST(what_is_here_is_never_led_away)
{
	struct plugin_watch watch = { on_phase, NULL };
	struct plugin_start start = { .watch = &watch };
	struct plugin_report report;
	struct plugin_change first;
	struct plugin_run *run;
	struct route r = remote(6);

	for (size_t i = 0; i < PAIRS; i++)
		snprintf(below[i], sizeof(below[i]), "a.d%04zu.example", i);
	ck_assert_int_eq(tables_postfix.open(&run, &setup, &start), RC_OK);
	put(&first, &r, "z.example");
	ck_assert_int_eq(
	    tables_postfix.write(run, &first, 1, true, &report), RC_OK);
	write_pairs(run, true);
	ck_assert_str_eq(ask("transport", below[0]), ":");
	ck_assert_str_ne(ask("transport", below[0] + 1), "-");
	write_pairs(run, false);
	ck_assert_str_eq(ask("transport", below[0]), "-");
	ck_assert_str_eq(ask("transport", below[0] + 1), "-");
	tables_postfix.close(run);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tables");
	TCase *tc = tcase_create("tables");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, writes_what_differs);
	tcase_add_test(tc, whole_removes_the_rest);
	tcase_add_test(tc, grows_and_batches);
	tcase_add_test(tc, other_form_is_replaced_by_rename);
	tcase_add_test(tc, a_cut_file_is_found);
	tcase_add_test(tc, what_somebody_wrote_is_found);
	tcase_add_test(tc, waits_for_a_lookup);
	tcase_add_test(tc, what_is_here_is_never_led_away);
	tcase_add_test(tc, a_name_has_the_keys_of_both_spellings);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
