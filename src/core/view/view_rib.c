/*
 * view_rib.c - from the net to the table: ordinary paths, then those of last
 * resort, then fallback, then the keys that leave.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/paths/last_resort.h"
#include "core/view/bare.h"
#include "core/view/hold_text.h"
#include "core/view/leaving.h"
#include "core/view/view_state.h"

/* One pattern on its way to a route. */
struct item {
	size_t first; /* of the claims among those of the facts */
	struct net_claim *v;
	struct reach_claims claims; /* the same */
	uint32_t class[2];          /* of last resort, by scope */
	bool unreached;             /* no path to any claim */
	bool beside;                /* nobody asked for it, but others borrow */
	struct route route;
};

struct making {
	const struct view *v;
	const struct facts *f;
	const struct ways *ways;
	struct hold_text_book *excuses; /* NULL: nobody asked yet */
	struct view_hops hops;
	uint32_t *path;
	const char **names;     /* of it */
	VEC(struct item) items; /* sorted by pattern */
};

static void
making_init(struct making *m, const struct view *v)
{
	size_t n = v->facts.servers.n;

	memset(m, 0, sizeof(*m));
	m->v = v;
	m->f = &v->facts;
	m->ways = v->ways;
	view_hops_init(&m->hops, v);
	m->path = mem_grow(NULL, n + 2, sizeof(*m->path));
	m->names = mem_grow(NULL, n + 2, sizeof(*m->names));
}

static void
making_done(struct making *m)
{
	for (size_t i = 0; i < m->items.n; i++)
		mem_free(m->items.v[i].v);
	hold_text_free(m->excuses);
	view_hops_done(&m->hops);
	mem_free(m->path);
	mem_free(m->names);
	vec_done(&m->items);
}

static bool
sees(const struct making *m, const struct net_claim *claim)
{
	return reach_visible(m->ways->reach.net, m->f->self, claim);
}

/* The pattern of the claims from `first` to the one before `end`, if any of
 * them is visible to us. */
static void
item_add(struct making *m, size_t first, size_t end)
{
	struct item item = { .first = first,
		.class = { LAST_RESORT_NO_CLASS, LAST_RESORT_NO_CLASS } };
	bool visible = false;

	item.v = mem_new(0, end - first, sizeof(*item.v));
	item.claims = (struct reach_claims){ item.v, end - first };
	for (size_t i = first; i < end; i++) {
		struct net_claim *one = &item.v[i - first];

		*one = view_claim(&m->f->claims.v[i]);
		if (!sees(m, one))
			continue;
		visible = true;
		item.route.relay |= one->relay;
	}
	if (!visible) {
		mem_free(item.v);
		return;
	}
	item.route.pattern = mem_str(item.v->pattern);
	vec_push(&m->items, item);
}

/* Those of all patterns that anybody claims. */
static void
items_list(struct making *m)
{
	const struct facts_claim *v = m->f->claims.v;
	size_t n = m->f->claims.n;

	for (size_t i = 0, next; i < n; i = next) {
		for (next = i; next < n && v[next].pattern == v[i].pattern;)
			next++;
		item_add(m, i, next);
	}
}

static void
view_rib_hold(struct route *r, char *reason)
{
	r->kind = ROUTE_HOLD;
	mem_free(r->reason);
	r->reason = reason;
}

/* There is a path to the server, and it cannot be gone by: a message that a
 * connector does not admit may have another one, so the hold names the server
 * (core/trace/admit.h). */
static void
hold_path(struct route *r, const char *name, const char *why)
{
	struct buf out = { 0 };

	buf_printf(&out, "no path to %s%s", name, why);
	view_rib_hold(r, buf_string(&out));
	r->server = mem_str(name);
	r->hops = r->cost = 0;
	r->last_resort = false;
}

static void
route_own(struct making *m, struct item *item, const struct net_claim *claim)
{
	size_t i = item->first + (size_t)(claim - item->v);
	const struct setup_space *own = m->f->claims.v[i].own;
	struct route *r = &item->route;

	r->kind = ROUTE_HERE;
	if (own != NULL && own->way != NULL) {
		r->kind = ROUTE_WAY;
		r->way = mem_str(own->way);
	}
	r->server = mem_str(m->v->in.setup->server);
	r->cost = claim->cost;
}

static void
route_path(struct making *m, struct route *r, const struct reach *reach,
    const struct net_claim *claim)
{
	uint32_t n = reach_path(reach, claim, m->path);

	for (uint32_t i = 0; i < n; i++)
		m->names[i] = m->f->servers.v[m->path[i]].name;
	route_path_set(r, m->names, n);
}

