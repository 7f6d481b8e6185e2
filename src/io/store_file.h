/*
 * store_file.h - one file that is whole or not there: the form of the files
 * of store_io.h, and their way to the disk and back. Blocks.
 */

#ifndef IO_STORE_FILE_H
#define IO_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/lsa/crypto.h"

#define STORE_FILE_HEAD 56
/* Octets: a database at its limit of 128 MB, and a table of as many again. */
#define STORE_FILE_MAX 536870912u

/* The form: head, digest, and the octets. */
void store_file_encode(struct buf *out, uint32_t what, const void *octets,
    size_t n, const struct crypto *crypto);

/*
 * *inner points into `file` (which is changed for the while) on RC_OK; else
 * RC_SHORT, RC_LONG, RC_FORMAT, RC_VERSION or RC_DIGEST.
 */
int store_file_decode(uint8_t *file, size_t n, uint32_t what,
    const struct crypto *crypto, const uint8_t **inner);

/* Writes `dir`/`name`, by way of `name`.new. RC_IO: errno tells. */
int store_file_write(
    const char *dir, const char *name, const void *octets, size_t n);

/* Reads it whole; RC_NONE when there is none, RC_IO, RC_LONG. The caller's. */
int store_file_read(
    const char *dir, const char *name, uint8_t **octets, size_t *n);

/* Whether there is one; and takes it away: RC_OK if none is there then. */
bool store_file_is(const char *dir, const char *name);
int store_file_drop(const char *dir, const char *name);

/* Puts it aside as `name`.bad. */
void store_file_aside(const char *dir, const char *name);

#endif
