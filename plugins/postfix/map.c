#include "plugins/postfix/map.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"

/* Never MDB_NOSYNC: the pages are on disk before the meta page names them.
 * The meta page itself is synced after the lock is gone. */
#define MAP_FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOMETASYNC)
#define MAP_ROOM ((size_t)16 << 20) /* grows by doubling */
#define MAP_MODE 0644

/* Taken beside the octets that a table has, and as much again. */
#define MAP_RESERVE ((off_t)64 << 10)

/* Between two tries to get the lock. */
#define TRY_FIRST_NS 50000L
#define TRY_LAST_NS 10000000L
#define TELL_NS 100000000L

/* Of one batch: each doubles the map, or meets another writer. */
#define TRIES_MAX 24

struct map {
	char *path;
	MDB_env *env;
	MDB_dbi dbi;
	int fd; /* the environment's own */
	size_t room;
	off_t size; /* when it was looked at last: it never shrinks */
	size_t txn; /* the last that is known to be ours */
	const struct plugin_watch *watch;
};

/* LMDB's errors are errno or its own negative ones. */
static int
map_refuse(int err)
{
	if (err == MDB_INVALID || err == MDB_CORRUPTED ||
	    err == MDB_VERSION_MISMATCH || err == MDB_PAGE_NOTFOUND ||
	    err == MDB_INCOMPATIBLE)
		return RC_FORMAT;
	errno = err > 0 ? err : EIO;
	return errno == ENOENT ? RC_NONE : RC_IO;
}

static void
pause_ns(uint64_t ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};

	nanosleep(&t, NULL);
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
map_tell(const struct map *map, enum plugin_phase phase)
{
	if (map->watch != NULL && map->watch->at != NULL)
		map->watch->at(map->watch->ctx, phase);
}

static bool
has_nul(const MDB_val *v)
{
	const char *p = v->mv_data;

	return v->mv_size > 0 &&
	       memchr(p, '\0', v->mv_size) == p + v->mv_size - 1;
}

static MDB_val
val_of(const char *text)
{
	/* LMDB takes a pointer that is not const, and only reads. */
	union {
		const char *in;
		void *out;
	} p = { .in = text };

	return (MDB_val){ .mv_size = strlen(text) + 1, .mv_data = p.out };
}

/*
 * Each change needs pages, also on a disk that is full by then: room for the
 * whole table once more is taken while there is some. Not counted as the
 * file's size, and where it cannot be had the table is none the worse.
 */
static void
map_reserve(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 &&
	    (off_t)st.st_blocks * 512 < st.st_size + MAP_RESERVE)
		(void)fallocate(
		    fd, FALLOC_FL_KEEP_SIZE, 0, 2 * st.st_size + MAP_RESERVE);
}

static int
env_open(struct map *map, unsigned flags)
{
	int err = mdb_env_create(&map->env);
	MDB_txn *txn;

	if (err != 0)
		return err;
	err = mdb_env_set_mapsize(map->env, map->room);
	if (err == 0)
		err = mdb_env_open(map->env, map->path, flags, MAP_MODE);
	if (err == 0)
		err = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &txn);
	if (err == 0) {
		err = mdb_dbi_open(txn, NULL, 0, &map->dbi);
		mdb_txn_abort(txn);
	}
	if (err == 0)
		err = mdb_env_get_fd(map->env, &map->fd);
	return err;
}

static size_t
last_txn(struct map *map)
{
	MDB_envinfo info;

	CHECK(mdb_env_info(map->env, &info) == 0);
	return info.me_last_txnid;
}

int
map_walk(struct map *map,
    bool (*entry)(void *ctx, const char *key, const char *value), void *ctx)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_txn *txn;
	int rc = RC_OK;
	int err = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &txn);

	if (err != 0)
		return map_refuse(err);
	err = mdb_cursor_open(txn, map->dbi, &cursor);
	if (err != 0) {
		mdb_txn_abort(txn);
		return map_refuse(err);
	}
	err = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	while (err == 0 && rc == RC_OK) {
		if (!has_nul(&key) || !has_nul(&value))
			rc = RC_FORMAT;
		else if (!entry(ctx, key.mv_data, value.mv_data))
			break;
		err = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	if (rc == RC_OK && err != 0 && err != MDB_NOTFOUND)
		rc = map_refuse(err);
	return rc;
}

