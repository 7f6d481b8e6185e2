#include "core/node/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rc.h"
#include "core/node/accept.h"
#include "core/node/adjacent.h"
#include "core/node/asked.h"
#include "core/node/compute.h"
#include "core/node/differ.h"
#include "core/node/due.h"
#include "core/node/evidence.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/held.h"
#include "core/node/moved.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/phase.h"
#include "core/node/query_db.h"
#include "core/node/query_metrics.h"
#include "core/node/query_override.h"
#include "core/node/request.h"
#include "core/node/service.h"
#include "core/node/service_show.h"
#include "core/node/signers.h"
#include "core/node/sync.h"
#include "core/node/transit.h"
#include "core/node/troubles.h"

static uint64_t
query_seconds(const struct engine *e, struct mono since)
{
	return mono_since(since, e->now) / 1000;
}

static const struct rib *
rib_of(const struct engine *e)
{
	return e->table.rib;
}

static void
away(struct engine *e, struct json *j)
{
	const struct view *view = compute_look(e);
	const char *const *list;
	size_t n;

	json_uint(j, "present", view_present(view));
	list = view_away(view, &n);
	json_open(j, "away", '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "server", list[i]);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Nothing is late that was never sent. */
static uint64_t
behind_ms(const struct engine *e, const struct rib *rib)
{
	if (rib == NULL || e->table.published >= rib->generation ||
	    e->table.late.sent_at.ms == 0)
		return 0;
	return mono_since(e->table.late.since, e->now);
}

static void
status(struct engine *e, struct json *j, const struct request *r)
{
	const struct rib *rib = rib_of(e);
	uint64_t holds = 0, full = 0, leaving = 0, leaves = 0;
	uint8_t digest[CRYPTO_DIGEST];

	(void)r;
	for (size_t i = 0; rib != NULL && i < rib->n; i++) {
		const struct route *route = &rib->routes[i];

		holds += route->kind == ROUTE_HOLD;
		leaving += route->leaves != 0 && !route->over;
		if (route->leaves != 0 && !route->over &&
		    (leaves == 0 || route->leaves < leaves))
			leaves = route->leaves;
	}
	for (size_t i = 0; i < e->sessions.n; i++)
		full += e->sessions.v[i]->state == SESSION_FULL;
	json_open(j, NULL, '{');
	json_str(j, "server", e->setup->server);
	json_str(j, "routing_group", e->setup->group);
	json_str(j, "organization", e->setup->organization);
	json_str(j, "state", phase_state_word(e));
	if (e->setup->announced.program != NULL)
		json_str(j, "program", e->setup->announced.program);
	troubles_show(e, j);
	json_uint(j, "generation", rib == NULL ? 0 : rib->generation);
	json_uint(j, "published", e->table.published);
	json_uint(j, "routes", rib == NULL ? 0 : rib->n);
	json_uint(j, "holds", holds);
	json_uint(j, "leaving", leaving);
	if (leaves != 0)
		json_uint(j, "leaves", leaves);
	held_show(e, j);
	if (e->asked.mta.queue_directory[0] != '\0')
		json_str(j, "queue_directory", e->asked.mta.queue_directory);
	json_uint(j, "sessions", e->sessions.n);
	json_uint(j, "full", full);
	json_uint(j, "lsas", lsdb_count(&e->db));
	parts_whole(&e->db, PARTS_ALL, e->crypto, digest);
	json_hex(j, "digest", digest, CRYPTO_DIGEST);
	json_uint(j, "epoch", e->origin.epoch.now);
	if (e->setup->claims != NULL)
		json_int(j, "certificate_until", e->setup->claims->not_after);
	if (e->setup->authority.end != 0)
		json_int(j, "authority_until", e->setup->authority.end);
	json_hex(j, "authority", e->setup->authority.id, CRYPTO_DIGEST);
	if (e->setup->authority.second.given)
		json_hex(j, "second_authority", e->setup->authority.second.id,
		    CRYPTO_DIGEST);
	json_uint(j, "differing", differ_count(e));
	json_bool(j, "alone", e->table.alone);
	json_uint(j, "behind_ms", behind_ms(e, rib));
	if (e->table.confirm_moves > 0)
		json_uint(j, "confirm_moves", e->table.confirm_moves);
	query_override_status(e, j);
	json_uint(j, "uptime_s", query_seconds(e, e->turn.started));
	away(e, j);
	evidence_show(e, j, "reports");
	json_close(j, '}');
	json_line(j);
}

/* Forgotten, or gone by its own word, and named by no configuration of ours. */
static bool
is_past(const struct engine *e, const struct nbr *nbr)
{
	return nbr->session == NULL && !nbr->wanted &&
	       group_server(&e->db, nbr->name) == NULL;
}

static void
peers(struct engine *e, struct json *j, const struct request *r)
{
	(void)r;
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);
		struct session *s = nbr->session;
		enum setup_carrier by = s != NULL ? s->carrier : nbr->carrier;
		const struct claims *claims =
		    signers_claims(&e->signers, nbr->name);
		char text[ADDR_TEXT];

		if (is_past(e, nbr))
			continue;
		json_open(j, NULL, '{');
		json_str(j, "peer", nbr->name);
		json_str(
		    j, "routing_group", claims == NULL ? "" : claims->group);
		json_str(j, "state",
		    session_life_word(s == NULL ? SESSION_DOWN : s->state));
		json_str(j, "carrier", by == SETUP_XLSA2 ? "x-lsa-2" : "tcp");
		json_bool(j, "dialled", s != NULL && s->dialled);
		json_bool(j, "announced", adjacent_announced(nbr));
		json_bool(j, "silent", nbr->adjacency == ADJACENT_SILENT);
		json_bool(j, "begun", adjacent_has_begun(e, nbr));
		json_str(j, "mail", service_word(service_mail(e, nbr->name)));
		json_uint(j, "since_s", query_seconds(e, nbr->since));
		json_open(j, "addresses", '[');
		for (size_t i = 0; i < nbr->naddrs; i++)
			json_str(j, NULL, addr_text(&nbr->addrs[i], text));
		json_close(j, ']');
		sync_show(nbr, j);
		query_override_peer(e, j, nbr->name);
		if (claims != NULL)
			json_int(j, "certificate_until", claims->not_after);
		differ_peer(e, nbr, j);
		json_str(j, "reason",
		    s != NULL || nbr->reason == NULL ? "" : nbr->reason);
		if (nbr->told != NULL)
			json_str(j, "told", nbr->told);
		json_close(j, '}');
		json_line(j);
	}
}

