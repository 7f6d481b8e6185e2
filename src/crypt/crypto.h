/*
 * crypto.h - core/lsa/crypto.h by OpenSSL: SHA-256 (FIPS 180-4), signing by
 * Ed25519 (RFC 8032), certificates of the organization's authority (RFC 5280;
 * lsrd-protocol(7) 1). Signatures are verified by ed25519.h.
 *
 * The functions keep nothing between calls but the server's key and the
 * authority's public key, which crypto_rekey() replaces in place: the engine
 * borrows the struct for its life. They leave OpenSSL's error queue empty.
 */

#ifndef CRYPT_CRYPTO_H
#define CRYPT_CRYPTO_H

#include "core/lsa/crypto.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/*
 * Fills `crypto`. `key` is taken over and may be NULL (then sign() must not be
 * called); `authority` is copied and may be NULL (then vouch() refuses all).
 */
void crypto_init(struct crypto *crypto, struct evp_pkey_st *key,
    const uint8_t authority[CRYPTO_PUBLIC]);

/* Other keys from now on, as in crypto_init(); no other authority any more. */
void crypto_rekey(struct crypto *crypto, struct evp_pkey_st *key,
    const uint8_t authority[CRYPTO_PUBLIC]);

/* What this authority signed is vouched for as well; NULL: none. */
void crypto_also(struct crypto *crypto, const uint8_t authority[CRYPTO_PUBLIC]);

void crypto_done(struct crypto *crypto);

#endif
