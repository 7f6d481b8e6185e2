#include "core/node/early.h"

#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/outcome.h"
#include "core/node/service.h"

void
early_begin(struct engine *e)
{
	e->due.early_until = mono_after(e->now, EARLY_MS);
}

void
early_tick(struct engine *e)
{
	if (e->due.early_until.ms == MONO_NEVER.ms)
		return;
	fx_wake(e, e->due.early_until);
	if (due_is_early(e))
		return;
	e->due.early_until = MONO_NEVER;
	if (e->table.alone)
		fx_event(
		    e, (struct event){ .kind = EVENT_ALONE, .to = "alone" });
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if ((s->use & SERVICE_SELF) && s->state == SERVICE_DOWN)
			outcome_still(e, s);
}
