/*
 * probing.c - the condition of mail services: probes and their verdicts.
 *
 *                two probes fail, or one that a lost session asked for,
 *                or find that it takes no mail; or there is no session
 *                that our MTA would use, again and again
 *          up  -------------------------------------------------------> down
 *              <-------------------------------------------------------
 *                three probes in a row succeed, and there was no failure
 *                for as long as the damping demands
 *
 * Down fast, up slow: each time it goes down again it must be well for longer
 * (damp.h). After mail was refused probes alone prove little: so it is a
 * minute at least, and what comes back is on trial. (DESIGN section 10)
 */

#include <string.h>

#include "core/node.h"

#define FAILS_DOWN 2
#define OKS_UP 3
/* While down, so that three successes are soon together. */
#define PROBE_DOWN_MS 2000

/* The least between two, whoever asks for them. */
#define PROBE_LEAST_MS 1000

/* At most six times an hour down and up, which is twelve LSAs. One outage in
 * a quarter of an hour is nothing to speak of. */
static const struct damp_rule by_probes = {
	.free = 1, .first_ms = 20000, .most_ms = 600000, .calm_ms = 900000
};

/* Each trial costs real mail a detour. */
static const struct damp_rule by_mail = {
	.free = 0, .first_ms = 60000, .most_ms = 1200000, .calm_ms = 1800000
};

static void
state_event(struct engine *e, const struct link *l, enum link_state to)
{
	struct event event = { .kind = EVENT_LINK_STATE,
		.peer = l->name,
		.from = link_word(l->state),
		.to = link_word(to),
		.reason =
		    l->refused && to == LINK_DOWN ? "mail-refused" : NULL };

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

void
link_turn(struct engine *e, struct link *l, enum link_state to)
{
	struct mono soon = mono_after(e->now, PROBE_DOWN_MS);
	bool was_up = l->state == LINK_UP;

	if (l->state == to)
		return;
	state_event(e, l, to);
	l->state = to;
	l->since = e->now;
	l->since_wall = e->wall;
	if (to == LINK_DOWN) {
		l->next = mono_min(l->next, soon);
		if (l->refused)
			damp_failed(&l->mail_damp, &by_mail, e->now);
		else if (was_up) /* what has just started has not failed */
			damp_failed(&l->damp, &by_probes, e->now);
	} else {
		told_up(l);
	}
	origin_look(e);
	steer_changed(e);
	if (to == LINK_DOWN && !(l->use & LINK_SPACE))
		adjacent_mail_down(e, l->name);
}

static void
failed(struct engine *e, struct link *l)
{
	bool asked = l->urgent;

	l->running = l->urgent = false;
	l->oks = 0;
	l->fails++;
	if (l->fails >= FAILS_DOWN || asked || l->state == LINK_UNKNOWN)
		link_turn(e, l, LINK_DOWN);
	else /* make sure, soon */
		l->next = mono_min(l->next, mono_after(e->now, PROBE_LEAST_MS));
}

/* It answers, and takes no mail: down by that, until it takes some. */
static void
refused(struct engine *e, struct link *l)
{
	l->refused = true;
	failed(e, l);
}

void
link_soon(struct link *l)
{
	l->next = mono_min(l->next, mono_after(l->probed, PROBE_LEAST_MS));
}

uint64_t
link_hold(const struct link *l)
{
	uint64_t ms = damp_hold(&l->damp, &by_probes);
	uint64_t mail_ms = damp_hold(&l->mail_damp, &by_mail);

	return l->refused && ms < mail_ms ? mail_ms : ms;
}

static void
answered(struct engine *e, struct link *l)
{
	l->running = l->urgent = false;
	l->fails = 0;
	if (l->asks)
		l->doubt = false;
	if (l->asks && l->state == LINK_UP)
		l->refused = false;
	if (l->oks++ == 0)
		l->well = e->now;
	if (l->state == LINK_UNKNOWN)
		link_turn(e, l, LINK_UP);
	else if (l->oks >= OKS_UP &&
		 mono_since(l->well, e->now) >= link_hold(l))
		link_turn(e, l, LINK_UP);
}

void
link_verdict(struct engine *e, uint32_t who, int verdict)
{
	struct link *l = link_first(e);

	while (l != NULL && l->who != who)
		l = link_next(l);
	if (l == NULL || !l->running)
		return; /* given up meanwhile */
	switch ((enum probe_verdict)verdict) {
	case PROBE_CONNECTED:
		l->connected = true;
		break;
	case PROBE_OK:
		answered(e, l);
		break;
	case PROBE_FAILED:
		failed(e, l);
		break;
	case PROBE_REFUSED:
		refused(e, l);
		break;
	}
}

static void
probe(struct engine *e, struct link *l)
{
	uint64_t ms = l->state == LINK_UP ? e->setup->probe_ms : PROBE_DOWN_MS;

	if (ms > e->setup->probe_ms)
		ms = e->setup->probe_ms;
	/* Jitter of a fifth, so that servers do not probe in step. */
	ms = ms * 9 / 10 + rng_below(&e->rng, ms / 5 + 1);
	l->next = mono_after(e->now, ms);
	l->probed = e->now;
	l->running = true;
	l->connected = false;
	l->asks = l->doubt || l->refused;
	fx_add(e, (struct effect){ .kind = FX_PROBE,
		      .who = l->who,
		      .name = fx_keep(e, l->name, strlen(l->name)),
		      .addrs = fx_keep(e, &l->addr, sizeof(l->addr)),
		      .naddrs = 1,
		      .mail = l->asks });
}

void
link_urgent(struct engine *e, const char *name)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (l->use & LINK_SPACE || strcmp(l->name, name) != 0)
			continue;
		if (l->urgent && l->running)
			continue;
		l->urgent = true;
		probe(e, l);
	}
}

void
link_deadline(struct engine *e, const char *name)
{
	struct link *next;

	for (struct link *l = link_first(e); l != NULL; l = next) {
		next = link_next(l);
		if (strcmp(l->name, name) == 0 && l->urgent && l->running &&
		    !l->connected)
			failed(e, l);
	}
}

void
link_tick(struct engine *e)
{
	if (e->peers_due) {
		e->peers_due = false;
		link_refresh(e);
		dial_refresh(e);
	}
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (mono_due(l->next, e->now) && !l->running)
			probe(e, l);
		if (!l->running)
			fx_wake(e, l->next);
		told_tick(e, l);
	}
}

bool
link_connectors_probed(struct engine *e)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->use & LINK_CONNECTOR && l->state == LINK_UNKNOWN)
			return false;
	return true;
}
