/*
 * facts_claims.c - what servers claim, each by itself and by its list, and
 * whether they may.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/view/facts_read.h"

void
facts_claim_read(
    const struct view_input *in, const struct lsa *lsa, struct facts_claim *c)
{
	c->pattern = lsa->key.id;
	c->lsa = lsa;
	c->space = *lsa_space(lsa);
	if (strcmp(c->pattern, "*") == 0 ||
	    (in->may_relay != NULL &&
		!in->may_relay(in->ctx, lsa->key.origin, c->pattern)))
		c->space.relay = false;
}

void
facts_claim_add(struct facts *f, const struct view_input *in, uint32_t server,
    const struct lsa *lsa)
{
	struct facts_claim c = { .server = server };

	/* What is ours and no more configured is no claim, before its purge
	 * is out; the rest of ours: own_claims(). */
	if (server == f->self)
		return;
	facts_claim_read(in, lsa, &c);
	vec_push(&f->claims, c);
}

void
facts_lists_begin(struct facts_lists *lists, const struct lsdb *db,
    const char *origin, const char *from)
{
	struct listed_of of = { db, origin, LSA_LIST };

	listed_begin(&lists->said, &of, from);
	of.type = LSA_GRANT;
	listed_begin(&lists->granted, &of, from);
}

bool
facts_claim_listed(const struct view_input *in, struct facts_lists *lists,
    const char *pattern, struct facts_claim *c)
{
	const struct lsa *said = listed_meet(&lists->said, pattern);
	const struct lsa *grant = listed_meet(&lists->granted, pattern);
	const char *origin = lists->said.of.origin;

	if (said == NULL || (grant == NULL && in->may_claim != NULL &&
				!in->may_claim(in->ctx, origin, pattern)))
		return false;
	c->pattern = pattern;
	c->lsa = said;
	c->space = lsa_list(said)->space;
	if ((grant == NULL || !lsa_list(grant)->space.relay) &&
	    in->may_relay != NULL && !in->may_relay(in->ctx, origin, pattern))
		c->space.relay = false;
	return true;
}

void
facts_list_add(struct facts *f, const struct view_input *in, uint32_t server)
{
	const char *origin = f->servers.v[server].name;
	struct facts_lists lists;

	if (server == f->self)
		return;
	facts_lists_begin(&lists, in->db, origin, "");
	for (; lists.said.pattern != NULL; listed_next(&lists.said)) {
		struct facts_claim c = { .server = server };

		if (!facts_claim_listed(in, &lists, lists.said.pattern, &c))
			continue;
		vec_push(&f->coined, mem_str(c.pattern));
		c.pattern = f->coined.v[f->coined.n - 1];
		vec_push(&f->claims, c);
	}
}

/* By which of the two we have said it. */
static const struct lsa *
claim_own_said(const struct view_input *in, struct facts_lists *lists,
    const struct setup_space *own)
{
	struct lsa_key key = { in->setup->server, own->pattern, LSA_SPACE };
	const struct lsa *said;

	if (own->listed)
		return listed_meet(&lists->said, own->pattern);
	said = lsdb_find(in->db, &key);
	return said == NULL || said->purge ? NULL : said;
}

bool
facts_claim_own(const struct view_input *in, struct facts_lists *lists,
    const struct setup_space *own, struct facts_claim *c)
{
	const struct claims *claims = in->setup->claims;
	const struct lsa *said = claim_own_said(in, lists, own);
	const struct lsa *grant =
	    own->listed ? listed_meet(&lists->granted, own->pattern) : NULL;

	if (claims == NULL ||
	    (grant == NULL && !claims_space(claims, own->pattern)))
		return false;
	c->pattern = own->pattern;
	c->own = own;
	c->lsa = said;
	if (said != NULL)
		c->space =
		    own->listed ? lsa_list(said)->space : *lsa_space(said);
	else
		c->space = (struct lsa_space){ .cost = own->cost,
			.local = own->local,
			.fallback = own->fallback,
			.relay = own->relay };
	if (strcmp(own->pattern, "*") == 0 ||
	    ((grant == NULL || !lsa_list(grant)->space.relay) &&
		!claims_relay(claims, own->pattern)))
		c->space.relay = false;
	return true;
}

/* What our setup says and our certificate allows, said already or not: a
 * table is published before our first LSA goes out (lsrd-protocol(7) 7). */
static void
own_claims(struct facts *f, const struct view_input *in)
{
	struct facts_lists lists;

	facts_lists_begin(&lists, in->db, in->setup->server, "");
	for (size_t i = 0; i < in->setup->nspaces; i++) {
		struct facts_claim c = { .server = f->self };

		if (facts_claim_own(in, &lists, &in->setup->spaces[i], &c))
			vec_push(&f->claims, c);
	}
}

/* Of two of one server the one that it says by itself: what its list has
 * besides does not count. They are sorted, and it comes first. */
static void
claims_unique(struct facts *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->claims.n; i++) {
		struct facts_claim *c = &f->claims.v[i];

		if (kept == 0 || c->server != f->claims.v[kept - 1].server ||
		    strcmp(c->pattern, f->claims.v[kept - 1].pattern) != 0)
			f->claims.v[kept++] = *c;
	}
	f->claims.n = kept;
}

/* The texts of claims, which are sorted by them. */
static void
patterns_gather(struct facts *f)
{
	size_t n = 1;

	for (size_t i = 0; i < f->claims.n; i++)
		n += strlen(f->claims.v[i].pattern) + 1;
	f->patterns = mem_new(n, 0, 0);
	n = 0;
	for (size_t i = 0; i < f->claims.n; i++) {
		struct facts_claim *c = &f->claims.v[i];
		size_t len = strlen(c->pattern) + 1;

		if (i > 0 && strcmp(c[-1].pattern, c->pattern) == 0) {
			c->pattern = c[-1].pattern;
			continue;
		}
		memcpy(f->patterns + n, c->pattern, len);
		c->pattern = f->patterns + n;
		n += len;
	}
	for (size_t i = 0; i < f->coined.n; i++)
		mem_free(f->coined.v[i]);
	f->coined.n = 0;
}

static bool
claim_is_listed(const struct facts_claim *c)
{
	return c->lsa != NULL && c->lsa->key.type == LSA_LIST;
}

static int
claim_order(const void *a, const void *b)
{
	const struct facts_claim *x = a, *y = b;
	int c = strcmp(x->pattern, y->pattern);

	if (c == 0)
		c = (x->server > y->server) - (x->server < y->server);
	if (c != 0)
		return c;
	return claim_is_listed(x) - claim_is_listed(y);
}

void
facts_claims_gather(struct facts *f, const struct view_input *in)
{
	own_claims(f, in);
	if (f->claims.n > 1)
		qsort(f->claims.v, f->claims.n, sizeof(f->claims.v[0]),
		    claim_order);
	claims_unique(f);
	patterns_gather(f);
}
