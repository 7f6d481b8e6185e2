#include "core/node/accept.h"

#include <string.h>

#include "base/rc.h"
#include "base/wall.h"
#include "core/node/cause.h"
#include "core/node/contest.h"
#include "core/node/dial.h"
#include "core/node/due.h"
#include "core/node/epoch.h"
#include "core/node/expel.h"
#include "core/node/fx.h"
#include "core/node/hear.h"
#include "core/node/long_list.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/room.h"
#include "core/node/sessions.h"
#include "core/node/signers.h"
#include "core/node/sync.h"
#include "core/node/transit.h"

static int
judge_claims(const struct lsa *lsa, const struct claims *claims)
{
	if (lsa->purge)
		return RC_OK;
	if (lsa->key.type == LSA_SERVER &&
	    strcmp(lsa_server(lsa)->group, claims->group) != 0)
		return RC_CLAIM;
	/* A relay that is not allowed counts as no: view.h. */
	if (lsa->key.type == LSA_SPACE && !claims_space(claims, lsa->key.id))
		return RC_CLAIM;
	return RC_OK;
}

/* What we have saved was signed when it came. */
static bool
accept_is_signed(
    const struct engine *e, const struct lsa *lsa, const uint8_t *key)
{
	return e->turn.trusted || lsa_verify(lsa, e->crypto, key);
}

static int
judge_signature(struct engine *e, struct lsa *lsa)
{
	const struct claims *claims;
	const struct signer *signer;
	int rc;

	if (lsa_is_authority(lsa)) {
		const uint8_t *by = node_authority(e, lsa_signer(lsa));

		if (by == NULL)
			return RC_IDENTITY;
		return accept_is_signed(e, lsa, by) ? RC_OK : RC_SIGNATURE;
	}
	if (lsa->key.type == LSA_IDENTITY) {
		rc = signers_vouch(&e->signers, lsa, e->crypto, &signer);
		if (rc != RC_OK)
			return rc;
		claims = signer_claims(signer, lsa_signer(lsa));
		if (claims == NULL)
			return RC_SIGNATURE;
	} else {
		signer = signers_find(&e->signers, lsa->key.origin);
		claims = signer_claims(signer, lsa_signer(lsa));
		if (claims == NULL)
			return RC_IDENTITY;
	}
	if (!accept_is_signed(e, lsa, claims->public_key))
		return RC_SIGNATURE;
	return judge_claims(lsa, claims);
}

int
accept_judge(struct engine *e, struct lsa *lsa)
{
	int rc;

	if (node_authority(e, lsa_org(lsa)) == NULL)
		return RC_ORG;
	/* Before any sequence (lsrd-protocol(7) 6). */
	if (!lsa_is_authority(lsa) &&
	    expel_revocation(e, lsa_signer(lsa)) != NULL)
		return RC_REVOKED;
	rc = lsa_is_authority(lsa) ? RC_OK : room_judge(e, lsa);
	return rc == RC_OK ? judge_signature(e, lsa) : rc;
}

/* Whether such a number may come in; what we have ourselves may stay. */
static int
judge_epoch(struct engine *e, const struct lsa *lsa)
{
	if (!lsdb_leaps(&e->db, lsa->key.origin, lsa_epoch(lsa)))
		return RC_OK;
	if (node_is_own(e, &lsa->key))
		epoch_breach(e, lsa);
	return RC_EPOCH;
}

/* Takes out what has no place any more behind what was installed. */
static void
crop(struct engine *e, const char *origin)
{
	struct lsa *next;

	for (struct lsa *l = room_over(e, origin); l != NULL; l = next) {
		next = room_next(l);
		expel_lsa(e, l, RC_LIMIT);
	}
}

/*
 * Ours, by a key that we had: origin.c signs it anew, or purges it where it
 * is claimed no more. Were it dropped, no purge would ever be said, and others
 * would never know of the end.
 */
static bool
is_ours_still(const struct engine *e, const struct lsa *l)
{
	return node_is_own(e, &l->key) &&
	       judge_claims(l, e->setup->claims) == RC_OK;
}

/* New certificates may allow less than the old ones. */
static void
signer_renew(struct engine *e, const struct lsa *identity)
{
	const struct signer *signer =
	    signers_renew(&e->signers, identity, e->crypto, e->now);
	struct lsa *next;

	if (signer == NULL)
		return;
	for (struct lsa *l = lsdb_origin(&e->db, signer->name); l != NULL;
	     l = next) {
		const struct claims *claims =
		    signer_claims(signer, lsa_signer(l));

		next = lsdb_next(l);
		if (strcmp(l->key.origin, signer->name) != 0)
			break;
		if (lsa_is_authority(l) || l == identity)
			continue;
		if (claims == NULL && is_ours_still(e, l))
			continue;
		if (claims == NULL)
			expel_key_gone(e, l);
		if (claims == NULL || judge_claims(l, claims) != RC_OK)
			expel_lsa(e, l, RC_CLAIM);
	}
}

