#include "core/node/session.h"

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "core/node/accept.h"
#include "core/node/adjacent.h"
#include "core/node/dial.h"
#include "core/node/differ.h"
#include "core/node/epoch.h"
#include "core/node/fx.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/pulse.h"
#include "core/node/sync.h"

/* How often a peer's certificate that is out of date is told of. */
#define ALARM_MS 3600000

static struct session *
core_session_find(struct engine *e, uint32_t who)
{
	for (size_t i = 0; i < e->sessions.n; i++)
		if (e->sessions.v[i]->who == who)
			return e->sessions.v[i];
	return NULL;
}

void
session_free(struct session *s)
{
	frame_done(&s->in);
	keyset_done(&s->sync.queue);
	wants_done(&s->sync.wanted);
	keyset_done(&s->sync.late);
	mem_free(s->peer);
	mem_free(s);
}

static void
session_state_event(struct engine *e, const struct session *s,
    enum session_life_state to, const char *reason)
{
	fx_event(e, (struct event){ .kind = EVENT_NBR_STATE,
			.peer = s->peer,
			.from = session_life_word(s->state),
			.to = session_life_word(to),
			.reason = reason });
}

static void
hello_send(struct engine *e, struct session *s)
{
	struct msg_hello hello = { .lowest = MSG_VERSION_LOWEST,
		.highest = MSG_VERSION,
		.keepalive_ms = e->setup->times.keepalive_ms,
		.dead_ms = e->setup->times.dead_ms,
		.begins = epoch_begins(e) };
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_HELLO);

	memcpy(hello.org, e->setup->authority.id, CRYPTO_DIGEST);
	CHECK(strlen(e->setup->server) <= STR_HOST_MAX);
	memcpy(hello.name, e->setup->server, strlen(e->setup->server) + 1);
	msg_hello_write(&out, &hello);
	frame_close(&out, hole);
	fx_send(e, s, &out);
	buf_done(&out);
}

/* Follows the table; false when the event is not allowed now. */
static bool
session_move(struct engine *e, struct session *s, enum session_life_event event,
    const char *reason)
{
	const struct session_life_move *m = session_life_move(s->state, event);
	struct nbr *nbr = nbrs_find(e, s->peer);

	if (m == NULL)
		return false;
	if (m->next != s->state)
		session_state_event(e, s, m->next, reason);
	s->state = m->next;
	if (s->state == SESSION_FULL && nbr != NULL) {
		nbr->dial_fails = 0;
		nbr->told = NULL;
	}
	if (m->todo & SESSION_SEND_HELLO)
		hello_send(e, s);
	if (m->todo & SESSION_SEND_DIGEST)
		sync_digest_send(e, s);
	if (m->todo & SESSION_ANNOUNCE) {
		adjacent_full(e, nbr);
		s->pulse.owes = false;
	}
	if (m->todo & SESSION_MISS && nbr != NULL && nbr->session == s)
		adjacent_lost(e, nbr);
	return true;
}

/*
 * Out of the list. The neighbour is dialled again soon; ever later when it
 * did not come to FULL, as with a peer that refuses us in its HELLO.
 */
static void
session_end(struct engine *e, struct session *s, const char *reason)
{
	struct nbr *nbr = nbrs_find(e, s->peer);
	bool was_full = s->state == SESSION_FULL;

	if (nbr != NULL && nbr->session == s) {
		nbr->since = e->now;
		nbr->since_wall = e->wall;
		nbr->dial_at =
		    mono_after(e->now, 100 + rng_below(&e->rng, 400));
		pulse_end(e, s, nbr);
		differ_reset(e, nbr);
		session_move(e, s, SESSION_LOST, reason);
		nbr->session = NULL;
		if (!was_full)
			dial_failed(e, s->peer, reason);
		nbr->reason = reason;
	}
	for (size_t i = 0; i < e->sessions.n; i++)
		if (e->sessions.v[i] == s)
			e->sessions.v[i] = e->sessions.v[--e->sessions.n];
	session_free(s);
}

