#include "core/node/probing.h"

#include <string.h>

#include "core/node/cause.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/mute.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/outcome.h"
#include "core/node/relaying.h"
#include "core/node/service.h"
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

/* It comes up: what was told of it before counts no more, or on trial. */
static void
mail_forgive(struct service *s)
{
	s->mail.refusals = s->mail.refused
	                       ? SERVICE_REFUSALS_DOWN - SERVICE_REFUSALS_TRIAL
	                       : 0;
	s->mail.refused = s->mail.doubt = false;
}

void
probing_turn(struct engine *e, struct service *s, enum service_state to)
{
	bool was_up = s->state == SERVICE_UP;

	if (s->state == to)
		return;
	outcome_turned(e, s, to);
	cause_other(e, "link", s->name, service_word(to),
	    to == SERVICE_DOWN ? outcome_reason(s) : NULL);
	s->state = to;
	s->since = e->now;
	s->since_wall = e->wall;
	if (to == SERVICE_DOWN) {
		if (s->mail.refused)
			damp_failed(&s->mail.damp, &by_mail, e->now);
		else if (was_up &&
			 !s->barred) /* what has just started has not failed */
			damp_failed(&s->damp, &by_probes, e->now);
	} else {
		mail_forgive(s);
	}
	due_say(e);
	due_compute(e);
	if (e->overrides.filled != NULL && s->use & SERVICE_CONNECTOR)
		due_peers_soon(e); /* another may have to carry */
}

/*
 * Milliseconds to the next probe. About as many probe a server as hold a
 * session with it; who has none would not hear what its lsrd finds out.
 */
static uint64_t
probing_shared(struct engine *e, const struct service *s)
{
	uint64_t ms = e->setup->times.probe_ms;
	struct nbr *nbr = nbrs_find(e, s->name);
	const struct lsa_server *server;

	if (s->use & (SERVICE_SELF | SERVICE_SPACE) || nbr == NULL ||
	    nbr->session == NULL || nbr->session->state != SESSION_FULL)
		return ms;
	server = group_server(&e->db, s->name);
	if (server != NULL && !server->mta_down && server->nsmtp > 0 &&
	    server->nneighbours > 1)
		ms *= server->nneighbours;
	return ms < PROBE_SHARED_MS ? ms : PROBE_SHARED_MS;
}

static uint64_t
while_down(struct engine *e, const struct service *s)
{
	uint64_t ms = e->setup->times.probe_ms;

	if (s->probe.oks > 0 && s->probe.oks < OKS_UP)
		return ms < PROBE_BACK_MS ? ms : PROBE_BACK_MS;
	for (uint32_t i = FAILS_PATIENT;
	     i < s->probe.fails && ms < PROBE_DOWN_MS; i++)
		ms *= 2;
	return ms < PROBE_DOWN_MS ? ms : PROBE_DOWN_MS;
}

/* Who was busy and is down waits no longer than others that are down. */
static uint64_t
interval(struct engine *e, const struct service *s)
{
	uint64_t ms;

	if (s->state == SERVICE_UP)
		return probing_shared(e, s) << s->probe.slow;
	ms = while_down(e, s) << s->probe.slow;
	return ms < PROBE_DOWN_MS ? ms : PROBE_DOWN_MS;
}

/* Jitter of a fifth, so that servers do not probe in step. */
static void
schedule(struct engine *e, struct service *s)
{
	uint64_t ms = interval(e, s);

	ms = ms * 9 / 10 + rng_below(&e->rng, ms / 5 + 1);
	s->probe.next = mono_after(e->now, ms);
}

/* A probe has told something. */
static void
told(struct engine *e, struct service *s)
{
	s->probe.running = false;
	s->probe.tried = true;
	s->probe.unables = 0;
	schedule(e, s);
}

