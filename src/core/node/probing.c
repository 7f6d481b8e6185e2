#include "core/node/probing.h"

#include <string.h>

#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/link.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/relaying.h"
#include "core/node/shortage.h"
#include "core/node/signers.h"

#define FAILS_DOWN 2
#define OKS_UP 3
/* So many, and it is probed half as often after each further one. */
#define FAILS_PATIENT 5
/* Once a first one has succeeded, so that three are soon together. */
#define PROBE_BACK_MS 1500

/* The most between two: of a service that many watch, of one that is down. */
#define PROBE_SHARED_MS 120000
#define PROBE_DOWN_MS 60000

/* What could not begin is tried again after a second, then ever later. */
#define UNABLE_DOUBLES 3
/* Half as often, four times at most; so many good answers take one back. */
#define SLOW_MOST 4
#define SLOW_BACK 4

/* A slow reply is allowed for so long, and half as much again. Who is found
 * slow after that was down for that time, which is free (by_probes). */
#define SLOW_KEPT_MS 900000

/* At most six times an hour down and up, which is twelve LSAs. One outage in
 * a quarter of an hour is nothing to speak of. */
static const struct damp_rule by_probes = {
	.free = 1, .first_ms = 20000, .most_ms = 600000, .calm_ms = 900000
};

/* Each trial costs real mail a detour. */
static const struct damp_rule by_mail = {
	.free = 0, .first_ms = 60000, .most_ms = 1200000, .calm_ms = 1800000
};

const char *
link_reason(const struct link *l)
{
	return l->barred         ? "inet-protocols"
	       : l->mail.refused ? "mail-refused"
	                         : l->why;
}

static void
probing_state_event(struct engine *e, const struct link *l, enum link_state to)
{
	struct event event = { .kind = EVENT_LINK_STATE,
		.peer = l->name,
		.from = link_word(l->state),
		.to = link_word(to),
		.reason = to != LINK_DOWN ? NULL : link_reason(l) };

	if (l->use & LINK_SELF)
		event.kind = EVENT_MTA_STATE;
	else if (l->use & LINK_SPACE)
		event.kind = EVENT_SPACE_STATE;
	else if (!(l->use & LINK_CONNECTOR))
		event.kind = EVENT_MAIL_STATE;
	if (event.kind == EVENT_SPACE_STATE)
		event.name = l->name;
	fx_event(e, event);
}

/* It comes up: what was told of it before counts no more, or on trial. */
static void
mail_forgive(struct link *l)
{
	l->mail.refusals =
	    l->mail.refused ? LINK_REFUSALS_DOWN - LINK_REFUSALS_TRIAL : 0;
	l->mail.refused = l->mail.doubt = false;
}

void
link_turn(struct engine *e, struct link *l, enum link_state to)
{
	bool was_up = l->state == LINK_UP;

	if (l->state == to)
		return;
	probing_state_event(e, l, to);
	l->state = to;
	l->since = e->now;
	l->since_wall = e->wall;
	if (to == LINK_DOWN) {
		if (l->mail.refused)
			damp_failed(&l->mail.damp, &by_mail, e->now);
		else if (was_up &&
			 !l->barred) /* what has just started has not failed */
			damp_failed(&l->damp, &by_probes, e->now);
	} else {
		mail_forgive(l);
	}
	due_say(e);
	due_compute(e);
}

/*
 * Milliseconds to the next probe. About as many probe a server as hold a
 * session with it; who has none would not hear what its lsrd finds out.
 */
static uint64_t
probing_shared(struct engine *e, const struct link *l)
{
	uint64_t ms = e->setup->probe_ms;
	struct nbr *nbr = nbrs_find(e, l->name);
	const struct lsa_server *s;

	if (l->use & (LINK_SELF | LINK_SPACE) || nbr == NULL ||
	    nbr->session == NULL || nbr->session->state != NBR_FULL)
		return ms;
	s = group_server(&e->db, l->name);
	if (s != NULL && !s->mta_down && s->nsmtp > 0 && s->nneighbours > 1)
		ms *= s->nneighbours;
	return ms < PROBE_SHARED_MS ? ms : PROBE_SHARED_MS;
}

