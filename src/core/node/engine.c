#include "core/node/engine.h"

#include <string.h>

#include "base/check.h"
#include "core/node/accept.h"
#include "core/node/adjacent.h"
#include "core/node/asked.h"
#include "core/node/cause.h"
#include "core/node/compute.h"
#include "core/node/confirm.h"
#include "core/node/contest.h"
#include "core/node/dial.h"
#include "core/node/differ.h"
#include "core/node/due.h"
#include "core/node/early.h"
#include "core/node/epoch.h"
#include "core/node/evidence.h"
#include "core/node/expel.h"
#include "core/node/found.h"
#include "core/node/fx.h"
#include "core/node/hear.h"
#include "core/node/held.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/origin.h"
#include "core/node/overriding.h"
#include "core/node/phase.h"
#include "core/node/probing.h"
#include "core/node/query.h"
#include "core/node/refused.h"
#include "core/node/saved.h"
#include "core/node/services.h"
#include "core/node/session.h"
#include "core/node/signers.h"
#include "core/node/sync.h"
#include "core/node/told.h"
#include "core/node/transit.h"

/* The database is compared with its digests this often (ARPANET 1980). */
#define RECHECK_MS 300000
#define HOUR_MS 3600000

struct engine *
engine_new(uint64_t seed, const struct crypto *crypto)
{
	struct engine *e = mem_new(sizeof(*e), 0, 0);

	e->crypto = crypto;
	e->origin.state = LSA_DOWN; /* not announced yet */
	e->rng.state = seed;
	e->fx.wake = MONO_NEVER;
	e->origin.at = e->due.say_at = e->due.save_at = e->due.compute_at =
	    MONO_NEVER;
	e->table.due_at = e->table.retry_at = e->dial.allow_at =
	    e->dial.few_since = MONO_NEVER;
	e->due.peers_at = MONO_NEVER;
	e->due.hear_at = e->due.early_until = MONO_NEVER;
	e->origin.epoch.fight.bucket =
	    (struct bucket){ .burst = 3, .each_ms = 30000 };
	lsdb_init(&e->db);
	e->db.news = &e->table.sight.news;
	mta_init(&e->asked.mta);
	return e;
}

/* What our certificate does not allow others will refuse: say so here. */
static void
engine_claims_check(struct engine *e)
{
	const struct setup *setup = e->setup;

	for (size_t i = 0; i < setup->nspaces; i++) {
		const struct setup_space *s = &setup->spaces[i];

		if (s->listed) /* long_list.h tells, once for all of them */
			continue;
		if (!claims_space(setup->claims, s->pattern))
			fx_event(e, (struct event){ .kind = EVENT_CLAIM_DENIED,
					.name = s->pattern });
		else if (s->relay && !claims_relay(setup->claims, s->pattern))
			fx_event(e, (struct event){ .kind = EVENT_RELAY_DENIED,
					.name = s->pattern });
	}
}

/* Every hour: nothing ends with it, and it should have been renewed. */
static void
engine_authority_check(struct engine *e)
{
	int64_t end = e->setup->authority.end;

	if (end == 0 || e->wall < (uint64_t)end ||
	    !mono_due(e->turn.authority_at, e->now))
		return;
	e->turn.authority_at = mono_after(e->now, HOUR_MS);
	fx_event(e, (struct event){ .kind = EVENT_AUTHORITY,
			.value = e->wall - (uint64_t)end });
}

/* Whether an authority that was trusted is no more. */
static bool
is_distrust(const struct setup *old, const struct setup *new)
{
	const struct setup_second *was = &old->authority.second,
				  *is = &new->authority.second;
	const uint8_t *ids[] = { old->authority.id,
		was->given ? was->id : old->authority.id };

	for (size_t i = 0; i < 2; i++)
		if (memcmp(ids[i], new->authority.id, CRYPTO_DIGEST) != 0 &&
		    (!is->given || memcmp(ids[i], is->id, CRYPTO_DIGEST) != 0))
			return true;
	return false;
}

static void
on_conf(struct engine *e, const struct input *in)
{
	bool distrust = false;

	if (in->value == 3) {
		confirm_try(e, in->setup);
		return;
	}
	if (e->phase != PHASE_BOOT && in->value == 0 &&
	    !confirm_setup(e, in->setup))
		return;
	if (in->value < 2 || !in->setup->standing.held)
		e->table.confirm_moves = 0;
	if (e->phase != PHASE_BOOT)
		distrust = is_distrust(e->setup, in->setup);
	overriding_setup(e, in->setup);
	if (distrust)
		expel_distrusted(e);
	engine_claims_check(e);
	transit_own(e);
	engine_authority_check(e);
	contest_look(e);
	if (e->phase == PHASE_BOOT)
		return;
	cause_other(
	    e, "configuration", NULL, in->value == 2 ? "dns" : "read", NULL);
	services_refresh(e);
	dial_refresh(e);
	due_say(e);
	due_compute(e);
}

static void
on_restore(struct engine *e, const struct input *in)
{
	CHECK(e->setup != NULL);
	if (in->who == SAVE_EPOCH) {
		saved_restore_epoch(e, in->bytes, in->len);
		return;
	}
	if (in->who == SAVE_OVERRIDES) {
		overriding_restore(e, in->bytes, in->len);
		return;
	}
	if (in->who == SAVE_PART) {
		saved_restore_part(e, in->bytes, in->len, in->made);
		return;
	}
	if (in->who == SAVE_TABLE) {
		saved_restore_table(e, in->bytes, in->len);
		return;
	}
	saved_restore(e, in->bytes, in->len);
	asked_restore(e);
	phase_restored(e);
	e->turn.started = e->now;
	e->turn.recheck_at = mono_after(e->now, RECHECK_MS);
	overriding_found(e);
	services_refresh(e);
	dial_refresh(e);
	epoch_start(e);
}