/* True if the two say different things. */
static bool
differs(const struct lsa *a, const struct lsa *b)
{
	return a == NULL || a->purge != b->purge ||
	       a->body_len != b->body_len ||
	       memcmp(a->octets + a->body_at, b->octets + b->body_at,
		   b->body_len) != 0;
}

static void
issue_time_check(struct engine *e, const struct lsa *lsa)
{
	uint64_t apart =
	    lsa_issued(lsa) > e->wall ? lsa_issued(lsa) - e->wall : 0;

	if (apart > 3600) /* from the future: somebody's clock is wrong */
		fx_event(e, (struct event){ .kind = EVENT_ISSUE_TIME,
				.origin = lsa->key.origin,
				.value = apart });
}

/* Another server begins or ends to drain. */
static void
accept_drain(struct engine *e, const struct lsa *old, const struct lsa *lsa)
{
	const struct lsa_server *was = old == NULL ? NULL : lsa_server(old);
	const struct lsa_server *is = lsa_server(lsa);
	char until[WALL_TEXT];

	if (is == NULL || e->phase == PHASE_BOOT || node_is_own(e, &lsa->key) ||
	    (was != NULL && was->state == LSA_DRAIN) ==
		(is->state == LSA_DRAIN))
		return;
	fx_event(e, (struct event){ .kind = EVENT_DRAIN,
			.origin = lsa->key.origin,
			.to = lsa_state_word(is->state),
			.from = is->drain_until == 0
	                            ? NULL
	                            : wall_text(is->drain_until, until),
			.peer = is->drain_who,
			.reason = is->reason });
}

void
accept_install(struct engine *e, struct lsa *lsa, const struct session *from)
{
	const struct lsa *old = lsdb_find(&e->db, &lsa->key);
	struct room_use was = room_use(e, lsa->key.origin);
	bool changed = differs(old, lsa);

	if (lsa->key.type == LSA_CONNECTOR)
		transit_learnt(e, lsa, old);
	if (lsa->key.type == LSA_SERVER)
		accept_drain(e, old, lsa);
	if (changed)
		cause_installed(e, lsa, old);
	lsdb_install(&e->db, lsa);
	if (e->phase != PHASE_BOOT) /* what was saved is no news */
		fx_event(
		    e, (struct event){ .kind = lsa->purge ? EVENT_LSA_PURGED
		                                          : EVENT_LSA_INSTALLED,
			   .origin = lsa->key.origin,
			   .name = lsa->key.id,
			   .from = lsa_type_word(lsa->key.type),
			   .value = lsa->seq });
	if (lsa->key.type == LSA_IDENTITY)
		signer_renew(e, lsa);
	sessions_flood(e, lsa, from);
	crop(e, lsa->key.origin);
	room_look(e, lsa->key.origin, was);
	due_save_lsa(e, &lsa->key);
	if (lsa->key.type == LSA_REVOCATION)
		expel_revoked(e, lsa);
	else if (lsa->key.type == LSA_FORGET)
		expel_forgotten(e, lsa);
	if (changed && lsa->key.type == LSA_IDENTITY)
		due_compute(e); /* what it may relay, and lead to */
	if (!changed || lsa->key.type == LSA_IDENTITY)
		return;
	if (lsa->key.type == LSA_SERVER) {
		long_list_server(e);
		contest_learnt(e, lsa);
		dial_learnt(e, lsa);
	}
	nbrs_changed(e, lsa->key.origin);
	due_compute(e);
}

/* Refused by name: it counts as seen (lsrd-protocol(7) 3). */
static int
accept_refused(
    struct engine *e, struct session *from, const struct lsa_key *key, int rc)
{
	fx_event(e, (struct event){ .kind = EVENT_LSA_REFUSED,
			.peer = from == NULL ? NULL : from->peer,
			.origin = key == NULL ? NULL : key->origin,
			.name = key == NULL ? NULL : key->id,
			.reason = rc_word(rc) });
	if (from != NULL && key != NULL)
		sync_settle(e, from, key);
	return rc;
}

/*
 * The key of something that is no LSA, as far as it can be read. It is shown
 * only if it could be the name of one: a peer does not write our log.
 */
static int
malformed(
    struct engine *e, struct session *from, struct cur in, int rc, bool *asked)
{
	struct msg_key key;
	struct buf octets = { 0 };
	uint8_t type, n;
	struct cur again;
	const uint8_t *p;

