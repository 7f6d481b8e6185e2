/* test_crypto.c - digest and signature, by published vectors. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypt/crypto.h"
#include "crypt/ed25519.h"
#include "t/tap.h"

/* RFC 8032, 7.1: TEST 1 to 3. */
static const struct {
	const char *what, *secret, *public_key, *message, *signature;
} vectors[] = {
	{ "TEST 1",
	    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100"
	    "b" },
	{ "TEST 2",
	    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c0"
	    "0" },
	{ "TEST 3",
	    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40"
	    "a" },
};

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* An exact block, so ASan guards it. */
static uint8_t *
octets(const char *hex, size_t *n)
{
	uint8_t *p;

	*n = strlen(hex) / 2;
	p = malloc(*n);
	for (size_t i = 0; i < *n; i++)
		p[i] =
		    (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return p;
}

START_TEST(signs_and_verifies)
{
	size_t n, secret_n, public_n, sig_n;
	uint8_t *secret = octets(vectors[_i].secret, &secret_n);
	uint8_t *public_key = octets(vectors[_i].public_key, &public_n);
	uint8_t *message = octets(vectors[_i].message, &n);
	uint8_t *sig = octets(vectors[_i].signature, &sig_n);
	uint8_t out[CRYPTO_SIGNATURE];
	struct crypto crypto;

	crypto_init(&crypto,
	    EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, secret, secret_n),
	    NULL);
	crypto.sign(crypto.ctx, message, n, out);
	ck_assert_msg(
	    memcmp(out, sig, sizeof(out)) == 0, "%s", vectors[_i].what);
	ck_assert(crypto.verify(crypto.ctx, public_key, message, n, sig));
	for (size_t i = 0; i < CRYPTO_SIGNATURE; i++) {
		sig[i] ^= 1;
		ck_assert(
		    !crypto.verify(crypto.ctx, public_key, message, n, sig));
		sig[i] ^= 1;
	}
	public_key[0] ^= 1;
	ck_assert(!crypto.verify(crypto.ctx, public_key, message, n, sig));
	public_key[0] ^= 1;
	ck_assert(!crypto.verify(crypto.ctx, public_key, "x", 1, sig));
	ck_assert_uint_eq(ERR_peek_error(), 0);
	crypto_done(&crypto);
	free(secret);
	free(public_key);
	free(message);
	free(sig);
}
END_TEST

/* FIPS 180-4 example values of the NIST. */
static const struct {
	const char *message, *digest;
} digests[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
	      "5" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2001"
		 "5ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c"
	    "1" },
};

START_TEST(digests_agree)
{
	size_t n;
	uint8_t *want = octets(digests[_i].digest, &n);
	uint8_t out[CRYPTO_DIGEST];
	struct crypto crypto;

	crypto_init(&crypto, NULL, NULL);
	for (int twice = 0; twice < 2; twice++) {
		crypto.digest(crypto.ctx, digests[_i].message,
		    strlen(digests[_i].message), out);
		ck_assert(memcmp(out, want, n) == 0);
	}
	crypto_done(&crypto);
	free(want);
}
END_TEST

/* The next word of a row as octets in an exact block. */
static uint8_t *
word(char **row, size_t *n)
{
	char *hex = *row, *end = strchr(hex, ' ');

	ck_assert_ptr_nonnull(end);
	*end = '\0';
	*row = end + 1;
	return octets(hex, n);
}

/* A row of edges.rows, judged by one library. */
static void
edge(char *row, enum ed25519_by by)
{
	bool accept = strncmp(row, "accept ", 7) == 0;
	size_t key_n, sig_n, n;
	uint8_t *key, *sig, *message;

	row += 7;
	key = word(&row, &key_n);
	sig = word(&row, &sig_n);
	message = word(&row, &n);
	ck_assert(key_n == CRYPTO_PUBLIC && sig_n == CRYPTO_SIGNATURE);
	ck_assert_msg(ed25519_verify(by, key, message, n, sig) == accept,
	    "%s by %s: %s", accept ? "refused" : "accepted",
	    by == ED25519_SODIUM ? "libsodium" : "OpenSSL", row);
	free(key);
	free(sig);
	free(message);
}

/*
 * What libraries differ about (t/peer/edges.py makes the rows, and says by
 * numbers of its own what is right). Both are held to the rule, so that a
 * newer libsodium may be left aside: that one is not tried where it is.
 */
START_TEST(libraries_agree)
{
	enum ed25519_by by = _i == 0 ? ed25519_choose() : ED25519_OPENSSL;
	const char *top = getenv("top_srcdir");
	char path[512], line[1024];
	int rows = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/t/crypt/edges.rows",
	    top == NULL ? "." : top);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	for (; fgets(line, sizeof(line), file) != NULL; rows++)
		edge(line, by);
	ck_assert_int_gt(rows, 100);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	fclose(file);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crypto");
	TCase *tc = tcase_create("crypto");

	tcase_add_loop_test(
	    tc, signs_and_verifies, 0, sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_loop_test(
	    tc, digests_agree, 0, sizeof(digests) / sizeof(digests[0]));
	tcase_add_loop_test(tc, libraries_agree, 0, 2);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
