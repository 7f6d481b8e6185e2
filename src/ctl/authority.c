#include "ctl/authority.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/paths.h"
#include "ctl/verbs.h"

static int
key_open(const char *path, struct authority *a)
{
	int rc = keys_read(path, KEYS_OWN, &a->key);

	if (rc == RC_OK)
		return CALL_OK;
	if (rc == RC_IO && errno == ENOENT)
		return call_usage(
		    "%s: no such file; `lsrctl keys authority` makes it, once "
		    "for the organization; --directory says where it is",
		    path);
	return paths_refuse(path, rc);
}

static int
certificate_open(const char *path, struct authority *a)
{
	uint8_t own[CRYPTO_PUBLIC];
	int rc = keys_authority(path, a->public_key, a->org);

	if (rc == RC_OK)
		rc = keys_certificate(path, &a->der, &a->der_len);
	if (rc != RC_OK)
		return paths_refuse(path, rc);
	keys_public(a->key, own);
	if (memcmp(own, a->public_key, sizeof(own)) != 0)
		return call_usage(
		    "%s: does not belong to authority.key beside it", path);
	a->organization = issue_organization(a->der, a->der_len);
	return CALL_OK;
}

int
authority_open(const char *directory, struct authority *authority)
{
	char *key = paths_join(directory, "authority.key");
	char *pem = paths_join(directory, "authority.pem");
	int status;

	memset(authority, 0, sizeof(*authority));
	status = key_open(key, authority);
	if (status == CALL_OK)
		status = certificate_open(pem, authority);
	if (status != CALL_OK)
		authority_done(authority);
	mem_free(key);
	mem_free(pem);
	return status;
}

void
authority_done(struct authority *authority)
{
	keys_free(authority->key);
	mem_free(authority->organization);
	mem_free(authority->der);
	memset(authority, 0, sizeof(*authority));
}
