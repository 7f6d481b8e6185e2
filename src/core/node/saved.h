/*
 * saved.h - what survives a restart: the epoch, and the database with the
 * table that was published last. (lsrd(8), FILES)
 *
 * The state is a row of items, of which each counts for what came before it:
 * the whole, and then what changed. Each is u8 kind, u32 n octets:
 *
 *     1  an LSA
 *     2  one that is not there any more: u8 type, u8 n origin, its id
 *     3  of the table: u64 generation, u8 1: none of the routes before stands
 *     4  a route (rib.h), without its path
 *     5  one that is not there any more: its pattern
 *     6  all hops that refuse to relay (refusal.h)
 *     7  what was read in the certificates of the identity LSA that follows
 *        (signers.h). Where another lsrd would read something else in them,
 *        this is to have another number
 *     8  who was trusted to vouch for that in the rest of this part: the
 *        digests of the authorities' keys. Where one of them is trusted no
 *        more, certificates are read anew
 *
 * Other kinds are of a later version, and left out. Items come in parts, each
 * of which the shell gives whole or not at all, and says whether we wrote it:
 * then signatures are not verified again. Of any other part the LSAs alone
 * count, judged like anything from outside: one that is not right is left out
 * by name, and the peers have it.
 */

#ifndef CORE_SAVED_H
#define CORE_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

void saved_tick(struct engine *e);
/* What is not saved yet is saved now. */
void saved_now(struct engine *e);
void saved_restore_epoch(struct engine *e, const uint8_t *p, size_t n);
/* What is published stays known, though the state may be lost. */
void saved_restore_table(struct engine *e, const uint8_t *p, size_t n);
void saved_restore_part(
    struct engine *e, const uint8_t *p, size_t n, bool trusted);
/* All parts are there, or this is the file of before. */
void saved_restore(struct engine *e, const uint8_t *p, size_t n);
void saved_done(struct engine *e);

#endif
