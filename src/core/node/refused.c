#include "core/node/refused.h"

#include "core/lsa/match.h"
#include "core/node/cause.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/service.h"

static void
changed(struct engine *e, const struct refusal *r, const char *reason)
{
	char text[ADDR_TEXT];

	fx_event(
	    e, (struct event){ .kind = EVENT_ROUTE_REFUSED,
		   .name = r->pattern,
		   .peer = r->name,
		   .from = fx_copy(e, addr_text(&r->hop, text), ADDR_TEXT),
		   .to = r->off ? "left-out" : "used",
		   .reason = reason,
		   .value = r->off ? mono_since(e->now, r->until) / 1000 : 0 });
	cause_other(
	    e, "refusal", r->name, r->off ? "left-out" : "used", r->pattern);
	due_compute(e);
	due_save(e);
}

/* The route that Postfix takes for this recipient, or NULL. */
static const struct route *
refused_route_of(const struct engine *e, const char *recipient)
{
	const struct route *route = NULL;
	struct match m;
	const char *pattern;

	if (e->table.rib == NULL)
		return NULL;
	m = match_over(recipient, e->asked.mta.delimiters);
	while (route == NULL && (pattern = match_next(&m)) != NULL)
		route = rib_find(e->table.rib, pattern);
	return route;
}

/* Without a port it is every mail service there. */
static bool
is_hop(const struct addr *told, const struct addr *hop)
{
	return told->port == 0 ? addr_same_ip(told, hop)
	                       : addr_equal(told, hop);
}

static bool
refused_goes_by(const struct route *route, const struct addr *hop)
{
	for (size_t i = 0; i < route->nhops; i++)
		if (addr_equal(&route->hop[i].addr, hop))
			return true;
	return false;
}

static void
refused_by(struct engine *e, const struct route *route, const char *name,
    const struct addr *hop, const struct report *r)
{
	struct refusal_told told = { route->pattern, name, *hop,
		refusal_digest(r->to), e->now };
	const struct refusal *off;

	if (!is_hop(&r->hop, hop))
		return;
	off = refusal_add(&e->evidence.refusals, &told);
	if (off != NULL)
		changed(e, off, "recipients");
}

static void
core_refused(
    struct engine *e, const struct route *route, const struct report *r)
{
	for (size_t i = 0; i < route->nhops; i++)
		refused_by(
		    e, route, route->hop[i].name, &route->hop[i].addr, r);
	/* Where a connector has limits a message may have gone elsewhere. */
	for (struct service *s = e->table.annex.net.n > 0 ? service_first(e)
	                                                  : NULL;
	     s != NULL; s = service_next(s))
		if (s->use & (SERVICE_CONNECTOR | SERVICE_MEMBER) &&
		    !refused_goes_by(route, &s->addr))
			refused_by(e, route, s->name, &s->addr, r);
}

static void
accepted(struct engine *e, const char *pattern, const struct addr *hop)
{
	struct refusal_told told = {
		.pattern = pattern, .hop = *hop, .now = e->now
	};
	const struct refusal *was = refusal_end(&e->evidence.refusals, &told);

	if (was != NULL)
		changed(e, was, "accepted");
}

void
refused_report(struct engine *e, const struct report *r)
{
	const struct route *route = refused_route_of(e, r->to);

	if (route == NULL)
		return;
	if (r->count[REPORT_RELAYED] > 0)
		accepted(e, route->pattern, &r->hop);
	else if (r->count[REPORT_UNRELAYED] > 0)
		core_refused(e, route, r);
}

void
refused_probe(struct engine *e, const struct refused_probe *probe)
{
	struct refusal_told told = { probe->pattern, probe->name, probe->hop, 0,
		e->now };
	const struct refusal *off;

	if (!probe->refused) {
		accepted(e, probe->pattern, &probe->hop);
		return;
	}
	off = refusal_add(&e->evidence.refusals, &told);
	if (off != NULL)
		changed(e, off, "probes");
}

void
refused_tick(struct engine *e)
{
	const struct refusal *over;

	while ((over = refusal_over(&e->evidence.refusals, e->now)) != NULL)
		changed(e, over, "time");
	fx_wake(e, refusal_due(&e->evidence.refusals));
}

void
refused_show(const struct engine *e, struct json *j, const struct addr *hop)
{
	json_open(j, "refuses", '[');
	for (size_t i = 0; i < e->evidence.refusals.list.n; i++) {
		const struct refusal *r = &e->evidence.refusals.list.v[i];

		if (r->off && addr_equal(&r->hop, hop))
			json_str(j, NULL, r->pattern);
	}
	json_close(j, ']');
}
