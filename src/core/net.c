#include "core/net.h"

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
