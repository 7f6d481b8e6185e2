/*
 * ed25519.h - whether an Ed25519 signature is accepted: by one rule, whoever
 * computes (lsrd-protocol(7), at its beginning).
 *
 * Libraries differ about signatures that no honest signer makes, and so do
 * the versions of one. Were one server to accept what another refuses, their
 * databases would never agree again; so what they differ about is judged
 * here, and the library is left with the one equation.
 */

#ifndef CRYPT_ED25519_H
#define CRYPT_ED25519_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lsa/crypto.h"

enum ed25519_by {
	ED25519_SODIUM, /* in less than half of the time */
	ED25519_OPENSSL
};

/*
 * libsodium, unless it is one that multiplies the equation by the cofactor,
 * as versions after 1.0.18 do: those accept more. It is asked, not its number.
 */
enum ed25519_by ed25519_choose(void);

bool ed25519_verify(enum ed25519_by by, const uint8_t public_key[CRYPTO_PUBLIC],
    const void *p, size_t n, const uint8_t sig[CRYPTO_SIGNATURE]);

#endif
