#include "core/view/unheard.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"

#define LIST(list) FIND_LIST(unheard_one, name, (list).v, (list).n)

void
unheard_done(struct unheard *all)
{
	for (size_t i = 0; i < all->away.n; i++)
		mem_free(all->away.v[i].name);
	for (size_t i = 0; i < all->news.n; i++)
		mem_free(all->news.v[i].name);
	vec_done(&all->away);
	vec_done(&all->news);
}

/* Whether who is away since then may lack what is new since then. */
static bool
unheard_lacks(const struct unheard *all, const struct unheard_one *away,
    const struct unheard_one *new)
{
	return mono_due(away->since, mono_after(new->since, all->late_ms));
}

/* What all that are away have heard, and will whoever goes from now on. */
static void
news_drop(struct unheard *all, struct mono now)
{
	struct unheard_one first = { .since = now };
	size_t left = 0;

	for (size_t i = 0; i < all->away.n; i++)
		first.since = mono_min(first.since, all->away.v[i].since);
	for (size_t i = 0; i < all->news.n; i++)
		if (unheard_lacks(all, &first, &all->news.v[i]))
			all->news.v[left++] = all->news.v[i];
		else
			mem_free(all->news.v[i].name);
	all->news.n = left;
}

static bool
away_same(const struct unheard *all, const char *const *away, size_t n)
{
	if (all->away.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(all->away.v[i].name, away[i]) != 0)
			return false;
	return true;
}

void
unheard_look(
    struct unheard *all, const char *const *away, size_t n, struct mono now)
{
	struct unheard was = *all;

	if (!away_same(all, away, n)) {
		memset(&all->away, 0, sizeof(all->away));
		memset(&was.news, 0, sizeof(was.news));
		for (size_t i = 0; i < n; i++) {
			size_t at = find_text(LIST(was.away), away[i]);
			struct mono since =
			    at == FIND_NONE ? now : was.away.v[at].since;

			vec_push(&all->away,
			    ((struct unheard_one){ mem_str(away[i]), since }));
		}
		unheard_done(&was);
	}
	news_drop(all, now);
}

/* Both are sorted, and many may be new at once. */
void
unheard_add(
    struct unheard *all, const struct rib_changes *changes, struct mono now)
{
	struct unheard both = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < changes->list.n; i++) {
		const struct rib_change *c = &changes->list.v[i];
		struct unheard_one new = { .since = now };
		int order = 1;

		if (c->from != NULL)
			continue;
		while (at < all->news.n && (order = strcmp(all->news.v[at].name,
						c->to->pattern)) < 0)
			vec_push(&both.news, all->news.v[at++]);
		new.name = order == 0 ? all->news.v[at++].name
		                      : mem_str(c->to->pattern);
		vec_push(&both.news, new);
	}
	if (both.news.n == 0)
		return;
	while (at < all->news.n)
		vec_push(&both.news, all->news.v[at++]);
	vec_done(&all->news);
	memcpy(&all->news, &both.news, sizeof(all->news));
}

static bool
unheard_claims(const struct route *r, const char *server)
{
	for (size_t i = 0; i < r->nclaims; i++)
		if (strcmp(r->claims[i].server, server) == 0)
			return true;
	return false;
}

static bool
unheard_is_hop(const struct unheard *all, const struct unheard_one *new,
    const struct route *r, const char *hop)
{
	size_t at = find_text(LIST(all->away), hop);

	return at == FIND_NONE || unheard_claims(r, hop) ||
	       !unheard_lacks(all, &all->away.v[at], new);
}

void
unheard_apply(const struct unheard *all, struct route *r)
{
	size_t at, kept = 0;

	if (all == NULL || all->news.n == 0 || r->kind != ROUTE_REMOTE ||
	    !r->last_resort)
		return;
	at = find_text(LIST(all->news), r->pattern);
	if (at == FIND_NONE)
		return;
	for (size_t i = 0; i < r->nhops; i++)
		if (unheard_is_hop(all, &all->news.v[at], r, r->hop[i].name))
			r->hop[kept++] = r->hop[i];
	if (kept == 0 && r->nhops > 0) {
		route_hold_hop(r, r->hop[0].name, "has not heard of it");
		return;
	}
	r->nhops = kept;
	r->hop[0].alternate = false; /* it is the way now */
}