static void
links(struct engine *e, struct json *j, const struct request *r)
{
	(void)r;
	service_show(e, j);
}

/* By another address of the same server before. */
static bool
is_named(const struct route *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(r->hop[i].name, r->hop[at].name) == 0)
			return true;
	return false;
}

static void
hop_names(
    struct json *j, const char *key, const struct route *r, bool alternate)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < r->nhops; i++)
		if (r->hop[i].alternate == alternate && !is_named(r, i))
			json_str(j, NULL, r->hop[i].name);
	json_close(j, ']');
}

static void
hop_addresses(struct json *j, const struct route *r)
{
	char text[ADDR_TEXT];

	json_open(j, "addresses", '[');
	for (size_t i = 0; i < r->nhops; i++)
		json_str(j, NULL, addr_text(&r->hop[i].addr, text));
	json_close(j, ']');
}

/* The database has newer words of its server, said with this key. */
static bool
is_covered(const struct engine *e, const struct route_claim *c)
{
	struct lsa_key key = { c->server, "", LSA_SERVER };
	const struct lsa *lsa = lsdb_find(&e->db, &key);

	return lsa != NULL && lsa->seq >> 32 >= c->seq >> 32 &&
	       memcmp(lsa_signer(lsa), c->key, sizeof(c->key)) == 0;
}

/* Whose claims it was made of: what `lsrctl forget` must name, where it is a hold
 * or nothing else of that life of the server is known any more. */
