#include "core/node/query_override.h"

#include <inttypes.h>
#include <string.h>

#include "base/rc.h"
#include "core/node/compute.h"
#include "core/node/node.h"
#include "core/node/overriding.h"
#include "core/node/phase.h"
#include "core/node/pinned.h"

static bool
override_is_said(const struct request *r, const char *option)
{
	const char *value = request_option(r, option);

	return value != NULL && strcmp(value, "yes") == 0;
}

/* What is asked for: NULL, or why not. Who tries need not say for how long. */
static const char *
override_times(const struct engine *e, const struct request *r, uint64_t most,
    struct override *o)
{
	const char *length = request_option(r, "for");
	const char *until = request_option(r, "until");
	uint64_t left = most;

	o->end = MONO_NEVER;
	if (length == NULL && until == NULL)
		return o->kind == OVERRIDE_DRAIN || override_is_said(r, "try")
		           ? NULL
		           : "say for how long: --for 2h, or --until";
	if (length != NULL)
		left = request_number(length);
	else if (request_number(until) > e->wall)
		left = request_number(until) - e->wall;
	else
		left = 0;
	if (left == 0)
		return "that is over already";
	if (left > most)
		return most == LIMIT_FREEZE_S
		           ? "a table is frozen for 24 h at most"
		           : "31 days at most; what is to last belongs into "
		             "lsrd.conf";
	o->for_s = length != NULL ? (uint32_t)left : 0;
	o->end = mono_after(e->now, left * 1000);
	o->why.until = e->wall + left;
	return NULL;
}

static const char *
why_read(const struct engine *e, const struct request *r, struct override *o)
{
	const char *reason = request_option(r, "reason");
	const char *who = request_option(r, "by");

	if (reason != NULL && (reason[0] == '\0' || !lsa_is_reason(reason)))
		return "the reason: at most 120 printable octets, without \" "
		       "and \\";
	if (who == NULL || !lsa_is_who(who))
		who = r->who;
	o->why.on = true;
	o->why.since = e->wall;
	o->why.reason = mem_str(reason);
	o->why.who = mem_str(who);
	return NULL;
}

/* What is tried changes nothing, and says what it would. */
static void
tell_change(struct json *j, const struct request *r, bool changes,
    const struct override *one)
{
	bool tried = override_is_said(r, "try");

	json_open(j, NULL, '{');
	json_bool(j, "ok", true);
	json_bool(j, "changed", changes && !tried);
	if (tried)
		json_bool(j, "would_change", changes);
	if (one != NULL && one->why.until != 0)
		json_uint(j, "until", one->why.until);
	json_close(j, '}');
	json_line(j);
}

static char *
severed_words(const struct severed *s, const char *what)
{
	struct buf text = { 0 };

	buf_printf(&text,
	    "%" PRIu64 " routes would have %s, as from %s to %s: --dry-run "
	    "shows what would move, --force does it all the same",
	    s->routes, what, s->server, s->pattern);
	return buf_string(&text);
}

/* A drain by which mail of anybody's would have no path is refused, unless by
 * force: true, and that is the answer. */
static bool
drain_severs(struct engine *e, struct json *j, const struct override *o)
{
	struct view_severed severed;
	const struct severed *s = &severed.whole;
	char *reason;

	view_severed(compute_look(e), o->name[0] == '\0' ? NULL : o->name,
	    o->hop[0] == '\0' ? NULL : o->hop, &severed);
	if (s->routes == 0)
		s = &severed.limited;
	if (s->routes == 0)
		return false;
	reason = severed_words(s, s == &severed.whole
				      ? "no path"
				      : "a path for some messages alone, by "
					"connectors with limits");
	json_open(j, NULL, '{');
	json_bool(j, "ok", false);
	json_str(j, "reason", reason);
	json_uint(j, s == &severed.whole ? "cut_routes" : "limited_routes",
	    s->routes);
	json_uint(j, "cut_servers", s->servers);
	json_uint(j, "cut_patterns", s->patterns);
	json_close(j, '}');
	json_line(j);
	mem_free(reason);
	return true;
}

/* The pin of this pattern, whatever its hop is. */
static struct override *
pin_find(struct engine *e, const char *pattern)
{
	for (size_t i = 0; i < e->overrides.list.n; i++) {
		struct override *one = &e->overrides.list.v[i];

		if (one->kind == OVERRIDE_PIN &&
		    strcmp(one->name, pattern) == 0)
			return one;
	}
	return NULL;
}

/* What it takes the place of: the same, or another pin of the pattern. */
static struct override *
override_before(struct engine *e, const struct override *o)
{
	return o->kind == OVERRIDE_PIN
	           ? pin_find(e, o->name)
	           : override_find(&e->overrides, o->kind, o->name, o->hop);
}

