/*
 * test_claim.c - what a certificate may say, and each reason to refuse one
 * (lsrd-protocol(7) 1). Every certificate is made here; none is kept.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/rc.h"
#include "core/lsa/limits.h"
#include "crypt/claim.h"
#include "crypt/crypto.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "t/tap.h"

#define NAME "DNS:mx1.example.org"
#define GROUP "URI:lsrd:group:london"

enum odd {
	PLAIN,
	CRITICAL,     /* an extension nobody knows, critical */
	UNCRITICAL,   /* the same, not critical */
	CONSTRAINTS,  /* name constraints, critical: known to X.509 only */
	TWO_SANS,     /* the extension twice */
	P256,         /* a key of another kind */
	OTHER_SIGNER, /* signed by another authority */
	SELF_SIGNED,
	CA,          /* an authority's */
	SIGNS_CERTS, /* may sign certificates alone, critical */
	SIGNS,       /* may sign, critical */
	CODE,        /* for code, critical */
	ONE_SIDE,    /* a server's side of TLS, critical */
	BOTH_SIDES,
	LOOSE,    /* the same restrictions, not critical */
	LONG_GONE /* its validity ended years ago */
};

static const struct {
	const char *what;
	int rc;
	const char *san; /* NULL: none */
	enum odd odd;
} rows[] = {
	{ "name and group", RC_OK, NAME "," GROUP, PLAIN },
	{ "upper case", RC_OK, "DNS:MX1.Example.ORG," GROUP, PLAIN },
	{ "other kinds of names", RC_OK,
	    NAME "," GROUP ",IP:192.0.2.1,email:a@example.org", PLAIN },
	{ "other URIs", RC_OK,
	    NAME "," GROUP ",URI:https://example.org,URI:lsrd:future:x",
	    PLAIN },
	{ "every pattern", RC_OK,
	    NAME "," GROUP
		 ",URI:lsrd:space:a@example.org,URI:lsrd:space:example.org,"
		 "URI:lsrd:space:.example.org,URI:lsrd:space:*,"
		 "URI:lsrd:relay:example.org",
	    PLAIN },
	{ "out of date", RC_OK, NAME "," GROUP, LONG_GONE },
	{ "an unknown extension", RC_OK, NAME "," GROUP, UNCRITICAL },
	{ "no name", RC_NAME, GROUP, PLAIN },
	{ "no subjectAltName", RC_FORMAT, NULL, PLAIN },
	{ "a second name", RC_TWICE, NAME ",DNS:mx2.example.org," GROUP,
	    PLAIN },
	{ "the same name twice", RC_TWICE, NAME "," NAME "," GROUP, PLAIN },
	{ "a wildcard", RC_NAME, "DNS:*.example.org," GROUP, PLAIN },
	{ "one label", RC_NAME, "DNS:mx1," GROUP, PLAIN },
	{ "an address as name", RC_NAME, "DNS:192.0.2.1," GROUP, PLAIN },
	{ "a last dot", RC_NAME, "DNS:mx1.example.org.," GROUP, PLAIN },
	{ "a first dot", RC_NAME, "DNS:.example.org," GROUP, PLAIN },
	{ "an underscore", RC_NAME, "DNS:mx_1.example.org," GROUP, PLAIN },
	{ "no group", RC_MISSING, NAME, PLAIN },
	{ "a second group", RC_TWICE, NAME "," GROUP ",URI:lsrd:group:paris",
	    PLAIN },
	{ "an empty group", RC_NAME, NAME ",URI:lsrd:group:", PLAIN },
	{ "a group with a space", RC_NAME, NAME ",URI:lsrd:group:a b", PLAIN },
	{ "a group with a slash", RC_NAME, NAME ",URI:lsrd:group:a/b", PLAIN },
	{ "an empty space", RC_NAME, NAME "," GROUP ",URI:lsrd:space:", PLAIN },
	{ "a space with two dots", RC_NAME,
	    NAME "," GROUP ",URI:lsrd:space:a..b", PLAIN },
	{ "a space like a map's", RC_NAME,
	    NAME "," GROUP ",URI:lsrd:space:*.example.org", PLAIN },
	{ "a relay out of form", RC_NAME,
	    NAME "," GROUP ",URI:lsrd:relay:$(id)", PLAIN },
	{ "an unknown critical extension", RC_RANGE, NAME "," GROUP, CRITICAL },
	{ "critical name constraints", RC_RANGE, NAME "," GROUP, CONSTRAINTS },
	{ "connectors", RC_OK,
	    NAME "," GROUP ",URI:lsrd:connector:paris,URI:lsrd:connector:*",
	    PLAIN },
	{ "a connector out of form", RC_NAME,
	    NAME "," GROUP ",URI:lsrd:connector:a b", PLAIN },
	{ "an empty connector", RC_NAME,
	    NAME "," GROUP ",URI:lsrd:connector:", PLAIN },
	{ "an authority's", RC_RANGE, NAME "," GROUP, CA },
	{ "a key that signs certificates", RC_RANGE, NAME "," GROUP,
	    SIGNS_CERTS },
	{ "a key that signs", RC_OK, NAME "," GROUP, SIGNS },
	{ "for code", RC_RANGE, NAME "," GROUP, CODE },
	{ "for servers alone", RC_RANGE, NAME "," GROUP, ONE_SIDE },
	{ "for both sides", RC_OK, NAME "," GROUP, BOTH_SIDES },
	{ "what is not critical", RC_OK, NAME "," GROUP, LOOSE },
	{ "two subjectAltNames", RC_TWICE, NAME "," GROUP, TWO_SANS },
	{ "a P-256 key", RC_FORMAT, NAME "," GROUP, P256 },
	{ "another authority", RC_SIGNATURE, NAME "," GROUP, OTHER_SIGNER },
	{ "signed by itself", RC_SIGNATURE, NAME "," GROUP, SELF_SIGNED },
};

