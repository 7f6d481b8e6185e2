#include "core/node/query_metrics.h"

#include <string.h>

#include "core/node/asked.h"
#include "core/node/differ.h"
#include "core/node/evidence.h"
#include "core/node/held.h"
#include "core/node/node.h"
#include "core/node/phase.h"
#include "core/node/service.h"

/* By kind of route, and those that leave. */
static void
metrics_routes(const struct engine *e, struct json *j)
{
	uint64_t n[ROUTE_HOLD + 1] = { 0 }, leaving = 0, last_resort = 0;
	uint64_t alternates = 0;
	const struct rib *rib = e->table.rib;

	for (size_t i = 0; rib != NULL && i < rib->n; i++) {
		const struct route *r = &rib->routes[i];

		n[r->kind]++;
		leaving += r->leaves != 0 && !r->over;
		last_resort += r->last_resort;
		alternates += r->nhops > 0 && r->hop[r->nhops - 1].alternate;
	}
	json_open(j, "routes", '{');
	for (int kind = 0; kind <= ROUTE_HOLD; kind++)
		json_uint(j, route_kind_word((enum route_kind)kind), n[kind]);
	json_close(j, '}');
	json_uint(j, "routes_leaving", leaving);
	json_uint(j, "routes_last_resort", last_resort);
	json_uint(j, "routes_with_alternate", alternates);
}

static void
metrics_table(const struct engine *e, struct json *j)
{
	uint64_t generation =
	    e->table.rib == NULL ? 0 : e->table.rib->generation;
	bool late =
	    e->table.published < generation && e->table.late.sent_at.ms > 0;

	json_uint(j, "generation", generation);
	json_uint(j, "published", e->table.published);
	json_uint(j, "age_ms",
	    e->table.late.sent_at.ms == 0
		? 0
		: mono_since(e->table.late.sent_at, e->now));
	json_uint(
	    j, "behind_ms", late ? mono_since(e->table.late.since, e->now) : 0);
	json_uint(j, "runs", e->table.beside.runs);
	json_uint(j, "confirm_moves", e->table.confirm_moves);
	metrics_routes(e, j);
}

/* As they were looked at last: a look may cost what a table does. */
static void
metrics_servers(const struct engine *e, struct json *j)
{
	const struct view *view = e->table.sight.view;
	size_t away = 0;

	if (view == NULL)
		return;
	(void)view_away(view, &away);
	json_uint(j, "present", view_present(view));
	json_uint(j, "away", away);
	json_bool(j, "alone", e->table.alone);
}

static void
metrics_overrides(const struct engine *e, struct json *j)
{
	uint64_t n[OVERRIDE_FREEZE + 1] = { 0 };

	for (size_t i = 0; i < e->overrides.list.n; i++)
		n[e->overrides.list.v[i].kind]++;
	json_open(j, "overrides", '{');
	for (int kind = OVERRIDE_DRAIN; kind <= OVERRIDE_FREEZE; kind++)
		json_uint(j, override_word((enum override_kind)kind), n[kind]);
	json_close(j, '}');
}

static void
metrics_server(const struct engine *e, struct json *j)
{
	uint64_t full = 0;

	for (size_t i = 0; i < e->sessions.n; i++)
		full += e->sessions.v[i]->state == SESSION_FULL;
	json_open(j, NULL, '{');
	json_str(j, "of", "server");
	json_str(j, "server", e->setup->server);
	json_str(j, "routing_group", e->setup->group);
	json_str(j, "organization", e->setup->organization);
	json_str(j, "state", phase_state_word(e));
	json_uint(j, "uptime_ms", mono_since(e->turn.started, e->now));
	json_uint(j, "epoch", e->origin.epoch.now);
	json_uint(j, "sessions", e->sessions.n);
	json_uint(j, "full", full);
	json_uint(j, "lsas", lsdb_count(&e->db));
	json_uint(j, "lsa_octets", e->db.octets);
	metrics_table(e, j);
	metrics_servers(e, j);
	metrics_overrides(e, j);
	if (e->setup->claims != NULL)
		json_int(j, "certificate_until", e->setup->claims->not_after);
	if (e->setup->authority.end != 0)
		json_int(j, "authority_until", e->setup->authority.end);
	json_bool(j, "kept", e->setup->standing.kept);
	json_bool(j, "held", e->setup->standing.held);
	json_uint(j, "reload_at", e->setup->standing.reload_at);
	json_bool(j, "reload_good", !e->setup->standing.reload_refused);
	held_age_show(e, j, "held_oldest_s");
	evidence_show(e, j, "reports");
	json_close(j, '}');
	json_line(j);
}

/* The last of its kind. */
static void
metrics_rest(struct json *j, const char *of, size_t told, size_t all)
{
	json_open(j, NULL, '{');
	json_str(j, "of", of);
	json_uint(j, "left_out", all - told);
	json_close(j, '}');
	json_line(j);
}

