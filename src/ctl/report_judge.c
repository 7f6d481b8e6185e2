#include "ctl/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/paths/routes.h"

#define TELL_EVERY 64 /* servers */

const char *
report_word(enum report_what what)
{
	static const char *const words[] = { "connector", "server",
		"routing group" };

	return words[what];
}

const char *
report_server(const struct report *r, uint32_t server)
{
	return r->net->servers.v[server].name;
}

static void
report_tell(const struct report_progress *progress, const char *what,
    size_t done, size_t all)
{
	if (progress != NULL)
		progress->tell(what, done, all);
}

/* --- what may fail ------------------------------------------------------------- */

static void
failure_add(struct report *r, enum report_what what, const char *name,
    struct judge_failure is)
{
	vec_push(&r->failures,
	    ((struct report_failure){ .what = what, .name = name, .is = is }));
}

static bool
connector_is_up(const struct document_connector *c)
{
	return !c->cut && c->state == DOCUMENT_UP;
}

/* Its steps stand in the net in the order of document_net(): behind those of
 * the groups, connector by connector. */
static void
failures_of_connectors(struct report *r)
{
	const struct document *doc = r->doc;
	size_t at = r->net->steps.n;

	for (size_t i = 0; i < doc->connectors.n; i++)
		for (size_t k = 0; connector_is_up(&doc->connectors.v[i]) &&
				   k < doc->connectors.v[i].to.n;
		     k++)
			at -= doc->connectors.v[i].to.v[k] !=
			      doc->connectors.v[i].server;
	for (size_t i = 0; i < doc->connectors.n; i++) {
		const struct document_connector *c = &doc->connectors.v[i];
		struct judge_failure is = { 0 };
		bool leads = false;

		for (size_t k = 0; connector_is_up(c) && k < c->to.n; k++) {
			if (c->to.v[k] == c->server)
				continue;
			vec_push(&is.steps, (uint32_t)at++);
			leads = leads || r->net->servers.v[c->to.v[k]].present;
		}
		if (leads && r->net->servers.v[c->server].present)
			failure_add(r, REPORT_CONNECTOR, c->name, is);
		else
			vec_done(&is.steps);
	}
}

static void
failures_of_servers(struct report *r)
{
	for (uint32_t i = 0; i < r->net->servers.n; i++) {
		struct judge_failure is = { 0 };

		if (!r->net->servers.v[i].present)
			continue;
		vec_push(&is.servers, i);
		failure_add(r, REPORT_SERVER, r->net->servers.v[i].name, is);
		r->servers++;
	}
}

/* Those of two or more: one of a single server is that server. */
static void
failures_of_groups(struct report *r)
{
	struct judge_failure *of =
	    mem_new(0, (size_t)r->doc->ngroups + 1, sizeof(*of));
	const char **name =
	    mem_new(0, (size_t)r->doc->ngroups + 1, sizeof(*name));

	for (uint32_t i = 0; i < r->net->servers.n; i++) {
		const struct document_server *s = &r->doc->servers.v[i];

		if (r->net->servers.v[i].present)
			vec_push(&of[s->group_number].servers, i);
		name[s->group_number] = s->group;
	}
	for (uint32_t g = 0; g < r->doc->ngroups; g++)
		if (of[g].servers.n > 1)
			failure_add(r, REPORT_GROUP, name[g], of[g]);
		else
			vec_done(&of[g].servers);
	mem_free(of);
	mem_free(name);
}

/* --- what they do -------------------------------------------------------------- */

static int
by_more(const void *a, const void *b)
{
	const struct judge_count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->which < y->which ? -1 : 1;
}

#define KEEP(to, count, from)                                                  \
	do {                                                                   \
		*(count) = (from)->n;                                          \
		if ((from)->n > 1)                                             \
			qsort((from)->v, (from)->n, sizeof(*(from)->v),        \
			    by_more);                                          \
		for (size_t kept = 0; kept < (from)->n && kept < REPORT_NAMED; \
		     kept++)                                                   \
			vec_push(to, (from)->v[kept]);                         \
	} while (0)

/* Links by what comes on top. */
static void
links_keep(const struct report *r, struct report_failure *f,
    const struct judge_verdict *v)
{
	f->nlinks = v->links.n;
	for (size_t i = 0; i < v->links.n; i++) {
		struct judge_more is = v->links.v[i];
		uint64_t more = is.load - r->links.v[is.link].load;
		size_t at = f->links.n;

		while (
		    at > 0 && f->links.v[at - 1].load -
				      r->links.v[f->links.v[at - 1].link].load <
				  more)
			at--;
		if (at >= REPORT_LINKS)
			continue;
		vec_push(&f->links, is);
		memmove(&f->links.v[at + 1], &f->links.v[at],
		    (f->links.n - 1 - at) * sizeof(is));
		f->links.v[at] = is;
		if (f->links.n > REPORT_LINKS)
			f->links.n = REPORT_LINKS;
	}
}

