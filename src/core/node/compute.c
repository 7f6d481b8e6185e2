#include "core/node/compute.h"

#include <string.h>

#include "base/rc.h"
#include "base/wall.h"
#include "core/node/annex.h"
#include "core/node/contest.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/moved.h"
#include "core/node/node.h"
#include "core/node/pinned.h"
#include "core/node/probing.h"
#include "core/node/relaying.h"
#include "core/node/service.h"
#include "core/node/signers.h"
#include "core/node/transit.h"

#define BEHIND_MS 10000 /* a table later than this is an alarm */

/* A process of Postfix that finds no table goes on without it until it has
 * been idle for max_idle, 100 s: what is tried before is deferred again. */
#define MADE_AGAIN_MS 140000

static enum view_verdict
compute_verdict(enum service_state state)
{
	static const enum view_verdict verdicts[] = { VIEW_UNKNOWN, VIEW_UP,
		VIEW_DOWN };

	return verdicts[state];
}

/* Own probes: a bridgehead counts for each connector that names it. */
static void
probes_fill(struct engine *e)
{
	e->table.probes.n = e->table.places.n = 0;
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		enum service_state state =
		    service_condition(e, s->name, SERVICE_MEMBER);

		vec_push(
		    &e->table.places, ((struct view_place){ s->name, s->addr,
					  compute_verdict(s->state) }));
		if (s->use & SERVICE_MEMBER && service_is_first(e, s))
			vec_push(&e->table.probes,
			    ((struct view_probe){ .name = s->name,
				.verdict = contest_lost(e, s->name)
			                       ? VIEW_DOWN
			                       : compute_verdict(state) }));
	}
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *b = &c->bridgeheads[k];
			const char *name = b->name;
			bool lost = b->nsmtp == 0 && contest_lost(e, name);
			const struct service *s = service_bridgehead(e, b);

			if (s != NULL)
				vec_push(&e->table.probes,
				    ((struct view_probe){ .name = name,
					.connector = c->name,
					.verdict = lost ? VIEW_DOWN
				                        : compute_verdict(
							      s->state) }));
		}
	}
}

static bool
may_relay(void *ctx, const char *origin, const char *pattern)
{
	const struct engine *e = ctx;
	const struct claims *claims = signers_claims(&e->signers, origin);

	if (strcmp(origin, e->setup->server) == 0)
		claims = e->setup->claims;
	return claims != NULL && claims_relay(claims, pattern);
}

static bool
may_claim(void *ctx, const char *origin, const char *pattern)
{
	const struct engine *e = ctx;
	const struct claims *claims = signers_claims(&e->signers, origin);

	return claims == NULL || claims_space(claims, pattern);
}

/* A table of thousands that leave at once is no thousand lines. */
#define KEYS_SAID 50
#define PATTERNS_SAID 4

/* What a new table moves. */
struct moves {
	struct engine *e;
	size_t n, keys;
	struct buf patterns;
	struct moved moved;
};

static const char *
key_state(const struct route *from, const struct route *to)
{
	bool leaves = to != NULL && to->leaves != 0;

	if (from == NULL || (from->leaves == 0 && !leaves))
		return NULL;
	if (to == NULL)
		return "gone";
	if (!leaves)
		return "claimed";
	if (to->over)
		return from->over ? NULL : "given-up";
	return from->leaves == 0 ? "leaving" : NULL;
}

static void
key_said(struct moves *m, const struct route *from, const struct route *to)
{
	const char *state = key_state(from, to);
	char until[WALL_TEXT];

	if (state == NULL || ++m->keys > KEYS_SAID)
		return;
	if (to != NULL && to->leaves != 0)
		wall_text(to->leaves, until);
	else
		wall_text(from->leaves, until);
	fx_event(m->e, (struct event){ .kind = EVENT_KEY,
			   .name = from->pattern,
			   .from = strcmp(state, "claimed") == 0 ? NULL : until,
			   .to = state });
}

static bool
may_connect(void *ctx, const char *origin, const char *group)
{
	return transit_may(ctx, origin, group);
}

/* A route to other hops: what waits in the queue should be tried again. */
static void
moved(void *ctx, const struct route *from, const struct route *to)
{
	struct moves *m = ctx;
	const char *pattern = to != NULL ? to->pattern : from->pattern;

	due_save_route(m->e, pattern);
	key_said(m, from, to);
	if (from != NULL && to != NULL && route_same(from, to))
		return;
	moved_route(m->e, &m->moved, from, to);
	if (m->n++ < PATTERNS_SAID)
		buf_printf(&m->patterns, "%s%s", m->n > 1 ? " " : "", pattern);
	if (from != NULL && to != NULL && to->kind != ROUTE_HOLD)
		vec_push(&m->e->table.moving.again, mem_str(pattern));
}

