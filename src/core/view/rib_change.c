/*
 * rib_change.c - a table that changes in place, and what is changed.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/view/rib.h"

static void
gone_done(const struct rib_gone *gone)
{
	struct route *r = gone->route;

	if (gone->lent) {
		mem_free(r->names);
		if (gone->turned)
			mem_free(r->path);
	} else {
		route_done(r);
	}
	mem_free(r);
}

void
rib_changes_clear(struct rib_changes *c)
{
	for (size_t i = 0; i < c->gone.n; i++)
		gone_done(&c->gone.v[i]);
	rib_free(c->before);
	c->before = NULL;
	c->gone.n = c->list.n = 0;
	c->whole = false;
}

void
rib_changes_done(struct rib_changes *c)
{
	rib_changes_clear(c);
	vec_done(&c->gone);
	vec_done(&c->list);
}

static void
change_add(void *ctx, const struct route *from, const struct route *to)
{
	struct rib_changes *c = ctx;

	vec_push(&c->list, ((struct rib_change){ from, to }));
}

void
rib_replace(struct rib *rib, struct rib *next, struct rib_changes *c)
{
	struct rib old = *rib;

	rib_diff(rib, next, change_add, c);
	next->generation = old.generation;
	*rib = *next;
	*next = old;
	c->before = next;
}

/* Takes it out of the table: the changes have it. */
static const struct route *
route_gone(struct route *r, struct rib_changes *c)
{
	struct route *gone = mem_dup(r, sizeof(*r));

	vec_push(&c->gone, ((struct rib_gone){ .route = gone }));
	return gone;
}

void
rib_keep(struct route *r, struct rib_changes *c)
{
	struct route *gone = mem_new(sizeof(*gone), 0, 0);

	route_copy(gone, r);
	vec_push(&c->gone, ((struct rib_gone){ .route = gone }));
	change_add(c, gone, r);
}

static bool
hops_lead_alike(const struct route *a, const struct route *b)
{
	for (size_t i = 0; i < a->nhops && a->nhops == b->nhops; i++)
		if (!route_hop_same(&a->hop[i], &b->hop[i]))
			return false;
	return a->nhops == b->nhops;
}

void
rib_turn(
    struct route *r, const struct route *hops, bool path, struct rib_changes *c)
{
	if (hops_lead_alike(r, hops)) {
		mem_free(r->names);
	} else {
		struct route *gone = mem_dup(r, sizeof(*r));
		struct rib_gone was = { gone, true, path };

		vec_push(&c->gone, was);
		change_add(c, gone, r);
		if (path) {
			r->path = NULL;
			r->npath = 0;
		}
	}
	memcpy(r->hop, hops->hop, sizeof(r->hop));
	r->nhops = hops->nhops;
	route_hops_own(r);
}

static bool
is_in_place(const struct rib *rib, const struct route *r)
{
	return r >= rib->routes && r < rib->routes + rib->n;
}

/* A table with some routes less, which have no pattern any more, and some
 * more. */
struct regrown {
	struct rib *rib;
	VEC(struct route) more; /* by pattern */
	size_t less;
};

/* Of what changed in place the place is another now: what it was has the same
 * pattern, by which rib_splice_end() finds it. */
static void
places_forget(const struct rib *rib, struct rib_changes *c)
{
	for (size_t i = 0; i < c->list.n; i++)
		if (is_in_place(rib, c->list.v[i].to))
			c->list.v[i].to = c->list.v[i].from;
}

static void
regrow(struct regrown *g)
{
	struct rib *rib = g->rib;
	size_t n = rib->n - g->less + g->more.n, k = 0, at = 0;
	struct route *v = mem_new(0, n + 1, sizeof(*v));

	for (size_t i = 0; i < rib->n; i++) {
		if (rib->routes[i].pattern == NULL)
			continue;
		while (k < g->more.n &&
		       strcmp(g->more.v[k].pattern, rib->routes[i].pattern) < 0)
			v[at++] = g->more.v[k++];
		v[at++] = rib->routes[i];
	}
	while (k < g->more.n)
		v[at++] = g->more.v[k++];
	mem_free(rib->routes);
	rib->routes = v;
	rib->n = n;
}

/* The route of a pattern becomes `next` (NULL: none); returns where the next
 * pattern may stand. `to` is filled in once no route moves any more: until
 * then it says of which pattern. */
static size_t
route_put(struct regrown *g, size_t from, const char *pattern,
    struct route *next, struct rib_changes *c)
{
	struct rib *rib = g->rib;
	size_t at = from;
	bool was = rib_next(rib, &at, pattern) != NULL;
	const struct route *old = was ? route_gone(&rib->routes[at], c) : NULL;

	if (next != NULL && (old == NULL || !route_same_kept(old, next)))
		change_add(c, old, next);
	else if (next == NULL && was)
		change_add(c, old, NULL);
	if (next != NULL && was)
		rib->routes[at] = *next;
	else if (next != NULL)
		vec_push(&g->more, *next);
	else if (was)
		rib->routes[at] = (struct route){ 0 };
	g->less += was && next == NULL;
	return at + was;
}

void
rib_splice(struct rib *rib, const char *const *patterns, size_t n,
    struct rib *part, struct rib_changes *c)
{
	struct regrown g = { .rib = rib };
	size_t from = 0, k = 0;

	for (size_t i = 0; i < n; i++) {
		bool is = k < part->n &&
		          strcmp(part->routes[k].pattern, patterns[i]) == 0;

		from = route_put(
		    &g, from, patterns[i], is ? &part->routes[k] : NULL, c);
		k += is;
	}
	if (g.less > 0 || g.more.n > 0) {
		places_forget(rib, c);
		regrow(&g);
	}
	vec_done(&g.more);
}

static const char *
change_pattern(const struct rib_change *c)
{
	return c->to != NULL ? c->to->pattern : c->from->pattern;
}

static int
change_order(const void *a, const void *b)
{
	return strcmp(change_pattern(a), change_pattern(b));
}

/* Those that changed in place did so in order. */
static bool
changes_are_sorted(const struct rib *rib, const struct rib_changes *c)
{
	for (size_t i = 0; i < c->list.n; i++)
		if (!is_in_place(rib, c->list.v[i].to) ||
		    (i > 0 && c->list.v[i].to <= c->list.v[i - 1].to))
			return false;
	return true;
}

void
rib_splice_end(const struct rib *rib, struct rib_changes *c)
{
	size_t at = 0;

	if (changes_are_sorted(rib, c))
		return;
	qsort(c->list.v, c->list.n, sizeof(c->list.v[0]), change_order);
	for (size_t i = 0; i < c->list.n; i++)
		if (c->list.v[i].to != NULL)
			c->list.v[i].to =
			    rib_next(rib, &at, c->list.v[i].to->pattern);
}