static EVP_PKEY *authority;
static struct crypto crypto;

static void
setup(void)
{
	uint8_t public_key[CRYPTO_PUBLIC];

	authority = keys_new();
	keys_public(authority, public_key);
	crypto_init(&crypto, NULL, public_key);
}

static void
teardown(void)
{
	crypto_done(&crypto);
	keys_free(authority);
}

static void
extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_msg(ext != NULL, "%s", value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* An extension by an object number of nobody's. */
static void
extend_unknown(X509 *cert, int critical)
{
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2);
	ext = X509_EXTENSION_create_by_OBJ(NULL, id, critical, value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(id);
}

/* An exact block, so ASan guards it; the caller frees it. */
static uint8_t *
encode(X509 *cert, size_t *n)
{
	unsigned char *octets = NULL;
	int len = i2d_X509(cert, &octets);
	uint8_t *out = malloc((size_t)len);

	ck_assert_int_gt(len, 0);
	memcpy(out, octets, (size_t)len);
	OPENSSL_free(octets);
	*n = (size_t)len;
	return out;
}

/* What a key may be used for. */
static void
add_usage(X509 *cert, enum odd odd)
{
	static const struct {
		enum odd odd;
		int nid;
		const char *value;
	} usages[] = {
		{ CA, NID_basic_constraints, "CA:TRUE" },
		{ SIGNS_CERTS, NID_key_usage, "critical,keyCertSign" },
		{ SIGNS, NID_key_usage, "critical,digitalSignature" },
		{ CODE, NID_ext_key_usage, "critical,codeSigning" },
		{ ONE_SIDE, NID_ext_key_usage, "critical,serverAuth" },
		{ BOTH_SIDES, NID_ext_key_usage,
		    "critical,serverAuth,clientAuth" },
		{ LOOSE, NID_ext_key_usage, "serverAuth" },
		{ LOOSE, NID_key_usage, "keyAgreement" },
	};

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
		if (usages[i].odd == odd)
			extend(cert, usages[i].nid, usages[i].value);
}

static void
add_odd(X509 *cert, enum odd odd, const char *san)
{
	long days = odd == LONG_GONE ? -1000 : 30;

	X509_gmtime_adj(X509_getm_notBefore(cert), -2000L * 86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), days * 86400);
	if (odd == CRITICAL || odd == UNCRITICAL)
		extend_unknown(cert, odd == CRITICAL);
	if (odd == CONSTRAINTS)
		extend(cert, NID_name_constraints,
		    "critical,permitted;DNS:example.org");
	add_usage(cert, odd);
	if (odd == TWO_SANS)
		extend(cert, NID_subject_alt_name, san);
}

