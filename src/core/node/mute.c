#include "core/node/mute.h"

#include <string.h>

#include "core/node/fx.h"
#include "core/node/node.h"

/* Its last word stands so long. */
#define MUTE_KEPT_MS 600000

static void
mute_event(struct engine *e, const struct service *s, const char *to)
{
	fx_event(e, (struct event){ .kind = EVENT_COMMAND,
			.name = s->way.asks.name,
			.peer = s->name,
			.to = to,
			.reason = s->probe.mute.why });
}

/* Said of the command that is asked now: a reload may have named another. */
static bool
is_known(const struct service *s)
{
	return s->probe.mute.why != NULL &&
	       strcmp(s->probe.mute.of, s->way.asks.name) == 0;
}

void
mute_ends(struct engine *e, struct service *s)
{
	if (s->way.asks.kind != ASKS_COMMAND)
		return;
	if (is_known(s))
		mute_event(e, s, "answers");
	s->probe.mute.why = NULL;
	s->probe.word = e->now;
}

bool
mute_begins(struct engine *e, struct service *s, const char *why)
{
	bool first = !is_known(s);

	s->probe.mute.why = why;
	memcpy(s->probe.mute.of, s->way.asks.name, sizeof(s->probe.mute.of));
	if (first)
		mute_event(e, s, "silent");
	return s->state == SERVICE_UNKNOWN ||
	       (s->state == SERVICE_DOWN &&
		   (s->mail.refused ||
		       mono_since(s->probe.word, e->now) >= MUTE_KEPT_MS));
}

bool
mute_is(const struct service *s)
{
	return s->way.asks.kind == ASKS_NONE ||
	       (s->way.asks.kind == ASKS_COMMAND && s->probe.mute.why != NULL);
}
