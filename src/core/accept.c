/*
 * accept.c - what may enter the database, and what follows from it.
 */

#include <string.h>

#include "base/rc.h"
#include "core/due.h"
#include "core/fx.h"
#include "core/node.h"

static int
by_name(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct person, node)->name);
}

struct person *
accept_person(const struct engine *e, const char *name)
{
	struct tree_node *n = tree_find(&e->people, name, by_name);

	return n == NULL ? NULL : tree_entry(n, struct person, node);
}

/* Once a second for each, whatever it says. */
#define TURN_MS 1000

struct mono
accept_turn(struct engine *e, const char *origin)
{
	struct tree_node *n = tree_find(&e->people, origin, by_name);
	struct person *p;
	struct mono at;

	if (n == NULL)
		return mono_after(e->now, TURN_MS);
	p = tree_entry(n, struct person, node);
	if (!mono_due(p->acts, e->now))
		return p->acts; /* all of it then */
	at = e->now;
	if (p->acts.ms > 0 && mono_since(p->acts, at) < TURN_MS)
		at = mono_after(p->acts, TURN_MS);
	p->acts = at;
	return at;
}

const struct claims *
accept_claims(const struct engine *e, const char *origin)
{
	const struct person *p = accept_person(e, origin);

	return p == NULL ? NULL : p->claims[0];
}

static void
person_free(struct person *p)
{
	for (size_t i = 0; i < p->n; i++)
		claims_free(p->claims[i]);
	mem_free(p->name);
	mem_free(p);
}

void
accept_done(struct engine *e)
{
	if (e->vouched != NULL)
		person_free(e->vouched);
	while (e->people.root != NULL) {
		struct person *p =
		    tree_entry(e->people.root, struct person, node);

		tree_remove(&e->people, &p->node);
		person_free(p);
	}
}

/* Vouches for every certificate of an identity; all must be the origin's. */
static int
person_read(struct engine *e, const struct lsa *lsa, struct person **out)
{
	struct person *p = mem_new(sizeof(*p), 0, 0);
	struct lsa_identity identity;
	int rc = lsa_identity_decode(lsa, &identity);

	p->name = mem_str(lsa->key.origin);
	p->heard = (struct pace){ .burst = LIMIT_ORIGIN_BURST,
		.each_ms = LIMIT_ORIGIN_EACH_MS,
		.since = e->now };
	for (size_t i = 0; rc == RC_OK && i < identity.ncerts; i++) {
		rc = e->seal->vouch(e->seal->ctx, identity.cert[i],
		    identity.cert_len[i], &p->claims[i]);
		if (rc != RC_OK)
			break;
		p->n++;
		if (strcmp(p->claims[i]->name, p->name) != 0)
			rc = RC_CLAIM;
	}
	if (rc != RC_OK) {
		person_free(p);
		p = NULL;
	}
	*out = p;
	return rc;
}

static const struct claims *
claims_of(const struct person *p, const uint8_t key[SEAL_DIGEST])
{
	for (size_t i = 0; p != NULL && i < p->n; i++)
		if (memcmp(p->claims[i]->key, key, SEAL_DIGEST) == 0)
			return p->claims[i];
	return NULL;
}

/* The authority's word about this key: a revocation, or a forget. */
static const struct lsa *
authority_word(const struct engine *e, const char *origin, uint8_t type,
    const uint8_t signer[SEAL_DIGEST])
{
	char hex[2 * SEAL_DIGEST + 1];
	struct lsa_key key = { .origin = origin, .id = hex, .type = type };

	lsa_digest_text(signer, hex);
	return lsdb_find(&e->db, &key);
}

static bool
is_forgotten(const struct engine *e, const struct lsa *lsa)
{
	const struct lsa *forget =
	    authority_word(e, lsa->key.origin, LSA_FORGET, lsa->signer);

	return forget != NULL && !lsa_is_authority(lsa) &&
	       lsa->seq >> 32 <= lsa_forget_epoch(forget);
}

