#include "core/lsa/crypto.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static bool
any_covers(char *const *claim, size_t n, const char *pattern)
{
	for (size_t i = 0; i < n; i++)
		if (str_covers(claim[i], pattern))
			return true;
	return false;
}

bool
claims_space(const struct claims *claims, const char *pattern)
{
	return any_covers(claims->spaces, claims->nspaces, pattern);
}

bool
claims_relay(const struct claims *claims, const char *pattern)
{
	return any_covers(claims->relays, claims->nrelays, pattern);
}

bool
claims_connector(const struct claims *claims, const char *group)
{
	for (size_t i = 0; i < claims->nconnectors; i++)
		if (strcmp(claims->connectors[i], "*") == 0 ||
		    strcmp(claims->connectors[i], group) == 0)
			return true;
	return false;
}

void
claims_free(struct claims *claims)
{
	if (claims == NULL)
		return;
	for (size_t i = 0; i < claims->nspaces; i++)
		mem_free(claims->spaces[i]);
	for (size_t i = 0; i < claims->nrelays; i++)
		mem_free(claims->relays[i]);
	for (size_t i = 0; i < claims->nconnectors; i++)
		mem_free(claims->connectors[i]);
	mem_free(claims->connectors);
	mem_free(claims->spaces);
	mem_free(claims->relays);
	mem_free(claims->name);
	mem_free(claims->group);
	mem_free(claims);
}
