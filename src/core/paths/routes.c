#include "core/paths/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/find.h"
#include "base/mem.h"

struct taking {
	const struct net *net;
	struct policy_judge judge;
	bool inside;
};

static bool
takes(void *ctx, const struct net_step *step)
{
	struct taking *t = ctx;

	if (t->inside && !graph_is_inside(t->net, step))
		return false;
	return policy_admits(&t->judge, step->policy);
}

static void
patterns_find(struct routes *a)
{
	const struct net *net = a->net;
	const char *last = NULL;

	a->claims = mem_new(0, net->claims.n + 1, sizeof(*a->claims));
	for (size_t i = 0; i < net->claims.n; i++) {
		const char *pattern = net->claims.v[i].pattern;

		if (last == NULL || strcmp(last, pattern) != 0)
			a->claims[a->npatterns++] = (uint32_t)i;
		last = pattern;
	}
	a->claims[a->npatterns] = (uint32_t)net->claims.n;
}

struct routes *
routes_new(const struct net *net, const struct policy_message *message)
{
	struct routes *a = mem_new(sizeof(*a), 0, 0);
	struct taking t = { net, { .message = message }, false };

	a->net = net;
	a->from = UINT32_MAX;
	a->all = graph_new(net, takes, &t);
	a->far = spf_new();
	a->far_other = spf_new();
	for (size_t i = 0; i < net->claims.n && !t.inside; i++)
		t.inside = net->claims.v[i].local;
	if (t.inside) {
		a->inside = graph_new(net, takes, &t);
		a->near = spf_new();
		a->near_other = spf_new();
	}
	patterns_find(a);
	return a;
}

static void
views_drop(struct routes *a)
{
	for (size_t i = 0; i < a->views.n; i++) {
		mem_free(a->views.v[i].far);
		mem_free(a->views.v[i].near);
	}
	vec_done(&a->views);
}

void
routes_free(struct routes *a)
{
	if (a == NULL)
		return;
	views_drop(a);
	graph_free(a->all);
	graph_free(a->inside);
	spf_free(a->far);
	spf_free(a->near);
	spf_free(a->far_other);
	spf_free(a->near_other);
	mem_free(a->claims);
	mem_free(a);
}

void
routes_stand(struct routes *a, uint32_t from)
{
	views_drop(a);
	a->from = from;
	spf_from(a->far, a->all, from);
	if (a->inside != NULL)
		spf_from(a->near, a->inside, from);
}

const char *
routes_text(const struct routes *a, size_t pattern)
{
	return a->net->claims.v[a->claims[pattern]].pattern;
}

struct sought {
	const struct routes *routes;
	const char *pattern;
};

static bool
routes_before(const void *ctx, size_t i)
{
	const struct sought *sought = ctx;

	return strcmp(routes_text(sought->routes, i), sought->pattern) < 0;
}

size_t
routes_pattern(const struct routes *a, const char *pattern)
{
	size_t at = find_from(
	    a->npatterns, routes_before, &(struct sought){ a, pattern });

	if (at == a->npatterns || strcmp(routes_text(a, at), pattern) != 0)
		return SIZE_MAX;
	return at;
}

bool
routes_sees(
    const struct net *net, const struct net_claim *claim, uint32_t server)
{
	return !claim->local || net->servers.v[claim->server].group ==
	                            net->servers.v[server].group;
}

/* The metric as `from` sees it, by how far the servers are from there. */
static uint64_t
metric_from(const struct routes *a, const struct net_claim *claim,
    uint32_t from, const uint64_t *dist)
{
	if (claim->down || !routes_sees(a->net, claim, from))
		return GRAPH_NONE;
	return graph_add(dist[claim->server], graph_metric(claim->cost, 0));
}

uint64_t
routes_metric(const struct routes *a, const struct net_claim *claim)
{
	const struct spf *s = claim->local ? a->near : a->far;

	return metric_from(a, claim, a->from, s->dist);
}

