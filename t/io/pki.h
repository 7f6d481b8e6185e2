/*
 * pki.h - an organization for tests: an authority, and servers with keys
 * and certificates of it, all in memory.
 */

#ifndef T_IO_PKI_H
#define T_IO_PKI_H

#include "core/lsa/crypto.h"
#include "io/tls.h"

struct evp_pkey_st;

struct pki {
	struct evp_pkey_st *key; /* the authority's */
	struct crypto crypto;    /* vouches by it; signs nothing */
	int64_t late_s; /* added to what a certificate says of its dates */
	struct crypto strict;
};

void pki_init(struct pki *pki);

/* Who `name` of the group "g" is. The caller's. */
struct tls_self *pki_self(struct pki *pki, const char *name);

void pki_done(struct pki *pki);

#endif
