/*
 * issue.h - make certificates: the organization's authority, and a server's
 * with what it may claim (lsrd-protocol(7) 1). X.509 v3 (RFC 5280) signed with
 * Ed25519 (RFC 8410).
 *
 * Both append DER. They do not judge grammar: who asks
 * does, and claim_read() would refuse the result.
 */

#ifndef CRYPT_ISSUE_H
#define CRYPT_ISSUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/lsa/crypto.h"

struct evp_pkey_st;           /* OpenSSL's EVP_PKEY */
struct stack_st_GENERAL_NAME; /* OpenSSL's GENERAL_NAMES */

/* Valid from an hour before now: clocks differ. */
void issue_authority(const char *organization, uint32_t days,
    struct evp_pkey_st *key, struct buf *der);

/*
 * name, group, spaces, relays and connectors of `claims` count, and public_key.
 * `authority` signs; `organization` is its common name.
 */
void issue_server(const struct claims *claims, const char *organization,
    uint32_t days, struct evp_pkey_st *authority, struct buf *der);

/* The same as names of a subjectAltName; a name or group that is NULL is left
 * out. The caller's, for GENERAL_NAMES_free(). */
struct stack_st_GENERAL_NAME *issue_names(const struct claims *claims);

/*
 * The organization that an authority's certificate names; NULL when it names
 * none. The caller's.
 */
char *issue_organization(const uint8_t *der, size_t n);

#endif
