/*
 * fuzz_csr.c - a request for a certificate, as somebody brings it to the
 * authority. What is accepted holds to the grammar of names. It is tried as it
 * came, and signed anew: what is changed would not get past its signature.
 */

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/rc.h"
#include "base/str.h"
#include "crypt/csr.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_DER);

static int
csr_tried(const uint8_t *p, size_t n)
{
	struct claims *wishes;
	int rc = csr_read(p, n, &wishes);

	FUZZ_CHECK((rc == RC_OK) == (wishes != NULL));
	if (rc != RC_OK)
		return rc;
	FUZZ_CHECK(wishes->name == NULL || str_is_host(wishes->name));
	FUZZ_CHECK(wishes->group == NULL || str_is_word(wishes->group));
	for (size_t i = 0; i < wishes->nspaces; i++)
		FUZZ_CHECK(str_is_pattern(wishes->spaces[i]));
	for (size_t i = 0; i < wishes->nrelays; i++)
		FUZZ_CHECK(str_is_pattern(wishes->relays[i]));
	claims_free(wishes);
	return rc;
}

/* Whoever asks has a key of his own, and signs whatever he wants. */
static void
signed_anew(const uint8_t *p, size_t n)
{
	static const uint8_t secret[32] = { 7 };
	X509_REQ *request = d2i_X509_REQ(NULL, &p, (long)n);
	unsigned char *octets = NULL;
	EVP_PKEY *key;
	int len;

	if (request == NULL)
		return;
	key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, secret, sizeof(secret));
	CHECK(key != NULL && X509_REQ_set_pubkey(request, key) == 1);
	if (X509_REQ_sign(request, key, NULL) != 0) {
		len = i2d_X509_REQ(request, &octets);
		if (len > 0)
			FUZZ_CHECK(
			    csr_tried(octets, (size_t)len) != RC_SIGNATURE);
	}
	OPENSSL_free(octets);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	(void)csr_tried(p, n);
	signed_anew(p, n);
	return 0;
}
