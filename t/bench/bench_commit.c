/*
 * bench_commit.c - from FX_ROUTES until the publisher, a real lsrd-publish, has
 * committed the MTA's tables and has said so, and until another process that
 * looks the first of the moved keys up all the while sees it: wall time in
 * microseconds, the first change after a second of quiet, for 1, 100 and 10 000
 * moved routes of 10 000, with an annex of as many mark keys, which stay. One
 * line a figure. The last is of
 * a route that moves, another each time: the octets that come to the disk for it,
 * tables, plain copy, milter's table and the file system's own, as the disk
 * counts them; so let DIRECTORY have one for itself, a loop device will do.
 *
 *     bench_commit PUBLISHER DIRECTORY [ROUNDS]
 */

#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/trace/mtable.h"
#include "io/publish.h"

#define ROUTES 10000
#define QUIET_US 1000000
#define MOVES 300             /* so many routes move, one by one, */
#define MOVE_QUIET_US 200000  /* the milter's table written after each, */
#define LONG_QUIET_US 5000000 /* and what is large before */

static struct event_base *base;
static struct rib *rib;
static struct rib_changes changes;
static struct buf keys, annex;
static uint64_t published;
static size_t next_route; /* that moves */

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
on_line(void *ctx, int priority, const char *line)
{
	(void)ctx;
	if (priority <= SINK_WARNING)
		fprintf(stderr, "%s\n", line);
}

