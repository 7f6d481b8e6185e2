#include "io/ahead_job.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "crypt/crypto.h"

/* A server's LSAs come behind its certificates, perhaps in the next job. */
struct ahead_work {
	struct crypto crypto;
	size_t nkeys;
	struct {
		uint8_t digest[CRYPTO_DIGEST], key[CRYPTO_PUBLIC];
	} keys[2];
};

struct ahead_job *
ahead_job_new(const uint8_t *octets, size_t n, const struct ahead_trust *trust)
{
	struct ahead_job *job = mem_new(sizeof(*job), 0, 0);

	job->octets = mem_dup(octets, n);
	job->n = n;
	job->trust = *trust;
	return job;
}

void
ahead_job_add(struct ahead_job *job, const uint8_t *lsa, size_t n)
{
	size_t i = job->nchecks++;

	if ((i & (i - 1)) == 0) /* room doubles at powers of two */
		job->checks = mem_grow(
		    job->checks, i == 0 ? 1 : 2 * i, sizeof(*job->checks));
	job->checks[i] = (struct ahead_check){ .at = job->lsas.n, .n = n };
	buf_bytes(&job->lsas, lsa, n);
}

void
ahead_job_free(struct ahead_job *job)
{
	if (job == NULL)
		return;
	for (size_t i = 0; i < job->ncerts; i++)
		claims_free(job->certs[i].claims);
	mem_free(job->certs);
	mem_free(job->checks);
	buf_done(&job->lsas);
	mem_free(job->octets);
	mem_free(job);
}

static bool
check_is_of(const struct ahead_job *job, const struct ahead_check *c,
    const uint8_t key[CRYPTO_PUBLIC], struct cur octets)
{
	return c->tried && c->n == octets.left + CRYPTO_SIGNATURE &&
	       memcmp(c->key, key, CRYPTO_PUBLIC) == 0 &&
	       memcmp(job->lsas.p + c->at, octets.p, octets.left) == 0;
}

bool
ahead_job_verified(struct ahead_job *job, const uint8_t key[CRYPTO_PUBLIC],
    struct cur octets, const uint8_t sig[CRYPTO_SIGNATURE], bool *good)
{
	for (size_t i = 0; i < job->nchecks; i++) {
		size_t at = (job->at + i) % job->nchecks;
		const struct ahead_check *c = &job->checks[at];

		if (!check_is_of(job, c, key, octets) ||
		    memcmp(job->lsas.p + c->at + octets.left, sig,
			CRYPTO_SIGNATURE) != 0)
			continue;
		job->at = at + 1;
		*good = c->good;
		return true;
	}
	return false;
}

bool
ahead_job_vouched(struct ahead_job *job, const uint8_t *der, size_t n, int *rc,
    struct claims **claims)
{
	for (size_t i = 0; i < job->ncerts; i++) {
		struct ahead_cert *c = &job->certs[i];

		if (n == 0 || c->n != n ||
		    memcmp(job->lsas.p + c->at, der, n) != 0)
			continue;
		*rc = c->rc;
		*claims = c->claims;
		c->claims = NULL;
		c->n = 0;
		return true;
	}
	return false;
}

struct ahead_work *
ahead_work_new(void)
{
	struct ahead_work *work = mem_new(sizeof(*work), 0, 0);

	crypto_init(&work->crypto, NULL, NULL);
	return work;
}

void
ahead_work_free(struct ahead_work *work)
{
	crypto_done(&work->crypto);
	mem_free(work);
}

static void
cert_check(struct ahead_work *w, struct ahead_job *job, size_t at, size_t n)
{
	struct ahead_cert *c;

	job->certs = mem_grow(job->certs, job->ncerts + 1, sizeof(*job->certs));
	c = &job->certs[job->ncerts++];
	*c = (struct ahead_cert){ .at = at, .n = n };
	c->rc = w->crypto.vouch(w->crypto.ctx, job->lsas.p + at, n, &c->claims);
	if (c->rc != RC_OK || w->nkeys == 2)
		return;
	memcpy(w->keys[w->nkeys].digest, c->claims->key, CRYPTO_DIGEST);
	memcpy(w->keys[w->nkeys++].key, c->claims->public_key, CRYPTO_PUBLIC);
}

static void
identity_check(struct ahead_work *w, struct ahead_job *job,
    const struct ahead_check *check, const struct lsa *lsa)
{
	struct lsa_identity identity;

	w->nkeys = 0;
	if (lsa_identity_decode(lsa, &identity) != RC_OK)
		return;
	for (size_t i = 0; i < identity.ncerts; i++) {
		size_t at = (size_t)(identity.cert[i] - lsa->octets);

		cert_check(w, job, check->at + at, identity.cert_len[i]);
	}
}

static const uint8_t *
key_of(const struct ahead_work *w, const uint8_t signer[CRYPTO_DIGEST])
{
	for (size_t i = 0; i < w->nkeys; i++)
		if (memcmp(w->keys[i].digest, signer, CRYPTO_DIGEST) == 0)
			return w->keys[i].key;
	return NULL;
}

void
ahead_work_check(
    struct ahead_work *w, struct ahead_job *job, struct ahead_check *check)
{
	const uint8_t *key;
	struct lsa *lsa;

	crypto_rekey(&w->crypto, NULL, job->trust.key[0]);
	crypto_also(&w->crypto, job->trust.n > 1 ? job->trust.key[1] : NULL);
	if (lsa_decode(job->lsas.p + check->at, check->n, &w->crypto, &lsa) !=
	    RC_OK)
		return;
	if (lsa->key.type == LSA_IDENTITY && !lsa->purge)
		identity_check(w, job, check, lsa);
	key = key_of(w, lsa_signer(lsa));
	if (key != NULL) {
		memcpy(check->key, key, CRYPTO_PUBLIC);
		check->good = lsa_verify(lsa, &w->crypto, key);
		check->tried = true;
	}
	lsa_free(lsa);
}
