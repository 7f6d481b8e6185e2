/*
 * plan_routes.c - `routes` and `export json` of a topology document.
 */

#include "base/mem.h"
#include "core/paths/routes.h"
#include "ctl/plan.h"
#include "ctl/plan_open.h"
#include "ctl/show.h"
#include "ctl/table.h"

static int
routes_tell(struct plan *plan, struct routes *a)
{
	struct routes_one *routes =
	    mem_new(0, a->npatterns + 1, sizeof(*routes));
	char why[ROUTES_WHY];
	int status = CALL_OK;

	for (size_t p = 0; p < a->npatterns; p++)
		routes_find(a, p, &routes[p]);
	routes_alternates(a, 0, a->npatterns, routes);
	for (size_t p = 0; p < a->npatterns; p++) {
		struct show_route show = { &plan->net, routes_text(a, p),
			&routes[p], why };

		if (routes[p].kind == ROUTES_NONE) {
			routes_why(a, p, why);
			status = CALL_NO;
		}
		routes_path(a, p, &routes[p]);
		if (routes[p].kind != ROUTES_HIDDEN)
			show_route_json(&plan->out, &show);
		routes_done(&routes[p]);
	}
	mem_free(routes);
	return status;
}

int
plan_routes(const struct call *call)
{
	struct plan plan;
	struct routes *a;
	uint32_t from;
	int status = plan_open_from(call, &plan, &from);

	if (status != CALL_OK)
		return status;
	a = routes_new(&plan.net, NULL);
	routes_stand(a, from);
	status = routes_tell(&plan, a);
	if (!call->json)
		plan_table(&plan, table_routes);
	routes_free(a);
	plan_done(&plan);
	return status;
}

int
plan_export(const struct call *call)
{
	struct plan plan;
	int status = plan_open(call, &plan);

	if (status != CALL_OK)
		return status;
	document_write(plan.doc, &plan.out);
	plan_done(&plan);
	return CALL_OK;
}