/* Nothing speaks against it. */
static void
have_now(struct engine *e, struct json *j, const struct request *r,
    struct override *o, struct override *was)
{
	bool changes = was == NULL || !override_same(was, o);

	if (changes && o->kind == OVERRIDE_DRAIN &&
	    !override_is_said(r, "force") && drain_severs(e, j, o)) {
		override_free(o);
		return;
	}
	tell_change(j, r, changes, changes ? o : was);
	if (!changes || override_is_said(r, "try")) {
		override_free(o);
		return;
	}
	if (was != NULL && strcmp(was->hop, o->hop) == 0)
		o->why.since = was->why.since;
	else if (was != NULL)
		overriding_end(e, was, "replaced");
	overriding_begin(e, *o);
}

/* Has it in force, unless it is already, and answers. */
static void
have(struct engine *e, struct json *j, const struct request *r,
    struct override o, uint64_t most)
{
	struct override *was = override_before(e, &o);
	const char *bad = override_times(e, r, most, &o);

	if (bad == NULL && was == NULL &&
	    e->overrides.list.n >= LIMIT_OVERRIDES)
		bad = "there are too many of these: lsrctl overrides";
	if (bad == NULL)
		bad = why_read(e, r, &o);
	if (bad != NULL) {
		request_verdict(j, false, bad);
		return;
	}
	o.name = mem_str(o.name);
	o.hop = mem_str(o.hop);
	have_now(e, j, r, &o, was);
}

/* Takes it back, where there is one, and answers. */
static void
override_back(struct engine *e, struct json *j, const struct request *r,
    struct override *one)
{
	tell_change(j, r, one != NULL, NULL);
	if (one != NULL && !override_is_said(r, "try"))
		overriding_end(e, one, "taken-back");
}

static const struct setup_connector *
connector_of(const struct engine *e, const char *name)
{
	const struct setup *given = override_base(&e->overrides);

	for (size_t i = 0; name != NULL && i < given->nconnectors; i++)
		if (strcmp(given->connectors[i].name, name) == 0)
			return &given->connectors[i];
	return NULL;
}

static bool
has_bridgehead(const struct setup_connector *c, const char *name)
{
	for (size_t i = 0; i < c->nbridgeheads; i++)
		if (strcmp(c->bridgeheads[i].name, name) == 0)
			return true;
	return false;
}

/* What is to be drained, or why not. */
static const char *
drained_read(
    const struct engine *e, const struct request *r, struct override *o)
{
	const char *name = request_option(r, "connector");
	const char *hop = request_option(r, "bridgehead");
	const struct setup_connector *c = connector_of(e, name);

	*o = (struct override){ .kind = OVERRIDE_DRAIN,
		.name = (char *)(uintptr_t)(name == NULL ? "" : name),
		.hop = (char *)(uintptr_t)(hop == NULL ? "" : hop) };
	if (name != NULL && c == NULL)
		return "this server has no connector of that name";
	if (hop != NULL && (c == NULL || !has_bridgehead(c, hop)))
		return "that connector has no bridgehead of that name";
	return NULL;
}

void
query_override_drain(struct engine *e, struct json *j, const struct request *r)
{
	struct override o;
	const char *bad = drained_read(e, r, &o);

	if (bad != NULL)
		request_verdict(j, false, bad);
	else
		have(e, j, r, o, LIMIT_OVERRIDE_S);
}

void
query_override_ready(struct engine *e, struct json *j, const struct request *r)
{
	struct override o;
	const char *bad = drained_read(e, r, &o);
	const struct setup_connector *c = connector_of(e, o.name);
	struct override *one =
	    override_find(&e->overrides, OVERRIDE_DRAIN, o.name, o.hop);
	bool given = o.hop[0] == '\0' &&
	             (c != NULL ? c->drain : e->overrides.given->drain.on);

	if (bad == NULL && one == NULL && given)
		bad = "lsrd.conf has `drain = yes`: change that, and reload";
	if (bad != NULL)
		request_verdict(j, false, bad);
	else
		override_back(e, j, r, one);
}

static const char no_connector[] = "this server has no connector of that name";

void
query_override_cost(struct engine *e, struct json *j, const struct request *r)
{
	const char *name = request_option(r, "connector");
	uint64_t cost = request_number(request_option(r, "cost"));
	struct override o = { .kind = OVERRIDE_COST,
		.name = (char *)(uintptr_t)name,
		.hop = (char *)(uintptr_t) "",
		.cost = (uint32_t)cost };

	if (connector_of(e, name) == NULL)
		request_verdict(j, false, no_connector);
	else if (cost == 0 || cost > LIMIT_COST_MAX)
		request_verdict(j, false, "a cost is from 1 to 65535");
	else
		have(e, j, r, o, LIMIT_OVERRIDE_S);
}

