/*
 * store_io.h - what must survive a restart: the files `epoch`, `overrides` and
 * `journal`, and `state`, which was the journal of versions before.
 *
 *     u64  "lsrdsave"
 *     u32  version, 1
 *     u32  what, enum save_what
 *     u64  octets behind the digest
 *     32   SHA-256 over the file with these 32 octets as zeros
 *     ...  the engine's octets, opaque here
 *
 * Such a file is written under another name, synced, renamed, and the folder is
 * synced: what has its name is whole. The epoch and the overrides are a few octets
 * and written at once. The state is a journal (journal.h). Each life begins with the whole
 * in a new file, so nothing that a life before may still be writing is in it;
 * then what changed is put behind it, until that is as much again. A child
 * process encodes it, takes its codes and writes it, so that the loop waits for
 * nothing, and what lsrd needs for it is the fork. What comes while one is
 * written is saved after it; what could not be written is tried again.
 *
 * Where there is a `state`, an older lsrd was here last: it is read once, and
 * goes when there is a journal with all of it.
 */

#ifndef IO_STORE_IO_H
#define IO_STORE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/lsa/crypto.h"
#include "core/node/engine.h"
#include "io/loop.h"
#include "io/sink.h"

#define STORE_IO_RETRY_MS 5000

/* So long an orderly stop waits for the disk: with the sessions' ends and the
 * publisher's it is to be over before systemd loses patience (10 s). What a
 * disk does not take in that time the peers have. */
#define STORE_IO_STOP_MS 5000

struct store_io;
struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/*
 * Carries out FX_SAVE. The folder must exist; `dir` is copied. `crypto` lends
 * its digest; it, the loop and the sink are lent for its life.
 */
struct store_io *store_io_new(struct loop *loop, struct sink *sink,
    const char *dir, const struct crypto *crypto);

/* This server's own key from now on: what is saved is sealed by it. Before
 * anything is loaded. */
void store_io_key(struct store_io *io, const struct evp_pkey_st *key);

/* In place of fork(2), where the process has threads. */
void store_io_fork(struct store_io *io, pid_t (*hand)(void *ctx), void *ctx);

/* Gives the engine the parts of the journal, in order. */
void store_io_parts(struct store_io *io);

/*
 * What was saved in one. On RC_OK *octets are the caller's. RC_NONE: nothing was
 * saved; anything else: the file is foreign or broken, it was logged and put
 * aside as `NAME.bad`. *octets is NULL then.
 */
int store_io_load(
    struct store_io *io, enum save_what what, uint8_t **octets, size_t *n);

/* Waits for what is being written, and writes what waits: for STORE_IO_STOP_MS
 * at most. */
void store_io_free(struct store_io *io);

#endif
