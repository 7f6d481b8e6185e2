#include "io/allow.h"

#include <stdlib.h>

#include "base/mem.h"

static int
allow_order(const void *a, const void *b)
{
	return addr_order(a, b);
}

void
allow_set(struct allow *allow, const struct addr *addrs, size_t n)
{
	allow_done(allow);
	allow->addrs = mem_new(0, n, sizeof(*addrs));
	for (size_t i = 0; i < n; i++) {
		allow->addrs[i] = addrs[i];
		allow->addrs[i].port = 0;
	}
	allow->n = n;
	if (n > 1)
		qsort(allow->addrs, n, sizeof(*addrs), allow_order);
}

bool
allow_has(const struct allow *allow, const struct addr *addr)
{
	struct addr key = *addr;

	key.port = 0;
	return allow->n > 0 && bsearch(&key, allow->addrs, allow->n,
				   sizeof(key), allow_order) != NULL;
}

void
allow_done(struct allow *allow)
{
	mem_free(allow->addrs);
	allow->addrs = NULL;
	allow->n = 0;
}
