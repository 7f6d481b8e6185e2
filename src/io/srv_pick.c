#include "io/srv_pick.h"

#include <stdlib.h>
#include <string.h>

#define CARES_NO_DEPRECATED
#include <ares.h>

#include "base/str.h"
#include "base/vec.h"

static int
order_of_targets(const void *a, const void *b)
{
	const struct ares_srv_reply *x =
	    *(const struct ares_srv_reply *const *)a;
	const struct ares_srv_reply *y =
	    *(const struct ares_srv_reply *const *)b;
	int c = (int)x->priority - (int)y->priority;

	if (c == 0)
		c = strcmp(x->host, y->host);
	return c != 0 ? c : (int)x->port - (int)y->port;
}

static bool
is_same_target(const struct ares_srv_reply *a, const struct ares_srv_reply *b)
{
	return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

size_t
srv_pick(
    struct ares_srv_reply *replies, struct ares_srv_reply *out[SRV_TARGETS])
{
	VEC(struct ares_srv_reply *) all = { 0 };
	size_t n = 0;

	for (struct ares_srv_reply *r = replies; r != NULL; r = r->next) {
		str_lower(r->host);
		if (str_is_host(r->host) && r->port != 0)
			vec_push(&all, r);
	}
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), order_of_targets);
	for (size_t i = 0; i < all.n && n < SRV_TARGETS; i++)
		if (n == 0 || !is_same_target(out[n - 1], all.v[i]))
			out[n++] = all.v[i];
	vec_done(&all);
	return n;
}
