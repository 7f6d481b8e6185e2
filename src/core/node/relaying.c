#include "core/node/relaying.h"

#include <stdlib.h>
#include <string.h>

#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/refused.h"
#include "core/node/service.h"

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
	kept = fx_copy(e, out.p, out.n);
	buf_done(&out);
	return kept;
}

const char *
relaying_ask(struct engine *e, struct service *s)
{
	const char *pattern;

	s->relay.asked = false;
	if (!(s->use & (SERVICE_CONNECTOR | SERVICE_MEMBER)) ||
	    s->state != SERVICE_UP || s->mail.asks ||
	    !mono_due(s->relay.at, e->now))
		return NULL;
	pattern = s->relay.again ? s->relay.pattern
	                         : following(e, &s->addr, s->relay.pattern);
	if (pattern == NULL)
		return NULL;
	if (pattern != s->relay.pattern) {
		mem_free(s->relay.pattern);
		s->relay.pattern = mem_str(pattern);
	}
	s->relay.again = false;
	s->relay.asked = true;
	s->relay.at = mono_after(e->now, EACH_MS);
	return relaying_recipient(e, s->relay.pattern);
}

void
relaying_told(struct engine *e, struct service *s, bool refused)
{
	struct refused_probe probe = { s->relay.pattern, s->name, s->addr,
		refused };

	refused_probe(e, &probe);
	s->relay.again = refused && !refusal_is_off(&e->evidence.refusals,
					s->relay.pattern, &s->addr);
}

struct asking {
	VEC(struct service *) services; /* by address */
};

static int
relaying_by_addr(const void *a, const void *b)
{
	const struct service *const *x = a, *const *y = b;

	return addr_order(&(*x)->addr, &(*y)->addr);
}

/* Those that were never asked. */
static void
asking_list(struct engine *e, struct asking *a)
{
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (!s->probe.running &&
		    s->use & (SERVICE_CONNECTOR | SERVICE_MEMBER) &&
		    s->state == SERVICE_UP && s->relay.at.ms == 0)
			vec_push(&a->services, s);
	if (a->services.n > 1)
		qsort(a->services.v, a->services.n, sizeof(*a->services.v),
		    relaying_by_addr);
}

/* All of them that lead to this address. */
static void
ask_soon(const struct asking *a, const struct addr *hop)
{
	size_t low = 0, high = a->services.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_order(&a->services.v[mid]->addr, hop) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (;
	     low < a->services.n && addr_equal(&a->services.v[low]->addr, hop);
	     low++)
		service_soon(a->services.v[low]);
}

/* A new table: hops that were never asked are, soon. Routes are looked at
 * once, not once for each service. */
void
relaying_table(struct engine *e)
{
	struct asking a = { 0 };

	asking_list(e, &a);
	for (size_t i = 0; a.services.n > 0 && i < e->table.rib->n; i++) {
		const struct route *route = &e->table.rib->routes[i];

		for (size_t k = 0; k < route->nhops; k++)
			if (relaying_is_open(route, &route->hop[k].addr))
				ask_soon(&a, &route->hop[k].addr);
	}
	vec_done(&a.services);
}
