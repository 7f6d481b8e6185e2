/*
 * cheap_seal.h - the functions of core/lsa/crypto.h without cryptography.
 *
 * Digests are 64 bits spread over 32 octets, and a signature is the digest
 * of public key and octets: whoever knows how can forge it, but a wrong key
 * or a changed octet shows. A certificate is a text that the authority has
 * signed in the same way.
 */

#ifndef T_SIM_CHEAP_CRYPTO_H
#define T_SIM_CHEAP_CRYPTO_H

#include "base/buf.h"
#include "core/lsa/crypto.h"

struct cheap_seal {
	uint8_t public_key[CRYPTO_PUBLIC];
	/* Is told what is signed with this key; may be NULL. */
	void (*signed_)(void *ctx, const uint8_t *p, size_t n);
	void *ctx;
};

/* The public key of this name; another number is another key. */
void cheap_seal_key(
    const char *name, uint32_t number, uint8_t out[CRYPTO_PUBLIC]);

/* The authority's key, and the digest of it: the organization. */
void cheap_seal_authority(
    uint8_t key[CRYPTO_PUBLIC], uint8_t org[CRYPTO_DIGEST]);

void cheap_seal_digest(const void *p, size_t n, uint8_t out[CRYPTO_DIGEST]);

/* Lent: `cheap` outlives it. */
struct crypto cheap_seal_new(struct cheap_seal *cheap);

/* The certificate that says this of key `number` of that name. */
void cheap_seal_certify(
    struct buf *out, const struct claims *claims, uint32_t number);

#endif
