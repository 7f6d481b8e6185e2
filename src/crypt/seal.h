/*
 * seal.h - by what a server knows what it has written itself: a key of its
 * own, derived from its private key (HKDF, RFC 5869), and codes under it
 * (HMAC-SHA256, RFC 2104, its first half). Who cannot read the private key
 * can neither make one nor change what has one.
 */

#ifndef CRYPT_SEAL_H
#define CRYPT_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SEAL_KEY 32
#define SEAL_CODE 16

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

struct seal {
	uint8_t key[SEAL_KEY];
};

void seal_init(struct seal *seal, const struct evp_pkey_st *key);

/* The code of `head` and, behind it, `octets`. */
void seal_code(const struct seal *seal, const struct buf *head,
    const void *octets, size_t n, uint8_t code[SEAL_CODE]);

#endif
