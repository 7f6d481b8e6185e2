#include "crypt/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "crypt/claim.h"
#include "crypt/crypto.h"
#include "crypt/csr.h"
#include "sys/file.h"

/* PEM of the largest certificate, with text around it. */
#define FILE_OCTETS (4 * LIMIT_CERT_OCTETS)

/* Into memory that is wiped, which file_take() does not have. */
static int
keys_read_all(int fd, BIO *out)
{
	char block[4096];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RC_IO;
		sum += (size_t)n;
		if (sum > FILE_OCTETS)
			return RC_LONG;
		CHECK(BIO_write(out, block, (int)n) == n);
	}
	return RC_OK;
}

/* `closed`: the bits of its mode that must not be set. */
static int
keys_file_read(const char *path, mode_t closed, BIO **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int rc = RC_OK;

	*out = NULL;
	if (fd < 0)
		return RC_IO;
	if (fstat(fd, &st) != 0)
		rc = RC_IO;
	else if (!S_ISREG(st.st_mode))
		rc = RC_FORMAT;
	else if ((st.st_mode & closed) != 0)
		rc = RC_PERMISSION;
	if (rc == RC_OK) {
		*out = BIO_new(BIO_s_secmem());
		CHECK(*out != NULL);
		rc = keys_read_all(fd, *out);
	}
	if (rc != RC_OK) {
		BIO_free(*out);
		*out = NULL;
	}
	close(fd);
	return rc;
}

/* OpenSSL's own would ask on the terminal. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

int
keys_read(const char *path, enum keys_kind kind, struct evp_pkey_st **out)
{
	BIO *bio;
	int rc = keys_file_read(path, kind == KEYS_MARK ? 0037 : 0077, &bio);

	*out = NULL;
	if (rc != RC_OK)
		return rc;
	*out = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*out == NULL)
		return RC_FORMAT;
	if (EVP_PKEY_get_id(*out) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(*out);
		*out = NULL;
		return RC_FORMAT;
	}
	return RC_OK;
}

void
keys_free(struct evp_pkey_st *key)
{
	EVP_PKEY_free(key);
}

struct evp_pkey_st *
keys_ref(struct evp_pkey_st *key)
{
	CHECK(EVP_PKEY_up_ref(key) == 1);
	return key;
}

struct evp_pkey_st *
keys_new(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	CHECK(key != NULL);
	return key;
}

void
keys_public(const struct evp_pkey_st *key, uint8_t public_key[CRYPTO_PUBLIC])
{
	size_t n = CRYPTO_PUBLIC;

	CHECK(EVP_PKEY_get_raw_public_key(key, public_key, &n) == 1);
	CHECK(n == CRYPTO_PUBLIC);
}

void
keys_digest(
    const uint8_t public_key[CRYPTO_PUBLIC], uint8_t digest[CRYPTO_DIGEST])
{
	CHECK(EVP_Digest(public_key, CRYPTO_PUBLIC, digest, NULL, EVP_sha256(),
		  NULL) == 1);
}

static int
public_read(const char *path, enum keys_kind kind, uint8_t *public_key)
{
	EVP_PKEY *key;
	int rc = keys_read(path, kind, &key);

	if (rc == RC_OK)
		keys_public(key, public_key);
	EVP_PKEY_free(key);
	return rc;
}

int
keys_own_public(const char *path, uint8_t public_key[CRYPTO_PUBLIC])
{
	return public_read(path, KEYS_OWN, public_key);
}

int
keys_mark_public(const char *path, uint8_t public_key[CRYPTO_PUBLIC])
{
	return public_read(path, KEYS_MARK, public_key);
}

int
keys_certificate(const char *path, uint8_t **der, size_t *n)
{
	unsigned char *octets = NULL;
	X509 *cert;
	BIO *bio;
	int len, rc = keys_file_read(path, 0, &bio);

	*der = NULL;
	*n = 0;
	if (rc != RC_OK)
		return rc;
	cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	len = cert == NULL ? -1 : i2d_X509(cert, &octets);
	X509_free(cert);
	ERR_clear_error();
	if (len < 0)
		return RC_FORMAT;
	if (len > LIMIT_CERT_OCTETS) {
		OPENSSL_free(octets);
		return RC_LONG;
	}
	*n = (size_t)len;
	*der = mem_dup(octets, *n);
	OPENSSL_free(octets);
	return RC_OK;
}

/* *cert is the caller's; NULL where it fails. */
static int
authority_read(const char *path, X509 **cert)
{
	uint8_t *der;
	size_t n;
	int rc = keys_certificate(path, &der, &n);

	*cert = NULL;
	if (rc == RC_OK)
		rc = claim_x509(der, n, cert);
	mem_free(der);
	return rc;
}

int
keys_authority(const char *path, uint8_t public_key[CRYPTO_PUBLIC],
    uint8_t org[CRYPTO_DIGEST])
{
	EVP_PKEY *key = NULL;
	X509 *cert;
	int rc = authority_read(path, &cert);

	if (rc != RC_OK)
		return rc;
	key = X509_get0_pubkey(cert);
	if (key == NULL || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
		rc = RC_FORMAT;
	} else if (X509_verify(cert, key) != 1) {
		rc = RC_SIGNATURE;
	} else {
		keys_public(key, public_key);
		keys_digest(public_key, org);
	}
	X509_free(cert);
	ERR_clear_error();
	return rc;
}

