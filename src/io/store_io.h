/*
 * store_io.h - what must survive a restart: the files `epoch` and `state`.
 *
 *     u64  "lsrdsave"
 *     u32  version, 1
 *     u32  what, enum save_what
 *     u64  octets behind the digest
 *     32   SHA-256 over the file with these 32 octets as zeros
 *     ...  the engine's octets, opaque here
 *
 * A file is written under another name, synced, renamed, and the folder is
 * synced: what has its name is whole. The epoch is a few octets and written
 * at once. The state may be large: a child process encodes it, takes its
 * digest and writes it, so that the loop waits for neither, and what lsrd
 * needs for it is the fork. What comes while one is written is saved after
 * it, once, as it is then; what could not be written is tried again.
 */

#ifndef IO_STORE_IO_H
#define IO_STORE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "core/lsa/crypto.h"
#include "core/node/engine.h"
#include "io/loop.h"
#include "io/sink.h"

#define STORE_IO_RETRY_MS 5000

struct store_io;

/*
 * Carries out FX_SAVE. The folder must exist; `dir` is copied. `crypto` lends
 * its digest; it, the loop and the sink are lent for its life.
 */
struct store_io *store_io_new(struct loop *loop, struct sink *sink,
    const char *dir, const struct crypto *crypto);

/*
 * What was saved. On RC_OK *octets are the caller's. RC_NONE: nothing was
 * saved; anything else: the file is foreign or broken, it was logged and put
 * aside as `NAME.bad`. *octets is NULL then.
 */
int store_io_load(
    struct store_io *io, enum save_what what, uint8_t **octets, size_t *n);

/* Waits for what is being written, and writes what waits. */
void store_io_free(struct store_io *io);

#endif