static void
probing_failed(struct engine *e, struct service *s, uint32_t weight)
{
	bool asked = s->probe.urgent;

	s->probe.oks = 0;
	s->probe.calm = 0;
	s->probe.only_late = false;
	s->probe.fails += weight;
	s->probe.urgent = false;
	told(e, s);
	if (s->probe.fails >= FAILS_DOWN || asked ||
	    s->state == SERVICE_UNKNOWN) {
		probing_turn(e, s, SERVICE_DOWN);
		schedule(e, s); /* as one that is down */
	} else {                /* make sure, soon */
		s->probe.next = mono_min(
		    s->probe.next, mono_after(e->now, SERVICE_LEAST_MS));
	}
}

/* It is there: so it is no failure, and no proof that it takes mail. */
static void
busy(struct engine *e, struct service *s)
{
	s->probe.urgent = false;
	s->probe.fails = 0;
	s->probe.calm = 0;
	s->heard = e->now;
	if (s->probe.slow < SLOW_MOST)
		s->probe.slow++;
	told(e, s);
	if (s->state == SERVICE_UNKNOWN)
		probing_turn(e, s, SERVICE_UP);
}

/* Somebody was heard since then: the network is there. */
static bool
is_connected(struct engine *e, struct mono since)
{
	for (size_t i = 0; i < e->sessions.n; i++)
		if (e->sessions.v[i]->pulse.heard.ms > since.ms)
			return true;
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (!(s->use & SERVICE_SELF) && s->heard.ms > since.ms)
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
unable(struct engine *e, struct service *s, const char *reason)
{
	uint64_t ms = SERVICE_LEAST_MS;

	s->probe.running = false;
	if (s->probe.unables == 0)
		s->probe.unable_since = e->now;
	else if (is_way_missing(reason) &&
		 is_connected(e, s->probe.unable_since)) {
		probing_failed(e, s, 1);
		return;
	}
	for (uint32_t i = 0; i < s->probe.unables && i < UNABLE_DOUBLES; i++)
		ms *= 2;
	s->probe.unables++;
	s->probe.next = mono_after(e->now, ms);
	/* By then somebody else would have been heard. */
	if (!is_way_missing(reason) || s->probe.unables > UNABLE_DOUBLES)
		shortage_begins(e, reason);
}

/* It answers, and takes no mail: down by that, until it takes some. */
static void
probing_refused(struct engine *e, struct service *s)
{
	s->mail.refused = true;
	s->heard = e->now;
	probing_failed(e, s, 1);
}

uint64_t
probing_hold_off(const struct service *s)
{
	uint64_t ms = damp_hold_off(&s->damp, &by_probes);
	uint64_t mail_ms = damp_hold_off(&s->mail.damp, &by_mail);

	return s->mail.refused && ms < mail_ms ? mail_ms : ms;
}

static void
probing_answered(struct engine *e, struct service *s)
{
	s->probe.urgent = s->probe.only_late = false;
	s->probe.fails = 0;
	if (s->mail.asks)
		s->mail.doubt = false;
	if (s->mail.asks && s->state == SERVICE_UP)
		s->mail.refused = false;
	s->heard = e->now;
	if (++s->probe.calm >= SLOW_BACK && s->probe.slow > 0) {
		s->probe.slow--;
		s->probe.calm = 0;
	}
	if (s->probe.oks++ == 0)
		s->probe.well = e->now;
	if (s->state == SERVICE_UNKNOWN ||
	    (s->probe.oks >= OKS_UP &&
		mono_since(s->probe.well, e->now) >= probing_hold_off(s)))
		probing_turn(e, s, SERVICE_UP);
	told(e, s);
}

static void
silent(struct engine *e, struct service *s, const char *why)
{
	s->probe.urgent = false;
	if (mute_begins(e, s, why))
		probing_answered(e, s);
	else
		told(e, s);
}

static void
probing_give_up(struct engine *e, struct service *s)
{
	if (s->probe.running || s->probe.waits)
		fx_add(e, (struct effect){ .kind = FX_PROBE, .who = s->who });
	s->probe.running = s->probe.waits = false;
}

/* As good as two failures: nothing was lost on the way. */
static void
late(struct engine *e, struct service *s)
{
	bool only = s->probe.fails == 0 || s->probe.only_late;

	s->probe.waits = true;
	probing_failed(e, s, FAILS_DOWN);
	s->probe.only_late = only;
}

static void
replied_in(struct engine *e, struct service *s, uint64_t ms)
{
	if (ms < s->probe.slow_ms &&
	    !mono_due(mono_after(s->probe.slow_at, SLOW_KEPT_MS), e->now))
		return;
	s->probe.slow_ms = ms;
	s->probe.slow_at = e->now;
}

/* What it is to be given, if it was slow of late. */
static uint64_t
probing_patience(const struct engine *e, const struct service *s)
{
	if (mono_due(mono_after(s->probe.slow_at, SLOW_KEPT_MS), e->now))
		return 0;
	return s->probe.slow_ms + s->probe.slow_ms / 2;
}

/* What was late has come: so nothing was wrong all that time. */
static void
slow(struct engine *e, struct service *s, uint64_t ms)
{
	replied_in(e, s, ms);
	s->probe.waits = false;
	if (!s->probe.only_late)
		return;
	probing_give_up(e, s);
	s->mail.asks = false;
	s->probe.oks = OKS_UP - 1;
	s->probe.well = (struct mono){ e->now.ms > ms ? e->now.ms - ms : 0 };
	probing_answered(e, s);
}

void
probing_verdict(struct engine *e, const struct input *in)
{
	struct service *s = service_first(e);

	while (s != NULL && s->who != in->who)
		s = service_next(s);
	if (s == NULL || (!s->probe.running && in->verdict != PROBE_SLOW))
		return; /* given up meanwhile */
	outcome_error(e, s, in);
	if (in->verdict != PROBE_CONNECTED)
		s->why = in->verdict == PROBE_FAILED ? in->reason : NULL;
	if (in->verdict == PROBE_OK || in->verdict == PROBE_FAILED)
		mute_ends(e, s);
	switch ((enum probe_verdict)in->verdict) {
	case PROBE_CONNECTED:
		s->probe.connected = true;
		s->at = in->at;
		break;
	case PROBE_OK:
		replied_in(e, s, in->value);
		probing_answered(e, s);
		break;
	case PROBE_TAKES:
		if (s->relay.asked)
			relaying_told(e, s, false);
		probing_answered(e, s);
		break;
	case PROBE_BUSY:
		busy(e, s);
		break;
	case PROBE_FAILED:
		probing_failed(e, s, 1);
		break;
	case PROBE_LATE:
		late(e, s);
		break;
	case PROBE_SLOW:
		slow(e, s, in->value);
		break;
	case PROBE_UNABLE:
		unable(e, s, in->reason);
		break;
	case PROBE_REFUSED:
		if (s->relay.asked) {
			relaying_told(e, s, true);
			probing_answered(e, s);
		} else {
			probing_refused(e, s);
		}
		break;
	case PROBE_SILENT:
		silent(e, s, in->reason);
		break;
	}
}

static void
probe(struct engine *e, struct service *s)
{
	/* From where the MTA connects, so do we. */
	struct addr addrs[3] = { s->way.asks.at.family != 0 ? s->way.asks.at
							    : s->addr,
		e->asked.mta.bind4, e->asked.mta.bind6 };
	const char *name = s->host != NULL ? s->host : s->name;

	s->probe.next = MONO_NEVER;
	s->probe.last = e->now;
	s->probe.running = true;
	/* Whom a command asks, and how, is its own matter. */
	s->probe.connected = s->way.asks.kind == ASKS_COMMAND;
	s->mail.asks = s->mail.doubt || s->mail.refused;
	if (s->way.asks.kind == ASKS_NONE) {
		/* As if it had answered: what is wrong mail tells, and after
		 * that it is tried by mail again. */
		probing_answered(e, s);
		return;
	}
	fx_add(e,
	    (struct effect){ .kind = FX_PROBE,
		.who = s->who,
		.name = fx_copy(e, name, strlen(name)),
		.addrs = fx_copy(e, addrs, sizeof(addrs)),
		.naddrs = 3,
		.mail = s->mail.asks,
		.by_name = s->host != NULL,
		.wait_ms = probing_patience(e, s),
		.recipient =
		    s->way.asks.kind == ASKS_SMTP ? relaying_ask(e, s) : NULL,
		.asks = fx_copy(e, &s->way.asks, sizeof(s->way.asks)) });
}

void
probing_urgent(struct engine *e, const char *name)
{
	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s)) {
		struct mono when;

		if (s->use & SERVICE_SPACE || s->barred)
			continue;
		if (s->probe.urgent && s->probe.running)
			continue;
		s->probe.urgent = true;
		if (bucket_take(&s->probe.bucket, e->now, &when))
			probe(e, s);
		else if (!s->probe.running)
			s->probe.next = mono_min(s->probe.next, when);
	}
}

