/*
 * signers.h - who signs as which server: what the certificates of its identity
 * LSA say, vouched for by the authority. And how often each is heard.
 *
 * The set owns its signers; one is lent until its identity is renewed.
 */

#ifndef CORE_SIGNERS_H
#define CORE_SIGNERS_H

#include "base/tree.h"
#include "core/lsa/bucket.h"
#include "core/lsa/crypto.h"
#include "core/lsa/lsa.h"

struct signer {
	struct tree_node node;
	char *name;
	struct claims *claims[2];
	size_t n;
	struct bucket heard;  /* LSAs taken of this origin */
	struct bucket alarms; /* that its MTA is down, looked at on the spot */
	struct mono acts; /* when its server LSA was acted upon, or will be */
};

struct signers {
	struct tree tree;
	/* Of the identity judged last, by its digest: certificates are dear
	 * to verify. */
	struct signer *vouched;
	uint8_t vouched_by[CRYPTO_DIGEST];
};

struct signer *signers_find(const struct signers *signers, const char *name);

/* What our newest instance of an identity lets its server claim; NULL. */
const struct claims *signers_claims(
    const struct signers *signers, const char *origin);
/* What the certificate of this key lets it claim; NULL where there is none. */
const struct claims *signer_claims(
    const struct signer *signer, const uint8_t key[CRYPTO_DIGEST]);

/* When what it says of its addresses may be acted upon: now, or later. */
struct mono signers_turn(
    struct signers *signers, const char *origin, struct mono now);

/* Whose certificate has this key, by its digest as text; NULL. */
const char *signers_holder(const struct signers *signers, const char *digest);

/* Nothing is held for vouched that was before; and nobody signs as this one
 * until its identity is in force again. */
void signers_distrust(struct signers *signers);
void signers_forget(struct signers *signers, const char *name);

/* Vouches for every certificate of an identity; all must be the origin's. What
 * it gives is lent until the next is vouched for. */
int signers_vouch(struct signers *signers, const struct lsa *identity,
    const struct crypto *crypto, const struct signer **out);
/* What that found out, to octets: the digest of the identity, u8 n claims
 * (crypto.h). And back, in place of vouching for this identity next. */
void signers_encode(
    struct buf *out, const struct signer *signer, const struct lsa *identity);
void signers_vouched(struct signers *signers, struct cur in);
/* The identity is in force: who signs by it now, or NULL. */
const struct signer *signers_renew(struct signers *signers,
    const struct lsa *identity, const struct crypto *crypto, struct mono now);

void signers_done(struct signers *signers);

#endif