static void
route_remote(struct making *m, struct item *item, const struct reach *reach,
    const struct reach_best *best)
{
	struct route *r = &item->route;
	const char *name = m->f->servers.v[best->claim->server].name;
	uint64_t cost = graph_cost(best->metric);

	r->hops = graph_hops(best->metric);
	if (r->hops > LIMIT_PATH_HOPS) {
		hold_path(r, name, " within 40 hops");
		return;
	}
	r->kind = ROUTE_REMOTE;
	r->cost = cost > UINT32_MAX ? UINT32_MAX : (uint32_t)cost;
	m->hops.reach = reach;
	view_hops_find(&m->hops, item->claims, best->metric, r);
	route_hops_own(r);
	if (r->nhops == 0) {
		hold_path(r, name, ": no address to send to");
		return;
	}
	r->server = mem_str(name);
	route_path(m, r, reach, best->claim);
}

/* False when no claim is reached. */
static bool
route_make(struct making *m, struct item *item, const struct reach *reach)
{
	struct reach_best best = reach_best(reach, item->claims);

	if (best.metric == GRAPH_NONE)
		return false;
	if (best.claim->server == m->f->self)
		route_own(m, item, best.claim);
	else
		route_remote(m, item, reach, &best);
	return true;
}

static int
class_order(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a;
	const struct item *y = *(struct item *const *)b;

	for (int i = 0; i < 2; i++)
		if (x->class[i] != y->class[i])
			return x->class[i] < y->class[i] ? -1 : 1;
	return strcmp(x->route.pattern, y->route.pattern);
}

static void
last_resort_over(
    struct making *m, const struct net *wide, struct item **list, size_t n)
{
	struct last_resort_over over = { .net = view_whole(m->v),
		.wide = wide,
		.org = m->ways->org,
		.group = m->ways->group,
		.present = m->v->presence.present,
		.self = m->f->self,
		.alone = view_alone(m->v) };
	struct last_resort *resort = last_resort_new(&over);

	for (size_t i = 0; i < n; i++)
		for (int local = 0; local < 2; local++)
			list[i]->class[local] = last_resort_class(
			    resort, list[i]->claims, local == 1);
	qsort(list, n, sizeof(struct item *), class_order);
	for (size_t i = 0; i < n; i++) {
		struct reach reach = last_resort_reach(resort, list[i]->class);
		struct route *r = &list[i]->route;

		r->last_resort = true;
		list[i]->unreached = !route_make(m, list[i], &reach);
		if (list[i]->unreached || r->kind != ROUTE_REMOTE)
			r->last_resort = false;
	}
	last_resort_free(resort);
}

/* Patterns without an ordinary path; alone we have none at all. */
static void
view_rib_last_resort(struct making *m)
{
	struct item **list = mem_new(0, m->items.n, sizeof(*list));
	struct net wide;
	size_t n = 0;

	for (size_t i = 0; i < m->items.n; i++)
		if (m->items.v[i].unreached)
			list[n++] = &m->items.v[i];
	if (n > 0) {
		view_wide(m->v, &wide);
		last_resort_over(m, &wide, list, n);
		net_done(&wide);
	}
	mem_free(list);
}

static int
item_order(const void *key, const void *item)
{
	return strcmp(key, ((const struct item *)item)->route.pattern);
}

static bool
view_rib_falls_back(const struct making *m, const struct item *item)
{
	for (size_t i = 0; i < item->claims.n; i++)
		if (sees(m, &item->claims.v[i]) && !item->claims.v[i].fallback)
			return false;
	return true;
}

/* The next less specific pattern that anybody claims here. */
static const struct item *
less_specific(const struct making *m, const struct item *item)
{
	const char *p = item->route.pattern;
	const struct item *found = NULL;

	while (found == NULL && (p = view_less_specific(p)) != NULL)
		found = bsearch(p, m->items.v, m->items.n,
		    sizeof(m->items.v[0]), item_order);
	return found;
}

static void
route_borrow(struct item *item, const struct route *from)
{
	struct route r;

	route_copy(&r, from);
	mem_free(r.pattern);
	r.pattern = item->route.pattern;
	r.relay = item->route.relay;
	item->route.pattern = NULL;
	route_done(&item->route);
	item->route = r;
}

/* Most tables hold nothing, so the net that it needs is for who asks. */
static char *
excuse(struct making *m, const struct item *item)
{
	if (m->excuses == NULL)
		m->excuses =
		    hold_text_new(m->f, &m->v->presence, view_whole(m->v));
	return hold_text_text(m->excuses, &item->claims);
}

/* What nothing reaches: the less specific route, or a hold. Routes of
 * others are borrowed only once all are made. */