static uint64_t
while_down(struct engine *e, const struct link *l)
{
	uint64_t ms = e->setup->probe_ms;

	if (l->oks > 0 && l->oks < OKS_UP)
		return ms < PROBE_BACK_MS ? ms : PROBE_BACK_MS;
	for (uint32_t i = FAILS_PATIENT; i < l->fails && ms < PROBE_DOWN_MS;
	     i++)
		ms *= 2;
	return ms < PROBE_DOWN_MS ? ms : PROBE_DOWN_MS;
}

static uint64_t
interval(struct engine *e, const struct link *l)
{
	uint64_t ms =
	    l->state == LINK_UP ? probing_shared(e, l) : while_down(e, l);

	return ms << l->probe.slow;
}

/* Jitter of a fifth, so that servers do not probe in step. */
static void
schedule(struct engine *e, struct link *l)
{
	uint64_t ms = interval(e, l);

	ms = ms * 9 / 10 + rng_below(&e->rng, ms / 5 + 1);
	l->probe.next = mono_after(e->now, ms);
}

/* A probe has told something. */
static void
told(struct engine *e, struct link *l)
{
	l->probe.running = false;
	l->probe.tried = true;
	l->probe.unables = 0;
	schedule(e, l);
}

static void
probing_failed(struct engine *e, struct link *l, uint32_t weight)
{
	bool asked = l->probe.urgent;

	l->oks = 0;
	l->probe.calm = 0;
	l->probe.only_late = false;
	l->fails += weight;
	l->probe.urgent = false;
	told(e, l);
	if (l->fails >= FAILS_DOWN || asked || l->state == LINK_UNKNOWN)
		link_turn(e, l, LINK_DOWN);
	else /* make sure, soon */
		l->probe.next =
		    mono_min(l->probe.next, mono_after(e->now, LINK_LEAST_MS));
}

/* It is there: so it is no failure, and no proof that it takes mail. */
static void
busy(struct engine *e, struct link *l)
{
	l->probe.urgent = false;
	l->fails = 0;
	l->probe.calm = 0;
	l->heard = e->now;
	if (l->probe.slow < SLOW_MOST)
		l->probe.slow++;
	told(e, l);
	if (l->state == LINK_UNKNOWN)
		link_turn(e, l, LINK_UP);
}

/* Somebody was heard since then: the network is there. */
static bool
is_connected(struct engine *e, struct mono since)
{
	for (size_t i = 0; i < e->sessions.n; i++)
		if (e->sessions.v[i]->pulse.heard.ms > since.ms)
			return true;
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (!(l->use & LINK_SELF) && l->heard.ms > since.ms)
			return true;
	return false;
}

static bool
is_way_missing(const char *reason)
{
	return strcmp(reason, "no-network") == 0 ||
	       strcmp(reason, "forbidden") == 0;
}

/*
 * It could not begin here. Where others are reached all the while it is the
 * way to this one that is missing: that is a failure.
 */
static void
unable(struct engine *e, struct link *l, const char *reason)
{
	uint64_t ms = LINK_LEAST_MS;

	l->probe.running = false;
	if (l->probe.unables == 0)
		l->probe.unable_since = e->now;
	else if (is_way_missing(reason) &&
		 is_connected(e, l->probe.unable_since)) {
		probing_failed(e, l, 1);
		return;
	}
	for (uint32_t i = 0; i < l->probe.unables && i < UNABLE_DOUBLES; i++)
		ms *= 2;
	l->probe.unables++;
	l->probe.next = mono_after(e->now, ms);
	shortage_begins(e, reason);
}

/* It answers, and takes no mail: down by that, until it takes some. */
static void
probing_refused(struct engine *e, struct link *l)
{
	l->mail.refused = true;
	l->heard = e->now;
	probing_failed(e, l, 1);
}

void
link_soon(struct link *l)
{
	l->probe.next =
	    mono_min(l->probe.next, mono_after(l->probe.last, LINK_LEAST_MS));
}

uint64_t
link_hold(const struct link *l)
{
	uint64_t ms = damp_hold(&l->damp, &by_probes);
	uint64_t mail_ms = damp_hold(&l->mail.damp, &by_mail);

	return l->mail.refused && ms < mail_ms ? mail_ms : ms;
}

