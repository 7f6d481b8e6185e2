#include "core/node/told.h"

#include <string.h>

#include "core/lsa/way.h"
#include "core/node/cause.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/mute.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/service.h"

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
doubt(struct engine *e, struct service *s)
{
	if (s->mail.doubt || !mono_due(s->mail.doubt_at, e->now))
		return;
	s->mail.doubt = true;
	s->mail.doubt_at = mono_after(e->now, DOUBT_EACH_MS);
	service_soon(s);
}

/* Mail was refused, or delivered, there. */
static void
mail_told(struct engine *e, struct service *s, const struct report *r)
{
	uint64_t turned = r->count[REPORT_TURNED];

	s->mail.delivered += r->count[REPORT_OK];
	s->mail.turned += r->count[REPORT_TURNED] + r->count[REPORT_REPLIES];
	/* No connection: the probe decides, but now; where that says nothing
	 * it counts as a message that was refused. */
	if (r->count[REPORT_FAILED] > 0)
		service_soon(s);
	if (mute_is(s))
		turned += r->count[REPORT_FAILED];
	if (r->count[REPORT_OK] > 0) {
		s->mail.refusals = 0;
		s->mail.refused = s->mail.doubt = false;
		probing_alive(e, s);
		return;
	}
	if (r->count[REPORT_REPLIES] > 0)
		doubt(e, s);
	if (turned == 0)
		return;
	s->mail.refusals += turned;
	s->probe.oks = 0;
	if (s->mail.refusals < SERVICE_REFUSALS_DOWN)
		return;
	s->mail.refused = true;
	if (s->state == SERVICE_UP)
		probing_turn(e, s, SERVICE_DOWN);
}

static void
congestion_look(struct engine *e, struct service *s)
{
	static const char *const words[] = { "0", "1", "2", "3" };
	struct congestion_rule rule = { e->setup->congestion.messages,
		e->setup->congestion.ms };
	uint8_t from = s->mail.congestion.now;

	s->mail.read = e->now;
	if (!congestion_read(&s->mail.congestion, &rule, s->mail.late, e->now))
		return;
	fx_event(e, (struct event){ .kind = EVENT_CONGESTION,
			.peer = s->name,
			.from = words[from],
			.to = words[s->mail.congestion.now],
			.value = s->mail.late,
			.total = s->mail.waiting });
	cause_other(
	    e, "congestion", s->name, words[s->mail.congestion.now], NULL);
	due_say(e);
	due_compute(e);
}

/* So much waits for it in our MTA's queue. */
static void
queue_told(struct engine *e, struct service *s, const struct report *r)
{
	s->mail.waiting = r->count[REPORT_WAITING];
	s->mail.late = r->count[REPORT_LATE];
	s->mail.oldest_s = r->count[REPORT_OLDEST];
	if (s->use & SERVICE_CONNECTOR)
		congestion_look(e, s);
}

/* Nobody reads the queue any more: that is no congestion. */
static void
queue_forget(struct engine *e, struct service *s)
{
	struct mono stale =
	    mono_after(s->mail.read, READINGS_MISSED * e->setup->congestion.ms);

	if (s->mail.congestion.now == 0)
		return;
	if (mono_due(stale, e->now)) {
		s->mail.waiting = s->mail.late = s->mail.oldest_s = 0;
		congestion_look(e, s);
	} else {
		fx_wake(e, stale);
	}
}

void
told_tick(struct engine *e)
{
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		queue_forget(e, s);
}

/* By the transport that the report is of: at its address, unless that transport
 * has a next hop of its own, or the MTA tells of none. */
static bool
told_is_by(const struct service *s, const struct report *r)
{
	const char *by = s->way.by;
	size_t n = by == NULL ? 0 : way_by_name(by);

	return by != NULL && strlen(r->by) == n && memcmp(by, r->by, n) == 0 &&
	       (by[n] != '\0' || r->hop.family == 0 ||
		   addr_same_ip(&r->hop, &s->addr));
}

static void
told_by(struct engine *e, const struct report *r)
{
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (s->use & SERVICE_CONNECTOR && told_is_by(s, r))
			mail_told(e, s, r);
}

void
told_report(struct engine *e, const struct report *r)
{
	struct addr hop = r->hop;

	if (r->by[0] != '\0') {
		told_by(e, r);
		return;
	}
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		if (!(s->use &
			(SERVICE_CONNECTOR | SERVICE_MEMBER | SERVICE_SILENT)))
			continue;
		if (r->hop.port == 0)
			hop.port = s->addr.port;
		if (!addr_equal(&hop, &s->addr))
			continue;
		if (r->kind == REPORT_QUEUE)
			queue_told(e, s, r);
		else
			mail_told(e, s, r);
	}
}
