/*
 * csr.h - a request for a certificate: what a server's key is, what it
 * would like to claim, and a signature that shows that who asks has the
 * private key (PKCS #10, RFC 2986, in PEM). The key never leaves its host.
 *
 * What a request asks for grants nothing: the authority says what it gives.
 */

#ifndef CRYPT_CSR_H
#define CRYPT_CSR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/lsa/crypto.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/* Appends DER, signed with the key. Of `wishes` the names count; a name or
 * group may be NULL. */
void csr_make(
    const struct claims *wishes, struct evp_pkey_st *key, struct buf *der);

/*
 * Octets that are one request, and nothing behind it. On RC_OK *wishes is the
 * caller's, with the key; a name or group that is not asked for is NULL. Refuses as
 * claim_read() does, RC_LONG above LIMIT_CERT_OCTETS, and RC_SIGNATURE: not
 * signed with its own key.
 */
int csr_read(const uint8_t *der, size_t n, struct claims **wishes);

#endif