/* What went bad in memory is thrown away; the neighbours have it. */
static void
recheck(struct engine *e)
{
	size_t bad;

	if (!mono_due(e->turn.recheck_at, e->now))
		return;
	e->turn.recheck_at = mono_after(e->now, RECHECK_MS);
	engine_authority_check(e);
	bad = lsdb_recheck(&e->db, e->crypto);
	if (bad == 0)
		return;
	fx_event(e, (struct event){ .kind = EVENT_LSDB_BAD, .value = bad });
	for (size_t i = 0; i < e->sessions.n; i++)
		if (e->sessions.v[i]->state == SESSION_FULL)
			sync_digest_send(e, e->sessions.v[i]);
	due_say(e);
	due_compute(e);
}

/* Whom we probe and peer with: another may be due. */
static void
peers_look(struct engine *e)
{
	if (mono_due(e->due.peers_at, e->now)) {
		e->due.peers_at = MONO_NEVER;
		overriding_found(e);
		services_refresh(e);
		dial_refresh(e);
	}
	fx_wake(e, e->due.peers_at);
}

/* What is due, and what follows from what this step has changed. */
static void
engine_turn(struct engine *e)
{
	if (e->phase == PHASE_BOOT)
		return;
	recheck(e);
	session_tick(e);
	hear_tick(e);
	adjacent_tick(e);
	peers_look(e);
	early_tick(e);
	probing_tick(e);
	told_tick(e);
	refused_tick(e);
	dial_tick(e);
	overriding_tick(e);
	origin_tick(e);
	compute_late(e);
	phase_tick(e);
	compute_tick(e);
	saved_tick(e);
	fx_wake(e, e->turn.recheck_at);
}

static void
input(struct engine *e, const struct input *in)
{
	switch (in->kind) {
	case IN_CONF:
		on_conf(e, in);
		break;
	case IN_RESTORE:
		on_restore(e, in);
		break;
	case IN_OPEN:
		session_open(e, in);
		break;
	case IN_BYTES:
		session_bytes(e, in);
		break;
	case IN_DRAINED:
		session_drained(e, in->who);
		break;
	case IN_CLOSED:
		session_closed(e, in->who);
		break;
	case IN_NO_DIAL:
		dial_failed(e, in->name,
		    in->reason != NULL ? in->reason : "unreachable");
		break;
	case IN_PROBE:
		probing_verdict(e, in);
		break;
	case IN_REPORT:
		evidence_report(e, in->bytes, in->len);
		break;
	case IN_SAVED:
		epoch_saved(e, in->who);
		break;
	case IN_FILE:
		CHECK(in->value < FILES);
		e->table.unwritten[in->value] = in->reason;
		break;
	case IN_MTA:
		asked_told(e, in->mta);
		if (e->phase != PHASE_BOOT)
			services_refresh(
			    e); /* what it cannot use, or can again */
		break;
	case IN_PUBLISHED:
		compute_published(e, in->value, in->made);
		break;
	case IN_QUERY:
		query_answer(e, in);
		break;
	case IN_WAITS:
		compute_waits(e, in->name, in->value);
		break;
	case IN_HELD:
		held_told(e, in);
		break;
	case IN_STOP:
		saved_now(e);
		break;
	case IN_TICK:
		break;
	}
}

/* Seconds by which the calendar is ahead of the moments of this boot. Ends
 * that were said by it are said anew when it was set. */
#define SET_S 60

static void
calendar_check(struct engine *e)
{
	uint64_t is = e->wall - e->now.ms / 1000; /* wraps, and back */
	uint64_t apart = is - e->turn.calendar;

	if (apart <= SET_S || apart >= -(uint64_t)SET_S)
		return;
	e->turn.calendar = is;
	overriding_calendar(e);
	if (e->phase >= PHASE_PUBLISHING && e->table.pending.n > 0)
		due_compute(e);
}

struct effects
engine_step(struct engine *e, const struct input *in)
{
	uint64_t runs = e->table.beside.runs;

	CHECK(in->now.ms >= e->now.ms);
	fx_clear(e);
	e->now = in->now;
	e->wall = in->wall;
	e->turn.news = in->kind != IN_TICK;
	calendar_check(e);
	input(e, in);
	engine_turn(e);
	return (struct effects){
		.wake = e->fx.wake,
		.n = e->fx.list.n,
		.list = e->fx.list.v,
		.computed = e->table.beside.runs != runs,
	};
}

bool
engine_follows(struct engine *e)
{
	return e->setup == NULL || compute_follows(e);
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < e->sessions.n; i++)
		session_free(e->sessions.v[i]);
	vec_done(&e->sessions);
	differ_done(e);
	nbrs_done(e);
	services_done(e);
	refusal_done(&e->evidence.refusals);
	origin_done(e);
	signers_done(&e->signers);
	contest_done(e);
	held_done(e);
	compute_done(e);
	saved_done(e);
	due_saved(e);
	lsdb_done(&e->db);
	fx_done(e);
	buf_done(&e->dial.allowed);
	mta_done(&e->asked.mta);
	override_done(&e->overrides);
	found_free(e->overrides.filled);
	mem_free(e);
}
