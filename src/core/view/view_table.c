/*
 * view_table.c - the table that is changed in place.
 */

#include <stdlib.h>
#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "core/lsa/listed.h"
#include "core/view/bare.h"
#include "core/view/leaving.h"
#include "core/view/view_again.h"
#include "core/view/view_state.h"

/* All are decided where that many are: it is no dearer. One of these costs
 * about twice what one of all does, which must be freed later, too. */
#define MANY(n) ((n) / 2 + 64)

/* Of more servers than one in so many all claims are looked at, in order: each
 * costs less than finding those of one server. */
#define FEW 256

struct tabling {
	const struct view *v;
	struct view_table *table;
	struct rib *rib;
	VEC(uint32_t)
	ways;                       /* patterns of which ways may be others:
	                               their first claims */
	VEC(char *) texts;          /* owned, of `patterns` */
	VEC(const char *) patterns; /* to be decided again */
};

static void
pattern_ask(struct tabling *t, const char *pattern)
{
	vec_push(&t->patterns, pattern);
}

static void
text_ask(struct tabling *t, char *text)
{
	vec_push(&t->texts, text);
	pattern_ask(t, text);
}

/* What our setup has. */
static void
own_ask(struct tabling *t)
{
	const struct setup *setup = t->v->in.setup;

	for (size_t i = 0; i < setup->nspaces; i++)
		pattern_ask(t, setup->spaces[i].pattern);
}

static void
claim_ask(struct tabling *t, const char *pattern)
{
	size_t n, first = facts_claims(&t->v->facts, pattern, &n);

	if (n > 0)
		vec_push(&t->ways, (uint32_t)first);
	else
		pattern_ask(t, pattern);
}

/* Of a list: what does not count is no claim, and no route follows from it. */
static void
listed_ask(struct tabling *t, uint32_t server, const char *pattern)
{
	const struct facts *f = &t->v->facts;
	size_t n, first = facts_claims(f, pattern, &n);

	for (size_t i = first; i < first + n; i++)
		if (f->claims.v[i].server == server) {
			vec_push(&t->ways, (uint32_t)first);
			return;
		}
}

/* What a server claims. */
static void
server_ask(struct tabling *t, uint32_t server)
{
	struct listed list;
	const struct facts_server *s = &t->v->facts.servers.v[server];
	const struct lsa *l =
	    s->lsa != NULL ? s->lsa : lsdb_origin(t->v->in.db, s->name);

	for (; l != NULL && strcmp(l->key.origin, s->name) == 0;
	     l = lsdb_next(l)) {
		if (l->key.type == LSA_SPACE && !l->purge)
			claim_ask(t, l->key.id);
		else if (l->key.type == LSA_LIST)
			break;
	}
	listed_begin(
	    &list, &(struct listed_of){ t->v->in.db, s->name, LSA_LIST }, "");
	for (; list.pattern != NULL; listed_next(&list))
		listed_ask(t, server, list.pattern);
}

static int
ways_by_claim(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
ways_sort(struct tabling *t)
{
	uint32_t *v = t->ways.v;
	size_t kept = 0;

	if (t->ways.n > 1)
		qsort(v, t->ways.n, sizeof(*v), ways_by_claim);
	for (size_t i = 0; i < t->ways.n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	t->ways.n = kept;
}

/* What all that are marked claim. */
static void
servers_ask(struct tabling *t)
{
	const struct view_marks *m = &t->v->marks;
	const struct facts_claim *v = t->v->facts.claims.v;
	size_t n = t->v->facts.claims.n, first = 0;

	if (m->servers.n <= 1 + n / FEW) {
		for (size_t i = 0; i < m->servers.n; i++)
			server_ask(t, m->servers.v[i]);
		ways_sort(t);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i].pattern != v[first].pattern)
			first = i;
		if (m->is[v[i].server] &&
		    (t->ways.n == 0 || t->ways.v[t->ways.n - 1] != first))
			vec_push(&t->ways, (uint32_t)first);
	}
}

