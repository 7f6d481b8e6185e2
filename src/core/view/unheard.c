#include "core/view/unheard.h"

#include <stdlib.h>
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
	for (size_t i = 0; i < all->known.n; i++)
		mem_free(all->known.v[i]);
	vec_done(&all->away);
	vec_done(&all->news);
	vec_done(&all->known);
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
		if (all->away.v[i].is_back ||
		    strcmp(all->away.v[i].name, away[i]) != 0)
			return false;
	return true;
}

/* Its newest epoch that it has said its identity in. */
static uint32_t
said_in(const struct lsdb *db, const char *server)
{
	struct lsa_key key = { server, "", LSA_IDENTITY };
	const struct lsa *identity = lsdb_find(db, &key);

	return identity == NULL ? 0 : lsa_epoch(identity);
}

/* It is not away any more: for a time that is kept, but if it was so merely until our
 * first words had come to all. */
static void
back_keep(struct unheard *all, const struct lsdb *db, struct unheard_one *one,
    struct mono now)
{
	bool there = one->before && !one->is_back &&
	             one->since.ms == all->began.ms &&
	             !mono_due(mono_after(one->since, all->said_ms), now);

	if (!one->is_back)
		one->back = now;
	one->is_back = true;
	if (there || said_in(db, one->name) > one->epoch ||
	    mono_due(mono_after(one->back, all->back_ms), now))
		mem_free(one->name);
	else
		vec_push(&all->away, *one);
}

static bool
unheard_knows(const struct unheard *all, const char *server)
{
	return !all->begun || find_text(FIND_TEXTS(all->known.v, all->known.n),
				  server) != FIND_NONE;
}

static void
away_look(struct unheard *all, const struct lsdb *db, const char *const *away,
    size_t n, struct mono now)
{
	struct unheard was = *all;
	size_t at = 0;

	memset(&all->away, 0, sizeof(all->away));
	for (size_t i = 0; i < n; i++) {
		struct unheard_one one = { .since = now,
			.before = all->begun ? !unheard_knows(all, away[i])
			                     : all->read,
			.epoch = said_in(db, away[i]) };
		int order = 1;

		while (at < was.away.n &&
		       (order = strcmp(was.away.v[at].name, away[i])) < 0)
			back_keep(all, db, &was.away.v[at++], now);
		if (order == 0)
			one = was.away.v[at++];
		else
			one.name = mem_str(away[i]);
		one.is_back = false;
		vec_push(&all->away, one);
	}
	while (at < was.away.n)
		back_keep(all, db, &was.away.v[at++], now);
	vec_done(&was.away);
}

static int
away_order(const void *a, const void *b)
{
	return strcmp(((const struct unheard_one *)a)->name,
	    ((const struct unheard_one *)b)->name);
}

/* Who is heard of for the first time, and present at once, is back. */
static void
known_look(struct unheard *all, const struct lsdb *db, struct mono now)
{
	struct unheard next = { 0 };
	size_t n = all->away.n;

	if (all->begun && all->places == db->places)
		return;
	for (const struct lsa *l = lsdb_group(db, ""); l != NULL;
	     l = lsdb_group_next(l)) {
		struct unheard_one one = { .since = now,
			.before = true,
			.is_back = true,
			.back = now,
			.epoch = said_in(db, l->key.origin) };

		vec_push(&next.known, mem_str(l->key.origin));
		if (unheard_knows(all, l->key.origin) ||
		    strcmp(l->key.origin, all->self) == 0 ||
		    find_text(FIND_LIST(unheard_one, name, all->away.v, n),
			l->key.origin) != FIND_NONE)
			continue;
		one.name = mem_str(l->key.origin);
		vec_push(&all->away, one);
	}
	if (all->away.n > n)
		qsort(
		    all->away.v, all->away.n, sizeof(*all->away.v), away_order);
	find_sort_texts(next.known.v, next.known.n);
	for (size_t i = 0; i < all->known.n; i++)
		mem_free(all->known.v[i]);
	vec_done(&all->known);
	memcpy(&all->known, &next.known, sizeof(all->known));
	all->places = db->places;
}

void
unheard_look(struct unheard *all, const struct lsdb *db,
    const char *const *away, size_t n, struct mono now)
{
	if (!all->begun)
		all->began = now;
	if (!away_same(all, away, n))
		away_look(all, db, away, n, now);
	known_look(all, db, now);
	all->begun = true;
	news_drop(all, now);
}

bool
unheard_any_back(const struct unheard *all)
{
	for (size_t i = 0; all != NULL && i < all->away.n; i++)
		if (all->away.v[i].is_back)
			return true;
	return false;
}

struct mono
unheard_due(const struct unheard *all)
{
	struct mono due = MONO_NEVER;

	for (size_t i = 0; i < all->away.n; i++)
		if (all->away.v[i].is_back)
			due = mono_min(
			    due, mono_after(all->away.v[i].back, all->back_ms));
	return due;
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

		if (c->from != NULL &&
		    (c->to == NULL || !route_is_local(c->from) ||
			route_is_local(c->to)))
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
unheard_had(const struct rib *old, const struct route *r, const char *hop)
{
	const struct route *was =
	    old == NULL ? NULL : rib_find(old, r->pattern);

	for (size_t i = 0; was != NULL && i < was->nhops; i++)
		if (strcmp(was->hop[i].name, hop) == 0)
			return true;
	return false;
}

/* `word` is NULL where the pattern is no news. */
static bool
unheard_is_hop(const struct unheard *all, const struct rib *old,
    const struct unheard_one *word, const struct route *r, const char *hop)
{
	size_t at = find_text(LIST(all->away), hop);

	if (at == FIND_NONE || unheard_claims(r, hop) ||
	    (!r->last_resort && !all->away.v[at].is_back))
		return true;
	if (all->away.v[at].before && !unheard_had(old, r, hop))
		return false;
	return word == NULL || !unheard_lacks(all, &all->away.v[at], word);
}

bool
unheard_apply(const struct unheard *all, const struct rib *old, struct route *r)
{
	const struct unheard_one *word;
	size_t at, kept = 0, had = r->nhops;

	if (all == NULL || all->away.n == 0 || r->kind != ROUTE_REMOTE)
		return false;
	at = find_text(LIST(all->news), r->pattern);
	word = at == FIND_NONE ? NULL : &all->news.v[at];
	for (size_t i = 0; i < r->nhops; i++)
		if (unheard_is_hop(all, old, word, r, r->hop[i].name))
			r->hop[kept++] = r->hop[i];
	if (kept == 0 && r->nhops > 0) {
		route_hold_hop(r, r->hop[0].name, "has not heard of it");
		return true;
	}
	r->nhops = kept;
	r->hop[0].alternate = false; /* it is the way now */
	return kept < had;
}