	cur_u8(&in);
	type = cur_u8(&in);
	cur_bytes(&in, 2 + CRYPTO_DIGEST);
	n = cur_u8(&in);
	p = cur_bytes(&in, n);
	buf_u8(&octets, type);
	buf_u8(&octets, n);
	if (p != NULL)
		buf_bytes(&octets, p, n);
	buf_bytes(&octets, in.p,
	    in.left < 2 + STR_PATTERN_MAX ? in.left : 2 + STR_PATTERN_MAX);
	again = cur_over(octets.p, octets.n);
	if (in.bad || msg_key_read(&again, &key) != RC_OK) {
		rc = accept_refused(e, from, NULL, rc);
	} else {
		*asked = from != NULL && sync_wants(e, from, &key.key);
		if (from != NULL)
			sync_settle(e, from, &key.key);
		rc = accept_refused(e, from,
		    lsa_key_check(&key.key) == RC_OK ? &key.key : NULL, rc);
	}
	buf_done(&octets);
	return rc;
}

/* What we have is as new: RC_OLD, RC_SAME; else RC_OK. */
static int
news(struct engine *e, struct session *from, const struct lsa *lsa)
{
	const struct lsa *mine = lsdb_find(&e->db, &lsa->key);
	int order = mine == NULL ? 1 : lsa_compare(lsa, mine);
	const struct lsa *word = order > 0 ? expel_forget(e, lsa) : NULL;

	if (word != NULL) {
		if (from != NULL)
			sessions_offer(e, from, &word->key);
		return RC_OLD;
	}
	if (order > 0)
		return RC_OK;
	if (from != NULL && order == 0)
		sync_same(e, from, &lsa->key);
	else if (from != NULL)
		sessions_offer(e, from, &lsa->key); /* who is behind */
	return order == 0 ? RC_SAME : RC_OLD;
}

/* That an origin says more than it may is no fault of who passes it on. */
static int
whose(const struct session *from, const struct lsa *lsa, int rc)
{
	if (rc == RC_LIMIT && from != NULL &&
	    strcmp(from->peer, lsa->key.origin) != 0)
		return RC_OLD;
	return rc;
}

/* Something of ours that we have not said; or what the authority grants us, by
 * which more or less of a list may be denied. */
static void
own_heard(struct engine *e, const struct lsa *lsa)
{
	if (lsa->key.type == LSA_GRANT) {
		long_list_granted(e);
		return;
	}
	long_list_due(e);
	epoch_heard(e, lsa);
}

int
accept_update(struct engine *e, struct session *from, const uint8_t *p,
    size_t n, bool *asked)
{
	bool unused = false;
	struct lsa *lsa;
	int rc = lsa_decode(p, n, e->crypto, &lsa);

	if (asked == NULL)
		asked = &unused;
	if (rc != RC_OK)
		return malformed(e, from, cur_over(p, n), rc, asked);
	*asked = from != NULL && sync_wants(e, from, &lsa->key);
	rc = news(e, from, lsa);
	if (rc == RC_OK && !hear_now(e, from, lsa))
		rc = RC_OLD; /* for now: it is asked for again */
	if (rc == RC_OK)
		rc = accept_judge(e, lsa);
	if (rc == RC_OK)
		rc = judge_epoch(e, lsa);
	if (rc == RC_IDENTITY && from != NULL &&
	    sync_again(e, from, &lsa->key)) {
		lsa_free(lsa);
		return rc;
	}
	if (rc != RC_OK) {
		if (rc == RC_OLD || rc == RC_SAME) {
			if (from != NULL)
				sync_settle(e, from, &lsa->key);
		} else {
			accept_refused(e, from, &lsa->key, rc);
		}
		rc = whose(from, lsa, rc);
		lsa_free(lsa);
		return rc;
	}
	issue_time_check(e, lsa);
	hear_spend(e, lsa);
	accept_install(e, lsa, from);
	if (from != NULL)
		sync_settle(e, from, &lsa->key);
	if (node_is_own(e, &lsa->key))
		own_heard(e, lsa);
	return RC_OK;
}

/* What is there of it: true if it stays. What we saved later is right, though
 * its number may be lower: what was there had been dropped. */
static bool
has_it(struct engine *e, const struct lsa *lsa)
{
	struct lsa *old = lsdb_find(&e->db, &lsa->key);
	int order = old == NULL ? 1 : lsa_compare(lsa, old);

	if (order < 0 && e->turn.trusted) {
		expel_take_out(e, old);
		return false;
	}
	return order <= 0;
}

int
accept_saved(struct engine *e, const uint8_t *p, size_t n)
{
	struct lsa *lsa;
	bool asked;
	int rc = lsa_decode(p, n, e->crypto, &lsa);

	if (rc != RC_OK) {
		malformed(e, NULL, cur_over(p, n), rc, &asked);
		return rc;
	}
	if (has_it(e, lsa)) {
		lsa_free(lsa);
		return RC_OK;
	}
	rc = accept_judge(e, lsa);
	if (rc == RC_OK) {
		accept_install(e, lsa, NULL);
		return RC_OK;
	}
	accept_refused(e, NULL, &lsa->key, rc);
	lsa_free(lsa);
	return rc;
}

void
accept_saved_gone(struct engine *e, const struct lsa_key *key)
{
	struct lsa *lsa = lsdb_find(&e->db, key);

	if (lsa != NULL)
		expel_take_out(e, lsa);
}
