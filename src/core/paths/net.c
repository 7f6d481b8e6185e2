#include "core/paths/net.h"

#include <string.h>

uint32_t
net_find(const struct net *net, const char *name)
{
	size_t low = 0, high = net->servers.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(name, net->servers.v[mid].name);

		if (c == 0)
			return (uint32_t)mid;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return UINT32_MAX;
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
	size_t low = 0, high = net->claims.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(net->claims.v[mid].pattern, pattern) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
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