static int
judge_claims(const struct lsa *lsa, const struct claims *claims)
{
	struct lsa_server *server;
	struct lsa_space space;
	bool same;

	if (lsa->purge)
		return RC_OK;
	if (lsa->key.type == LSA_SERVER) {
		if (lsa_server_decode(lsa, &server) != RC_OK)
			return RC_FORMAT;
		same = strcmp(server->group, claims->group) == 0;
		lsa_server_free(server);
		return same ? RC_OK : RC_CLAIM;
	}
	if (lsa->key.type == LSA_SPACE) {
		if (lsa_space_decode(lsa, &space) != RC_OK)
			return RC_FORMAT;
		/* A relay that is not allowed counts as no: view.h. */
		if (!claims_space(claims, lsa->key.id))
			return RC_CLAIM;
	}
	return RC_OK;
}

static int
judge_signature(struct engine *e, struct lsa *lsa)
{
	const struct claims *claims;
	struct person *p = NULL;
	int rc = RC_OK;

	if (lsa_is_authority(lsa)) {
		if (memcmp(lsa->signer, e->setup->org, SEAL_DIGEST) != 0)
			return RC_IDENTITY;
		return lsa_verify(lsa, e->seal, e->setup->authority)
		           ? RC_OK
		           : RC_SIGNATURE;
	}
	if (lsa->key.type == LSA_IDENTITY && !lsa->purge) {
		rc = person_read(e, lsa, &p);
		if (rc != RC_OK)
			return rc;
		claims = claims_of(p, lsa->signer);
		if (claims == NULL)
			rc = RC_SIGNATURE;
	} else {
		claims =
		    claims_of(accept_person(e, lsa->key.origin), lsa->signer);
		if (claims == NULL)
			return RC_IDENTITY;
	}
	if (rc == RC_OK && !lsa_verify(lsa, e->seal, claims->public_key))
		rc = RC_SIGNATURE;
	if (rc == RC_OK)
		rc = judge_claims(lsa, claims);
	if (p != NULL) {
		if (e->vouched != NULL)
			person_free(e->vouched);
		e->vouched = p;
		memcpy(e->vouched_by, lsa->digest, SEAL_DIGEST);
	}
	return rc;
}

#define KEEP_S (8 * 86400u)

static bool
is_expired(const struct engine *e, const struct lsa *lsa)
{
	uint64_t end;

	if (lsa->key.type != LSA_REVOCATION)
		return false;
	end = lsa_revocation_end(lsa);
	return end != 0 && e->wall > KEEP_S && e->wall - KEEP_S > end;
}

void
accept_expire(struct engine *e)
{
	struct lsa *next;

	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = next) {
		next = lsdb_next(l);
		if (l->key.origin[0] != '\0')
			return; /* revocations have no origin: they come first */
		if (is_expired(e, l))
			lsdb_remove(&e->db, l);
	}
}

int
accept_judge(struct engine *e, struct lsa *lsa)
{
	int rc;

	if (memcmp(lsa_org(lsa), e->setup->org, SEAL_DIGEST) != 0)
		return RC_ORG;
	/* Before any sequence (DESIGN section 5). */
	if (!lsa_is_authority(lsa) &&
	    authority_word(e, "", LSA_REVOCATION, lsa->signer) != NULL)
		return RC_REVOKED;
	if (is_expired(e, lsa))
		return RC_EXPIRED;
	rc = lsa_is_authority(lsa) ? RC_OK : room_judge(e, lsa);
	return rc == RC_OK ? judge_signature(e, lsa) : rc;
}

/* Whether such a number may come in; what we have ourselves may stay. */
static int
judge_epoch(struct engine *e, const struct lsa *lsa)
{
	if (!lsdb_leaps(&e->db, lsa->key.origin, lsa_epoch(lsa)))
		return RC_OK;
	if (origin_is_own(e, &lsa->key))
		origin_breach(e, lsa);
	return RC_EPOCH;
}