/* Tells the peer why, closes, and deals with what follows. */
static void
session_fault(struct engine *e, struct session *s, const char *reason)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_CLOSE);

	buf_text(&out, reason);
	frame_close(&out, hole);
	fx_send(e, s, &out);
	buf_done(&out);
	fx_add(e, (struct effect){ .kind = FX_CLOSE, .who = s->who });
	session_end(e, s, reason);
}

void
session_closed(struct engine *e, uint32_t who)
{
	struct session *s = core_session_find(e, who);

	if (s != NULL)
		session_end(e, s, "closed");
}

/*
 * Of two sessions with one peer both ends keep the same: the one that the
 * server with the smaller name dialled; of two dialled by the same, the new.
 */
static bool
keep_new(const struct engine *e, const struct session *old, bool dialled)
{
	bool ours_counts = strcmp(e->setup->server, old->peer) < 0;

	return old->dialled == dialled || dialled == ours_counts;
}

/* By our configuration, or by something that it has said. */
static bool
session_is_known(const struct engine *e, const char *name)
{
	struct lsa_key key = { .origin = name, .id = "", .type = LSA_SERVER };

	for (size_t i = 0; i < e->setup->npeers; i++)
		if (strcmp(e->setup->peers[i].name, name) == 0)
			return true;
	return lsdb_find(&e->db, &key) != NULL;
}

static bool
is_over(const struct engine *e, int64_t not_after)
{
	return not_after < 0 || (uint64_t)not_after < e->wall;
}

/*
 * A renewal was forgotten. The transport lets such a certificate through for
 * a week, so that no site is cut off; until then it is said every hour.
 */
static void
expired_check(struct engine *e, struct session *s)
{
	struct nbr *nbr;

	if (!is_over(e, s->not_after))
		return;
	nbr = nbrs_find(e, s->peer);
	if (nbr == NULL || !mono_due(nbr->alarm_at, e->now))
		return;
	nbr->alarm_at = mono_after(e->now, ALARM_MS);
	fx_event(e, (struct event){ .kind = EVENT_EXPIRED,
			.peer = s->peer,
			.value = e->wall - (uint64_t)s->not_after });
}

static const char *
refusal(struct engine *e, const struct input *in, const struct claims *claims)
{
	struct session *old = NULL;
	struct nbr *nbr = nbrs_find(e, in->name);
	struct lsa_key key = { .origin = "", .type = LSA_REVOCATION };
	char hex[2 * CRYPTO_DIGEST + 1];

	if (claims == NULL || strcmp(claims->name, in->name) != 0)
		return "identity";
	if (strcmp(in->name, e->setup->server) == 0)
		return "our-own-name";
	lsa_digest_text(claims->key, hex);
	key.id = hex;
	if (lsdb_find(&e->db, &key) != NULL)
		return "revoked-key";
	if (is_over(e, claims->not_after) && !session_is_known(e, in->name))
		return "expired";
	if (e->sessions.n >= LIMIT_SESSIONS)
		return "limit";
	if (nbr != NULL)
		old = nbr->session;
	if (old != NULL && !keep_new(e, old, in->dialled))
		return "second-session";
	return NULL;
}

