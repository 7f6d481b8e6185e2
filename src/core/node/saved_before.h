/*
 * saved_before.h - the state's file of before, which was all in one, and is
 * read, and never written:
 *
 *     u8 version, 2; u32 n LSAs, each u32 length and its octets;
 *     u64 generation; u32 n routes (rib.h);
 *     u32 n hops that refuse to relay (refusal.h), which may be missing
 *
 * Its version 1 had the keys that leave behind the routes, which did not tell:
 * u32 n, n times u16 n pattern, u32 what was left of the hour in ms.
 */

#ifndef CORE_SAVED_BEFORE_H
#define CORE_SAVED_BEFORE_H

#include "base/cur.h"

struct engine;
struct rib;

/* Takes its LSAs, and says so; its table is the caller's, or NULL. */
struct rib *saved_before(struct engine *e, struct cur in);
/* A table: u64 generation, u32 n routes; the caller's, or NULL. */
struct rib *saved_before_rib(struct cur *in);

#endif