static void
alone_check(struct engine *e, const struct view *view)
{
	bool alone = view_alone(view);

	if (alone != e->table.alone)
		fx_event(e, (struct event){ .kind = EVENT_ALONE,
				.to = alone ? "alone" : "joined",
				.early = due_is_early(e) });
	e->table.alone = alone;
}

static void
routes_event(struct engine *e, struct moves *m)
{
	struct buf number = { 0 };
	struct moved_said said;
	bool why = moved_words(&m->moved, &said);

	buf_u8(&m->patterns, 0);
	buf_printf(
	    &number, "%llu", (unsigned long long)e->table.rib->generation);
	buf_u8(&number, 0);
	fx_event(
	    e, (struct event){ .kind = EVENT_ROUTES,
		   .name = (const char *)number.p,
		   .reason = m->n == 0 ? NULL : (const char *)m->patterns.p,
		   .from = why ? (const char *)said.from.p : NULL,
		   .to = why ? (const char *)said.to.p : NULL,
		   .text = why ? (const char *)said.cause.p : NULL,
		   .value = m->n,
		   .total = e->table.rib->n });
	if (m->keys > KEYS_SAID)
		fx_event(e, (struct event){ .kind = EVENT_KEYS,
				.value = m->keys - KEYS_SAID });
	buf_done(&number);
	moved_said_done(&said);
}

/* The table and what belongs to it, which is another, or the table is. */
static void
routes_send(struct engine *e)
{
	struct annex *annex = &e->table.annex;

	fx_add(e, (struct effect){ .kind = FX_ROUTES,
		      .rib = e->table.rib,
		      .changes = &e->table.beside.changes,
		      .kept = annex->kept,
		      .bytes = annex->said.p,
		      .len = annex->said.n });
	annex->kept = MTABLE_ALL;
}

static void
compute_publish(struct engine *e, struct moves *moves)
{
	const struct rib_changes *changes = &e->table.beside.changes;

	/* One that waits is not early again for the next one. */
	if (e->table.published + 1 >= e->table.rib->generation ||
	    e->table.late.sent_at.ms == 0)
		e->table.late.since = e->now;
	/* Few routes are no share of all of them. */
	if (changes->before != NULL && !changes->whole)
		transit_share(e, changes->before, e->table.rib);
	e->table.late.sent_at = e->now;
	routes_send(e);
	routes_event(e, moves);
	due_save(e);
	relaying_table(e);
}

static struct view_input
input_fill(struct engine *e, const struct lsdb *db)
{
	struct view_input in = { .db = db,
		.setup = e->setup,
		.mta = &e->asked.mta,
		.now = e->now,
		.wall = e->wall,
		.agreed = e->turn.agreed,
		.may_relay = may_relay,
		.may_claim = may_claim,
		.may_connect = transit_enforced(e) ? may_connect : NULL,
		.ctx = e };

	probes_fill(e);
	in.refusals = &e->evidence.refusals;
	in.unheard = &e->table.unheard;
	in.probes = e->table.probes.v;
	in.nprobes = e->table.probes.n;
	in.places = e->table.places.v;
	in.nplaces = e->table.places.n;
	return in;
}

struct view *
compute_view(struct engine *e, const struct lsdb *db)
{
	struct view_input in = input_fill(e, db);

	return view_new(&in);
}

const struct view *
compute_look(struct engine *e)
{
	struct view_input in = input_fill(e, &e->db);
	struct sight *sight = &e->table.sight;

	annex_news(e, &sight->news);
	if (!mta_same(&sight->mta, &e->asked.mta)) {
		compute_setup(e);
		mta_done(&sight->mta);
		mta_copy(&sight->mta, &e->asked.mta);
	}
	sight->view = view_renew(sight->view, &in, &sight->news);
	news_clear(&sight->news);
	return sight->view;
}

/* There are orders of an operator, or were when the table was made last. */
static bool
amends(const struct engine *e)
{
	return e->overrides.list.n > 0 || e->overrides.differ > 0 ||
	       e->table.beside.amended;
}

/* All that a view and a table say. */
static void
sight_put(const struct view *view, const struct rib *rib, struct buf *out)
{
	struct json j = { .out = out };

	for (size_t i = 0; i < rib->n; i++)
		route_encode(out, &rib->routes[i]);
	view_export(&j, view);
}