static bool
skip_entry(void *ctx, const char *key, const char *value)
{
	(void)ctx;
	(void)key;
	(void)value;
	return true;
}

/* LMDB would make a file that is not there, and not by rename. */
static int
file_is_there(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? RC_NONE : RC_IO;
	return S_ISREG(st.st_mode) && st.st_size > 0 ? RC_OK : RC_FORMAT;
}

int
map_open(struct map **out, const char *path, const struct plugin_watch *watch)
{
	struct map *map;
	int rc = file_is_there(path);
	int err;

	*out = NULL;
	if (rc != RC_OK)
		return rc;
	map = mem_new(sizeof(*map), 0, 0);
	map->path = mem_str(path);
	map->room = MAP_ROOM;
	map->watch = watch;
	err = env_open(map, MAP_FLAGS);
	rc = err == 0 ? map_walk(map, skip_entry, NULL) : map_refuse(err);
	if (rc != RC_OK) {
		err = errno;
		map_close(map);
		errno = err;
		return rc;
	}
	map_accept(map);
	*out = map;
	return RC_OK;
}

size_t
map_count(struct map *map)
{
	MDB_stat st;

	return mdb_env_stat(map->env, &st) == 0 ? st.ms_entries : 0;
}

void
map_close(struct map *map)
{
	if (map == NULL)
		return;
	mdb_env_close(map->env);
	mem_free(map->path);
	mem_free(map);
}

static bool
says_so(MDB_txn *txn, MDB_dbi dbi, const struct map_item *item)
{
	MDB_val key = val_of(item->key);
	MDB_val is;
	size_t n;

	if (mdb_get(txn, dbi, &key, &is) != 0)
		return item->value == NULL;
	if (item->value == NULL)
		return false;
	n = strlen(item->value) + 1;
	return is.mv_size == n && memcmp(is.mv_data, item->value, n) == 0;
}

static int
map_put_item(MDB_txn *txn, MDB_dbi dbi, const struct map_item *item)
{
	MDB_val key = val_of(item->key);
	MDB_val value;

	if (item->value == NULL)
		return mdb_del(txn, dbi, &key, NULL);
	value = val_of(item->value);
	return mdb_put(txn, dbi, &key, &value, 0);
}

/* One transaction under way. */
struct batch {
	MDB_txn *txn;
	size_t at; /* the item behind its last */
	size_t keys;
	uint64_t held_ns;
};

/* Puts what differs, MAP_BATCH keys at most. */
static int
put_batch(struct map *map, struct batch *batch, const struct map_item *items,
    size_t n)
{
	int err = 0;

	for (; batch->at < n && batch->keys < MAP_BATCH; batch->at++) {
		const struct map_item *item = &items[batch->at];

		if (says_so(batch->txn, map->dbi, item))
			continue;
		err = map_put_item(batch->txn, map->dbi, item);
		if (err != 0)
			break;
		batch->keys++;
	}
	return err;
}

static int
set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* Waits for the lookups to be out, and tells now and then that it lives. */
static int
take_lock(struct map *map)
{
	uint64_t ns = TRY_FIRST_NS;
	uint64_t told = now_ns();

	map_tell(map, PLUGIN_LOCKING);
	while (set_lock(map->fd, F_WRLCK) != 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return errno;
		pause_ns(ns);
		ns = ns * 2 < TRY_LAST_NS ? ns * 2 : TRY_LAST_NS;
		if (now_ns() - told > TELL_NS) {
			told = now_ns();
			map_tell(map, PLUGIN_LOCKING);
		}
	}
	return 0;
}

