/*
 * ahead.h - signatures that other threads verify before the engine asks.
 *
 * In a large exchange nine tenths of the work is signatures, and what
 * crypto.h offers is pure: the same octets, the same answer. So what a session
 * brings is read ahead, its LSAs' signatures are looked at by other threads,
 * and the octets go to the engine, in order, when that is done. What it then
 * asks of ahead_crypto() is answered by what was found out, if that was of the
 * same key, octets and signature; anything else is verified there and then. The
 * engine knows nothing of it, and does the same with it as without.
 *
 *     line_put --> job --> todo --> a thread --> done --> take()
 *                   |                              ^
 *                   +-- few LSAs, nothing before --+   at once
 *                   +-- no thread came to it in time
 *
 * Nothing waits for a thread that hangs: octets that have waited for
 * AHEAD_PATIENCE_MS go to the engine as they are. On a machine with one
 * processor, or where no thread can be had, all do so at once.
 *
 * A thread sees its job, and nothing else of the process; none runs during
 * ahead_fork(), so that no lock of a library is held in the child.
 */

#ifndef IO_AHEAD_H
#define IO_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <event2/event.h>

#include "base/buf.h"
#include "core/lsa/crypto.h"

#define AHEAD_PATIENCE_MS 200

/* So many LSAs at once are an exchange; fewer are no work to give away. */
#define AHEAD_FEW 8

/* Octets of one session, and of all, that wait: a few hundred LSAs keep every
 * thread busy, and are verified in 20 ms where none comes. A session that has
 * so many is not read from. */
#define AHEAD_LINE 131072
#define AHEAD_ALL 1048576

#define AHEAD_THREADS 4

struct ahead;
struct ahead_line;

/* Both are lent; `threads` as ahead_threads() says, 0: it only passes on. */
struct ahead *ahead_new(
    struct event_base *base, const struct crypto *crypto, size_t threads);

/* One for each processor of ours: the loop needs a fifth of one; none where
 * there is one alone. */
size_t ahead_threads(void);

/* Lent: what the engine is to ask. */
const struct crypto *ahead_crypto(const struct ahead *ahead);

/* The organization's key from now on; of another nothing counts. */
void ahead_authority(struct ahead *ahead, const uint8_t key[CRYPTO_PUBLIC]);

/* And this one's counts, too, until then. */
void ahead_also(struct ahead *ahead, const uint8_t key[CRYPTO_PUBLIC]);

/* As fork(2), while no thread works. */
pid_t ahead_fork(void *ahead);

void ahead_free(struct ahead *ahead);

/*
 * What one session brings; `take` is given all of it in order, each time with
 * octets that are lent for the call. It may end the line.
 */
struct ahead_line *ahead_line_new(struct ahead *ahead,
    void (*take)(void *ctx, const uint8_t *octets, size_t n), void *ctx);
void ahead_line_put(struct ahead_line *line, const uint8_t *octets, size_t n);

/* Whether nothing more is to be read for it until take() was called again. */
bool ahead_line_is_full(const struct ahead_line *line);

/* What was put and not taken is appended to `rest`, unless that is NULL. */
void ahead_line_end(struct ahead_line *line, struct buf *rest);

#endif
