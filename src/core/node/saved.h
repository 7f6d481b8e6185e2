/*
 * saved.h - what survives a restart: the epoch, and the database with the
 * table that was published last. (lsrd(8), FILES)
 *
 *     u8 version; u32 n LSAs, each u32 length and its octets;
 *     u64 generation; u32 n routes (rib.h);
 *     u32 n hops that refuse to relay (refusal.h), which may be missing
 *
 * What is read is judged like anything from outside: one LSA that is not
 * right is left out by name, and the peers have it. Version 1 had the keys
 * that leave behind the routes, which did not tell: u32 n, n times u16 n
 * pattern, u32 what was left of the hour in ms. It is read, and never written.
 */

#ifndef CORE_SAVED_H
#define CORE_SAVED_H

#include <stddef.h>
#include <stdint.h>

struct engine;

void saved_tick(struct engine *e);
/* What is not saved yet is saved now. */
void saved_now(struct engine *e);
void saved_restore_epoch(struct engine *e, const uint8_t *p, size_t n);
/* What is published stays known, though the state may be lost. */
void saved_restore_table(struct engine *e, const uint8_t *p, size_t n);
void saved_restore(struct engine *e, const uint8_t *p, size_t n);

#endif