int
keys_authority_end(const char *path, int64_t *end)
{
	X509 *cert;
	int rc = authority_read(path, &cert);

	if (rc == RC_OK)
		rc = claim_date(X509_get0_notAfter(cert), end);
	X509_free(cert);
	return rc;
}

int
keys_claims(const char *path, uint8_t **der, size_t *n, struct claims **claims)
{
	X509 *cert = NULL;
	int rc = keys_certificate(path, der, n);

	*claims = NULL;
	if (rc == RC_OK)
		rc = claim_x509(*der, *n, &cert);
	if (rc == RC_OK)
		rc = claim_read(cert, claims);
	X509_free(cert);
	if (rc != RC_OK) {
		mem_free(*der);
		*der = NULL;
		*n = 0;
	}
	return rc;
}

int
keys_vouched(const char *path, const uint8_t authority[CRYPTO_PUBLIC],
    uint8_t **der, size_t *n, struct claims **claims)
{
	struct crypto crypto;
	int rc = keys_certificate(path, der, n);

	*claims = NULL;
	if (rc != RC_OK)
		return rc;
	crypto_init(&crypto, NULL, authority);
	rc = crypto.vouch(crypto.ctx, *der, *n, claims);
	crypto_done(&crypto);
	if (rc != RC_OK) {
		mem_free(*der);
		*der = NULL;
		*n = 0;
	}
	return rc;
}

int
keys_request(const char *path, struct claims **wishes)
{
	unsigned char *octets = NULL;
	char *name = NULL;
	BIO *bio;
	long n = 0;
	int rc = keys_file_read(path, 0, &bio);

	*wishes = NULL;
	if (rc != RC_OK)
		return rc;
	if (PEM_bytes_read_bio(&octets, &n, &name, PEM_STRING_X509_REQ, bio,
		no_passphrase, NULL) != 1)
		rc = RC_FORMAT;
	else
		rc = csr_read(octets, (size_t)n, wishes);
	OPENSSL_free(octets);
	OPENSSL_free(name);
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

const struct keys_put keys_force = { .force = true };

/* Gives the file in this place a second name, too, if there is one. */
static int
set_aside(const char *path)
{
	size_t n = strlen(path) + 5;
	char *old = mem_new(n, 0, 0);
	int rc = RC_OK;

	snprintf(old, n, "%s.old", path);
	if ((unlink(old) != 0 && errno != ENOENT) ||
	    (link(path, old) != 0 && errno != ENOENT))
		rc = RC_IO;
	mem_free(old);
	return rc;
}

/* rename() replaces what is there; link() never does. */
static int
keys_put_in_place(const char *from, const char *to, const struct keys_put *put)
{
	if (put->force) {
		if (put->aside && set_aside(to) != RC_OK)
			return RC_IO;
		return rename(from, to) == 0 ? RC_OK : RC_IO;
	}
	if (link(from, to) != 0)
		return errno == EEXIST ? RC_TWICE : RC_IO;
	unlink(from);
	return RC_OK;
}

/* Through the descriptor alone. */
static int
keys_fill(int fd, mode_t mode, BIO *from, const struct keys_put *put)
{
	char *p;
	size_t n = (size_t)BIO_get_mem_data(from, &p);

	if (fchmod(fd, mode) != 0 ||
	    (put->given && fchown(fd, put->uid, put->gid) != 0))
		return RC_IO;
	if (file_put(fd, p, n) != RC_OK)
		return RC_IO;
	return fsync(fd) == 0 ? RC_OK : RC_IO;
}

static int
keys_file_write(
    const char *path, mode_t mode, BIO *from, const struct keys_put *put)
{
	static const struct keys_put ours;
	char *temp = mem_new(strlen(path) + 8, 0, 0);
	int fd, rc, saved;

	if (put == NULL)
		put = &ours;
	snprintf(temp, strlen(path) + 8, "%s.XXXXXX", path);
	fd = mkstemp(temp);
	if (fd < 0) {
		mem_free(temp);
		return RC_IO;
	}
	rc = keys_fill(fd, mode, from, put);
	close(fd);
	if (rc == RC_OK)
		rc = keys_put_in_place(temp, path, put);
	saved = errno;
	if (rc != RC_OK)
		unlink(temp);
	mem_free(temp);
	errno = saved;
	return rc;
}

int
keys_write(const char *path, const struct evp_pkey_st *key, enum keys_kind kind,
    const struct keys_put *put)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int rc;

	CHECK(bio != NULL);
	CHECK(PEM_write_bio_PKCS8PrivateKey(
		  bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	rc = keys_file_write(path, kind == KEYS_MARK ? 0640 : 0600, bio, put);
	BIO_free(bio);
	return rc;
}

int
keys_write_certificate(
    const char *path, const uint8_t *der, size_t n, const struct keys_put *put)
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *cert;
	int rc = claim_x509(der, n, &cert);

	CHECK(bio != NULL);
	if (rc == RC_OK) {
		CHECK(PEM_write_bio_X509(bio, cert) == 1);
		rc = keys_file_write(path, 0644, bio, put);
	}
	X509_free(cert);
	BIO_free(bio);
	return rc;
}

int
keys_write_request(
    const char *path, const uint8_t *der, size_t n, const struct keys_put *put)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	CHECK(bio != NULL);
	CHECK(PEM_write_bio(bio, PEM_STRING_X509_REQ, "", der, (long)n) > 0);
	rc = keys_file_write(path, 0644, bio, put);
	BIO_free(bio);
	return rc;
}