static int
routes_by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* Adds the first hops to one of the servers that are equally good. */
static void
routes_hops_add(
    struct routes *a, struct routes_one *route, const struct net_claim *claim)
{
	const struct spf *s = claim->local ? a->near : a->far;
	size_t n = route->hops.n, kept = 0;

	if (route->hops.room < n + s->nnear) {
		route->hops.room = n + s->nnear;
		route->hops.v = mem_grow(
		    route->hops.v, route->hops.room, sizeof(*route->hops.v));
	}
	if (s->nnear == 0)
		return;
	route->hops.n += spf_first_hops(s, claim->server, route->hops.v + n);
	if (n == 0)
		return;
	qsort(route->hops.v, route->hops.n, sizeof(*route->hops.v),
	    routes_by_number);
	for (size_t i = 0; i < route->hops.n; i++)
		if (kept == 0 || route->hops.v[kept - 1] != route->hops.v[i])
			route->hops.v[kept++] = route->hops.v[i];
	route->hops.n = kept;
}

void
routes_find(struct routes *a, size_t pattern, struct routes_one *route)
{
	const struct net_claim *claims = a->net->claims.v;
	uint32_t first = a->claims[pattern], end = a->claims[pattern + 1];

	route->kind = ROUTES_HIDDEN;
	route->server = UINT32_MAX;
	route->metric = GRAPH_NONE;
	route->hops.n = route->alternates.n = route->path.n = 0;
	for (uint32_t i = first; i < end; i++) {
		uint64_t metric = routes_metric(a, &claims[i]);

		if (routes_sees(a->net, &claims[i], a->from) &&
		    route->kind == ROUTES_HIDDEN)
			route->kind = ROUTES_NONE;
		if (metric >= route->metric)
			continue;
		route->metric = metric;
		route->server = claims[i].server;
	}
	if (route->metric == GRAPH_NONE)
		return;
	route->kind = route->server == a->from ? ROUTES_HERE : ROUTES_REMOTE;
	for (uint32_t i = first; i < end && route->kind == ROUTES_REMOTE; i++)
		if (routes_metric(a, &claims[i]) == route->metric)
			routes_hops_add(a, route, &claims[i]);
}

void
routes_path(struct routes *a, size_t pattern, struct routes_one *route)
{
	const struct net_claim *claim = &a->net->claims.v[a->claims[pattern]];
	struct spf *s;
	size_t need;

	if (route->kind != ROUTES_REMOTE)
		return;
	while (claim->server != route->server)
		claim++;
	s = claim->local ? a->near : a->far;
	need = graph_hops(s->dist[route->server]) + 1;
	if (route->path.room < need) {
		route->path.v =
		    mem_grow(route->path.v, need, sizeof(*route->path.v));
		route->path.room = need;
	}
	route->path.n = spf_path(s, route->server, route->path.v);
}

/* D(N,P) for what is handed to the neighbour: one that gives no transit
 * only delivers what it claims itself. */
static uint64_t
routes_metric_at(
    const struct routes *a, size_t pattern, const struct routes_view *view)
{
	const struct net_claim *claims = a->net->claims.v;
	uint32_t neighbour = a->far->near[view->number];
	bool transit = a->net->servers.v[neighbour].transit;
	uint64_t best = GRAPH_NONE;

	for (uint32_t i = a->claims[pattern]; i < a->claims[pattern + 1]; i++) {
		uint64_t metric;

		if (!transit && claims[i].server != neighbour)
			continue;
		metric = metric_from(a, &claims[i], neighbour,
		    claims[i].local ? view->near : view->far);
		if (metric < best)
			best = metric;
	}
	return best;
}

struct alternate {
	uint64_t metric;
	uint32_t server;
};

struct alternates {
	VEC(struct alternate) list;
};

struct sight {
	uint64_t back; /* D(N,S) */
	uint64_t on;   /* D(N,P) */
};

