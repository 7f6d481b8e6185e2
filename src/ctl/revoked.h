/*
 * revoked.h - what the authority has revoked, in a file beside its key: the
 * machine that has the key need not have a daemon that could be asked, and no
 * certificate is made again for a key that is trusted no longer. A line each:
 *
 *     DIGEST SERVER TIME
 *
 * SERVER is `-` where a digest was revoked and no certificate.
 */

#ifndef CTL_REVOKED_H
#define CTL_REVOKED_H

#include <stdint.h>

#include "core/lsa/crypto.h"

/*
 * Adds one. A revocation does not wait for it: what fails is told on standard
 * error.
 */
void revoked_add(const char *directory, const char *digest, const char *server);

/* CALL_OK, or CALL_USAGE after a complaint: this key is in the file, or the
 * file cannot be read. */
int revoked_check(const char *directory, const uint8_t key[CRYPTO_DIGEST]);

#endif
