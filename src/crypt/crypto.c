#include "crypt/crypto.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/claim.h"

/* Fetched once: looking algorithms up by name costs more than a digest. */
struct lender {
	EVP_MD *sha256;
	EVP_MD_CTX *md;
	EVP_PKEY *key;
	EVP_PKEY *authority;
};

static void
digest(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_DIGEST])
{
	struct lender *l = ctx;

	CHECK(EVP_DigestInit_ex2(l->md, l->sha256, NULL) == 1 &&
	      EVP_DigestUpdate(l->md, p, n) == 1 &&
	      EVP_DigestFinal_ex(l->md, out, NULL) == 1);
}

static void
sign(void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE])
{
	struct lender *l = ctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = CRYPTO_SIGNATURE;

	CHECK(l->key != NULL && md != NULL);
	CHECK(EVP_DigestSignInit(md, NULL, NULL, NULL, l->key) == 1 &&
	      EVP_DigestSign(md, out, &len, p, n) == 1);
	CHECK(len == CRYPTO_SIGNATURE);
	EVP_MD_CTX_free(md);
}

static EVP_PKEY *
public_new(const uint8_t public_key[CRYPTO_PUBLIC])
{
	return EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, public_key, CRYPTO_PUBLIC);
}

static bool
verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const void *p,
    size_t n, const uint8_t sig[CRYPTO_SIGNATURE])
{
	EVP_PKEY *key = public_new(public_key);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok;

	(void)ctx;
	CHECK(md != NULL);
	ok = key != NULL &&
	     EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
	     EVP_DigestVerify(md, sig, CRYPTO_SIGNATURE, p, n) == 1;
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

static int
vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	struct lender *l = ctx;
	X509 *cert;
	int rc = claim_x509(der, n, &cert);

	*out = NULL;
	if (rc != RC_OK)
		return RC_FORMAT;
	if (l->authority == NULL || X509_verify(cert, l->authority) != 1)
		rc = RC_SIGNATURE;
	else
		rc = claim_read(cert, out);
	X509_free(cert);
	ERR_clear_error();
	return rc;
}

void
crypto_rekey(struct crypto *crypto, struct evp_pkey_st *key,
    const uint8_t authority[CRYPTO_PUBLIC])
{
	struct lender *l = crypto->ctx;

	EVP_PKEY_free(l->key);
	EVP_PKEY_free(l->authority);
	l->key = key;
	l->authority = authority == NULL ? NULL : public_new(authority);
}

void
crypto_init(struct crypto *crypto, struct evp_pkey_st *key,
    const uint8_t authority[CRYPTO_PUBLIC])
{
	struct lender *l = mem_new(sizeof(*l), 0, 0);

	l->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	l->md = EVP_MD_CTX_new();
	CHECK(l->sha256 != NULL && l->md != NULL);
	memset(crypto, 0, sizeof(*crypto));
	crypto->ctx = l;
	crypto->digest = digest;
	crypto->sign = sign;
	crypto->verify = verify;
	crypto->vouch = vouch;
	crypto_rekey(crypto, key, authority);
}

void
crypto_done(struct crypto *crypto)
{
	struct lender *l = crypto->ctx;

	if (l == NULL)
		return;
	EVP_PKEY_free(l->key);
	EVP_PKEY_free(l->authority);
	EVP_MD_CTX_free(l->md);
	EVP_MD_free(l->sha256);
	mem_free(l);
	memset(crypto, 0, sizeof(*crypto));
}
