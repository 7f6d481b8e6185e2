#include "core/paths/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/rank.h"
#include "core/lsa/limits.h"

void
members_add(
    struct members *m, const char *server, const struct members_one *one)
{
	vec_push(&m->list, *one);
	m->list.v[m->list.n - 1].rank = rank_of(server, one->name);
}

/* The greater rank first; equal ones, that is never, by name. */
static int
members_order(const void *a, const void *b)
{
	const struct members_one *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

size_t
members_choose(struct members *m, size_t room)
{
	size_t n = 0, carry = 0;

	if (m->list.n > 1)
		qsort(m->list.v, m->list.n, sizeof(*m->list.v), members_order);
	while (n < m->list.n && n < room && carry < LIMIT_FOUND)
		carry += m->list.v[n++].carries;
	return n;
}

void
members_done(struct members *m)
{
	vec_done(&m->list);
}
