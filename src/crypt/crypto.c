#include "crypt/crypto.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/cur.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "crypt/claim.h"
#include "crypt/ed25519.h"

/* Fetched once: looking algorithms up by name costs more than a digest. */
struct lender {
	EVP_MD *sha256;
	EVP_MD_CTX *md;
	EVP_PKEY *key;
	uint8_t authority[CRYPTO_PUBLIC];
	bool has_authority;
	uint8_t also[CRYPTO_PUBLIC]; /* another one, for a time */
	bool has_also;
	enum ed25519_by by;
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

static bool
verify(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC], const void *p,
    size_t n, const uint8_t sig[CRYPTO_SIGNATURE])
{
	const struct lender *l = ctx;

	return ed25519_verify(l->by, public_key, p, n, sig);
}

/* The part of a certificate that is signed, as it stands in `der`. */
static bool
signed_part(const uint8_t *der, size_t n, struct cur *out)
{
	const uint8_t *at = der, *from;
	int tag, class;
	long len;

	/* 0x80: an error; 1: of no stated length, which is not DER */
	if (n > LIMIT_CERT_OCTETS ||
	    ASN1_get_object(&at, &len, &tag, &class, (long)n) & 0x81)
		return false;
	from = at;
	if (ASN1_get_object(&at, &len, &tag, &class, len) & 0x81)
		return false;
	*out = cur_over(from, (size_t)(at - from) + (size_t)len);
	return true;
}

/* By an authority, and accepted by the rule for all signatures. */
static bool
is_signed(
    const struct lender *l, const X509 *cert, const uint8_t *der, size_t n)
{
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *outer;
	struct cur part;

	X509_get0_signature(&sig, &outer, cert);
	return X509_get_signature_nid(cert) == NID_ED25519 &&
	       X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(cert)) == 0 &&
	       ASN1_STRING_length(sig) == CRYPTO_SIGNATURE &&
	       (sig->flags & 7) == 0 && /* no bit of it was left out */
	       signed_part(der, n, &part) &&
	       ((l->has_authority &&
		    ed25519_verify(l->by, l->authority, part.p, part.left,
			ASN1_STRING_get0_data(sig))) ||
		   (l->has_also && ed25519_verify(l->by, l->also, part.p,
				       part.left, ASN1_STRING_get0_data(sig))));
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
	if (!is_signed(l, cert, der, n))
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
	l->key = key;
	l->has_authority = authority != NULL;
	if (authority != NULL)
		memcpy(l->authority, authority, CRYPTO_PUBLIC);
	l->has_also = false;
}

void
crypto_also(struct crypto *crypto, const uint8_t authority[CRYPTO_PUBLIC])
{
	struct lender *l = crypto->ctx;

	l->has_also = authority != NULL;
	if (authority != NULL)
		memcpy(l->also, authority, CRYPTO_PUBLIC);
}

void
crypto_init(struct crypto *crypto, struct evp_pkey_st *key,
    const uint8_t authority[CRYPTO_PUBLIC])
{
	struct lender *l = mem_new(sizeof(*l), 0, 0);

	l->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	l->md = EVP_MD_CTX_new();
	l->by = ed25519_choose();
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
	EVP_MD_CTX_free(l->md);
	EVP_MD_free(l->sha256);
	mem_free(l);
	memset(crypto, 0, sizeof(*crypto));
}