static void
failure_keep(
    struct report *r, struct report_failure *f, struct judge_verdict *v)
{
	f->moved = v->moved;
	f->cut = v->cut;
	f->lost = v->lost;
	links_keep(r, f, v);
	KEEP(&f->patterns, &f->npatterns, &v->patterns);
	KEEP(&f->servers, &f->nservers, &v->servers);
	KEEP(&f->gone, &f->ngone, &v->gone);
	for (size_t i = 0; i < v->links.n; i++) {
		struct report_link *link = &r->links.v[v->links.v[i].link];

		if (v->links.v[i].load <= link->worst)
			continue;
		link->worst = v->links.v[i].load;
		link->by = (size_t)(f - r->failures.v);
	}
}

/* The worst first. */
static int
by_harm(const void *a, const void *b)
{
	const struct report_failure *x = a, *y = b;

	if (x->cut != y->cut)
		return x->cut < y->cut ? 1 : -1;
	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	if (x->moved != y->moved)
		return x->moved < y->moved ? 1 : -1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
failures_judge(struct report *r, const struct report_progress *progress)
{
	struct judge_verdict v[JUDGE_TOGETHER] = { 0 };
	const struct judge_failure *some[JUDGE_TOGETHER];
	size_t n = r->failures.n, next;

	for (size_t i = 0; i < n; i = next) {
		next = n - i < JUDGE_TOGETHER ? n : i + JUDGE_TOGETHER;
		for (size_t k = i; k < next; k++)
			some[k - i] = &r->failures.v[k].is;
		judge_failures(r->judge, some, next - i, v);
		for (size_t k = i; k < next; k++)
			failure_keep(r, &r->failures.v[k], &v[k - i]);
		report_tell(progress, "failures", next, n);
	}
	for (size_t k = 0; k < JUDGE_TOGETHER; k++)
		judge_verdict_done(&v[k]);
}

/* Sorted, and links still name who loads them most. */
static void
failures_sort(struct report *r)
{
	struct report_failure *f = r->failures.v;
	size_t n = r->failures.n;
	size_t *place = mem_new(0, n + 1, sizeof(*place));

	for (size_t i = 0; i < n; i++)
		f[i].stood = i;
	if (n > 1)
		qsort(f, n, sizeof(*f), by_harm);
	for (size_t i = 0; i < n; i++)
		place[f[i].stood] = i;
	for (size_t i = 0; i < r->links.n; i++)
		if (r->links.v[i].by != SIZE_MAX)
			r->links.v[i].by = place[r->links.v[i].by];
	mem_free(place);
}

/* --- how it is built ----------------------------------------------------------- */

/* Of each link the connector by which it is used. */
static void
links_name(struct report *r)
{
	const struct document *doc = r->doc;
	size_t n;
	const struct judge_link *links = judge_links(r->judge, &n);

	for (size_t i = 0; i < n; i++)
		vec_push(
		    &r->links, ((struct report_link){ .from = links[i].from,
				   .to = links[i].to,
				   .load = links[i].load,
				   .worst = links[i].load,
				   .by = SIZE_MAX }));
	for (size_t i = 0; i < n; i++) {
		uint32_t least = UINT32_MAX;

		for (size_t c = 0; c < doc->connectors.n; c++) {
			const struct document_connector *k =
			    &doc->connectors.v[c];

			if (k->server != links[i].from || !connector_is_up(k))
				continue;
			for (size_t t = 0; t < k->to.n; t++)
				if (k->to.v[t] == links[i].to &&
				    k->cost < least) {
					least = k->cost;
					r->links.v[i].connector = k->name;
				}
		}
	}
}

static bool
has_way_back(const struct report *r, const struct report_link *link)
{
	const struct document_server *s = r->doc->servers.v;

	if (s[link->from].group_number == s[link->to].group_number)
		return true;
	for (size_t i = 0; i < r->links.n; i++)
		if (r->links.v[i].from == link->to &&
		    r->links.v[i].to == link->from)
			return true;
	return false;
}

static void
one_way_find(struct report *r)
{
	for (uint32_t i = 0; i < r->links.n; i++)
		if (!has_way_back(r, &r->links.v[i]))
			vec_push(&r->one_way, i);
}

static void
joints_of(struct report *r)
{
	struct graph *graph = graph_new(r->net, NULL, NULL);

	joints_find(&r->joints, graph);
	graph_free(graph);
}

/* Patterns that one present server alone delivers. */
static void
single_find(struct report *r)
{
	const struct net *net = r->net;
	uint32_t pattern = 0;

	for (size_t i = 0; i < net->claims.n;) {
		const char *text = net->claims.v[i].pattern;
		uint32_t present = 0, server = 0;

		for (; i < net->claims.n &&
		       strcmp(net->claims.v[i].pattern, text) == 0;
		     i++)
			if (net->servers.v[net->claims.v[i].server].present) {
				present++;
				server = net->claims.v[i].server;
			}
		if (present == 1)
			vec_push(&r->single,
			    ((struct judge_count){ pattern, server }));
		pattern++;
	}
}

/* --- routes without an alternate ------------------------------------------------ */

static int
by_routes(const void *a, const void *b)
{
	const struct report_alone *x = a, *y = b;

	if (x->routes != y->routes)
		return x->routes < y->routes ? 1 : -1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

static void
alone_from(struct report *r, struct routes *a, struct routes_one *one,
    uint32_t *by_hop)
{
	routes_stand(a, a->from);
	for (size_t p = 0; p < a->npatterns; p++)
		routes_find(a, p, &one[p]);
	routes_alternates(a, 0, a->npatterns, one);
	for (size_t p = 0; p < a->npatterns; p++)
		if (one[p].kind == ROUTES_REMOTE && one[p].hops.n == 1 &&
		    one[p].alternates.n == 0) {
			by_hop[one[p].hops.v[0]]++;
			r->nalone++;
		}
	for (uint32_t t = 0; t < r->net->servers.n; t++) {
		if (by_hop[t] > 0)
			vec_push(&r->alone,
			    ((struct report_alone){ a->from, t, by_hop[t] }));
		by_hop[t] = 0;
	}
}

static void
alone_find(struct report *r, const struct report_progress *progress)
{
	struct routes *a = routes_new(r->net, NULL);
	struct routes_one *one = mem_new(0, a->npatterns + 1, sizeof(*one));
	uint32_t *by_hop = mem_new(0, r->net->servers.n + 1, sizeof(*by_hop));

	for (uint32_t s = 0; s < r->net->servers.n; s++) {
		a->from = s;
		if (r->net->servers.v[s].present)
			alone_from(r, a, one, by_hop);
		if ((s + 1) % TELL_EVERY == 0 || s + 1 == r->net->servers.n)
			report_tell(
			    progress, "alternates", s + 1, r->net->servers.n);
	}
	if (r->alone.n > 1)
		qsort(r->alone.v, r->alone.n, sizeof(*r->alone.v), by_routes);
	for (size_t p = 0; p < a->npatterns; p++)
		routes_done(&one[p]);
	mem_free(by_hop);
	mem_free(one);
	routes_free(a);
}

bool
report_judge(struct report *r, const struct document *doc,
    const struct net *net, const struct report_progress *progress)
{
	*r = (struct report){ .doc = doc, .net = net };
	r->judge = judge_new(net);
	if (r->judge == NULL)
		return false;
	r->routes = judge_routes(r->judge);
	failures_of_connectors(r);
	failures_of_servers(r);
	failures_of_groups(r);
	links_name(r);
	one_way_find(r);
	joints_of(r);
	single_find(r);
	judge_now(r->judge, &r->now);
	failures_judge(r, progress);
	failures_sort(r);
	alone_find(r, progress);
	return true;
}

bool
report_is_well(const struct report *r)
{
	return r->now.cut == 0 && r->behind.n == 0 && r->together.n == 0 &&
	       report_cutting(r) == 0;
}

size_t
report_cutting(const struct report *r)
{
	size_t n = 0;

	while (n < r->failures.n && r->failures.v[n].cut > 0)
		n++;
	return n;
}

struct growth {
	uint64_t more;
	size_t link;
};

static int
by_growth(const void *a, const void *b)
{
	const struct growth *x = a, *y = b;

	if (x->more != y->more)
		return x->more < y->more ? 1 : -1;
	return (x->link > y->link) - (x->link < y->link);
}

size_t *
report_links_by_growth(const struct report *r)
{
	size_t n = r->links.n;
	struct growth *all = mem_new(0, n + 1, sizeof(*all));
	size_t *order = mem_new(0, n + 1, sizeof(*order));

	for (size_t i = 0; i < n; i++)
		all[i] =
		    (struct growth){ r->links.v[i].worst - r->links.v[i].load,
			    i };
	qsort(all, n, sizeof(*all), by_growth);
	for (size_t i = 0; i < n; i++)
		order[i] = all[i].link;
	mem_free(all);
	return order;
}

void
report_done(struct report *r)
{
	for (size_t i = 0; i < r->failures.n; i++) {
		struct report_failure *f = &r->failures.v[i];

		vec_done(&f->patterns);
		vec_done(&f->servers);
		vec_done(&f->gone);
		vec_done(&f->links);
		vec_done(&f->is.servers);
		vec_done(&f->is.steps);
	}
	for (size_t i = 0; i < r->behind.n; i++) {
		mem_free(r->behind.v[i].server);
		mem_free(r->behind.v[i].what);
	}
	for (size_t i = 0; i < r->together.n; i++)
		vec_done(&r->together.v[i].patterns);
	mem_free(r->first_end_of);
	vec_done(&r->failures);
	judge_verdict_done(&r->now);
	vec_done(&r->links);
	joints_done(&r->joints);
	vec_done(&r->single);
	vec_done(&r->one_way);
	vec_done(&r->alone);
	vec_done(&r->behind);
	vec_done(&r->together);
	judge_free(r->judge);
}
