/*
 * file.h - an input as a file, for what reads files. The file is one for
 * the whole run, in the current folder, and has no name any more.
 */

#ifndef T_FUZZ_FILE_H
#define T_FUZZ_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A path at which the octets can be read; lent. */
const char *file_of(const uint8_t *p, size_t n);

#endif
