/*
 * claim.h - what a certificate says of its holder: name, routing group, the
 * address spaces and relays he may claim (lsrd-protocol(7) 1, Certificates).
 *
 * Only the form is judged here, neither the signature nor the dates;
 * crypt/crypto.h's vouch() puts the signature of the authority before it.
 */

#ifndef CRYPT_CLAIM_H
#define CRYPT_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "core/lsa/crypto.h"

struct x509_st;               /* OpenSSL's X509 */
struct asn1_string_st;        /* OpenSSL's ASN1_TIME */
struct evp_pkey_st;           /* OpenSSL's EVP_PKEY */
struct stack_st_GENERAL_NAME; /* OpenSSL's GENERAL_NAMES */

/* A date, in seconds since 1970; RC_FORMAT for one that is none. */
int claim_date(const struct asn1_string_st *date, int64_t *out);

/*
 * Octets that are one certificate in DER, and nothing behind it. On RC_OK
 * *out is the caller's, to be ended with claim_x509_free(); RC_LONG above
 * LIMIT_CERT_OCTETS, else RC_FORMAT.
 */
int claim_x509(const uint8_t *der, size_t n, struct x509_st **out);
void claim_x509_free(struct x509_st *cert);

/*
 * On RC_OK *out is the caller's, to be ended with claims_free(); else NULL:
 * RC_FORMAT   no Ed25519 key, no or an unreadable subjectAltName, bad dates
 * RC_RANGE    a critical extension we do not know, one that does not let it
 *             sign or be both ends of TLS, or an authority's certificate
 * RC_NAME     no dNSName, or a name, group or pattern outside its grammar
 * RC_TWICE    a second dNSName, group or subjectAltName
 * RC_MISSING  no group
 * URIs that do not begin with lsrd:group:, lsrd:space:, lsrd:relay: or
 * lsrd:connector: and other kinds of names grant nothing and are passed over.
 */
int claim_read(const struct x509_st *cert, struct claims **out);

/*
 * Parts of it, for what has the same names but is no certificate
 * (crypt/csr.h): both add to *c, which a failure leaves half filled. Of
 * names none need be there; a key that is not Ed25519 is RC_FORMAT.
 */
int claim_names(const struct stack_st_GENERAL_NAME *names, struct claims *c);
int claim_key(const struct evp_pkey_st *key, struct claims *c);

#endif