static void
fall_back(struct making *m)
{
	for (size_t i = 0; i < m->items.n; i++) {
		struct item *item = &m->items.v[i];
		const struct item *at = item;

		if (!item->unreached)
			continue;
		while (
		    at != NULL && at->unreached && view_rib_falls_back(m, at))
			at = less_specific(m, at);
		if (at != NULL && !at->unreached)
			route_borrow(item, &at->route);
		else
			view_rib_hold(&item->route, excuse(m, item));
	}
}

/* --- all of it, or some ------------------------------------------------------ */

static void
item_way(struct making *m, struct item *item)
{
	item->unreached =
	    view_alone(m->v) || !route_make(m, item, &m->ways->reach);
}

static int
items_order(const void *a, const void *b)
{
	return item_order(((const struct item *)a)->route.pattern, b);
}

/* What an unreached pattern may borrow from, where only some are asked for:
 * these have not changed, so each is reached, and borrows from none. */
static void
beside_add(struct making *m)
{
	size_t asked = m->items.n;

	for (size_t i = 0; i < asked; i++) {
		const char *p = m->items.v[i].route.pattern;

		if (!m->items.v[i].unreached ||
		    !view_rib_falls_back(m, &m->items.v[i]))
			continue;
		while ((p = view_less_specific(p)) != NULL) {
			size_t n, first = facts_claims(m->f, p, &n);
			size_t at = m->items.n;

			if (n > 0 &&
			    bsearch(p, m->items.v, asked, sizeof(m->items.v[0]),
				item_order) == NULL)
				item_add(m, first, first + n);
			if (m->items.n == at)
				continue;
			m->items.v[at].beside = true;
			item_way(m, &m->items.v[at]);
			p = m->items.v[at].v->pattern;
		}
	}
	if (m->items.n > 1)
		qsort(
		    m->items.v, m->items.n, sizeof(m->items.v[0]), items_order);
}

static void
items_some(struct making *m, const struct view_asked *asked)
{
	for (size_t i = 0; i < asked->n; i++) {
		size_t n, first = facts_claims(m->f, asked->patterns[i], &n);

		if (n > 0)
			item_add(m, first, first + n);
	}
}

static void
items_take(struct making *m, struct leaving_routes *routes)
{
	for (size_t i = 0; i < m->items.n; i++) {
		if (m->items.v[i].beside)
			route_done(&m->items.v[i].route);
		else
			vec_push(&routes->v, m->items.v[i].route);
	}
}

/* A hop that refuses does so until it is no more said. */
static void
restless_refused(const struct refusals *refusals, struct view_restless *out)
{
	for (size_t i = 0; refusals != NULL && i < refusals->list.n; i++)
		if (refusals->list.v[i].off)
			vec_push(
			    &out->list, mem_str(refusals->list.v[i].pattern));
}

static void
routes_decide(const struct view *v, const struct view_asked *asked,
    struct leaving_routes *routes, struct view_restless *restless)
{
	struct making m;

	making_init(&m, v);
	if (asked == NULL)
		items_list(&m);
	else
		items_some(&m, asked);
	for (size_t i = 0; i < m.items.n; i++)
		item_way(&m, &m.items.v[i]);
	if (asked != NULL)
		beside_add(&m);
	for (size_t i = 0; i < m.items.n; i++)
		if (m.items.v[i].unreached)
			vec_push(&restless->list,
			    mem_str(m.items.v[i].route.pattern));
	view_rib_last_resort(&m);
	fall_back(&m);
	items_take(&m, routes);
	making_done(&m);
}

struct rib *
view_rib_of(const struct view *v, const struct view_asked *asked,
    const struct rib *old, struct view_pending *pending)
{
	struct rib *rib = mem_new(sizeof(*rib), 0, 0);
	struct view_restless restless = { 0 };
	struct leaving_routes routes = { 0 };

	routes_decide(v, asked, &routes, &restless);
	leaving_merge(&v->facts, &v->in, old, pending, &routes);
	rib->routes = routes.v.v;
	rib->n = routes.v.n;
	for (size_t i = 0; i < rib->n; i++) {
		refusal_apply(v->in.refusals, &rib->routes[i]);
		if (unheard_apply(v->in.unheard, old, &rib->routes[i]))
			vec_push(
			    &restless.list, mem_str(rib->routes[i].pattern));
	}
	restless_refused(v->in.refusals, &restless);
	for (size_t i = 0; i < restless.list.n; i++)
		vec_push(&pending->restless, restless.list.v[i]);
	vec_done(&restless.list);
	return rib;
}

struct rib *
view_rib(
    const struct view *v, const struct rib *old, struct view_pending *pending)
{
	struct rib *rib = view_rib_of(v, NULL, old, pending);

	bare_mark(rib, v->in.mta);
	return rib;
}