static void
metrics_peer(const struct engine *e, struct json *j, const struct nbr *nbr)
{
	const struct session *s = nbr->session;
	const struct claims *claims = signers_claims(&e->signers, nbr->name);

	json_open(j, NULL, '{');
	json_str(j, "of", "peer");
	json_str(j, "peer", nbr->name);
	json_bool(j, "full", s != NULL && s->state == SESSION_FULL);
	json_bool(j, "silent", nbr->adjacency == ADJACENT_SILENT);
	json_uint(j, "since_ms", mono_since(nbr->since, e->now));
	if (s != NULL) {
		json_uint(j, "heard_ms", mono_since(s->pulse.heard, e->now));
		json_uint(j, "sent", s->pulse.sent);
		json_uint(j, "came", s->pulse.came);
		json_uint(j, "updates", s->updates);
		json_uint(j, "differs_ms", differ_ms(e, nbr));
		if (s->pulse.round_trip_us != 0)
			json_uint(j, "round_trip_us", s->pulse.round_trip_us);
	}
	if (claims != NULL)
		json_int(j, "certificate_until", claims->not_after);
	json_close(j, '}');
	json_line(j);
}

static void
metrics_peers(const struct engine *e, struct json *j)
{
	size_t told = 0;

	for (struct tree_node *n = tree_first(&e->nbrs);
	     n != NULL && told < LIMIT_METRIC_ROWS; n = tree_next(n), told++)
		metrics_peer(e, j, tree_entry(n, struct nbr, node));
	metrics_rest(j, "peer", told, e->nbrs.n);
}

/* What several addresses of one server amount to. */
static void
metrics_service(
    struct engine *e, struct json *j, const char *name, unsigned use)
{
	uint64_t waiting = 0, late = 0, oldest = 0, delivered = 0, turned = 0;
	uint8_t level = 0;

	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s)) {
		if (!(s->use & use))
			continue;
		waiting += s->mail.waiting;
		late += s->mail.late;
		if (s->mail.oldest_s > oldest)
			oldest = s->mail.oldest_s;
		delivered += s->mail.delivered;
		turned += s->mail.turned;
		if (s->mail.congestion.now > level)
			level = s->mail.congestion.now;
	}
	json_uint(j, "congestion", level);
	json_uint(j, "waiting", waiting);
	json_uint(j, "late", late);
	json_uint(j, "oldest_s", oldest);
	json_uint(j, "delivered", delivered);
	json_uint(j, "refused", turned);
}

static void
metrics_bridgehead(struct engine *e, struct json *j,
    const struct setup_connector *c, const struct setup_bridgehead *b)
{
	const struct service *s = service_bridgehead(e, b);

	json_open(j, NULL, '{');
	json_str(j, "of", "link");
	json_str(j, "use", "connector");
	json_str(j, "connector", c->name);
	json_str(j, "to", b->name);
	json_str(
	    j, "state", service_word(s == NULL ? SERVICE_UNKNOWN : s->state));
	json_uint(j, "cost", b->cost);
	json_bool(j, "drain", setup_is_drained(c, b));
	metrics_service(e, j, b->name, SERVICE_CONNECTOR);
	json_close(j, '}');
	json_line(j);
}

/* What no connector leads to, once for each name and use. */
static bool
metrics_is_own_row(struct engine *e, const struct service *s)
{
	return s->use != 0 && !(s->use & SERVICE_CONNECTOR) &&
	       service_is_first(e, s);
}

static void
metrics_other(struct engine *e, struct json *j, const struct service *s)
{
	json_open(j, NULL, '{');
	json_str(j, "of", "link");
	json_str(j, "use",
	    s->use & SERVICE_SPACE    ? "space"
	    : s->use & SERVICE_SELF   ? "self"
	    : s->use & SERVICE_MEMBER ? "member"
				      : "silent");
	json_str(j, "connector", "");
	json_str(j, "to", s->name);
	json_str(
	    j, "state", service_word(service_condition(e, s->name, s->use)));
	metrics_service(e, j, s->name, s->use);
	json_close(j, '}');
	json_line(j);
}

static void
metrics_links(struct engine *e, struct json *j)
{
	size_t told = 0, all = 0;

	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		all += c->nbridgeheads;
		for (size_t k = 0;
		     k < c->nbridgeheads && told < LIMIT_METRIC_ROWS;
		     k++, told++)
			metrics_bridgehead(e, j, c, &c->bridgeheads[k]);
	}
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		if (!metrics_is_own_row(e, s))
			continue;
		all++;
		if (told == LIMIT_METRIC_ROWS)
			continue;
		told++;
		metrics_other(e, j, s);
	}
	metrics_rest(j, "link", told, all);
}

void
query_metrics(struct engine *e, struct json *j, const struct request *r)
{
	if (r->n > 0) {
		metrics_links(e, j);
		return;
	}
	metrics_server(e, j);
	metrics_peers(e, j);
	buf_text(r->more, "metrics links");
	buf_u8(r->more, 0);
}