void
accept_drop(struct engine *e, struct lsa *lsa, int rc)
{
	fx_event(e, (struct event){ .kind = EVENT_LSA_REFUSED,
			.origin = lsa->key.origin,
			.name = lsa->key.id,
			.reason = rc_word(rc) });
	if (lsa->key.type == LSA_SERVER) {
		contest_gone(e, lsa->key.origin);
		due_peers(e, e->now); /* no other says whom to peer with */
	}
	lsdb_remove(&e->db, lsa);
	due_compute(e);
}

/* Who was vouched for when this very LSA was judged, or NULL. */
static struct person *
vouched_take(struct engine *e, const struct lsa *identity)
{
	struct person *p = e->vouched;

	if (p == NULL ||
	    memcmp(e->vouched_by, identity->digest, SEAL_DIGEST) != 0)
		return NULL;
	e->vouched = NULL;
	return p;
}

/* New certificates may allow less than the old ones. */
static void
person_refresh(struct engine *e, const struct lsa *identity)
{
	struct person *p;
	struct tree_node *old;
	struct lsa *next;

	p = vouched_take(e, identity);
	if (p == NULL && person_read(e, identity, &p) != RC_OK)
		return;
	old = tree_find(&e->people, p->name, by_name);
	if (old != NULL) {
		p->heard = tree_entry(old, struct person, node)->heard;
		tree_remove(&e->people, old);
		person_free(tree_entry(old, struct person, node));
	}
	tree_insert(&e->people, &p->node, p->name, by_name);
	for (struct lsa *l = lsdb_origin(&e->db, p->name); l != NULL;
	     l = next) {
		const struct claims *claims = claims_of(p, l->signer);

		next = lsdb_next(l);
		if (strcmp(l->key.origin, p->name) != 0)
			break;
		if (lsa_is_authority(l) || l == identity)
			continue;
		if (claims == NULL || judge_claims(l, claims) != RC_OK)
			accept_drop(e, l, RC_CLAIM);
	}
}

/* Everything that this key signed goes, whoever it names. */
static void
revoke(struct engine *e, const struct lsa *word)
{
	char hex[2 * SEAL_DIGEST + 1];
	struct lsa *next;

	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = next) {
		next = lsdb_next(l);
		lsa_digest_text(l->signer, hex);
		if (!lsa_is_authority(l) && strcmp(hex, word->key.id) == 0)
			accept_drop(e, l, RC_REVOKED);
	}
	fx_event(
	    e, (struct event){ .kind = EVENT_REVOKED, .name = word->key.id });
	/* Also of a peer that has said nothing of itself yet. */
	session_revoke(e, word->key.id);
}

static void
forget(struct engine *e, const struct lsa *word)
{
	struct lsa *next;

	for (struct lsa *l = lsdb_origin(&e->db, word->key.origin); l != NULL;
	     l = next) {
		next = lsdb_next(l);
		if (strcmp(l->key.origin, word->key.origin) != 0)
			break;
		if (is_forgotten(e, l))
			accept_drop(e, l, RC_OLD);
	}
	fx_event(e, (struct event){
			.kind = EVENT_FORGOTTEN, .origin = word->key.origin });
	if (strcmp(word->key.origin, e->setup->server) == 0)
		origin_heard(e, word);
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
	uint64_t apart = lsa->issued > e->wall ? lsa->issued - e->wall : 0;

	if (apart > 3600) /* from the future: somebody's clock is wrong */
		fx_event(e, (struct event){ .kind = EVENT_ISSUE_TIME,
				.origin = lsa->key.origin,
				.value = apart });
}