void
probing_deadline(struct engine *e, const char *name)
{
	struct service *next;

	for (struct service *s = service_of(e, name); s != NULL; s = next) {
		next = service_next_of(s);
		if (s->probe.urgent && s->probe.running && !s->probe.connected)
			probing_failed(e, s, 1);
	}
}

/* That it is down is looked at on the spot, as often as an honest server says
 * it; else as soon as it is due. */
static void
alarm(struct engine *e, const char *name)
{
	struct signer *signer = signers_find(&e->signers, name);
	struct mono when;

	if (signer == NULL || bucket_take(&signer->alarms, e->now, &when)) {
		probing_urgent(e, name);
		return;
	}
	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s))
		if (!(s->use & SERVICE_SPACE))
			service_soon(s);
}

/* The server has said how its MTA is: what is news to us is looked at. */
void
probing_learnt(struct engine *e, const char *name, bool mta_down)
{
	bool is_down = false, is_back = false;

	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s)) {
		bool news = s->word_down != mta_down;

		if (s->use & SERVICE_SPACE)
			continue;
		s->word_down = mta_down;
		is_down |= news && mta_down && s->state == SERVICE_UP;
		is_back |= news && !mta_down;
	}
	if (is_down)
		alarm(e, name);
	else if (is_back)
		probing_back(e, name);
}

