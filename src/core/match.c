#include "core/match.h"

#include <string.h>

#include "base/check.h"

static const char anything[] = "*";

bool
match_is_address(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL && at != address && at[1] != '\0' &&
	       strcmp(at + 1, anything) != 0;
}

struct match
match_over(const char *address)
{
	CHECK(match_is_address(address));
	return (struct match){ address, NULL };
}

const char *
match_next(struct match *m)
{
	if (m->at == NULL) {
		m->at = m->address;
	} else if (m->at == m->address) {
		m->at = strrchr(m->address, '@') + 1;
	} else if (m->at == anything) {
		return NULL;
	} else {
		const char *dot = strchr(m->at + 1, '.');

		m->at = dot != NULL && dot[1] != '\0' ? dot : anything;
	}
	return m->at;
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
match_claims(const struct net *net, const char *pattern, size_t *n)
{
	size_t first = claims_from(net, pattern), end = first;

	while (end < net->claims.n &&
	       strcmp(net->claims.v[end].pattern, pattern) == 0)
		end++;
	*n = end - first;
	return net->claims.v + first;
}
