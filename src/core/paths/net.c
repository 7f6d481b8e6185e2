#include "core/paths/net.h"

#include <string.h>

#include "base/find.h"

uint32_t
net_find(const struct net *net, const char *name)
{
	size_t at = find_text(
	    FIND_LIST(net_server, name, net->servers.v, net->servers.n), name);

	return at == FIND_NONE ? UINT32_MAX : (uint32_t)at;
}

void
net_done(struct net *net)
{
	vec_done(&net->servers);
	vec_done(&net->steps);
	vec_done(&net->claims);
	net->parts = 0;
}

/* The first claim whose pattern does not stand before this one. */
static size_t
claims_from(const struct net *net, const char *pattern)
{
	return find_text_from(
	    FIND_LIST(net_claim, pattern, net->claims.v, net->claims.n),
	    pattern);
}

const struct net_claim *
net_claims(const struct net *net, const char *pattern, size_t *n)
{
	size_t first = claims_from(net, pattern), end = first;

	while (end < net->claims.n &&
	       strcmp(net->claims.v[end].pattern, pattern) == 0)
		end++;
	*n = end - first;
	return net->claims.v + first;
}