void
probing_back(struct engine *e, const char *name)
{
	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s))
		if (s->state == SERVICE_DOWN && !s->probe.running &&
		    s->probe.oks == 0)
			service_soon(s);
}

/* Mail has just been delivered there: that is as good as a probe, but of a command,
 * which looks at what no delivery shows. */
void
probing_alive(struct engine *e, struct service *s)
{
	struct mono latest = mono_after(s->probe.last, PROBE_SHARED_MS);

	s->heard = e->now;
	if (s->state != SERVICE_UP) {
		service_soon(s);
		return;
	}
	if (s->probe.running || s->probe.fails > 0 || s->probe.urgent ||
	    s->way.asks.kind == ASKS_COMMAND)
		return;
	schedule(e, s);
	s->probe.next = mono_min(s->probe.next, latest);
}

/* What the MTA cannot use is down, whatever a probe of ours would say. */
void
probing_bar(struct engine *e, struct service *s, bool barred)
{
	if (s->barred == barred)
		return;
	s->barred = barred;
	s->probe.urgent = false;
	probing_give_up(e, s);
	s->probe.tried = true;
	s->probe.next = barred ? MONO_NEVER : e->now;
	if (barred)
		probing_turn(e, s, SERVICE_DOWN);
	else
		s->state = SERVICE_UNKNOWN;
}

static void
probing_look(struct engine *e, struct service *s)
{
	struct mono last, least;

	if (!mono_due(s->probe.next, e->now) || s->probe.running || s->barred)
		return;
	last = service_probed(e, s->name);
	least = mono_after(last, SERVICE_LEAST_MS);
	if (last.ms == 0 || s->probe.urgent || mono_due(least, e->now))
		probe(e, s);
	else
		s->probe.next = least;
}

void
probing_tick(struct engine *e)
{
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		probing_look(e, s);
		if (!s->probe.running)
			fx_wake(e, s->probe.next);
	}
	shortage_tick(e);
}

bool
probing_connectors_tried(struct engine *e)
{
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (s->use & SERVICE_CONNECTOR && !s->probe.tried &&
		    service_mail(e, s->name) != SERVICE_UP)
			return false;
	return true;
}
