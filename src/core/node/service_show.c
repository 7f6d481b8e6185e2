#include "core/node/service_show.h"

#include <string.h>

#include "base/json.h"
#include "core/node/held.h"
#include "core/node/node.h"
#include "core/node/outcome.h"
#include "core/node/probing.h"
#include "core/node/refused.h"
#include "core/node/service.h"

static uint64_t
service_show_seconds(const struct engine *e, struct mono since)
{
	return mono_since(since, e->now) / 1000;
}

static bool
is_hop_of(const struct route *r, const struct addr *addr)
{
	for (size_t i = 0; i < r->nhops; i++)
		if (!r->hop[i].alternate && addr_equal(&r->hop[i].addr, addr))
			return true;
	return false;
}

/* Another connector of ours leads there, and is not drained. */
static bool
is_used_besides(const struct engine *e, const struct service *s)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (!setup_is_drained(c, &c->bridgeheads[k]) &&
			    service_is_of(s, &c->bridgeheads[k]))
				return true;
	}
	return false;
}

/* Routes that still lead to what is drained; one that is on its way out counts
 * until its table is published. */
static uint64_t
routes_to(const struct engine *e, const struct service *s)
{
	const struct rib *rib = e->table.rib;
	uint64_t n = 0;

	if (rib == NULL || s == NULL || is_used_besides(e, s))
		return 0;
	for (size_t i = 0; i < rib->n; i++)
		n += is_hop_of(&rib->routes[i], &s->addr);
	return n == 0 && e->table.published < rib->generation ? 1 : n;
}

static void
drain_told(struct json *j, const struct setup_drain *why)
{
	if (why == NULL)
		return;
	json_open(j, "drain", '{');
	override_show(j, why);
	json_close(j, '}');
}

static void
error_show(struct json *j, const struct service_error *error)
{
	if (error->what == NULL)
		return;
	json_open(j, "last_error", '{');
	json_str(j, "what", error->what);
	if (error->said[0] != '\0')
		json_str(j, "said", error->said);
	json_uint(j, "at", error->at);
	json_close(j, '}');
}

static void
service_line(struct engine *e, struct json *j, const struct service *s,
    const struct setup_connector *c, const struct setup_bridgehead *b)
{
	bool drained = c != NULL && setup_is_drained(c, b);
	char text[ADDR_TEXT];

	json_open(j, NULL, '{');
	if (c != NULL) {
		json_str(j, "connector", c->name);
		json_str(j, "routing_group", c->group);
		json_str(j, "bridgehead", b->name);
		if (b->found)
			json_bool(j, "found", true);
		json_uint(j, "cost", b->cost);
		if (b->by != NULL)
			json_str(j, "transport", b->by);
		if (b->asks.kind != ASKS_SMTP)
			json_str(j, "probe", asks_word(b->asks.kind));
		if (b->asks.kind == ASKS_COMMAND)
			json_str(j, "command", b->asks.name);
	} else {
		json_str(
		    j, s->use & SERVICE_SPACE ? "space" : "server", s->name);
	}
	json_str(j, "use",
	    c != NULL                 ? "connector"
	    : s->use & SERVICE_SPACE  ? "space"
	    : s->use & SERVICE_SELF   ? "self"
	    : s->use & SERVICE_MEMBER ? "member"
				      : "silent");
	json_str(j, "smtp",
	    s == NULL || s->addr.family == 0 ? "" : addr_text(&s->addr, text));
	json_str(j, "state",
	    drained     ? "drain"
	    : s == NULL ? "unknown"
			: service_word(s->state));
	if (s != NULL && s->state == SERVICE_DOWN && outcome_reason(s) != NULL)
		json_str(j, "reason", outcome_reason(s));
	if (s != NULL)
		error_show(j, &s->error);
	json_uint(
	    j, "since_s", s == NULL ? 0 : service_show_seconds(e, s->since));
	json_uint(j, "failures", s == NULL ? 0 : s->probe.fails);
	json_uint(j, "hold_s", s == NULL ? 0 : probing_hold_off(s) / 1000);
	json_uint(j, "delivered", s == NULL ? 0 : s->mail.delivered);
	json_uint(j, "refused", s == NULL ? 0 : s->mail.turned);
	json_uint(j, "congestion", s == NULL ? 0 : s->mail.congestion.now);
	json_uint(j, "waiting", s == NULL ? 0 : s->mail.waiting);
	json_uint(j, "late", s == NULL ? 0 : s->mail.late);
	held_read_show(e, j);
	if (s != NULL)
		refused_show(e, j, &s->addr);
	if (drained) {
		drain_told(j, b->drained != NULL ? b->drained : c->drained);
		json_uint(j, "routes", routes_to(e, s));
	}
	json_close(j, '}');
	json_line(j);
}

/* A line for each of its addresses, or one without. */
static void
bridgehead_lines(struct engine *e, struct json *j,
    const struct setup_connector *c, const struct setup_bridgehead *b)
{
	size_t n = 0;

	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		if (!service_is_of(s, b))
			continue;
		service_line(e, j, s, c, b);
		n++;
	}
	if (n == 0)
		service_line(e, j, NULL, c, b);
}

void
service_show(struct engine *e, struct json *j)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++)
			bridgehead_lines(e, j, c, &c->bridgeheads[k]);
	}
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (!(s->use & SERVICE_CONNECTOR))
			service_line(e, j, s, NULL, NULL);
}
