#include "core/node/expel.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "core/node/cause.h"
#include "core/node/contest.h"
#include "core/node/due.h"
#include "core/node/epoch.h"
#include "core/node/fx.h"
#include "core/node/long_list.h"
#include "core/node/node.h"
#include "core/node/sessions.h"
#include "core/node/signers.h"

const struct lsa *
expel_revocation(const struct engine *e, const uint8_t signer[CRYPTO_DIGEST])
{
	char hex[2 * CRYPTO_DIGEST + 1];
	struct lsa_key key = { "", hex, LSA_REVOCATION };

	lsa_digest_text(signer, hex);
	return lsdb_find(&e->db, &key);
}

const struct lsa *
expel_forget(const struct engine *e, const struct lsa *lsa)
{
	const struct lsa *word = lsdb_forget(&e->db, lsa->key.origin);

	return word != NULL && !lsa_is_authority(lsa) &&
	               lsa_epoch(lsa) <= lsa_epoch(word)
	           ? word
	           : NULL;
}

void
expel_take_out(struct engine *e, struct lsa *lsa)
{
	if (lsa->key.type == LSA_SERVER) {
		contest_gone(e, lsa->key.origin);
		long_list_server(e);
		due_peers(e, e->now); /* no other says whom to peer with */
	}
	if (lsa->key.type == LSA_IDENTITY && !node_is_own(e, &lsa->key))
		signers_forget(&e->signers, lsa->key.origin);
	due_save_lsa(e, &lsa->key);
	cause_taken_out(e, lsa);
	lsdb_remove(&e->db, lsa);
	due_compute(e);
}

void
expel_lsa(struct engine *e, struct lsa *lsa, int rc)
{
	fx_event(e, (struct event){ .kind = EVENT_LSA_REFUSED,
			.origin = lsa->key.origin,
			.name = lsa->key.id,
			.reason = rc_word(rc) });
	expel_take_out(e, lsa);
}

static void
claim_key_gone(struct engine *e, const struct lsa *claim, const char *pattern)
{
	rib_key_gone(e->table.rib, claim, pattern);
	due_save_route(e, pattern);
}

void
expel_key_gone(struct engine *e, const struct lsa *claim)
{
	struct lsa_list_walk walk;
	const char *pattern;

	if (lsa_space(claim) != NULL)
		claim_key_gone(e, claim, claim->key.id);
	if (claim->key.type != LSA_LIST || claim->purge)
		return;
	walk = lsa_list_walk(lsa_list(claim));
	while ((pattern = lsa_list_next(&walk)) != NULL)
		claim_key_gone(e, claim, pattern);
}

static bool
is_our_key(const struct engine *e, const char *digest)
{
	char hex[2 * CRYPTO_DIGEST + 1];

	if (e->setup->claims == NULL)
		return false;
	lsa_digest_text(e->setup->claims->key, hex);
	return strcmp(hex, digest) == 0;
}

/*
 * Where no identity is left nobody can tell any more who signed: whoever hears of
 * it now refuses it, so it stays with nobody else either. An identity stands
 * before all else of its origin. `of`: of this one alone, or NULL.
 */
static void
unvouched_expel(struct engine *e, const char *of)
{
	char origin[STR_HOST_MAX + 1] = "";
	struct lsa *l =
	    of == NULL ? lsdb_first(&e->db) : lsdb_origin(&e->db, of);
	struct lsa *next;

	for (; l != NULL; l = next) {
		next = lsdb_next(l);
		if (of != NULL && strcmp(l->key.origin, of) != 0)
			break;
		if (l->key.type == LSA_IDENTITY)
			snprintf(origin, sizeof(origin), "%s", l->key.origin);
		if (lsa_is_authority(l) || node_is_own(e, &l->key) ||
		    strcmp(l->key.origin, origin) == 0)
			continue;
		expel_key_gone(e, l);
		expel_lsa(e, l, RC_IDENTITY);
	}
}

void
expel_revoked(struct engine *e, const struct lsa *word)
{
	char hex[2 * CRYPTO_DIGEST + 1], name[STR_HOST_MAX + 1];
	const char *holder = name, *peer;
	char *known = mem_str(signers_holder(&e->signers, word->key.id));
	struct lsa *next;
	bool any = false;

	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = next) {
		next = lsdb_next(l);
		lsa_digest_text(lsa_signer(l), hex);
		if (lsa_is_authority(l) || strcmp(hex, word->key.id) != 0)
			continue;
		expel_lsa(e, l, RC_REVOKED);
		any = true;
	}
	unvouched_expel(e, NULL);
	/* What this key's server says with another may have been older. */
	if (any)
		sessions_compare(e);
	due_save_anew(e);
	/* Also of a peer that has said nothing of itself yet. */
	peer = sessions_revoke(e, word->key.id);
	if (!lsa_revocation_server(word, name))
		holder = known;
	if (holder == NULL)
		holder = peer;
	fx_event(e, (struct event){ .kind = EVENT_REVOKED,
			.origin = holder,
			.name = word->key.id });
	if (is_our_key(e, word->key.id))
		fx_event(e, (struct event){ .kind = EVENT_OWN_REVOKED,
				.name = word->key.id });
	mem_free(known);
}

/* Of each identity whether anybody vouches for it now. */
static void
identities_distrust(struct engine *e)
{
	const struct signer *signer;

	signers_distrust(&e->signers);
	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l))
		if (l->key.type == LSA_IDENTITY && !node_is_own(e, &l->key) &&
		    signers_vouch(&e->signers, l, e->crypto, &signer) != RC_OK)
			signers_forget(&e->signers, l->key.origin);
}

static bool
is_trusted(const struct engine *e, const struct lsa *l)
{
	if (node_authority(e, lsa_org(l)) == NULL)
		return false;
	return lsa_is_authority(l) ||
	       signer_claims(signers_find(&e->signers, l->key.origin),
		   lsa_signer(l)) != NULL;
}

void
expel_distrusted(struct engine *e)
{
	struct lsa *next;

	identities_distrust(e);
	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = next) {
		next = lsdb_next(l);
		if ((node_is_own(e, &l->key) && !lsa_is_authority(l)) ||
		    is_trusted(e, l))
			continue;
		expel_key_gone(e, l);
		expel_lsa(e, l, RC_ORG);
	}
	due_save_anew(e);
}

/* Keys that it gave up before this one have no word of their own, and what it
 * claimed with them nobody says again. */
static void
key_forgotten(struct engine *e, const struct lsa *word)
{
	const struct claims *c = signers_claims(&e->signers, word->key.origin);
	char hex[2 * CRYPTO_DIGEST + 1];

	if (c == NULL)
		return;
	lsa_digest_text(c->key, hex);
	if (strcmp(hex, word->key.id) == 0)
		rib_key_forgotten(e->table.rib, word->key.origin, c->key);
}

void
expel_forgotten(struct engine *e, const struct lsa *word)
{
	struct lsa *next;

	key_forgotten(e, word);
	for (struct lsa *l = lsdb_origin(&e->db, word->key.origin); l != NULL;
	     l = next) {
		next = lsdb_next(l);
		if (strcmp(l->key.origin, word->key.origin) != 0)
			break;
		if (expel_forget(e, l) != NULL)
			expel_lsa(e, l, RC_OLD);
	}
	unvouched_expel(e, word->key.origin);
	due_save_anew(e);
	fx_event(e, (struct event){
			.kind = EVENT_FORGOTTEN, .origin = word->key.origin });
	if (strcmp(word->key.origin, e->setup->server) == 0)
		epoch_heard(e, word);
}
