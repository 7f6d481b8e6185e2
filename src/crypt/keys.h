/*
 * keys.h - files of keys and certificates: PEM (RFC 7468), PKCS #8 for keys.
 *
 * A private key that group or others may read is refused (RC_PERMISSION):
 * whoever reads it speaks as the server. The mark key may be readable by its
 * group, the milter's. A key that asks for a passphrase is refused, never
 * asked for.
 *
 * Refusals of reading: RC_IO (errno tells: ENOENT, EACCES ...),
 * RC_PERMISSION, RC_FORMAT (not PEM, not Ed25519), RC_LONG.
 */

#ifndef CRYPT_KEYS_H
#define CRYPT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/lsa/crypto.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

enum keys_kind {
	KEYS_OWN, /* a server's or the authority's: mode 0600 */
	KEYS_MARK /* a mark key: mode 0640 */
};

/* On RC_OK *out is the caller's, to be ended with keys_free(). */
int keys_read(const char *path, enum keys_kind kind, struct evp_pkey_st **out);
void keys_free(struct evp_pkey_st *key);

/* One more owner of the same key, who ends it with keys_free(), too. */
struct evp_pkey_st *keys_ref(struct evp_pkey_st *key);

/* A new Ed25519 key from the system's random numbers. The caller's. */
struct evp_pkey_st *keys_new(void);

void keys_public(
    const struct evp_pkey_st *key, uint8_t public_key[CRYPTO_PUBLIC]);

/* SHA-256 over the public key: how keys and the organization are named. */
void keys_digest(
    const uint8_t public_key[CRYPTO_PUBLIC], uint8_t digest[CRYPTO_DIGEST]);

/* The public halves of the private keys in these files. */
int keys_own_public(const char *path, uint8_t public_key[CRYPTO_PUBLIC]);
int keys_mark_public(const char *path, uint8_t public_key[CRYPTO_PUBLIC]);

/*
 * The authority's certificate: signed by itself, Ed25519. Gives its public
 * key, and the digest of that, which is the organization's identity.
 * RC_SIGNATURE when it is not signed by itself.
 */
int keys_authority(const char *path, uint8_t public_key[CRYPTO_PUBLIC],
    uint8_t org[CRYPTO_DIGEST]);

/* When that certificate ends, seconds since 1970: nothing of an authority ends
 * with it by itself, but somebody should know. */
int keys_authority_end(const char *path, int64_t *end);

/* The first certificate of a file as DER. On RC_OK *der is the caller's. */
int keys_certificate(const char *path, uint8_t **der, size_t *n);

/*
 * As keys_certificate(), and what it says, whoever signed it: the refusals
 * of claim_read() come too. On RC_OK *claims are the caller's.
 */
int keys_claims(
    const char *path, uint8_t **der, size_t *n, struct claims **claims);

/*
 * As keys_certificate(), and it must be the authority's: the refusals of
 * vouch() in core/lsa/crypto.h come too. On RC_OK *claims are the caller's.
 */
int keys_vouched(const char *path, const uint8_t authority[CRYPTO_PUBLIC],
    uint8_t **der, size_t *n, struct claims **claims);

/*
 * A request for a certificate (crypt/csr.h), in PEM. RC_SIGNATURE: who
 * asks has not shown that he has the key. On RC_OK *wishes is the caller's.
 */
int keys_request(const char *path, struct claims **wishes);

/*
 * How a file is put in its place. It has its mode and its owner before it has
 * its name: its folder may be somebody else's, who could put a link in the
 * place of a name between two steps.
 */
struct keys_put {
	bool force; /* replace what is there */
	bool aside; /* and keep that as NAME.old */
	bool given; /* to this owner; else to who runs us */
	uid_t uid;
	gid_t gid;
};

/* { .force = true } */
extern const struct keys_put keys_force;

/*
 * Write a file whole or not at all, with the mode its kind asks for (0644
 * for a certificate). Without `force` one that exists is left alone:
 * RC_TWICE. RC_IO: errno tells. `put` may be NULL: a new file, our own.
 */
int keys_write(const char *path, const struct evp_pkey_st *key,
    enum keys_kind kind, const struct keys_put *put);
int keys_write_certificate(
    const char *path, const uint8_t *der, size_t n, const struct keys_put *put);
int keys_write_request(
    const char *path, const uint8_t *der, size_t n, const struct keys_put *put);

#endif
