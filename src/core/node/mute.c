#include "core/node/mute.h"

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
			.reason = s->probe.mute });
}

void
mute_ends(struct engine *e, struct service *s)
{
	if (s->way.asks.kind != ASKS_COMMAND)
		return;
	if (s->probe.mute != NULL)
		mute_event(e, s, "answers");
	s->probe.mute = NULL;
	s->probe.word = e->now;
}

bool
mute_begins(struct engine *e, struct service *s, const char *why)
{
	bool first = s->probe.mute == NULL;

	s->probe.mute = why;
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
	       (s->way.asks.kind == ASKS_COMMAND && s->probe.mute != NULL);
}