/* The neighbour i, by what it sees. */
static void
consider(struct routes *a, uint32_t i, struct sight sight,
    const struct routes_one *route, struct alternates *found)
{
	uint32_t neighbour = a->far->near[i];
	struct alternate alt = { 0, neighbour };

	if (route->kind != ROUTES_REMOTE || sight.on == GRAPH_NONE ||
	    sight.on >= graph_add(sight.back, route->metric) || /* or NONE */
	    bsearch(&neighbour, route->hops.v, route->hops.n, sizeof(neighbour),
		routes_by_number) != NULL)
		return;
	alt.metric = a->far->step[i] + sight.on;
	vec_push(&found->list, alt);
}

static int
routes_by_metric(const void *x, const void *y)
{
	const struct alternate *a = x, *b = y;

	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return a->server < b->server ? -1 : a->server > b->server;
}

/* Whether the neighbour is one of the nearest, by the step, then name. */
static bool
is_near(const struct routes *a, uint32_t i)
{
	uint32_t before = 0;

	for (uint32_t k = 0; k < a->far->nnear && before < a->nearest; k++)
		before += a->far->step[k] < a->far->step[i] ||
		          (a->far->step[k] == a->far->step[i] && k < i);
	return before < a->nearest;
}

/* What the neighbour i sees: until the next search, or the caller's. */
static struct routes_view
routes_look(struct routes *a, uint32_t i, bool keep)
{
	size_t octets = a->all->servers * sizeof(uint64_t);
	struct routes_view view = { .number = i };

	spf_reach(a->far_other, a->all, a->far->near[i]);
	view.far = a->far_other->dist;
	if (a->inside != NULL) {
		spf_reach(a->near_other, a->inside, a->far->near[i]);
		view.near = a->near_other->dist;
	}
	if (!keep)
		return view;
	view.far = mem_dup(view.far, octets);
	if (view.near != NULL)
		view.near = mem_dup(view.near, octets);
	return view;
}

/* The patterns from `first` on, their routes, and what is found for each. */
struct asked {
	size_t first, n;
	const struct routes_one *routes;
	struct alternates *found;
};

static void
consider_all(
    struct routes *a, const struct routes_view *view, const struct asked *asked)
{
	for (size_t p = 0; p < asked->n; p++) {
		struct sight sight = { view->far[a->from],
			routes_metric_at(a, asked->first + p, view) };

		consider(a, view->number, sight, &asked->routes[p],
		    &asked->found[p]);
	}
}

/* A search from each neighbour, for all patterns. */
static void
by_neighbour(struct routes *a, const struct asked *asked)
{
	for (uint32_t i = 0; i < a->far->nnear; i++) {
		struct routes_view view = routes_look(a, i, false);

		consider_all(a, &view, asked);
	}
}

static void
views_make(struct routes *a)
{
	for (uint32_t i = 0; i < a->far->nnear; i++)
		if (is_near(a, i))
			vec_push(&a->views, routes_look(a, i, true));
}

/* Who asks for the nearest asks for one pattern after the other: a message
 * may have a thousand, and each would cost all the searches anew. */
static void
by_nearest(struct routes *a, const struct asked *asked)
{
	if (a->views.n == 0)
		views_make(a);
	for (size_t i = 0; i < a->views.n; i++)
		consider_all(a, &a->views.v[i], asked);
}

/* One of scope routing-group, or one of the others: to its claims from
 * everywhere. */
static void
search_to(struct routes *a, size_t pattern, bool local)
{
	struct spf *s = local ? a->near_other : a->far_other;
	VEC(struct spf_seed) seeds = { 0 };

	for (uint32_t i = a->claims[pattern]; i < a->claims[pattern + 1]; i++) {
		const struct net_claim *claim = &a->net->claims.v[i];
		struct spf_seed seed = { claim->server,
			graph_metric(claim->cost, 0) };

		if (!claim->down && claim->local == local)
			vec_push(&seeds, seed);
	}
	spf_to(s, local ? a->inside : a->all, seeds.v, seeds.n);
	vec_done(&seeds);
}

