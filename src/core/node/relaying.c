#include "core/node/relaying.h"

#include <stdlib.h>
#include <string.h>

#include "core/node/fx.h"
#include "core/node/link.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/refused.h"

#define EACH_MS 600000

/* A name that nobody has (RFC 2606), so that nobody's mail is meant. */
#define NOWHERE "lsrd-probe.invalid"

static bool
relaying_goes_by(const struct route *route, const struct addr *hop)
{
	for (size_t i = 0; i < route->nhops; i++)
		if (addr_equal(&route->hop[i].addr, hop))
			return true;
	return false;
}

static bool
relaying_is_open(const struct route *route, const struct addr *hop)
{
	return route->kind == ROUTE_REMOTE &&
	       (!route->relay || strcmp(route->pattern, "*") == 0) &&
	       relaying_goes_by(route, hop);
}

/* The next pattern to ask for behind `last`, going round; or NULL. Where the
 * hop is left out by now it stands in no route, and is not asked. */
static const char *
following(const struct engine *e, const struct addr *hop, const char *last)
{
	const char *first = NULL, *next = NULL;

	for (size_t i = 0; e->table.rib != NULL && i < e->table.rib->n; i++) {
		const struct route *route = &e->table.rib->routes[i];

		if (!relaying_is_open(route, hop))
			continue;
		if (first == NULL)
			first = route->pattern;
		if (next == NULL && last != NULL &&
		    strcmp(route->pattern, last) > 0)
			next = route->pattern;
	}
	return next != NULL ? next : first;
}

static const char *
relaying_recipient(struct engine *e, const char *pattern)
{
	struct buf out = { 0 };
	const char *kept;

	if (strcmp(pattern, "*") == 0)
		buf_text(&out, "postmaster@" NOWHERE);
	else if (pattern[0] == '.')
		buf_printf(&out, "postmaster@lsrd-probe%s", pattern);
	else if (strchr(pattern, '@') != NULL)
		buf_text(&out, pattern);
	else
		buf_printf(&out, "postmaster@%s", pattern);
	kept = fx_keep(e, out.p, out.n);
	buf_done(&out);
	return kept;
}

const char *
relaying_ask(struct engine *e, struct link *l)
{
	const char *pattern;

	l->relay.asked = false;
	if (!(l->use & (LINK_CONNECTOR | LINK_MEMBER)) || l->state != LINK_UP ||
	    l->mail.asks || !mono_due(l->relay.at, e->now))
		return NULL;
	pattern = l->relay.again ? l->relay.pattern
	                         : following(e, &l->addr, l->relay.pattern);
	if (pattern == NULL)
		return NULL;
	if (pattern != l->relay.pattern) {
		mem_free(l->relay.pattern);
		l->relay.pattern = mem_str(pattern);
	}
	l->relay.again = false;
	l->relay.asked = true;
	l->relay.at = mono_after(e->now, EACH_MS);
	return relaying_recipient(e, l->relay.pattern);
}

void
relaying_told(struct engine *e, struct link *l, bool refused)
{
	struct refused_probe probe = { l->relay.pattern, l->name, l->addr,
		refused };

	refused_probe(e, &probe);
	l->relay.again = refused && !refusal_is_off(&e->evidence.refusals,
					l->relay.pattern, &l->addr);
}

struct asking {
	VEC(struct link *) links; /* by address */
};

static int
relaying_by_addr(const void *a, const void *b)
{
	const struct link *const *x = a, *const *y = b;

	return addr_order(&(*x)->addr, &(*y)->addr);
}

/* Those that were never asked. */
static void
asking_list(struct engine *e, struct asking *a)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (!l->probe.running &&
		    l->use & (LINK_CONNECTOR | LINK_MEMBER) &&
		    l->state == LINK_UP && l->relay.at.ms == 0)
			vec_push(&a->links, l);
	if (a->links.n > 1)
		qsort(a->links.v, a->links.n, sizeof(*a->links.v),
		    relaying_by_addr);
}

/* All of them that lead to this address. */
static void
ask_soon(const struct asking *a, const struct addr *hop)
{
	size_t low = 0, high = a->links.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_order(&a->links.v[mid]->addr, hop) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < a->links.n && addr_equal(&a->links.v[low]->addr, hop);
	     low++)
		link_soon(a->links.v[low]);
}

/* A new table: hops that were never asked are, soon. Routes are looked at
 * once, not once for each link. */
void
relaying_table(struct engine *e)
{
	struct asking a = { 0 };

	asking_list(e, &a);
	for (size_t i = 0; a.links.n > 0 && i < e->table.rib->n; i++) {
		const struct route *route = &e->table.rib->routes[i];

		for (size_t k = 0; k < route->nhops; k++)
			if (relaying_is_open(route, &route->hop[k].addr))
				ask_soon(&a, &route->hop[k].addr);
	}
	vec_done(&a.links);
}
