/*
 * memory.h - own visits of messages that have come far (mark_memory in
 * core/trace/mark.h), for processes that live for one connection each: a file,
 * which Exim's user can write to. Records of one length are put behind each
 * other, each in one write; a full file becomes NAME.old. No process waits for
 * another, and a record that is torn or bent is none.
 *
 * A record, integers big-endian:
 *
 *     u64 CRC-64 of the rest, 32 digest of the message's name, 32 queue id
 *     with NUL, 32 key, 16 recipients, u64 time, u64 epoch, u64 generation
 *     then, u64 epoch, u64 generation before
 */

#ifndef EXIM_MEMORY_H
#define EXIM_MEMORY_H

#include "core/trace/mark.h"

#define MEMORY_RECORD 160

/* NULL: nobody remembers anything. The caller's, mark_memory_free(). */
struct mark_memory *memory_read(const char *path);

/* Nothing is said where that fails: without a memory a loop through a hop
 * without marks is found later, by the next record that can be written. */
void memory_append(const char *path, const struct visit *visit,
    const uint8_t message[CRYPTO_DIGEST], const char *queue_id);

#endif
