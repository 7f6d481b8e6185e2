#include "t/io/pki.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "crypt/crypto.h"
#include "crypt/issue.h"
#include "crypt/keys.h"

static int
vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	struct pki *pki = ctx;
	int rc = pki->strict.vouch(pki->strict.ctx, der, n, out);

	if (rc == RC_OK) {
		(*out)->not_before -= pki->late_s;
		(*out)->not_after -= pki->late_s;
	}
	return rc;
}

void
pki_init(struct pki *pki)
{
	uint8_t public_key[CRYPTO_PUBLIC];

	memset(pki, 0, sizeof(*pki));
	pki->key = keys_new();
	keys_public(pki->key, public_key);
	crypto_init(&pki->strict, NULL, public_key);
	pki->crypto = pki->strict;
	pki->crypto.ctx = pki;
	pki->crypto.vouch = vouch;
}

struct tls_self *
pki_self(struct pki *pki, const char *name)
{
	struct claims claims = { 0 };
	struct evp_pkey_st *key = keys_new();
	struct tls_self *self;
	struct buf der = { 0 };

	claims.name = mem_str(name);
	claims.group = mem_str("g");
	keys_public(key, claims.public_key);
	issue_server(&claims, "example.org", 30, pki->key, &der);
	CHECK(tls_self_new(der.p, der.n, key, &pki->crypto, &self) == RC_OK);
	mem_free(claims.name);
	mem_free(claims.group);
	buf_done(&der);
	keys_free(key);
	return self;
}

void
pki_done(struct pki *pki)
{
	keys_free(pki->key);
	crypto_done(&pki->strict);
}
