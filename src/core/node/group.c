#include "core/node/group.h"

#include <string.h>

#include "core/lsa/limits.h"

const struct lsa_server *
group_server(const struct lsdb *db, const char *name)
{
	struct lsa_key key = { .origin = name, .id = "", .type = LSA_SERVER };
	struct lsa *lsa = lsdb_find(db, &key);

	return lsa == NULL ? NULL : lsa_server(lsa);
}

/* Those that a connection may go to. */
static size_t
hops(const struct addr *from, size_t n, bool lab, struct addr *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (addr_is_hop(&from[i], lab))
			out[kept++] = from[i];
	return kept;
}

size_t
group_mail(const struct lsdb *db, const struct setup *setup, const char *name,
    struct addr out[LIMIT_ADDRESSES])
{
	const struct lsa_server *s = group_server(db, name);

	return s == NULL ? 0 : hops(s->smtp, s->nsmtp, setup->lab, out);
}

size_t
group_listens(const struct lsdb *db, const struct setup *setup,
    const char *name, struct addr out[LIMIT_ADDRESSES])
{
	const struct lsa_server *s = group_server(db, name);

	return s == NULL ? 0 : hops(s->peer, s->npeer, setup->lab, out);
}

size_t
group_may_come(const struct lsa_server *s, const struct setup *setup,
    struct addr out[2 * LIMIT_ADDRESSES])
{
	size_t n = hops(s->peer, s->npeer, setup->lab, out);

	return n + hops(s->smtp, s->nsmtp, setup->lab, out + n);
}

void
group_members(
    const struct lsdb *db, const struct setup *setup, struct names *out)
{
	for (const struct lsa *l = lsdb_group(db, setup->group);
	     l != NULL && strcmp(lsa_server(l)->group, setup->group) == 0;
	     l = lsdb_group_next(l))
		if (strcmp(l->key.origin, setup->server) != 0)
			vec_push(&out->list, l->key.origin);
}

/* Whole k-th root of n, rounded down. */
static size_t
root(size_t n, unsigned k)
{
	size_t r = 1;

	for (;; r++) {
		size_t power = 1;

		for (unsigned i = 0; i < k; i++)
			power *= r + 1;
		if (power > n)
			return r;
	}
}

/*
 * The distances on a ring of n, which is no full mesh: the powers of r, up to
 * the third. Four different ones, below half of it: r is 2 at least, so twice
 * its cube is no more than its fourth power, nor is that more than n; and both
 * are the same for 16 alone.
 */
_Static_assert(LIMIT_GROUP_FULL_MESH >= 16 && LIMIT_GROUP_PEERS == 8,
    "distances are four, and different");

static void
group_distances(size_t n, size_t out[LIMIT_GROUP_PEERS / 2])
{
	size_t r = root(n, 4);

	out[0] = 1;
	for (size_t i = 1; i < LIMIT_GROUP_PEERS / 2; i++)
		out[i] = out[i - 1] * r;
}

static size_t
group_place(const struct names *members, const char *server)
{
	size_t i = 0;

	while (i < members->list.n && strcmp(members->list.v[i], server) < 0)
		i++;
	return i;
}

void
group_chosen(const char *server, const struct names *members, struct names *out)
{
	size_t n = members->list.n + 1;
	size_t self = group_place(members, server);
	size_t far[LIMIT_GROUP_PEERS / 2];

	if (n <= LIMIT_GROUP_FULL_MESH) {
		for (size_t i = 0; i + 1 < n; i++)
			vec_push(&out->list, members->list.v[i]);
		return;
	}
	group_distances(n, far);
	for (size_t i = 0; i < LIMIT_GROUP_PEERS; i++) {
		size_t d = far[i / 2];
		size_t at = (self + (i % 2 ? n - d : d)) % n;

		/* The list lacks ourselves, who stand at `self`. */
		vec_push(&out->list, members->list.v[at < self ? at : at - 1]);
	}
}
