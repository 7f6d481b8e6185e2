#include "core/node/fx.h"

#include <string.h>

#include "core/node/node.h"

/* A frame that no path takes in small packets alone. */
#define LARGE 1280

void *
fx_copy(struct engine *e, const void *p, size_t n)
{
	void *copy = mem_dup(p, n);

	vec_push(&e->fx.arena, copy);
	return copy;
}

void
fx_add(struct engine *e, struct effect fx)
{
	vec_push(&e->fx.list, fx);
}

void
fx_send(struct engine *e, struct session *s, const struct buf *frame)
{
	if (s->pulse.sent == s->pulse.confirmed)
		s->pulse.firm_at = e->now;
	s->unsent += frame->n;
	s->pulse.sent += frame->n;
	if (frame->n >= LARGE)
		s->pulse.bulk_end = s->pulse.sent;
	s->pulse.said = e->now;
	fx_add(e, (struct effect){ .kind = FX_SEND,
		      .who = s->who,
		      .bytes = fx_copy(e, frame->p, frame->n),
		      .len = frame->n });
}

static const char *
fx_copy_text(struct engine *e, const char *s)
{
	return s == NULL ? NULL : fx_copy(e, s, strlen(s));
}

void
fx_event(struct engine *e, struct event event)
{
	event.peer = fx_copy_text(e, event.peer);
	event.origin = fx_copy_text(e, event.origin);
	event.name = fx_copy_text(e, event.name);
	event.from = fx_copy_text(e, event.from);
	event.to = fx_copy_text(e, event.to);
	event.reason = fx_copy_text(e, event.reason);
	event.text = fx_copy_text(e, event.text);
	fx_add(e, (struct effect){ .kind = FX_EVENT,
		      .event = fx_copy(e, &event, sizeof(event)) });
}

void
fx_history(struct engine *e, uint32_t subject, const struct buf *record)
{
	fx_add(e, (struct effect){ .kind = FX_HISTORY,
		      .who = subject,
		      .bytes = fx_copy(e, record->p, record->n),
		      .len = record->n });
}

void
fx_wake(struct engine *e, struct mono at)
{
	e->fx.wake = mono_min(e->fx.wake, at);
}

void
fx_clear(struct engine *e)
{
	struct fx *fx = &e->fx;

	for (size_t i = 0; i < fx->arena.n; i++)
		mem_free(fx->arena.v[i]);
	fx->arena.n = 0;
	fx->list.n = 0;
	fx->wake = MONO_NEVER;
}

void
fx_done(struct engine *e)
{
	fx_clear(e);
	vec_done(&e->fx.arena);
	vec_done(&e->fx.list);
}
