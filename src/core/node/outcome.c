#include "core/node/outcome.h"

#include "core/node/fx.h"
#include "core/node/node.h"

const char *
outcome_reason(const struct service *s)
{
	return s->barred         ? "inet-protocols"
	       : s->mail.refused ? "mail-refused"
	                         : s->why;
}

/* What it had said; NULL: nothing that could be shown. */
static const char *
outcome_said(const struct engine *e, const struct service *s)
{
	return s->error.said == NULL || s->error.said[0] == '\0' ||
	               s->error.at != e->wall
	           ? NULL
	           : s->error.said;
}

/* Of each connector that has it. */
static void
links_event(struct engine *e, const struct service *s, struct event event)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		event.name = c->name;
		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (service_is_of(s, &c->bridgeheads[k]))
				fx_event(e, event);
	}
}

void
outcome_turned(struct engine *e, const struct service *s, enum service_state to)
{
	struct event event = { .kind = EVENT_LINK_STATE,
		.peer = s->name,
		.from = service_word(s->state),
		.to = service_word(to),
		.reason = to != SERVICE_DOWN ? NULL : outcome_reason(s),
		.text = to != SERVICE_DOWN ? NULL : outcome_said(e, s) };

	if (s->use & SERVICE_SELF) {
		event.kind = EVENT_MTA_STATE;
		event.early = s->state == SERVICE_UNKNOWN && due_is_early(e);
	} else if (s->use & SERVICE_SPACE)
		event.kind = EVENT_SPACE_STATE;
	else if (!(s->use & SERVICE_CONNECTOR))
		event.kind = EVENT_MAIL_STATE;
	if (event.kind == EVENT_SPACE_STATE)
		event.name = s->name;
	if (event.kind == EVENT_LINK_STATE)
		links_event(e, s, event);
	else
		fx_event(e, event);
}

void
outcome_still(struct engine *e, const struct service *s)
{
	fx_event(e, (struct event){ .kind = EVENT_MTA_STATE,
			.from = service_word(SERVICE_UNKNOWN),
			.to = service_word(s->state),
			.reason = outcome_reason(s),
			.text = outcome_said(e, s) });
}

/* What a verdict found wrong, a fixed text; NULL: nothing. */
static const char *
error_of(const struct service *s, const struct input *in)
{
	if (in->verdict == PROBE_FAILED)
		return in->reason != NULL ? in->reason : "failed";
	if (in->verdict == PROBE_SILENT)
		return in->reason;
	if (in->verdict == PROBE_LATE)
		return "no-reply";
	if (in->verdict == PROBE_BUSY)
		return "busy";
	/* That it does not relay refused.c tells. */
	return in->verdict == PROBE_REFUSED && !s->relay.asked ? "mail-refused"
	                                                       : NULL;
}

/* To be shown, and no more: nothing is decided by it. */
void
outcome_error(struct engine *e, struct service *s, const struct input *in)
{
	const char *what = error_of(s, in);

	if (what == NULL)
		return;
	s->error.what = what;
	mem_free(s->error.said);
	s->error.said = mem_str(in->name != NULL ? in->name : "");
	s->error.at = e->wall;
}