/* As routes_metric_at(), by the searches to the pattern. */
static uint64_t
metric_to(const struct routes *a, size_t pattern, uint32_t neighbour)
{
	const struct net_claim *claims = a->net->claims.v;
	uint64_t best = a->far_other->dist[neighbour];

	if (a->inside != NULL && a->near_other->dist[neighbour] < best)
		best = a->near_other->dist[neighbour];
	if (a->net->servers.v[neighbour].transit)
		return best;
	best = GRAPH_NONE;
	for (uint32_t i = a->claims[pattern]; i < a->claims[pattern + 1]; i++)
		if (claims[i].server == neighbour && !claims[i].down &&
		    graph_metric(claims[i].cost, 0) < best)
			best = graph_metric(claims[i].cost, 0);
	return best;
}

/* A search to each pattern, for all neighbours: in a group of thousands with
 * a handful of patterns the same in a fraction of the time. */
static void
routes_by_pattern(struct routes *a, size_t first, size_t n,
    const struct routes_one *routes, struct alternates *found)
{
	struct spf_seed self = { a->from, 0 };
	uint64_t *back;

	spf_to(a->far_other, a->all, &self, 1);
	back = mem_dup(a->far_other->dist, a->all->servers * sizeof(*back));
	for (size_t p = 0; p < n; p++) {
		if (routes[p].kind != ROUTES_REMOTE)
			continue;
		search_to(a, first + p, false);
		if (a->inside != NULL)
			search_to(a, first + p, true);
		for (uint32_t i = 0; i < a->far->nnear; i++) {
			struct sight sight = { back[a->far->near[i]],
				metric_to(a, first + p, a->far->near[i]) };

			consider(a, i, sight, &routes[p], &found[p]);
		}
	}
	mem_free(back);
}

void
routes_alternates(
    struct routes *a, size_t first, size_t n, struct routes_one *routes)
{
	struct alternates *found = mem_new(0, n + 1, sizeof(*found));
	struct asked asked = { first, n, routes, found };

	if (a->nearest != 0)
		by_nearest(a, &asked);
	else if (n < a->far->nnear)
		routes_by_pattern(a, first, n, routes, found);
	else
		by_neighbour(a, &asked);
	for (size_t p = 0; p < n; p++) {
		if (found[p].list.n > 1)
			qsort(found[p].list.v, found[p].list.n,
			    sizeof(*found[p].list.v), routes_by_metric);
		routes[p].alternates.n = 0;
		for (size_t i = 0; i < found[p].list.n; i++)
			vec_push(
			    &routes[p].alternates, found[p].list.v[i].server);
		vec_done(&found[p].list);
	}
	mem_free(found);
}

void
routes_done(struct routes_one *route)
{
	vec_done(&route->hops);
	vec_done(&route->alternates);
	vec_done(&route->path);
}

void
routes_why(const struct routes *a, size_t pattern, char *out)
{
	const struct net *net = a->net;
	size_t claims = 0, here = 0, absent = 0;
	const char *name = "";

	for (uint32_t i = a->claims[pattern]; i < a->claims[pattern + 1]; i++) {
		const struct net_claim *claim = &net->claims.v[i];
		const struct net_server *server =
		    &net->servers.v[claim->server];

		if (!routes_sees(net, claim, a->from))
			continue;
		claims++;
		absent += !server->present;
		here += server->present && claim->down;
		name = server->name;
	}
	if (claims == 1 && absent == 1)
		snprintf(out, ROUTES_WHY, "%s is down", name);
	else if (claims == 1 && here == 1)
		snprintf(out, ROUTES_WHY, "the way out at %s is down", name);
	else if (claims == 1)
		snprintf(out, ROUTES_WHY, "no way leads to %s", name);
	else if (absent == claims)
		snprintf(out, ROUTES_WHY,
		    "all %zu servers that claim it are down", claims);
	else
		snprintf(out, ROUTES_WHY,
		    "no way leads to any of the %zu servers that claim it",
		    claims);
}