/* By a view that has marked everything, all is decided again. */
static struct rib *
table_try(struct engine *e, const struct view *view)
{
	struct rib *rib = rib_copy(e->table.rib);
	struct view_pending pending = view_pending_copy(&e->table.pending);
	struct fresh fresh = fresh_copy(&e->table.fresh);
	struct rib_changes changes = { 0 };
	struct view_table table = { &rib, &pending, &fresh, &changes, NULL,
		NULL, MONO_NEVER };

	view_table(view, &table);
	view_pending_done(&pending);
	fresh_done(&fresh);
	rib_changes_done(&changes);
	return rib;
}

bool
compute_follows(struct engine *e)
{
	struct view *whole = compute_view(e, &e->db);
	struct rib *want = table_try(e, whole), *got;
	struct buf a = { 0 }, b = { 0 };
	bool same;

	sight_put(whole, want, &a);
	got = table_try(e, compute_look(e));
	sight_put(e->table.sight.view, got, &b);
	same = amends(e) || (a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
	same &= annex_follows(e, whole);
	view_free(whole);
	rib_free(want);
	rib_free(got);
	buf_done(&a);
	buf_done(&b);
	return same;
}

void
compute_setup(struct engine *e)
{
	view_free(e->table.sight.view);
	e->table.sight.view = NULL;
	annex_setup(e);
}

/* An operator's orders. */
static void
amend(void *ctx, const struct rib *old, struct rib *rib)
{
	struct engine *e = ctx;

	(void)old; /* it is ours */
	pinned_table(e, e->table.sight.view, rib);
}

/* Who is silent hides for its dead time that another, that was heard of by it, had
 * fallen silent before, and that one the next: so many, one behind the other. */
#define SILENCES 3

/* Who is away hears of nothing new. That one is may be said only 5 s after it was
 * found silent (lsrd-protocol(7) 7). Who is back publishes as fast as for what is
 * new to all of us. */
static void
unheard_times(struct engine *e)
{
	bool begin = !mono_due(e->table.fresh.begin_until, e->now);
	uint64_t dead_ms = e->setup->times.dead_ms;

	e->table.unheard.late_ms = SILENCES * dead_ms + FRESH_SAID_MS;
	e->table.unheard.back_ms = begin ? FRESH_MS : fresh_transit_ms(dead_ms);
	e->table.unheard.said_ms = FRESH_SAID_MS;
	e->table.unheard.self = e->setup->server;
	e->table.unheard.read = e->table.rib != NULL && !e->table.fresh.begun;
}

/* The table as it is now, in place. True: it is another one. */
static bool
table_make(struct engine *e, const struct view *view, struct moves *moves)
{
	struct rib_changes *changes = &e->table.beside.changes;
	struct view_table table = { .rib = &e->table.rib,
		.pending = &e->table.pending,
		.fresh = &e->table.fresh,
		.changes = changes,
		.amend = amends(e) ? amend : NULL,
		.ctx = e };

	view_table(view, &table);
	view_settle(e->table.sight.view);
	e->table.beside.amended =
	    e->overrides.list.n > 0 || e->overrides.differ > 0;
	e->table.due_at =
	    mono_min(table.due, view_pending_due(&e->table.pending, e->now));
	unheard_times(e);
	e->table.due_at =
	    mono_min(e->table.due_at, unheard_due(&e->table.unheard));
	for (size_t i = 0; i < changes->list.n; i++)
		moved(moves, changes->list.v[i].from, changes->list.v[i].to);
	unheard_add(&e->table.unheard, changes, e->now);
	return changes->list.n > 0;
}

/* Messages with limits have routes of their own: another table. */
static bool
net_make(struct engine *e, const struct view *view)
{
	e->table.annex.net_due = false;
	return annex_net(e, view);
}

/* The table as it is, with another net. */
static void
net_follow(struct engine *e)
{
	struct moves none = { .e = e };

	if (!net_make(e, compute_look(e)))
		return;
	rib_changes_clear(&e->table.beside.changes);
	rib_number(e->table.rib, e->table.rib, true);
	annex_say(e, e->table.rib->generation);
	compute_publish(e, &none);
	buf_done(&none.patterns);
}

static void
away_check(struct engine *e, const struct view *view)
{
	size_t n;
	const char *const *away = view_away(view, &n);

	unheard_times(e);
	unheard_look(&e->table.unheard, &e->db, away, n, e->now);
}

void
compute_now(struct engine *e, bool always)
{
	const struct view *view = compute_look(e);
	struct moves moves = { .e = e };
	bool first = e->table.rib == NULL, other, annex;

	e->due.compute = false;
	e->due.compute_at = MONO_NEVER;
	e->table.beside.runs++;
	away_check(e, view);
	alone_check(e, view);
	annex_keys(e, view);
	e->table.annex.net_due |= annex_has_net(e, view);
	other = (always || first) && net_make(e, view);
	other |= table_make(e, view, &moves);
	rib_number(e->table.rib, first ? NULL : e->table.rib, other);
	e->table.beside.changes.whole |= always;
	annex = annex_say(e, e->table.rib->generation);
	if (always || first || other)
		compute_publish(e, &moves);
	else if (annex)
		routes_send(e);
	moved_end(e, &moves.moved, e->table.rib);
	buf_done(&moves.patterns);
}

void
compute_late(struct engine *e)
{
	struct mono limit = mono_after(e->table.late.since, BEHIND_MS);

	if (e->table.rib == NULL || e->phase < PHASE_PUBLISHING ||
	    e->table.published >= e->table.rib->generation ||
	    e->table.late.behind)
		return;
	if (!mono_due(limit, e->now)) {
		fx_wake(e, limit);
		return;
	}
	e->table.late.behind = true;
	fx_event(e, (struct event){ .kind = EVENT_BEHIND,
			.value = mono_since(e->table.late.since, e->now) });
	due_say(e);
}

/* Mail for this pattern is worth another try now. */
static void
retry(struct engine *e, const char *pattern)
{
	if (e->setup->mta.retry)
		fx_add(e, (struct effect){ .kind = FX_RETRY,
			      .name = fx_copy(e, pattern, strlen(pattern)) });
}

void
compute_tick(struct engine *e)
{
	if (mono_due(e->table.retry_at, e->now)) {
		e->table.retry_at = MONO_NEVER;
		retry(e, "*");
	}
	fx_wake(e, e->table.retry_at);
	if (e->phase < PHASE_PUBLISHING)
		return;
	if (mono_due(e->table.due_at, e->now)) {
		e->table.due_at = MONO_NEVER; /* until it is computed */
		due_compute(e);
	}
	/* Never in the step of the news: see compute.h. */
	if (e->due.compute && mono_due(due_compute_at(e), e->now) &&
	    !e->turn.news)
		compute_now(e, false);
	else if (e->table.annex.net_due && !e->turn.news)
		net_follow(e);
	annex_tick(e);
	if (e->table.annex.net_due)
		fx_wake(e, e->now);
	fx_wake(e, e->due.compute ? due_compute_at(e) : MONO_NEVER);
	fx_wake(e, e->table.due_at);
}

void
compute_published(struct engine *e, uint64_t generation, bool made)
{
	if (made) { /* while one was missing the MTA deferred whatever came */
		retry(e, "*");
		e->table.retry_at = mono_after(e->now, MADE_AGAIN_MS);
		fx_wake(e, e->table.retry_at);
	}
	e->table.late.since = e->now;
	if (e->table.rib == NULL || generation < e->table.rib->generation)
		return; /* an older one; the newest is on its way */
	e->table.published = generation;
	moved_published(e, generation);
	e->table.published_once = true;
	e->table.late.behind = false;
	due_say(e); /* our state, and patterns the table has now */
	for (size_t i = 0; i < e->table.moving.again.n; i++) {
		retry(e, e->table.moving.again.v[i]);
		mem_free(e->table.moving.again.v[i]);
	}
	e->table.moving.again.n = 0;
}

void
compute_waits(struct engine *e, const char *pattern, uint64_t n)
{
	/* Mail still comes for what the MTA's table says. */
	if (e->table.rib != NULL &&
	    e->table.published >= e->table.rib->generation &&
	    view_pending_waits(&e->table.pending, pattern, n))
		due_compute(e);
}

void
compute_done(struct engine *e)
{
	for (size_t i = 0; i < e->table.moving.again.n; i++)
		mem_free(e->table.moving.again.v[i]);
	vec_done(&e->table.moving.again);
	vec_done(&e->table.probes);
	vec_done(&e->table.places);
	fresh_done(&e->table.fresh);
	unheard_done(&e->table.unheard);
	annex_done(e);
	moved_done(e);
	compute_setup(e);
	news_done(&e->table.sight.news);
	mta_done(&e->table.sight.mta);
	view_pending_done(&e->table.pending);
	rib_changes_done(&e->table.beside.changes);
	rib_free(e->table.rib);
}
