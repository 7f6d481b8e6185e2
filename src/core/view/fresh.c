#include "core/view/fresh.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"

#define REASON "new here, its next hops may not know it yet"

/* Until when the pattern waits; the past when it does not. */
static struct mono
waits_until(const struct fresh *fresh, const char *pattern)
{
	size_t at = find_text(
	    FIND_LIST(fresh_pattern, pattern, fresh->list.v, fresh->list.n),
	    pattern);

	return at == FIND_NONE ? (struct mono){ 0 } : fresh->list.v[at].until;
}

static void
make_hold(struct route *route)
{
	struct route hold = { .pattern = mem_str(route->pattern),
		.kind = ROUTE_HOLD,
		.relay = route->relay,
		.reason = mem_str(REASON) };

	route_claims_copy(&hold, route);
	route_done(route);
	*route = hold;
}

struct mono
fresh_hold(struct fresh *fresh, const struct rib *old, struct rib *rib,
    struct mono now)
{
	struct fresh next = { 0 };
	struct mono due = MONO_NEVER;

	for (size_t i = 0; old != NULL && i < rib->n; i++) {
		struct route *r = &rib->routes[i];
		struct mono until = waits_until(fresh, r->pattern);

		if (rib_find(old, r->pattern) == NULL)
			until = mono_after(now, FRESH_MS);
		if (r->kind != ROUTE_REMOTE || mono_due(until, now))
			continue;
		vec_push(&next.list,
		    ((struct fresh_pattern){ mem_str(r->pattern), until }));
		due = mono_min(due, until);
		make_hold(r);
	}
	fresh_done(fresh);
	*fresh = next;
	return due;
}

struct fresh
fresh_copy(const struct fresh *from)
{
	struct fresh to = { 0 };

	for (size_t i = 0; i < from->list.n; i++)
		vec_push(&to.list,
		    ((struct fresh_pattern){ mem_str(from->list.v[i].pattern),
			from->list.v[i].until }));
	return to;
}

void
fresh_done(struct fresh *fresh)
{
	for (size_t i = 0; i < fresh->list.n; i++)
		mem_free(fresh->list.v[i].pattern);
	vec_done(&fresh->list);
}