static void
probing_answered(struct engine *e, struct link *l)
{
	l->probe.urgent = l->probe.only_late = false;
	l->fails = 0;
	if (l->mail.asks)
		l->mail.doubt = false;
	if (l->mail.asks && l->state == LINK_UP)
		l->mail.refused = false;
	l->heard = e->now;
	if (++l->probe.calm >= SLOW_BACK && l->probe.slow > 0) {
		l->probe.slow--;
		l->probe.calm = 0;
	}
	if (l->oks++ == 0)
		l->well = e->now;
	if (l->state == LINK_UNKNOWN ||
	    (l->oks >= OKS_UP && mono_since(l->well, e->now) >= link_hold(l)))
		link_turn(e, l, LINK_UP);
	told(e, l);
}

static void
probing_give_up(struct engine *e, struct link *l)
{
	if (l->probe.running || l->probe.waits)
		fx_add(e, (struct effect){ .kind = FX_PROBE, .who = l->who });
	l->probe.running = l->probe.waits = false;
}

/* As good as two failures: nothing was lost on the way. */
static void
late(struct engine *e, struct link *l)
{
	bool only = l->fails == 0 || l->probe.only_late;

	l->probe.waits = true;
	probing_failed(e, l, FAILS_DOWN);
	l->probe.only_late = only;
}

static void
replied_in(struct engine *e, struct link *l, uint64_t ms)
{
	if (ms < l->probe.slow_ms &&
	    !mono_due(mono_after(l->probe.slow_at, SLOW_KEPT_MS), e->now))
		return;
	l->probe.slow_ms = ms;
	l->probe.slow_at = e->now;
}

/* What it is to be given, if it was slow of late. */
static uint64_t
probing_patience(const struct engine *e, const struct link *l)
{
	if (mono_due(mono_after(l->probe.slow_at, SLOW_KEPT_MS), e->now))
		return 0;
	return l->probe.slow_ms + l->probe.slow_ms / 2;
}

/* What was late has come: so nothing was wrong all that time. */
static void
slow(struct engine *e, struct link *l, uint64_t ms)
{
	replied_in(e, l, ms);
	l->probe.waits = false;
	if (!l->probe.only_late)
		return;
	probing_give_up(e, l);
	l->mail.asks = false;
	l->oks = OKS_UP - 1;
	l->well = (struct mono){ e->now.ms > ms ? e->now.ms - ms : 0 };
	probing_answered(e, l);
}

void
link_verdict(struct engine *e, const struct input *in)
{
	struct link *l = link_first(e);

	while (l != NULL && l->who != in->who)
		l = link_next(l);
	if (l == NULL || (!l->probe.running && in->verdict != PROBE_SLOW))
		return; /* given up meanwhile */
	if (in->verdict != PROBE_CONNECTED)
		l->why = in->verdict == PROBE_FAILED ? in->reason : NULL;
	switch ((enum probe_verdict)in->verdict) {
	case PROBE_CONNECTED:
		l->probe.connected = true;
		l->at = in->at;
		break;
	case PROBE_OK:
		replied_in(e, l, in->value);
		probing_answered(e, l);
		break;
	case PROBE_TAKES:
		if (l->relay.asked)
			relaying_told(e, l, false);
		probing_answered(e, l);
		break;
	case PROBE_BUSY:
		busy(e, l);
		break;
	case PROBE_FAILED:
		probing_failed(e, l, 1);
		break;
	case PROBE_LATE:
		late(e, l);
		break;
	case PROBE_SLOW:
		slow(e, l, in->value);
		break;
	case PROBE_UNABLE:
		unable(e, l, in->reason);
		break;
	case PROBE_REFUSED:
		if (l->relay.asked) {
			relaying_told(e, l, true);
			probing_answered(e, l);
		} else {
			probing_refused(e, l);
		}
		break;
	}
}

static void
probe(struct engine *e, struct link *l)
{
	/* From where the MTA connects, so do we. */
	struct addr addrs[3] = { l->addr, e->asked.mta.bind4,
		e->asked.mta.bind6 };

	l->probe.next = MONO_NEVER;
	l->probe.last = e->now;
	l->probe.running = true;
	l->probe.connected = false;
	l->mail.asks = l->mail.doubt || l->mail.refused;
	fx_add(e, (struct effect){ .kind = FX_PROBE,
		      .who = l->who,
		      .name = fx_keep(e, l->name, strlen(l->name)),
		      .addrs = fx_keep(e, addrs, sizeof(addrs)),
		      .naddrs = 3,
		      .mail = l->mail.asks,
		      .hop = !(l->use & (LINK_SPACE | LINK_SELF)),
		      .wait_ms = probing_patience(e, l),
		      .recipient = relaying_ask(e, l) });
}

