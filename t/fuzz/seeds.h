/*
 * seeds.h - what the files of seeds.c share.
 */

#ifndef T_FUZZ_SEEDS_H
#define T_FUZZ_SEEDS_H

#include "base/buf.h"

/* Writes an input of that target; the octets are gone then. */
void seeds_put(const char *target, const char *name, struct buf *b);

/* Sessions of stranger.h. */
void seeds_session(void);
/* What may stand behind the parts of a state. */
void seeds_state(const struct buf *parts);

#endif
