/* test_keys.c - files of keys: what is read, refused, written. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/rc.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER];
static char path[TEMP_FOLDER + 8];

static void
setup(void)
{
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/a.key", dir);
}

static void
teardown(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing half-written is left */
}

static const struct {
	const char *what;
	enum keys_kind kind;
	mode_t mode;
	int rc;
} modes[] = {
	{ "0600", KEYS_OWN, 0600, RC_OK },
	{ "0400", KEYS_OWN, 0400, RC_OK },
	{ "0640", KEYS_OWN, 0640, RC_PERMISSION },
	{ "0604", KEYS_OWN, 0604, RC_PERMISSION },
	{ "0620", KEYS_OWN, 0620, RC_PERMISSION },
	{ "0644", KEYS_OWN, 0644, RC_PERMISSION },
	{ "mark 0600", KEYS_MARK, 0600, RC_OK },
	{ "mark 0640", KEYS_MARK, 0640, RC_OK },
	{ "mark 0660", KEYS_MARK, 0660, RC_PERMISSION },
	{ "mark 0644", KEYS_MARK, 0644, RC_PERMISSION },
};

START_TEST(open_permissions_are_refused)
{
	EVP_PKEY *key = keys_new(), *back;
	uint8_t was[CRYPTO_PUBLIC], is[CRYPTO_PUBLIC];
	int rc;

	ck_assert_int_eq(keys_write(path, key, modes[_i].kind, NULL), RC_OK);
	ck_assert_int_eq(chmod(path, modes[_i].mode), 0);
	rc = keys_read(path, modes[_i].kind, &back);
	ck_assert_msg(
	    rc == modes[_i].rc, "%s: %s", modes[_i].what, rc_word(rc));
	ck_assert_int_eq(back != NULL, rc == RC_OK);
	if (back != NULL) {
		keys_public(key, was);
		keys_public(back, is);
		ck_assert(memcmp(was, is, sizeof(was)) == 0);
	}
	keys_free(key);
	keys_free(back);
}
END_TEST

START_TEST(written_with_its_mode)
{
	EVP_PKEY *key = keys_new();
	struct stat st;
	mode_t old = umask(0);

	ck_assert_int_eq(keys_write(path, key, KEYS_OWN, NULL), RC_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	umask(0777);
	ck_assert_int_eq(keys_write(path, key, KEYS_MARK, &keys_force), RC_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	umask(old);
	keys_free(key);
}
END_TEST

START_TEST(never_overwritten_unasked)
{
	EVP_PKEY *one = keys_new(), *two = keys_new(), *back;

	ck_assert_int_eq(keys_write(path, one, KEYS_OWN, NULL), RC_OK);
	ck_assert_int_eq(keys_write(path, two, KEYS_OWN, NULL), RC_TWICE);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_OK);
	ck_assert_int_eq(EVP_PKEY_eq(one, back), 1);
	keys_free(back);
	ck_assert_int_eq(keys_write(path, two, KEYS_OWN, &keys_force), RC_OK);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_OK);
	ck_assert_int_eq(EVP_PKEY_eq(two, back), 1);
	keys_free(back);
	keys_free(one);
	keys_free(two);
}
END_TEST

static void
write_octets(const void *p, size_t n)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(p, 1, n, out), n);
	fclose(out);
	chmod(path, 0600);
}

START_TEST(other_files_are_refused)
{
	EVP_PKEY *p256 = EVP_EC_gen("P-256"), *back;
	char *large = calloc(1, 1000000);
	FILE *out;

	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_IO);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(keys_read("/dev/null", KEYS_OWN, &back), RC_FORMAT);
	ck_assert_int_eq(keys_read("/", KEYS_OWN, &back), RC_FORMAT);
	write_octets("", 0);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_FORMAT);
	write_octets("-----BEGIN PRIVATE KEY-----\nMC4=\n", 33);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_FORMAT);
	write_octets(large, 1000000);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_LONG);
	out = fopen(path, "w");
	PEM_write_PrivateKey(out, p256, NULL, NULL, 0, NULL, NULL);
	fclose(out);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_FORMAT);
	ck_assert_ptr_null(back);
	EVP_PKEY_free(p256);
	free(large);
}
END_TEST

/* Nobody sits at a daemon's terminal to answer. */
START_TEST(a_passphrase_is_not_asked_for)
{
	EVP_PKEY *key = keys_new(), *back;
	FILE *out = fopen(path, "w");

	PEM_write_PKCS8PrivateKey(
	    out, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
	fclose(out);
	chmod(path, 0600);
	ck_assert_int_eq(keys_read(path, KEYS_OWN, &back), RC_FORMAT);
	keys_free(key);
}
END_TEST

START_TEST(an_authority_signs_itself)
{
	EVP_PKEY *key = keys_new(), *other = keys_new();
	uint8_t public_key[CRYPTO_PUBLIC], org[CRYPTO_DIGEST];
	uint8_t was[CRYPTO_PUBLIC], digest[CRYPTO_DIGEST];
	struct claims claims = { 0 };
	struct buf der = { 0 };
	char name[] = "mx1.example.org", group[] = "london";

	issue_authority("example.org", 30, key, &der);
	ck_assert_int_eq(
	    keys_write_certificate(path, der.p, der.n, NULL), RC_OK);
	ck_assert_int_eq(keys_authority(path, public_key, org), RC_OK);
	keys_public(key, was);
	keys_digest(was, digest);
	ck_assert(memcmp(public_key, was, sizeof(was)) == 0);
	ck_assert(memcmp(org, digest, sizeof(digest)) == 0);

	buf_reset(&der);
	claims.name = name;
	claims.group = group;
	keys_public(other, claims.public_key);
	issue_server(&claims, "example.org", 30, key, &der);
	ck_assert_int_eq(
	    keys_write_certificate(path, der.p, der.n, &keys_force), RC_OK);
	ck_assert_int_eq(keys_authority(path, public_key, org), RC_SIGNATURE);
	buf_done(&der);
	keys_free(key);
	keys_free(other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keys");
	TCase *tc = tcase_create("keys");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, open_permissions_are_refused, 0,
	    sizeof(modes) / sizeof(modes[0]));
	tcase_add_test(tc, written_with_its_mode);
	tcase_add_test(tc, never_overwritten_unasked);
	tcase_add_test(tc, other_files_are_refused);
	tcase_add_test(tc, a_passphrase_is_not_asked_for);
	tcase_add_test(tc, an_authority_signs_itself);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
