#include "core/node/signers.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"

/* Once a second for each, whatever it says. */
#define TURN_MS 1000

static int
signers_by_name(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct signer, node)->name);
}

struct signer *
signers_find(const struct signers *signers, const char *name)
{
	struct tree_node *n = tree_find(&signers->tree, name, signers_by_name);

	return n == NULL ? NULL : tree_entry(n, struct signer, node);
}

const struct claims *
signers_claims(const struct signers *signers, const char *origin)
{
	const struct signer *s = signers_find(signers, origin);

	return s == NULL ? NULL : s->claims[0];
}

const struct claims *
signer_claims(const struct signer *s, const uint8_t key[CRYPTO_DIGEST])
{
	for (size_t i = 0; s != NULL && i < s->n; i++)
		if (memcmp(s->claims[i]->key, key, CRYPTO_DIGEST) == 0)
			return s->claims[i];
	return NULL;
}

struct mono
signers_turn(struct signers *signers, const char *origin, struct mono now)
{
	struct signer *s = signers_find(signers, origin);
	struct mono at = now;

	if (s == NULL)
		return mono_after(now, TURN_MS);
	if (!mono_due(s->acts, now))
		return s->acts; /* all of it then */
	if (s->acts.ms > 0 && mono_since(s->acts, at) < TURN_MS)
		at = mono_after(s->acts, TURN_MS);
	s->acts = at;
	return at;
}

static void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		claims_free(s->claims[i]);
	mem_free(s->name);
	mem_free(s);
}

static int
signer_read(
    const struct lsa *lsa, const struct crypto *crypto, struct signer **out)
{
	struct signer *s = mem_new(sizeof(*s), 0, 0);
	struct lsa_identity identity;
	int rc = lsa_identity_decode(lsa, &identity);

	s->name = mem_str(lsa->key.origin);
	for (size_t i = 0; rc == RC_OK && i < identity.ncerts; i++) {
		rc = crypto->vouch(crypto->ctx, identity.cert[i],
		    identity.cert_len[i], &s->claims[i]);
		if (rc != RC_OK)
			break;
		s->n++;
		if (strcmp(s->claims[i]->name, s->name) != 0)
			rc = RC_CLAIM;
	}
	if (rc != RC_OK) {
		signer_free(s);
		s = NULL;
	}
	*out = s;
	return rc;
}

static bool
is_vouched(const struct signers *signers, const struct lsa *identity)
{
	return signers->vouched != NULL &&
	       memcmp(signers->vouched_by, identity->digest, CRYPTO_DIGEST) ==
	           0;
}

int
signers_vouch(struct signers *signers, const struct lsa *identity,
    const struct crypto *crypto, const struct signer **out)
{
	struct signer *s = signers->vouched;
	int rc = RC_OK;

	if (!is_vouched(signers, identity))
		rc = signer_read(identity, crypto, &s);
	*out = s;
	if (rc != RC_OK || s == signers->vouched)
		return rc;
	signer_free(signers->vouched);
	signers->vouched = s;
	memcpy(signers->vouched_by, identity->digest, CRYPTO_DIGEST);
	return RC_OK;
}

void
signers_encode(
    struct buf *out, const struct signer *s, const struct lsa *identity)
{
	buf_bytes(out, identity->digest, CRYPTO_DIGEST);
	buf_u8(out, (uint8_t)s->n);
	for (size_t i = 0; i < s->n; i++)
		claims_encode(out, s->claims[i]);
}

void
signers_vouched(struct signers *signers, struct cur in)
{
	const uint8_t *by = cur_bytes(&in, CRYPTO_DIGEST);
	size_t n = cur_u8(&in);
	struct signer *s = mem_new(sizeof(*s), 0, 0);

	while (s->n < n && s->n < 2 &&
	       claims_decode(&in, &s->claims[s->n]) == RC_OK)
		s->n++;
	if (n == 0 || s->n < n) {
		signer_free(s);
		return;
	}
	s->name = mem_str(s->claims[0]->name);
	signer_free(signers->vouched);
	signers->vouched = s;
	memcpy(signers->vouched_by, by, CRYPTO_DIGEST);
}

/* Who was vouched for when this very LSA was judged, or NULL. */
static struct signer *
vouched_take(struct signers *signers, const struct lsa *identity)
{
	struct signer *s = signers->vouched;

	if (!is_vouched(signers, identity))
		return NULL;
	signers->vouched = NULL;
	return s;
}

const struct signer *
signers_renew(struct signers *signers, const struct lsa *identity,
    const struct crypto *crypto, struct mono now)
{
	struct signer *s = vouched_take(signers, identity), *old;

	if (s == NULL && signer_read(identity, crypto, &s) != RC_OK)
		return NULL;
	s->alarms = (struct bucket){ .burst = LIMIT_SAY_BURST,
		.each_ms = LIMIT_ADDRESSES * LIMIT_SAY_EACH_MS,
		.since = now };
	s->heard = (struct bucket){ .burst = LIMIT_ORIGIN_BURST,
		.each_ms = LIMIT_ORIGIN_EACH_MS,
		.since = now };
	old = signers_find(signers, s->name);
	if (old != NULL) {
		s->heard = old->heard;
		s->alarms = old->alarms;
		s->acts = old->acts;
		tree_remove(&signers->tree, &old->node);
		signer_free(old);
	}
	tree_insert(&signers->tree, &s->node, s->name, signers_by_name);
	return s;
}

const char *
signers_holder(const struct signers *signers, const char *digest)
{
	char hex[2 * CRYPTO_DIGEST + 1];

	for (struct tree_node *n = tree_first(&signers->tree); n != NULL;
	     n = tree_next(n)) {
		const struct signer *s = tree_entry(n, struct signer, node);

		for (size_t i = 0; i < s->n; i++) {
			lsa_digest_text(s->claims[i]->key, hex);
			if (strcmp(hex, digest) == 0)
				return s->name;
		}
	}
	return NULL;
}

void
signers_distrust(struct signers *signers)
{
	signer_free(signers->vouched);
	signers->vouched = NULL;
}

void
signers_forget(struct signers *signers, const char *name)
{
	struct signer *s = signers_find(signers, name);

	if (s == NULL)
		return;
	tree_remove(&signers->tree, &s->node);
	signer_free(s);
}

void
signers_done(struct signers *signers)
{
	signer_free(signers->vouched);
	while (signers->tree.root != NULL) {
		struct signer *s =
		    tree_entry(signers->tree.root, struct signer, node);

		tree_remove(&signers->tree, &s->node);
		signer_free(s);
	}
}