void
session_open(struct engine *e, const struct input *in)
{
	struct claims *claims = NULL;
	struct session *s = mem_new(sizeof(*s), 0, 0);
	const char *reason;
	struct nbr *nbr;

	s->who = in->who;
	s->peer = mem_str(in->name);
	s->dialled = in->dialled;
	s->carrier = in->carrier;
	s->state = SESSION_DOWN;
	s->opened = s->pulse.heard = s->pulse.said = e->now;
	pulse_begin(e, s);
	s->pulse.dead_ms = e->setup->times.dead_ms;
	s->faults = (struct bucket){ .burst = LIMIT_FAULTS,
		.each_ms = 60000 / LIMIT_FAULTS };
	e->crypto->vouch(e->crypto->ctx, in->bytes, in->len, &claims);
	reason = refusal(e, in, claims);
	if (claims != NULL) {
		memcpy(s->key, claims->key, CRYPTO_DIGEST);
		s->not_after = claims->not_after;
	}
	claims_free(claims);
	vec_push(&e->sessions, s);
	if (reason != NULL) {
		fx_event(e, (struct event){ .kind = EVENT_SESSION_REFUSED,
				.peer = in->name,
				.reason = reason });
		session_fault(e, s, reason);
		dial_failed(e, in->name, reason);
		return;
	}
	nbr = nbrs_get(e, in->name);
	if (nbr->session != NULL) {
		struct session *old = nbr->session;

		s->pulse.missed = false;
		s->pulse.owes = adjacent_owes(e, nbr);
		nbr->session = s; /* so that nothing is withdrawn between */
		session_fault(e, old, "second-session");
	}
	nbr->session = s;
	nbr->since = e->now;
	nbr->since_wall = e->wall;
	nbr->dial_at = MONO_NEVER;
	if (in->dialled)
		nbr->dialling = false;
	session_move(e, s, SESSION_OPEN, NULL);
}

static const char *
hello(struct engine *e, struct session *s, struct cur *body)
{
	struct msg_hello hello;
	int rc = msg_hello_read(body, &hello);

	if (rc != RC_OK)
		return rc_word(rc);
	if (node_authority(e, hello.org) == NULL)
		return rc_word(RC_ORG);
	if (strcmp(hello.name, s->peer) != 0)
		return rc_word(RC_IDENTITY);
	if (hello.keepalive_ms == 0 || hello.dead_ms < hello.keepalive_ms)
		return rc_word(RC_RANGE);
	s->version = hello.highest < MSG_VERSION ? hello.highest : MSG_VERSION;
	adjacent_hello(e, s, hello.begins);
	/* The one who waits longer sets the time for both. */
	if (hello.dead_ms > s->pulse.dead_ms)
		s->pulse.dead_ms =
		    hello.dead_ms < 600000 ? hello.dead_ms : 600000;
	return session_move(e, s, SESSION_HELLO, NULL) ? NULL
	                                               : rc_word(RC_STATE);
}

/* What an LSA costs that was judged so; limits.h says why. */
static uint32_t
points_of(int rc, bool asked)
{
	switch (rc) {
	case RC_OK:
	case RC_OLD:
	case RC_SAME:
		return 0;
	case RC_SHORT:
	case RC_ORG:
	case RC_SIGNATURE:
		return LIMIT_FAULT_PLAIN;
	default:
		return asked ? LIMIT_FAULT_ASKED : LIMIT_FAULT_CONTENT;
	}
}

static const char *
update(struct engine *e, struct session *s, struct cur *body)
{
	size_t n = body->left;
	uint32_t points;
	bool asked = false;
	int rc;

	if (!session_move(e, s, SESSION_UPDATE, NULL))
		return rc_word(RC_STATE);
	s->updates++;
	rc = accept_update(e, s, cur_bytes(body, n), n, &asked);
	points = points_of(rc, asked);
	/* One bad LSA is refused by name; a stream of them ends the session. */
	if (points > 0 && !bucket_spend(&s->faults, points, e->now))
		return "too-many-faults";
	/* It went bad on its way, or in memory: what was meant is asked for
	 * soon. Who keeps such a thing spends its faults by it. */
	if (points == LIMIT_FAULT_PLAIN)
		sync_compare_soon(e, s);
	return NULL;
}

static enum session_life_event
event_of(uint8_t type)
{
	switch (type) {
	case MSG_DIGEST:
	case MSG_SUMMARY:
	case MSG_REQUEST:
	case MSG_NONE:
	case MSG_SYNCED:
		return SESSION_EXCHANGE;
	case MSG_ALIVE:
		return SESSION_ALIVE;
	default:
		return SESSION_EVENTS;
	}
}

/*
 * Of the peer's words those that tell us what to mend, as texts of our own: a
 * peer does not write our log. That it says so proves nothing, but nobody else
 * tells whoever was revoked while he was away.
 */
