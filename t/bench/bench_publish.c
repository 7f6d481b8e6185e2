/*
 * bench_publish.c - how long the lock on a table is held for 1, 100 and
 * 10 000 changed keys, and how long lookups take meanwhile.
 *
 *     bench_publish DIRECTORY [READERS [PAUSE_US [MTA [ROUNDS]]]]
 *
 * The lookups are what Postfix does: a shared fcntl lock that is waited for,
 * a read transaction, a key, unlock; or what Exim does: the file opened, a key,
 * closed, and no lock at all. One line a figure.
 */

#ifdef HAVE_CDB
#include <cdb.h>
#endif
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "plugins/plugin.h"

#define KEYS 10000
#define TOOK_MAX 4000000

static struct plugin_setup setup = { .transport = "lsrd", .hold = "lsrd-hold" };
static struct route routes[KEYS];
static struct plugin_change list[KEYS];

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
print(const char *what, size_t keys, uint64_t *took, size_t n)
{
	qsort(took, n, sizeof(*took), by_size);
	printf("%s keys=%zu n=%zu p50_us=%" PRIu64 " p99_us=%" PRIu64
	       " p999_us=%" PRIu64 " max_us=%" PRIu64 "\n",
	    what, keys, n, took[n / 2], took[n * 99 / 100],
	    took[n * 999 / 1000], took[n - 1]);
	fflush(stdout);
}

static volatile sig_atomic_t ended;

static void
on_term(int sig)
{
	(void)sig;
	ended = 1;
}

#ifdef HAVE_CDB

static void
cdb_lookup(const char *path, size_t i)
{
	int fd = open(path, O_RDONLY);
	struct cdb cdb;
	char key[32];

	snprintf(key, sizeof(key), "d%05zu.example", i % KEYS);
	if (fd < 0 || cdb_init(&cdb, fd) != 0 ||
	    cdb_find(&cdb, key, (unsigned)strlen(key)) <= 0)
		_exit(1);
	cdb_free(&cdb);
	close(fd);
}

static void
read_cdb_until_told(const char *path, size_t keys, unsigned pause_us)
{
	uint64_t *took = calloc(TOOK_MAX, sizeof(*took));
	size_t n = 0;

	signal(SIGTERM, on_term);
	while (!ended && n < TOOK_MAX) {
		uint64_t since = now_us();

		cdb_lookup(path, n * 7919);
		took[n++] = now_us() - since;
		if (pause_us > 0)
			usleep(pause_us);
	}
	print("lookup", keys, took, n);
	_exit(0);
}

#else
#define read_cdb_until_told read_until_told
#endif

static void
lookup(MDB_env *env, MDB_dbi dbi, int fd, size_t i)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char key[32];
	MDB_val k = { 0, key }, v;
	MDB_txn *txn;

	snprintf(key, sizeof(key), "d%05zu.example", i % KEYS);
	k.mv_size = strlen(key) + 1;
	while (fcntl(fd, F_SETLKW, &lock) != 0)
		continue;
	if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0) {
		if (mdb_get(txn, dbi, &k, &v) != 0)
			_exit(1);
		mdb_txn_abort(txn);
	}
	lock.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &lock);
}

static void
read_until_told(const char *path, size_t keys, unsigned pause_us)
{
	uint64_t *took = calloc(TOOK_MAX, sizeof(*took));
	size_t n = 0;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	int fd;

	signal(SIGTERM, on_term);
	mdb_env_create(&env);
	mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0);
	mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	mdb_dbi_open(txn, NULL, 0, &dbi);
	mdb_txn_abort(txn);
	mdb_env_get_fd(env, &fd);
	while (!ended && n < TOOK_MAX) {
		uint64_t since = now_us();

		lookup(env, dbi, fd, n * 7919);
		took[n++] = now_us() - since;
		if (pause_us > 0)
			usleep(pause_us);
	}
	print("lookup", keys, took, n);
	_exit(0);
}

static const struct plugin_export *export;

/* Another value for the first n keys; what was held, over the rounds. */
static void
measure(struct plugin_run *run, size_t n, size_t rounds)
{
	uint64_t *longest = calloc(rounds, sizeof(*longest));
	uint64_t *sum = calloc(rounds, sizeof(*sum));
	uint64_t *all = calloc(rounds, sizeof(*all));

	for (size_t r = 0; r < rounds; r++) {
		struct plugin_report report;
		uint64_t since;

		for (size_t i = 0; i < n; i++)
			routes[i].hop[0].addr.ip[3] ^= 1;
		since = now_us();
		if (export->write(run, list, n, false, &report) != RC_OK ||
		    report.keys != n)
			abort();
		all[r] = now_us() - since;
		longest[r] = report.max_us;
		sum[r] = report.sum_us;
		usleep(20000);
	}
	if (longest[rounds - 1] > 0) {
		print("held-at-once", n, longest, rounds);
		print("held-in-all", n, sum, rounds);
	}
	print("write", n, all, rounds);
	free(longest);
	free(sum);
	free(all);
}

static void
make_routes(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		char pattern[32];

		snprintf(pattern, sizeof(pattern), "d%05zu.example", i);
		routes[i].pattern = mem_str(pattern);
		routes[i].kind = ROUTE_REMOTE;
		routes[i].nhops = 1;
		routes[i].hop[0].addr = (struct addr){
			.family = 4,
			.ip = { 198, 51, 100, 4 },
			.port = 25,
		};
		list[i].pattern = routes[i].pattern;
		list[i].route = &routes[i];
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		size_t keys, rounds;
	} rows[] = { { 1, 300 }, { 100, 300 }, { KEYS, 60 } };
	struct plugin_start start = { 0 };
	struct plugin_report report;
	struct plugin_run *run;
	int readers = argc > 2 ? atoi(argv[2]) : 2;
	unsigned pause_us = argc > 3 ? (unsigned)atoi(argv[3]) : 100;
	const char *mta = argc > 4 ? argv[4] : "postfix";
	size_t most = argc > 5 ? strtoul(argv[5], NULL, 10) : 300;
	bool exim = strcmp(mta, "exim") == 0;
	char path[512];

	export = plugin_export_to(mta);
	if (argc < 2 || export == NULL || most == 0)
		return 64;
	setup.directory = argv[1];
	snprintf(path, sizeof(path), "%s/transport.%s", argv[1],
	    exim ? "cdb" : "lmdb");
	make_routes();
	if (export->open(&run, &setup, &start) != RC_OK ||
	    export->write(run, list, KEYS, true, &report) != RC_OK)
		return 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t pids[16];

		for (int r = 0; r < readers && r < 16; r++)
			if ((pids[r] = fork()) == 0)
				(exim ? read_cdb_until_told : read_until_told)(
				    path, rows[i].keys, pause_us);
		measure(run, rows[i].keys,
		    rows[i].rounds < most ? rows[i].rounds : most);
		for (int r = 0; r < readers && r < 16; r++) {
			kill(pids[r], SIGTERM);
			waitpid(pids[r], NULL, 0);
		}
	}
	export->close(run);
	return 0;
}