static uint8_t *
make(const char *san, enum odd odd, size_t *n)
{
	EVP_PKEY *key = odd == P256 ? EVP_EC_gen("P-256") : keys_new();
	EVP_PKEY *other = keys_new();
	X509 *cert = X509_new();
	EVP_PKEY *signer = authority;
	uint8_t *out;

	X509_set_version(cert, X509_VERSION_3);
	X509_set_pubkey(cert, key);
	if (san != NULL)
		extend(cert, NID_subject_alt_name, san);
	add_odd(cert, odd, san);
	if (odd == OTHER_SIGNER)
		signer = other;
	if (odd == SELF_SIGNED)
		signer = key;
	ck_assert_int_ne(X509_sign(cert, signer, NULL), 0);
	out = encode(cert, n);
	X509_free(cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return out;
}

START_TEST(vouches_or_refuses)
{
	const char *what = rows[_i].what;
	struct claims *claims;
	size_t n;
	uint8_t *der = make(rows[_i].san, rows[_i].odd, &n);
	int rc = crypto.vouch(crypto.ctx, der, n, &claims);

	ck_assert_msg(rc == rows[_i].rc, "%s: %s", what, rc_word(rc));
	ck_assert_msg((claims != NULL) == (rc == RC_OK), "%s: out", what);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	if (claims != NULL) {
		ck_assert_str_eq(claims->name, "mx1.example.org");
		ck_assert_str_eq(claims->group, "london");
	}
	claims_free(claims);
	free(der);
}
END_TEST

/* X509V3's text form cannot say a NUL; a hostile authority's tool can. */
START_TEST(a_hidden_octet_is_refused)
{
	static const char *const names[] = { "mx1.example.org\0.evil.example",
		"mx1.example.org\n", "mx1 example.org", "mx1.ex\xc3\xa4.org" };
	static const int lengths[] = { 29, 16, 15, 12 };
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *dns = GENERAL_NAME_new(), *uri = GENERAL_NAME_new();
	ASN1_IA5STRING *name = ASN1_IA5STRING_new();
	ASN1_IA5STRING *group = ASN1_IA5STRING_new();
	X509 *cert = X509_new();
	struct claims *claims;
	uint8_t *der;
	size_t n;

	ASN1_STRING_set(name, names[_i], lengths[_i]);
	ASN1_STRING_set(group, "lsrd:group:london", -1);
	GENERAL_NAME_set0_value(dns, GEN_DNS, name);
	GENERAL_NAME_set0_value(uri, GEN_URI, group);
	sk_GENERAL_NAME_push(san, dns);
	sk_GENERAL_NAME_push(san, uri);
	X509_set_pubkey(cert, authority);
	add_odd(cert, PLAIN, NULL);
	X509_add1_ext_i2d(
	    cert, NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT);
	X509_sign(cert, authority, NULL);
	der = encode(cert, &n);
	ck_assert_int_eq(crypto.vouch(crypto.ctx, der, n, &claims), RC_NAME);
	GENERAL_NAMES_free(san);
	X509_free(cert);
	free(der);
}
END_TEST

START_TEST(a_changed_octet_is_refused)
{
	struct claims *claims;
	size_t n;
	uint8_t *der = make(NAME "," GROUP, PLAIN, &n);

	for (size_t i = 0; i < n; i++) {
		der[i] ^= 0x01;
		ck_assert_msg(
		    crypto.vouch(crypto.ctx, der, n, &claims) != RC_OK,
		    "at %zu", i);
		der[i] ^= 0x01;
	}
	ck_assert_int_eq(crypto.vouch(crypto.ctx, der, n, &claims), RC_OK);
	claims_free(claims);
	free(der);
}
END_TEST

START_TEST(other_lengths_are_refused)
{
	struct claims *claims;
	size_t n;
	uint8_t *der = make(NAME "," GROUP, PLAIN, &n), *long_one;

	for (size_t k = 0; k < n; k++) {
		uint8_t *cut = malloc(k);

		memcpy(cut, der, k);
		ck_assert_int_eq(
		    crypto.vouch(crypto.ctx, cut, k, &claims), RC_FORMAT);
		free(cut);
	}
	long_one = calloc(1, LIMIT_CERT_OCTETS + 1);
	memcpy(long_one, der, n);
	ck_assert_int_eq(
	    crypto.vouch(crypto.ctx, long_one, n + 1, &claims), RC_FORMAT);
	ck_assert_int_eq(
	    crypto.vouch(crypto.ctx, long_one, LIMIT_CERT_OCTETS + 1, &claims),
	    RC_FORMAT);
	free(long_one);
	free(der);
}
END_TEST

static char *
copy(const char *text)
{
	return strdup(text);
}

START_TEST(what_is_issued_is_vouched_for)
{
	char *spaces[] = { copy("london.example.org"), copy("*") };
	char *relays[] = { copy("london.example.org") };
	char *connectors[] = { copy("paris") };
	struct claims asked = { .name = copy("mx1.london.example.org"),
		.group = copy("london"),
		.spaces = spaces,
		.nspaces = 2,
		.relays = relays,
		.nrelays = 1,
		.connectors = connectors,
		.nconnectors = 1 };
	EVP_PKEY *key = keys_new();
	struct claims *claims;
	struct buf der = { 0 };
	uint8_t digest[CRYPTO_DIGEST];

	keys_public(key, asked.public_key);
	keys_digest(asked.public_key, digest);
	issue_server(&asked, "example.org", 30, authority, &der);
	ck_assert_int_eq(
	    crypto.vouch(crypto.ctx, der.p, der.n, &claims), RC_OK);
	ck_assert_str_eq(claims->name, asked.name);
	ck_assert_str_eq(claims->group, "london");
	ck_assert(claims_space(claims, "london.example.org"));
	ck_assert(claims_space(claims, "joe@london.example.org"));
	ck_assert(claims_space(claims, "*"));
	ck_assert(!claims_space(claims, "paris.example.org"));
	ck_assert(claims_relay(claims, "london.example.org"));
	ck_assert(!claims_relay(claims, "*"));
	ck_assert(claims_connector(claims, "paris"));
	ck_assert(!claims_connector(claims, "berlin"));
	ck_assert(memcmp(claims->key, digest, sizeof(digest)) == 0);
	ck_assert_int_eq(
	    claims->not_after - claims->not_before, 30 * 86400 + 3600);
	claims_free(claims);
	buf_done(&der);
	keys_free(key);
	free(spaces[0]);
	free(spaces[1]);
	free(relays[0]);
	free(connectors[0]);
	free(asked.name);
	free(asked.group);
}
END_TEST

START_TEST(nobody_vouches_without_an_authority)
{
	struct claims *claims;
	size_t n;
	uint8_t *der = make(NAME "," GROUP, PLAIN, &n);

	crypto_rekey(&crypto, NULL, NULL);
	ck_assert_int_eq(
	    crypto.vouch(crypto.ctx, der, n, &claims), RC_SIGNATURE);
	free(der);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("claim");
	TCase *tc = tcase_create("claim");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, vouches_or_refuses, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tc, a_hidden_octet_is_refused, 0, 4);
	tcase_add_test(tc, a_changed_octet_is_refused);
	tcase_add_test(tc, other_lengths_are_refused);
	tcase_add_test(tc, what_is_issued_is_vouched_for);
	tcase_add_test(tc, nobody_vouches_without_an_authority);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
