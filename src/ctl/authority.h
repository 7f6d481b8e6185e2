/*
 * authority.h - the organization's authority as files: its key, its
 * certificate, and who it says the organization is.
 */

#ifndef CTL_AUTHORITY_H
#define CTL_AUTHORITY_H

#include <stdint.h>

#include "core/lsa/crypto.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

struct authority {
	struct evp_pkey_st *key;
	uint8_t public_key[CRYPTO_PUBLIC];
	uint8_t org[CRYPTO_DIGEST];
	char *organization; /* as its certificate says; shown only */
	uint8_t *der;
	size_t der_len;
};

/*
 * Reads authority.key and authority.pem of a folder and sees that they
 * belong together. CALL_OK, and the caller ends it with authority_done(); or
 * another status after a complaint.
 */
int authority_open(const char *directory, struct authority *authority);
void authority_done(struct authority *authority);

#endif
