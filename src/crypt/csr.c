#include "crypt/csr.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "crypt/claim.h"
#include "crypt/issue.h"

static void
csr_names(X509_REQ *request, const struct claims *wishes)
{
	GENERAL_NAMES *names = issue_names(wishes);
	STACK_OF(X509_EXTENSION) *extensions = NULL;

	if (sk_GENERAL_NAME_num(names) > 0) {
		CHECK(X509V3_add1_i2d(&extensions, NID_subject_alt_name, names,
			  0, X509V3_ADD_DEFAULT) == 1);
		CHECK(X509_REQ_add_extensions(request, extensions) == 1);
	}
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
}

void
csr_make(const struct claims *wishes, struct evp_pkey_st *key, struct buf *der)
{
	X509_REQ *request = X509_REQ_new();
	unsigned char *octets = NULL;
	int len;

	CHECK(request != NULL && X509_REQ_set_version(request, 0) == 1);
	CHECK(X509_REQ_set_pubkey(request, key) == 1);
	csr_names(request, wishes);
	CHECK(X509_REQ_sign(request, key, NULL) != 0);
	len = i2d_X509_REQ(request, &octets);
	CHECK(len > 0);
	buf_bytes(der, octets, (size_t)len);
	OPENSSL_free(octets);
	X509_REQ_free(request);
}

/* RFC 2985 5.4.2: extensions that are asked for. Others than the names are
 * the authority's affair. */
static int
wishes_read(X509_REQ *request, struct claims *c)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
	int critical = -1, rc = RC_OK;
	GENERAL_NAMES *names =
	    X509V3_get_d2i(extensions, NID_subject_alt_name, &critical, NULL);

	if (names != NULL)
		rc = claim_names(names, c);
	else if (critical == -2)
		rc = RC_TWICE;
	else if (critical >= 0)
		rc = RC_FORMAT;
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return rc;
}

/* The form first: what cannot be read need not be verified. */
static int
csr_judge(X509_REQ *request, struct claims *c)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(request);
	int rc = claim_key(key, c);

	if (rc == RC_OK)
		rc = wishes_read(request, c);
	if (rc == RC_OK && X509_REQ_verify(request, key) != 1)
		rc = RC_SIGNATURE;
	return rc;
}

int
csr_read(const uint8_t *der, size_t n, struct claims **wishes)
{
	const unsigned char *p = der;
	X509_REQ *request = NULL;
	struct claims *c;
	int rc = RC_FORMAT;

	*wishes = NULL;
	if (n > LIMIT_CERT_OCTETS)
		return RC_LONG;
	c = mem_new(sizeof(*c), 0, 0);
	request = d2i_X509_REQ(NULL, &p, (long)n);
	if (request != NULL && p == der + n)
		rc = csr_judge(request, c);
	X509_REQ_free(request);
	ERR_clear_error();
	if (rc != RC_OK) {
		claims_free(c);
		return rc;
	}
	*wishes = c;
	return RC_OK;
}
