/*
 * expel.h - whose word counts no longer: what leaves the database because its
 * signer is revoked, forgotten, or vouched for by nobody.
 */

#ifndef CORE_EXPEL_H
#define CORE_EXPEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/lsa/crypto.h"

struct engine;
struct lsa;

/* The revocation of this key, or NULL. */
const struct lsa *expel_revocation(
    const struct engine *e, const uint8_t signer[CRYPTO_DIGEST]);

/* The authority's word by which it is forgotten, with whatever key its origin
 * said it: who was away may still have what was said with one that nobody here
 * remembers. Or NULL. */
const struct lsa *expel_forget(const struct engine *e, const struct lsa *lsa);

/* Takes it out of the database; lsa: and says that nobody may have said it. */
void expel_take_out(struct engine *e, struct lsa *lsa);
void expel_lsa(struct engine *e, struct lsa *lsa, int rc);

/* The key of this claim is nobody's any more: what routes were made of it are
 * to leave, unless its server says it anew. */
void expel_key_gone(struct engine *e, const struct lsa *claim);

/* Everything that the key of this revocation signed, whoever it names. */
void expel_revoked(struct engine *e, const struct lsa *word);

/* What a server claimed until this word of the authority. */
void expel_forgotten(struct engine *e, const struct lsa *word);

/* An authority is trusted no more: what nobody else vouches for. Our own is
 * said anew instead (origin.c). */
void expel_distrusted(struct engine *e);

#endif