void
accept_install(struct engine *e, struct lsa *lsa, const struct session *from)
{
	const struct lsa *old = lsdb_find(&e->db, &lsa->key);
	bool changed = differs(old, lsa);

	if (lsa->key.type == LSA_CONNECTOR)
		transit_learnt(e, lsa, old);
	lsdb_install(&e->db, lsa);
	if (e->phase != PHASE_BOOT) /* what was saved is no news */
		fx_event(
		    e, (struct event){ .kind = lsa->purge ? EVENT_LSA_PURGED
		                                          : EVENT_LSA_INSTALLED,
			   .origin = lsa->key.origin,
			   .name = lsa->key.id,
			   .from = lsa_type_word(lsa->key.type),
			   .value = lsa->seq });
	if (lsa->key.type == LSA_IDENTITY && !lsa->purge)
		person_refresh(e, lsa);
	session_flood(e, lsa, from);
	room_make(e, lsa->key.origin);
	due_save(e);
	if (lsa->key.type == LSA_REVOCATION)
		revoke(e, lsa);
	else if (lsa->key.type == LSA_FORGET)
		forget(e, lsa);
	if (changed && lsa->key.type == LSA_IDENTITY)
		due_compute(e); /* what it may relay, and lead to */
	if (!changed || lsa->key.type == LSA_IDENTITY)
		return;
	if (lsa->key.type == LSA_SERVER) {
		contest_learnt(e, lsa);
		dial_learnt(e, lsa);
	}
	adjacent_changed(e, lsa->key.origin);
	due_compute(e);
}

/* Refused by name: it counts as seen (DESIGN section 7). */
static int
refused(
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
	cur_bytes(&in, 2 + SEAL_DIGEST);
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
		rc = refused(e, from, NULL, rc);
	} else {
		*asked = from != NULL && sync_wants(e, from, &key.key);
		if (from != NULL)
			sync_settle(e, from, &key.key);
		rc = refused(e, from,
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
	struct keyset_entry *queued = NULL;
	int order = mine == NULL ? 1 : lsa_compare(lsa, mine);
	const struct lsa *word;

	if (order > 0 && is_forgotten(e, lsa)) {
		word =
		    authority_word(e, lsa->key.origin, LSA_FORGET, lsa->signer);
		if (from != NULL)
			session_offer(e, from, &word->key);
		return RC_OLD;
	}
	if (order > 0)
		return RC_OK;
	if (from != NULL && order == 0) {
		queued = keyset_find(&from->queue, &lsa->key);
		if (queued != NULL) /* they have it already */
			keyset_remove(&from->queue, queued);
	} else if (from != NULL) {
		session_offer(e, from, &lsa->key); /* FAULTS P01 */
	}
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

int
accept_update(struct engine *e, struct session *from, const uint8_t *p,
    size_t n, bool *asked)
{
	bool unused = false;
	struct lsa *lsa;
	int rc = lsa_decode(p, n, e->seal, &lsa);

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
			refused(e, from, &lsa->key, rc);
		}
		rc = whose(from, lsa, rc);
		lsa_free(lsa);
		return rc;
	}
	issue_time_check(e, lsa);
	hear_spend(e, lsa);
	accept_install(e, lsa, from);
	/* A revocation may have ended the session it came by. */
	for (size_t i = 0; from != NULL && i < e->sessions.n; i++)
		if (e->sessions.v[i] == from) {
			sync_settle(e, from, &lsa->key);
			break;
		}
	if (origin_is_own(e, &lsa->key))
		origin_heard(e, lsa);
	return RC_OK;
}

bool
accept_saved(struct engine *e, const uint8_t *p, size_t n)
{
	struct lsa *lsa;
	bool asked;
	int rc = lsa_decode(p, n, e->seal, &lsa);

	if (rc != RC_OK) {
		malformed(e, NULL, cur_over(p, n), rc, &asked);
		return false;
	}
	if (lsdb_find(&e->db, &lsa->key) != NULL)
		rc = RC_TWICE;
	if (rc == RC_OK)
		rc = accept_judge(e, lsa);
	if (rc == RC_OK) {
		accept_install(e, lsa, NULL);
		return true;
	}
	refused(e, NULL, &lsa->key, rc);
	lsa_free(lsa);
	return false;
}
