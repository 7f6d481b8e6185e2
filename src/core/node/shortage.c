#include "core/node/shortage.h"

#include <string.h>

#include "core/node/fx.h"
#include "core/node/node.h"

/* Nothing was short for so long: it is over. */
#define SHORTAGE_MS 30000

void
shortage_begins(struct engine *e, const char *reason)
{
	if (e->evidence.shortage == NULL ||
	    strcmp(e->evidence.shortage, reason) != 0)
		fx_event(e, (struct event){ .kind = EVENT_SHORTAGE,
				.to = "short",
				.reason = reason });
	e->evidence.shortage = reason;
	e->evidence.short_at = e->now;
}

void
shortage_tick(struct engine *e)
{
	struct mono over = mono_after(e->evidence.short_at, SHORTAGE_MS);

	if (e->evidence.shortage == NULL)
		return;
	if (!mono_due(over, e->now)) {
		fx_wake(e, over);
		return;
	}
	fx_event(e, (struct event){ .kind = EVENT_SHORTAGE,
			.to = "well",
			.reason = e->evidence.shortage });
	e->evidence.shortage = NULL;
}
