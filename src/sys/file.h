/*
 * file.h - octets to a file and from it, whole: a call that was interrupted or
 * did a part is made again. After RC_IO errno tells.
 */

#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stddef.h>

#include "base/buf.h"

/* All of them. RC_IO. */
int file_put(int fd, const void *octets, size_t n);

/* To the end of it, at most `most` octets: RC_LONG for more. RC_IO. */
int file_take(int fd, size_t most, struct buf *out);

/* The same of a file by its name; RC_NONE: there is none. */
int file_load(const char *path, size_t most, struct buf *out);

/* That, for who must not wait: RC_STATE for what is no regular file. A FIFO that
 * nobody writes to has no end. */
int file_load_regular(const char *path, size_t most, struct buf *out);

/*
 * Puts these octets in the place of the file, mode 644, by way of PATH.new: it is
 * whole, or as it was. RC_STATE: what is there is no regular file, as /dev/stdout;
 * RC_IO.
 */
int file_replace(const char *path, const void *octets, size_t n);

/* Has the disk know the name of this file: what a rename() to it needs. */
int file_sync_name(const char *path);

/* A few words for the usual reasons why a file could not be written. */
const char *file_reason(int error);

/* close() that leaves errno alone. */
void file_close(int fd);

#endif