static void
on_published(void *ctx, uint64_t generation, bool made)
{
	(void)ctx;
	(void)made;
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
rest(uint64_t us)
{
	uint64_t end = now_us() + us;
	struct timeval tick = { .tv_usec = 20000 };

	while (now_us() < end) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
}

/* --- who looks up ----------------------------------------------------------- */

/* Shared with it: the route that is to change, and when it was seen to. */
struct watch {
	volatile uint64_t asked, route;
	volatile uint64_t answered, seen_us;
};

static struct watch *watch;

/* As Postfix does, but for its lock. Returns what stands for the address. */
static uint64_t
value_of(MDB_env *env, MDB_dbi dbi, uint64_t route)
{
	char key[40];
	MDB_val k = { 0, key }, v;
	MDB_txn *txn;
	uint64_t sum = 0;

	snprintf(key, sizeof(key), "d%05" PRIu64 ".example", route);
	k.mv_size = strlen(key) + 1;
	if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
		abort();
	if (mdb_get(txn, dbi, &k, &v) != 0)
		abort();
	for (size_t i = 0; i < v.mv_size; i++)
		sum = sum * 31 + ((const uint8_t *)v.mv_data)[i];
	mdb_txn_abort(txn);
	return sum;
}

static void
look_up(const char *tables)
{
	char path[300];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/transport.lmdb", tables);
	if (mdb_env_create(&env) != 0 ||
	    mdb_env_open(
		env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0) != 0 ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 ||
	    mdb_dbi_open(txn, NULL, 0, &dbi) != 0)
		abort();
	mdb_txn_commit(txn);
	for (uint64_t last = 0;; last++) {
		uint64_t was;

		while (watch->asked == last)
			usleep(50);
		was = value_of(env, dbi, watch->route);
		watch->answered = 2 * last + 1; /* it may change now */
		while (value_of(env, dbi, watch->route) == was)
			usleep(50);
		watch->seen_us = now_us();
		watch->answered = 2 * last + 2;
	}
}

static void
watch_begin(const char *tables)
{
	watch = mmap(NULL, sizeof(*watch), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (watch == MAP_FAILED)
		abort();
	if (fork() == 0)
		look_up(tables);
}

static void
watch_ask(uint64_t route)
{
	watch->route = route;
	watch->asked++;
	while (watch->answered < 2 * watch->asked - 1)
		usleep(50);
}

static uint64_t
watch_seen(void)
{
	while (watch->answered < 2 * watch->asked)
		usleep(50);
	return watch->seen_us;
}

static void
table_make(void)
{
	struct mtable_key *key = mem_new(0, ROUTES, sizeof(*key));

	rib = mem_new(sizeof(*rib), 0, 0);
	rib->routes = mem_new(0, ROUTES, sizeof(*rib->routes));
	rib->n = ROUTES;
	for (size_t i = 0; i < ROUTES; i++) {
		struct route *r = &rib->routes[i];
		char text[40];

		snprintf(text, sizeof(text), "d%05zu.example", i);
		r->pattern = mem_str(text);
		snprintf(text, sizeof(text), "mx%05zu.example.org", i);
		r->server = mem_str(text);
		r->relay = true;
		r->nhops = 1;
		r->hop[0].name = text;
		r->hop[0].addr = (struct addr){ 4, { 198, 51, 100, 4 }, 25 };
		route_hops_own(r);
		snprintf(key[i].name, sizeof(key[i].name), "%s", text);
		memcpy(key[i].digest, &i, sizeof(i));
	}
	mtable_keys_encode(&keys, key, ROUTES);
	mem_free(key);
}

struct took {
	uint64_t seen, done;
};

/* The next n routes by another hop. */
static struct took
change(struct publish *publish, size_t n)
{
	static const struct mtable_mta mta = { .copies = false };
	struct buf net = { 0 };
	struct took took = { 0, 0 };
	uint64_t since;

	rib->generation++;
	changes.list.n = 0;
	changes.whole = rib->generation == 1;
	if (next_route + n > ROUTES)
		next_route = 0;
	if (n > 0)
		watch_ask(next_route);
	for (size_t i = 0; i < n; i++) {
		struct route *r = &rib->routes[next_route++];

		r->hop[0].addr.ip[3] ^= 1;
		vec_push(&changes.list, ((struct rib_change){ r, r }));
	}
	buf_reset(&annex);
	mtable_annex_encode(&annex,
	    (struct mtable_version){ 1, rib->generation }, &mta, &keys, &net);
	since = now_us();
	publish_table(
	    publish, &(struct publish_news){ .rib = rib,
			 .changes = &changes,
			 .annex = annex.p,
			 .n = annex.n,
			 .kept = changes.whole ? 0 : MTABLE_BESIDES });
	while (published != rib->generation)
		event_base_dispatch(base);
	took.done = now_us() - since;
	if (n > 0)
		took.seen = watch_seen() - since;
	return took;
}

static void
measure(struct publish *publish, size_t n, size_t rounds)
{
	uint64_t *us = mem_new(0, rounds, sizeof(*us));
	uint64_t *seen = mem_new(0, rounds, sizeof(*seen));

	for (size_t i = 0; i < rounds; i++) {
		struct took took;

		rest(QUIET_US);
		took = change(publish, n);
		us[i] = took.done;
		seen[i] = took.seen;
	}
	qsort(us, rounds, sizeof(*us), by_size);
	qsort(seen, rounds, sizeof(*seen), by_size);
	printf("commit keys=%zu n=%zu p50_us=%" PRIu64 " max_us=%" PRIu64
	       " seen: p50_us=%" PRIu64 " max_us=%" PRIu64 "\n",
	    n, rounds, us[rounds / 2], us[rounds - 1], seen[rounds / 2],
	    seen[rounds - 1]);
	fflush(stdout);
	mem_free(us);
	mem_free(seen);
}

/* Octets that were written to the disk which the folder is on; 0: to none. */
static uint64_t
octets_of(const char *directory)
{
	unsigned long long sectors = 0;
	struct stat st;
	char path[64];
	FILE *file;

	if (stat(directory, &st) != 0)
		abort();
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat",
	    major(st.st_dev), minor(st.st_dev));
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%*s %*s %*s %*s %*s %*s %llu", &sectors) != 1)
		abort();
	fclose(file);
	return (uint64_t)sectors * 512;
}

/* All that was written for one change is on the disk before the next: what is
 * far apart is not written together. */
static void
count(struct publish *publish, const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY);
	uint64_t before;

	rest(LONG_QUIET_US);
	if (fd < 0 || syncfs(fd) != 0)
		abort();
	before = octets_of(directory);
	for (int i = 0; i < MOVES; i++) {
		change(publish, 1);
		rest(MOVE_QUIET_US);
		if (syncfs(fd) != 0)
			abort();
	}
	printf("written keys=1 n=%d octets_a_change=%" PRIu64 "\n", MOVES,
	    (octets_of(directory) - before) / MOVES);
	close(fd);
}

int
main(int argc, char **argv)
{
	const struct publish_calls calls = { on_published, on_file, NULL };
	struct conf conf = { 0 };
	struct publish *publish;
	struct sink *sink;
	char tables[256], milter[256];
	size_t rounds = argc > 3 ? (size_t)atoi(argv[3]) : 20;

	if (argc < 3)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	snprintf(tables, sizeof(tables), "%s/postfix", argv[2]);
	snprintf(milter, sizeof(milter), "%s/milter", argv[2]);
	mkdir(milter, 0755);
	conf.state_directory = argv[2];
	conf.table_directory = tables;
	conf.publisher = argv[1];
	conf.transport = (char *)(uintptr_t) "lsrd";
	conf.hold_transport = (char *)(uintptr_t) "lsrd-hold";
	base = event_base_new();
	sink = sink_new(on_line, NULL);
	publish = publish_new(base, sink, "postfix", &calls);
	publish_conf(publish, &conf);
	table_make();
	change(publish, 0);
	watch_begin(tables);
	measure(publish, 1, rounds);
	measure(publish, 100, rounds);
	measure(publish, ROUTES, rounds);
	count(publish, argv[2]);
	publish_free(publish);
	sink_free(sink);
	event_base_free(base);
	rib_free(rib);
	return 0;
}
