/*
 * map.h - one LMDB file as Postfix reads it, and its only writer.
 *
 * Postfix opens the file with MDB_NOSUBDIR and MDB_NOLOCK and takes a shared
 * fcntl lock on it for each lookup, for as long as it takes: whoever holds
 * the exclusive lock stops all mail. So everything that can be done before
 * the lock is done before it:
 *
 *      begin, compare, put        lock   commit: pages, sync, meta   unlock
 *   ---------------------------- [===================================] ----
 *      private pages only               what a lookup waits for
 *
 * That is allowed because there is one writer: nobody else changes what the
 * transaction began from. If somebody did (postmap by hand) the transaction
 * is given up under the lock, unwritten, and begun again.
 *
 * Keys and values end with one NUL, as postmap writes them, without
 * exception: a Postfix process that has once found one form never finds the
 * other. The lock is F_OFD_SETLK: closing another descriptor of the file
 * does not drop it.
 */

#ifndef POSTFIX_MAP_H
#define POSTFIX_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "plugins/plugin.h"

/* Keys in one transaction: then a pause as long as the lock was held. */
#define MAP_BATCH 1000

struct map;

/* Texts are lent for the call. */
struct map_item {
	const char *key;
	const char *value; /* NULL: no such key */
};

/*
 * Opens the file for writing. RC_NONE: it is not there. RC_FORMAT: not what
 * we write, or another form of NUL: map_make() anew. RC_IO: errno tells.
 * `watch` is lent until map_close().
 */
int map_open(
    struct map **out, const char *path, const struct plugin_watch *watch);

/*
 * Makes a file of just these items, all with a value, under another name,
 * syncs it and puts it in the place of `path`. RC_OK or RC_IO.
 */
int map_make(const char *path, const struct map_item *items, size_t n);

/*
 * Writes what differs, in batches; adds to *report. RC_OK, or RC_IO with
 * errno: the batches before are written, this and the next are not, and the
 * map is to be closed.
 */
int map_write(struct map *map, const struct map_item *items, size_t n,
    struct plugin_report *report);

/*
 * Calls `entry` for each key in order; it returns false to end. Key and
 * value are lent for the call and end with a NUL. RC_OK, RC_FORMAT (an
 * entry without its NUL), RC_IO.
 */
int map_walk(struct map *map,
    bool (*entry)(void *ctx, const char *key, const char *value), void *ctx);

/* True if the path still leads to this file, and nobody has cut it or written to
 * it: another transaction is the last than ours. Then only the whole tells what
 * differs. */
bool map_intact(struct map *map);

/* What stands there is compared with the whole now, whoever wrote it. */
void map_accept(struct map *map);

/* The number of keys. */
size_t map_count(struct map *map);

void map_close(struct map *map);

#endif
