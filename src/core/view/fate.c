#include "core/view/fate.h"

#include <string.h>

/* Said after the claim: sequences begin anew with another key. */
static bool
is_newer(const struct lsa *lsa, const struct route_claim *claim)
{
	return !claim->known || lsa->seq > claim->seq ||
	       memcmp(lsa_signer(lsa), claim->key, CRYPTO_DIGEST) != 0;
}

/* The LSA of this key if it is newer than the claim, or NULL. */
static const struct lsa *
newer(const struct view_input *in, const struct route_claim *claim,
    uint8_t type, const char *id)
{
	struct lsa_key key = { claim->server, id, type };
	const struct lsa *lsa = lsdb_find(in->db, &key);

	return lsa != NULL && is_newer(lsa, claim) ? lsa : NULL;
}

/* Of a claim whose key was given up the number says nothing (rib_key_gone). */
static bool
fate_is_forgotten(const struct view_input *in, const struct route_claim *claim)
{
	const struct lsa *word = lsdb_forget(in->db, claim->server);
	char hex[2 * CRYPTO_DIGEST + 1];
	struct lsa_key key = { claim->server, hex, LSA_FORGET };

	if (word == NULL || !claim->known)
		return word != NULL;
	if (claim->seq != 0)
		return claim->seq >> 32 <= lsa_forget_epoch(word);
	lsa_digest_text(claim->key, hex);
	return lsdb_find(in->db, &key) != NULL;
}

static bool
is_revoked(const struct view_input *in, const struct route_claim *claim)
{
	char hex[2 * CRYPTO_DIGEST + 1];
	struct lsa_key key = { "", hex, LSA_REVOCATION };

	lsa_digest_text(claim->key, hex);
	return claim->known && lsdb_find(in->db, &key) != NULL;
}

/* What its server says of itself with another key, or NULL. */
static const struct lsa *
said_by_new_key(const struct view_input *in, const struct route_claim *claim)
{
	const struct lsa *server = newer(in, claim, LSA_SERVER, "");

	return server != NULL && !server->purge &&
	               memcmp(lsa_signer(server), claim->key, CRYPTO_DIGEST) !=
	                   0
	           ? server
	           : NULL;
}

/*
 * What it said with the key of before nobody keeps, and where its disk went
 * with that key, neither does it know that there is something to purge. By
 * its sequence: a database that is older than the table has the key before.
 */
static bool
is_renewed(const struct view_input *in, const struct route_claim *claim)
{
	const struct lsa *server = said_by_new_key(in, claim);

	return server != NULL && claim->known && server->seq > claim->seq &&
	       lsa_server(server)->state != LSA_STARTING;
}

/* The server's newer certificate does not cover the pattern. By its sequence,
 * too: that of the key before says nothing of what was claimed since. */
static bool
is_denied(const struct view_input *in, const struct route_claim *claim,
    const char *pattern)
{
	const struct lsa *identity = newer(in, claim, LSA_IDENTITY, "");

	return in->may_claim != NULL && identity != NULL &&
	       (!claim->known || identity->seq > claim->seq) &&
	       !in->may_claim(in->ctx, claim->server, pattern);
}

/* A claim in the database is out of our sight, or it would be a route. */
static bool
is_said_by(const struct lsa *lsa, const struct route_claim *claim)
{
	return lsa != NULL && (is_newer(lsa, claim) ||
				  (!lsa->purge && lsa->seq == claim->seq));
}

/* By itself, or by the part of its server's list that has its place. */
static bool
is_spoken_of(
    struct fates *f, const struct route_claim *claim, const char *pattern)
{
	struct lsa_key key = { claim->server, pattern, LSA_SPACE };

	return is_said_by(lsdb_find(f->in->db, &key), claim) ||
	       is_said_by(
		   listed_word(&f->words, claim->server, pattern), claim);
}

static enum fate
claim_fate(
    struct fates *f, const struct route_claim *claim, const char *pattern)
{
	const struct view_input *in = f->in;

	if (claim->own || strcmp(claim->server, in->setup->server) == 0 ||
	    is_spoken_of(f, claim, pattern) || fate_is_forgotten(in, claim))
		return FATE_GONE;
	/* The server lives on, and had every chance to claim the pattern
	 * again. */
	if (is_revoked(in, claim))
		return said_by_new_key(in, claim) != NULL ? FATE_GONE
		                                          : FATE_REVOKED;
	if (is_denied(in, claim, pattern))
		return FATE_GONE;
	return is_renewed(in, claim) ? FATE_RENEWED : FATE_UNKNOWN;
}

enum fate
fate_of(struct fates *f, const struct route *route, const char **who)
{
	enum fate all = route->nclaims > 0 ? FATE_GONE : FATE_UNKNOWN;

	for (size_t i = 0; i < route->nclaims; i++) {
		enum fate one =
		    claim_fate(f, &route->claims[i], route->pattern);

		if (one == FATE_REVOKED) {
			*who = route->claims[i].server;
			return one;
		}
		if (one == FATE_UNKNOWN ||
		    (one == FATE_RENEWED && all == FATE_GONE))
			all = one;
	}
	return all;
}

bool
fate_is_told(const struct view_input *in, const struct route *route)
{
	for (size_t i = 0; i < route->nclaims; i++)
		if (is_revoked(in, &route->claims[i]) ||
		    fate_is_forgotten(in, &route->claims[i]))
			return true;
	return false;
}

struct fates
fates_begin(const struct view_input *in)
{
	return (struct fates){ .in = in, .words = { .db = in->db } };
}

void
fates_done(struct fates *f)
{
	listed_words_done(&f->words);
}