static void
patterns_sort(struct tabling *t)
{
	const char **v = t->patterns.v;
	size_t kept = 0;

	find_sort_texts(v, t->patterns.n);
	for (size_t i = 0; i < t->patterns.n; i++)
		if (kept == 0 || strcmp(v[kept - 1], v[i]) != 0)
			v[kept++] = v[i];
	t->patterns.n = kept;
}

/* Whose routes may be others now. */
static void
patterns_list(struct tabling *t)
{
	const struct view_marks *m = &t->v->marks;
	struct view_pending *pending = t->table->pending;
	const struct refusals *refusals = t->v->in.refusals;
	const struct fresh *fresh = t->table->fresh;
	const struct unheard *unheard = t->v->in.unheard;
	size_t news = unheard_any_back(unheard) ? unheard->news.n : 0;

	for (size_t i = 0; i < m->patterns.n; i++)
		pattern_ask(t, m->patterns.v[i]);
	servers_ask(t);
	if (m->is[t->v->facts.self])
		own_ask(t);
	for (size_t i = 0; i < pending->restless.n; i++)
		text_ask(t, pending->restless.v[i]);
	vec_done(&pending->restless);
	for (size_t i = 0; refusals != NULL && i < refusals->list.n; i++)
		if (refusals->list.v[i].off)
			pattern_ask(t, refusals->list.v[i].pattern);
	for (size_t i = 0; i < fresh->list.n; i++)
		text_ask(t, mem_str(fresh->list.v[i].pattern));
	for (size_t i = 0; i < news; i++)
		pattern_ask(t, unheard->news.v[i].name);
	patterns_sort(t);
}

/* Of the table before those that are asked for; lent from it. */
static void
old_list(const struct tabling *t, struct leaving_routes *old)
{
	size_t at = 0;

	for (size_t i = 0; i < t->patterns.n; i++) {
		const struct route *r = rib_next(t->rib, &at, t->patterns.v[i]);

		if (r != NULL)
			vec_push(&old->v, *r);
	}
}

/* What a less specific key does to one of ours: nothing, let it be met here, or
 * lead it away (bare.h). */
static int
bare_sense(const struct route *r)
{
	return r == NULL ? 0 : r->kind == ROUTE_HERE ? 1 : 2;
}

static void
bare_renew(struct tabling *t, const struct route *found)
{
	const struct mta *mta = t->v->in.mta;
	struct rib_changes *c = t->table->changes;
	/* of our own table */
	struct route *r = (struct route *)(uintptr_t)found;

	if (r == NULL || r->kind != ROUTE_HERE || !bare_differs(t->rib, r, mta))
		return;
	for (size_t i = 0; i < c->list.n; i++)
		if (c->list.v[i].to != NULL &&
		    c->list.v[i].to->pattern == r->pattern) {
			bare_set(t->rib, r, mta);
			return;
		}
	rib_keep(r, c);
	bare_set(t->rib, r, mta);
}

/* Keys of our own: where what would be met without them leads is another
 * thing, all of them. */
static void
bare_follow(struct tabling *t)
{
	const struct setup *setup = t->v->in.setup;
	const struct rib_changes *c = t->table->changes;
	bool turned = false;
	size_t at = 0;

	for (size_t i = 0; i < c->list.n; i++)
		turned |= bare_sense(c->list.v[i].from) !=
		          bare_sense(c->list.v[i].to);
	for (size_t i = 0; i < t->patterns.n; i++)
		bare_renew(t, rib_next(t->rib, &at, t->patterns.v[i]));
	for (size_t i = 0; turned && i < setup->nspaces; i++)
		bare_renew(t, rib_find(t->rib, setup->spaces[i].pattern));
}

/* Until it is known what they are. */
static void
bare_carry(const struct rib *old, struct rib *part)
{
	for (size_t i = 0; i < part->n; i++) {
		struct route *r = &part->routes[i];
		const struct route *was = NULL;

		if (r->kind == ROUTE_HERE)
			was = rib_find(old, r->pattern);
		if (was != NULL && was->kind == ROUTE_HERE) {
			r->bare = was->bare;
			r->own = was->own;
		}
	}
}

/* Where the route of a pattern is likely to stand: as far behind that of the one
 * before as its claims are behind that one's. */