void
query_override_uncost(struct engine *e, struct json *j, const struct request *r)
{
	const char *name = request_option(r, "connector");

	if (connector_of(e, name) == NULL)
		request_verdict(j, false, no_connector);
	else
		override_back(e, j, r,
		    override_find(&e->overrides, OVERRIDE_COST, name, ""));
}

/* One next hop for a pattern: another pin takes the place of the first. */
void
query_override_pin(struct engine *e, struct json *j, const struct request *r)
{
	const char *pattern = request_option(r, "pattern");
	const char *hop = request_option(r, "hop");
	const struct rib *rib = e->table.rib;
	struct override o = { .kind = OVERRIDE_PIN,
		.name = (char *)(uintptr_t)pattern,
		.hop = (char *)(uintptr_t)hop };

	if (pattern == NULL || hop == NULL || rib == NULL ||
	    !pinned_may(rib_find(rib, pattern), hop)) {
		request_verdict(j, false,
		    "that is no next hop of this pattern, and no loop-free "
		    "alternate: lsrctl routes");
		return;
	}
	have(e, j, r, o, LIMIT_OVERRIDE_S);
}

void
query_override_unpin(struct engine *e, struct json *j, const struct request *r)
{
	const char *pattern = request_option(r, "pattern");

	if (pattern == NULL)
		request_verdict(j, false, "which pattern?");
	else
		override_back(e, j, r, pin_find(e, pattern));
}

void
query_override_freeze(struct engine *e, struct json *j, const struct request *r)
{
	struct override o = { .kind = OVERRIDE_FREEZE,
		.name = (char *)(uintptr_t) "",
		.hop = (char *)(uintptr_t) "" };

	if (e->table.rib == NULL)
		request_verdict(j, false, "there is no table yet");
	else
		have(e, j, r, o, LIMIT_FREEZE_S);
}

void
query_override_unfreeze(
    struct engine *e, struct json *j, const struct request *r)
{
	override_back(
	    e, j, r, override_find(&e->overrides, OVERRIDE_FREEZE, "", ""));
}

void
query_override_list(struct engine *e, struct json *j, const struct request *r)
{
	(void)r;
	for (size_t i = 0; i < e->overrides.list.n; i++) {
		const struct override *one = &e->overrides.list.v[i];

		json_open(j, NULL, '{');
		json_str(j, "override", override_word(one->kind));
		if (one->kind == OVERRIDE_PIN)
			json_str(j, "pattern", one->name);
		else if (one->name[0] != '\0')
			json_str(j, "connector", one->name);
		if (one->hop[0] != '\0')
			json_str(j, "server", one->hop);
		if (one->kind == OVERRIDE_COST)
			json_uint(j, "cost", one->cost);
		if (one->kind == OVERRIDE_FREEZE)
			json_uint(j, "would_move", e->overrides.differ);
		override_show(j, &one->why);
		json_close(j, '}');
		json_line(j);
	}
}

void
query_override_peer(struct engine *e, struct json *j, const char *name)
{
	struct lsa_key key = { name, "", LSA_SERVER };
	struct lsa *lsa = lsdb_find(&e->db, &key);
	const struct lsa_server *s = lsa == NULL ? NULL : lsa_server(lsa);

	if (s == NULL)
		return;
	json_str(j, "server_state", lsa_state_word(s->state));
	if (s->program != NULL)
		json_str(j, "program", s->program);
	if (s->state != LSA_DRAIN)
		return;
	json_open(j, "drain", '{');
	override_show(j, &(struct setup_drain){ .reason = s->reason,
			     .who = s->drain_who,
			     .since = s->drain_since,
			     .until = s->drain_until });
	json_close(j, '}');
}

void
query_override_status(const struct engine *e, struct json *j)
{
	const struct setup_drain *why = phase_drain(e);

	if (why != NULL && why->reason != NULL)
		json_str(j, "drain_reason", why->reason);
	if (why != NULL && why->who != NULL)
		json_str(j, "drain_by", why->who);
	if (why != NULL && why->since != 0)
		json_uint(j, "drain_since", why->since);
	if (why != NULL && why->until != 0)
		json_uint(j, "drain_until", why->until);
	json_uint(j, "overrides", e->overrides.list.n);
	if (override_freeze(&e->overrides) != NULL)
		json_uint(j, "frozen_differs", e->overrides.differ);
}