void
link_urgent(struct engine *e, const char *name)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		struct mono when;

		if (l->use & LINK_SPACE || l->barred ||
		    strcmp(l->name, name) != 0)
			continue;
		if (l->probe.urgent && l->probe.running)
			continue;
		l->probe.urgent = true;
		if (pace_take(&l->probe.pace, e->now, &when))
			probe(e, l);
		else if (!l->probe.running)
			l->probe.next = mono_min(l->probe.next, when);
	}
}

void
link_deadline(struct engine *e, const char *name)
{
	struct link *next;

	for (struct link *l = link_first(e); l != NULL; l = next) {
		next = link_next(l);
		if (strcmp(l->name, name) == 0 && l->probe.urgent &&
		    l->probe.running && !l->probe.connected)
			probing_failed(e, l, 1);
	}
}

/* That it is down is looked at on the spot, as often as an honest server says
 * it; else as soon as it is due. */
static void
alarm(struct engine *e, const char *name)
{
	struct signer *s = signers_find(&e->signers, name);
	struct mono when;

	if (s == NULL || pace_take(&s->alarms, e->now, &when)) {
		link_urgent(e, name);
		return;
	}
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (!(l->use & LINK_SPACE) && strcmp(l->name, name) == 0)
			link_soon(l);
}

/* The server has said how its MTA is: what is news to us is looked at. */
void
link_learnt(struct engine *e, const char *name, bool mta_down)
{
	bool is_down = false, is_back = false;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		bool news = l->word_down != mta_down;

		if (l->use & LINK_SPACE || strcmp(l->name, name) != 0)
			continue;
		l->word_down = mta_down;
		is_down |= news && mta_down && l->state == LINK_UP;
		is_back |= news && !mta_down;
	}
	if (is_down)
		alarm(e, name);
	else if (is_back)
		link_back(e, name);
}

void
link_back(struct engine *e, const char *name)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->state == LINK_DOWN && !l->probe.running && l->oks == 0 &&
		    strcmp(l->name, name) == 0)
			link_soon(l);
}

/* Mail has just been delivered there: that is as good as a probe. */
void
link_alive(struct engine *e, struct link *l)
{
	struct mono latest = mono_after(l->probe.last, PROBE_SHARED_MS);

	l->heard = e->now;
	if (l->state != LINK_UP) {
		link_soon(l);
		return;
	}
	if (l->probe.running || l->fails > 0 || l->probe.urgent)
		return;
	schedule(e, l);
	l->probe.next = mono_min(l->probe.next, latest);
}

/* The last probe of this name, at whatever address. */
struct mono
link_probed(struct engine *e, const char *name)
{
	struct mono last = { 0 };

	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->probe.last.ms > last.ms && strcmp(l->name, name) == 0)
			last = l->probe.last;
	return last;
}

/* What the MTA cannot use is down, whatever a probe of ours would say. */
void
link_bar(struct engine *e, struct link *l, bool barred)
{
	if (l->barred == barred)
		return;
	l->barred = barred;
	l->probe.urgent = false;
	probing_give_up(e, l);
	l->probe.tried = true;
	l->probe.next = barred ? MONO_NEVER : e->now;
	if (barred)
		link_turn(e, l, LINK_DOWN);
	else
		l->state = LINK_UNKNOWN;
}

static void
probing_look(struct engine *e, struct link *l)
{
	struct mono last, least;

	if (!mono_due(l->probe.next, e->now) || l->probe.running || l->barred)
		return;
	last = link_probed(e, l->name);
	least = mono_after(last, LINK_LEAST_MS);
	if (last.ms == 0 || l->probe.urgent || mono_due(least, e->now))
		probe(e, l);
	else
		l->probe.next = least;
}

void
link_tick(struct engine *e)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		probing_look(e, l);
		if (!l->probe.running)
			fx_wake(e, l->probe.next);
	}
	shortage_tick(e);
}

bool
link_connectors_probed(struct engine *e)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->use & LINK_CONNECTOR && !l->probe.tried &&
		    link_mail(e, l->name) != LINK_UP)
			return false;
	return true;
}