static void
claims_list(const struct engine *e, struct json *j, const struct route *r)
{
	bool needed = r->kind == ROUTE_HOLD;

	for (size_t i = 0; i < r->nclaims && !needed; i++)
		needed = r->claims[i].known && !is_covered(e, &r->claims[i]);
	if (!needed)
		return;
	json_open(j, "claims", '[');
	for (size_t i = 0; i < r->nclaims; i++) {
		const struct route_claim *c = &r->claims[i];

		if (!c->known)
			continue;
		json_open(j, NULL, '{');
		json_str(j, "server", c->server);
		json_hex(j, "key", c->key, sizeof(c->key));
		json_uint(j, "epoch", c->seq >> 32);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* A line of lsrctl(1), JSON, and what a live table knows more. */
static void
route_line(struct engine *e, struct json *j, const struct route *r)
{
	json_open(j, NULL, '{');
	json_str(j, "pattern", r->pattern);
	if (r->kind == ROUTE_HOLD) {
		json_str(j, "unreachable", r->reason);
	} else {
		if (r->kind != ROUTE_REMOTE)
			json_bool(j, "here", true);
		json_str(j, "server", r->server);
		json_uint(j, "cost", r->cost);
		json_uint(j, "hops", r->hops);
	}
	if (r->kind == ROUTE_REMOTE) {
		hop_names(j, "next_hops", r, false);
		hop_names(j, "alternates", r, true);
		json_list(j, "path", r->path, r->npath);
		hop_addresses(j, r);
	}
	if (route_by(r) != NULL)
		json_str(j, "transport", route_by(r));
	json_str(j, "kind", route_kind_word(r->kind));
	if (r->kind == ROUTE_WAY)
		json_str(j, "way", r->way);
	json_bool(j, "relay", r->relay);
	json_bool(j, "last_resort", r->last_resort);
	if (override_is_pinned(&e->overrides, r->pattern))
		json_bool(j, "pinned", true);
	claims_list(e, j, r);
	if (r->leaves != 0) {
		json_uint(j, "leaves", r->leaves);
		json_bool(j, "given_up", r->over);
	}
	moved_show(e, j, r->pattern);
	json_close(j, '}');
	json_line(j);
}

/* The first route behind the pattern; NULL: the first of all. */
static size_t
route_behind(const struct rib *rib, const char *pattern)
{
	size_t low = 0, high = rib->n;

	while (pattern != NULL && low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(pattern, rib->routes[mid].pattern) < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* In parts, as the database: a pattern that stays is there once. */
static void
routes(struct engine *e, struct json *j, const struct request *r)
{
	const struct rib *rib = rib_of(e);
	size_t i;

	if (rib == NULL)
		return;
	i = route_behind(rib, r->n > 0 ? r->word[0] : NULL);
	for (; i < rib->n && j->out->n < LIMIT_ANSWER_PART; i++)
		route_line(e, j, &rib->routes[i]);
	if (i == rib->n)
		return;
	buf_printf(r->more, "routes %s", rib->routes[i - 1].pattern);
	buf_u8(r->more, 0);
}

/* The authority has said just that, though at another time: its word stands
 * already. */
static bool
inject_stands(struct engine *e, struct lsa *lsa)
{
	const struct lsa *old = lsdb_find(&e->db, &lsa->key);

	return old != NULL && old->purge == lsa->purge &&
	       old->body_len == lsa->body_len &&
	       memcmp(old->octets + old->body_at, lsa->octets + lsa->body_at,
		   lsa->body_len) == 0 &&
	       memcmp(lsa_signer(old), lsa_signer(lsa), CRYPTO_DIGEST) == 0 &&
	       accept_judge(e, lsa) == RC_OK;
}

/* Only what the authority signed may come by this door. */
static void
inject(struct engine *e, struct json *j, const struct request *r)
{
	struct buf octets = { 0 };
	struct lsa *lsa = NULL;
	int rc = r->n == 1 ? RC_OK : RC_MISSING;

	if (rc == RC_OK && !buf_unhex(&octets, r->word[0]))
		rc = RC_FORMAT;
	if (rc == RC_OK)
		rc = lsa_decode(octets.p, octets.n, e->crypto, &lsa);
	if (rc == RC_OK && !lsa_is_authority(lsa))
		rc = RC_CLAIM;
	if (rc == RC_OK && inject_stands(e, lsa))
		rc = RC_SAME;
	lsa_free(lsa);
	if (rc == RC_OK)
		rc = accept_update(e, NULL, octets.p, octets.n, NULL);
	buf_done(&octets);
	if (rc == RC_OK || rc == RC_SAME)
		request_changed(j, rc == RC_OK);
	else
		request_verdict(j, false, rc_word(rc));
}

static void
explain(struct engine *e, struct json *j, const struct request *r)
{
	const char *priority = request_option(r, "priority");
	struct view_question q = { .rib = rib_of(e),
		.address = r->n > 0 ? r->word[0] : "",
		.message = { .size = request_number(request_option(r, "size")),
		    .sender = request_option(r, "sender"),
		    .time = -1 } };
	const struct view *view = compute_look(e);

	if (request_option(r, "at") != NULL)
		q.message.time =
		    (int64_t)request_number(request_option(r, "at"));
	if (priority != NULL)
		q.message.priority = policy_priority(priority);
	if (!view_explain(j, view, &q))
		request_verdict(j, false, rc_word(RC_NAME));
}

static void export(struct engine *e, struct json *j, const struct request *r)
{
	const struct view *view = compute_look(e);

	(void)r;
	if (!view_export(j, view)) {
		buf_reset(j->out);
		request_verdict(j, false, rc_word(RC_LONG));
	}
}

static void
transit(struct engine *e, struct json *j, const struct request *r)
{
	(void)r;
	transit_show(e, j);
}

/* `db diff SERVER ask` begins, and `db diff SERVER` is asked until it is done. */
static void
query_differs(struct engine *e, struct json *j, const struct request *r)
{
	struct nbr *nbr = nbrs_find(e, r->word[1]);
	struct session *s = nbr == NULL ? NULL : nbr->session;

	if (nbr == NULL) {
		request_verdict(j, false, "no-neighbour");
		return;
	}
	if (r->n == 2) {
		differ_show(e, nbr, j);
		return;
	}
	if (s == NULL || s->state != SESSION_FULL) {
		request_verdict(j, false, "no-session");
		return;
	}
	differ_ask(nbr);
	sync_digest_send(e, s);
	request_verdict(j, true, NULL);
}

static void
db(struct engine *e, struct json *j, const struct request *r)
{
	if (r->n > 1 && strcmp(r->word[0], "diff") == 0)
		query_differs(e, j, r);
	else if (!query_db(e, j, r))
		request_verdict(j, false, rc_word(RC_FORMAT));
}

static const struct {
	const char *verb;
	void (*answer)(
	    struct engine *e, struct json *j, const struct request *r);
} verbs[] = {
	{ "status", status },
	{ "peers", peers },
	{ "links", links },
	{ "routes", routes },
	{ "db", db },
	{ "transit", transit },
	{ "metrics", query_metrics },
	{ "explain", explain },
	{ "export", export },
	{ "inject", inject },
	{ "drain", query_override_drain },
	{ "ready", query_override_ready },
	{ "cost", query_override_cost },
	{ "uncost", query_override_uncost },
	{ "pin", query_override_pin },
	{ "unpin", query_override_unpin },
	{ "freeze", query_override_freeze },
	{ "unfreeze", query_override_unfreeze },
	{ "overrides", query_override_list },
};

void
query_answer(struct engine *e, const struct input *in)
{
	struct buf out = { 0 }, more = { 0 };
	struct json j = { .out = &out };
	struct request r;
	size_t i = 0;

	request_read(&r, in->bytes, in->len);
	r.more = &more;
	r.who = in->name;
	while (i < sizeof(verbs) / sizeof(verbs[0]) &&
	       strcmp(verbs[i].verb, r.verb) != 0)
		i++;
	if (e->phase == PHASE_BOOT)
		request_verdict(&j, false, rc_word(RC_STATE));
	else if (i < sizeof(verbs) / sizeof(verbs[0]))
		verbs[i].answer(e, &j, &r);
	else
		request_verdict(&j, false, "unknown-verb");
	mem_free(r.text);
	fx_add(e, (struct effect){ .kind = FX_REPLY,
		      .who = in->who,
		      .bytes = fx_copy(e, out.p, out.n),
		      .len = out.n,
		      .name = more.n == 0 ? NULL : fx_copy(e, more.p, more.n),
		      .last = more.n == 0 });
	buf_done(&more);
	buf_done(&out);
}
