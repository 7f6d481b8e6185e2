#include "crypt/seal.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/check.h"

#define PRIVATE 32 /* octets of an Ed25519 key */
#define CODE_WHOLE 32

static char sha256[] = "SHA256";
static char label[] = "lsrd saved state 1";

void
seal_init(struct seal *seal, const struct evp_pkey_st *key)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	uint8_t secret[PRIVATE];
	size_t n = sizeof(secret);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, secret, sizeof(secret)),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_INFO, label, sizeof(label) - 1),
		OSSL_PARAM_construct_end(),
	};

	CHECK(EVP_PKEY_get_raw_private_key(key, secret, &n) == 1 &&
	      n == sizeof(secret));
	CHECK(ctx != NULL &&
	      EVP_KDF_derive(ctx, seal->key, sizeof(seal->key), params) == 1);
	OPENSSL_cleanse(secret, sizeof(secret));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

void
seal_code(const struct seal *seal, const struct buf *head, const void *octets,
    size_t n, uint8_t code[SEAL_CODE])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	uint8_t whole[CODE_WHOLE];
	size_t done;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};

	CHECK(ctx != NULL &&
	      EVP_MAC_init(ctx, seal->key, sizeof(seal->key), params) == 1 &&
	      EVP_MAC_update(ctx, head->p, head->n) == 1 &&
	      EVP_MAC_update(ctx, octets, n) == 1 &&
	      EVP_MAC_final(ctx, whole, &done, sizeof(whole)) == 1);
	memcpy(code, whole, SEAL_CODE);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}