static const char *
closed_by_peer(struct engine *e, struct session *s, const struct cur *body)
{
	static const char *const words[] = { "revoked-key", "expired",
		"our-own-name", "limit" };
	struct nbr *nbr = nbrs_find(e, s->peer);
	const char *told = NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (body->left == strlen(words[i]) &&
		    memcmp(body->p, words[i], body->left) == 0)
			told = words[i];
	if (nbr == NULL || nbr->session != s)
		return "closed-by-peer";
	if (told == words[0] && nbr->told != told)
		fx_event(e, (struct event){
				.kind = EVENT_OWN_REVOKED, .peer = s->peer });
	nbr->told = told;
	return "closed-by-peer";
}

/* One message. Returns why the session must end, or NULL. */
static const char *
message(struct engine *e, struct session *s, uint8_t type, struct cur *body)
{
	enum session_life_event event;
	int rc;

	if (type == MSG_HELLO)
		return hello(e, s, body);
	if (type == MSG_UPDATE)
		return update(e, s, body);
	if (type == MSG_CLOSE)
		return closed_by_peer(e, s, body);
	event = event_of(type);
	if (event == SESSION_EVENTS)
		return "unknown-message";
	if (!session_move(e, s, event, NULL))
		return rc_word(RC_STATE);
	if (type == MSG_ALIVE) {
		const char *why =
		    s->version > 1 ? pulse_confirm(e, s, body) : NULL;

		return why == NULL && body->left > 0 ? rc_word(RC_LONG) : why;
	}
	rc = sync_message(e, s, type, body);
	/* More than any server could have, or ask for. */
	if (rc == RC_LIMIT)
		return "too-many-faults";
	return rc == RC_OK ? NULL : rc_word(rc);
}

/* FULL: they have all of ours, and we all of theirs. */
static void
agree_check(struct engine *e, struct session *s)
{
	if (s->state != SESSION_SYNC || !s->sync.summary_whole ||
	    !s->sync.synced_heard || s->sync.wanted.tree.n > 0)
		return;
	session_move(e, s, SESSION_AGREED, NULL);
	if (!e->turn.agreed)
		due_compute(e);
	e->turn.agreed = true;
}

/* What it tells may end this very session, as a revocation does. */
static void
session_take(
    struct engine *e, struct session *s, uint8_t type, struct cur *body)
{
	const char *fault = message(e, s, type, body);

	if (fault != NULL)
		s->over = fault;
	if (s->over == NULL)
		agree_check(e, s);
}

void
session_bytes(struct engine *e, const struct input *in)
{
	struct session *s = core_session_find(e, in->who);
	struct cur body;
	uint8_t type;
	int got = 0;

	if (s == NULL)
		return;
	pulse_came(e, s, in->len);
	s->pulse.round_trip_us = (uint32_t)in->value;
	frame_put(&s->in, in->bytes, in->len);
	while (
	    s->over == NULL && (got = frame_next(&s->in, &type, &body)) == 1) {
		session_take(e, s, type, &body);
		pulse_whole(e, s);
	}
	if (s->over == NULL && got < 0)
		s->over = rc_word(got);
	if (s->over == NULL)
		sync_pump(e, s);
}

void
session_drained(struct engine *e, uint32_t who)
{
	struct session *s = core_session_find(e, who);

	if (s == NULL)
		return;
	if (s->version < 2) /* it confirms nothing else */
		pulse_progress(e, s, s->unsent);
	s->unsent = 0;
	sync_pump(e, s);
}

void
session_tick(struct engine *e)
{
	for (size_t i = 0; i < e->sessions.n;) {
		struct session *s = e->sessions.v[i];

		if (s->over == NULL)
			s->over = pulse_overdue(e, s);
		if (s->over != NULL) {
			session_fault(e, s, s->over);
			continue; /* another has its place now */
		}
		pulse_alive(e, s);
		expired_check(e, s);
		i++;
	}
}
