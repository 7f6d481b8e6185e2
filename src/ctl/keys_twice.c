/*
 * keys_twice.c - what is asked for is there already: said once more, a verb
 * says that nothing changed, and leaves every file as it is.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rc.h"
#include "crypt/keys.h"
#include "ctl/keys.h"

/* A certificate that would end less than so much later, or sooner, is the
 * same. */
#define SAME_S 86400

static bool
lists_same(char *const *a, size_t n, char *const *b, size_t m)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (strcmp(a[i], b[k]) == 0) {
				found++;
				break;
			}
	return n == m && found == n;
}

static bool
texts_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
keys_same(const struct claims *a, const struct claims *b)
{
	return texts_same(a->name, b->name) && texts_same(a->group, b->group) &&
	       memcmp(a->public_key, b->public_key, CRYPTO_PUBLIC) == 0 &&
	       lists_same(a->spaces, a->nspaces, b->spaces, b->nspaces) &&
	       lists_same(a->relays, a->nrelays, b->relays, b->nrelays) &&
	       lists_same(a->connectors, a->nconnectors, b->connectors,
		   b->nconnectors);
}

int64_t
keys_end(uint32_t days)
{
	return (int64_t)time(NULL) + (int64_t)days * 86400;
}

bool
keys_is_soon(int64_t have, int64_t wanted)
{
	return have + SAME_S > wanted && have - SAME_S < wanted;
}

bool
keys_is_made(const char *pem, const uint8_t authority[CRYPTO_PUBLIC],
    const struct claims *wanted, int64_t end)
{
	struct claims *have;
	uint8_t *der;
	size_t n;
	bool same;

	if (keys_vouched(pem, authority, &der, &n, &have) != RC_OK)
		return false;
	same = keys_same(have, wanted) &&
	       (end == 0 || keys_is_soon(have->not_after, end));
	claims_free(have);
	mem_free(der);
	return same;
}

int
keys_unchanged(const struct call *call, const struct keys_made *made)
{
	struct keys_made told = *made;

	told.unchanged = true;
	if (keys_tell(call, &told))
		return CALL_OK;
	for (size_t i = 0; made->files[i] != NULL; i++)
		printf("%s   is there, and is what is asked for\n",
		    made->files[i]);
	puts("nothing changed; --force makes another");
	return CALL_OK;
}
