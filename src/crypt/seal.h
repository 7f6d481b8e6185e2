/*
 * seal.h - core/lsa/seal.h by OpenSSL: SHA-256 (FIPS 180-4), Ed25519 (RFC 8032),
 * certificates of the organization's authority (RFC 5280; lsrd-protocol(7) 1).
 *
 * The functions keep nothing between calls but the server's key and the
 * authority's public key, which seal_rekey() replaces in place: the engine
 * borrows the struct for its life. They leave OpenSSL's error queue empty.
 */

#ifndef CRYPT_SEAL_H
#define CRYPT_SEAL_H

#include "core/lsa/seal.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/*
 * Fills `seal`. `key` is taken over and may be NULL (then sign() must not be
 * called); `authority` is copied and may be NULL (then vouch() refuses all).
 */
void seal_init(struct seal *seal, struct evp_pkey_st *key,
    const uint8_t authority[SEAL_PUBLIC]);

/* Other keys from now on, as in seal_init(). */
void seal_rekey(struct seal *seal, struct evp_pkey_st *key,
    const uint8_t authority[SEAL_PUBLIC]);

void seal_done(struct seal *seal);

#endif
