#include "crypt/claim.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"

int
claim_x509(const uint8_t *der, size_t n, struct x509_st **out)
{
	const unsigned char *p = der;

	*out = NULL;
	if (n > LIMIT_CERT_OCTETS)
		return RC_LONG;
	*out = d2i_X509(NULL, &p, (long)n);
	ERR_clear_error(); /* what is left there would end a TLS session */
	if (*out != NULL && p == der + n)
		return RC_OK;
	X509_free(*out);
	*out = NULL;
	return RC_FORMAT;
}

void
claim_x509_free(struct x509_st *cert)
{
	X509_free(cert);
}

/* Extensions whose meaning is respected, or is no business of ours. */
static bool
claim_is_known(int nid)
{
	return nid == NID_subject_alt_name || nid == NID_basic_constraints ||
	       nid == NID_key_usage || nid == NID_ext_key_usage;
}

static int
extensions_read(const X509 *cert)
{
	int n = X509_get_ext_count(cert);

	for (int i = 0; i < n; i++) {
		X509_EXTENSION *ext = X509_get_ext(cert, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

		if (X509_EXTENSION_get_critical(ext) && !claim_is_known(nid))
			return RC_RANGE;
	}
	return RC_OK;
}

static bool
is_critical(const X509 *cert, int nid)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);

	return at >= 0 &&
	       X509_EXTENSION_get_critical(X509_get_ext(cert, at)) != 0;
}

/* A server signs, and is both ends of TLS; and it is no authority. */
static int
usage_read(const X509 *lent)
{
	X509 *cert = (X509 *)(uintptr_t)lent; /* what it asks is kept there */
	uint32_t both = XKU_SSL_SERVER | XKU_SSL_CLIENT;
	uint32_t flags = X509_get_extension_flags(cert);
	uint32_t extended = X509_get_extended_key_usage(cert);

	if ((flags & EXFLAG_INVALID) != 0)
		return RC_FORMAT;
	if ((flags & EXFLAG_CA) != 0)
		return RC_RANGE;
	if (is_critical(cert, NID_key_usage) &&
	    (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) == 0)
		return RC_RANGE;
	if (is_critical(cert, NID_ext_key_usage) &&
	    (extended & XKU_ANYEKU) == 0 && (extended & both) != both)
		return RC_RANGE;
	return RC_OK;
}

/*
 * A copy in lower case, NULL when there is an octet in it that no name of
 * ours has: a NUL within must not hide what follows it.
 */
static char *
claim_text(const ASN1_STRING *s, size_t skip)
{
	const unsigned char *p = ASN1_STRING_get0_data(s);
	size_t n = (size_t)ASN1_STRING_length(s);
	char *copy;

	if (n < skip)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return NULL;
	copy = mem_dup(p + skip, n - skip);
	str_lower(copy);
	return copy;
}

/* Takes the text over as the one value of its kind. */
static int
only(char **value, char *copy, bool (*form)(const char *s))
{
	int rc = RC_OK;

	if (copy == NULL || !form(copy))
		rc = RC_NAME;
	else if (*value != NULL)
		rc = RC_TWICE;
	if (rc != RC_OK) {
		mem_free(copy);
		return rc;
	}
	*value = copy;
	return RC_OK;
}

/* Takes the text over as one pattern more. */
static int
claim_more(char ***list, size_t *n, char *copy)
{
	if (copy == NULL || !str_is_pattern(copy)) {
		mem_free(copy);
		return RC_NAME;
	}
	*list = mem_grow(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = copy;
	return RC_OK;
}

static int
one_connector(struct claims *c, char *copy)
{
	if (copy == NULL || (!str_is_word(copy) && strcmp(copy, "*") != 0)) {
		mem_free(copy);
		return RC_NAME;
	}
	c->connectors =
	    mem_grow(c->connectors, c->nconnectors + 1, sizeof(*c->connectors));
	c->connectors[c->nconnectors++] = copy;
	return RC_OK;
}

static bool
claim_begins(const ASN1_STRING *s, const char *with)
{
	size_t n = strlen(with);

	return (size_t)ASN1_STRING_length(s) >= n &&
	       memcmp(ASN1_STRING_get0_data(s), with, n) == 0;
}

static int
uri_read(const ASN1_STRING *uri, struct claims *c)
{
	static const char group[] = "lsrd:group:", space[] = "lsrd:space:",
			  relay[] = "lsrd:relay:",
			  connector[] = "lsrd:connector:";

	if (claim_begins(uri, group))
		return only(
		    &c->group, claim_text(uri, sizeof(group) - 1), str_is_word);
	if (claim_begins(uri, space))
		return claim_more(&c->spaces, &c->nspaces,
		    claim_text(uri, sizeof(space) - 1));
	if (claim_begins(uri, relay))
		return claim_more(&c->relays, &c->nrelays,
		    claim_text(uri, sizeof(relay) - 1));
	if (claim_begins(uri, connector))
		return one_connector(c, claim_text(uri, sizeof(connector) - 1));
	return RC_OK;
}

int
claim_names(const struct stack_st_GENERAL_NAME *names, struct claims *c)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		int rc = RC_OK;

		if (name->type == GEN_DNS)
			rc = only(&c->name, claim_text(name->d.dNSName, 0),
			    str_is_host);
		else if (name->type == GEN_URI)
			rc = uri_read(name->d.uniformResourceIdentifier, c);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static int
names_read(const X509 *cert, struct claims *c)
{
	int critical, rc;
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);

	if (names == NULL && critical == -2)
		return RC_TWICE;
	if (names == NULL)
		return RC_FORMAT;
	rc = claim_names(names, c);
	GENERAL_NAMES_free(names);
	if (rc == RC_OK && c->name == NULL)
		rc = RC_NAME;
	else if (rc == RC_OK && c->group == NULL)
		rc = RC_MISSING;
	return rc;
}

int
claim_key(const struct evp_pkey_st *key, struct claims *c)
{
	size_t n = CRYPTO_PUBLIC;

	if (key == NULL || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
		return RC_FORMAT;
	if (EVP_PKEY_get_raw_public_key(key, c->public_key, &n) != 1 ||
	    n != CRYPTO_PUBLIC)
		return RC_FORMAT;
	CHECK(EVP_Digest(c->public_key, CRYPTO_PUBLIC, c->key, NULL,
		  EVP_sha256(), NULL) == 1);
	return RC_OK;
}

int
claim_date(const struct asn1_string_st *date, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds, ok;

	CHECK(epoch != NULL);
	ok = ASN1_TIME_diff(&days, &seconds, epoch, date);
	ASN1_TIME_free(epoch);
	if (ok != 1)
		return RC_FORMAT;
	*out = (int64_t)days * 86400 + seconds;
	return RC_OK;
}

int
claim_read(const struct x509_st *cert, struct claims **out)
{
	struct claims *c = mem_new(sizeof(*c), 0, 0);
	int rc = extensions_read(cert);

	*out = NULL;
	if (rc == RC_OK)
		rc = claim_key(X509_get0_pubkey(cert), c);
	if (rc == RC_OK)
		rc = claim_date(X509_get0_notBefore(cert), &c->not_before);
	if (rc == RC_OK)
		rc = claim_date(X509_get0_notAfter(cert), &c->not_after);
	if (rc == RC_OK)
		rc = names_read(cert, c);
	if (rc == RC_OK)
		rc = usage_read(cert);
	ERR_clear_error();
	if (rc != RC_OK) {
		claims_free(c);
		return rc;
	}
	*out = c;
	return RC_OK;
}
