#include "crypt/issue.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/claim.h"

#define BACKDATED_SECONDS 3600

/* Random and positive: nobody keeps a list of numbers given (RFC 5280
 * 4.1.2.2). */
static void
serial_set(X509 *cert)
{
	unsigned char octets[16];
	BIGNUM *number;

	CHECK(RAND_bytes(octets, sizeof(octets)) == 1);
	octets[0] = (unsigned char)((octets[0] & 0x7f) | 0x40);
	number = BN_bin2bn(octets, sizeof(octets), NULL);
	CHECK(number != NULL);
	CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
	BN_free(number);
}

/* A common name has at most 64 octets (ub-common-name); a longer server
 * name is in the subjectAltName alone, which is what counts. */
static void
name_set(X509_NAME *name, int nid, const char *text)
{
	int n = (int)strlen(text);

	if (n <= 64)
		CHECK(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_ASC,
			  (const unsigned char *)text, n, -1, 0) == 1);
}

static X509 *
cert_new(EVP_PKEY *key, const char *issuer, uint32_t days)
{
	X509 *cert = X509_new();

	CHECK(cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1);
	serial_set(cert);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATED_SECONDS) !=
	      NULL);
	CHECK(X509_time_adj_ex(X509_getm_notAfter(cert), (int)days, 0, NULL) !=
	      NULL);
	CHECK(X509_set_pubkey(cert, key) == 1);
	name_set(X509_get_issuer_name(cert), NID_organizationName, issuer);
	name_set(X509_get_issuer_name(cert), NID_commonName, "lsrd authority");
	return cert;
}

static void
extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	CHECK(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

/* Ends the certificate. */
static void
cert_sign(X509 *cert, EVP_PKEY *key, struct buf *der)
{
	unsigned char *octets = NULL;
	int len;

	CHECK(X509_sign(cert, key, NULL) != 0);
	len = i2d_X509(cert, &octets);
	CHECK(len > 0);
	buf_bytes(der, octets, (size_t)len);
	OPENSSL_free(octets);
	X509_free(cert);
}

void
issue_authority(const char *organization, uint32_t days,
    struct evp_pkey_st *key, struct buf *der)
{
	X509 *cert = cert_new(key, organization, days);

	CHECK(X509_set_subject_name(cert, X509_get_issuer_name(cert)) == 1);
	extend(cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	extend(cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(cert, NID_subject_key_identifier, "hash");
	cert_sign(cert, key, der);
}

/* prefix + text as one entry; prefix "" is the dNSName. */
static void
entry_add(GENERAL_NAMES *names, const char *prefix, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();
	size_t at = strlen(prefix), n = at + strlen(text);
	char *whole = mem_new(n + 1, 0, 0);

	memcpy(whole, prefix, at);
	memcpy(whole + at, text, n - at);
	CHECK(name != NULL && value != NULL);
	CHECK(ASN1_STRING_set(value, whole, (int)n) == 1);
	GENERAL_NAME_set0_value(name, at == 0 ? GEN_DNS : GEN_URI, value);
	CHECK(sk_GENERAL_NAME_push(names, name) > 0);
	mem_free(whole);
}

struct stack_st_GENERAL_NAME *
issue_names(const struct claims *claims)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	CHECK(names != NULL);
	if (claims->name != NULL)
		entry_add(names, "", claims->name);
	if (claims->group != NULL)
		entry_add(names, "lsrd:group:", claims->group);
	for (size_t i = 0; i < claims->nspaces; i++)
		entry_add(names, "lsrd:space:", claims->spaces[i]);
	for (size_t i = 0; i < claims->nrelays; i++)
		entry_add(names, "lsrd:relay:", claims->relays[i]);
	for (size_t i = 0; i < claims->nconnectors; i++)
		entry_add(names, "lsrd:connector:", claims->connectors[i]);
	return names;
}

static void
claims_add(X509 *cert, const struct claims *claims)
{
	GENERAL_NAMES *names = issue_names(claims);

	CHECK(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0,
		  X509V3_ADD_DEFAULT) == 1);
	GENERAL_NAMES_free(names);
}

void
issue_server(const struct claims *claims, const char *organization,
    uint32_t days, struct evp_pkey_st *authority, struct buf *der)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, claims->public_key, CRYPTO_PUBLIC);
	X509 *cert;

	CHECK(key != NULL);
	cert = cert_new(key, organization, days);
	name_set(
	    X509_get_subject_name(cert), NID_organizationName, organization);
	name_set(X509_get_subject_name(cert), NID_commonName, claims->name);
	extend(cert, NID_basic_constraints, "critical,CA:FALSE");
	extend(cert, NID_key_usage, "critical,digitalSignature");
	extend(cert, NID_ext_key_usage, "serverAuth,clientAuth");
	extend(cert, NID_subject_key_identifier, "hash");
	claims_add(cert, claims);
	EVP_PKEY_free(key);
	cert_sign(cert, authority, der);
}

char *
issue_organization(const uint8_t *der, size_t n)
{
	X509 *cert;
	char *out = NULL;
	int at;

	if (claim_x509(der, n, &cert) != RC_OK)
		return NULL;
	at = X509_NAME_get_index_by_NID(
	    X509_get_subject_name(cert), NID_organizationName, -1);
	if (at >= 0) {
		const ASN1_STRING *s = X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(X509_get_subject_name(cert), at));

		out = mem_dup(
		    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	}
	claim_x509_free(cert);
	return out;
}
