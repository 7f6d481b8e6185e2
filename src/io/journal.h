/*
 * journal.h - the form of the file `journal`: the state whole, and behind it
 * what changed since, in frames. Blocks.
 *
 *     u64  "lsrdjrnl"
 *     u32  version, 1
 *     16   of this file alone: random
 *     16   code (crypt/seal.h) of what is before it
 *
 *     u32  octets, not 0
 *     ...  the engine's, opaque here
 *     16   code of the file's 16 octets, u64 this frame's place in the file,
 *          its length, and its octets
 *
 * A frame counts whole or not at all. The whole is written beside, synced and
 * renamed, so what has the name has its first frames; each change is one
 * frame behind, synced before the next. So a power cut leaves all frames or
 * all but the last: what is at the end and has no right code, or is no frame,
 * was never there. A frame elsewhere that has no right code, and each of a
 * file whose head has none (it is another server's, or of another key of
 * ours), is not ours: whoever reads it judges it as from outside.
 */

#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"
#include "crypt/seal.h"

#define JOURNAL_NAME "journal"
#define JOURNAL_SALT 16
#define JOURNAL_HEAD (12 + JOURNAL_SALT + SEAL_CODE)

/* A file that is being written, or read. */
struct journal {
	const struct seal *seal;
	uint8_t salt[JOURNAL_SALT];
	uint64_t octets; /* of the file so far */
	bool ours;       /* what is read has a head of ours, and its last */
	uint64_t end;    /* frame of ours ends there; 0: not looked for yet */
};

/* The head, and one frame more; appended to `out`. */
void journal_put_head(struct journal *journal, struct buf *out);
void journal_put(
    struct journal *journal, const void *octets, size_t n, struct buf *out);

/* A frame of a file. */
struct journal_frame {
	const uint8_t *octets; /* lent by the file */
	size_t n;
	bool ours;
};

/*
 * The head of a file: RC_OK, RC_SHORT, RC_FORMAT or RC_VERSION. Then each
 * frame; false: there is none any more, and what is left in `in` is torn.
 */
int journal_get_head(struct journal *journal, struct cur *in);
bool journal_get(
    struct journal *journal, struct cur *in, struct journal_frame *frame);

/* The whole into the folder's file, by way of a new one; `journal` is that one
 * then. `write` gives it by journal_file_add(). RC_OK, or RC_IO with errno. */
struct journal_file;
int journal_write(const char *dir, struct journal *journal,
    void (*write)(struct journal_file *file, void *ctx), void *ctx);
void journal_file_add(struct journal_file *file, const void *octets, size_t n);

/*
 * Frames behind those of the folder's file: `frames` are u32 octets and as
 * many, each. RC_OK, or RC_IO with errno; ESTALE: it is not this file any more.
 * The same, or more, may be tried again.
 */
int journal_append(
    const char *dir, struct journal *journal, const struct buf *frames);

#endif
