#include "core/node/pinned.h"

#include <string.h>

#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/node.h"

bool
pinned_may(const struct route *route, const char *hop)
{
	if (route == NULL || route->kind != ROUTE_REMOTE)
		return false;
	for (size_t i = 0; i < route->nhops; i++)
		if (strcmp(route->hop[i].name, hop) == 0)
			return true;
	return false;
}

/* That hop first; what is left is there for when it fails. */
static void
pin_route(struct route *route, const char *name)
{
	struct route_hop hop[LIMIT_NEXT_HOPS];
	size_t n = 0;

	for (int first = 1; first >= 0; first--)
		for (size_t i = 0; i < route->nhops; i++)
			if ((strcmp(route->hop[i].name, name) == 0) == first) {
				hop[n] = route->hop[i];
				hop[n++].alternate = !first;
			}
	memcpy(route->hop, hop, n * sizeof(hop[0]));
}

static void
pins_apply(struct engine *e, struct rib *rib)
{
	for (size_t i = 0; i < e->overrides.list.n; i++) {
		struct override *one = &e->overrides.list.v[i];
		struct route *route;

		if (one->kind != OVERRIDE_PIN || one->over != NULL)
			continue;
		route = (struct route *)(uintptr_t)rib_find(rib, one->name);
		if (pinned_may(route, one->hop)) {
			pin_route(route, one->hop);
			continue;
		}
		one->over = "no next hop any more";
		fx_wake(e, e->now);
	}
}

static bool
pinned_frozen(const struct engine *e)
{
	return override_freeze(&e->overrides) != NULL && e->table.rib != NULL;
}

void
pinned_table(struct engine *e, const struct view *view, struct rib *rib)
{
	size_t was = e->overrides.differ;

	e->overrides.differ =
	    pinned_frozen(e) ? view_freeze(view, e->table.rib, rib) : 0;
	if ((was > 0) != (e->overrides.differ > 0))
		due_say(e);
	pins_apply(e, rib);
}
