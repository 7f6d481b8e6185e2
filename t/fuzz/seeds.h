/*
 * seeds.h - what the files of seeds.c share.
 */

#ifndef T_FUZZ_SEEDS_H
#define T_FUZZ_SEEDS_H

#include "base/buf.h"

struct mtable_annex;
struct route;

/* Writes an input of that target; the octets are gone then. */
void seeds_put(const char *target, const char *name, struct buf *b);

/* Sessions of stranger.h. */
void seeds_session(void);
/* What the publisher is given, and what it keeps of it: fuzz_serve.c,
 * fuzz_copy.c. */
void seeds_publish(
    const struct route *list, size_t n, const struct mtable_annex *annex);
/* What may stand behind the parts of a state. */
void seeds_state(const struct buf *parts);

#endif
