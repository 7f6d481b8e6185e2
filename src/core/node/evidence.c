#include "core/node/evidence.h"

#include "base/rc.h"
#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/refused.h"
#include "core/node/service.h"
#include "core/node/told.h"

static bool
evidence_is_there(const struct addr *hop, const struct addr *addr)
{
	return hop->port == 0 ? addr_same_ip(hop, addr) : addr_equal(hop, addr);
}

/* What was published by name went where that leads: it is about the address
 * that we know the hop by. */
static void
as_known(struct engine *e, struct addr *hop)
{
	const struct service *by_name = NULL;

	if (hop->family == 0)
		return; /* of a transport whose hop the MTA does not tell */
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		if (evidence_is_there(hop, &s->addr))
			return;
		if (by_name == NULL && !(s->use & SERVICE_SPACE) &&
		    evidence_is_there(hop, &s->at))
			by_name = s;
	}
	if (by_name != NULL)
		*hop = by_name->addr;
}

/* A milter that has lost its key was a good one before: sums do not tell. */
static void
see_ready(struct heard *heard, const struct report *r)
{
	if (r->count[REPORT_ACCEPTED] > 0)
		heard->unready = 0;
	else
		heard->unready += r->count[REPORT_UNMARKED];
}

void
evidence_report(struct engine *e, const uint8_t *p, size_t n)
{
	struct heard *heard = &e->evidence.heard;
	struct report r;
	int rc = report_decode(&r, p, n);

	if (rc != RC_OK) {
		heard->refused++;
		fx_event(e, (struct event){ .kind = EVENT_REPORT_REFUSED,
				.value = heard->refused,
				.reason = rc_word(rc) });
		return;
	}
	heard->times[r.kind]++;
	heard->last[r.kind] = e->now;
	for (int i = 0; i < REPORT_COUNTS; i++)
		heard->total[i] += r.count[i];
	see_ready(heard, &r);
	as_known(e, &r.hop);
	if (r.kind == REPORT_ROUTE)
		refused_report(e, &r);
	else if (r.kind != REPORT_MILTER)
		told_report(e, &r);
}

static void
show_kind(const struct engine *e, struct json *j, enum report_kind kind)
{
	const struct heard *heard = &e->evidence.heard;

	json_open(j, report_kind_word(kind), '{');
	json_uint(j, "reports", heard->times[kind]);
	json_uint(j, "age_s", mono_since(heard->last[kind], e->now) / 1000);
	for (int i = 0; i < REPORT_COUNTS; i++) {
		const char *word =
		    report_count_word(kind, (enum report_count)i);

		/* What waits is no sum. */
		if (word != NULL && kind != REPORT_QUEUE)
			json_uint(j, word, heard->total[i]);
	}
	if (kind == REPORT_MILTER && heard->unready > 0)
		json_uint(j, "unready", heard->unready);
	json_close(j, '}');
}

void
evidence_show(const struct engine *e, struct json *j, const char *key)
{
	json_open(j, key, '{');
	for (int kind = 0; kind < REPORT_KINDS; kind++)
		if (e->evidence.heard.times[kind] > 0)
			show_kind(e, j, (enum report_kind)kind);
	json_uint(j, "refused", e->evidence.heard.refused);
	json_close(j, '}');
}
