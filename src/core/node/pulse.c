#include "core/node/pulse.h"

#include "base/rc.h"
#include "core/node/adjacent.h"
#include "core/node/fx.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/sync.h"

/* A handshake of ours that takes longer than this is a fault. */
#define GREET_MS 10000
/* So is an exchange that stands still for so long. Each octet that comes or
 * is confirmed gives it a millisecond more: 8 kbit/s are enough, whatever
 * there is to exchange, and who drips is not waited for. */
#define SYNC_MS 60000
/* And a message that is not whole by then. A length that went bad in the other's
 * memory makes all that it says later a part of one message, for hours. */
#define WHOLE_MS 60000
/* So much that is not confirmed, while the peer is heard, is a path that
 * loses large packets: small ones would be fewer by then. */
#define LOST_OCTETS 1000
void
pulse_begin(struct engine *e, struct session *s)
{
	s->pulse.firm_at = s->pulse.alive_at = s->pulse.alive_came = e->now;
	s->pulse.patience = mono_after(e->now, SYNC_MS);
}

void
pulse_whole(struct engine *e, struct session *s)
{
	s->pulse.whole_by = mono_after(
	    e->now, s->pulse.dead_ms > WHOLE_MS ? s->pulse.dead_ms : WHOLE_MS);
}

void
pulse_came(struct engine *e, struct session *s, uint64_t octets)
{
	s->pulse.heard = e->now;
	s->pulse.missed = false;
	s->pulse.came += octets;
	s->pulse.whole_by = mono_after(s->pulse.whole_by, octets);
	pulse_progress(e, s, octets);
}

void
pulse_progress(struct engine *e, struct session *s, uint64_t octets)
{
	s->pulse.patience = mono_min(
	    mono_after(s->pulse.patience, octets), mono_after(e->now, SYNC_MS));
}

const char *
pulse_confirm(struct engine *e, struct session *s, struct cur *body)
{
	uint64_t octets = cur_u64(body);
	struct nbr *nbr = nbrs_find(e, s->peer);

	if (body->bad)
		return rc_word(RC_SHORT);
	s->pulse.alive_came = e->now;
	if (octets > s->pulse.sent)
		octets = s->pulse.sent;
	if (octets <= s->pulse.confirmed)
		return NULL;
	pulse_progress(e, s, octets - s->pulse.confirmed);
	s->pulse.confirmed = octets;
	s->pulse.firm_at = e->now;
	if (nbr != NULL && s->pulse.bulk_end > 0 &&
	    s->pulse.confirmed >= s->pulse.bulk_end) {
		nbr->large_lost = false;
		nbr->stalls = 0;
	}
	return NULL;
}

/*
 * The session ends, and nothing large that we said was confirmed for long. If
 * keep-alives came all the while, or it is so again in a new session, whose
 * HELLO went both ways, small packets get there and large ones do not. Named
 * for whoever looks; what follows for the adjacency is adjacent.c's.
 */
void
pulse_end(struct engine *e, const struct session *s, struct nbr *nbr)
{
	uint64_t quiet = mono_since(s->pulse.alive_came, e->now);

	if (s->version < 2 ||
	    s->pulse.sent - s->pulse.confirmed < LOST_OCTETS ||
	    mono_since(s->pulse.firm_at, e->now) < s->pulse.dead_ms / 2)
		return;
	nbr->stalls++;
	if (nbr->large_lost ||
	    (nbr->stalls < 2 &&
		quiet > (uint64_t)e->setup->times.keepalive_ms * 2))
		return;
	nbr->large_lost = true;
	fx_event(e, (struct event){ .kind = EVENT_LARGE_LOST,
			.peer = s->peer,
			.value = s->pulse.sent - s->pulse.confirmed });
}

const char *
pulse_overdue(struct engine *e, struct session *s)
{
	struct mono dead = mono_after(s->pulse.heard, s->pulse.dead_ms);
	struct mono miss =
	    mono_after(s->pulse.heard, e->setup->times.keepalive_ms * 3 / 2);

	if (mono_due(dead, e->now))
		return "silent";
	if (s->state == SESSION_GREET &&
	    mono_due(mono_after(s->opened, GREET_MS), e->now))
		return "slow-hello";
	if (s->state == SESSION_SYNC && mono_due(s->pulse.patience, e->now))
		return "slow-exchange";
	if (s->state != SESSION_GREET && mono_due(s->pulse.whole_by, e->now))
		return "slow-message";
	if (s->state == SESSION_FULL && !s->pulse.missed &&
	    mono_due(miss, e->now)) {
		s->pulse.missed = true;
		adjacent_missed(e, nbrs_get(e, s->peer));
	}
	fx_wake(e, dead);
	if (s->state == SESSION_FULL && !s->pulse.missed)
		fx_wake(e, miss);
	return NULL;
}

void
pulse_alive(struct engine *e, struct session *s)
{
	/* What confirms goes out whatever else is said. */
	struct mono due =
	    mono_after(s->version > 1 ? s->pulse.alive_at : s->pulse.said,
		e->setup->times.keepalive_ms);
	struct buf out = { 0 };

	if (s->state < SESSION_SYNC)
		return;
	if (mono_due(due, e->now)) {
		size_t hole = frame_open(&out, MSG_ALIVE);

		if (s->version > 1)
			buf_u64(&out, s->pulse.came);
		frame_close(&out, hole);
		fx_send(e, s, &out);
		buf_done(&out);
		s->pulse.alive_at = e->now;
		due = mono_after(e->now, e->setup->times.keepalive_ms);
	}
	fx_wake(e, due);
	/* An exchange, however long it takes, is not begun anew. */
	if (s->state != SESSION_FULL)
		return;
	if (mono_due(s->sync.digest_at, e->now))
		sync_digest_send(e, s);
	fx_wake(e, s->sync.digest_at);
}
