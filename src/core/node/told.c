#include "core/node/told.h"

#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/link.h"
#include "core/node/node.h"
#include "core/node/probing.h"

/* So many in a row, and what was read of the queue last is forgotten. */
#define READINGS_MISSED 10

/* It was asked whether it takes mail, and answered: not again for so long.
 * Recipients who refuse their mail may be asked for every second. */
#define DOUBT_EACH_MS 30000

/*
 * What it answers to MAIL, RCPT, DATA or the end of data may be about that
 * message alone: a mailbox is full, a greylist wants patience, a stranger
 * chose the recipient. So it is no evidence, however often it comes, but asks
 * the service itself, now, whether it takes mail.
 */
static void
doubt(struct engine *e, struct link *l)
{
	if (l->mail.doubt || !mono_due(l->mail.doubt_at, e->now))
		return;
	l->mail.doubt = true;
	l->mail.doubt_at = mono_after(e->now, DOUBT_EACH_MS);
	link_soon(l);
}

/* Mail was refused, or delivered, there. */
static void
mail_told(struct engine *e, struct link *l, const struct report *r)
{
	l->mail.delivered += r->count[REPORT_OK];
	l->mail.turned += r->count[REPORT_TURNED] + r->count[REPORT_REPLIES];
	/* No connection: the probe decides, but now. */
	if (r->count[REPORT_FAILED] > 0)
		link_soon(l);
	if (r->count[REPORT_OK] > 0) {
		l->mail.refusals = 0;
		l->mail.refused = l->mail.doubt = false;
		link_alive(e, l);
		return;
	}
	if (r->count[REPORT_REPLIES] > 0)
		doubt(e, l);
	if (r->count[REPORT_TURNED] == 0)
		return;
	l->mail.refusals += r->count[REPORT_TURNED];
	l->oks = 0;
	if (l->mail.refusals < LINK_REFUSALS_DOWN)
		return;
	l->mail.refused = true;
	if (l->state == LINK_UP)
		link_turn(e, l, LINK_DOWN);
}

static void
level_look(struct engine *e, struct link *l)
{
	static const char *const words[] = { "0", "1", "2", "3" };
	struct level_rule rule = { e->setup->congestion_messages,
		e->setup->congestion_ms };
	uint8_t from = l->mail.level.now;

	l->mail.read = e->now;
	if (!level_read(&l->mail.level, &rule, l->mail.late, e->now))
		return;
	fx_event(e, (struct event){ .kind = EVENT_CONGESTION,
			.peer = l->name,
			.from = words[from],
			.to = words[l->mail.level.now],
			.value = l->mail.late,
			.total = l->mail.waiting });
	due_say(e);
	due_compute(e);
}

/* So much waits for it in our MTA's queue. */
static void
queue_told(struct engine *e, struct link *l, const struct report *r)
{
	l->mail.waiting = r->count[REPORT_WAITING];
	l->mail.late = r->count[REPORT_LATE];
	if (l->use & LINK_CONNECTOR)
		level_look(e, l);
}

/* Nobody reads the queue any more: that is no congestion. */
static void
queue_forget(struct engine *e, struct link *l)
{
	struct mono stale =
	    mono_after(l->mail.read, READINGS_MISSED * e->setup->congestion_ms);

	if (l->mail.level.now == 0)
		return;
	if (mono_due(stale, e->now)) {
		l->mail.waiting = l->mail.late = 0;
		level_look(e, l);
	} else {
		fx_wake(e, stale);
	}
}

void
told_tick(struct engine *e)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		queue_forget(e, l);
}

void
told_report(struct engine *e, const struct report *r)
{
	struct addr hop = r->hop;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (!(l->use & (LINK_CONNECTOR | LINK_MEMBER | LINK_SILENT)))
			continue;
		if (r->hop.port == 0)
			hop.port = l->addr.port;
		if (!addr_equal(&hop, &l->addr))
			continue;
		if (r->kind == REPORT_QUEUE)
			queue_told(e, l, r);
		else
			mail_told(e, l, r);
	}
}