struct likely {
	size_t route, claim;
};

static struct route *
ways_route(struct tabling *t, uint32_t claim, struct likely *last)
{
	const char *pattern = t->v->facts.claims.v[claim].pattern;
	size_t at = last->route + (claim - last->claim);
	bool is =
	    at < t->rib->n && strcmp(t->rib->routes[at].pattern, pattern) == 0;

	if (!is) {
		at = last->route;
		is = rib_next(t->rib, &at, pattern) != NULL;
	}
	*last = (struct likely){ at, claim };
	return is ? &t->rib->routes[at] : NULL;
}

static bool
way_is_asked(const struct tabling *t, size_t n, const char *pattern)
{
	return find_text(FIND_TEXTS(t->patterns.v, n), pattern) != FIND_NONE;
}

/* Routes of which only ways may be others; the rest is asked for. */
static void
table_ways(struct tabling *t)
{
	size_t asked = t->patterns.n;
	/* by whom a way may lead is decided with the route */
	bool back = unheard_any_back(t->v->in.unheard);
	struct likely last = { 0, 0 };
	struct view_again again;

	view_again_init(&again, t->v, t->table->changes);
	for (size_t i = 0; i < t->ways.n; i++) {
		const char *p = t->v->facts.claims.v[t->ways.v[i]].pattern;
		struct route *r = NULL;

		if (way_is_asked(t, asked, p))
			continue;
		if (!back)
			r = ways_route(t, t->ways.v[i], &last);
		if (r == NULL || !view_again_route(&again, r, t->ways.v[i]))
			pattern_ask(t, p);
	}
	view_again_done(&again);
	patterns_sort(t);
}

static struct fresh_look
fresh_look_at(const struct tabling *t, const struct rib *old)
{
	return (struct fresh_look){ t->v->in.db, old, t->v->in.setup->group,
		t->v->in.now, fresh_transit_ms(t->v->in.setup->times.dead_ms) };
}

static void
table_some(struct tabling *t)
{
	struct view_table *table = t->table;
	struct view_asked asked = { t->patterns.v, t->patterns.n };
	struct leaving_routes lent = { 0 };
	struct fresh_look look;
	struct rib old, *part;

	old_list(t, &lent);
	old = (struct rib){ .routes = lent.v.v, .n = lent.v.n };
	part = view_rib_of(t->v, &asked, &old, table->pending);
	look = fresh_look_at(t, &old);
	table->due = fresh_hold(table->fresh, &look, part);
	bare_carry(&old, part);
	rib_splice(t->rib, t->patterns.v, t->patterns.n, part, table->changes);
	bare_follow(t);
	rib_splice_end(t->rib, table->changes);
	vec_done(&lent.v);
	mem_free(part->routes);
	mem_free(part);
}

static void
table_all(struct tabling *t)
{
	struct view_table *table = t->table;
	struct rib *rib = view_rib(t->v, t->rib, table->pending);
	struct fresh_look look = fresh_look_at(t, t->rib);

	if (table->amend != NULL)
		table->amend(table->ctx, t->rib, rib);
	table->due = fresh_hold(table->fresh, &look, rib);
	table->changes->whole = t->rib == NULL;
	if (t->rib == NULL)
		*table->rib = mem_new(sizeof(**table->rib), 0, 0);
	rib_replace(*table->rib, rib, table->changes);
}

void
view_table(const struct view *v, struct view_table *table)
{
	struct tabling t = { .v = v, .table = table, .rib = *table->rib };
	bool all = t.rib == NULL || v->marks.all || table->amend != NULL;

	rib_changes_clear(table->changes);
	if (!all) {
		patterns_list(&t);
		all = t.patterns.n + t.ways.n > MANY(t.rib->n);
	}
	if (all) {
		table_all(&t);
	} else {
		table_ways(&t);
		table_some(&t);
	}
	for (size_t i = 0; i < t.texts.n; i++)
		mem_free(t.texts.v[i]);
	vec_done(&t.texts);
	vec_done(&t.patterns);
	vec_done(&t.ways);
}