/* The path must still lead to the file we write. */
static bool
map_is_ours(struct map *map)
{
	struct stat here, there;

	if (fstat(map->fd, &here) != 0 || stat(map->path, &there) != 0)
		return false;
	return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

bool
map_intact(struct map *map)
{
	struct stat st;
	off_t before = map->size;

	if (!map_is_ours(map) || fstat(map->fd, &st) != 0)
		return false;
	map->size = st.st_size;
	return st.st_size >= before && last_txn(map) == map->txn;
}

void
map_accept(struct map *map)
{
	map->txn = last_txn(map);
}

/* Ends the transaction: committed under the lock, or given up. */
static int
commit_batch(struct map *map, struct batch *batch)
{
	size_t mine = mdb_txn_id(batch->txn);
	int err = take_lock(map);
	uint64_t since = now_ns();

	if (err == 0 && !map_is_ours(map))
		err = ESTALE;
	if (err == 0 && last_txn(map) + 1 != mine)
		err = MDB_BAD_TXN;
	if (err == 0)
		err = mdb_txn_commit(batch->txn);
	else
		mdb_txn_abort(batch->txn);
	if (err == 0 && mine == map->txn + 1)
		map->txn = mine;
	set_lock(map->fd, F_UNLCK);
	batch->held_ns = now_ns() - since;
	map_tell(map, PLUGIN_UNLOCKED);
	if (err == 0)
		err = mdb_env_sync(map->env, 1);
	return err;
}

static int
try_batch(struct map *map, struct batch *batch, const struct map_item *items,
    size_t n)
{
	int err = mdb_txn_begin(map->env, NULL, 0, &batch->txn);

	if (err != 0)
		return err;
	err = put_batch(map, batch, items, n);
	if (err != 0 || batch->keys == 0) {
		mdb_txn_abort(batch->txn);
		return err;
	}
	return commit_batch(map, batch);
}

/* Mends what another try can take: a full map, a writer besides us. */
static int
map_mend(struct map *map, int err)
{
	if (err == MDB_MAP_FULL) {
		map->room *= 2;
		return mdb_env_set_mapsize(map->env, map->room);
	}
	if (err == MDB_MAP_RESIZED)
		return mdb_env_set_mapsize(map->env, 0);
	return err == MDB_BAD_TXN ? 0 : err;
}

static int
map_write_batch(struct map *map, struct batch *batch,
    const struct map_item *items, size_t n)
{
	size_t at = batch->at;
	int err = 0;

	for (int tries = 0; tries < TRIES_MAX; tries++) {
		*batch = (struct batch){ .at = at };
		err = try_batch(map, batch, items, n);
		if (err == 0)
			return RC_OK;
		err = map_mend(map, err);
		if (err != 0)
			break;
	}
	errno = err > 0 ? err : EIO;
	return RC_IO;
}

int
map_write(struct map *map, const struct map_item *items, size_t n,
    struct plugin_report *report)
{
	struct batch batch = { 0 };

	while (batch.at < n) {
		int rc = map_write_batch(map, &batch, items, n);
		uint64_t us = batch.held_ns / 1000;

		if (rc != RC_OK)
			return rc;
		if (batch.keys == 0)
			break;
		report->keys += batch.keys;
		report->locks++;
		report->sum_us += us;
		if (us > report->max_us)
			report->max_us = us;
		/* Commits back to back would starve the lookups. */
		if (batch.at < n)
			pause_ns(batch.held_ns);
	}
	map_reserve(map->fd);
	return RC_OK;
}

static int
sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? mem_str(".") : mem_str(path);
	int fd, rc;

	if (slash != NULL)
		dir[slash == path ? 1 : slash - path] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mem_free(dir);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

/* Fills an environment that nobody else sees yet. */
static int
map_fill(struct map *map, const struct map_item *items, size_t n)
{
	MDB_txn *txn;
	int err;

	for (;;) {
		size_t i;

		err = mdb_txn_begin(map->env, NULL, 0, &txn);
		if (err != 0)
			return err;
		for (i = 0; i < n && err == 0; i++)
			err = map_put_item(txn, map->dbi, &items[i]);
		if (err == 0)
			err = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
		if (err != MDB_MAP_FULL)
			break;
		map->room *= 2;
		err = mdb_env_set_mapsize(map->env, map->room);
		if (err != 0)
			return err;
	}
	return err == 0 ? mdb_env_sync(map->env, 1) : err;
}

int
map_make(const char *path, const struct map_item *items, size_t n)
{
	struct map map = { .room = MAP_ROOM };
	struct buf name = { 0 };
	int err;

	buf_printf(&name, "%s.new", path);
	map.path = buf_string(&name);
	unlink(map.path);
	err = env_open(&map, MAP_FLAGS);
	if (err == 0)
		err = map_fill(&map, items, n);
	if (err == 0)
		map_reserve(map.fd);
	if (map.env != NULL)
		mdb_env_close(map.env);
	if (err == 0 && rename(map.path, path) != 0)
		err = errno;
	if (err == 0 && sync_directory(path) != 0)
		err = errno;
	if (err != 0)
		unlink(map.path);
	mem_free(map.path);
	if (err == 0)
		return RC_OK;
	errno = err > 0 ? err : EIO;
	return RC_IO;
}
