/*
 * cdb_file.h - one cdb file as Exim reads it, and its only writer.
 *
 * Exim opens the file for each lookup of a delivery and takes no lock, so what
 * it opened must never change: a new file is written whole beside the old one,
 * synced and put in its place.
 *
 *     PATH.new   (room is taken)  --write, sync-->  --rename-->  PATH
 *        ^                                                         |
 *        +------------- as large as the new one, and more ---------+
 *
 * Whoever is killed at any moment leaves the old file or the new one, whole.
 * PATH.new stays there between two writings, empty, with room on the disk for
 * the next: so a disk that is full by then stops no route.
 *
 * Keys and values have no NUL at their end, and none within.
 */

#ifndef EXIM_CDB_FILE_H
#define EXIM_CDB_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "plugins/plugin.h"

struct cdb_file;

/* One that is to be made anew: it has no key, and is not there. */
struct cdb_file *cdb_file_new(const char *path);

/*
 * Reads what is there. RC_OK: *out is the caller's, to be ended with
 * cdb_file_free(); RC_NONE: it is not there; RC_FORMAT: no cdb file, half of
 * one, or one in which a key does not lead to its value; RC_IO: errno tells.
 */
int cdb_file_open(struct cdb_file **out, const char *path);

/* The same of a file that is open, which stays so: for who has no path. */
int cdb_file_read(struct cdb_file *file, int fd);

/* True if this path still leads to the file that was read or written. */
bool cdb_file_is_ours(struct cdb_file *file);

/*
 * Sets the value of a key, or takes it out (NULL); both are copied. True if it
 * was another one. The file follows with cdb_file_write().
 */
bool cdb_file_set(struct cdb_file *file, const char *key, const char *value);

/* From here on it is seen what is set; the other takes out what was not, and
 * returns how many keys that were. */
void cdb_file_mark(struct cdb_file *file);
size_t cdb_file_sweep(struct cdb_file *file);

/*
 * Writes the file, if anything was changed or it is not there. RC_OK, or RC_IO
 * with errno: the file is as it was, and this one is to be ended.
 */
int cdb_file_write(struct cdb_file *file);

/* Calls `entry` for each key in order, which are lent for the call, until it
 * returns false; that is returned. */
bool cdb_file_walk(const struct cdb_file *file,
    bool (*entry)(void *ctx, const char *key, const char *value), void *ctx);

/* The number of keys. */
size_t cdb_file_count(const struct cdb_file *file);

void cdb_file_free(struct cdb_file *file);

#endif
