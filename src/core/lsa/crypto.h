/*
 * crypto.h - the few cryptographic functions lent to the engine.
 *
 * All are pure: the same octets give the same answer. crypt/crypto.c lends
 * OpenSSL's; the simulator lends cheap ones.
 */

#ifndef CORE_CRYPTO_H
#define CORE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"

#define CRYPTO_DIGEST 32 /* SHA-256 (FIPS 180-4) */
#define CRYPTO_PUBLIC 32 /* Ed25519 public key (RFC 8032) */
#define CRYPTO_SIGNATURE 64

/* Who a certificate says its holder is, and what he may claim. */
struct claims {
	char *name;  /* the one dNSName, lower case */
	char *group; /* lsrd:group: */
	char **spaces;
	size_t nspaces;
	char **relays;
	size_t nrelays;
	uint8_t public_key[CRYPTO_PUBLIC];
	uint8_t key[CRYPTO_DIGEST];    /* digest of the public key */
	int64_t not_before, not_after; /* seconds since 1970, UTC */
	char **connectors; /* routing groups it may lead to, or "*" */
	size_t nconnectors;
};

struct crypto {
	void *ctx;

	void (*digest)(
	    void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_DIGEST]);

	/* With the server's own key. */
	void (*sign)(
	    void *ctx, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE]);

	bool (*verify)(void *ctx, const uint8_t public_key[CRYPTO_PUBLIC],
	    const void *p, size_t n, const uint8_t sig[CRYPTO_SIGNATURE]);

	/*
	 * Reads a certificate (DER) that must be signed by the
	 * organization's authority; dates are not judged here. On RC_OK
	 * *out is the caller's, to be ended with claims_free(). Refuses with
	 * RC_FORMAT, RC_SIGNATURE, RC_NAME, RC_TWICE (a second dNSName),
	 * RC_MISSING (no group), RC_RANGE (an unknown critical extension).
	 */
	int (*vouch)(
	    void *ctx, const uint8_t *der, size_t n, struct claims **out);
};

/* True if the certificate lets its holder claim the pattern; for relaying. */
bool claims_space(const struct claims *claims, const char *pattern);
bool claims_relay(const struct claims *claims, const char *pattern);

/* True if it may have a connector to the routing group. */
bool claims_connector(const struct claims *claims, const char *group);

/*
 * To octets and back, for a file of our own:
 *
 *     u16 n name, u16 n group, 32 public key, 32 its digest,
 *     u64 not before, u64 not after,
 *     three times u16 n, n times u16 n text: spaces, relays, connectors
 *
 * On RC_OK *out is the caller's; names and patterns are held to their grammar.
 */
void claims_encode(struct buf *out, const struct claims *claims);
int claims_decode(struct cur *in, struct claims **out);

void claims_free(struct claims *claims);

#endif
